//! The index of a repository: where it is, how it is opened, and bringing it up to date.
//!
//! The one idea: an index is opened as it is, and what a scan of the tree finds different is indexed. A first run
//! and a damaged index differ from any other in how much differs.
//!
//! Deliberately absent: what is shown of it, and following changes (`keeper`).

pub(crate) mod keeper;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use il_assist::CancelToken;
use il_index::{EmbedProgress, Folder, Index, Options, Problem, Progress, Report, Saved, Stamp};
use il_retrieval::{EmbedError, EmbeddingChoice};
use il_watch::{File, Scan};

use super::{
    cache,
    policy::{self, Protection},
    tree,
};
use crate::{
    embedding::{self, MaybeEmbedder},
    failure::{refused, unavailable, usage},
};

/// While an index is built what is done is saved this often.
const SAVE_EVERY: Duration = Duration::from_secs(20);

/// Where the index of a repository is; why it is nowhere.
pub(crate) fn directory_of(root: &Path) -> Result<PathBuf, String> {
    let identity = identity_of(root);
    Ok(cache::file_of(&cache::directory()?, &identity).with_extension("index"))
}

/// Whether something is kept of a repository.
pub(crate) fn is_there(root: &Path) -> bool {
    directory_of(root).is_ok_and(|directory| directory.join("manifest").is_file())
}

fn identity_of(root: &Path) -> PathBuf {
    fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf())
}

/// An index that is open.
pub(crate) struct Opened {
    pub(crate) index: Arc<Index>,
    pub(crate) root: PathBuf,
    /// Where it is kept; nowhere if there is no place for it.
    pub(crate) directory: Option<PathBuf>,
    pub(crate) choice: EmbeddingChoice,
    pub(crate) embedder: MaybeEmbedder,
    /// What its owner should know, in words.
    pub(crate) problems: Vec<String>,
    /// Another process writes it at the moment.
    pub(crate) is_in_use: bool,
    pub(crate) protection: Protection,
}

/// Opens the index of the tree at `root`, an absolute path without links.
pub(crate) fn open(root: &Path, flag: Option<&EmbeddingChoice>) -> anyhow::Result<Opened> {
    let directory = directory_of(root);
    let remembered = directory.as_deref().ok().and_then(embedding::remembered);
    let choice = embedding::anywhere(embedding::chosen(flag, remembered)?);
    let embedder = embedding::embedder_of(&choice, Some(root)).map_err(unavailable)?;
    let (directory, no_place) = match directory {
        Ok(directory) => (Some(directory), None),
        Err(why) => (None, Some(format!("the index is not kept: {why}"))),
    };
    let protection = policy::of(root);
    let options = Options {
        policy: Arc::clone(&protection.policy),
        embedder: embedding::reach(&choice, root),
        mask: Some(Arc::clone(&protection.mask)),
        ..Options::default()
    };
    let (index, problems) = Index::open(
        directory.as_deref(),
        &identity_of(root),
        embedder.clone(),
        options,
    );
    let in_use = |it: &Problem| matches!(it, Problem::InUse { .. });
    let is_in_use = problems.iter().any(in_use);
    let problems = problems.iter().filter(|it| !in_use(it));
    Ok(Opened {
        index: Arc::new(index),
        root: root.to_path_buf(),
        directory,
        choice,
        embedder,
        problems: no_place
            .into_iter()
            .chain(problems.map(Problem::to_string))
            .collect(),
        is_in_use,
        protection,
    })
}

/// Opens the index of the tree at `root` and brings it up to date with what a scan found. Vectors are left for later: what
/// helps at a cursor is found by names.
pub(crate) fn open_fresh(
    root: &Path,
    files: &[File],
    step: &dyn Fn(Step),
    cancel: &CancelToken,
) -> anyhow::Result<Opened> {
    let opened = open(root, None)?;
    let difference = opened.index.difference(stamped(files));
    opened.update(&difference, step, cancel);
    if let Err(problem) = opened.save() {
        tracing::warn!("{problem}");
    }
    Ok(opened)
}

/// Refuses what is not one thing that somebody works on.
pub(crate) fn check_root(root: &Path) -> anyhow::Result<()> {
    if super::root::is_everything(root) {
        return Err(refused(format!(
            "`{}` is no repository but all there is: name a folder in it",
            root.display()
        )));
    }
    Ok(())
}

/// What is being done to an index.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Scanning,
    Indexing(Progress),
    Embedding(EmbedProgress),
    Saving,
}

/// What bringing an index up to date did.
pub(crate) struct CaughtUp {
    pub(crate) scan: Scan,
    pub(crate) report: Report,
    /// Of the files that differed, how many were not known before.
    pub(crate) new: usize,
    /// How many vectors were made behind the index, and why not all.
    pub(crate) embedded: Result<usize, EmbedError>,
    pub(crate) saved: Result<Saved, Problem>,
    pub(crate) times: Times,
}

/// How long each step took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// Until it was open; whoever opened it knows.
    pub(crate) loading: Duration,
    pub(crate) scanning: Duration,
    pub(crate) indexing: Duration,
    pub(crate) embedding: Duration,
    pub(crate) saving: Duration,
}

impl Times {
    pub(crate) fn all(self) -> Duration {
        self.loading + self.scanning + self.indexing + self.embedding + self.saving
    }
}

