//! Lines and columns: what editors and people say, turned into offsets and back.
//!
//! Two doors. Editors come through [`Text::offset`], which follows the protocol: a column past the end
//! of its line is the line's end, one inside a character is that character's start, and only a line
//! that does not exist is an error. People come through [`Text::strict_offset`], 1-based and counted in
//! Unicode scalar values, and are told exactly what is wrong, because they can mend it.
//!
//! Between CR and LF there is no position: such an offset is reported as the end of its line.

use crate::Text;

/// A place in a text, both numbers 0-based, the column in some [`Encoding`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineCol {
    pub line: usize,
    pub col: usize,
}

/// What a column counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: the protocol's default.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// A line that the text does not have, 0-based.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} (0-based) is past the end: the text has {lines} lines")]
pub struct LinePastEnd {
    /// The line that was asked for.
    pub line: usize,
    /// How many there are.
    pub lines: usize,
}

/// Why a place that a person gave does not exist. Everything is 1-based.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Someone counted from 0.
    #[error("{what} 0 does not exist: lines and columns count from 1")]
    Zero {
        /// `line` or `column`.
        what: &'static str,
    },
    /// There are not that many lines.
    #[error("line {line} is past the end: {subject} has {}", plural(*lines, "line"))]
    Line {
        /// The line that was asked for.
        line: usize,
        /// How many there are.
        lines: usize,
        /// What has so few: "the text", or a file in backticks.
        subject: String,
    },
    /// The line is shorter.
    #[error("column {col} is past the end: line {line} of {subject} has {}", plural(*chars, "character"))]
    Column {
        /// The line that was asked for.
        line: usize,
        /// The column that was asked for.
        col: usize,
        /// How many characters the line has; the column one past the last is still fine.
        chars: usize,
        /// What has so few: "the text", or a file in backticks.
        subject: String,
    },
}

impl PlaceError {
    /// The same error, naming the file that it is about.
    #[must_use]
    pub fn in_file(mut self, path: &str) -> Self {
        if let Self::Line { subject, .. } | Self::Column { subject, .. } = &mut self {
            *subject = format!("`{path}`");
        }
        self
    }
}

fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

impl Text {
    /// Line and column of `offset`. O(log n).
    pub fn line_col(&self, offset: usize, encoding: Encoding) -> LineCol {
        let offset = self.floor(offset);
        let line = self.line_of(offset);
        let start = self.rope.line_to_byte(line);
        let offset = match self.char_before(offset) {
            Some('\r') if self.char_at(offset) == Some('\n') => offset - 1,
            _ => offset,
        };
        LineCol {
            line,
            col: self.units(offset, encoding) - self.units(start, encoding),
        }
    }

    /// The offset of a place that an editor gave, clamped within its line. O(log n).
    pub fn offset(&self, at: LineCol, encoding: Encoding) -> Result<usize, LinePastEnd> {
        let Some(line) = self.line_range(at.line) else {
            return Err(LinePastEnd {
                line: at.line,
                lines: self.line_count(),
            });
        };
        let end = self.units(line.end, encoding);
        let unit = self.units(line.start, encoding).saturating_add(at.col);
        Ok(self.offset_of_unit(unit.min(end), encoding))
    }

    /// The offset of a place that a person gave: 1-based, the column in Unicode scalar values.
    ///
    /// The column after the last character is where one writes on; so is the empty line after a final
    /// line break, which [`PlaceError::Line`] does not count when it says how many lines there are.
    pub fn strict_offset(&self, line: usize, col: usize) -> Result<usize, PlaceError> {
        let line0 = line
            .checked_sub(1)
            .ok_or(PlaceError::Zero { what: "line" })?;
        let col0 = col
            .checked_sub(1)
            .ok_or(PlaceError::Zero { what: "column" })?;
        let Some(range) = self.line_range(line0) else {
            return Err(PlaceError::Line {
                line,
                lines: self.lines_as_people_count(),
                subject: "the text".to_owned(),
            });
        };
        let start = self.rope.byte_to_char(range.start);
        let chars = self.rope.byte_to_char(range.end) - start;
        if col0 > chars {
            return Err(PlaceError::Column {
                line,
                col,
                chars,
                subject: "the text".to_owned(),
            });
        }
        Ok(self.rope.char_to_byte(start + col0))
    }

    /// Lines that have a break or something on them: `wc -l`, plus an unfinished last line.
    fn lines_as_people_count(&self) -> usize {
        let last_is_empty = self.line_start(self.len()) == self.len();
        self.line_count() - usize::from(last_is_empty)
    }

