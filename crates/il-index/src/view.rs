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

use il_retrieval::{EmbedError, Embedder, Purpose, terms::Word};
use il_text::CancelToken;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::{
    analysis::{Analyst, SourceFile, Stamp},
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

/// So many files are analysed once more, to know what is gone with them, before all postings are walked.
const FEW: usize = 16;

/// In how many chunks of dead files each word and term is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Gone {
    words: FxHashMap<Word, u32>,
    terms: FxHashMap<Word, u32>,
}

impl Gone {
    /// A file more: its text says what it once brought.
    fn add(&mut self, segment: &Segment, file: u32) {
        let facts = Analyst::new().analyse(SourceFile {
            path: segment.path(file).to_owned(),
            stamp: Stamp::default(),
            text: segment.text(file),
        });
        for chunk in &facts.chunks {
            for (word, _) in &chunk.words {
                *self.words.entry(*word).or_default() += 1;
            }
            for (term, _) in &chunk.terms {
                *self.terms.entry(*term).or_default() += 1;
            }
        }
    }
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
        self.gone = self
            .gone_with(&dead)
            .map_or_else(Arc::default, |it| Arc::new(it.into()));
        self.has_dead = dead.contains(&true);
        self.dead = dead.into();
    }

    /// What is gone when a few more files are dead; nothing when it is quicker to count all postings anew.
    fn gone_with(&self, dead: &[bool]) -> Option<Gone> {
        let mut gone = match self.gone.get() {
            Some(known) => known.clone(),
            None if !self.has_dead => Gone::default(),
            None => return None,
        };
        let both = self.dead.iter().zip(dead);
        let changed: Vec<u32> = both
            .enumerate()
            .filter(|(_, (before, now))| before != now)
            .map(|it| it.0 as u32)
            .collect();
        if changed.len() > FEW || changed.iter().any(|&file| self.dead[file as usize]) {
            return None;
        }
        for file in changed {
            gone.add(&self.segment, file);
        }
        Some(gone)
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

    /// An index of these files alone, in memory; searched by meaning where there is an embedder.
    pub fn of(files: Vec<SourceFile>, embedder: Option<&dyn Embedder>) -> Result<Self, EmbedError> {
        let facts = files
            .into_par_iter()
            .map_init(Analyst::new, |analyst, it| analyst.analyse(it));
        let mut part = Part::new(Arc::new(Segment::build(facts.collect())));
        if let Some(embedder) = embedder {
            part.vectors = Some(Arc::new(vectors(&part.segment, embedder)?));
        }
        Ok(Self::new(vec![part]))
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
            }
            totals
        })
    }
}

/// The vectors of all chunks of a segment.
fn vectors(segment: &Segment, embedder: &dyn Embedder) -> Result<Vectors, EmbedError> {
    let mut vectors: Option<Vectors> = None;
    for (file, _, _) in segment.files() {
        let passages = segment.passages(file);
        let texts: Vec<&str> = passages.iter().map(String::as_str).collect();
        let rows = embedder.embed(Purpose::Passage, &texts, &CancelToken::new())?;
        for row in rows {
            vectors
                .get_or_insert_with(|| Vectors::new(embedder.model(), row.len()))
                .push(&row);
        }
    }
    Ok(vectors.unwrap_or_else(|| Vectors::new(embedder.model(), 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: path.into(),
            stamp: Stamp::default(),
            text: text.into(),
        }
    }

    #[test]
    fn what_is_gone_is_the_same_by_file_and_by_postings() {
        let files = (0..6).map(|n| {
            file(
                &format!("m{n}.py"),
                &format!("def f{n}(a):\n    return a + b{n}\n"),
            )
        });
        let view = View::of(files.collect(), None).expect("no embedder");
        let mut step = view.parts[0].clone();
        let mut dead = vec![false; 6];
        for at in [1, 4] {
            dead[at] = true;
            step.bury(dead.clone());
        }
        let by_file = step
            .gone
            .get()
            .expect("a few files are counted at once")
            .clone();
        step.gone = Arc::default();
        assert_eq!(&by_file, step.gone());
        assert_eq!(step.frequency(Field::Words, Word::of("return")), 4);
        assert_eq!(step.frequency(Field::Words, Word::of("b4")), 0);
    }
}
