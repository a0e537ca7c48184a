//! The snapshot itself: a rope, its lines and its characters.
//!
//! Line breaks are LF, CRLF and a lone CR, as the language server protocol wants it, and nothing else:
//! not U+2028, not U+0085, not a form feed. CRLF is one break, also when an edit brings its halves together.
//!
//! A byte order mark is kept where it is and is an ordinary character: at the start of a text it is
//! column 0 of line 0 (three bytes in UTF-8, one unit in UTF-16 and UTF-32). Who reads files strips it
//! first ([`crate::decode`] does), so that columns agree with what editors count.
//!
//! Reading is forgiving, on purpose: an offset past the end means the end, one inside a character means
//! that character's start. Positions come from editors that may be an edit behind, and a completion a
//! column off is better than a dead server. Writing ([`Text::apply`]) is strict.
//!
//! Deliberately absent: `Display`. File contents reach a log only by being asked for by name.

use std::{borrow::Cow, fmt, ops::Range};

use ropey::{Rope, RopeSlice};

/// An immutable text. Clones share everything; [`Text::apply`] shares all but the edited leaf.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text {
    pub(crate) rope: Rope,
}

impl Text {
    /// An empty text: one empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.rope.len_bytes()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole text as one string. O(n): prefer [`Text::slice`] or [`Text::window`] where a key is waiting.
    pub fn contents(&self) -> String {
        self.rope.to_string()
    }

    /// The nearest character boundary at or before `offset`; the end for everything past it.
    pub fn floor(&self, offset: usize) -> usize {
        if offset >= self.len() {
            return self.len();
        }
        let (chunk, start, _, _) = self.rope.chunk_at_byte(offset);
        start + chunk.floor_char_boundary(offset - start)
    }

    /// Whether `offset` is inside the text and between two characters.
    pub fn is_boundary(&self, offset: usize) -> bool {
        offset <= self.len() && self.floor(offset) == offset
    }

    /// The bytes in `range`, borrowed when they lie in one piece.
    pub fn slice(&self, range: Range<usize>) -> Cow<'_, str> {
        self.rope_slice(range).into()
    }

    pub(crate) fn rope_slice(&self, range: Range<usize>) -> RopeSlice<'_> {
        let end = self.floor(range.end);
        let start = self.floor(range.start).min(end);
        self.rope.byte_slice(start..end)
    }

    /// The piece of storage that holds `offset`, and the offset at which it starts. For readers that
    /// take text piecemeal, such as a parser; `("", len)` at the end.
    pub fn chunk_at(&self, offset: usize) -> (&str, usize) {
        if offset >= self.len() {
            return ("", self.len());
        }
        let (chunk, start, _, _) = self.rope.chunk_at_byte(offset);
        (chunk, start)
    }

    /// All pieces of storage in order.
    pub fn chunks(&self) -> impl Iterator<Item = &str> {
        self.rope.chunks()
    }

    /// All pieces of storage, last first.
    pub fn chunks_reversed(&self) -> impl Iterator<Item = &str> {
        self.rope.chunks_at_byte(self.len()).0.reversed()
    }

    /// The character that starts at `offset`, `None` at the end.
    pub fn char_at(&self, offset: usize) -> Option<char> {
        let (chunk, start) = self.chunk_at(offset);
        let at = chunk.floor_char_boundary(offset - start.min(offset));
        chunk[at..].chars().next()
    }

    /// The character that ends at `offset`, `None` at the start.
    pub fn char_before(&self, offset: usize) -> Option<char> {
        let offset = self.floor(offset);
        let (chunk, start) = self.chunk_at(offset.checked_sub(1)?);
        chunk[..offset - start].chars().next_back()
    }

    /// The characters from `offset` on.
    pub fn chars_from(&self, offset: usize) -> impl Iterator<Item = char> {
        self.rope_slice(offset..self.len()).chars()
    }

    /// The characters before `offset`, nearest first.
    pub fn chars_before(&self, offset: usize) -> impl Iterator<Item = char> {
        let slice = self.rope_slice(0..offset);
        slice.chars_at(slice.len_chars()).reversed()
    }

    /// How many lines there are: one more than there are line breaks, so never 0.
    pub fn line_count(&self) -> usize {
        self.rope.len_lines()
    }

    /// The 0-based line that holds `offset`. Between CR and LF it is still the line that they end.
    pub fn line_of(&self, offset: usize) -> usize {
        self.rope.byte_to_line(self.floor(offset))
    }

    /// Where the line that holds `offset` starts.
    pub fn line_start(&self, offset: usize) -> usize {
        self.rope.line_to_byte(self.line_of(offset))
    }

    /// Where the line that holds `offset` ends, before its line break.
    pub fn line_end(&self, offset: usize) -> usize {
        self.content_of(self.line_of(offset)).end
    }

    /// The 0-based `line` without its line break; `None` past the last line.
    pub fn line_range(&self, line: usize) -> Option<Range<usize>> {
        (line < self.line_count()).then(|| self.content_of(line))
    }

    /// The 0-based `line` with its line break; `None` past the last line.
    pub fn line_range_with_break(&self, line: usize) -> Option<Range<usize>> {
        (line < self.line_count()).then(|| self.full_line(line))
    }

    /// The 0-based `line` as text, without its line break; `None` past the last line.
    pub fn line(&self, line: usize) -> Option<Cow<'_, str>> {
        self.line_range(line).map(|range| self.slice(range))
    }

    fn full_line(&self, line: usize) -> Range<usize> {
        self.rope.line_to_byte(line)..self.rope.line_to_byte(line + 1)
    }

    fn content_of(&self, line: usize) -> Range<usize> {
        let full = self.full_line(line);
        let break_len = match self.char_before(full.end) {
            _ if full.is_empty() => 0,
            Some('\n') if full.len() > 1 && self.char_before(full.end - 1) == Some('\r') => 2,
            Some('\n' | '\r') => 1,
            _ => 0,
        };
        full.start..full.end - break_len
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self {
            rope: Rope::from_str(text),
        }
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.rope == *other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.rope == **other
    }
}

