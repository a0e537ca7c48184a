//! What stands right before a word, in the form that the index counts it by.

use std::hash::Hasher as _;

use crate::terms::Word;

/// Symbols longer than this between two words say no more than their end.
const SYMBOL_BYTES: usize = 8;

/// One or two words and the symbols behind them, by their hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Context(pub u32);

/// The last two words of a text and the symbols behind each.
#[derive(Clone, Debug, Default)]
pub struct Before {
    words: [Option<Word>; 2],
    symbols: [Symbols; 2],
}

#[derive(Clone, Copy, Debug, Default)]
struct Symbols {
    bytes: [u8; SYMBOL_BYTES],
    len: u8,
}

impl Symbols {
    /// Keeps the end of what is pushed.
    fn push(&mut self, text: &str) {
        for &byte in text.as_bytes() {
            if usize::from(self.len) == SYMBOL_BYTES {
                self.bytes.rotate_left(1);
                self.len -= 1;
            }
            self.bytes[usize::from(self.len)] = byte;
            self.len += 1;
        }
    }
}

impl Before {
    pub fn push_word(&mut self, word: Word) {
        self.words = [self.words[1], Some(word)];
        self.symbols = [self.symbols[1], Symbols::default()];
    }

    pub fn push_symbol(&mut self, text: &str) {
        self.symbols[1].push(text);
    }

    /// The context of one word, then that of two, as far as there are words.
    pub fn contexts(&self) -> impl Iterator<Item = Context> + use<> {
        let one = self.words[1].map(|last| context(1, &[(last, self.symbols[1])]));
        let two = self.words[0]
            .zip(self.words[1])
            .map(|(first, last)| context(2, &[(first, self.symbols[0]), (last, self.symbols[1])]));
        one.into_iter().chain(two)
    }
}

fn context(kind: u8, words: &[(Word, Symbols)]) -> Context {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write_u8(kind);
    for (word, symbols) in words {
        hasher.write_u64(word.0);
        hasher.write(&symbols.bytes[..usize::from(symbols.len)]);
    }
    // The upper half: the lower bits of this hash are weak.
    Context((hasher.finish() >> 32) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(words: &[(&str, &str)]) -> Vec<Context> {
        let mut before = Before::default();
        for (word, symbols) in words {
            before.push_word(Word::of(word));
            before.push_symbol(symbols);
        }
        before.contexts().collect()
    }

    #[test]
    fn the_last_two_words_and_their_symbols_make_the_context() {
        let long = before(&[("x", "="), ("self", "."), ("client", ".")]);
        assert_eq!(long, before(&[("self", "."), ("client", ".")]));
        assert_eq!(long[0], before(&[("client", ".")])[0]);
        assert_ne!(long[0], before(&[("client", "(")])[0]);
        assert!(before(&[]).is_empty());
    }
}
