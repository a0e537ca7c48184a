//! Overlays: unsaved buffers stand in for the files that they will be.
//!
//! The one idea: an overlay is a segment of one file laid over the index in one view and nowhere else. It is
//! kept by the hash of its text, so however often it is asked for, a keystroke costs one analysis. No lock
//! is held for that: two who ask for the same keystroke at the same moment may both make it.
//!
//! Deliberately absent: saving them, and anything about editors.

use std::{
    hash::Hasher as _,
    sync::{Arc, Mutex},
};

use il_privacy::Level;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::{Index, embedding::instant, lock, state::State};
use crate::{
    analysis::{SourceFile, Stamp},
    segment::Segment,
    view::{Part, View},
};

/// How many overlays are kept; the ones that are asked for always are.
const MOST: usize = 128;

#[derive(Default)]
pub(super) struct Overlays(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// The last overlay of each path, with the hash of its text.
    overlays: FxHashMap<String, (u64, Part)>,
    /// What lay below them, without their paths: the same from one keystroke to the next.
    below: Option<Below>,
}

struct Below {
    version: u64,
    without: Vec<String>,
    parts: Vec<Part>,
}

impl Index {
    /// What the index knows, with these texts (by path) in place of what it has of them. A text that is
    /// refused hides the file: what was typed last is never answered from the disk.
    pub fn with_overlays(&self, overlays: &[(&str, &str)]) -> View {
        let state = self.state();
        if overlays.is_empty() {
            return state.view.clone();
        }
        let paths: FxHashSet<&str> = overlays.iter().map(|it| it.0).collect();
        let mut parts = self.below(&state, &paths);
        let mut shown = FxHashSet::default();
        // The last one of a path counts, as with edits.
        for (path, text) in overlays.iter().rev() {
            if shown.insert(*path) {
                parts.extend(self.overlay(path, text));
            }
        }
        self.overlays.keep(&paths);
        View::new(parts)
    }

    /// The segments without these paths.
    fn below(&self, state: &State, paths: &FxHashSet<&str>) -> Vec<Part> {
        let mut without: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
        without.sort_unstable();
        if let Some(below) = &lock(&self.overlays.0).below
            && (below.version, &below.without) == (state.version, &without)
        {
            return below.parts.clone();
        }
        let entries = state.entries.iter().filter_map(|it| it.without(paths));
        let parts: Vec<Part> = entries.map(|it| it.part).collect();
        lock(&self.overlays.0).below = Some(Below {
            version: state.version,
            without,
            parts: parts.clone(),
        });
        parts
    }

    fn overlay(&self, path: &str, text: &str) -> Option<Part> {
        let is_private = self.options.policy.level(path) == Level::Blocked;
        if is_private || il_admission::admit(text).is_err() {
            return None;
        }
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        let hash = hasher.finish();
        if let Some((known, part)) = lock(&self.overlays.0).overlays.get(path)
            && *known == hash
        {
            return Some(part.clone());
        }
        let stamp = Stamp::default();
        let facts = self.analysts.analyse(SourceFile {
            path: path.to_owned(),
            stamp,
            text: self.options.masked(text.to_owned()),
        })?;
        let mut part = Part::new(Arc::new(Segment::build(vec![facts])));
        if let Some(embedder) = self.embedder().filter(|it| it.is_instant()) {
            part.vectors = instant(&part.segment, &*embedder).map(Arc::new);
        }
        let kept = (hash, part.clone());
        lock(&self.overlays.0)
            .overlays
            .insert(path.to_owned(), kept);
        Some(part)
    }
}

impl Overlays {
    fn keep(&self, asked: &FxHashSet<&str>) {
        let kept = &mut lock(&self.0).overlays;
        if kept.len() > MOST {
            kept.retain(|path, _| asked.contains(path.as_str()));
        }
    }
}
