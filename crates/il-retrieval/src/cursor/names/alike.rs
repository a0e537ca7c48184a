//! Code that looks like what is around the cursor, and what it says of each word in it.

use rustc_hash::FxHashMap;

use crate::{
    cursor::{ChunkId, Corpus, CursorQuery, nearby::Nearby},
    terms::{self, Word},
};

/// How many chunks are looked at.
const CHUNKS: usize = 64;
/// How many lines around a line count as near it.
const NEAR: usize = 4;

/// What similar code says of a word.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Say {
    /// The weight of the chunks that hold it.
    pub(crate) weight: f32,
    /// How early the first of these chunks stands.
    pub(crate) first: f32,
    /// How alike the lines around it are, at best.
    pub(crate) local: f32,
    /// How alike the line before it and the line before the cursor are, at best.
    pub(crate) next: f32,
}

/// A chunk that looks like what is around the cursor.
pub(crate) struct AlikeChunk {
    pub(crate) path: String,
    /// The line that it begins at, 0-based.
    pub(crate) line: u32,
    pub(crate) text: String,
}

pub(crate) struct Alike {
    pub(crate) chunks: Vec<AlikeChunk>,
    pub(crate) words: FxHashMap<Word, Say>,
}

impl Alike {
    pub(crate) fn of(corpus: &dyn Corpus, query: &CursorQuery<'_>, nearby: &Nearby<'_>) -> Self {
        let similar = corpus.similar(&nearby.query, CHUNKS);
        let top = similar.first().map_or(1.0, |it| it.score.max(1e-6));
        let ids: Vec<ChunkId> = similar.iter().map(|it| it.chunk).collect();
        let weights = Weights::of(corpus, nearby, query);
        let mut alike = Self {
            chunks: Vec::new(),
            words: FxHashMap::default(),
        };
        let mut total = 0.0;
        corpus.read(&ids, &mut |rank, path, line, text| {
            let share = similar[rank].score / top;
            let weight = share * share;
            total += weight;
            alike.read(rank, weight, &weights, path, line, text);
        });
        for say in alike.words.values_mut() {
            say.weight /= f32::max(total, 1e-6);
        }
        alike
    }

    fn read(
        &mut self,
        rank: usize,
        weight: f32,
        weights: &Weights,
        path: &str,
        line: u32,
        text: &str,
    ) {
        let words: Vec<Vec<Word>> = text.lines().map(words_of).collect();
        let lines = weights.around(&words);
        let next = weights.next(&words);
        let mut seen: FxHashMap<Word, (f32, f32)> = FxHashMap::default();
        for (n, words) in words.iter().enumerate() {
            for &word in words {
                let known = seen.entry(word).or_default();
                known.0 = known.0.max(lines[n]);
                known.1 = known.1.max(next[n]);
            }
        }
        for (word, (local, next)) in seen {
            let say = self.words.entry(word).or_default();
            say.weight += weight;
            say.first = say.first.max(1.0 / (1.0 + rank as f32));
            say.local = say.local.max(local);
            say.next = say.next.max(next);
        }
        self.chunks.push(AlikeChunk {
            path: path.to_owned(),
            line,
            text: text.to_owned(),
        });
    }
}

/// The identifiers of a line, each once.
pub(crate) fn words_of(line: &str) -> Vec<Word> {
    let words = terms::words(line).filter(|it| terms::is_identifier(it.1));
    let mut words: Vec<Word> = words.map(|it| Word::of(it.1)).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// How much each word around the cursor weighs, and the words of the last line before it.
struct Weights {
    words: FxHashMap<Word, f32>,
    total: f32,
    last: Vec<Vec<Word>>,
}

impl Weights {
    fn of(corpus: &dyn Corpus, nearby: &Nearby<'_>, query: &CursorQuery<'_>) -> Self {
        let chunks = corpus.chunk_count() as f32;
        let weigh = |&(word, weight): &(Word, f32)| {
            let frequency = corpus.frequency(word) as f32;
            (frequency > 0.0).then(|| (word, weight.min(1.0) * terms::idf(chunks, frequency)))
        };
        let words: FxHashMap<Word, f32> = nearby.query.iter().filter_map(weigh).collect();
        let total = words.values().sum::<f32>().max(1e-6);
        let prefix = &query.text[..query.cursor];
        let code = prefix.lines().rev().filter(|it| !it.trim().is_empty());
        Self {
            words,
            total,
            last: code
                .take(2)
                .map(words_of)
                .filter(|it| !it.is_empty())
                .collect(),
        }
    }

    /// For each line the share of the query's weight on the lines around it.
    fn around(&self, lines: &[Vec<Word>]) -> Vec<f32> {
        let own: Vec<f32> = lines
            .iter()
            .map(|words| words.iter().filter_map(|it| self.words.get(it)).sum())
            .collect();
        (0..lines.len())
            .map(|at| {
                let (start, end) = (at.saturating_sub(NEAR), (at + NEAR + 1).min(own.len()));
                let near = own[start..end].iter().enumerate();
                let sum: f32 = near
                    .map(|(n, weight)| weight / (1.0 + (start + n).abs_diff(at) as f32))
                    .sum();
                (sum / self.total).min(1.0)
            })
            .collect()
    }

    /// For each line how alike the line before it is to a last line before the cursor.
    fn next(&self, lines: &[Vec<Word>]) -> Vec<f32> {
        let mut before: Option<&Vec<Word>> = None;
        let mut next = Vec::with_capacity(lines.len());
        for words in lines {
            let likeness = before.map_or(0.0, |before| {
                let each = self.last.iter().enumerate();
                each.map(|(n, last)| self.jaccard(before, last) / (1.0 + 0.5 * n as f32))
                    .fold(0.0, f32::max)
            });
            next.push(likeness);
            if !words.is_empty() {
                before = Some(words);
            }
        }
        next
    }

    fn jaccard(&self, a: &[Word], b: &[Word]) -> f32 {
        let both = a.iter().filter(|it| b.binary_search(it).is_ok()).count() as f32;
        both / (a.len() + b.len()) as f32 * 2.0
    }
}
