//! Secrets made unreadable in what is kept: the index, and what the repo model learns.
//!
//! The one idea: what is masked keeps its length, its lines and its quotes, so every offset into the text stays true and code
//! stays code; and nothing of the secret can be had back, since what is kept needs none of it.
//!
//! Deliberately absent: placeholders that can be undone, which are for what leaves (`redact`).

use std::{
    borrow::Cow,
    hash::{Hash as _, Hasher as _},
    sync::OnceLock,
};

use rustc_hash::FxHasher;

use crate::{Finder, Finding, Rules, Switches};

/// Grows when the same findings are masked in another way.
const VERSION: u32 = 1;

/// Masks the secrets of some kinds.
#[derive(Debug)]
pub struct Mask {
    rules: Rules,
    switches: Switches,
    /// Made when the first text comes: making it takes longer than a start at which nothing changed.
    finder: OnceLock<Finder>,
    key: u64,
}

impl Mask {
    /// Of these rules, the ones that are on.
    pub fn new(rules: &Rules, switches: &Switches) -> Self {
        let mut hasher = FxHasher::default();
        VERSION.hash(&mut hasher);
        (&switches.on, &switches.off).hash(&mut hasher);
        for rule in rules.iter() {
            format!("{rule:?}").hash(&mut hasher);
        }
        Self {
            rules: rules.clone(),
            switches: switches.clone(),
            finder: OnceLock::new(),
            key: hasher.finish(),
        }
    }

    /// Differs where other secrets are found or masked otherwise: what was kept under another key is to be made again.
    pub fn key(&self) -> u64 {
        self.key
    }

    /// The text without its secrets.
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let make = || Finder::new(&self.rules, &self.switches);
        mask(text, &self.finder.get_or_init(make).find(text))
    }
}

/// The text with these findings masked, byte for byte.
pub fn mask<'a>(text: &'a str, findings: &[Finding]) -> Cow<'a, str> {
    if findings.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    for Finding { span, .. } in findings {
        masked.push_str(&text[masked.len()..span.start]);
        let mut is_escaped = false;
        for c in text[span.clone()].chars() {
            // An escape is what it is, so that a text in quotes ends where it ended.
            masked.push(if is_escaped { c } else { stand_in(c) });
            is_escaped = c == '\\' && !is_escaped;
        }
    }
    masked.push_str(&text[masked.len()..]);
    Cow::Owned(masked)
}

/// A character of the same class and the same number of bytes.
fn stand_in(c: char) -> char {
    match c {
        'a'..='z' => 'x',
        'A'..='Z' => 'X',
        '0'..='9' => '0',
        '"' | '\'' | '`' | '\\' => c,
        c if c.is_ascii_whitespace() || c.is_ascii_control() => c,
        _ => match c.len_utf8() {
            1 => '-',
            2 => 'é',
            3 => 'あ',
            _ => '𝐱',
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::RuleId;

    fn finding(span: std::ops::Range<usize>) -> Finding {
        let rule = RuleId(0);
        Finding { rule, span }
    }

    #[track_caller]
    fn check(text: &str, secret: &str, expected: &str) {
        let at = text.find(secret).expect("it is there");
        let masked = mask(text, &[finding(at..at + secret.len())]);
        assert_eq!(masked, expected);
    }

    #[test]
    fn a_secret_keeps_its_shape_and_nothing_else() {
        check("key = \"aB3-dE\" # x", "aB3-dE", "key = \"xX0-xX\" # x");
        check("a\nb+c/d==\nE", "a\nb+c/d==\nE", "x\nx-x-x--\nX");
        check("p = 'über€😀'", "über€😀", "p = 'éxxxあ𝐱'");
        check(
            r#"k = "ab\n\"cd\\" "#,
            r#"ab\n\"cd\\"#,
            r#"k = "xx\n\"xx\\" "#,
        );
    }

    #[test]
    fn without_a_finding_nothing_is_copied() {
        assert!(matches!(mask("a = 1", &[]), Cow::Borrowed("a = 1")));
    }

    proptest! {
        #[test]
        fn no_offset_moves(text in "\\PC{0,40}", cuts in prop::collection::vec(0usize..=40, 4)) {
            let mut cuts: Vec<usize> = cuts
                .iter()
                .map(|at| (0..=(*at).min(text.len())).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0))
                .collect();
            cuts.sort_unstable();
            let findings = [finding(cuts[0]..cuts[1]), finding(cuts[2]..cuts[3])];
            let masked = mask(&text, &findings);
            let ends = |text: &str| -> Vec<(usize, bool)> {
                text.char_indices().map(|(at, c)| (at, c.is_whitespace() && c.is_ascii())).collect()
            };
            prop_assert_eq!(ends(&text), ends(&masked));
            prop_assert_eq!(&masked[..cuts[0]], &text[..cuts[0]]);
            prop_assert_eq!(&masked[cuts[1]..cuts[2]], &text[cuts[1]..cuts[2]]);
        }
    }
}
