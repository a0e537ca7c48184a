//! Saving and loading: the state to the store and back.
//!
//! The one idea: a segment never changes, so it is written once, and saving after one changed file writes one
//! small segment and the manifest. Whatever cannot be loaded is left out, so that its files look new to the
//! next comparison with the tree.
//!
//! Deliberately absent: when to save.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Index, lock,
    state::{Entry, State},
    work,
};
use crate::{
    analysis::Stamp,
    segment::{Segment, Vectors},
    store::{
        Blob, Damage, Manifest, Problem, SegmentRecord, Store, Turn, segment_name, vectors_name,
    },
};

/// After a failure this many times two saves are passed over, and twice as many after the next one.
const MOST_PASSED_OVER: u32 = 6;

/// What saving did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// Everything was on the disk already.
    Already,
    /// So many files and bytes were written.
    Written { files: usize, bytes: u64 },
    /// It is in memory only: another process writes, or the disk cannot be written, as was said before.
    InMemory,
}

/// Keeps track of what is on the disk.
pub(super) struct Saver {
    store: Store,
    /// By the key of the segment.
    on_disk: FxHashMap<u64, OnDisk>,
    saved: Option<u64>,
    failures: u32,
    pass_over: u32,
    was_said: bool,
}

struct OnDisk {
    id: u64,
    blob: Blob,
    vectors: Option<(Arc<Vectors>, u64, Blob)>,
}

/// What a start finds.
pub(super) struct Loaded {
    pub(super) entries: Vec<Entry>,
    pub(super) refused: BTreeMap<String, Stamp>,
    pub(super) bytes: u64,
    on_disk: Vec<OnDisk>,
}

impl Saver {
    /// Takes over what is in `store`. Keys count from zero.
    pub(super) fn load(mut store: Store, problem: Option<Problem>) -> (Self, Loaded, Vec<Problem>) {
        let (mut loaded, mut problems) = store.load(load_all);
        problems.splice(0..0, problem);
        let cannot_write = |it: &Problem| matches!(it, Problem::Unwritable { .. });
        let saver = Self {
            was_said: problems.iter().any(cannot_write),
            on_disk: (0..).zip(loaded.on_disk.drain(..)).collect(),
            store,
            saved: None,
            failures: 0,
            pass_over: 0,
        };
        (saver, loaded, problems)
    }

    /// What the last writer left is there; nothing else is.
    fn adopt(&mut self, left: &Manifest) {
        self.on_disk.retain(|_, it| {
            let same = |record: &&SegmentRecord| (record.id, record.blob) == (it.id, it.blob);
            let record = left.segments.iter().find(same);
            let vectors = record.and_then(|record| record.vectors);
            it.vectors.take_if(|it| vectors != Some((it.1, it.2)));
            record.is_some()
        });
    }

    fn write(&mut self, state: &State) -> Result<Saved, Problem> {
        let (mut files, mut bytes) = (1, 0);
        let mut manifest = Manifest {
            refused: (*state.refused).clone(),
            ..Manifest::default()
        };
        for entry in &state.entries {
            if !self.on_disk.contains_key(&entry.key) {
                let id = self.store.number();
                let packed = entry.part.segment.to_bytes();
                let blob = self.store.write(&segment_name(id), &packed)?;
                let vectors = None;
                self.on_disk.insert(entry.key, OnDisk { id, blob, vectors });
                (files, bytes) = (files + 1, bytes + blob.bytes);
            }
            let on_disk = self.on_disk.get_mut(&entry.key).expect("written above");
            match (&entry.part.vectors, &on_disk.vectors) {
                (Some(new), Some((old, ..))) if Arc::ptr_eq(new, old) => {}
                (Some(new), _) => {
                    let number = self.store.number();
                    let name = vectors_name(on_disk.id, number);
                    let blob = self.store.write(&name, &new.to_bytes())?;
                    on_disk.vectors = Some((Arc::clone(new), number, blob));
                    (files, bytes) = (files + 1, bytes + blob.bytes);
                }
                (None, _) => on_disk.vectors = None,
            }
            manifest.segments.push(record(on_disk, entry));
        }
        bytes += self.store.commit(manifest)?;
        let keys: FxHashSet<u64> = state.entries.iter().map(|it| it.key).collect();
        self.on_disk.retain(|key, _| keys.contains(key));
        self.saved = Some(state.version);
        Ok(Saved::Written { files, bytes })
    }

    /// After a failure: what no manifest names takes room that may be missing, so it goes.
    fn give_up(&mut self, problem: Problem) -> Result<Saved, Problem> {
        self.store.sweep();
        let store = &self.store;
        self.on_disk.retain(|_, it| {
            it.vectors
                .take_if(|vectors| !store.names(&vectors_name(it.id, vectors.1)));
            store.names(&segment_name(it.id))
        });
        self.pass_over = 1 << self.failures.min(MOST_PASSED_OVER);
        self.failures += 1;
        if std::mem::replace(&mut self.was_said, true) {
            return Ok(Saved::InMemory);
        }
        Err(problem)
    }
}

