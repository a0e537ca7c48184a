//! Finds secrets in a text.
//!
//! The one idea: one pass over the text for the keywords of all rules at once; a rule's pattern runs only around its own
//! keywords. A text without any is read once, at memory speed.
//!
//! Deliberately absent: what becomes of a finding.

mod anchors;
mod assignment;
mod base64_lines;
mod look;
mod names;
mod overlap;
mod pem;
mod placeholders;
mod search;
mod stand_in;
#[cfg(test)]
mod tests;

use std::{
    ops::Range,
    sync::{Arc, LazyLock},
};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use rustc_hash::FxHashMap;

use self::look::Look;
pub(crate) use self::look::problem;
use crate::{
    Rule, RuleId, Rules, Switches,
    rules::{Anchor, Shape},
};

/// Finds secrets of many kinds.
#[derive(Debug)]
pub struct Finder {
    rules: Vec<Rule>,
    looks: Vec<Look>,
    /// The keywords of all rules, in any case. `None` if there is no rule.
    words: Option<AhoCorasick>,
    /// By keyword, the rules that it is one of.
    of_word: Vec<Box<[RuleId]>>,
    /// The ones that are found without a keyword.
    base64_lines: Option<RuleId>,
    digits: Vec<RuleId>,
    ats: Vec<RuleId>,
}

/// A secret in a text. Findings of one text are in its order and do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: RuleId,
    /// Bytes of the secret itself, on character boundaries.
    pub span: Range<usize>,
}

/// What a search did, to be counted instead of timed. It is bounded whatever the text: for each rule that has a word in it,
/// eight times the text and a kilobyte for each time that one of its words stands there; a test holds that.
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
        let rules: Vec<Rule> = rules
            .iter()
            .filter(|it| switches.has(it))
            .cloned()
            .collect();
        let mut words: Vec<String> = Vec::new();
        let mut of_word: Vec<Vec<RuleId>> = Vec::new();
        let mut known: FxHashMap<String, usize> = FxHashMap::default();
        let mut base64_lines = None;
        let (mut digits, mut ats) = (Vec::new(), Vec::new());
        for (id, rule) in (0..).map(RuleId).zip(&rules) {
            match rule.shape {
                Shape::Base64Lines => base64_lines = Some(id),
                Shape::Anchored { anchor, .. } => match anchor {
                    Anchor::Digits => digits.push(id),
                    Anchor::At => ats.push(id),
                },
                Shape::Pattern(_) | Shape::Assigned { .. } | Shape::Pem => {}
            }
            for word in &rule.keywords {
                let word = word.to_ascii_lowercase();
                let idx = *known.entry(word.clone()).or_insert(words.len());
                if idx == words.len() {
                    words.push(word);
                    of_word.push(Vec::new());
                }
                if of_word[idx].last() != Some(&id) {
                    of_word[idx].push(id);
                }
            }
        }
        // Nothing but running out of numbers for states can fail here, which takes gigabytes of keywords.
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&words)
            .expect("the keywords fit into an automaton");
        Self {
            looks: rules.iter().map(|_| Look::default()).collect(),
            rules,
            words: (!words.is_empty()).then_some(automaton),
            of_word: of_word.into_iter().map(Into::into).collect(),
            base64_lines,
            digits,
            ats,
        }
    }

    /// All rules in the binary as they are switched there.
    pub fn shipped() -> &'static Self {
        Self::shared()
    }

    /// The same, to be kept.
    pub fn shipped_shared() -> Arc<Self> {
        Arc::clone(Self::shared())
    }

    fn shared() -> &'static Arc<Self> {
        static SHIPPED: LazyLock<Arc<Finder>> =
            LazyLock::new(|| Arc::new(Finder::new(Rules::shipped(), &Switches::default())));
        &SHIPPED
    }

    /// The rules that are looked for.
    pub fn rules(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        (0..).map(RuleId).zip(&self.rules)
    }

    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[usize::from(id.0)]
    }

    pub fn find(&self, text: &str) -> Vec<Finding> {
        self.find_counting(text).0
    }

    pub fn find_counting(&self, text: &str) -> (Vec<Finding>, Work) {
        search::search(self, text)
    }

    fn look(&self, id: RuleId) -> &Look {
        &self.looks[usize::from(id.0)]
    }
}
