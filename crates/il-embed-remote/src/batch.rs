//! How many of the next texts go into one request.
//!
//! The one idea: a server's limits are learnt from its refusals. What was too many once is not tried again, and what was
//! too long is cut shorter, so that a small server slows down instead of failing.
//!
//! Deliberately absent: tokens, which only the server can count.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use il_retrieval::{Instruction, Purpose};

use crate::Limits;

/// A text is cut no shorter than this: a model that reads less is of no use.
const SHORTEST: usize = 200;

/// What the server has been found to take.
#[derive(Debug)]
pub(crate) struct Appetite {
    texts: AtomicUsize,
    chars: usize,
    text_chars: AtomicUsize,
}

/// Texts as they are sent, and the characters of the longest, words before it not counted.
pub(crate) struct Batch {
    pub(crate) texts: Vec<String>,
    longest: usize,
}

impl Appetite {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            texts: AtomicUsize::new(limits.batch_texts.max(1)),
            chars: limits.batch_chars,
            text_chars: AtomicUsize::new(limits.text_chars.max(SHORTEST)),
        }
    }

    /// The first of `texts` that fit, at least one, with the model's words before them.
    pub(crate) fn batch(&self, words: &Instruction, purpose: Purpose, texts: &[&str]) -> Batch {
        let (most, cut) = (self.texts.load(Relaxed), self.text_chars.load(Relaxed));
        let words = words.before(purpose);
        let mut batch = Batch {
            texts: Vec::new(),
            longest: 0,
        };
        let mut chars = 0;
        for text in texts.iter().take(most) {
            let (text, length) = beginning(text, cut);
            if !batch.texts.is_empty() && chars + length > self.chars {
                break;
            }
            chars += length;
            batch.longest = batch.longest.max(length);
            let mut sent = format!("{words}{text}");
            if sent.is_empty() {
                // Servers refuse an empty input, and with it the whole batch.
                sent.push(' ');
            }
            batch.texts.push(sent);
        }
        batch
    }

    /// Learns that `batch` has too many texts. False if there is no smaller one.
    pub(crate) fn fewer(&self, batch: &Batch) -> bool {
        let half = batch.texts.len() / 2;
        self.texts.fetch_min(half.max(1), Relaxed);
        half > 0
    }

    /// Learns that a text of `batch` is too long. False if it is as short as it gets.
    pub(crate) fn shorter(&self, batch: &Batch) -> bool {
        let half = (batch.longest / 2).max(SHORTEST);
        self.text_chars.fetch_min(half, Relaxed);
        half < batch.longest
    }
}

/// At most `most` characters of a text, and how many there are.
fn beginning(text: &str, most: usize) -> (&str, usize) {
    match text.char_indices().nth(most) {
        Some((end, _)) => (&text[..end], most),
        None => (text, text.chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appetite(texts: usize, chars: usize) -> Appetite {
        Appetite::new(&Limits {
            batch_texts: texts,
            batch_chars: chars,
            text_chars: 1000,
            ..Limits::default()
        })
    }

    #[track_caller]
    fn check(appetite: &Appetite, texts: &[&str], expected: &[&str]) {
        let words = Instruction {
            query: "?".into(),
            passage: "".into(),
        };
        let batch = appetite.batch(&words, Purpose::Passage, texts);
        assert_eq!(batch.texts, expected);
    }

    #[test]
    fn a_batch_ends_at_either_limit_and_is_never_empty() {
        check(&appetite(2, 100), &["a", "b", "c"], &["a", "b"]);
        check(&appetite(9, 5), &["abc", "de", "f"], &["abc", "de"]);
        check(&appetite(9, 5), &["abcdef", "g"], &["abcdef"]);
        check(&appetite(0, 0), &["a"], &["a"]);
    }

    #[test]
    fn an_empty_text_is_sent_as_a_space() {
        check(&appetite(9, 9), &["", "a"], &[" ", "a"]);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "é".repeat(1001);
        check(&appetite(9, 9999), &[&long], &[&"é".repeat(1000)]);
    }

    #[test]
    fn a_refusal_is_learnt_until_nothing_is_left_to_give_up() {
        let appetite = appetite(4, 9999);
        let long = "x".repeat(500);
        let texts = [long.as_str(); 4];
        let words = Instruction::default();
        let next = || appetite.batch(&words, Purpose::Passage, &texts);
        assert!(appetite.fewer(&next()) && next().texts.len() == 2);
        assert!(appetite.fewer(&next()) && next().texts.len() == 1);
        assert!(!appetite.fewer(&next()));
        assert!(appetite.shorter(&next()) && next().longest == 250);
        assert!(appetite.shorter(&next()) && next().longest == SHORTEST);
        assert!(!appetite.shorter(&next()));
    }
}
