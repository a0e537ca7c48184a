//! A set as files, for other scanners, and what they found.
//!
//! Deliberately absent: running them; `eval/privacy/compare.py` does.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::json;

use super::{
    score::{Hit, Mistake},
    set::Set,
};
use crate::jsonl;

/// Writes the files of sets under `root`, and `labels.jsonl` with what is where.
pub fn write(root: &Path, sets: &[Set]) -> anyhow::Result<()> {
    for file in sets.iter().flat_map(|it| &it.files) {
        let path = root.join(&file.path);
        let wrong = || format!("could not write `{}`", path.display());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(wrong)?;
        }
        fs::write(&path, &file.text).with_context(wrong)?;
    }
    jsonl::write_whole(&labels(root), "labels", |out| {
        for file in sets.iter().flat_map(|it| &it.files) {
            for label in &file.labels {
                let mut line = serde_json::to_value(label)?;
                line["path"] = json!(file.path);
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    })
}

fn labels(root: &Path) -> PathBuf {
    root.join("labels.jsonl")
}

/// Writes where a scanner was wrong.
pub fn write_mistakes(root: &Path, scanner: &str, mistakes: &[Mistake]) -> anyhow::Result<()> {
    let path = root.join(format!("mistakes.{scanner}.jsonl"));
    jsonl::write_whole(&path, "mistakes", |out| {
        for mistake in mistakes {
            writeln!(out, "{}", serde_json::to_string(mistake)?)?;
        }
        Ok(())
    })
}

/// What another scanner found: JSON Lines of `path`, as in `labels.jsonl`, and `line`.
pub fn read_findings(path: &Path) -> anyhow::Result<Vec<Hit>> {
    jsonl::read(path, "findings", |line| {
        let number = jsonl::offset(line, "line")?;
        Ok(Hit {
            path: jsonl::text(line, "path")?,
            line: number,
            end_line: number,
            rule: None,
            span: None,
        })
    })
}
