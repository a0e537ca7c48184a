//! The scan: every file of a tree that may be learnt from, with its stamp, in a fixed order.
//!
//! Rules come from `.gitignore` (also outside a git repository), `.ignore`, `.interlineignore`, the user's
//! global git excludes and the caller's `never` predicate. Hidden files and symbolic links are left out, so
//! a loop of links cannot catch us and nothing outside the root is reached. What cannot be read is
//! reported and walked around: a scan has problems, it never fails.
//!
//! Deliberately absent: contents, binary detection (it would mean opening files), counts of ignored files
//! (it would mean walking into `target/`).

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use ignore::{DirEntry, WalkBuilder, WalkState};

/// Our own ignore file: same syntax as `.gitignore`, for what git keeps but a model should not learn.
pub(crate) const OWN_IGNORE_FILE: &str = ".interlineignore";

/// Says by path alone why a file must never be learnt from; asked before anything opens it.
pub type Never = Arc<dyn Fn(&str) -> Option<&'static str> + Send + Sync>;

/// What to admit.
#[derive(Clone)]
pub struct Options {
    /// Files larger than this are skipped: they are data or machine-made.
    pub max_file_bytes: u64,
    /// Admit this many bytes in all, newest files first.
    pub max_total_bytes: u64,
    /// Admit this many files, newest first.
    pub max_files: usize,
    /// Paths (inside the root, `/`-separated) that are refused, with the reason.
    pub never: Never,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_file_bytes: 1 << 20,
            max_total_bytes: 1 << 30,
            max_files: 200_000,
            never: Arc::new(|_| None),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("max_file_bytes", &self.max_file_bytes)
            .field("max_total_bytes", &self.max_total_bytes)
            .field("max_files", &self.max_files)
            .finish_non_exhaustive()
    }
}

/// What a scan found, each list sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Admitted files.
    pub files: Vec<File>,
    /// Files that the ignore rules let through and we still refused.
    pub skipped: Vec<Skipped>,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
    /// Directories that were entered, `""` for the root: what a watcher has to watch.
    pub directories: Vec<String>,
}

impl Scan {
    /// Bytes of all admitted files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.stamp.size).sum()
    }
}

/// An admitted file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    /// Path inside the root, `/`-separated.
    pub path: String,
    /// What it looked like when it was seen.
    pub stamp: Stamp,
}

/// Enough to tell that a file changed without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    pub size: u64,
    /// Last modification, nanoseconds since 1970; negative before it.
    pub mtime_ns: i64,
}

impl Stamp {
    /// Reads the stamp from a file's metadata.
    pub fn of(metadata: &std::fs::Metadata) -> Self {
        let mtime_ns =
            metadata
                .modified()
                .map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
                    Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
                    Err(before) => i64::try_from(before.duration().as_nanos())
                        .map_or(i64::MIN, i64::saturating_neg),
                });
        Self {
            size: metadata.len(),
            mtime_ns,
        }
    }
}

/// A file that was seen and refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    pub path: String,
    pub reason: Reason,
}

/// Why a file was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Larger than `Options::max_file_bytes`.
    TooLarge { bytes: u64 },
    /// `Options::never` said so.
    Never(&'static str),
    /// A symbolic link: its target is scanned where it really is, or lies outside.
    SymbolicLink,
    /// A pipe, socket or device.
    NotAFile,
    /// The name is not UTF-8, so no editor protocol could name it.
    NameNotUnicode,
    /// The tree is larger than `Options::max_files` or `Options::max_total_bytes`.
    OverBudget,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes } => {
                write!(
                    f,
                    "too large ({:.1} MiB)",
                    *bytes as f64 / f64::from(1 << 20)
                )
            }
            Self::Never(why) => f.write_str(why),
            Self::SymbolicLink => f.write_str("symbolic link"),
            Self::NotAFile => f.write_str("not a regular file"),
            Self::NameNotUnicode => f.write_str("name is not UTF-8"),
            Self::OverBudget => f.write_str("over the limit: newer files have taken the room"),
        }
    }
}

/// Something that could not be looked at; the scan went on without it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path inside the root, or the path as the system gave it.
    pub path: String,
    pub what: String,
}

/// Walks the tree under `root`.
pub fn scan(root: &Path, options: &Options) -> Scan {
    walk(root, options, None)
}

/// Looks only at `paths` (inside `root`), what lies below them, and the directories that lead there.
pub(crate) fn look_at(root: &Path, options: &Options, paths: BTreeSet<PathBuf>) -> Scan {
    walk(root, options, Some(paths))
}

fn walk(root: &Path, options: &Options, only: Option<BTreeSet<PathBuf>>) -> Scan {
    let found = Mutex::new(Scan::default());
    let narrowed = only.is_some();
    builder(root, only).build_parallel().run(|| {
        let mut batch = Batch {
            found: &found,
            local: Scan::default(),
        };
        Box::new(move |entry| {
            match entry {
                Ok(entry) => batch.local.take(root, options, &entry),
                Err(error) => batch.local.problems.push(problem(root, &error)),
            }
            WalkState::Continue
        })
    });
    let mut scan = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    scan.sort();
    if !narrowed {
        scan.keep_to_budget(options);
    }
    scan
}

