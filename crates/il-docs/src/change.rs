//! One change as an editor sends it, and as the edit that it comes to.

use std::{fmt, ops::Range, sync::Arc};

use il_text::{Edit, EditError, Encoding, LineCol, Text};

use crate::Document;

/// A change to a document. A list of them applies in sequence, each to the result of the one before.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// In byte offsets.
    Edit(Edit),
    /// In the editor's lines and columns. As in editors, a place past the end of a line is that line's
    /// end, and a line past the end of the text is the text's end.
    Span {
        range: Range<LineCol>,
        encoding: Encoding,
        insert: String,
    },
    /// The whole text anew. Only what differs counts as edited.
    All(String),
}

impl Change {
    /// What it comes to on `text`.
    pub(crate) fn on(&self, text: &Text) -> Edit {
        match self {
            Self::Edit(edit) => edit.clone(),
            Self::Span {
                range,
                encoding,
                insert,
            } => {
                let at = |place| text.offset(place, *encoding).unwrap_or(text.len());
                Edit::replace(at(range.start)..at(range.end), insert.as_str())
            }
            Self::All(new) => difference(text, new),
        }
    }
}

/// The smallest single edit that makes `new` of `old`.
fn difference(old: &Text, new: &str) -> Edit {
    let mut start = common_prefix(old, new);
    while !(new.is_char_boundary(start) && old.is_boundary(start)) {
        start -= 1;
    }
    let mut kept = common_suffix(old, &new[start..]).min(old.len() - start);
    while !(new.is_char_boundary(new.len() - kept) && old.is_boundary(old.len() - kept)) {
        kept -= 1;
    }
    Edit::replace(start..old.len() - kept, &new[start..new.len() - kept])
}

fn common_prefix(old: &Text, new: &str) -> usize {
    let mut rest = new.as_bytes();
    for chunk in old.chunks().map(str::as_bytes) {
        match rest.strip_prefix(chunk) {
            Some(after) => rest = after,
            None => {
                let same = chunk.iter().zip(rest).take_while(|(a, b)| a == b).count();
                rest = &rest[same..];
                break;
            }
        }
    }
    new.len() - rest.len()
}

fn common_suffix(old: &Text, new: &str) -> usize {
    let mut rest = new.as_bytes();
    for chunk in old.chunks_reversed().map(str::as_bytes) {
        match rest.strip_suffix(chunk) {
            Some(before) => rest = before,
            None => {
                let pairs = chunk.iter().rev().zip(rest.iter().rev());
                let same = pairs.take_while(|(a, b)| a == b).count();
                rest = &rest[..rest.len() - same];
                break;
            }
        }
    }
    new.len() - rest.len()
}

/// Never what was typed: source code must not reach a log by accident.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edit(edit) => edit.fmt(f),
            Self::Span { range, insert, .. } => {
                let Range { start, end } = range;
                let bytes = insert.len();
                write!(
                    f,
                    "Span({}:{}..{}:{} -> <{bytes} bytes>)",
                    start.line, start.col, end.line, end.col
                )
            }
            Self::All(text) => write!(f, "All(<{} bytes>)", text.len()),
        }
    }
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The text before.
    pub before: Text,
    /// The document now.
    pub document: Document,
    /// The edits in byte offsets, in sequence, for mapping positions.
    pub edits: Vec<Edit>,
    /// How many version numbers were jumped over. Allowed, and no sign of loss by itself; worth a line
    /// in a log when a buffer turns out to differ.
    pub skipped: u32,
}

/// Why a change was refused. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Nobody opened it.
    #[error("`{path}` is not open: open it before changing it")]
    NotOpen { path: Arc<str> },
    /// Its version is not newer than the one held.
    #[error("change to version {got} of `{path}` is stale: version {have} is already here")]
    Stale { path: Arc<str>, have: i32, got: i32 },
    /// It does not fit the text.
    #[error("change to version {version} of `{path}` does not fit: {why}")]
    Misfit {
        path: Arc<str>,
        version: i32,
        why: EditError,
    },
}
