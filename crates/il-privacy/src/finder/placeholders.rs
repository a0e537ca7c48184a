//! What was taken out of a text before: it is no secret, says nothing about what stands beside it, and what was left of a
//! secret beside it is none either.
//!
//! Deliberately absent: what a placeholder stands for; the vault knows.

use std::ops::Range;

use memchr::memmem;

const WORD: &[u8] = b"REDACTED";

/// Bytes of the placeholder that begins here, its brackets left out; 0 where there is none.
pub(super) fn length(text: &[u8]) -> usize {
    let behind = text.strip_prefix(WORD).and_then(<[u8]>::first);
    if !matches!(behind, Some(b'_' | b':')) {
        return 0;
    }
    let ours = |it: &&u8| it.is_ascii_alphanumeric() || b"_:-".contains(it);
    text.iter().take_while(ours).count()
}

/// All of a text, with their brackets, in its order.
pub(super) fn all(text: &[u8]) -> Vec<Range<usize>> {
    let words = memmem::find_iter(text, WORD);
    let placeholder = |at: usize| {
        let length = length(&text[at..]);
        let open = usize::from(text[..at].ends_with(b"<"));
        let close = usize::from(text[at + length..].starts_with(b">"));
        (length > 0).then(|| at - open..at + length + close)
    };
    words.filter_map(placeholder).collect()
}

/// Whether a part of the text is in one of them.
pub(super) fn has(all: &[Range<usize>], part: &Range<usize>) -> bool {
    all.iter()
        .any(|it| it.start <= part.start && part.end <= it.end)
}

/// Whether a part of the text overlaps one of them or stands right beside it.
pub(super) fn touches(all: &[Range<usize>], part: &Range<usize>) -> bool {
    all.iter()
        .any(|it| it.start <= part.end && part.start <= it.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found = all(text.as_bytes());
        let found: Vec<&str> = found.into_iter().map(|it| &text[it]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn both_shapes_are_known_wherever_they_stand() {
        check("a <REDACTED:x-key-1>b", &["<REDACTED:x-key-1>"]);
        check("key.REDACTED_x_key_1 = 2", &["REDACTED_x_key_1"]);
        check("airtable: <REDACTED:key-1>;", &["<REDACTED:key-1>"]);
        check("REDACTED airtable, <REDACTED>", &[]);
    }

    #[test]
    fn a_word_in_one_says_nothing_and_one_beside_it_does() {
        let text = "airtable: <REDACTED:airtable-key-1>";
        let all = all(text.as_bytes());
        assert!(!has(&all, &(0..8)) && has(&all, &(20..28)));
        assert!(!touches(&all, &(0..9)) && touches(&all, &(4..10)));
    }
}
