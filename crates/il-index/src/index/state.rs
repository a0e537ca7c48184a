//! The state: which segments there are and what of them counts. A value; every change makes a new one.
//!
//! The one idea: changes are small functions from one state to the next, so whoever holds a view is never in
//! the way, and work done on an older state (a merge) is fitted to the newer one when it is done.
//!
//! Deliberately absent: locks, the disk, and how segments are made.

use std::{collections::BTreeMap, sync::Arc};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    analysis::Stamp,
    segment::{Segment, Vectors},
    view::{Part, View},
};

/// Rows that are known for passages, by the hash of the passage.
pub(super) type Carried = FxHashMap<u64, (Arc<Vectors>, u32)>;

/// A segment of a state.
#[derive(Clone)]
pub(super) struct Entry {
    /// Names it in this process; never given twice.
    pub(super) key: u64,
    pub(super) part: Part,
    /// Vectors that its chunks had where they were before.
    pub(super) carried: Arc<Carried>,
}

impl Entry {
    pub(super) fn new(key: u64, segment: Arc<Segment>) -> Self {
        Self {
            key,
            part: Part::new(segment),
            carried: Arc::default(),
        }
    }

    /// The files that are alive.
    pub(super) fn alive(&self) -> impl Iterator<Item = (u32, &str, Stamp)> {
        let files = self.part.segment.files();
        files.filter(|it| self.part.is_alive(it.0))
    }

    pub(super) fn alive_file(&self, path: &str) -> Option<u32> {
        let file = self.part.segment.find(path)?;
        self.part.is_alive(file).then_some(file)
    }

    /// How much work it is, of all and of what is alive: about one for a kilobyte.
    pub(super) fn weights(&self) -> (usize, usize) {
        let segment = &self.part.segment;
        let alive = self.alive();
        let alive = alive.map(|it| 1 + segment.chunks_of(it.0).len()).sum();
        let all = segment.chunk_count() + segment.file_count() as usize;
        (all, alive)
    }

    /// Whether `vectors` are of this model and there for all chunks.
    pub(super) fn is_embedded(&self, model: &str) -> bool {
        let chunks = self.part.segment.chunk_count();
        chunks == 0 || self.rows(model) == chunks
    }

    /// For how many chunks there are vectors of this model, from the first on.
    pub(super) fn rows(&self, model: &str) -> usize {
        let vectors = self.part.vectors.as_ref();
        vectors
            .filter(|it| it.model() == model)
            .map_or(0, |it| it.len())
    }

    /// The same with these paths dead. Nothing when none is left alive.
    pub(super) fn without(&self, paths: &FxHashSet<&str>) -> Option<Self> {
        let gone = paths.iter().filter_map(|path| self.alive_file(path));
        self.with_dead(gone.collect())
    }

    fn with_dead(&self, files: Vec<u32>) -> Option<Self> {
        let mut entry = self.clone();
        if !files.is_empty() {
            let mut dead = self.part.dead().to_vec();
            for file in files {
                dead[file as usize] = true;
            }
            if !dead.contains(&false) {
                return None;
            }
            entry.part.bury(dead);
        }
        Some(entry)
    }
}

/// What the index knows.
#[derive(Clone, Default)]
pub(super) struct State {
    /// Grows with every change.
    pub(super) version: u64,
    pub(super) entries: Vec<Entry>,
    /// Files that were read and not indexed, so that they are not read again.
    pub(super) refused: Arc<BTreeMap<String, Stamp>>,
    pub(super) view: View,
}

impl State {
    pub(super) fn new(
        version: u64,
        entries: Vec<Entry>,
        refused: Arc<BTreeMap<String, Stamp>>,
    ) -> Self {
        let view = View::new(entries.iter().map(|it| it.part.clone()).collect());
        Self {
            version,
            entries,
            refused,
            view,
        }
    }

    fn next(&self, entries: Vec<Entry>, refused: Arc<BTreeMap<String, Stamp>>) -> Self {
        Self::new(self.version + 1, entries, refused)
    }

    /// Nothing of `paths` counts any more; `refused` is known and `new` is there.
    pub(super) fn replaced(
        &self,
        paths: &FxHashSet<&str>,
        refused: Vec<(String, Stamp)>,
        new: Option<Entry>,
    ) -> Self {
        let kept = self.entries.iter().filter_map(|it| it.without(paths));
        let mut entries: Vec<Entry> = kept.collect();
        entries.extend(new.filter(|it| it.part.segment.file_count() > 0));
        let mut known = Arc::clone(&self.refused);
        if !refused.is_empty() || paths.iter().any(|path| known.contains_key(*path)) {
            let known = Arc::make_mut(&mut known);
            known.retain(|path, _| !paths.contains(path.as_str()));
            known.extend(refused);
        }
        self.next(entries, known)
    }

    /// `merged` was made of what was alive in `sources`; what died since is dead in it too. Nothing when
    /// one of them is there no more.
    pub(super) fn merged(&self, sources: &[Entry], merged: &Entry) -> Option<Self> {
        let mut gone = Vec::new();
        for source in sources {
            let now = self.entries.iter().find(|it| it.key == source.key);
            let died = source
                .alive()
                .filter(|it| now.is_none_or(|now| !now.part.is_alive(it.0)));
            gone.extend(died.filter_map(|it| merged.part.segment.find(it.1)));
        }
        let is_source = |entry: &Entry| sources.iter().any(|it| it.key == entry.key);
        let at = self.entries.iter().position(is_source)?;
        let mut entries = self.entries.clone();
        entries.splice(at..=at, merged.with_dead(gone));
        entries.retain(|entry| !is_source(entry));
        Some(self.next(entries, Arc::clone(&self.refused)))
    }

    /// A segment has no vectors but knows these. Nothing when it is there no more.
    pub(super) fn without_vectors(&self, key: u64, carried: Carried) -> Option<Self> {
        let mut entries = self.entries.clone();
        let entry = entries.iter_mut().find(|it| it.key == key)?;
        entry.carried = Arc::new(carried);
        entry.part.vectors = None;
        Some(self.next(entries, Arc::clone(&self.refused)))
    }

    /// A segment has these vectors now. Nothing when it is there no more.
    pub(super) fn embedded(&self, key: u64, vectors: Arc<Vectors>) -> Option<Self> {
        let mut entries = self.entries.clone();
        let entry = entries.iter_mut().find(|it| it.key == key)?;
        if vectors.len() == entry.part.segment.chunk_count() {
            entry.carried = Arc::default();
        }
        entry.part.vectors = Some(vectors);
        Some(self.next(entries, Arc::clone(&self.refused)))
    }
}
