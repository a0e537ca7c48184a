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

/// A little below what is ever shown; whoever asks may set another.
const LOG_FLOOR: f32 = -9.2;
/// How much text around the cursor is looked at, at least.
const BYTES_BEFORE: usize = 96 << 10;
const BYTES_AFTER: usize = 48 << 10;
/// The window moves by this much at a time, so that it mostly stays the same from key to key.
const BYTES_STEP: usize = 32 << 10;

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
        self.view.find_lines(family, words, at.path, generation);
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
                log_floor: LOG_FLOOR,
                may_end: false,
            },
            &mut self.work,
        ))
    }
}

/// The part of a text around an offset that is looked at, in whole lines.
///
/// Its start is counted from the start of the text and its end from the end, so that typing moves neither.
fn window(text: &str, cursor: usize) -> std::ops::Range<usize> {
    let skipped = |bytes: usize| bytes / BYTES_STEP * BYTES_STEP;
    let b = text.as_bytes();
    let mut start = skipped(cursor.saturating_sub(BYTES_BEFORE));
    if start > 0 {
        start = memchr::memchr(b'\n', &b[start..cursor]).map_or(cursor, |n| start + n + 1);
    }
    let mut end = text.len() - skipped((text.len() - cursor).saturating_sub(BYTES_AFTER));
    if end < text.len() {
        end = memchr::memchr(b'\n', &b[end..]).map_or(text.len(), |n| end + n + 1);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_does_not_move_the_window() {
        let line = "let some_value = another_value + 1; // größe\n";
        let text = line.repeat(20_000);
        let cursor = line.len() * 10_000;
        let before = window(&text, cursor);
        let mut typed = text.clone();
        typed.insert_str(cursor, "héllo");
        let after = window(&typed, cursor + 6);
        assert_eq!(before.start, after.start);
        assert_eq!(text.len() - before.end, typed.len() - after.end);
        assert!(text[before.clone()].starts_with("let") && text[before.clone()].ends_with('\n'));
        assert!(before.len() < BYTES_BEFORE + BYTES_AFTER + 3 * BYTES_STEP);
    }

    #[test]
    fn a_text_of_one_endless_line_has_a_window() {
        let text = "é".repeat(300_000);
        let cursor = text.len() / 2;
        let range = window(&text, cursor);
        assert!(
            range.contains(&cursor)
                && text.is_char_boundary(range.start)
                && text.is_char_boundary(range.end)
        );
        assert_eq!(window("", 0), 0..0);
    }
}
