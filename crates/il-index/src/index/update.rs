//! Updates: what changed is read, analysed and made visible, a slice at a time.
//!
//! The one idea: a slice becomes a segment and is visible as soon as it is built, whole: the old copies of
//! its files die in the same step. Files that went away do so with the first slice, so a rename is one step.
//!
//! Deliberately absent: finding out what changed, merging, and the disk.

use std::sync::Arc;

use il_text::CancelToken;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Index, Source, Why,
    order::Turn,
    source::{self, Reading},
    state::Entry,
    work,
};
use crate::{
    analysis::{FileFacts, Stamp},
    segment::Segment,
};

/// The first slice has this part of a whole one, each further one four times as much as the one before: there
/// is something to search in soon.
const FIRST_SLICE: u64 = 16;
const GROWTH: u64 = 4;
/// Progress is told after this many files or bytes at the latest.
const PIECE_FILES: usize = 512;
const PIECE_BYTES: u64 = 4 << 20;

/// How far an update has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub files: usize,
    pub files_in_all: usize,
    pub bytes: u64,
    pub bytes_in_all: u64,
}

/// A file that is not in the index, or not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub path: String,
    pub why: Why,
}

/// What an update did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that are indexed now and were not, or not like this.
    pub files: usize,
    /// Files that are gone.
    pub removed: usize,
    /// Of the text of the indexed files.
    pub bytes: u64,
    pub chunks: usize,
    pub symbols: usize,
    pub skipped: Vec<Skipped>,
    /// It was told to stop; what is missing is found by the next scan.
    pub is_cancelled: bool,
}

/// One file of a slice, read.
enum Outcome {
    Facts(Box<FileFacts>, Option<Why>),
    Refused(Stamp, Why),
    Gone,
}

impl Index {
    /// Reads and indexes `changed` (with the stamps that they were seen with), forgets `removed`.
    ///
    /// Whoever searches meanwhile sees the files of finished slices as they are now and the others as they
    /// were. Updates run side by side, small ones on the thread that calls: a saved file does not wait for a
    /// branch switch. Not to be called from threads of a pool that others wait for.
    pub fn update(
        &self,
        changed: &[(String, Stamp)],
        removed: &[String],
        source: &dyn Source,
        progress: &dyn Fn(Progress),
        cancel: &CancelToken,
    ) -> Report {
        let turn = self.order.begin();
        let begun = self.order.moment();
        let mut report = Report::default();
        let mut changed: Vec<&(String, Stamp)> = changed.iter().collect();
        changed.sort_by(|a, b| a.0.cmp(&b.0));
        changed.dedup_by(|a, b| a.0 == b.0);
        let mut at = Progress {
            files_in_all: changed.len(),
            bytes_in_all: changed.iter().map(|it| it.1.size).sum(),
            ..Progress::default()
        };
        let mut gone: Vec<&str> = removed.iter().map(String::as_str).collect();
        let whole = self.options.slice_bytes;
        let mut bytes = whole / FIRST_SLICE / GROWTH;
        let sizes = std::iter::from_fn(|| {
            bytes = bytes.saturating_mul(GROWTH).clamp(1, whole);
            Some(bytes)
        });
        let slices = cut(&changed, usize::MAX, sizes);
        // Without a changed file there is still something to remove.
        let nothing = (changed.is_empty() && !gone.is_empty()).then_some(&[][..]);
        for slice in slices.chain(nothing) {
            let mut outcomes = Vec::with_capacity(slice.len());
            for piece in cut(slice, PIECE_FILES, std::iter::repeat(PIECE_BYTES)) {
                let read = |it: &&(String, Stamp)| {
                    let moment = self.order.moment();
                    let read = || (moment, self.read_and_analyse(source, &it.0));
                    (!cancel.is_cancelled()).then(read)
                };
                outcomes.extend(work::map(piece, read).into_iter().flatten());
                at.files += piece.len();
                at.bytes += piece.iter().map(|it| it.1.size).sum::<u64>();
                progress(at);
            }
            if cancel.is_cancelled() {
                report.is_cancelled = true;
                break;
            }
            let gone = std::mem::take(&mut gone).into_iter();
            let gone = gone.map(|path| (path, begun)).collect();
            self.replace(&turn, slice, gone, outcomes, &mut report);
        }
        report
    }

