//! What is known about an open repository, for people and for programs.

use std::{fmt, path::PathBuf, time::Duration};

use il_watch::Scan;
use serde_json::{Value, json};

use super::Learnt;
use crate::terminal::{bytes, count};

/// How a model came to know what it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Everything was learnt now.
    Learnt,
    /// It was saved; this many files were learnt or forgotten since.
    Loaded { changed: usize, removed: usize },
    /// It was asked to know nothing.
    Nothing,
}

/// What an engine knows.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Files learnt.
    pub(crate) files: usize,
    pub(crate) lines: usize,
    /// Files seen and refused.
    pub(crate) skipped: usize,
    pub(crate) source_bytes: u64,
    pub(crate) tokens: usize,
    pub(crate) memory: u64,
    pub(crate) how: How,
    pub(crate) took: Duration,
    pub(crate) cache: Option<PathBuf>,
}

impl Facts {
    pub(super) fn new(scan: &Scan, how: How, took: Duration, cache: Option<PathBuf>) -> Self {
        Self {
            files: 0,
            lines: 0,
            skipped: scan.skipped.len(),
            source_bytes: scan.bytes(),
            tokens: 0,
            memory: 0,
            how,
            took,
            cache,
        }
    }

    pub(super) fn nothing() -> Self {
        Self::new(&Scan::default(), How::Nothing, Duration::ZERO, None)
    }

    /// The same with the figures of this moment.
    pub(super) fn now(&self, learnt: &Learnt) -> Self {
        let stats = learnt.model.stats();
        Self {
            files: stats.files,
            lines: stats.lines,
            tokens: stats.tokens,
            memory: stats.memory as u64,
            ..self.clone()
        }
    }

    pub(crate) fn document(&self) -> Value {
        let (how, changed, removed) = match self.how {
            How::Learnt => ("learnt", 0, 0),
            How::Loaded { changed, removed } => ("loaded", changed, removed),
            How::Nothing => ("nothing", 0, 0),
        };
        json!({
            "how": how,
            "files": self.files,
            "files_skipped": self.skipped,
            "files_changed": changed,
            "files_removed": removed,
            "source_bytes": self.source_bytes,
            "lines": self.lines,
            "tokens": self.tokens,
            "memory_bytes": self.memory,
            "took_ms": self.took.as_millis() as u64,
            "cache": self.cache.as_ref().map(|cache| cache.to_string_lossy()),
        })
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.how == How::Nothing {
            return f.write_str("nothing but the file itself");
        }
        let files = count(self.files as u64, "file");
        let tokens = count(self.tokens as u64, "token");
        write!(f, "{files}, {tokens}, {} in memory; ", bytes(self.memory))?;
        match self.how {
            How::Loaded {
                changed: 0,
                removed: 0,
            } => f.write_str("loaded from the cache"),
            How::Loaded { changed, removed } => {
                write!(
                    f,
                    "loaded from the cache, {changed} changed and {removed} gone since"
                )
            }
            How::Learnt | How::Nothing => write!(f, "learnt in {} ms", self.took.as_millis()),
        }
    }
}
