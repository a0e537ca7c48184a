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
pub(crate) mod tests {
    use std::sync::Arc;

    use expect_test::{Expect, expect};

    use super::*;
    use crate::{Ask, IndentStyle, RequestId, SyntaxFacts, Trigger};

    /// Some spot of some document.
    pub(crate) fn spot(before: u64) -> Spot {
        Spot {
            doc: DocId(1),
            before,
            after: 0,
        }
    }

    fn query(buffer: &str) -> Query {
        let (before, after) = buffer.split_once("$0").expect("a buffer has a `$0`");
        let text: Arc<str> = [before, after].concat().into();
        let ask = Ask {
            id: RequestId(1),
            doc: DocId(1),
            path: "a.rs".into(),
            language: "rust".into(),
            version: 1,
            text,
            window_start: 0,
            cursor: before.len(),
            trigger: Trigger::Automatic,
            selected: None,
            facts: SyntaxFacts::default(),
            indent: IndentStyle::default(),
            alternatives: 1,
            screen: std::sync::Arc::new(il_screen::NoScreen),
            engine: None,
        };
        Query::read(ask).expect("a sound ask")
    }

    /// What was typed between two states of a buffer.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "inline snapshots read best by value"
    )]
    fn check(then: &str, now: &str, expected: Expect) {
        let (then, now) = (query(then), query(now));
        let (mine, theirs) = (Place::of(&then), Place::of(&now));
        let anchor = mine.nearest().expect("a short line");
        let typed = theirs.typed_since(anchor.spot, anchor.said, mine.tail);
        expected.assert_eq(
            &typed.map_or("something else happened".to_owned(), |typed| {
                format!("{typed:?}")
            }),
        );
    }

    #[test]
    fn a_place_is_recognised_while_one_types_on() {
        check("a\nfoo$0\nb\n", "a\nfoo(b$0\nb\n", expect![[r#""(b""#]]);
        check(
            "a\nfoo$0\nb\n",
            "a\nfoo();\n    bar$0\nb\n",
            expect![[r#""();\n    bar""#]],
        );
        check("a\nfoo$0;\nb\n", "a\nfoo($0);\nb\n", expect![[r#""(""#]]);
        check("a\nfoo$0\nb\n", "a\nfoo$0\nb\n", expect![[r#""""#]]);
    }

    #[test]
    fn anything_else_is_another_place() {
        check(
            "a\nfoo$0\nb\n",
            "a\nfo$0\nb\n",
            expect!["something else happened"],
        );
        check(
            "a\nfoo$0\nb\n",
            "A\nfoo($0\nb\n",
            expect!["something else happened"],
        );
        check(
            "a\nfoo$0\nb\n",
            "a\nfoo($0\nB\n",
            expect!["something else happened"],
        );
        check(
            "a\nfoo$0\nb\n",
            "a\nfoo($0x\nb\n",
            expect!["something else happened"],
        );
        check(
            "a\nfoo$0\nfoo\n",
            "a\nfoo\nfoo$0\n",
            expect!["something else happened"],
        );
    }

    #[test]
    fn a_line_too_long_to_remember_has_no_place() {
        let long = query(&format!("a\n{}$0", "x".repeat(LONGEST + 1)));
        assert!(Place::of(&long).nearest().is_none());
    }

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
