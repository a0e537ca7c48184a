//! A draft: what an engine said, on its way to what is shown.
//!
//! The one idea: text together with the probability of everything up to each mark, so that filters can
//! shorten and mend the text, the gate can cut it, and typing through it makes the rest surer, all
//! without asking the engine again.

use std::{fmt, ops::Range};

use il_engine::Origin;
use il_screen::Remark;

use crate::gate::Piece;

/// What an engine said in one alternative.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Draft {
    text: String,
    /// Ends of pieces, ascending, the last one at the end of the text.
    marks: Vec<Mark>,
    /// Bytes to show; what comes after is kept for later.
    shown: usize,
    /// Bytes of the rest of the cursor's line that the shown text takes the place of.
    pub(crate) covers: usize,
    pub(crate) origin: Option<Origin>,
    /// What was remarked on the text, wherever it has moved to since.
    remarks: Vec<Remark>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark {
    end: usize,
    probability: f32,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .field("shown", &self.shown)
            .field("covers", &self.covers)
            .finish_non_exhaustive()
    }
}

impl Draft {
    /// One more piece, and the probability of everything up to its end.
    pub(crate) fn push(&mut self, text: &str, probability: f32) {
        if text.is_empty() {
            return;
        }
        let before = self.marks.last().map_or(1.0, |mark| mark.probability);
        let probability = if probability.is_finite() {
            probability.clamp(0.0, before)
        } else {
            0.0
        };
        self.text.push_str(text);
        self.shown = self.text.len();
        self.marks.push(Mark {
            end: self.text.len(),
            probability,
        });
    }

