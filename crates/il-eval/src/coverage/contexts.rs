//! What was retrieved, as JSON Lines that the recipe's `coverage.py --contexts` scores.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::json;

use super::Chunk;

/// A file of contexts that is being written.
#[derive(Debug)]
pub struct Contexts {
    file: BufWriter<File>,
    path: PathBuf,
}

impl Contexts {
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path)
            .with_context(|| format!("could not make the contexts file `{}`", path.display()))?;
        Ok(Self {
            file: BufWriter::new(file),
            path: path.to_owned(),
        })
    }

    pub(crate) fn add(&mut self, id: &str, chunks: &[Chunk]) -> anyhow::Result<()> {
        let chunk = |it: &Chunk| {
            json!({
                "path": it.path,
                "start_line": it.lines.first().copied().unwrap_or(1),
                "lines": it.lines,
                "text": it.text,
            })
        };
        let chunks: Vec<_> = chunks.iter().map(chunk).collect();
        writeln!(self.file, "{}", json!({ "id": id, "chunks": chunks }))
            .with_context(|| self.cannot())
    }

    /// Writes what is still in memory.
    pub fn finish(mut self) -> anyhow::Result<()> {
        let cannot = self.cannot();
        self.file.flush().context(cannot)
    }

    fn cannot(&self) -> String {
        format!(
            "could not write the contexts file `{}`",
            self.path.display()
        )
    }
}
