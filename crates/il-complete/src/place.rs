//! Where something was said: recognised again while the user types on, in a document that moves.
//!
//! The one idea: a place is named by hashes of the lines around it, not by its offset. A line's start,
//! the lines above it and the lines below the cursor make a [`Spot`]; what was typed since is the text
//! from that line's start to the cursor. Typing on, over line ends too, leaves the spot as it was.

use std::hash::Hasher as _;

use rustc_hash::FxHasher;

use crate::{ask::DocId, query::Query};

/// Lines that name a place, on either side.
const CONTEXT: usize = 24;
/// Lines that may have been typed since something was said.
const REACH: usize = 16;
/// Of a long line, this much of each end is looked at.
const LINE_END: usize = 256;
/// What was typed since may be this long.
const LONGEST: usize = 4096;

/// A line's start in a document, and what follows the cursor's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    doc: DocId,
    before: u64,
    after: u64,
}

impl Spot {
    pub(crate) fn doc(&self) -> DocId {
        self.doc
    }
}

/// A spot, and the text from its line's start to the cursor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor<'a> {
    pub spot: Spot,
    pub said: &'a str,
}

/// A cursor, as seen from the starts of its own line and of those above it, nearest first.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub anchors: Vec<Anchor<'a>>,
    /// The cursor's line from the cursor on.
    pub tail: &'a str,
}

impl<'a> Place<'a> {
    pub(crate) fn of(query: &'a Query) -> Self {
        let prefix = query.prefix();
        let after = below(query.suffix());
        let starts: Vec<usize> = prefix
            .rmatch_indices('\n')
            .map(|(at, _)| at + 1)
            .chain(std::iter::once(0))
            .take(REACH + CONTEXT + 1)
            .collect();
        let lines: Vec<u64> = starts
            .windows(2)
            .map(|pair| line_hash(&prefix[pair[1]..pair[0]]))
            .collect();
        let anchors = starts
            .iter()
            .take(REACH + 1)
            .enumerate()
            .take_while(|(_, start)| prefix.len() - **start <= LONGEST)
            .map(|(n, &start)| Anchor {
                spot: Spot {
                    doc: query.ask.doc,
                    before: combined(lines.iter().skip(n).take(CONTEXT)),
                    after,
                },
                said: &prefix[start..],
            })
            .collect();
        Self {
            anchors,
            tail: query.tail(),
        }
    }

    /// Where something said here is kept; `None` on lines too long to remember.
    pub(crate) fn nearest(&self) -> Option<Anchor<'a>> {
        self.anchors.first().copied()
    }

    /// What was typed since something was said at `spot`, behind `head` and before `tail`.
    pub(crate) fn typed_since(&self, spot: Spot, head: &str, tail: &str) -> Option<&'a str> {
        let anchor = self.anchors.iter().find(|anchor| anchor.spot == spot)?;
        let typed = anchor.said.strip_prefix(head)?;
        tails_agree(self.tail, tail, typed).then_some(typed)
    }
}

/// Whether the rest of the line is as it was, but for what an editor closed by itself since.
pub(crate) fn tails_agree(now: &str, then: &str, typed: &str) -> bool {
    let Some(closed) = now.trim_end().strip_suffix(then.trim_end()) else {
        return false;
    };
    let mut opened = still_open(typed);
    closed.chars().all(|c| opened.pop() == Some(c))
}

/// What would close what `text` opens, innermost last.
fn still_open(text: &str) -> Vec<char> {
    let mut open = Vec::new();
    for c in text.chars() {
        match c {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            '<' => open.push('>'),
            '"' | '\'' | '`' if open.last() != Some(&c) => open.push(c),
            _ if open.last() == Some(&c) => drop(open.pop()),
            _ => {}
        }
    }
    open
}

/// Of the lines below the cursor's.
fn below(suffix: &str) -> u64 {
    let lines: Vec<u64> = suffix
        .split('\n')
        .skip(1)
        .take(CONTEXT)
        .map(line_hash)
        .collect();
    combined(lines.iter())
}

fn combined<'h>(hashes: impl Iterator<Item = &'h u64>) -> u64 {
    let mut hasher = FxHasher::default();
    for hash in hashes {
        hasher.write_u64(*hash);
    }
    hasher.finish()
}

fn line_hash(line: &str) -> u64 {
    let bytes = line.trim_end_matches(['\r', '\n']).as_bytes();
    let mut hasher = FxHasher::default();
    hasher.write_usize(bytes.len());
    hasher.write(&bytes[..bytes.len().min(LINE_END)]);
    hasher.write(&bytes[bytes.len().saturating_sub(LINE_END)..]);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_may_close_what_was_typed() {
        assert!(tails_agree("", "", "foo("));
        assert!(tails_agree(")", "", "foo("));
        assert!(tails_agree("]);", ";", "foo(["));
        assert!(tails_agree("\")", "", "foo(\""));
        assert!(!tails_agree(")", "", "foo"));
        assert!(!tails_agree(")", "", "foo()"));
        assert!(!tails_agree("", ")", "foo)"));
    }
}
