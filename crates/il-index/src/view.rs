//! A view: what is asked, as it was at one moment.
//!
//! The one idea: a view is a list of segments with the files of each that are alive; taking one costs a pointer,
//! and who holds one is never in the way of updates. A path is alive in one segment at most.
//!
//! Deliberately absent: how segments come and go.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use il_retrieval::terms::Word;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::{
    analysis::{Analyst, SourceFile},
    graph::Graph,
    ranked::Field,
    segment::{ChunkRow, Segment, Vectors},
};

/// A segment, and what of it counts.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) segment: Arc<Segment>,
    /// For each file whether it is dead: changed or removed since.
    dead: Arc<[bool]>,
    has_dead: bool,
    pub(crate) vectors: Option<Arc<Vectors>>,
    gone: Arc<OnceLock<Gone>>,
}

/// In how many chunks of dead files each word and term is.
#[derive(Default)]
struct Gone {
    words: FxHashMap<Word, u32>,
    terms: FxHashMap<Word, u32>,
}

impl Part {
    pub(crate) fn new(segment: Arc<Segment>) -> Self {
        let dead = vec![false; segment.file_count() as usize].into();
        Self {
            segment,
            dead,
            has_dead: false,
            vectors: None,
            gone: Arc::default(),
        }
    }

    pub(crate) fn dead(&self) -> &[bool] {
        &self.dead
    }

    /// Says anew which files are dead.
    pub(crate) fn bury(&mut self, dead: Vec<bool>) {
        self.has_dead = dead.contains(&true);
        self.dead = dead.into();
        self.gone = Arc::default();
    }

    /// In how many chunks that are alive a word is.
    pub(crate) fn frequency(&self, field: Field, word: Word) -> u32 {
        let all = field.postings(&self.segment).frequency(word);
        if all == 0 || !self.has_dead {
            return all;
        }
        let gone = self.gone();
        let gone = match field {
            Field::Words => &gone.words,
            Field::Terms => &gone.terms,
        };
        all - gone.get(&word).copied().unwrap_or(0)
    }

    fn gone(&self) -> &Gone {
        self.gone.get_or_init(|| {
            let chunks = self.segment.chunks();
            let is_gone = |chunk: u32| !self.is_alive(chunks[chunk as usize].file);
            Gone {
                words: self.segment.words().gone(is_gone),
                terms: self.segment.terms().gone(is_gone),
            }
        })
    }

    pub(crate) fn is_alive(&self, file: u32) -> bool {
        !self.dead[file as usize]
    }
}

/// What the index knew at one moment.
#[derive(Clone, Default)]
pub struct View {
    pub(crate) parts: Arc<[Part]>,
    totals: Arc<OnceLock<Totals>>,
    graph: Arc<OnceLock<Graph>>,
}

/// What all that is alive adds up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) chunks: u64,
    pub(crate) words: u64,
    pub(crate) terms: u64,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View({} segments)", self.parts.len())
    }
}

/// A file of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileAt {
    pub(crate) part: u32,
    pub(crate) file: u32,
}

impl View {
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        Self {
            parts: parts.into(),
            totals: Arc::default(),
            graph: Arc::default(),
        }
    }

    /// An index of these files alone, in memory.
    pub fn of(files: Vec<SourceFile>) -> Self {
        let facts = files
            .into_par_iter()
            .map_init(Analyst::new, |analyst, it| analyst.analyse(it));
        let segment = Segment::build(facts.collect());
        Self::new(vec![Part::new(Arc::new(segment))])
    }

    /// The paths of all files, in order.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self
            .parts
            .iter()
            .flat_map(|part| {
                let files = part.segment.files().filter(|it| part.is_alive(it.0));
                files.map(|it| it.1.to_owned())
            })
            .collect();
        paths.sort_unstable();
        paths
    }

    /// The text of a file, as it was when it was indexed.
    pub fn text(&self, path: &str) -> Option<String> {
        let at = self.find(path)?;
        Some(self.parts[at.part as usize].segment.text(at.file))
    }

    pub(crate) fn find(&self, path: &str) -> Option<FileAt> {
        self.parts.iter().enumerate().find_map(|(number, part)| {
            let file = part.segment.find(path)?;
            part.is_alive(file).then_some(FileAt {
                part: number as u32,
                file,
            })
        })
    }

    /// Every chunk that is alive, with the number of its part and its own.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = (u32, u32, &ChunkRow)> {
        self.parts.iter().enumerate().flat_map(|(number, part)| {
            let chunks = part.segment.chunks().iter().enumerate();
            chunks
                .filter(|it| part.is_alive(it.1.file))
                .map(move |(at, chunk)| (number as u32, at as u32, chunk))
        })
    }

    /// The import graph; made when it is first asked for.
    pub(crate) fn graph(&self, make: impl FnOnce() -> Graph) -> &Graph {
        self.graph.get_or_init(make)
    }

    pub(crate) fn totals(&self) -> Totals {
        *self.totals.get_or_init(|| {
            let mut totals = Totals::default();
            for (_, _, chunk) in self.chunks() {
                totals.chunks += 1;
                totals.words += u64::from(chunk.words);
                totals.terms += u64::from(chunk.terms);
            }
            totals
        })
    }
}
