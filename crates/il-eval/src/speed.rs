//! `eval index`: what was measured of indexing and searching a tree, as data and as a table.
//!
//! The one idea: trees side by side, so that a reader sees how each figure grows.
//!
//! Deliberately absent: measuring. The binary does that, a step a process, and knows the index.

mod table;

use serde::{Deserialize, Serialize};

pub use table::render;

use crate::statistics::latency;

/// Everything that was measured of one tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tree {
    pub name: String,
    /// What makes vectors.
    pub embeddings: String,
    pub built: Built,
    pub restarted: Restarted,
    pub searched: Searched,
    pub changed: Changed,
    /// Other programs that are installed, on the same tree.
    pub ctags: Option<Ctags>,
    pub ripgrep: Option<Spread>,
}

/// A first index. Seconds by the wall clock unless they are of the processor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Built {
    pub files: usize,
    pub bytes: u64,
    pub lines: u64,
    pub chunks: usize,
    pub symbols: usize,
    pub vectors: usize,
    pub scanning: f64,
    pub indexing: f64,
    /// Behind the index, by an embedder that is not instant.
    pub embedding: f64,
    pub saving: f64,
    pub cpu: Option<f64>,
    pub peak_bytes: Option<u64>,
    /// Of the index alone, by its own account.
    pub memory_bytes: u64,
    pub disk_bytes: u64,
}

impl Built {
    /// Seconds from nothing to an index on the disk.
    pub fn seconds(&self) -> f64 {
        self.scanning + self.indexing + self.embedding + self.saving
    }
}

/// A start with an index that is up to date: opened, the tree scanned, both compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Restarted {
    pub opening: f64,
    pub scanning: f64,
    pub comparing: f64,
    pub cpu: Option<f64>,
    /// By the whole process, and of the index alone.
    pub read_bytes: Option<u64>,
    pub index_bytes: u64,
    pub peak_bytes: Option<u64>,
    /// Files that differ; there should be none.
    pub different: usize,
}

/// Searches and retrievals on one thread, of each the faster of two runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Searched {
    /// For each mode.
    pub modes: Vec<(String, Spread)>,
    /// For a place in code: parsing and resolving included, and without them.
    pub cursor: Spread,
    pub cursor_prepared: Spread,
    /// Single words by the index, and which: the same as other programs are asked.
    pub words: Spread,
    pub asked_words: Vec<String>,
    pub resident_bytes: Option<u64>,
}

/// Updates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Of one file at a time: until it is found, and until it is on the disk.
    pub update: Spread,
    pub save: Spread,
    /// Of many files at once, while somebody searches.
    pub files: usize,
    pub bytes: u64,
    pub seconds: f64,
    pub searches_before: Spread,
    pub searches_meanwhile: Spread,
}

/// Universal Ctags on the same tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ctags {
    pub seconds: f64,
    pub symbols: usize,
}

/// How long something took, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub count: usize,
    pub p50_us: u64,
    pub p99_us: u64,
    pub max_us: u64,
}

impl Spread {
    pub fn of(micros: Vec<u64>) -> Self {
        let it = latency(micros);
        Self {
            count: it.suggestions,
            p50_us: it.p50_us,
            p99_us: it.p99_us,
            max_us: it.max_us,
        }
    }
}

#[cfg(test)]
mod tests;