    /// Everything, shown or kept for later.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn shown(&self) -> &str {
        &self.text[..self.shown]
    }

    /// What is to be known of the text.
    pub(crate) fn remark(&mut self, remarks: Vec<Remark>) {
        self.remarks = remarks;
    }

    /// What is to be known of what is shown.
    pub(crate) fn remarks(&self) -> impl Iterator<Item = Remark> {
        let shown = self.shown;
        let within = self.remarks.iter().filter(move |it| it.range.start < shown);
        within.map(move |it| Remark {
            range: it.range.start..it.range.end.min(shown),
            ..it.clone()
        })
    }

    /// That everything shown is right.
    pub(crate) fn probability(&self) -> f32 {
        self.probability_at(self.shown)
    }

    /// Bytes that it takes up, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.marks.len() * size_of::<Mark>() + size_of::<Self>()
    }

    /// The first `len` bytes, piece by piece.
    pub(crate) fn pieces(&self, len: usize) -> Vec<Piece<'_>> {
        let mut start = 0;
        let mut pieces = Vec::with_capacity(self.marks.len());
        for mark in &self.marks {
            let end = mark.end.min(len);
            if end > start {
                pieces.push(Piece {
                    text: &self.text[start..end],
                    probability: mark.probability,
                });
            }
            start = end;
        }
        pieces
    }

    /// Shows this much of the text, whatever was shown before.
    pub(crate) fn show(&mut self, len: usize) {
        self.shown = self.floor(len);
    }

    /// Drops everything from `len` on, for good.
    pub(crate) fn truncate(&mut self, len: usize) {
        let len = self.floor(len);
        self.text.truncate(len);
        let whole = self.marks.iter().take_while(|mark| mark.end < len).count();
        self.marks.truncate(whole + 1);
        if let Some(last) = self.marks.last_mut() {
            last.end = last.end.min(len);
        }
        if len == 0 {
            self.marks.clear();
        }
        self.shown = self.shown.min(len);
        self.remarks.retain(|it| it.range.start < len);
        for remark in &mut self.remarks {
            remark.range.end = remark.range.end.min(len);
        }
    }

    /// Drops white space at the end, for good.
    pub(crate) fn truncate_to_visible(&mut self) {
        self.truncate(self.text.trim_end().len());
    }

    /// Puts `with` in the place of `range`; probabilities stay with the text around it.
    pub(crate) fn replace(&mut self, range: Range<usize>, with: &str) {
        self.text.replace_range(range.clone(), with);
        let moved = |at: usize| {
            if at >= range.end {
                at - range.len() + with.len()
            } else {
                at.min(range.start)
            }
        };
        for mark in &mut self.marks {
            mark.end = moved(mark.end);
        }
        self.shown = moved(self.shown);
        for remark in &mut self.remarks {
            remark.range = moved(remark.range.start)..moved(remark.range.end);
        }
        self.remarks.retain(|it| !it.range.is_empty());
        self.tidy_marks();
    }

    /// The rest once the first `typed` bytes are written: surer, by what is now known to be right.
    pub(crate) fn typed_through(&self, typed: usize) -> Self {
        let known = self.probability_within(typed).max(f32::MIN_POSITIVE);
        let marks = self
            .marks
            .iter()
            .filter(|mark| mark.end > typed)
            .map(|mark| Mark {
                end: mark.end - typed,
                probability: (mark.probability / known).clamp(0.0, 1.0),
            });
        let remarks = self.remarks.iter().filter(|it| it.range.end > typed);
        let remarks = remarks.map(|it| Remark {
            range: it.range.start.saturating_sub(typed)..it.range.end - typed,
            ..it.clone()
        });
        Self {
            remarks: remarks.collect(),
            text: self.text[typed..].to_owned(),
            marks: marks.collect(),
            shown: self.shown.saturating_sub(typed),
            covers: self.covers,
            origin: self.origin.clone(),
        }
    }

    fn probability_at(&self, len: usize) -> f32 {
        self.marks
            .iter()
            .find(|mark| mark.end >= len)
            .or(self.marks.last())
            .map_or(1.0, |mark| mark.probability)
    }

    /// Of the first `len` bytes, which may end inside a piece: each of its bytes is taken to be as
    /// telling as the others.
    fn probability_within(&self, len: usize) -> f32 {
        let mut start = 0;
        let mut before = 1.0_f32;
        for mark in &self.marks {
            if mark.end > len {
                let share = (len - start) as f32 / (mark.end - start).max(1) as f32;
                let step = if before > 0.0 {
                    mark.probability / before
                } else {
                    1.0
                };
                return before * step.powf(share);
            }
            start = mark.end;
            before = mark.probability;
        }
        before
    }

    fn tidy_marks(&mut self) {
        let len = self.text.len();
        let mut tidy: Vec<Mark> = Vec::with_capacity(self.marks.len());
        for mark in self.marks.drain(..) {
            match tidy.last_mut() {
                Some(last) if last.end == mark.end => *last = mark,
                _ if mark.end == 0 => {}
                _ => tidy.push(mark),
            }
        }
        if let Some(last) = tidy.last_mut() {
            last.end = len;
        }
        self.marks = tidy;
    }

    fn floor(&self, len: usize) -> usize {
        let mut len = len.min(self.text.len());
        while !self.text.is_char_boundary(len) {
            len -= 1;
        }
        len
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "inline snapshots read best by value"
    )]
    fn check(change: impl FnOnce(&mut Draft), expected: Expect) {
        let mut draft = Draft::default();
        for (text, p) in [("foo", 0.9), ("(", 0.8), ("bar", 0.4), (");", 0.4)] {
            draft.push(text, p);
        }
        change(&mut draft);
        let pieces: Vec<String> = draft
            .pieces(draft.text().len())
            .iter()
            .map(|piece| format!("{}:{:.2}", piece.text, piece.probability))
            .collect();
        expected.assert_eq(&format!(
            "{} shown {:?} {:.2}",
            pieces.join(" "),
            draft.shown(),
            draft.probability()
        ));
    }

    #[test]
    fn marks_stay_with_the_text() {
        check(
            |_| {},
            expect![[r#"foo:0.90 (:0.80 bar:0.40 );:0.40 shown "foo(bar);" 0.40"#]],
        );
        check(
            |draft| draft.truncate(5),
            expect![[r#"foo:0.90 (:0.80 b:0.40 shown "foo(b" 0.40"#]],
        );
        check(|draft| draft.truncate(0), expect![[r#" shown "" 1.00"#]]);
        check(
            |draft| draft.show(4),
            expect![[r#"foo:0.90 (:0.80 bar:0.40 );:0.40 shown "foo(" 0.80"#]],
        );
        check(
            |draft| draft.replace(0..4, ""),
            expect![[r#"bar:0.40 );:0.40 shown "bar);" 0.40"#]],
        );
        check(
            |draft| draft.replace(3..4, "\n    ("),
            expect![[r#"
            foo:0.90 
                (:0.80 bar:0.40 );:0.40 shown "foo\n    (bar);" 0.40"#]],
        );
        check(
            |draft| draft.replace(2..5, "XY"),
            expect![[r#"fo:0.80 XYar:0.40 );:0.40 shown "foXYar);" 0.40"#]],
        );
    }

    #[test]
    fn what_is_typed_makes_the_rest_surer() {
        check(
            |draft| *draft = draft.typed_through(3),
            expect![[r#"(:0.89 bar:0.44 );:0.44 shown "(bar);" 0.44"#]],
        );
        check(
            |draft| *draft = draft.typed_through(4),
            expect![[r#"bar:0.50 );:0.50 shown "bar);" 0.50"#]],
        );
        check(
            |draft| *draft = draft.typed_through(5),
            expect![[r#"ar:0.63 );:0.63 shown "ar);" 0.63"#]],
        );
    }
}
