//! A rule made ready to be run.
//!
//! The one idea: its patterns are compiled when a text first holds one of its keywords, so that hundreds of rules cost
//! nothing at the start. They are ASCII: a tenth of the size, and what a secret is made of.
//!
//! Deliberately absent: where in a text it is run.

use std::sync::OnceLock;

use regex::bytes::{CaptureLocations, Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::stand_in;
use crate::{
    Rule, personal,
    rules::{Rank, Shape},
};

/// What follows a value of a given form: nothing that would go on.
const END: &str = "(?:[^A-Za-z0-9_+/=-]|\\z)";
/// What follows a value that has to be all that stands in quotes.
const CLOSE: &str = "\\z";
/// What follows a value without quotes that has to be a literal: no call, no index, no operator.
const STOP: &str = "(?:[\\s,;&\"'`<>})\\]\\\\|]|\\z)";

/// The patterns of a rule, as far as they have been needed.
#[derive(Debug, Default)]
pub(super) struct Look {
    pattern: OnceLock<Option<Regex>>,
    allow: OnceLock<Option<RegexSet>>,
}

impl Look {
    /// `None` where it does not compile, which a test excludes for the ones in the binary and `Rules::read` for others.
    pub(super) fn pattern(&self, rule: &Rule) -> Option<&Regex> {
        self.pattern.get_or_init(|| pattern(rule).ok()).as_ref()
    }

    /// Whether what the pattern matched is a secret after all.
    pub(super) fn holds(&self, rule: &Rule, secret: &str) -> bool {
        if secret.is_empty()
            || rule
                .entropy
                .is_some_and(|least| entropy(secret.as_bytes()) < least)
        {
            return false;
        }
        if stand_in::is_stand_in(secret, rule.rank == Rank::Word) {
            return false;
        }
        if let Some(check) = rule.check.as_deref().and_then(personal::check)
            && !check(secret)
        {
            return false;
        }
        let allow = || (!rule.allow.is_empty()).then(|| allow(rule).ok()).flatten();
        match self.allow.get_or_init(allow) {
            Some(allow) => !allow.is_match(secret.as_bytes()),
            None => true,
        }
    }
}

/// Where the secret is in a match: its last group that took part, or all of it.
pub(super) fn secret(groups: &CaptureLocations) -> Option<(usize, usize)> {
    (1..groups.len())
        .rev()
        .find_map(|it| groups.get(it))
        .or_else(|| groups.get(0))
}

fn pattern(rule: &Rule) -> Result<Regex, String> {
    let pattern = match &rule.shape {
        // In a text in quotes `\n` is no letter of what follows it.
        Shape::Pattern(it) | Shape::Anchored { pattern: it, .. } => match it.strip_prefix("\\b(") {
            Some(rest) => format!("(?:\\b|\\\\[nrt])({rest}"),
            None => it.clone(),
        },
        Shape::Assigned { value, quoted, .. } => {
            let end = match quoted {
                None => END,
                Some(true) => CLOSE,
                Some(false) => STOP,
            };
            format!("\\A({value}){end}")
        }
        Shape::Pem | Shape::Base64Lines => return Err("has no pattern".to_owned()),
    };
    RegexBuilder::new(&pattern)
        .unicode(false)
        .build()
        .map_err(|error| error.to_string())
}

fn allow(rule: &Rule) -> Result<RegexSet, String> {
    RegexSetBuilder::new(&rule.allow)
        .unicode(false)
        .build()
        .map_err(|error| error.to_string())
}

/// Why a rule cannot be used, if it can't.
pub(crate) fn problem(rule: &Rule) -> Option<String> {
    if !matches!(rule.shape, Shape::Pem | Shape::Base64Lines) {
        let regex = match pattern(rule) {
            Ok(it) => it,
            Err(what) => return Some(format!("`pattern`: {what}")),
        };
        if regex.is_match(b"") {
            return Some("`pattern`: it matches nothing at all".to_owned());
        }
    }
    if let Err(what) = allow(rule) {
        return Some(format!("`allow`: {what}"));
    }
    match rule.check.as_deref() {
        Some(name) if personal::check(name).is_none() => Some(format!("`check`: `{name}` is none")),
        _ => None,
    }
}

/// Shannon's, in bits a byte.
pub(super) fn entropy(bytes: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    for it in bytes {
        counts[usize::from(*it)] += 1;
    }
    let len = bytes.len() as f32;
    let bits = |count: u32| match count as f32 / len {
        0.0 => 0.0,
        share => -share * share.log2(),
    };
    counts.into_iter().map(bits).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_bits_a_byte() {
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert_eq!(entropy(b"abab"), 1.0);
        assert_eq!(entropy(b"0123456789abcdef"), 4.0);
    }
}
