//! Which words are part of a language rather than names in a program.
//!
//! For the families that the weights were trained on, the words found in most files of most
//! repositories; for any other, the words that several of those share. The lists are fixed, so that a
//! word never changes sides while a repository is edited.
//!
//! Deliberately absent: grammar. `print` is as much a literal as `for`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::vocabulary::Literals;

/// One line a family: its name, then its words.
const LISTS: &str = include_str!("literals.txt");

/// In how many families a word must be a literal to be one everywhere.
const SHARED_BY: usize = 2;

/// A number that changes when the lists do: saved models depend on them.
pub(crate) fn sum_of_literals() -> u64 {
    LISTS.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The literals of a language family.
pub(crate) fn literals(family: &str) -> Arc<Literals> {
    let lists = LISTS.lines().filter_map(|l| l.split_once(' '));
    if let Some((_, words)) = lists.clone().find(|(name, _)| *name == family) {
        return Arc::new(Literals::new(words.split(' ')));
    }
    let mut count: FxHashMap<&str, usize> = FxHashMap::default();
    for word in lists.flat_map(|(_, words)| words.split(' ')) {
        *count.entry(word).or_default() += 1;
    }
    Arc::new(Literals::new(
        count
            .into_iter()
            .filter(|(_, n)| *n >= SHARED_BY)
            .map(|(w, _)| w),
    ))
}
