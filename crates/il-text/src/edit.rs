//! Edits: one replacement each, in sequence, and where a position is after them.
//!
//! A list of edits is applied one after the other, each to the result of the one before, as editors
//! send them; [`map_position`] reads a list the same way. Edits are checked before anything changes: a
//! wrong one would make every later position wrong.
//!
//! Deliberately absent: composing, rebasing, histories.

use std::{fmt, ops::Range};

use crate::Text;

/// Replace the bytes in `range` by `insert`.
#[derive(Clone, PartialEq, Eq)]
pub struct Edit {
    pub range: Range<usize>,
    pub insert: String,
}

impl Edit {
    /// Put `text` in at `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at..at, text)
    }

    /// Take `range` out.
    pub fn delete(range: Range<usize>) -> Self {
        Self::replace(range, "")
    }

    /// Put `text` in the place of `range`.
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            range,
            insert: text.into(),
        }
    }

    /// The range that the inserted text has afterwards.
    pub fn inserted(&self) -> Range<usize> {
        self.range.start..self.range.start + self.insert.len()
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty() && self.insert.is_empty()
    }
}

/// Never what was typed: source code must not reach a log by accident.
impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edit({:?} -> <{} bytes>)", self.range, self.insert.len())
    }
}

/// Why an edit does not fit its text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It ends before it starts.
    #[error("edit of bytes {}..{} ends before it starts", range.start, range.end)]
    Backwards { range: Range<usize> },
    /// It reaches past the end.
    #[error("edit of bytes {}..{} is past the end: the text has {len} bytes", range.start, range.end)]
    PastEnd { range: Range<usize>, len: usize },
    /// It cuts a character in two.
    #[error("edit of bytes {}..{} cuts the character at byte {at} in two", range.start, range.end)]
    InsideChar { range: Range<usize>, at: usize },
}

impl Text {
    /// The text with `edit` made. O(log n + the edit); `self` stays as it is.
    pub fn apply(&self, edit: &Edit) -> Result<Self, EditError> {
        let mut next = self.clone();
        next.apply_in_place(edit)?;
        Ok(next)
    }

    /// The text with all `edits` made, each on the result of the one before.
    pub fn apply_all(&self, edits: &[Edit]) -> Result<Self, EditError> {
        let mut next = self.clone();
        for edit in edits {
            next.apply_in_place(edit)?;
        }
        Ok(next)
    }

    /// The edit that undoes `edit`: applied to the result, it gives this text back.
    pub fn inverse(&self, edit: &Edit) -> Result<Edit, EditError> {
        self.check(edit)?;
        Ok(Edit::replace(
            edit.inserted(),
            self.slice(edit.range.clone()),
        ))
    }

    fn apply_in_place(&mut self, edit: &Edit) -> Result<(), EditError> {
        self.check(edit)?;
        let start = self.rope.byte_to_char(edit.range.start);
        if !edit.range.is_empty() {
            self.rope
                .remove(start..self.rope.byte_to_char(edit.range.end));
        }
        if !edit.insert.is_empty() {
            self.rope.insert(start, &edit.insert);
        }
        Ok(())
    }

    fn check(&self, edit: &Edit) -> Result<(), EditError> {
        let range = edit.range.clone();
        if range.end < range.start {
            return Err(EditError::Backwards { range });
        }
        if range.end > self.len() {
            return Err(EditError::PastEnd {
                range,
                len: self.len(),
            });
        }
        match [range.start, range.end]
            .into_iter()
            .find(|&at| !self.is_boundary(at))
        {
            Some(at) => Err(EditError::InsideChar {
                at: self.floor(at),
                range,
            }),
            None => Ok(()),
        }
    }
}

/// Which side a position keeps to when text is put in exactly there, or when what it was in is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    /// Stay before what is put in: the start of a selection, an anchor.
    Before,
    /// Go after what is put in: a cursor that types.
    After,
}

/// Where `offset` is after `edits`, made in sequence.
pub fn map_position(offset: usize, edits: &[Edit], bias: Bias) -> usize {
    edits
        .iter()
        .fold(offset, |at, edit| map_through(at, edit, bias))
}

/// Where `range` is after `edits`: it does not grow by what is put in at its edges, and never turns round.
pub fn map_range(range: Range<usize>, edits: &[Edit]) -> Range<usize> {
    let start = map_position(range.start, edits, Bias::After);
    let end = map_position(range.end, edits, Bias::Before);
    start.min(end)..end
}

fn map_through(at: usize, edit: &Edit, bias: Bias) -> usize {
    let Range { start, end } = edit.range;
    let is_before = at < start || (at == start && start < end);
    if is_before {
        at
    } else if at > end || (at == end && start < end) {
        at - (end - start) + edit.insert.len()
    } else {
        match bias {
            Bias::Before => start,
            Bias::After => edit.inserted().end,
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check_refused(edit: &Edit, expected: &Expect) {
        let text = Text::from("a𝒳b");
        expected.assert_eq(&text.apply(edit).unwrap_err().to_string());
        assert_eq!(
            text.inverse(edit).unwrap_err(),
            text.apply(edit).unwrap_err()
        );
        let list = [Edit::insert(0, "x"), Edit::delete(0..1), edit.clone()];
        assert!(text.apply_all(&list).is_err());
        assert_eq!(text, "a𝒳b");
    }

    #[test]
    fn an_edit_that_does_not_fit_changes_nothing() {
        let backwards = Edit {
            range: Range { start: 5, end: 1 },
            insert: String::new(),
        };
        check_refused(
            &backwards,
            &expect!["edit of bytes 5..1 ends before it starts"],
        );
        check_refused(
            &Edit::insert(7, "x"),
            &expect!["edit of bytes 7..7 is past the end: the text has 6 bytes"],
        );
        check_refused(
            &Edit::delete(1..3),
            &expect!["edit of bytes 1..3 cuts the character at byte 1 in two"],
        );
    }

    #[test]
    fn a_list_of_edits_applies_each_to_the_result_of_the_one_before() {
        let edits = [
            Edit::insert(0, "ab"),
            Edit::replace(1..3, "c"),
            Edit::insert(2, "!"),
        ];
        assert_eq!(Text::from("xy").apply_all(&edits).unwrap(), "ac!y");
    }

    #[test]
    fn what_is_put_in_at_a_position_goes_by_its_bias() {
        let map = |at, edit, bias| map_position(at, &[edit], bias);
        assert_eq!(map(3, Edit::insert(3, "ab"), Bias::Before), 3);
        assert_eq!(map(3, Edit::insert(3, "ab"), Bias::After), 5);
        for (at, before, after) in [(1, 1, 1), (2, 2, 2), (3, 2, 5), (4, 5, 5), (6, 7, 7)] {
            assert_eq!(
                map(at, Edit::replace(2..4, "abc"), Bias::Before),
                before,
                "at {at}"
            );
            assert_eq!(
                map(at, Edit::replace(2..4, "abc"), Bias::After),
                after,
                "at {at}"
            );
        }
        assert_eq!(
            map_range(2..4, &[Edit::insert(2, "x"), Edit::insert(5, "y")]),
            3..5
        );
        assert_eq!(map_range(3..3, &[Edit::insert(3, "xy")]), 3..3);
    }

    #[test]
    fn debug_shows_sizes_and_no_text() {
        let edit = Edit::replace(1..3, "secret");
        assert_eq!(format!("{edit:?}"), "Edit(1..3 -> <6 bytes>)");
    }
}
