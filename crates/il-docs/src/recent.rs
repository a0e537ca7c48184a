//! What was edited lately, as hunks of whole lines: keystrokes that belong together are one.
//!
//! This is the only place that decides what belongs together: a keystroke joins the newest hunk when
//! it is in the same file, touches its lines or the line next to them, comes soon after and leaves the
//! hunk small. Only the newest hunk can grow, so everything outside it is as it was when it began, and
//! no older text need be kept. What is typed and taken back leaves no hunk.
//!
//! Everything is bounded: the number of hunks, the text of each, and the work for a keystroke.

use std::{collections::VecDeque, fmt, ops::Range, sync::Arc, time::Duration};

use il_text::{Edit, Text, map_range};

/// Hunks kept; the oldest goes first.
const HUNKS: usize = 32;
/// Text kept of each side of a hunk.
const SIDE_BYTES: usize = 4 << 10;
/// A hunk stops growing here.
const GROWN_LINES: usize = 40;
/// A longer pause starts a new hunk.
const PAUSE: Duration = Duration::from_secs(10);

/// One hunk: lines of a file before and after keystrokes that belong together.
#[derive(Clone, PartialEq, Eq)]
pub struct RecentEdit {
    /// Which document.
    pub path: Arc<str>,
    /// Where the new lines are, in bytes, in the newest text of the document; moves with later edits.
    pub range: Range<usize>,
    /// How many bytes the old lines had.
    pub old_len: usize,
    /// How many bytes the new lines have.
    pub new_len: usize,
    /// The old lines, whole, with their breaks; cut when longer than a few kilobytes.
    pub old: Arc<str>,
    /// The new lines, likewise.
    pub new: Arc<str>,
    /// When it began.
    pub began: Duration,
    /// The latest keystroke in it.
    pub ended: Duration,
}

impl RecentEdit {
    /// Whether `old` or `new` is only the beginning of it.
    pub fn is_cut(&self) -> bool {
        self.old.len() < self.old_len || self.new.len() < self.new_len
    }

    /// The lines that differ, as a diff prints them: the old behind `-`, then the new behind `+`.
    pub fn diff(&self) -> String {
        let old: Vec<&str> = self.old.lines().collect();
        let new: Vec<&str> = self.new.lines().collect();
        let above = same(old.iter(), new.iter());
        let below = same(old[above..].iter().rev(), new[above..].iter().rev());
        let changed = |side: &[&str], sign: char| -> String {
            let lines = &side[above..side.len() - below];
            lines.iter().map(|line| format!("{sign}{line}\n")).collect()
        };
        changed(&old, '-') + &changed(&new, '+')
    }
}

/// How many items two sequences have in common at their start.
fn same<'a>(a: impl Iterator<Item = &'a &'a str>, b: impl Iterator<Item = &'a &'a str>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

/// Never the lines: source code must not reach a log by accident.
impl fmt::Debug for RecentEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, range) = (&self.path, &self.range);
        let (old, new) = (self.old_len, self.new_len);
        write!(
            f,
            "RecentEdit({path} {range:?}, <{old} bytes> -> <{new} bytes>)"
        )
    }
}

/// The newest hunks, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecentEdits {
    hunks: VecDeque<RecentEdit>,
}

impl RecentEdits {
    /// Oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &RecentEdit> {
        self.hunks.iter()
    }

    /// `edit` made `after` of `before` in the document at `path`.
    pub(crate) fn record(
        &mut self,
        path: &Arc<str>,
        before: &Text,
        after: &Text,
        edit: &Edit,
        now: Duration,
    ) {
        if edit.is_empty() {
            return;
        }
        let grown = self.take_growing(path, before, edit, now);
        self.map_through(path, edit);
        let hunk = match grown {
            Some(hunk) => hunk,
            None => begin(path, before, edit, now),
        };
        self.push(extend(hunk, before, after, edit, now));
    }

    /// The newest hunk, taken out, if `edit` belongs to it.
    fn take_growing(
        &mut self,
        path: &Arc<str>,
        before: &Text,
        edit: &Edit,
        now: Duration,
    ) -> Option<RecentEdit> {
        let newest = self.hunks.back()?;
        let belongs = newest.path == *path
            && !newest.is_cut()
            && now.saturating_sub(newest.ended) <= PAUSE
            && is_near(before, &newest.range, &edit.range)
            && is_small(before, &newest.range, edit);
        if belongs { self.hunks.pop_back() } else { None }
    }

    fn map_through(&mut self, path: &Arc<str>, edit: &Edit) {
        for hunk in self.hunks.iter_mut().filter(|hunk| hunk.path == *path) {
            hunk.range = map_range(hunk.range.clone(), std::slice::from_ref(edit));
        }
    }

    fn push(&mut self, hunk: RecentEdit) {
        let is_undone = hunk.old == hunk.new && !hunk.is_cut();
        if is_undone {
            return;
        }
        if self.hunks.len() == HUNKS {
            self.hunks.pop_front();
        }
        self.hunks.push_back(hunk);
    }
}