impl Index {
    /// Brings what is known to the disk, as far as it is not there: after one changed file one small segment
    /// and the manifest. That it cannot be done is said once; what was not written is indexed again at the
    /// next start.
    pub fn save(&self) -> Result<Saved, Problem> {
        let mut saver = lock(&self.saver);
        let state = self.state();
        let (turn, left) = saver.store.turn();
        match turn {
            Turn::No => return Ok(Saved::InMemory),
            Turn::New => saver.adopt(&left),
            Turn::Ours if saver.saved == Some(state.version) => return Ok(Saved::Already),
            Turn::Ours => {}
        }
        if saver.pass_over > 0 {
            saver.pass_over -= 1;
            return Ok(Saved::InMemory);
        }
        match saver.write(&state) {
            Ok(saved) => {
                (saver.failures, saver.was_said) = (0, false);
                Ok(saved)
            }
            Err(problem) => saver.give_up(problem),
        }
    }

    /// Whether this process is the one that writes this index.
    pub fn is_writer(&self) -> bool {
        lock(&self.saver).store.is_writer()
    }

    pub(super) fn key(&self) -> u64 {
        self.next_key.fetch_add(1, Ordering::Relaxed)
    }
}

fn record(on_disk: &OnDisk, entry: &Entry) -> SegmentRecord {
    let dead = entry.part.dead().iter().enumerate();
    SegmentRecord {
        id: on_disk.id,
        blob: on_disk.blob,
        dead: dead.filter(|it| *it.1).map(|it| it.0 as u32).collect(),
        vectors: on_disk.vectors.as_ref().map(|it| (it.1, it.2)),
    }
}

fn load_all(manifest: &Manifest, store: &Store) -> (Loaded, Vec<Problem>) {
    let mut loaded = Loaded {
        entries: Vec::new(),
        refused: manifest.refused.clone(),
        bytes: 0,
        on_disk: Vec::new(),
    };
    let mut problems = Vec::new();
    for one in work::map(&manifest.segments, |record| load_one(record, store)) {
        match one {
            Ok(None) => {}
            Ok(Some((mut entry, on_disk, problem))) => {
                loaded.bytes += on_disk.blob.bytes;
                loaded.bytes += on_disk.vectors.as_ref().map_or(0, |it| it.2.bytes);
                entry.key = loaded.entries.len() as u64;
                loaded.entries.push(entry);
                loaded.on_disk.push(on_disk);
                problems.extend(problem);
            }
            Err(problem) => problems.push(problem),
        }
    }
    (loaded, problems)
}

/// Nothing for a segment of another version: its sum is right, so somebody meant what it says.
fn load_one(
    record: &SegmentRecord,
    store: &Store,
) -> Result<Option<(Entry, OnDisk, Option<Problem>)>, Problem> {
    let bytes = store.read(&record.name(), record.blob)?;
    let segment = match Segment::from_bytes(&bytes) {
        Ok(segment) => segment,
        Err(error) => {
            tracing::debug!(%error, "a segment of another version is indexed again");
            return Ok(None);
        }
    };
    let mut entry = Entry::new(0, Arc::new(segment));
    let mut dead = entry.part.dead().to_vec();
    for &file in &record.dead {
        let Some(dead) = dead.get_mut(file as usize) else {
            return Err(store.damaged(&record.name(), Damage::Nonsense));
        };
        *dead = true;
    }
    entry.part.bury(dead);
    let mut on_disk = OnDisk {
        id: record.id,
        blob: record.blob,
        vectors: None,
    };
    let problem = match load_vectors(record, store, entry.part.segment.chunk_count()) {
        Ok(vectors) => {
            entry.part.vectors = vectors.as_ref().map(|it| Arc::clone(&it.0));
            on_disk.vectors = vectors;
            None
        }
        Err(problem) => Some(problem),
    };
    Ok(Some((entry, on_disk, problem)))
}

fn load_vectors(
    record: &SegmentRecord,
    store: &Store,
    chunks: usize,
) -> Result<Option<(Arc<Vectors>, u64, Blob)>, Problem> {
    let (Some((number, blob)), Some(name)) = (record.vectors, record.vectors_name()) else {
        return Ok(None);
    };
    let bytes = store.read(&name, blob)?;
    let vectors = Vectors::from_bytes(&bytes).ok();
    let fitting = vectors.filter(|it| it.len() <= chunks);
    Ok(fitting.map(|it| (Arc::new(it), number, blob)))
}
