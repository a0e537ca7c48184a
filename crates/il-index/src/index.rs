//! The index: kept up to date beside those who ask, and on the disk for the next start.
//!
//! The one idea: there is one current state behind one pointer. Updates, merges and embedding work beside it
//! and swap it whole when they have something; a view is a copy of the pointer. So the locks here order
//! those who write among each other, and whoever asks waits for none of them.
//!
//! A start loads what is there; [`Index::difference`] with a scan of the tree says what to update. The disk may
//! lag behind memory without harm.
//!
//! Deliberately absent: the scan, the watcher, the clock, and threads of its own to work behind.

mod embedding;
mod merging;
mod order;
mod overlay;
mod saving;
mod source;
mod state;
mod update;
mod work;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, atomic::AtomicU64},
};

use il_privacy::{Mask, Policy, Reach};
use il_retrieval::Embedder;

pub use self::{
    embedding::EmbedProgress,
    saving::Saved,
    source::{Folder, Source, Why},
    update::{Progress, Report, Skipped},
};
use self::{
    order::Order,
    overlay::Overlays,
    saving::Saver,
    state::{Entry, State},
    work::Analysts,
};
use crate::{
    analysis::Stamp,
    store::{Problem, Store},
    view::View,
};

/// How an index is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// So much source becomes one segment: more is built in slices, and nothing is merged beyond it.
    pub slice_bytes: u64,
    /// Which files may be indexed, and which of them may go to the embedder.
    pub policy: Arc<Policy>,
    /// How far away the embedder is.
    pub embedder: Reach,
    /// Makes secrets inside files unreadable before anything is kept of them.
    pub mask: Option<Arc<Mask>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            slice_bytes: 64 << 20,
            policy: Arc::new(Policy::usual()),
            embedder: Reach::ThisMachine,
            mask: None,
        }
    }
}

impl Options {
    /// A text as it may be kept.
    fn masked(&self, text: String) -> String {
        let masked = self.mask.as_ref().map(|it| it.apply(&text));
        match masked {
            Some(Cow::Owned(masked)) => masked,
            Some(Cow::Borrowed(_)) | None => text,
        }
    }

    /// Whether pieces of a file may be sent to the embedder.
    fn may_embed(&self, path: &str) -> bool {
        self.embedder == Reach::ThisMachine || self.policy.level(path).allows(self.embedder)
    }

    /// What must be the same for what is on the disk to be of use.
    fn key(&self) -> u64 {
        self.mask.as_ref().map_or(0, |it| it.key())
    }
}

/// The index of one working tree.
pub struct Index {
    options: Options,
    /// Locked to read or swap the pointer, never for longer.
    state: RwLock<Arc<State>>,
    /// Held from reading the state to swapping it: changes come one after another.
    publishing: Mutex<()>,
    order: Order,
    merging: Mutex<()>,
    embedding: Mutex<()>,
    saver: Mutex<Saver>,
    embedder: Mutex<Option<Arc<dyn Embedder>>>,
    analysts: Analysts,
    overlays: Overlays,
    next_key: AtomicU64,
    loaded_bytes: u64,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let (segments, refused) = (state.entries.len(), state.refused.len());
        write!(f, "Index({segments} segments, {refused} refused files)")
    }
}

/// What differs between the index and a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// New and changed files, with the stamps of the scan.
    pub changed: Vec<(String, Stamp)>,
    pub removed: Vec<String>,
}

/// What an index holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub files: usize,
    /// Files that were read and not indexed.
    pub refused: usize,
    pub segments: usize,
    pub chunks: usize,
    pub symbols: usize,
    /// Of the texts of all segments, replaced ones included.
    pub source_bytes: u64,
    pub memory_bytes: usize,
    /// Read from the disk when it was opened.
    pub loaded_bytes: u64,
    /// The model of the current embedder, and how many chunks wait for it.
    pub model: Option<String>,
    pub pending: usize,
}

impl Index {
    /// Opens the index that is kept in `directory` for the tree at `identity` (a path without links); with
    /// no directory it lives in memory. It always opens; what was not as it should be is told.
    pub fn open(
        directory: Option<&Path>,
        identity: &Path,
        embedder: Option<Arc<dyn Embedder>>,
        options: Options,
    ) -> (Self, Vec<Problem>) {
        let (store, problem) = Store::open(directory, identity, options.key());
        let (saver, loaded, problems) = Saver::load(store, problem);
        let keys = loaded.entries.len() as u64;
        let state = State::new(0, loaded.entries, Arc::new(loaded.refused));
        let index = Self {
            options,
            state: RwLock::new(Arc::new(state)),
            publishing: Mutex::default(),
            order: Order::default(),
            merging: Mutex::default(),
            embedding: Mutex::default(),
            saver: Mutex::new(saver),
            embedder: Mutex::new(embedder),
            analysts: Analysts::default(),
            overlays: Overlays::default(),
            next_key: AtomicU64::new(keys),
            loaded_bytes: loaded.bytes,
        };
        index.forget_private();
        index.forget_gaps();
        (index, problems)
    }

    /// What can be asked, as it is now.
    pub fn view(&self) -> View {
        self.state().view.clone()
    }

    /// Every file that was read, with the stamp that it had then: indexed ones and refused ones.
    pub fn known(&self) -> BTreeMap<String, Stamp> {
        let state = self.state();
        let indexed = state.entries.iter().flat_map(Entry::alive);
        let mut known: BTreeMap<String, Stamp> = indexed
            .map(|(_, path, stamp)| (path.to_owned(), stamp))
            .collect();
        known.extend(state.refused.iter().map(|it| (it.0.clone(), *it.1)));
        known
    }

    /// What an update has to be given after a scan found these files.
    pub fn difference(&self, scanned: impl IntoIterator<Item = (String, Stamp)>) -> Difference {
        let mut known = self.known();
        let changed = scanned
            .into_iter()
            .filter(|(path, stamp)| known.remove(path) != Some(*stamp));
        Difference {
            changed: changed.collect(),
            removed: known.into_keys().collect(),
        }
    }

    pub fn stats(&self) -> Stats {
        let state = self.state();
        let mut stats = Stats {
            refused: state.refused.len(),
            segments: state.entries.len(),
            loaded_bytes: self.loaded_bytes,
            model: self.embedder().map(|it| it.model().to_owned()),
            pending: self.pending(),
            ..Stats::default()
        };
        for entry in &state.entries {
            let segment = &entry.part.segment;
            stats.source_bytes += segment.source_bytes();
            stats.memory_bytes += segment.memory();
            stats.memory_bytes += entry.part.vectors.as_ref().map_or(0, |it| it.memory());
            for (file, _, _) in entry.alive() {
                stats.files += 1;
                stats.chunks += segment.chunks_of(file).len();
                stats.symbols += segment.symbols_of(file).len();
            }
        }
        stats
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes what `change` makes of the current state the current one. Whether there was something.
    fn publish(&self, change: impl FnOnce(&State) -> Option<State>) -> bool {
        let _turn = lock(&self.publishing);
        let Some(next) = change(&self.state()) else {
            return false;
        };
        let next = Arc::new(next);
        let last = {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *state, next)
        };
        // Freeing it may take a while, and nobody waits for that.
        drop(last);
        true
    }
}

/// What a panic left half done is whole here: states are swapped, never changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
