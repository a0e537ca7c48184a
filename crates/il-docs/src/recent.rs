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

/// Whether the lines of a hunk are few enough to grow by `edit`.
fn is_small(text: &Text, lines: &Range<usize>, edit: &Edit) -> bool {
    lines.len() + edit.range.len() + edit.insert.len() <= SIDE_BYTES
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
