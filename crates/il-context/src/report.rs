//! What became of everything: taken, cut or left out, and why.
//!
//! Deliberately absent: texts, and how it is printed.

use std::{fmt, sync::Arc};

use il_retrieval::Source;

/// What was packed and what was not.
#[derive(Clone, PartialEq, Default)]
pub struct Report {
    /// In the order of the prompt; what was left out comes last.
    pub entries: Vec<Entry>,
    pub prefix: Total,
    pub stable: Total,
    pub suffix: Total,
    pub volatile: Total,
    /// Tokens of the prompt as it will be sent, markers included.
    pub tokens: usize,
    /// Tokens there were.
    pub window: usize,
    /// Counted by the model's own tokenizer; otherwise estimated.
    pub exact: bool,
    /// The hole was kept open from an earlier request: nothing else was chosen anew.
    pub held: bool,
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("entries", &self.entries.len())
            .field("tokens", &self.tokens)
            .field("window", &self.window)
            .field("exact", &self.exact)
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

/// One part of the window. Parts share texts, in which tokens reach from one to the other, so that these figures are
/// apportioned; the sum is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Tokens it was given.
    pub given: usize,
    /// Tokens it took.
    pub used: usize,
}

/// One thing that could be shown.
#[derive(Clone, PartialEq)]
pub struct Entry {
    pub kind: Kind,
    pub path: Arc<str>,
    /// Lines of the file, 0-based, rising, with gaps.
    pub lines: Vec<u32>,
    /// What it is about: `Class.method`, where there is such a thing.
    pub symbol: Arc<str>,
    /// As retrieval says; 0 for what has none.
    pub score: f32,
    /// Tokens of what was taken; of all of it when it was left out.
    pub tokens: usize,
    pub fate: Fate,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, path, tokens, fate) = (self.kind, &self.path, self.tokens, self.fate);
        write!(f, "{} {path}, {tokens} tokens, {fate:?}", kind.name())
    }
}

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Text before the hole.
    Prefix,
    /// What was typed since the hole was opened.
    Begun,
    /// Text behind the cursor.
    Suffix,
    /// Retrieved, and why.
    Snippet(Source),
    /// Edited lately.
    Edit,
    /// Open.
    Tab,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Begun => "begun",
            Self::Suffix => "suffix",
            Self::Snippet(source) => source.name(),
            Self::Edit => "recent edit",
            Self::Tab => "open tab",
        }
    }

    /// Whether it is of the current file.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Prefix | Self::Begun | Self::Suffix)
    }

    /// Whether it changes so seldom that it comes first.
    pub(crate) fn is_stable(self) -> bool {
        matches!(
            self,
            Self::Snippet(Source::Definition | Source::Import | Source::Package)
        )
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Taken,
    /// Only its first lines; of the prefix its last ones.
    Cut {
        lines: usize,
    },
    LeftOut(Why),
}

/// Why something was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There was no room.
    Budget,
    /// Another piece shows it.
    Duplicate,
    /// It stands around the cursor anyhow.
    Visible,
    /// The scope leaves it out.
    Scope,
    /// What was shown before is worth about as much, and is in the model's cache.
    Settled,
}

impl Why {
    pub fn name(self) -> &'static str {
        match self {
            Self::Budget => "no room",
            Self::Duplicate => "shown by another piece",
            Self::Visible => "stands around the cursor",
            Self::Scope => "not in the scope",
            Self::Settled => "what is shown already is worth as much",
        }
    }
}
