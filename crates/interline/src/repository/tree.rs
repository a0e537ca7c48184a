//! The working tree as the repo model wants it: what is admitted, and its text.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use il_privacy::Policy;
use il_text::{Charset, Decoded, decode};
use il_watch::{File, Options, Reason, Scan, Skipped};

use super::policy;
use crate::{failure::usage, place::Place, terminal};

/// Larger files are open in no editor with suggestions on.
const LARGEST: u64 = 64 << 20;

/// A model takes about twenty bytes of memory for a byte of source: 1.3 GB for this much.
const MOST_SOURCE: u64 = 64 << 20;

/// An index takes about two and a half bytes of memory for a byte of source: 1.2 GB for this much.
const MOST_INDEXED: u64 = 512 << 20;

/// What may be indexed; the newest of it may be learnt.
pub(crate) fn options(policy: &Arc<Policy>) -> Options {
    let policy = Arc::clone(policy);
    Options {
        max_file_bytes: il_admission::MAX_BYTES,
        max_total_bytes: MOST_INDEXED,
        never: Arc::new(move |path| policy::refusal(&policy, path)),
        ..Options::default()
    }
}

/// Everything below `root` that may be learnt.
pub(crate) fn scan(root: &Path) -> Scan {
    learnable(scan_all(root))
}

/// Everything below `root` that may be indexed, by what is said now.
pub(crate) fn scan_all(root: &Path) -> Scan {
    scan_within(root, &policy::of(root).policy)
}

/// Everything below `root` that may be indexed under this policy.
pub(crate) fn scan_within(root: &Path, policy: &Arc<Policy>) -> Scan {
    il_watch::scan(root, &options(policy))
}

/// What of a scan fits into a model: the newest files.
pub(crate) fn learnable(mut scan: Scan) -> Scan {
    if scan.bytes() <= MOST_SOURCE {
        return scan;
    }
    let newest = |file: &File| (std::cmp::Reverse(file.stamp.mtime_ns), file.path.clone());
    scan.files.sort_by_cached_key(newest);
    let mut bytes = 0u64;
    let kept = scan.files.iter().take_while(|file| {
        bytes = bytes.saturating_add(file.stamp.size);
        bytes <= MOST_SOURCE
    });
    let kept = kept.count();
    let over = scan.files.split_off(kept).into_iter();
    scan.skipped.extend(over.map(|file| Skipped {
        path: file.path,
        reason: Reason::OverBudget,
    }));
    scan.files.sort();
    scan.skipped.sort();
    scan
}

/// Why a file is left out, without the figures of the one file.
pub(crate) fn reason(reason: Reason) -> String {
    match reason {
        Reason::TooLarge { .. } => {
            format!("larger than {}", terminal::bytes(il_admission::MAX_BYTES))
        }
        reason => reason.to_string(),
    }
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

/// The file that a place names, without links.
pub(crate) fn real_file(place: &Place) -> anyhow::Result<PathBuf> {
    let file = &place.file;
    let metadata = fs::metadata(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound if place.line.is_none() => usage(format!(
            "no such file: `{file}` (a place is written `FILE:LINE:COL`)"
        )),
        std::io::ErrorKind::NotFound => usage(format!("no such file: `{file}`")),
        _ => usage(format!("cannot read `{file}`: {error}")),
    })?;
    if metadata.is_dir() {
        let example = Path::new(file).join("main.rs");
        return Err(usage(format!(
            "`{file}` is a directory: name a file in it, as in `{}:12:5`",
            example.display()
        )));
    }
    if !metadata.is_file() {
        return Err(usage(format!("`{file}` is not a regular file")));
    }
    if metadata.len() > LARGEST {
        let mib = metadata.len() >> 20;
        return Err(usage(format!(
            "`{file}` is too large: {mib} MiB, at most {}",
            LARGEST >> 20
        )));
    }
    fs::canonicalize(file).with_context(|| format!("cannot find where `{file}` is"))
}

/// The text of a file that was typed as `file`; what is not plain UTF-8 is said.
pub(crate) fn read_text(path: &Path, file: &str) -> anyhow::Result<String> {
    let bytes = fs::read(path).map_err(|error| usage(format!("cannot read `{file}`: {error}")))?;
    match decode(bytes) {
        Decoded::Binary => Err(usage(format!("`{file}` is not text"))),
        Decoded::Text {
            text,
            charset,
            lossy,
        } => {
            if charset == Charset::Latin1 {
                terminal::warning(&format!("`{file}` is not UTF-8: read as Latin-1"));
            } else if lossy {
                let shown = char::REPLACEMENT_CHARACTER;
                terminal::warning(&format!(
                    "`{file}` is not all valid text: broken bytes count as `{shown}`"
                ));
            }
            Ok(text)
        }
    }
}

/// The repository that a command is about: what was typed, or the one around the current directory.
pub(crate) fn repository(dir: Option<&Path>) -> anyhow::Result<PathBuf> {
    match dir {
        Some(dir) => real_directory(dir),
        None => Ok(super::root::find(&real_directory(Path::new("."))?)),
    }
}
