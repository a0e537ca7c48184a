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

    /// The registry's language id of a listed path: `python`, `plaintext` when unknown.
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

    /// Figures about what the engine has learnt, in the order to show them. Asked when a page connects and
    /// when indexing ends; answer from memory.
    fn facts(&self) -> Vec<Fact> {
        Vec::new()
    }
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
