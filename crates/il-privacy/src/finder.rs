//! Finds secrets in a text.
//!
//! The one idea: one pass over the text for the keywords of all rules at once; a rule's pattern runs only around its own
//! keywords. A text without any is read once, at memory speed.
//!
//! Deliberately absent: what becomes of a finding.

use std::ops::Range;

use crate::{Rule, RuleId, Rules, Switches};

/// Finds secrets of many kinds.
#[derive(Debug)]
pub struct Finder {
    rules: Vec<Rule>,
}

/// A secret in a text. Findings of one text are in its order and do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: RuleId,
    /// Bytes of the secret itself, on character boundaries.
    pub span: Range<usize>,
}

/// What a search did, to be counted instead of timed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Bytes that patterns were run over.
    pub matched: usize,
    /// Times that a pattern was run.
    pub runs: usize,
}

impl Finder {
    /// Of these rules, the ones that are on.
    pub fn new(rules: &Rules, switches: &Switches) -> Self {
        let _ = switches;
        Self {
            rules: rules.all.clone(),
        }
    }

    /// All rules in the binary as they are switched there.
    pub fn shipped() -> &'static Self {
        todo!()
    }

    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[usize::from(id.0)]
    }

    pub fn find(&self, text: &str) -> Vec<Finding> {
        self.find_counting(text).0
    }

    pub fn find_counting(&self, text: &str) -> (Vec<Finding>, Work) {
        let _ = text;
        todo!()
    }
}
