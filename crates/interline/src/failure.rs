//! How a command ends: five exit codes, and errors that know theirs.
//!
//! The codes are a contract with scripts; the texts are for people and may change.

use std::{fmt, io, process::ExitCode};

/// What the process says to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Nothing was found, or a check failed.
    Nothing = 1,
    /// What was asked makes no sense.
    Usage = 2,
    /// A policy forbids it.
    Refused = 3,
    /// The engine cannot answer.
    Unavailable = 4,
}

impl Exit {
    /// The code of an error; [`Exit::Nothing`] for one that nobody classified.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        error
            .downcast_ref::<Failure>()
            .map_or(Self::Nothing, |failure| failure.exit)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error with its exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// What was asked makes no sense.
pub(crate) fn usage(message: impl fmt::Display) -> anyhow::Error {
    Failure {
        exit: Exit::Usage,
        message: message.to_string(),
    }
    .into()
}

/// A policy forbids it.
pub(crate) fn refused(message: impl fmt::Display) -> anyhow::Error {
    Failure {
        exit: Exit::Refused,
        message: message.to_string(),
    }
    .into()
}

/// The engine cannot answer.
pub(crate) fn unavailable(message: impl fmt::Display) -> anyhow::Error {
    Failure {
        exit: Exit::Unavailable,
        message: message.to_string(),
    }
    .into()
}

/// Whether whoever read our output has gone away: no error, they have what they wanted.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    })
}
