//! Placeholders that came back: what stood for a secret in a prompt is no code.
//!
//! Deliberately absent: putting the secret back, which is `il-privacy`'s, done before this is reached.

use crate::{
    candidate::Candidate,
    screener::{Because, Found},
};

pub(crate) const NAME: &str = "placeholder";

const WORD: &str = "REDACTED";

pub(crate) fn check(candidate: &Candidate<'_>) -> Option<Found> {
    let text = candidate.text;
    let mut from = 0;
    while let Some(at) = text[from..].find(WORD).map(|at| from + at) {
        if let Some(found) = placeholder(text, at)
            && !candidate.buffer_has(found)
        {
            return Some(found_at(at));
        }
        from = at + WORD.len();
    }
    unfinished(text).map(found_at)
}

fn found_at(at: usize) -> Found {
    Found {
        at,
        because: Because {
            check: NAME,
            why: "a placeholder of something that was redacted came back",
            detail: None,
        },
    }
}

/// The placeholder around a `REDACTED` at `at`: `<REDACTED:kind-1>` or `REDACTED_kind_1`.
fn placeholder(text: &str, at: usize) -> Option<&str> {
    let rest = &text[at + WORD.len()..];
    if let Some(inside) = rest.strip_prefix(':') {
        let angle = text[..at].ends_with('<');
        let kind = inside.bytes().take_while(|it| is_kind(*it)).count();
        return (angle && kind > 0).then(|| &text[at - 1..at + WORD.len() + 1 + kind]);
    }
    let name = rest.strip_prefix('_')?;
    let len = name
        .bytes()
        .take_while(|it| it.is_ascii_alphanumeric() || *it == b'_')
        .count();
    let (kind, number) = name[..len].rsplit_once('_')?;
    let numbered = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
    let lower = kind.bytes().all(|it| is_kind(it) || it == b'_');
    (numbered && lower && !kind.is_empty()).then(|| &text[at..at + WORD.len() + 1 + len])
}

fn is_kind(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// An answer that was cut may end in half of one; so much of it cannot be anything else.
fn unfinished(text: &str) -> Option<usize> {
    let at = text.rfind('<')?;
    let end = &text[at..];
    (end.len() >= 5 && "<REDACTED:".starts_with(end)).then_some(at)
}