/// The whole lines that `range` touches, breaks included.
fn lines_around(text: &Text, range: &Range<usize>) -> Range<usize> {
    let last = text.line_of(range.end);
    let end = text
        .line_range_with_break(last)
        .map_or(text.len(), |line| line.end);
    text.line_start(range.start)..end
}

fn hull(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    a.start.min(b.start)..a.end.max(b.end)
}

/// Whether `edit` touches the lines in `hunk` or the line next to them.
fn is_near(text: &Text, hunk: &Range<usize>, edit: &Range<usize>) -> bool {
    let first = text.line_of(hunk.start).saturating_sub(1);
    let past_last = text.line_of(hunk.end);
    text.line_of(edit.start) <= past_last && first <= text.line_of(edit.end)
}

/// Whether the lines of a hunk, with those that `edit` touches, are few enough to go on in one.
fn is_small(text: &Text, hunk: &Range<usize>, edit: &Edit) -> bool {
    let lines = hull(hunk, &lines_around(text, &edit.range));
    lines.len() + edit.insert.len() <= SIDE_BYTES
        && text.line_of(lines.end) - text.line_of(lines.start) <= GROWN_LINES
}

/// A hunk that holds the lines which `edit` touches, before it is made.
fn begin(path: &Arc<str>, before: &Text, edit: &Edit, now: Duration) -> RecentEdit {
    let range = lines_around(before, &edit.range);
    let lines = bounded(&before.slice(range.start..range.end.min(range.start + SIDE_BYTES)));
    RecentEdit {
        path: path.clone(),
        old_len: range.len(),
        new_len: range.len(),
        old: lines.clone(),
        new: lines,
        range,
        began: now,
        ended: now,
    }
}

/// `hunk` with `edit` made, and with the lines around it taken in.
fn extend(hunk: RecentEdit, before: &Text, after: &Text, edit: &Edit, now: Duration) -> RecentEdit {
    let has = hunk.range.clone();
    let lines = hull(&has, &touched(before, after, edit));
    let new = lines.start..lines.end - edit.range.len() + edit.insert.len();
    RecentEdit {
        old_len: hunk.old_len + lines.len() - has.len(),
        old: if hunk.is_cut() {
            hunk.old
        } else {
            let above = before.slice(lines.start..has.start);
            let below = before.slice(has.end..lines.end);
            bounded(&[&above, &*hunk.old, &below].concat())
        },
        new_len: new.len(),
        new: bounded(&after.slice(new.start..new.end.min(new.start + SIDE_BYTES))),
        range: new,
        ended: now,
        ..hunk
    }
}

/// The lines of `before` that `edit` touches there or in `after`: the two differ where it takes a CRLF
/// apart or makes one.
fn touched(before: &Text, after: &Text, edit: &Edit) -> Range<usize> {
    let there = lines_around(before, &edit.range);
    let here = lines_around(after, &edit.inserted());
    hull(
        &there,
        &(here.start..here.end - edit.insert.len() + edit.range.len()),
    )
}

