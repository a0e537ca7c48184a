//! What may be wrong with a store. None of it stops anybody: it is told once, and the index goes on.
//!
//! The one idea: a message says which file, what about it, and what happens now.
//!
//! Deliberately absent: another version and another repository, which are nobody's fault.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Something about an index on disk that its owner should know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error(
        "cannot use `{}` of the index: it is damaged ({damage}); indexing what it held again",
        path.display()
    )]
    Damaged { path: PathBuf, damage: Damage },
    #[error("cannot read `{}` of the index: {error}; indexing what it held again", path.display())]
    Unreadable { path: PathBuf, error: String },
    #[error(
        "cannot save the index to `{}`: {error}; it is kept in memory and made again at the next start",
        directory.display()
    )]
    Unwritable { directory: PathBuf, error: String },
    #[error(
        "another process keeps the index in `{}`: changes seen here are kept in memory",
        directory.display()
    )]
    InUse { directory: PathBuf },
}

impl Problem {
    pub(super) fn unwritable(directory: &Path, error: &io::Error) -> Self {
        Self::Unwritable {
            directory: directory.to_path_buf(),
            error: error.to_string(),
        }
    }
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("it is missing")]
    Missing,
    #[error("it is not an index")]
    NotAnIndex,
    #[error("it ends too early")]
    Short,
    #[error("its check sum is wrong")]
    Sum,
    #[error("what it says cannot be")]
    Nonsense,
}
