//! Whether the chain is whole.
//!
//! The one idea: every line is judged by itself first, then its place: what is missing is told apart from what was changed,
//! put in, doubled or moved, so that the answer says what happened and not only that something did.
//!
//! Deliberately absent: files.

use std::fmt;

use crate::{
    Event, Head,
    chain::{self, Link},
    disk::Kept,
};

/// A line of a file.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The name of its file, and its number in it.
    pub(crate) place: (String, usize),
    /// `None` for one that is no record.
    pub(crate) link: Option<Link>,
    /// It has its line end.
    pub(crate) is_whole: bool,
    /// Bytes of the file up to its end.
    pub(crate) end: usize,
}

/// The lines of a file.
pub(crate) fn lines(file: &str, bytes: &[u8]) -> impl Iterator<Item = Line> {
    let mut end = 0;
    let pieces = bytes.split_inclusive(|it| *it == b'\n').enumerate();
    pieces.map(move |(number, piece)| {
        end += piece.len();
        let line = piece.strip_suffix(b"\n");
        Line {
            place: (file.to_owned(), number + 1),
            link: chain::open(line.unwrap_or(piece)),
            is_whole: line.is_some(),
            end,
        }
    })
}

/// Something is not as it was written. Places are file and line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A line is no record.
    NoRecord(String, usize),
    /// The last line has no end: a crash, or a hand.
    Torn(String, usize),
    /// The record says something else than when it was written.
    Changed { seq: u64, file: String, line: usize },
    /// A second record of one number.
    Doubled { seq: u64, file: String, line: usize },
    /// The record stands before one that was written earlier.
    Moved { seq: u64, file: String, line: usize },
    /// The record does not follow the one before it: one of both was written anew.
    Unlinked { seq: u64, file: String, line: usize },
    /// Records are gone.
    Missing { from: u64, to: u64 },
    /// Records are gone from the beginning, and nothing says why.
    NoBeginning { from: u64, to: u64 },
    /// Records are gone from the end.
    CutOff { from: u64, to: u64 },
    /// The file that says how long the log is is gone or damaged, so nothing is known of its end.
    NoHead,
    /// The last record is not the one that was written last.
    OtherHead { seq: u64 },
    /// The record that was kept elsewhere is another one, or gone.
    NotAsKept { seq: u64 },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records = |from: &u64, to: &u64| match from == to {
            true => format!("record {from} is"),
            false => format!("records {from} to {to} are"),
        };
        match self {
            Self::NoRecord(file, line) => write!(f, "{file}:{line}: this line is no record"),
            Self::Torn(file, line) => write!(f, "{file}:{line}: this line is cut off"),
            Self::Changed { seq, file, line } => {
                write!(f, "{file}:{line}: record {seq} was changed")
            }
            Self::Doubled { seq, file, line } => {
                write!(f, "{file}:{line}: a second record {seq} was put in")
            }
            Self::Moved { seq, file, line } => write!(
                f,
                "{file}:{line}: record {seq} stands after a later one: it was moved or put in"
            ),
            Self::Unlinked { seq, file, line } => write!(
                f,
                "{file}:{line}: record {seq} does not follow the one before it: one of both was written anew"
            ),
            Self::Missing { from, to } => write!(f, "{} missing", records(from, to)),
            Self::NoBeginning { from, to } => write!(
                f,
                "{} missing from the beginning, and no record says that they were dropped",
                records(from, to)
            ),
            Self::CutOff { from, to } => write!(f, "{} missing at the end", records(from, to)),
            Self::NoHead => {
                f.write_str("the head file is gone or damaged: records may be missing at the end")
            }
            Self::OtherHead { seq } => {
                write!(f, "record {seq} is not the one that was written last")
            }
            Self::NotAsKept { seq } => write!(
                f,
                "record {seq} is not the one whose head you kept: the log was written anew, or cut off before it"
            ),
        }
    }
}

/// What verifying found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub records: u64,
    /// The number of the first one that is there; 0 where there is none.
    pub first: u64,
    pub head: Head,
    pub problems: Vec<Problem>,
    /// Files with what crashes left.
    pub put_aside: Vec<String>,
}

