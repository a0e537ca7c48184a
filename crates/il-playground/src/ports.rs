//! What the playground needs from outside: files to show, and a language server to talk to.
//!
//! Both are given by the binary, so that this crate knows no ignore rules, no engine and no wire types
//! beyond a JSON-RPC message.

use serde::Serialize;

/// Which files the page may list and read.
///
/// A file that is not listed cannot be read through the playground, so a listing leaves out what must stay
/// private: what `.gitignore` excludes and what is secret by name (`.env`, keys).
pub trait Files: Send + Sync {
    /// The repository's files now. May walk the disk; the playground asks at most every few seconds.
    fn list(&self) -> anyhow::Result<Listing>;

    /// The language id of a listed path, as an editor would send it in `didOpen`.
    fn language(&self, path: &str) -> String;
}

/// The files of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Relative to the root, `/`-separated, in any order.
    pub paths: Vec<String>,
    /// There were more than the lister is willing to list.
    pub truncated: bool,
}

/// Who answers the page's editor.
pub trait LanguageServer: Send + Sync {
    /// Serves one page until its connection ends. Called on a thread of its own.
    fn serve(&self, connection: lsp_server::Connection) -> anyhow::Result<()>;

    /// What the status line says. Asked often: answer from memory.
    fn status(&self) -> Status;
}

/// What is known about the engine and what it has learnt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The engine's short name: `repo`.
    pub engine: String,
    /// Whether suggestions can come now, or something is still being indexed.
    pub ready: bool,
    /// Figures about the repository, in the order to show them.
    pub facts: Vec<Fact>,
}

/// One figure for people: `files` → `1,204`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it counts.
    pub label: String,
    /// The figure, formatted.
    pub value: String,
}

impl Fact {
    /// A fact from anything that reads as text.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
        }
    }
}
