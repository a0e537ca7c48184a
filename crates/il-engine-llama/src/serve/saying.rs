//! From tokens' bytes to the pieces that are said: whole characters, no stop string, no further than was asked for.
//!
//! The one idea: three sieves one behind the other, each holding back what the next bytes may still turn into
//! something else: half a character, the beginning of a stop string, a line break that may be the end.
//!
//! Deliberately absent: end tokens, and how many tokens there may be (`job`).

use crate::wire::Extent;

/// What comes out after some bytes went in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) text: String,
    /// Nothing more will come.
    pub(super) ended: bool,
}

#[derive(Debug)]
pub(super) struct Saying {
    extent: Extent,
    stops: Vec<String>,
    /// Not yet a character.
    bytes: Vec<u8>,
    /// May be the beginning of a stop string.
    text: String,
    /// May be the end of the line or block.
    held: String,
    /// Lines begun.
    lines: u32,
}

impl Saying {
    pub(super) fn new(extent: Extent, stops: Vec<String>) -> Self {
        Self {
            extent,
            stops,
            bytes: Vec::new(),
            text: String::new(),
            held: String::new(),
            lines: 1,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Said {
        self.bytes.extend(bytes);
        self.take_characters();
        let (text, stopped) = self.without_stops();
        self.held.push_str(&text);
        let mut said = self.within_extent();
        if stopped && !said.ended {
            said.text.push_str(&self.rest());
            said.ended = true;
        }
        said
    }

    /// The model has ended: what was held back for what might have come.
    pub(super) fn finish(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.held.push_str(&text);
        let said = self.within_extent();
        if said.ended {
            said.text
        } else {
            said.text + &self.rest()
        }
    }

    /// What was decoded and not said; `None` when it ends inside a character.
    pub(super) fn held_back(&self) -> Option<String> {
        self.bytes
            .is_empty()
            .then(|| format!("{}{}", self.held, self.text))
    }

    fn take_characters(&mut self) {
        loop {
            match std::str::from_utf8(&self.bytes) {
                Ok(text) => {
                    self.text.push_str(text);
                    self.bytes.clear();
                    return;
                }
                Err(error) => {
                    let (valid, rest) = self.bytes.split_at(error.valid_up_to());
                    self.text.push_str(&String::from_utf8_lossy(valid));
                    let Some(bad) = error.error_len() else {
                        self.bytes = rest.to_vec();
                        return;
                    };
                    self.text.push(char::REPLACEMENT_CHARACTER);
                    self.bytes = rest[bad..].to_vec();
                }
            }
        }
    }

    /// The text before the first stop string, if there is one; otherwise all but what may become one.
    fn without_stops(&mut self) -> (String, bool) {
        let found = self
            .stops
            .iter()
            .filter_map(|it| self.text.find(it.as_str()));
        if let Some(end) = found.min() {
            let mut text = std::mem::take(&mut self.text);
            text.truncate(end);
            return (text, true);
        }
        let begun = |stop: &String| {
            let longest = stop.len().saturating_sub(1).min(self.text.len());
            (1..=longest).rev().find(|length| {
                stop.is_char_boundary(*length) && self.text.ends_with(&stop[..*length])
            })
        };
        let keep = self.stops.iter().filter_map(begun).max().unwrap_or(0);
        let rest = self.text.split_off(self.text.len() - keep);
        (std::mem::replace(&mut self.text, rest), false)
    }

    fn within_extent(&mut self) -> Said {
        match self.extent {
            Extent::Free => Said {
                text: std::mem::take(&mut self.held),
                ended: false,
            },
            Extent::Line => self.within_line(),
            Extent::Block { max_lines, indent } => self.within_block(max_lines, indent),
        }
    }

    fn within_line(&mut self) -> Said {
        let end = self.held.find('\n');
        let upto = end.unwrap_or(self.held.len());
        // A carriage return may belong to the line break.
        let upto = self.held[..upto].trim_end_matches('\r').len();
        let text = self.held.drain(..upto).collect();
        Said {
            text,
            ended: end.is_some(),
        }
    }

    fn within_block(&mut self, max_lines: u32, indent: u32) -> Said {
        let mut text = String::new();
        loop {
            let Some(found) = self.held.find(['\n', '\r']) else {
                text.push_str(&std::mem::take(&mut self.held));
                return Said { text, ended: false };
            };
            let rest = &self.held[found..];
            let breaks = u32::try_from(rest.len() - rest.trim_start().len()).unwrap_or(0);
            let space = &rest[..breaks as usize];
            let lines = u32::try_from(space.matches('\n').count()).unwrap_or(u32::MAX);
            let more = rest.len() > space.len();
            let column = columns(space.rsplit('\n').next().unwrap_or_default());
            text.extend(self.held.drain(..found));
            if self.lines.saturating_add(lines) > max_lines {
                return Said { text, ended: true };
            }
            if !more {
                return Said { text, ended: false };
            }
            // The block is over where less is indented, and where a paragraph of it ends and its level begins anew.
            if lines > 0 && (column < indent || lines > 1 && column <= indent) {
                return Said { text, ended: true };
            }
            self.lines += lines;
            text.extend(self.held.drain(..breaks as usize));
        }
    }

    /// What is held although nothing more will come; line breaks at the end are no part of an answer.
    fn rest(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        match self.extent {
            Extent::Free => held,
            Extent::Line | Extent::Block { .. } => held.trim_end().to_owned(),
        }
    }
}

/// Width of an indentation; a tab is four columns.
pub(crate) fn columns(space: &str) -> u32 {
    let width = |it: char| if it == '\t' { 4 } else { 1 };
    space.chars().map(width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Extent = Extent::Block {
        max_lines: 4,
        indent: 4,
    };

    /// Says `text` in pieces of every size: what is said is `expected`, however it is cut, and ended is whether it stopped by itself.
    #[track_caller]
    fn check(extent: Extent, stops: &[&str], text: &[u8], expected: &str, ended: bool) {
        for size in 1..=text.len() {
            let stops = stops.iter().map(|it| (*it).to_owned()).collect();
            let mut saying = Saying::new(extent, stops);
            let (mut said, mut over) = (String::new(), false);
            for bytes in text.chunks(size) {
                let it = saying.push(bytes);
                said.push_str(&it.text);
                over = it.ended;
                if over {
                    break;
                }
            }
            if !over {
                said.push_str(&saying.finish());
            }
            assert_eq!((said.as_str(), over), (expected, ended), "pieces of {size}");
        }
    }

    #[test]
    fn characters_are_whole() {
        check(Extent::Free, &[], "aé€😀z".as_bytes(), "aé€😀z", false);
        let mut saying = Saying::new(Extent::Free, Vec::new());
        assert_eq!(saying.push(&"é".as_bytes()[..1]).text, "");
        assert_eq!(saying.held_back(), None);
        assert_eq!(saying.push(&"é".as_bytes()[1..]).text, "é");
        assert_eq!(saying.held_back().as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_character_is_replaced() {
        check(Extent::Free, &[], b"a\xffb", "a\u{fffd}b", false);
    }

    #[test]
    fn a_stop_string_is_not_said_and_neither_is_what_follows() {
        check(
            Extent::Free,
            &["END", "\n\n"],
            b"one ENEND two",
            "one EN",
            true,
        );
        check(Extent::Free, &["END"], b"one EN", "one EN", false);
        check(Extent::Free, &["->", "->>"], b"a->>b", "a", true);
    }

    #[test]
    fn a_line_ends_before_its_break() {
        check(Extent::Line, &[], b"foo()\r\n  bar", "foo()", true);
        check(Extent::Line, &[], b"foo()", "foo()", false);
        check(Extent::Line, &[], b"\nfoo", "", true);
    }

    #[test]
    fn a_block_ends_before_a_line_that_is_indented_less() {
        check(BLOCK, &[], b"a\n    b\n}\n", "a\n    b", true);
        check(BLOCK, &[], b"a\n\n    b\n", "a", true);
        check(
            BLOCK,
            &[],
            b"a\n\n        b\n    c\n",
            "a\n\n        b\n    c",
            true,
        );
        check(BLOCK, &[], b"a\n\tb\nc", "a\n\tb", true);
    }

    #[test]
    fn a_block_has_no_more_lines_than_were_asked_for() {
        check(
            BLOCK,
            &[],
            b"1\n    2\n    3\n    4\n    5",
            "1\n    2\n    3\n    4",
            true,
        );
        check(BLOCK, &[], b"1\n    2\n", "1\n    2", false);
    }
}