    fn read_and_analyse(&self, source: &dyn Source, path: &str) -> Outcome {
        match source::read(source, path, &self.options) {
            Reading::Gone => Outcome::Gone,
            Reading::Refused(stamp, why) => Outcome::Refused(stamp, why),
            Reading::Text(file, why) => {
                let stamp = file.stamp;
                match self.analysts.analyse(file) {
                    Some(facts) => Outcome::Facts(Box::new(facts), why),
                    None => Outcome::Refused(stamp, Why::Failed),
                }
            }
        }
    }

    /// Makes a slice visible in place of what was known of its files. `gone` and `outcomes` come with the
    /// moments that they are true of.
    fn replace(
        &self,
        turn: &Turn<'_>,
        slice: &[&(String, Stamp)],
        gone: FxHashMap<&str, u64>,
        outcomes: Vec<(u64, Outcome)>,
        report: &mut Report,
    ) {
        let before = self.state();
        let indexed = before.entries.iter();
        let mut count_removed = |path: &str| {
            let is_known = indexed.clone().any(|it| it.alive_file(path).is_some());
            report.removed += usize::from(is_known);
        };
        gone.keys().for_each(|path| count_removed(path));
        let mut moments = gone;
        let mut facts = Vec::with_capacity(outcomes.len());
        let mut refused = Vec::new();
        for ((path, _), (moment, outcome)) in slice.iter().zip(outcomes) {
            moments.insert(path, moment);
            let why = match outcome {
                Outcome::Gone => {
                    count_removed(path);
                    continue;
                }
                Outcome::Refused(stamp, why) => {
                    refused.push((path.clone(), stamp));
                    Some(why)
                }
                Outcome::Facts(file, why) => {
                    facts.push(*file);
                    why
                }
            };
            let path = path.clone();
            report.skipped.extend(why.map(|why| Skipped { path, why }));
        }
        let new = (!facts.is_empty()).then(|| self.entry_of(facts, report));
        self.publish(|state| {
            let (newest, overtaken): (FxHashSet<&str>, FxHashSet<&str>) = moments
                .keys()
                .partition(|path| turn.takes(path, moments[*path]));
            refused.retain(|it| newest.contains(it.0.as_str()));
            let new = new.and_then(|new| new.without(&overtaken));
            Some(state.replaced(&newest, refused, new))
        });
    }

    fn entry_of(&self, facts: Vec<FileFacts>, report: &mut Report) -> Entry {
        let segment = work::spread(facts.len(), || Segment::build(facts));
        let segment = Arc::new(segment);
        report.files += segment.file_count() as usize;
        report.bytes += segment.source_bytes();
        report.chunks += segment.chunk_count();
        report.symbols += segment.symbols().len();
        let entry = Entry::new(self.key(), segment);
        self.with_vectors(entry)
    }
}

/// Cuts a list where a piece has enough files or bytes.
fn cut<'a>(
    mut rest: &'a [&'a (String, Stamp)],
    files: usize,
    mut sizes: impl Iterator<Item = u64>,
) -> impl Iterator<Item = &'a [&'a (String, Stamp)]> {
    std::iter::from_fn(move || {
        let bytes = sizes.next()?;
        let mut sum = 0u64;
        let full = rest.iter().take(files).position(|it| {
            sum = sum.saturating_add(it.1.size);
            sum >= bytes
        });
        let len = full.map_or(files.min(rest.len()), |at| at + 1);
        let (piece, after) = rest.split_at(len);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}