    /// How many units of `encoding` lie before `offset`.
    fn units(&self, offset: usize, encoding: Encoding) -> usize {
        match encoding {
            Encoding::Utf8 => offset,
            Encoding::Utf16 => self.rope.char_to_utf16_cu(self.rope.byte_to_char(offset)),
            Encoding::Utf32 => self.rope.byte_to_char(offset),
        }
    }

    /// The offset that `unit` units of `encoding` lie before; the start of the character that holds it.
    fn offset_of_unit(&self, unit: usize, encoding: Encoding) -> usize {
        match encoding {
            Encoding::Utf8 => self.floor(unit),
            Encoding::Utf16 => self.rope.char_to_byte(self.rope.utf16_cu_to_char(unit)),
            Encoding::Utf32 => self.rope.char_to_byte(unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn columns_count_bytes_units_or_scalars() {
        let text = Text::from("x\né𝒳e\u{301}日!");
        let column_of = |c: &str, encoding| {
            let offset = text.contents().find(c).unwrap();
            text.line_col(offset, encoding).col
        };
        let columns =
            |encoding| ["é", "𝒳", "e", "\u{301}", "日", "!"].map(|c| column_of(c, encoding));
        assert_eq!(columns(Encoding::Utf8), [0, 2, 6, 7, 9, 12]);
        assert_eq!(columns(Encoding::Utf16), [0, 1, 3, 4, 5, 6]);
        assert_eq!(columns(Encoding::Utf32), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_column_inside_a_surrogate_pair_is_the_start_of_its_character() {
        let text = Text::from("a𝒳b");
        let at = |col| text.offset(LineCol { line: 0, col }, Encoding::Utf16);
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(|col| at(col).unwrap()),
            [0, 1, 1, 5, 6, 6]
        );
    }

    #[test]
    fn a_column_past_the_end_stays_before_the_line_break() {
        let text = Text::from("ab\r\ncd\re\n");
        let end_of = |line| text.offset(LineCol { line, col: 99 }, Encoding::Utf16);
        assert_eq!([0, 1, 2, 3].map(|line| end_of(line).unwrap()), [2, 6, 8, 9]);
        assert_eq!(end_of(4), Err(LinePastEnd { line: 4, lines: 4 }));
    }

    #[test]
    fn a_byte_order_mark_is_the_first_column() {
        let text = Text::from("\u{FEFF}ab");
        for (encoding, col) in [
            (Encoding::Utf8, 3),
            (Encoding::Utf16, 1),
            (Encoding::Utf32, 1),
        ] {
            assert_eq!(text.line_col(3, encoding), LineCol { line: 0, col });
        }
    }

    #[test]
    fn an_empty_text_has_one_place() {
        let text = Text::new();
        assert_eq!(text.line_col(7, Encoding::Utf16), LineCol::default());
        assert_eq!(
            text.offset(LineCol { line: 0, col: 7 }, Encoding::Utf16),
            Ok(0)
        );
        assert_eq!(text.strict_offset(1, 1), Ok(0));
    }

    fn check(text: &str, line: usize, col: usize, expected: &Expect) {
        let answer = Text::from(text).strict_offset(line, col);
        expected.assert_eq(&match answer {
            Ok(offset) => format!("{}|{}", &text[..offset], &text[offset..]),
            Err(error) => error.in_file("src/a.py").to_string(),
        });
    }

    #[test]
    fn people_are_told_what_is_wrong() {
        check("é𝒳x\ny", 1, 3, &expect!["é𝒳|x\ny"]);
        check("ab\r\nc", 1, 3, &expect!["ab|\r\nc"]);
        check(
            "ab\r\nc",
            1,
            4,
            &expect!["column 4 is past the end: line 1 of `src/a.py` has 2 characters"],
        );
        check("a\nb\n", 3, 1, &expect!["a\nb\n|"]);
        check(
            "a\nb\n",
            4,
            1,
            &expect!["line 4 is past the end: `src/a.py` has 2 lines"],
        );
        check(
            "a\nb",
            900,
            1,
            &expect!["line 900 is past the end: `src/a.py` has 2 lines"],
        );
        check(
            "a",
            2,
            1,
            &expect!["line 2 is past the end: `src/a.py` has 1 line"],
        );
        check(
            "",
            2,
            1,
            &expect!["line 2 is past the end: `src/a.py` has 0 lines"],
        );
        check(
            "a",
            0,
            1,
            &expect!["line 0 does not exist: lines and columns count from 1"],
        );
        check(
            "a",
            1,
            0,
            &expect!["column 0 does not exist: lines and columns count from 1"],
        );
    }
}
