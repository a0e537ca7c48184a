//! A file as a run of tokens: what the lexer saw, with newlines that say how the indentation changed.
//!
//! A sheet is laid out line by line and needs nothing but the tokens of each line, so that a buffer can
//! keep its lexed lines and lay them out again after every keystroke without lexing.
//!
//! Deliberately absent: byte offsets and text. Text is given back from words and spacing.

use crate::vocabulary::{BOS, Id, NEWLINE};

/// A line that is not blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct Line {
    /// First token of the line; the token before it is its newline, or the start of the file.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Width of the indentation, a tab being four.
    pub(crate) indent: u32,
    /// 0-based line number in the text.
    pub(crate) row: u32,
}

/// The tokens of one file, starting with [`BOS`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) tokens: Vec<Id>,
    /// White-space bytes before each token.
    pub(crate) space: Vec<u8>,
    pub(crate) lines: Vec<Line>,
    /// Widths of the enclosing indentations, innermost last.
    indents: Vec<u32>,
    blank: bool,
}

impl Sheet {
    pub(crate) fn new() -> Self {
        let mut sheet = Self::default();
        sheet.clear();
        sheet
    }

    pub(crate) fn clear(&mut self) {
        self.tokens.clear();
        self.space.clear();
        self.lines.clear();
        self.indents.clear();
        self.tokens.push(BOS);
        self.space.push(0);
        self.indents.push(0);
        self.blank = false;
    }

    /// A finished sheet from its parts.
    pub(crate) fn from_parts(tokens: Vec<Id>, space: Vec<u8>, lines: Vec<Line>) -> Self {
        Self {
            tokens,
            space,
            lines,
            indents: vec![0],
            blank: false,
        }
    }

    /// A line with nothing on it.
    pub(crate) fn push_blank(&mut self) {
        self.blank = true;
    }

    /// A line; its tokens may be none when it is the one being written.
    pub(crate) fn push_line(&mut self, indent: u32, row: u32, tokens: &[Id], space: &[u8]) {
        if self.lines.is_empty() {
            if indent > 0 {
                self.indents.push(indent);
            }
        } else {
            let newline = self.newline(indent);
            self.tokens.push(newline);
            self.space.push(0);
        }
        self.blank = false;
        let start = self.tokens.len() as u32;
        self.tokens.extend_from_slice(tokens);
        self.space.extend_from_slice(space);
        self.lines.push(Line {
            start,
            end: self.tokens.len() as u32,
            indent,
            row,
        });
    }

    /// Tokens behind the last line that belong to no line.
    pub(crate) fn push_loose(&mut self, tokens: &[Id], space: &[u8]) {
        self.tokens.extend_from_slice(tokens);
        self.space.extend_from_slice(space);
    }

    pub(crate) fn indents(&self) -> &[u32] {
        &self.indents
    }

    /// The newline token that leads to a line of this indentation.
    fn newline(&mut self, indent: u32) -> Id {
        let top = self.indents.last().copied().unwrap_or(0);
        let change = match indent.cmp(&top) {
            std::cmp::Ordering::Greater => {
                self.indents.push(indent);
                Change::In
            }
            std::cmp::Ordering::Equal => Change::Same,
            std::cmp::Ordering::Less => {
                let mut levels = 0;
                while self.indents.len() > 1 && self.indents.last().is_some_and(|&w| w > indent) {
                    self.indents.pop();
                    levels += 1;
                }
                if self.indents.last().is_some_and(|&w| w < indent) {
                    self.indents.push(indent);
                }
                match levels {
                    1 => Change::Out,
                    2 => Change::OutTwo,
                    _ => Change::OutMore,
                }
            }
        };
        newline(change, indent == 0, self.blank)
    }
}

/// How the indentation changes at a newline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    In,
    Same,
    Out,
    OutTwo,
    OutMore,
}

pub(crate) fn newline(change: Change, at_margin: bool, blank: bool) -> Id {
    NEWLINE + change as u32 * 4 + u32::from(at_margin) * 2 + u32::from(blank)
}

/// What a newline token says: the change, whether the next line is at the margin, whether blank lines come first.
pub(crate) fn read_newline(id: Id) -> (Change, bool, bool) {
    let n = id - NEWLINE;
    let change = match n / 4 {
        0 => Change::In,
        1 => Change::Same,
        2 => Change::Out,
        3 => Change::OutTwo,
        _ => Change::OutMore,
    };
    (change, n & 2 != 0, n & 1 != 0)
}

/// For each line the index of the nearest line above that is less indented.
pub(crate) fn parents(lines: &[Line], out: &mut Vec<Option<u32>>) {
    out.clear();
    let mut open: Vec<u32> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        while open
            .last()
            .is_some_and(|&j| lines[j as usize].indent >= line.indent)
        {
            open.pop();
        }
        out.push(open.last().copied());
        open.push(i as u32);
    }
}

/// Width of the white space at the start of a line, and its length in bytes.
pub(crate) fn indentation(line: &str) -> (u32, usize) {
    let mut width = 0;
    for (i, b) in line.bytes().enumerate() {
        match b {
            b'\t' => width += 4,
            b' ' | b'\r' | 0x0c | 0x0b => width += 1,
            _ => return (width, i),
        }
    }
    (width, line.len())
}