impl Opened {
    /// Indexes what differs from the tree, embeds what has no vector, saves. What is done when it is cancelled is
    /// kept.
    pub(crate) fn bring_up_to_date(
        &self,
        step: &dyn Fn(Step),
        cancel: &CancelToken,
    ) -> anyhow::Result<CaughtUp> {
        let mut times = Times::default();
        step(Step::Scanning);
        let scan = timed(&mut times.scanning, || {
            tree::scan_within(&self.root, &self.protection.policy)
        });
        check_scan(&self.root, &scan)?;
        let known = self.index.known();
        let difference = self.index.difference(stamped(&scan.files));
        let is_new = |it: &&(String, Stamp)| !known.contains_key(&it.0);
        let new = difference.changed.iter().filter(is_new).count();
        let report = timed(&mut times.indexing, || {
            self.update(&difference, step, cancel)
        });
        let embedded = timed(&mut times.embedding, || {
            let progress = |it| step(Step::Embedding(it));
            if self.index.pending() > 0 {
                progress(EmbedProgress {
                    chunks: 0,
                    chunks_in_all: self.index.pending(),
                });
            }
            self.index.embed_pending(&progress, cancel)
        });
        step(Step::Saving);
        let saved = timed(&mut times.saving, || self.save());
        Ok(CaughtUp {
            scan,
            report,
            new,
            embedded,
            saved,
            times,
        })
    }

    fn update(
        &self,
        difference: &il_index::Difference,
        step: &dyn Fn(Step),
        cancel: &CancelToken,
    ) -> Report {
        let folder = Folder {
            root: self.root.clone(),
        };
        let saved = std::cell::Cell::new(Instant::now());
        let progress = |it| {
            step(Step::Indexing(it));
            if saved.get().elapsed() >= SAVE_EVERY {
                // That it cannot be saved is said at the end.
                let _ = self.save();
                saved.set(Instant::now());
            }
        };
        let il_index::Difference { changed, removed } = difference;
        if !changed.is_empty() {
            // From here on the speed is counted.
            step(Step::Indexing(Progress {
                files_in_all: changed.len(),
                bytes_in_all: changed.iter().map(|it| it.1.size).sum(),
                ..Progress::default()
            }));
        }
        self.index
            .update(changed, removed, &folder, &progress, cancel)
    }

    fn save(&self) -> Result<Saved, Problem> {
        let saved = self.index.save();
        tracing::debug!(?saved, "saved the index");
        if let (Ok(Saved::Written { .. } | Saved::Already), Some(directory)) =
            (&saved, &self.directory)
        {
            embedding::remember(directory, &self.choice);
        }
        saved
    }
}

fn timed<T>(sum: &mut Duration, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = work();
    *sum += started.elapsed();
    done
}

fn check_scan(root: &Path, scan: &Scan) -> anyhow::Result<()> {
    if scan.directories.is_empty() || root_is_closed(scan) {
        let what = scan
            .problems
            .first()
            .map_or("it is not a directory", |problem| &problem.what);
        let shown = root.display();
        return Err(usage(format!(
            "cannot open the repository `{shown}`: {what}"
        )));
    }
    Ok(())
}

/// Whether nothing but the root itself could be looked at, and that not into.
fn root_is_closed(scan: &Scan) -> bool {
    scan.files.is_empty() && scan.directories.len() == 1 && !scan.problems.is_empty()
}

/// The files of a scan in the index's words.
pub(crate) fn stamped(files: &[File]) -> impl Iterator<Item = (String, Stamp)> {
    files.iter().map(|file| {
        let stamp = Stamp {
            size: file.stamp.size,
            mtime_ns: file.stamp.mtime_ns,
        };
        (file.path.clone(), stamp)
    })
}

/// Why files of the tree are not in the index, by reason: those that the scan left out, and those that were read and
/// refused.
pub(crate) fn skipped(opened: &Opened, caught_up: &CaughtUp) -> BTreeMap<String, Vec<String>> {
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for it in &caught_up.scan.skipped {
        let reason = tree::reason(it.reason);
        by_reason.entry(reason).or_default().push(it.path.clone());
    }
    for problem in &caught_up.scan.problems {
        by_reason
            .entry("cannot be looked at".into())
            .or_default()
            .push(problem.path.clone());
    }
    for (path, why) in refused_files(opened, caught_up) {
        let why = why.strip_prefix("is ").unwrap_or(&why).to_owned();
        by_reason.entry(why).or_default().push(path);
    }
    by_reason
}

/// Files that were read and refused, now or at an earlier time; those of earlier times are looked at once more.
fn refused_files(opened: &Opened, caught_up: &CaughtUp) -> Vec<(String, String)> {
    let now = caught_up.report.skipped.iter();
    let now: BTreeMap<&str, String> = now
        .map(|it| (it.path.as_str(), it.why.to_string()))
        .collect();
    let indexed = opened.index.view().paths();
    let missing = caught_up.scan.files.iter().map(|it| it.path.as_str());
    let missing = missing.filter(|path| {
        indexed
            .binary_search_by(|it| it.as_str().cmp(path))
            .is_err()
    });
    let why = |path: &str| match now.get(path) {
        Some(why) => Some(why.clone()),
        None => match tree::read(&opened.root, path) {
            None => Some("is not text".into()),
            Some(text) => il_admission::admit(&text).err().map(|it| it.to_string()),
        },
    };
    missing
        .filter_map(|path| Some((path.to_owned(), why(path)?)))
        .collect()
}

/// How much room an index takes on the disk.
pub(crate) fn disk_bytes(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .map(|metadata| metadata.len())
        .sum()
}
