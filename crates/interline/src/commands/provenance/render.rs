//! References and matches as people and programs read them.

use std::{fmt::Write as _, path::Path};

use il_provenance::{Match, Summary};
use serde_json::{Value, json};

use super::Made;
use crate::terminal::{self, STRONG, styled, visible};

/// Licences that are named; the others are counted.
const MOST_LICENCES: usize = 12;

pub(super) fn built(made: &Made<'_>, it: &Summary, left_out: usize) -> String {
    let mut out = summary(made.path, it);
    let lines = it.lines as f64 / 1e6;
    let _ = writeln!(
        out,
        "  {}, {:.2} MB for a million lines; built in {:.1} s; {} left out",
        terminal::bytes(made.bytes),
        made.bytes as f64 / 1e6 / lines.max(1e-9),
        made.seconds,
        terminal::count(left_out as u64, "file"),
    );
    out
}

pub(super) fn summary(path: &Path, it: &Summary) -> String {
    let mut out = format!(
        "{}  {}\n",
        styled(STRONG, &visible(&it.name)),
        path.display()
    );
    let _ = writeln!(
        out,
        "  {}, {}, {}, {}",
        terminal::count(it.packages as u64, "package"),
        terminal::count(it.files as u64, "file"),
        terminal::count(it.lines, "line"),
        terminal::count(it.fingerprints, "fingerprint"),
    );
    let mut licences: Vec<(&String, &usize)> = it.licences.iter().collect();
    licences.sort_by_key(|(name, files)| (std::cmp::Reverse(**files), (*name).clone()));
    for (name, files) in licences.iter().take(MOST_LICENCES) {
        let _ = writeln!(out, "  {files:>8}  {}", visible(name));
    }
    if let Some(rest) = licences.get(MOST_LICENCES..).filter(|it| !it.is_empty()) {
        let files: usize = rest.iter().map(|(_, files)| **files).sum();
        let _ = writeln!(out, "  {files:>8}  under {} other licences", rest.len());
    }
    out
}

pub(super) fn document(path: &Path, it: &Summary) -> Value {
    json!({
        "path": path.to_string_lossy(),
        "name": it.name,
        "packages": it.packages,
        "files": it.files,
        "lines": it.lines,
        "lexemes": it.lexemes,
        "fingerprints": it.fingerprints,
        "licences": it.licences,
    })
}

pub(super) fn line(file: &str, it: &Match) -> String {
    format!(
        "{}:{}-{}: {} lexemes as in {}\n",
        visible(file),
        it.lines.start(),
        it.lines.end(),
        it.lexemes,
        visible(&it.origin.to_string()),
    )
}

pub(super) fn found(it: &Match) -> Value {
    json!({
        "first_line": it.lines.start(),
        "last_line": it.lines.end(),
        "lexemes": it.lexemes,
        "origin": { "name": &*it.origin.name, "path": &*it.origin.path, "licence": &*it.origin.licence },
    })
}
