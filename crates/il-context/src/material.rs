//! What can be shown, and how much of it is wanted.
//!
//! Deliberately absent: where it comes from.

use std::{fmt, sync::Arc};

use il_engine::context::Edited;
use il_retrieval::Snippet;

use crate::shares::Shares;

/// What is at hand for one request.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// The repository's name, for formats that want one.
    pub repository: &'a str,
    /// The current file's path inside the repository, `/`-separated.
    pub path: &'a str,
    /// Language id from the registry.
    pub language: &'a str,
    /// What begins a line comment in it; may be empty.
    pub comment: &'a str,
    /// The buffer, or a window of it that starts at the start of a line.
    pub text: &'a str,
    /// Byte offset into `text`, on a character boundary.
    pub cursor: usize,
    /// The line of the file that `text` begins with, 0-based: 0 when it is the whole buffer.
    pub first_line: u32,
    /// What was retrieved for this place, best first.
    pub snippets: &'a [Snippet],
    /// What was edited lately, the latest first.
    pub edits: &'a [Edited],
    /// Other open tabs, the last used first.
    pub tabs: &'a [Tab],
}

/// Sizes only: source code must not reach a log by accident.
impl fmt::Debug for Material<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Material")
            .field("path", &self.path)
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .field("cursor", &self.cursor)
            .field("snippets", &self.snippets.len())
            .field("edits", &self.edits.len())
            .field("tabs", &self.tabs.len())
            .finish_non_exhaustive()
    }
}

/// An open tab and what of it is worth showing: shown last, when there is room.
#[derive(Clone, PartialEq, Eq)]
pub struct Tab {
    /// Path inside the repository, `/`-separated.
    pub path: Arc<str>,
    /// The line of its beginning, 0-based.
    pub line: u32,
    /// Some lines of it.
    pub text: Arc<str>,
}

impl fmt::Debug for Tab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tab({}, {} bytes)", self.path, self.text.len())
    }
}

/// How a prompt is packed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub scope: Scope,
    pub shares: Shares,
    /// How long a hole stays open; `None`: it is always at the cursor.
    pub hold: Option<Hold>,
    /// Blocks stay as they are while what they are worth for the place is at least so many percent of what could be shown instead;
    /// above 100, they never do. What changes in a block is evaluated again with everything behind it.
    pub settled: usize,
    /// Gaps between lines of a snippet are marked by a comment with three dots.
    pub mark_gaps: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scope: Scope::Full,
            shares: Shares::default(),
            hold: Some(Hold::default()),
            settled: 85,
            mark_gaps: true,
        }
    }
}

/// What of the material may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything.
    Full,
    /// No other file.
    File,
    /// Nothing but the current line, so that what the rest is worth can be seen.
    Line,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::Full, Self::File, Self::Line];

    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::File => "file",
            Self::Line => "line",
        }
    }
}

/// How long the hole stays where it was opened while the user types on. What is typed becomes [`il_engine::Context::begun`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// What was typed has at most so many tokens.
    pub tokens: usize,
    /// And at most so many ends of lines.
    pub lines: usize,
    /// Blocks are chosen anew all the same: for models to whom a changed prompt costs no more than an unchanged one.
    pub fresh_blocks: bool,
}

impl Default for Hold {
    fn default() -> Self {
        Self {
            tokens: 64,
            lines: 3,
            fresh_blocks: false,
        }
    }
}
