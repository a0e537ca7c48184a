//! BM25 over the chunks of a view.
//!
//! The one idea: weights and lengths count what is alive and nothing else, so a score depends on the files alone
//! and not on when which of them was indexed.
//!
//! Scores follow Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
//! the idf that is never negative.

use il_retrieval::{
    cursor::ChunkId,
    terms::{Word, idf},
};

use crate::{
    segment::{Postings, Segment},
    view::View,
    weights,
};

/// Which words of a chunk count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Words as they are written.
    Words,
    /// Stems and lower-case words, with names and paths.
    Terms,
}

impl Field {
    pub(crate) fn postings(self, segment: &Segment) -> &Postings {
        match self {
            Self::Words => segment.words(),
            Self::Terms => segment.terms(),
        }
    }
}

/// For code that looks like other code: how slowly more of a word counts less, and how much a longer chunk's do.
const K1: f32 = 1.5;
const B: f32 = 0.75;

/// What a word adds that is `count` times in a chunk of `length` times the mean.
fn bm25(count: u8, length: f32) -> f32 {
    let count = f32::from(count);
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length))
}

/// A chunk and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scored {
    pub(crate) chunk: ChunkId,
    pub(crate) score: f32,
}

impl View {
    /// In how many chunks that are alive a word is.
    pub(crate) fn frequency_of(&self, field: Field, word: Word) -> u32 {
        self.parts.iter().map(|it| it.frequency(field, word)).sum()
    }

    /// The best chunks for words that were weighed by how rare they are, best first; equal ones in order of path and
    /// line. `mean` is how many words a chunk has; `wanted` says for each file of each part whether it may be found.
    pub(crate) fn best(
        &self,
        field: Field,
        weighed: &[(Word, f32)],
        mean: f32,
        most: usize,
        wanted: &[Vec<bool>],
    ) -> Vec<Scored> {
        if most == 0 {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let rows = part.segment.chunks();
            let postings = field.postings(&part.segment);
            let mut scores = vec![0f32; rows.len()];
            for &(word, weight) in weighed {
                for posting in postings.of(word) {
                    let at = posting.chunk as usize;
                    scores[at] += weight
                        * match field {
                            Field::Words => bm25(posting.count, rows[at].words as f32 / mean),
                            Field::Terms => weights::saturated(posting.count),
                        };
                }
            }
            let files = &wanted[number];
            let scored = scores.iter().enumerate().filter(|it| *it.1 > 0.0);
            found.extend(scored.filter(|it| files[rows[it.0].file as usize]).map(
                |(chunk, &score)| Scored {
                    chunk: ChunkId {
                        part: number as u32,
                        chunk: chunk as u32,
                    },
                    score,
                },
            ));
        }
        self.keep_best(found, most)
    }

    /// The first `most` by score, then path and line.
    pub(crate) fn keep_best(&self, mut found: Vec<Scored>, most: usize) -> Vec<Scored> {
        let by_score = |a: &Scored, b: &Scored| b.score.total_cmp(&a.score);
        if found.len() > most {
            // Ties at the border are settled below: take them all in.
            found.select_nth_unstable_by(most - 1, by_score);
            let least = found[most - 1].score;
            let mut kept: Vec<Scored> = found
                .iter()
                .filter(|it| it.score >= least)
                .copied()
                .collect();
            std::mem::swap(&mut found, &mut kept);
        }
        found.sort_unstable_by(|a, b| {
            by_score(a, b).then_with(|| self.place_of(a).cmp(&self.place_of(b)))
        });
        found.truncate(most);
        found
    }

    fn place_of(&self, it: &Scored) -> (&str, u32) {
        let segment = &self.parts[it.chunk.part as usize].segment;
        let row = &segment.chunks()[it.chunk.chunk as usize];
        (segment.path(row.file), row.bytes[0])
    }
}

/// The words of a query that are in any of `chunks` chunks, each with its weight times how rare it is.
pub(crate) fn weighed(
    query: &[(Word, f32)],
    chunks: u64,
    frequency: impl Fn(Word) -> u32,
) -> Vec<(Word, f32)> {
    let words = query.iter().filter_map(|&(word, weight)| {
        let frequency = frequency(word);
        (frequency > 0).then(|| (word, weight * idf(chunks as f32, frequency as f32)))
    });
    words.collect()
}