/// Never the contents: source code must not reach a log by accident.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Text(<{} bytes, {} lines>)",
            self.len(),
            self.line_count()
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{Edit, Encoding, LineCol};

    #[test]
    fn only_the_protocols_line_breaks_break_lines() {
        assert_eq!(Text::from("a\nb\r\nc\rd").line_count(), 4);
        assert_eq!(
            Text::from("a\u{2028}b\u{2029}c\u{85}d\u{B}e\u{C}f").line_count(),
            1
        );
    }

    #[test]
    fn a_crlf_comes_together_and_falls_apart() {
        let text = Text::from("a\rb");
        let joined = text.apply(&Edit::replace(2..3, "\n")).unwrap();
        assert_eq!((text.line_count(), joined.line_count()), (2, 2));
        let parted = joined.apply(&Edit::insert(2, " ")).unwrap();
        assert_eq!(parted.line_count(), 3);
        assert_eq!(
            joined.line_of(2),
            0,
            "between CR and LF it is still the first line"
        );
    }

    #[test]
    fn debug_shows_sizes_and_no_text() {
        assert_eq!(
            format!("{:?}", Text::from("secret\n")),
            "Text(<7 bytes, 2 lines>)"
        );
    }

    /// 10 MB in about 300 000 lines, with astral characters in each and every kind of line break.
    fn ten_megabytes() -> String {
        let mut text = String::with_capacity(10 << 20);
        let breaks = ["\n", "\r\n", "\r"];
        for number in 0.. {
            if text.len() >= 10 << 20 {
                break;
            }
            let line = format!("let 𝒳{number} = \"é\"; // {number:x}");
            text.push_str(&line);
            text.push_str(breaks[number % 3]);
        }
        text
    }

    fn chunk_addresses(text: &Text) -> HashSet<*const u8> {
        text.chunks().map(str::as_ptr).collect()
    }

    #[test]
    fn a_key_in_ten_megabytes_copies_a_leaf_and_finds_its_place() {
        let source = ten_megabytes();
        let text = Text::from(source.as_str());
        let middle = source.find("𝒳150000 ").unwrap();
        let place = text.line_col(middle, Encoding::Utf16);
        assert_eq!(
            place,
            LineCol {
                line: 150_000,
                col: 4
            }
        );

        let typed = text.apply(&Edit::insert(middle, "𝒴\r\n")).unwrap();
        assert_eq!(typed.line_count(), text.line_count() + 1);
        assert_eq!(
            typed.offset(
                LineCol {
                    line: 150_000,
                    col: 6
                },
                Encoding::Utf16
            ),
            Ok(middle + 4)
        );
        assert_eq!(
            typed.offset(
                LineCol {
                    line: 150_001,
                    col: 2
                },
                Encoding::Utf16
            ),
            Ok(middle + 10)
        );
        assert_eq!(text.len(), source.len(), "the older snapshot is as it was");

        let (old, new) = (chunk_addresses(&text), chunk_addresses(&typed));
        let copied = new.difference(&old).count();
        assert!(
            old.len() > 5_000 && copied <= 3,
            "{copied} of {} leaves copied",
            old.len()
        );

        let window = typed.window(middle, 16 << 10, 4 << 10);
        assert!(
            window.text.len() <= 20 << 10
                && window.text[window.cursor..].starts_with("𝒴\r\n𝒳150000 ")
        );
    }
}
