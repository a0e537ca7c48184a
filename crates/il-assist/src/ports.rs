//! What the façade needs from outside: repositories with their engines, and the time.
//!
//! Both are given by the binary. Nothing here does IO; a test gives a scripted engine and a clock that
//! it moves by hand.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use il_engine::{CancelToken, Engine};
use il_screen::{Screen, Screener};

/// Opens repositories.
pub trait Repositories: Send + Sync {
    /// Scans `root`, loads or trains its engine, starts to watch it. Runs on a thread of its own; says
    /// how far it is through `progress` and stops soon after `cancel`.
    fn open(
        &self,
        root: &Path,
        progress: &dyn Fn(Progress),
        cancel: &CancelToken,
    ) -> Result<Arc<dyn Engine>, OpenError>;

    /// The engine for files that belong to no open repository; `None` when only repositories have one.
    /// Asked once, on a worker.
    fn fallback(&self) -> Option<Arc<dyn Engine>> {
        None
    }

    /// The repository that `file` is in. Asked on a worker, when an editor opens a file without having
    /// named any folder.
    fn root_of(&self, file: &Path) -> Option<PathBuf> {
        let _ = file;
        None
    }

    /// What looks through suggestions for files of this repository, or of none, before they are shown. Asked at every
    /// ask, so it must be at hand.
    fn screen(&self, root: Option<&Path>) -> Arc<dyn Screen> {
        let _ = root;
        Arc::new(Screener::default())
    }

    /// Files below `root` may have changed on disk: an editor saved them or saw them change. Called on a
    /// worker; what to read and learn is decided there, by the same rules as in [`open`](Self::open).
    fn changed_on_disk(&self, root: &Path, paths: &[PathBuf]) {
        let _ = (root, paths);
    }
}

/// How far the opening of a repository is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Units done.
    pub done: u64,
    /// Units there are, 0 while that is unknown.
    pub total: u64,
}

/// What is being done while a repository is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Listing files; units are files.
    Scan,
    /// Reading a saved engine; units are bytes.
    Load,
    /// Training; units are files.
    Train,
    /// Writing the engine down; units are bytes.
    Save,
}

impl Stage {
    /// For people: `scanning`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Scan => "scanning",
            Self::Load => "loading",
            Self::Train => "learning",
            Self::Save => "saving",
        }
    }
}

/// Why a repository could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Whoever asked changed their mind.
    #[error("cancelled")]
    Cancelled,
    /// It failed; the text says what, where and what next, and carries no file contents.
    #[error("{0}")]
    Failed(String),
}

/// The time, since any fixed moment.
pub trait Clock: Send + Sync {
    /// Never goes back.
    fn now(&self) -> Duration;
}

/// The system's monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock(std::time::Instant);

impl SystemClock {
    /// Counts from now.
    pub fn new() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}
