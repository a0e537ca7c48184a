//! Counts of tokens that are known already.
//!
//! The one idea: between two keystrokes nearly every line stays, so each is counted once, and what is new is counted in one
//! call: the one who counts may be another process.
//!
//! Deliberately absent: texts. Two texts with the same 64-bit hash would be mistaken for each other, which does not
//! happen by accident.

use std::{
    collections::hash_map::DefaultHasher,
    fmt,
    hash::{Hash as _, Hasher as _},
};

use il_engine::{Context, Window, context::Tokenizer, fim::Part};
use rustc_hash::FxHashMap;

/// Texts in each of the two generations at most.
const GENERATION: usize = 8192;

/// Remembers how many tokens texts have. For one tokenizer and the estimate that stands for it: another one needs
/// another memory.
#[derive(Clone, Default)]
pub struct Counts {
    young: FxHashMap<u64, u32>,
    /// What was young before; what is asked for becomes young again, the rest is forgotten.
    old: FxHashMap<u64, u32>,
    /// Whether they are exact: an engine may estimate until its model is loaded.
    exact: bool,
    calls: u64,
    texts: u64,
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counts")
            .field("known", &(self.young.len() + self.old.len()))
            .field("calls", &self.calls)
            .field("texts", &self.texts)
            .finish_non_exhaustive()
    }
}

impl Counts {
    /// How often the tokenizer was asked.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// How many texts it was asked for.
    pub fn texts(&self) -> u64 {
        self.texts
    }

    /// The tokens of each text, asking for those that are not known, once.
    pub(crate) fn of(&mut self, tokenizer: &dyn Tokenizer, texts: &[&str]) -> Vec<usize> {
        if self.exact != tokenizer.exact() {
            self.exact = tokenizer.exact();
            self.young.clear();
            self.old.clear();
        }
        let keys: Vec<u64> = texts.iter().map(|it| hash(it)).collect();
        let mut unknown: Vec<&str> = Vec::new();
        let mut asked: FxHashMap<u64, usize> = FxHashMap::default();
        for (key, text) in keys.iter().zip(texts) {
            if text.is_empty() || self.known(*key).is_some() || asked.contains_key(key) {
                continue;
            }
            asked.insert(*key, unknown.len());
            unknown.push(text);
        }
        let mut fresh = Vec::new();
        if !unknown.is_empty() {
            self.calls += 1;
            self.texts += unknown.len() as u64;
            fresh = tokenizer.count(&unknown);
        }
        let count = |(key, text): (&u64, &&str)| {
            if text.is_empty() {
                return 0;
            }
            let known = self.young.get(key).map(|it| *it as usize);
            // A tokenizer that answers too little is taken for one that has a token a byte.
            let asked = || fresh.get(asked[key]).copied().unwrap_or(text.len());
            known.unwrap_or_else(asked)
        };
        let counts: Vec<usize> = keys.iter().zip(texts).map(count).collect();
        for (key, idx) in &asked {
            if let Some(count) = fresh.get(*idx) {
                self.remember(*key, u32::try_from(*count).unwrap_or(u32::MAX));
            }
        }
        counts
    }

    /// The tokens of a prompt as it is sent: one for each marker, and those of each text. A suffix that is sent beside it counts.
    pub(crate) fn of_prompt(&mut self, window: &Window, context: &Context) -> usize {
        let parts = window.template.render(context);
        let mut texts: Vec<&str> = parts
            .iter()
            .filter_map(|it| match it {
                Part::Text(text) => Some(text.as_ref()),
                Part::Marker(_) => None,
            })
            .collect();
        let markers = parts.len() - texts.len();
        if !window.template.shows_suffix() {
            texts.push(&context.suffix);
        }
        let counts = self.of(window.tokenizer.as_ref(), &texts);
        markers + counts.iter().sum::<usize>()
    }

    /// A count that is known, which makes it young.
    fn known(&mut self, key: u64) -> Option<u32> {
        if let Some(it) = self.young.get(&key) {
            return Some(*it);
        }
        let count = self.old.remove(&key)?;
        self.young.insert(key, count);
        Some(count)
    }

    fn remember(&mut self, key: u64, count: u32) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, count);
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
