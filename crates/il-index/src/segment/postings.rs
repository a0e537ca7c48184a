//! Postings: for each word the chunks that hold it, with how often.
//!
//! The one idea: chunk numbers rise, so their differences are small: a variable-length difference and a
//! byte for the count take two bytes where plain numbers take five, and are read in one pass.

use il_retrieval::terms::Word;
use rustc_hash::FxHashMap;

/// One chunk that holds a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) chunk: u32,
    pub(crate) count: u8,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Postings {
    /// Sorted.
    pub(super) words: Vec<u64>,
    /// In how many chunks each word is.
    pub(super) frequency: Vec<u32>,
    /// Where each word's bytes begin; one more than there are words.
    pub(super) offsets: Vec<u32>,
    pub(super) bytes: Vec<u8>,
}

impl Postings {
    /// From (word, chunk, count), sorted.
    pub(super) fn build(sorted: impl Iterator<Item = (Word, u32, u8)>) -> Self {
        let mut built = Self::default();
        let mut last: Option<(Word, u32)> = None;
        for (word, chunk, count) in sorted {
            let before = match last {
                Some((known, before)) if known == word => Some(before),
                _ => None,
            };
            if before.is_none() {
                built.words.push(word.0);
                built.frequency.push(0);
                built.offsets.push(built.bytes.len() as u32);
            }
            *built.frequency.last_mut().expect("pushed above") += 1;
            push_varint(&mut built.bytes, chunk - before.unwrap_or(0));
            built.bytes.push(count);
            last = Some((word, chunk));
        }
        built.offsets.push(built.bytes.len() as u32);
        built
    }

    pub(super) fn index(&self, word: Word) -> Option<usize> {
        self.words.binary_search(&word.0).ok()
    }

    /// The word at a place among all; no word has the hash zero.
    pub(super) fn word(&self, at: u32) -> Word {
        Word(self.words.get(at as usize).copied().unwrap_or_default())
    }

    /// In how many of the chunks that `is_gone` names each word is, where there are any.
    pub(crate) fn gone(&self, is_gone: impl Fn(u32) -> bool) -> FxHashMap<Word, u32> {
        let words = self.words.iter().filter_map(|&word| {
            let word = Word(word);
            let gone = self.of(word).filter(|it| is_gone(it.chunk)).count() as u32;
            (gone > 0).then_some((word, gone))
        });
        words.collect()
    }

    /// In how many chunks a word is.
    pub(crate) fn frequency(&self, word: Word) -> u32 {
        self.index(word).map_or(0, |at| self.frequency[at])
    }

    /// The chunks that hold a word, in order.
    pub(crate) fn of(&self, word: Word) -> impl Iterator<Item = Posting> {
        let bytes = self.index(word).map_or(&[][..], |at| {
            let (start, end) = (self.offsets[at] as usize, self.offsets[at + 1] as usize);
            self.bytes.get(start..end).unwrap_or_default()
        });
        Reader { bytes, chunk: 0 }
    }

    pub(super) fn memory(&self) -> usize {
        self.words.len() * 8 + self.frequency.len() * 4 + self.offsets.len() * 4 + self.bytes.len()
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    chunk: u32,
}

impl Iterator for Reader<'_> {
    type Item = Posting;

    fn next(&mut self) -> Option<Posting> {
        let mut difference = 0u32;
        let mut shift = 0;
        loop {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            difference |= u32::from(byte & 0x7f).wrapping_shl(shift);
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (&count, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        self.chunk = self.chunk.wrapping_add(difference);
        Some(Posting {
            chunk: self.chunk,
            count,
        })
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postings_come_back_as_they_went_in() {
        let all = [
            (Word(3), 0, 1),
            (Word(3), 127, 2),
            (Word(3), 128, 255),
            (Word(9), 70_000, 4),
            (Word(9), 3_000_000_000, 5),
        ];
        let postings = Postings::build(all.iter().copied());
        let of = |word: u64| -> Vec<(u32, u8)> {
            let found = postings.of(Word(word));
            found.map(|it| (it.chunk, it.count)).collect()
        };
        assert_eq!(of(3), [(0, 1), (127, 2), (128, 255)]);
        assert_eq!(of(9), [(70_000, 4), (3_000_000_000, 5)]);
        assert_eq!(of(4), []);
        assert_eq!(postings.frequency(Word(3)), 3);
    }
}
