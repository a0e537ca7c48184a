//! Retrieval for a cursor: which snippets of the repository help to write what comes next.
//!
//! The one idea: a snippet is worth the names in it that are about to be needed, for each token it takes.
//! First every name that the repository defines elsewhere gets a probability of being used here (`names`,
//! weighed by `weights`); then definitions, uses and similar code compete on the probability that they add
//! (`select`).
//!
//! Deliberately absent: how the index keeps its words, and how many tokens a model has.

mod before;
mod corpus;
mod names;
mod nearby;
mod network;
mod select;

pub use before::{Before, Context};
pub use corpus::{ChunkId, Corpus, Definition, Similar};
pub use names::{Candidate, FEATURES, Found, NameKind, candidates};
pub use network::Network;
pub use select::{Limits, select};

use std::fmt;

use crate::{snippet::Snippet, terms::Word};

/// What is asked: a text and a place in it, and what is known around it.
#[derive(Clone, Copy)]
pub struct CursorQuery<'a> {
    /// Path in the root; its stored copy is left out: `text` replaces it.
    pub path: &'a str,
    pub text: &'a str,
    /// A byte offset into `text`, on a character boundary.
    pub cursor: usize,
    /// What the text itself defines: nobody needs to look it up.
    pub defined_here: &'a [Word],
    /// What the text imports, resolved to files.
    pub imports: &'a [ImportedFile],
    /// Files whose names are visible without an import: of the same package.
    pub neighbours: &'a [String],
    /// What the text imports from installed packages; their paths are not in the root.
    pub packages: &'a [Definition<'a>],
    /// Paths of the other open tabs, the last used first.
    pub tabs: &'a [String],
    /// Texts that were typed or deleted lately in other files, the latest first.
    pub edits: &'a [Edited],
}

/// Sizes only: source code must not reach a log by accident.
impl fmt::Debug for CursorQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, bytes, cursor) = (self.path, self.text.len(), self.cursor);
        write!(f, "CursorQuery({path}, {bytes} bytes, at {cursor})")
    }
}

/// A file that is imported, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedFile {
    pub path: String,
    /// The names that are imported one by one; none when it is all of it.
    pub names: Vec<String>,
}

/// Lines that were edited lately.
#[derive(Clone, PartialEq, Eq)]
pub struct Edited {
    pub path: String,
    /// The line of its beginning, 0-based.
    pub line: u32,
    /// The lines as they are now.
    pub text: String,
}

impl fmt::Debug for Edited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edited({}, {} bytes)", self.path, self.text.len())
    }
}

/// Finds snippets for whoever packs a context: an index, however it is kept.
pub trait Retriever: Send + Sync {
    /// The snippets for a place in a text that replaces its stored copy, best first.
    fn snippets(&self, sought: &Sought<'_>) -> Vec<Snippet>;
}

/// A place, and what the user has at hand.
#[derive(Clone, Copy)]
pub struct Sought<'a> {
    /// Path in the root, `/`-separated.
    pub path: &'a str,
    pub text: &'a str,
    /// A byte offset into `text`, on a character boundary.
    pub cursor: usize,
    /// Paths of the other open tabs, the last used first.
    pub tabs: &'a [String],
    /// What was edited lately, the latest first.
    pub edits: &'a [Edited],
    /// So many simple tokens at most.
    pub tokens: usize,
}

/// Sizes only: source code must not reach a log by accident.
impl fmt::Debug for Sought<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, bytes, cursor) = (self.path, self.text.len(), self.cursor);
        write!(f, "Sought({path}, {bytes} bytes, at {cursor})")
    }
}

/// The snippets for a cursor, best first.
pub fn retrieve(
    corpus: &dyn Corpus,
    query: &CursorQuery<'_>,
    network: &Network,
    limits: &Limits,
) -> Vec<Snippet> {
    let mut found = candidates(corpus, query);
    for candidate in &mut found.names {
        let odds = network.odds(&candidate.features) * candidate.odds;
        candidate.probability = odds / (1.0 + odds);
    }
    select(query, &found, limits)
}
