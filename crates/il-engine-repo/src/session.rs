//! One file being edited: its lexed lines, and the room that questions about it need.
//!
//! A session turns a request into a question: it brings its buffer up to the request's text, cuts the
//! cursor's line in two and lays out the view. What the buffer holds is kept as long as the snapshot is
//! the same; another snapshot has other word ids, so the buffer starts over.
//!
//! Deliberately absent: answers of earlier questions. Reuse between keystrokes is the pipeline's.

use std::sync::Arc;

use crate::buffer::{Buffer, Known};
use crate::decode::{Question, Workspace};
use crate::family::Family;
use crate::mixer::tongue;
use crate::model::{family_of, lexer};
use crate::view::View;
use crate::vocabulary::Words;
use crate::weights::Weights;

/// How much text around the cursor is looked at.
const BYTES_BEFORE: usize = 256 << 10;
const BYTES_AFTER: usize = 128 << 10;

#[derive(Debug, Default)]
pub(crate) struct Session {
    generation: u64,
    language: Arc<str>,
    buffer: Option<Buffer>,
    pub(crate) view: View,
    pub(crate) work: Workspace,
}

/// Where a request's cursor is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) path: &'a str,
    pub(crate) language: &'a Arc<str>,
    pub(crate) text: &'a str,
    pub(crate) cursor: usize,
}

impl Session {
    /// Makes the view for a cursor.
    pub(crate) fn look(&mut self, at: At<'_>, family: &Family, generation: u64) {
        let known = Known {
            base: &family.words,
            overlay: &family.overlay_words,
        };
        if self.generation != generation || self.language != *at.language {
            self.buffer = None;
            self.generation = generation;
            self.language = at.language.clone();
        }
        let buffer = self.buffer.get_or_insert_with(|| Buffer::new(known));
        let lexer = lexer(at.language);
        let window = window(at.text, at.cursor);
        let (text, cursor) = (&at.text[window.clone()], at.cursor - window.start);
        buffer.set(text, lexer, known);
        let (line, start) = buffer.line_of(cursor);
        let end = text[cursor..]
            .find(['\n', '\r'])
            .map_or(text.len(), |n| cursor + n);
        let cut = buffer.cut(line, &text[start..end], cursor - start, lexer, known);
        let words = Words {
            base: &family.words,
            overlay: &family.overlay_words,
            local: buffer.local(),
        };
        self.view.lay_out(buffer.lines(), line, cut, words);
        self.view.find_lines(family, words, at.path);
        self.view.tongue = tongue(family_of(at.language));
    }

    /// The question about the view, beside the room to answer it in.
    pub(crate) fn question<'a>(
        &'a mut self,
        family: &'a Family,
        weights: &'a Weights,
    ) -> Option<(Question<'a>, &'a mut Workspace)> {
        let local = self.buffer.as_ref()?.local();
        let words = Words {
            base: &family.words,
            overlay: &family.overlay_words,
            local,
        };
        Some((
            Question {
                family,
                view: &self.view,
                words,
                weights,
            },
            &mut self.work,
        ))
    }
}

/// The part of a text around an offset that is looked at, starting at the start of a line.
fn window(text: &str, cursor: usize) -> std::ops::Range<usize> {
    let mut start = cursor.saturating_sub(BYTES_BEFORE);
    if start > 0 {
        let b = text.as_bytes();
        start = memchr::memchr(b'\n', &b[start..cursor]).map_or(start, |n| start + n + 1);
    }
    let mut end = (cursor + BYTES_AFTER).min(text.len());
    while !text.is_char_boundary(start) {
        start += 1;
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    start..end
}

#[cfg(feature = "lab")]
impl Session {
    /// The lexer's state at the start of the line that holds a byte of the text last looked at.
    pub(crate) fn state_before_cursor_line(
        &self,
        text: &str,
        cursor: usize,
    ) -> il_lang::lexer::LexState {
        let Some(buffer) = &self.buffer else {
            return Default::default();
        };
        let (line, _) = buffer.line_of(cursor - window(text, cursor).start);
        buffer
            .lines()
            .get(line)
            .map_or_else(Default::default, |l| l.state_before())
    }
}
