//! How far each path may go.
//!
//! The one idea: a path's level is the strictest that any pattern in force gives it, so one more policy can only tighten:
//! the user's, the repository's, a gateway's. A policy that cannot be read blocks everything.
//!
//! Deliberately absent: reading it, and walking a tree.

use std::{fmt, sync::Arc};

/// How far something may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not even read: no index, no model, no prompt.
    Blocked,
    /// Used on this machine, never sent.
    LocalOnly,
    /// Sent to servers that the user says are their own.
    OwnServers,
    /// Sent wherever the settings send things.
    Anywhere,
}

impl Level {
    pub const ALL: [Self; 4] = [
        Self::Blocked,
        Self::LocalOnly,
        Self::OwnServers,
        Self::Anywhere,
    ];

    /// As settings have it: `local-only`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::LocalOnly => "local-only",
            Self::OwnServers => "own-servers",
            Self::Anywhere => "anywhere",
        }
    }

    /// Whether something of this level may go there.
    pub fn allows(self, reach: Reach) -> bool {
        match reach {
            Reach::ThisMachine => self >= Self::LocalOnly,
            Reach::OwnServers => self >= Self::OwnServers,
            Reach::Anywhere => self >= Self::Anywhere,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How far somebody who is sent something is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    ThisMachine,
    OwnServers,
    Anywhere,
}

/// A glob over paths inside the repository, and the level that it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub glob: String,
    pub level: Level,
}

/// How far each path of a repository may go.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    unreadable: Option<Arc<str>>,
}

/// Why a policy blocks everything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl Policy {
    /// The policy that a person who sets nothing has.
    pub fn usual() -> Self {
        todo!()
    }

    /// Blocks everything, and says why.
    pub fn unreadable(why: impl Into<Arc<str>>) -> Self {
        Self {
            unreadable: Some(why.into()),
        }
    }

    /// This one and more patterns, which only tighten it.
    pub fn tightened(&self, patterns: &[Pattern]) -> Result<Self, Unreadable> {
        let _ = patterns;
        todo!()
    }

    /// The stricter of both, for every path.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let _ = other;
        todo!()
    }

    /// The level of a path inside the repository, `/`-separated.
    pub fn level(&self, path: &str) -> Level {
        let _ = path;
        todo!()
    }

    /// Why everything is blocked, if it is.
    pub fn trouble(&self) -> Option<&str> {
        self.unreadable.as_deref()
    }
}