/// Judges all lines, in the order of the files. `kept` is the head beside them, `Some(None)` a damaged one.
pub(crate) fn verify(
    lines: &[Line],
    kept: Option<&Option<Kept>>,
    elsewhere: Option<&Head>,
) -> Verdict {
    let mut problems = Vec::new();
    let mut records: Vec<(&Link, &(String, usize))> = Vec::new();
    let mut latest = 0;
    for (at, line) in lines.iter().enumerate() {
        let (file, number) = line.place.clone();
        let Some(link) = &line.link else {
            problems.push(match line.is_whole || at + 1 < lines.len() {
                true => Problem::NoRecord(file, number),
                false => Problem::Torn(file, number),
            });
            continue;
        };
        let seq = link.seq;
        if !link.is_intact {
            let line = number;
            problems.push(Problem::Changed { seq, file, line });
        } else if seq < latest {
            let line = number;
            problems.push(Problem::Moved { seq, file, line });
        }
        latest = latest.max(seq);
        records.push((link, &line.place));
    }
    // In the order in which they were written; of two of one number the intact one counts, and of two such the first.
    records.sort_by_key(|(link, _)| (link.seq, !link.is_intact));
    records.dedup_by(|later, first| {
        let is_doubled = later.0.seq == first.0.seq;
        if is_doubled {
            let (file, line) = later.1.clone();
            let seq = later.0.seq;
            let doubled = Problem::Doubled { seq, file, line };
            problems.retain(|it| {
                !matches!(it, Problem::Moved { seq: s, file, line }
                if *s == seq && (file, line) == (&later.1.0, &later.1.1))
            });
            problems.push(doubled);
        }
        is_doubled
    });
    for pair in records.windows(2) {
        let ((before, _), (link, (file, line))) = (pair[0], pair[1]);
        if link.seq > before.seq + 1 {
            problems.push(Problem::Missing {
                from: before.seq + 1,
                to: link.seq - 1,
            });
        } else if link.prev != before.hash && link.is_intact {
            problems.push(Problem::Unlinked {
                seq: link.seq,
                file: file.clone(),
                line: *line,
            });
        }
    }
    let (first, head) = match (records.first(), records.last()) {
        (Some((first, _)), Some((last, _))) => {
            problems.extend(beginning(first, &records));
            (first.seq, last.head())
        }
        _ => (0, Head::default()),
    };
    problems.extend(ending(&head, kept));
    problems.extend(elsewhere.and_then(|it| kept_elsewhere(it, first, &records)));
    Verdict {
        records: records.len() as u64,
        first,
        head,
        problems,
        put_aside: Vec::new(),
    }
}

/// What is wrong with where the chain begins.
fn beginning(first: &Link, records: &[(&Link, &(String, usize))]) -> Option<Problem> {
    let is_anchored = |link: &Link| match &link.event {
        Event::Dropped(it) => link.is_intact && it.until + 1 == first.seq && it.last == first.prev,
        _ => false,
    };
    let begins = first.seq == 1 && first.prev == chain::BEGINNING;
    if begins || records.iter().any(|it| is_anchored(it.0)) {
        return None;
    }
    Some(Problem::NoBeginning {
        from: 1,
        to: first.seq.saturating_sub(1).max(1),
    })
}

/// What is wrong with where it ends.
fn ending(head: &Head, kept: Option<&Option<Kept>>) -> Option<Problem> {
    let Some(Some(kept)) = kept else {
        return (head.seq > 0 || kept.is_some()).then_some(Problem::NoHead);
    };
    let kept = &kept.head;
    if kept.seq > head.seq {
        return Some(Problem::CutOff {
            from: head.seq + 1,
            to: kept.seq,
        });
    }
    // A writer that crashed between record and head leaves a record more than the head says, which is none of a problem.
    (kept.seq == head.seq && kept.hash != head.hash).then_some(Problem::OtherHead { seq: head.seq })
}

/// Whether the record of a head that was kept elsewhere is still the one it was; unknown where it was dropped since.
fn kept_elsewhere(
    head: &Head,
    first: u64,
    records: &[(&Link, &(String, usize))],
) -> Option<Problem> {
    let is_same = match records.binary_search_by_key(&head.seq, |it| it.0.seq) {
        Ok(at) => records[at].0.head() == *head && records[at].0.is_intact,
        // What the first record follows is the last one that was dropped.
        Err(0) if head.seq + 1 == first => records[0].0.prev == head.hash,
        Err(_) => head.seq == 0 || head.seq < first,
    };
    (!is_same).then_some(Problem::NotAsKept { seq: head.seq })
}

#[cfg(test)]
mod tests;
