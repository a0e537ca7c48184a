//! What `interline index` says: a table for people, a document for programs.
//!
//! The one idea: figures are taken once, so that both say the same.

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf, time::Duration};

use il_index::{Saved, Stats, View};
use il_retrieval::EmbedError;
use serde_json::{Value, json};

use crate::{
    progress::rate,
    repository::index::{self, CaughtUp, Opened, Times},
    terminal::{FAINT, STRONG, WARNING, bytes, count, styled},
};

/// How many paths of a reason are listed; the rest is counted.
const LISTED: usize = 200;

/// What became of indexing one repository.
pub(super) struct Account {
    root: PathBuf,
    directory: Option<PathBuf>,
    stats: Stats,
    lines: u64,
    source_bytes: u64,
    skipped: BTreeMap<String, Vec<String>>,
    disk_bytes: Option<u64>,
    changes: Changes,
    times: Times,
    is_kept: bool,
    pub(super) is_stopped: bool,
    pub(super) embedding_error: Option<String>,
}

/// What was done now.
struct Changes {
    new: usize,
    changed: usize,
    removed: usize,
    bytes: u64,
    vectors: usize,
}

impl Account {
    pub(super) fn new(opened: &Opened, caught_up: CaughtUp) -> Self {
        let skipped = index::skipped(opened, &caught_up);
        let view = opened.index.view();
        let (lines, source_bytes) = extent(&view);
        let stats = opened.index.stats();
        let files = caught_up.report.files;
        let new = caught_up.new.min(files);
        let is_cancelled = matches!(caught_up.embedded, Err(EmbedError::Cancelled));
        let made = match &stats.model {
            Some(_) => caught_up.embedded.as_ref().ok().copied(),
            None => None,
        };
        let is_kept = matches!(caught_up.saved, Ok(Saved::Already | Saved::Written { .. }))
            && opened.directory.is_some();
        Self {
            root: opened.root.clone(),
            disk_bytes: opened
                .directory
                .as_deref()
                .filter(|_| is_kept)
                .map(index::disk_bytes),
            directory: opened.directory.clone(),
            lines,
            source_bytes,
            skipped,
            changes: Changes {
                new,
                changed: files - new,
                removed: caught_up.report.removed,
                bytes: caught_up.report.bytes,
                vectors: made.unwrap_or(0),
            },
            times: caught_up.times,
            is_kept,
            is_stopped: caught_up.report.is_cancelled || is_cancelled,
            embedding_error: match caught_up.embedded {
                Err(error) if error != EmbedError::Cancelled => Some(error.to_string()),
                _ => None,
            },
            stats,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        !self.is_stopped
    }

    fn vectors(&self) -> usize {
        match self.stats.model {
            Some(_) => self.stats.chunks.saturating_sub(self.stats.pending),
            None => 0,
        }
    }

    fn skipped_files(&self) -> usize {
        self.skipped.values().map(Vec::len).sum()
    }

    /// For people.
    pub(super) fn table(&self, verbose: bool) -> String {
        let mut out = format!("{}\n", styled(STRONG, &self.root.display().to_string()));
        let mut row = |what: &str, value: &str, more: &str| {
            let more = match more {
                "" => String::new(),
                more => format!("  {more}"),
            };
            let _ = writeln!(
                out,
                "  {} {value:>10}{more}",
                styled(FAINT, &format!("{what:<9}"))
            );
        };
        let number = |n: usize| indicatif::HumanCount(n as u64).to_string();
        let stats = &self.stats;
        let extent = format!(
            "{}, {}",
            bytes(self.source_bytes),
            count(self.lines, "line")
        );
        row("files", &number(stats.files), &extent);
        row("chunks", &number(stats.chunks), "");
        row("symbols", &number(stats.symbols), "");
        row("vectors", &number(self.vectors()), &self.model());
        row("skipped", &number(self.skipped_files()), &self.reasons());
        row("memory", &bytes(stats.memory_bytes as u64), "");
        match (self.disk_bytes, &self.directory) {
            (Some(size), Some(directory)) => {
                row("on disk", &bytes(size), &directory.display().to_string());
            }
            _ => row("on disk", "not saved", ""),
        }
        row("changed", &number(self.changed()), &self.what_changed());
        row("took", &seconds(self.times.all()), &self.what_took());
        if verbose {
            self.list(&mut out);
        }
        out
    }

    fn changed(&self) -> usize {
        self.changes.new + self.changes.changed + self.changes.removed
    }

    fn model(&self) -> String {
        match (&self.stats.model, self.stats.pending) {
            (None, _) => "no embedding: nothing is found by meaning".into(),
            (Some(model), 0) => model.clone(),
            (Some(model), pending) => {
                let pending = count(pending as u64, "piece");
                format!(
                    "{model}  {}",
                    styled(WARNING, &format!("{pending} without"))
                )
            }
        }
    }

    fn reasons(&self) -> String {
        let mut reasons: Vec<_> = self.skipped.iter().map(|it| (it.1.len(), it.0)).collect();
        reasons.sort_by_key(|it| std::cmp::Reverse(it.0));
        let reasons = reasons.iter().map(|(n, why)| format!("{why} {n}"));
        reasons.collect::<Vec<_>>().join(", ")
    }

    fn what_changed(&self) -> String {
        let Changes {
            new,
            changed,
            removed,
            vectors,
            ..
        } = &self.changes;
        let parts = [
            (new, "new"),
            (changed, "changed"),
            (removed, "gone"),
            (vectors, "embedded"),
        ];
        let parts = parts.iter().filter(|(n, _)| **n > 0);
        let parts = parts.map(|(n, what)| format!("{} {what}", indicatif::HumanCount(**n as u64)));
        parts.collect::<Vec<_>>().join(", ")
    }

    fn what_took(&self) -> String {
        let times = &self.times;
        let steps = [
            ("loading", times.loading),
            ("looking", times.scanning),
            ("indexing", times.indexing),
            ("embedding", times.embedding),
            ("saving", times.saving),
        ];
        let steps = steps.iter().filter(|it| it.1 >= Duration::from_millis(10));
        let steps = steps.map(|(what, took)| format!("{what} {}", seconds(*took)));
        let mut parts: Vec<String> = steps.collect();
        if let Some((files, source)) = self.rates() {
            parts.push(format!(
                "{} files/s, {}/s",
                indicatif::HumanCount(files),
                bytes(source)
            ));
        }
        parts.join(", ")
    }

    /// Files and bytes a second, where so much was done that it means something.
    fn rates(&self) -> Option<(u64, u64)> {
        let files = self.changes.new + self.changes.changed;
        let took = self.times.indexing;
        (files >= 10).then(|| (rate(files as u64, took), rate(self.changes.bytes, took)))
    }

    fn list(&self, out: &mut String) {
        for (why, paths) in &self.skipped {
            let _ = writeln!(out, "\n  {}", styled(FAINT, why));
            for path in paths.iter().take(LISTED) {
                let _ = writeln!(out, "    {path}");
            }
            if paths.len() > LISTED {
                let _ = writeln!(out, "    … and {} more", paths.len() - LISTED);
            }
        }
    }

    /// For programs.
    pub(super) fn document(&self, verbose: bool) -> Value {
        let milliseconds = |it: Duration| it.as_millis() as u64;
        let (stats, changes, times) = (&self.stats, &self.changes, &self.times);
        let skipped = self.skipped.iter().map(|(reason, paths)| {
            let mut document = json!({"reason": reason, "files": paths.len()});
            if verbose {
                document["paths"] = json!(paths);
            }
            document
        });
        json!({
            "root": self.root.to_string_lossy(),
            "directory": self.directory.as_ref().map(|it| it.to_string_lossy()),
            "saved": self.is_kept,
            "complete": self.is_complete() && self.embedding_error.is_none(),
            "files": stats.files,
            "lines": self.lines,
            "source_bytes": self.source_bytes,
            "chunks": stats.chunks,
            "symbols": stats.symbols,
            "vectors": self.vectors(),
            "vectors_missing": stats.pending,
            "model": stats.model,
            "skipped": skipped.collect::<Vec<_>>(),
            "disk_bytes": self.disk_bytes,
            "memory_bytes": stats.memory_bytes,
            "changes": {
                "new": changes.new,
                "changed": changes.changed,
                "removed": changes.removed,
                "bytes": changes.bytes,
                "embedded": changes.vectors,
            },
            "took_ms": milliseconds(times.all()),
            "loading_ms": milliseconds(times.loading),
            "scanning_ms": milliseconds(times.scanning),
            "indexing_ms": milliseconds(times.indexing),
            "embedding_ms": milliseconds(times.embedding),
            "saving_ms": milliseconds(times.saving),
            "files_per_second": self.rates().map(|it| it.0),
            "bytes_per_second": self.rates().map(|it| it.1),
        })
    }
}

/// Lines and bytes of all that is indexed.
fn extent(view: &View) -> (u64, u64) {
    let texts = view.paths().into_iter().filter_map(|path| view.text(&path));
    texts.fold((0, 0), |(lines, bytes), text| {
        (
            lines + text.lines().count() as u64,
            bytes + text.len() as u64,
        )
    })
}

fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}
