//! A bounded piece of a text around the cursor: what an engine is given of a file of any size.
//!
//! It starts at the start of a line and ends at the end of one wherever its bounds leave room for that;
//! only a line that is longer than the window is cut, and then between two characters.

use std::{fmt, sync::Arc};

use crate::Text;

/// A piece of a text and where it was cut.
#[derive(Clone, PartialEq, Eq)]
pub struct Window {
    /// The piece.
    pub text: Arc<str>,
    /// Offset in the whole text at which it starts.
    pub start: usize,
    /// What the window was made around, as an offset into the piece.
    pub cursor: usize,
}

impl Text {
    /// At most `before` bytes before `around` and `after` bytes behind it. O(log n + the window).
    pub fn window(&self, around: usize, before: usize, after: usize) -> Window {
        let around = self.floor(around);
        let start = self.window_start(around, before);
        let end = self.window_end(around, after);
        Window {
            text: self.slice(start..end).into(),
            start,
            cursor: around - start,
        }
    }

    fn window_start(&self, around: usize, before: usize) -> usize {
        let Some(earliest) = around.checked_sub(before) else {
            return 0;
        };
        let earliest = self.ceil(earliest);
        if self.line_start(earliest) == earliest {
            return earliest;
        }
        match self.line_range_with_break(self.line_of(earliest)) {
            Some(line) if line.end <= around => self.starts_line_or(line.end, earliest),
            _ => earliest,
        }
    }

    fn window_end(&self, around: usize, after: usize) -> usize {
        let latest = around.saturating_add(after);
        if latest >= self.len() {
            return self.len();
        }
        let latest = self.floor(latest).max(around);
        let line_start = self.line_start(latest);
        if line_start > around {
            line_start
        } else {
            latest
        }
    }

    /// The end of the last line is not the start of another unless a break is before it.
    fn starts_line_or(&self, at: usize, otherwise: usize) -> usize {
        if self.line_start(at) == at {
            at
        } else {
            otherwise
        }
    }

    fn ceil(&self, offset: usize) -> usize {
        let floor = self.floor(offset);
        match self.char_at(floor) {
            Some(c) if floor < offset => floor + c.len_utf8(),
            _ => floor,
        }
    }
}

/// Never the contents: source code must not reach a log by accident.
impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window")
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .field("start", &self.start)
            .field("cursor", &self.cursor)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `|` is the cursor; the answer marks what the window holds by brackets.
    fn check(marked: &str, before: usize, after: usize, expected: &Expect) {
        let around = marked.find('|').unwrap();
        let text = marked.replacen('|', "", 1);
        let window = Text::from(text.as_str()).window(around, before, after);
        let (start, end) = (window.start, window.start + window.text.len());
        assert_eq!(window.start + window.cursor, around);
        expected.assert_eq(&format!(
            "{}[{}]{}",
            &text[..start],
            &text[start..end],
            &text[end..]
        ));
    }

    #[test]
    fn whole_lines_where_they_fit() {
        check(
            "aa\nbb\nc|c\ndd\nee\n",
            5,
            5,
            &expect!["aa\n[bb\ncc\ndd\n]ee\n"],
        );
        check(
            "aa\nbb\nc|c\ndd\nee\n",
            4,
            4,
            &expect!["aa\n[bb\ncc\n]dd\nee\n"],
        );
        check(
            "aa\nbb\nc|c\ndd\nee\n",
            99,
            99,
            &expect!["[aa\nbb\ncc\ndd\nee\n]"],
        );
    }

    #[test]
    fn a_line_too_long_is_cut_between_characters() {
        check("日本|語です", 4, 4, &expect!["日[本語]です"]);
        check("aaaa|aaaa", 2, 2, &expect!["aa[aaaa]aa"]);
        check("aaaa|", 2, 2, &expect!["aa[aa]"]);
        check("|aaaa", 0, 2, &expect!["[aa]aa"]);
        check("aa|aa", 0, 0, &expect!["aa[]aa"]);
    }

    #[test]
    fn nothing_around_an_empty_text() {
        check("|", 10, 10, &expect!["[]"]);
    }
}
