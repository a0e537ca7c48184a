//! Merging: few large segments instead of many small ones, and none that is mostly dead.
//!
//! The one idea: segments hold the texts, so merging is indexing these texts again; there is no second way to
//! make a segment, and what a search finds does not depend on how it came to be. It works on a snapshot and
//! is fitted to what is there when it is done, so updates and searches never wait for it.
//!
//! Sizes go in tiers, each eight times the one below. Eight segments may be in a tier; the ninth merges them.
//!
//! Deliberately absent: merging tables without the texts, which would be quicker.

use std::sync::Arc;

use il_privacy::Level;
use il_text::CancelToken;
use rustc_hash::FxHashSet;

use super::{
    Index,
    embedding::{all_carried, carry, instant},
    lock,
    state::{Carried, Entry, State},
};
use crate::analysis::SourceFile;

/// The smallest tier ends here; see [`Entry::weights`].
const SMALL: usize = 64;
const GROWTH: usize = 8;
const MOST_IN_A_TIER: usize = 8;
/// A segment is written again when more than this share of it is dead, in percent.
const MOST_DEAD: usize = 30;

impl Index {
    /// Merges until nothing is to be merged. Gives how many segments it made. For the background, after
    /// updates: neither these nor searches wait for it.
    pub fn maintain(&self, cancel: &CancelToken) -> usize {
        let _turn = lock(&self.merging);
        let mut made = 0;
        while !cancel.is_cancelled() {
            let state = self.state();
            let sources = self.to_merge(&state);
            if sources.is_empty() {
                break;
            }
            let merged = self.merge(&sources);
            made += usize::from(self.publish(|state| state.merged(&sources, &merged)));
        }
        made
    }

    /// Makes the segments anew in which anything is left of a file that may not be indexed any more, also of one that is dead
    /// already: a segment keeps the texts of its dead.
    pub(super) fn forget_private(&self) {
        let is_private = |path: &str| self.options.policy.level(path) == Level::Blocked;
        let before = self.state();
        let holds = |it: &&Entry| it.part.segment.files().any(|file| is_private(file.1));
        let holding: Vec<u64> = before
            .entries
            .iter()
            .filter(holds)
            .map(|it| it.key)
            .collect();
        let alive = before.entries.iter().flat_map(Entry::alive);
        let paths: FxHashSet<&str> = alive.map(|it| it.1).filter(|it| is_private(it)).collect();
        if !paths.is_empty() {
            self.publish(|state| Some(state.replaced(&paths, Vec::new(), None)));
        }
        for key in holding {
            let state = self.state();
            // One that held nothing else is gone by now.
            let Some(source) = state.entries.iter().find(|it| it.key == key).cloned() else {
                continue;
            };
            let sources = [source];
            let merged = self.merge(&sources);
            self.publish(|state| state.merged(&sources, &merged));
        }
    }

    pub(super) fn merge(&self, sources: &[Entry]) -> Entry {
        let files = sources.iter().flat_map(|source| {
            source.alive().map(|(file, path, stamp)| SourceFile {
                path: path.to_owned(),
                stamp,
                text: source.part.segment.text(file),
            })
        });
        let segment = self.analysts.segment_of(files);
        let mut entry = Entry::new(self.key(), Arc::new(segment));
        if let Some(embedder) = self.embedder() {
            let mut carried = Carried::default();
            for source in sources {
                for (file, _, _) in source.alive() {
                    carry(source, file, embedder.model(), &mut carried);
                }
            }
            let segment = &entry.part.segment;
            let vectors = all_carried(segment, &carried);
            let vectors = vectors.or_else(|| {
                let instantly = embedder.is_instant();
                instantly.then(|| instant(segment, &*embedder)).flatten()
            });
            if vectors.is_none() {
                entry.carried = Arc::new(carried);
            }
            entry.part.vectors = vectors.map(Arc::new);
        }
        entry
    }

    /// What should become one segment; nothing when all is well.
    fn to_merge(&self, state: &State) -> Vec<Entry> {
        let largest = usize::try_from(self.options.slice_bytes >> 10).unwrap_or(usize::MAX);
        let weighed: Vec<(usize, usize, &Entry)> = state
            .entries
            .iter()
            .map(|entry| {
                let (all, alive) = entry.weights();
                (all, alive, entry)
            })
            .collect();
        let worst = weighed
            .iter()
            .find(|(all, alive, _)| (all - alive) * 100 > all * MOST_DEAD);
        if let Some((_, _, entry)) = worst {
            return vec![(*entry).clone()];
        }
        let mut tiers: Vec<Vec<(usize, &Entry)>> = Vec::new();
        for (_, alive, entry) in weighed {
            if alive > largest / 2 {
                continue;
            }
            let tier = tier_of(alive);
            if tiers.len() <= tier {
                tiers.resize_with(tier + 1, Vec::new);
            }
            tiers[tier].push((alive, entry));
        }
        let Some(full) = tiers.iter_mut().find(|it| it.len() > MOST_IN_A_TIER) else {
            return Vec::new();
        };
        full.sort_by_key(|it| it.0);
        let mut sum = 0;
        let fitting = full.iter().take_while(|it| {
            sum += it.0;
            sum <= largest
        });
        fitting.map(|it| it.1.clone()).collect()
    }
}

fn tier_of(weight: usize) -> usize {
    (weight / SMALL)
        .checked_ilog(GROWTH)
        .map_or(0, |it| it as usize + 1)
}
