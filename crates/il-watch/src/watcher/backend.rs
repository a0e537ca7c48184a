//! The system's own change notices, as little of them as we need: set a watch, or say why not.

use std::path::Path;

use notify::{Config, ErrorKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Something that can be asked to report changes in a directory.
pub(super) trait Backend {
    /// Whether one watch covers everything below it.
    fn recursive(&self) -> bool;
    /// Reports what happens in `directory` from now on.
    fn watch(&mut self, directory: &Path) -> Result<(), Refusal>;
}

/// Why a watch could not be set.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{}", limit())]
    Limit,
    #[error("the directory is gone")]
    Gone,
    #[error("the system cannot watch for changes: {0}")]
    Other(String),
}

/// What `Refusal::Limit` says: the figure that was reached, and how to raise it.
fn limit() -> String {
    const SETTING: &str = "fs.inotify.max_user_watches";
    let limit = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches");
    match limit
        .ok()
        .and_then(|limit| limit.trim().parse::<u64>().ok())
    {
        Some(limit) => format!(
            "the system's file watches are used up (`{SETTING}` is {limit}; \
             `sudo sysctl {SETTING}={}` raises it)",
            (limit * 4).max(524_288)
        ),
        None => "the system's file watches are used up".into(),
    }
}

impl From<notify::Error> for Refusal {
    fn from(error: notify::Error) -> Self {
        match error.kind {
            ErrorKind::MaxFilesWatch => Self::Limit,
            ErrorKind::PathNotFound => Self::Gone,
            ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::NotFound => Self::Gone,
            ErrorKind::Io(io) => Self::Other(io.to_string()),
            other => Self::Other(notify::Error::new(other).to_string()),
        }
    }
}

/// Sees nothing: stands in where the system offers no watcher at all.
pub(super) struct Blind;

impl Backend for Blind {
    fn recursive(&self) -> bool {
        true
    }

    fn watch(&mut self, _: &Path) -> Result<(), Refusal> {
        Ok(())
    }
}

/// The watcher of this operating system.
pub(super) fn system(
    on_event: impl FnMut(notify::Result<notify::Event>) + Send + 'static,
) -> Result<Box<dyn Backend>, Refusal> {
    Ok(Box::new(System(RecommendedWatcher::new(
        on_event,
        Config::default(),
    )?)))
}

struct System(RecommendedWatcher);

impl Backend for System {
    fn recursive(&self) -> bool {
        // inotify has no recursive watches; notify would emulate them, ignored directories included.
        !cfg!(target_os = "linux")
    }

    fn watch(&mut self, directory: &Path) -> Result<(), Refusal> {
        let mode = if self.recursive() {
            RecursiveMode::Recursive
        } else {
            RecursiveMode::NonRecursive
        };
        Ok(self.0.watch(directory, mode)?)
    }
}
