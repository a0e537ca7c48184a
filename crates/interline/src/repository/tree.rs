//! The working tree as the repo model wants it: what is admitted, and its text.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use il_text::decode;
use il_watch::{Options, Scan};

use crate::failure::usage;

/// What may be learnt.
pub(crate) fn options() -> Options {
    Options {
        never: Arc::new(never),
        ..Options::default()
    }
}

/// Everything admitted below `root`.
pub(crate) fn scan(root: &Path) -> Scan {
    il_watch::scan(root, &options())
}

/// Why a path must never be learnt from, by its name alone.
pub(crate) fn never(path: &str) -> Option<&'static str> {
    super::model::never(path)
}

/// The text of an admitted file; `None` for what is no text, or gone, or not ours to read.
pub(crate) fn read(root: &Path, path: &str) -> Option<String> {
    match fs::read(root.join(path)) {
        Ok(bytes) => decode(bytes).into_text(),
        Err(error) => {
            tracing::debug!(path, %error, "cannot read");
            None
        }
    }
}

/// The language id of a path, as the registry has it; `text` may settle what the name leaves open.
pub(crate) fn language(path: &str, text: &str) -> &'static str {
    let first_line = text.lines().next();
    il_lang::registry().detect(path, first_line).id
}

/// The language id of an admitted file; opened only where the name leaves it open.
pub(crate) fn language_of_file(root: &Path, path: &str) -> &'static str {
    let has_ending = Path::new(path).extension().is_some();
    match language(path, "") {
        "plaintext" if !has_ending => {
            read(root, path).map_or("plaintext", |text| language(path, &text))
        }
        known => known,
    }
}

/// A directory that was typed, absolute and without links.
pub(crate) fn real_directory(dir: &Path) -> anyhow::Result<PathBuf> {
    let shown = dir.display();
    let metadata = fs::metadata(dir).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => usage(format!("no such directory: `{shown}`")),
        _ => usage(format!("cannot open `{shown}`: {error}")),
    })?;
    if !metadata.is_dir() {
        return Err(usage(format!("`{shown}` is not a directory")));
    }
    fs::canonicalize(dir).map_err(|error| usage(format!("cannot open `{shown}`: {error}")))
}

/// The repository that a command is about: what was typed, or the one around the current directory.
pub(crate) fn repository(dir: Option<&Path>) -> anyhow::Result<PathBuf> {
    match dir {
        Some(dir) => real_directory(dir),
        None => Ok(super::root::find(&real_directory(Path::new("."))?)),
    }
}
