//! Copies of known code: runs of lexemes that a reference has in the same order.
//!
//! The one idea: a copy is not one fingerprint in common but all of a stretch. Fingerprints that follow one another and
//! come from one file of the reference, over as many lexemes as a copy of the wanted length must reach, are a copy; one
//! that is missed on the way was mended by hand.
//!
//! What the user's own buffer or repository has, is no copy, wherever else it may be found. A copy counts where the
//! suggestion has part in it, not where the buffer alone does.
//!
//! Deliberately absent: where references come from and how they are stored.

use std::{fmt, ops::Range, sync::Arc};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    candidate::{Candidate, tail},
    fingerprint::{self, Fingerprint, Grain},
    lexeme::{self, Lexeme},
};

/// Where a run of lexemes is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files<'a> {
    /// Nowhere.
    None,
    /// From so many files that it says nothing.
    Many,
    /// From these, by number, ascending.
    Some(&'a [u32]),
}

/// Whose a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `serde 1.0.228`.
    pub name: Arc<str>,
    /// An SPDX expression; `NOASSERTION` where nobody could tell.
    pub licence: Arc<str>,
    /// Inside of what has that name.
    pub path: Arc<str>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            licence,
            path,
        } = self;
        write!(f, "{name}, {path} ({licence})")
    }
}

/// Code that is known.
pub trait Reference: fmt::Debug + Send + Sync {
    fn grain(&self) -> Grain;

    fn files(&self, key: u64) -> Files<'_>;

    fn origin(&self, file: u32) -> Origin;
}

/// Whether somebody has a text already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    Yes,
    No,
    /// It is being found out.
    NotYet,
}

/// The user's own code.
pub trait Own: fmt::Debug + Send + Sync {
    /// Whether most of these runs are in it. Must not wait.
    fn holds(&self, keys: &[u64], grain: Grain) -> Holding;
}

/// Nobody's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Own for Nothing {
    fn holds(&self, _: &[u64], _: Grain) -> Holding {
        Holding::No
    }
}

/// A stretch of a text that a file of a reference has, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Number of the file in its reference.
    pub file: u32,
    /// Lexemes, from the first of the first run in common to the last of the last one.
    pub lexemes: Range<usize>,
    /// The runs in common.
    pub common: Vec<Fingerprint>,
}

/// Missed one after another at most.
const MOST_MISSED: usize = 2;

/// The stretches of a text that are copies of at least so many lexemes, the longest of each place first.
///
/// How far a copy goes is known between two bounds: from its first run in common to its last, and up to where the next
/// runs on both sides, which are not in common, would be complete. It is one if it can be as long as is asked for.
pub fn stretches(reference: &dyn Reference, lexemes: &[Lexeme], least: usize) -> Vec<Stretch> {
    let grain = reference.grain();
    if lexemes.len() < least {
        return Vec::new();
    }
    // The runs that say something: those that everybody has tell neither for nor against.
    let runs: Vec<(Fingerprint, &[u32])> = fingerprint::of(lexemes, grain)
        .into_iter()
        .filter_map(|found| match reference.files(found.key) {
            Files::Many => None,
            Files::None => Some((found, &[][..])),
            Files::Some(files) => Some((found, files)),
        })
        .collect();
    // Numbers of runs, by file.
    let mut hits: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
    for (n, (_, files)) in runs.iter().enumerate() {
        for &file in *files {
            hits.entry(file).or_default().push(n);
        }
    }
    let mut done: Vec<Stretch> = Vec::new();
    for (file, hits) in hits {
        for hits in hits.chunk_by(|a, b| b - a <= MOST_MISSED + 1) {
            let (first, last) = (hits[0], hits[hits.len() - 1]);
            let lexemes_in = runs[first].0.at..runs[last].0.at + grain.run;
            let start = match first.checked_sub(1) {
                Some(before) => runs[before].0.at + 1,
                None => 0,
            };
            let end = match runs.get(last + 1) {
                Some((after, _)) => after.at + grain.run - 1,
                None => lexemes.len(),
            };
            let mostly = hits.len() * 5 >= (last - first + 1) * 3;
            let long = lexemes_in.len() >= grain.least_reach(least) && end - start >= least;
            if hits.len() >= 2 && mostly && long {
                done.push(Stretch {
                    file,
                    lexemes: lexemes_in,
                    common: hits.iter().map(|&n| runs[n].0).collect(),
                });
            }
        }
    }
    done.sort_by_key(|it| {
        (
            std::cmp::Reverse(it.lexemes.len()),
            it.lexemes.start,
            it.file,
        )
    });
    done
}