fn bounded(side: &str) -> Arc<str> {
    side[..side.floor_char_boundary(SIDE_BYTES)].into()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::{Change, DocumentStore};

    /// Someone at work on two files.
    struct Session {
        store: DocumentStore,
        now: Duration,
        version: i32,
    }

    impl Session {
        fn new(text: &str) -> Self {
            let mut store = DocumentStore::new();
            for path in ["a.py", "b.py"] {
                store.open(path, 0, "python", Text::from(text), Duration::ZERO);
            }
            Self {
                store,
                now: Duration::ZERO,
                version: 0,
            }
        }

        fn edit(mut self, path: &str, edit: Edit) -> Self {
            self.version += 1;
            self.now += Duration::from_millis(100);
            self.store
                .change(path, self.version, &[Change::Edit(edit)], self.now)
                .unwrap();
            self
        }

        /// Puts the cursor behind `place` and types, a key at a time.
        fn type_behind(mut self, path: &str, place: &str, keys: &str) -> Self {
            let text = self.store.get(path).unwrap().text.contents();
            let at = text.find(place).unwrap() + place.len();
            for (offset, key) in keys.char_indices() {
                self = self.edit(path, Edit::insert(at + offset, key));
            }
            self
        }

        fn wait(mut self, time: Duration) -> Self {
            self.now += time;
            self
        }

        fn check(self, expected: &Expect) {
            let mut shown = String::new();
            for hunk in self.store.recent_edits() {
                let text = self.store.get(&hunk.path).unwrap().text;
                let line = text.line_of(hunk.range.start) + 1;
                let cut = if hunk.is_cut() { " cut" } else { "" };
                let lasted = (hunk.ended - hunk.began).as_millis();
                shown += &format!("{}:{line} {lasted} ms{cut}\n{}", hunk.path, hunk.diff());
            }
            expected.assert_eq(&shown);
        }
    }

    const FIVE: &str = "one\ntwo\nthree\nfour\nfive\n";

    #[test]
    fn keys_in_one_line_are_one_hunk() {
        Session::new(FIVE)
            .type_behind("a.py", "two", " = 2")
            .check(&expect![[r#"
                a.py:2 300 ms
                -two
                +two = 2
            "#]]);
    }

    #[test]
    fn new_lines_and_the_next_line_join_it() {
        Session::new(FIVE)
            .type_behind("a.py", "two", "\nx")
            .type_behind("a.py", "three", "!")
            .check(&expect![[r#"
                a.py:2 200 ms
                -three
                +x
                +three!
            "#]]);
    }

    #[test]
    fn a_place_far_off_or_another_file_is_another_hunk_and_moves_the_older_one() {
        Session::new(FIVE)
            .type_behind("a.py", "four", "4")
            .type_behind("b.py", "one", "1")
            .type_behind("a.py", "one", "\n1")
            .check(&expect![[r#"
                a.py:1 100 ms
                +1
                b.py:1 0 ms
                -one
                +one1
                a.py:5 0 ms
                -four
                +four4
            "#]]);
    }

    #[test]
    fn the_line_after_next_is_another_hunk_on_either_side() {
        for (far, near) in [("one", "two"), ("five", "four")] {
            let count = |place| {
                let session = Session::new(FIVE).type_behind("a.py", "three", "3");
                session
                    .type_behind("a.py", place, "!")
                    .store
                    .recent_edits()
                    .count()
            };
            assert_eq!((count(far), count(near)), (2, 1));
        }
    }

    #[test]
    fn a_long_pause_begins_a_new_hunk() {
        Session::new(FIVE)
            .type_behind("a.py", "two", "2")
            .wait(PAUSE)
            .type_behind("a.py", "two2", "2")
            .check(&expect![[r#"
                a.py:2 0 ms
                -two2
                +two22
                a.py:2 0 ms
                -two
                +two2
            "#]]);
    }

    #[test]
    fn what_is_typed_and_taken_back_is_no_hunk() {
        Session::new(FIVE)
            .type_behind("a.py", "two", "xy")
            .edit("a.py", Edit::delete(7..9))
            .check(&expect![""]);
    }

    #[test]
    fn lines_taken_out() {
        Session::new(FIVE)
            .edit("a.py", Edit::delete(4..14))
            .check(&expect![[r#"
                a.py:2 0 ms
                -two
                -three
            "#]]);
    }

    #[test]
    fn what_is_pasted_is_kept_up_to_its_bound() {
        let session = Session::new(FIVE).edit("a.py", Edit::insert(4, "é\n".repeat(1_000_000)));
        let hunk = session.store.recent_edits().next().unwrap();
        assert_eq!((hunk.old_len, hunk.new_len), (4, 3_000_004));
        assert!(hunk.is_cut() && hunk.new.len() <= SIDE_BYTES && hunk.new.len() > SIDE_BYTES - 4);
        let session = session.type_behind("a.py", "é", "!");
        assert_eq!(
            session.store.recent_edits().count(),
            2,
            "a cut hunk does not grow"
        );
    }

    #[test]
    fn a_hunk_whose_old_lines_are_cut_does_not_grow() {
        let session = Session::new(&"line\n".repeat(10_000)).edit("a.py", Edit::delete(5..50_000));
        let hunk = session.store.recent_edits().next().unwrap();
        assert_eq!(
            (hunk.old_len, hunk.old.len(), hunk.new_len),
            (49_995, SIDE_BYTES, 0)
        );
        let session = session.type_behind("a.py", "line", "!");
        assert_eq!(session.store.recent_edits().count(), 2);
    }

    #[test]
    fn a_hunk_beside_a_minified_line_does_not_take_it_in() {
        let minified = "x".repeat(1 << 20);
        let session = Session::new(&format!("one\n{minified}\n"))
            .type_behind("a.py", "one", "1")
            .type_behind("a.py", "one1\nx", "y");
        let sizes: Vec<_> = session
            .store
            .recent_edits()
            .map(|hunk| hunk.old.len())
            .collect();
        assert_eq!(sizes, [SIDE_BYTES, 4]);
    }

    #[test]
    fn hunks_stay_small_and_few() {
        let mut session = Session::new("");
        for _ in 0..GROWN_LINES * (HUNKS + 5) {
            let end = session.store.get("a.py").unwrap().text.len();
            session = session.edit("a.py", Edit::insert(end, "a line\n"));
        }
        let lines: Vec<_> = session
            .store
            .recent_edits()
            .map(|hunk| hunk.new.lines().count())
            .collect();
        assert_eq!(lines.len(), HUNKS);
        assert!(
            lines.iter().all(|&lines| lines <= GROWN_LINES + 1),
            "{lines:?}"
        );
    }

    #[test]
    fn debug_shows_sizes_and_no_text() {
        let session = Session::new(FIVE).type_behind("a.py", "two", "2");
        let shown = format!("{:?}", session.store);
        assert!(
            shown.contains("RecentEdit(a.py 4..9, <4 bytes> -> <5 bytes>)"),
            "{shown}"
        );
        assert!(!shown.contains("two"), "{shown}");
    }
}