fn builder(root: &Path, only: Option<BTreeSet<PathBuf>>) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(true)
        .require_git(false)
        // A `.gitignore` above the root counts only inside one git repository; a home directory that
        // ignores `*` must not hide a project that lies below it.
        .parents(inside_git(root))
        .add_custom_ignore_filename(OWN_IGNORE_FILE)
        .current_dir(root)
        .follow_links(false);
    if let Some(only) = only {
        builder.filter_entry(move |entry| leads_to(&only, entry.path()));
    }
    builder
}

/// Whether `path` is one of `targets`, below one, or a directory above one.
fn leads_to(targets: &BTreeSet<PathBuf>, path: &Path) -> bool {
    path.ancestors().any(|above| targets.contains(above))
        || targets
            .range(path.to_path_buf()..)
            .next()
            .is_some_and(|next| next.starts_with(path))
}

fn inside_git(root: &Path) -> bool {
    root.ancestors().any(|dir| dir.join(".git").exists())
}

/// What one thread found; handed over when the thread is done.
struct Batch<'a> {
    found: &'a Mutex<Scan>,
    local: Scan,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.append(&mut self.local);
    }
}

impl Scan {
    fn take(&mut self, root: &Path, options: &Options, entry: &DirEntry) {
        if let Some(error) = entry.error() {
            self.problems.push(problem(root, error));
        }
        let Some(kind) = entry.file_type() else {
            return;
        };
        let inside = match inside(root, entry.path()) {
            Some(inside) => inside,
            None => {
                let path = entry.path().to_string_lossy().into_owned();
                self.skipped.push(Skipped {
                    path,
                    reason: Reason::NameNotUnicode,
                });
                return;
            }
        };
        if kind.is_dir() {
            self.directories.push(inside);
            return;
        }
        if is_root(entry) {
            return; // the root is a file: nothing to scan
        }
        let refused = if kind.is_symlink() {
            Some(Reason::SymbolicLink)
        } else if !kind.is_file() {
            Some(Reason::NotAFile)
        } else {
            (options.never)(&inside).map(Reason::Never)
        };
        if let Some(reason) = refused {
            self.skipped.push(Skipped {
                path: inside,
                reason,
            });
            return;
        }
        match entry.metadata() {
            Ok(metadata) if metadata.len() > options.max_file_bytes => {
                let reason = Reason::TooLarge {
                    bytes: metadata.len(),
                };
                self.skipped.push(Skipped {
                    path: inside,
                    reason,
                });
            }
            Ok(metadata) => self.files.push(File {
                path: inside,
                stamp: Stamp::of(&metadata),
            }),
            Err(error) => self.problems.push(problem(root, &error)),
        }
    }

    fn append(&mut self, other: &mut Self) {
        self.files.append(&mut other.files);
        self.skipped.append(&mut other.skipped);
        self.problems.append(&mut other.problems);
        self.directories.append(&mut other.directories);
    }

    fn sort(&mut self) {
        self.files.sort_unstable();
        self.skipped.sort_unstable();
        self.problems.sort_unstable();
        self.directories.sort_unstable();
    }

    /// Keeps the newest files, then the first by path: what was touched last is what is worked on.
    fn keep_to_budget(&mut self, options: &Options) {
        let fits = |files: &[File]| {
            let bytes: u64 = files.iter().map(|file| file.stamp.size).sum();
            files.len() <= options.max_files && bytes <= options.max_total_bytes
        };
        if fits(&self.files) {
            return;
        }
        self.files
            .sort_by_key(|file| std::cmp::Reverse(file.stamp.mtime_ns)); // stable: then by path
        let mut bytes = 0u64;
        let kept = self
            .files
            .iter()
            .take(options.max_files)
            .take_while(|file| {
                bytes = bytes.saturating_add(file.stamp.size);
                bytes <= options.max_total_bytes
            });
        let kept = kept.count();
        let over = self.files.split_off(kept).into_iter();
        let skipped = over.map(|file| Skipped {
            path: file.path,
            reason: Reason::OverBudget,
        });
        self.skipped.extend(skipped);
        self.sort();
    }
}

fn is_root(entry: &DirEntry) -> bool {
    entry.depth() == 0
}

/// `path` as we name it: inside the root, with `/`. `None` when it is not UTF-8.
pub(crate) fn inside(root: &Path, path: &Path) -> Option<String> {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Option<Vec<&str>> = inside.iter().map(OsStr::to_str).collect();
    Some(parts?.join("/"))
}

fn problem(root: &Path, error: &ignore::Error) -> Problem {
    let (path, what) = unwrap(error);
    let path = path.map_or_else(String::new, |path| {
        let inside = path.strip_prefix(root).unwrap_or(path);
        if inside.as_os_str().is_empty() {
            path
        } else {
            inside
        }
        .to_string_lossy()
        .into_owned()
    });
    Problem { path, what }
}

/// The path that an error is about, and what it says without it.
fn unwrap(error: &ignore::Error) -> (Option<&Path>, String) {
    match error {
        ignore::Error::WithPath { path, err } => (Some(path), unwrap(err).1),
        ignore::Error::WithDepth { err, .. } => unwrap(err),
        ignore::Error::WithLineNumber { line, err } => {
            let (path, what) = unwrap(err);
            (path, format!("line {line}: {what}"))
        }
        ignore::Error::Partial(errors) => {
            let path = errors.first().and_then(|first| unwrap(first).0);
            let all: Vec<String> = errors.iter().map(|error| unwrap(error).1).collect();
            (path, all.join("; "))
        }
        ignore::Error::Io(io) => (None, io.to_string()),
        other => (None, other.to_string()),
    }
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "`expect![…]` reads best as a plain argument"
)]
mod tests;