/// A copy that a suggestion would make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Bytes of the suggestion.
    pub range: Range<usize>,
    /// So many lexemes at least, with what stands in the buffer.
    pub lexemes: usize,
    /// Every place that it may be from, by number of reference and file.
    pub origins: Vec<Origin>,
    /// It may be the user's own: that is being found out.
    pub perhaps_own: bool,
}

/// Of the buffer before the cursor so many bytes are read.
const BEFORE: usize = 2 << 10;
/// A suggestion has part in a copy with so many lexemes, or all that it has.
const PART: usize = 5;
/// Origins that are named at most.
const MOST_ORIGINS: usize = 8;

/// The longest copy that a suggestion would make or go on with.
pub(crate) fn find(
    references: &[Arc<dyn Reference>],
    own: &dyn Own,
    candidate: &Candidate<'_>,
    least: usize,
) -> Option<Copied> {
    let language = lexeme::of_language(candidate.language);
    let mut before = tail(candidate.before, BEFORE);
    if before.len() < candidate.before.len() {
        before = before.split_once('\n').map_or("", |(_, rest)| rest);
    }
    let joined = [before, candidate.text].concat();
    let lexemes = language.read(&joined);
    // The first lexeme of the suggestion; what the user began belongs to it.
    let first = lexemes.partition_point(|it| it.end as usize <= before.len());
    let part = PART.min(lexemes.len() - first);
    if part == 0 {
        return None;
    }
    let start = first.saturating_sub(2 * least);
    let lexemes = &lexemes[start..];
    let first = first - start;
    let mut best: Option<Copied> = None;
    for reference in references {
        let found = stretches(&**reference, lexemes, least);
        let found: Vec<&Stretch> = found
            .iter()
            .filter(|it| it.lexemes.end >= first + part)
            .collect();
        let Some(longest) = found.first() else {
            continue;
        };
        let longer = best
            .as_ref()
            .is_none_or(|best| longest.lexemes.len() > best.lexemes);
        if !longer {
            continue;
        }
        let grain = reference.grain();
        let new: Vec<u64> = longest
            .common
            .iter()
            .filter(|it| it.at + grain.run > first)
            .map(|it| it.key)
            .collect();
        if buffer_holds(candidate, language, grain, &new) {
            continue;
        }
        let perhaps_own = match own.holds(&new, grain) {
            Holding::Yes => continue,
            Holding::No => false,
            Holding::NotYet => true,
        };
        let from = lexemes[longest.lexemes.start.max(first)].start as usize;
        let to = lexemes[longest.lexemes.end - 1].end as usize;
        let same = found
            .iter()
            .filter(|it| it.lexemes.len() == longest.lexemes.len());
        best = Some(Copied {
            range: from.saturating_sub(before.len())..to.saturating_sub(before.len()),
            lexemes: longest.lexemes.len(),
            origins: same
                .take(MOST_ORIGINS)
                .map(|it| reference.origin(it.file))
                .collect(),
            perhaps_own,
        });
    }
    best
}

/// So much of the buffer is looked at for what the user has already, on either side.
const AROUND: usize = 64 << 10;

fn buffer_holds(
    candidate: &Candidate<'_>,
    language: &lexeme::Lexemes,
    grain: Grain,
    keys: &[u64],
) -> bool {
    let before = tail(candidate.before, AROUND);
    let mut end = candidate.after.len().min(AROUND);
    while !candidate.after.is_char_boundary(end) {
        end -= 1;
    }
    [before, &candidate.after[..end]].iter().any(|part| {
        let known: FxHashSet<u64> = fingerprint::of(&language.read(part), grain)
            .iter()
            .map(|it| it.key)
            .collect();
        mostly(keys, |key| known.contains(&key))
    })
}

/// Whether most of them are known: a copy that was changed here and there is still the same code.
pub fn mostly(keys: &[u64], known: impl Fn(u64) -> bool) -> bool {
    let held = keys.iter().filter(|key| known(**key)).count();
    !keys.is_empty() && held * 5 >= keys.len() * 3
}
