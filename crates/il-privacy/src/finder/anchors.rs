//! Places that are looked at though no keyword stands there: around many digits, and around an `@`.
//!
//! The one idea: a number of eight digits or more cannot hide from a look at two of six bytes, so finding them costs a
//! fraction of the pass for keywords.
//!
//! Deliberately absent: what the number is.

use std::ops::Range;

use memchr::memchr_iter;

/// Digits of the shortest number that is a person's.
const DIGITS: usize = 8;
/// Fewer bytes than such a number has.
const STEP: usize = 6;

/// Runs of digits with single signs between them, of eight digits or more, in order.
pub(super) fn numbers(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            // Two bytes beside each other: of digits with single signs between them one is a digit.
            let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
            while !is_digit(at) {
                at = match is_digit(at + 1) {
                    true => at + 1,
                    false if at < text.len() => at + STEP,
                    false => return None,
                };
            }
            let before = text[from..at].iter().rev();
            let start = at - run(before);
            let end = at + run(text[at..].iter());
            let count = text[start..end]
                .iter()
                .filter(|it| it.is_ascii_digit())
                .count();
            (from, at) = (end, end + 1);
            if count >= DIGITS {
                return Some(start..end);
            }
        }
    })
}

/// Bytes of digits with at most one sign between two of them.
fn run<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    let mut len = 0;
    for (idx, it) in bytes.enumerate() {
        if it.is_ascii_digit() {
            len = idx + 1;
        } else if idx > len || !matches!(it, b' ' | b'-' | b'.' | b'/' | b'(' | b')') {
            break;
        }
    }
    len
}

/// Each `@` between what an address may have beside it.
pub(super) fn ats(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let beside = |it: Option<&u8>| it.is_some_and(u8::is_ascii_alphanumeric);
    let before =
        |it: Option<&u8>| it.is_some_and(|it| it.is_ascii_alphanumeric() || b"._%+-".contains(it));
    memchr_iter(b'@', text)
        .filter(move |at| {
            before(at.checked_sub(1).and_then(|it| text.get(it))) && beside(text.get(at + 1))
        })
        .map(|at| at..at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&str> {
        numbers(text.as_bytes()).map(|it| &text[it]).collect()
    }

    #[test]
    fn a_number_of_eight_digits_is_found_wherever_it_stands() {
        for indentation in 0..9 {
            for number in [
                "12345678",
                "4111 1111 1111 1111",
                "030/90-18-20-33",
                "1 2 3 4 5 6 7 8 9",
            ] {
                let text = format!("{}{number}  x", " ".repeat(indentation));
                assert_eq!(of(&text), [number], "{indentation}");
            }
        }
        assert_eq!(of("12345678  87654321 1"), ["12345678", "87654321 1"]);
        assert!(of("1234567 a 12 34 56 7 b").is_empty());
    }

    #[test]
    fn an_at_between_words_is_one_of_an_address() {
        let at = |text: &str| ats(text.as_bytes()).count();
        assert_eq!(at("a@b.c, x+y@z"), 2);
        assert_eq!(at("@Override fn(@a) @@ b@ @"), 0);
    }
}
