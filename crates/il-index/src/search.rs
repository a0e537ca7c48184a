//! Search: by words, by meaning, by name, and all three fused.
//!
//! The one idea: each way of looking ranks chunks, whatever it looks at, so that ranks can be fused and a hit always
//! is a piece of a file with exact lines.
//!
//! Deliberately absent: the embedder. Whoever searches by meaning hands in the query's vector.

mod fuzzy;
mod names;

use std::fmt;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use il_retrieval::{
    EmbedError, Embedder, Hit, Mode, Purpose, Ranking, SearchQuery,
    cursor::ChunkId,
    fuse,
    terms::{self, Word},
};
use il_text::CancelToken;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    ranked::{Field, Scored, weighed},
    segment::chunk_kind_name,
    view::View,
    weights,
};

/// How much a cosine of one counts against the best score by words; tuned on the docstrings of the training suite,
/// see `docs/retrieval.md`.
const MEANING: f32 = 1.75;
/// How much what is called as was asked counts against what words and meaning find.
const SYMBOL: f32 = 2.0;
/// How deep lists are fused.
const DEPTH: usize = 200;

/// What a query means, to the model that is named: its vectors alone can be compared with it.
#[derive(Clone, PartialEq)]
pub struct QueryVector {
    pub model: String,
    pub vector: Vec<f32>,
    /// What is less alike has nothing to do with it.
    pub least: f32,
}

impl fmt::Debug for QueryVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QueryVector({}, {})", self.model, self.vector.len())
    }
}

impl QueryVector {
    /// Asks an embedder.
    pub fn of(text: &str, embedder: &dyn Embedder) -> Result<Self, EmbedError> {
        let vectors = embedder.embed(Purpose::Query, &[text], &CancelToken::new())?;
        Ok(Self {
            model: embedder.model().to_owned(),
            vector: vectors.into_iter().next().unwrap_or_default(),
            least: embedder.least_likeness(),
        })
    }
}

/// A query that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    #[error("`{glob}` is no path pattern: {why}")]
    Glob { glob: String, why: String },
    #[error("nothing to search for: give some words or a name")]
    Empty,
}

impl View {
    /// The hits for a query, best first. Without a vector nothing is found by meaning.
    pub fn search(
        &self,
        query: &SearchQuery,
        vector: Option<&QueryVector>,
    ) -> Result<Vec<Hit>, SearchError> {
        if terms::words(&query.text).next().is_none() {
            return Err(SearchError::Empty);
        }
        let wanted = self.wanted(query)?;
        let terms = weights::query(&query.text);
        let depth = DEPTH.max(query.most);
        let is = |mode: Mode| query.mode == mode || query.mode == Mode::Hybrid;
        let mut lists: Vec<(Mode, Vec<Scored>)> = Vec::new();
        if is(Mode::Lexical) {
            lists.push((Mode::Lexical, self.by_words(&terms, depth, &wanted)));
        }
        if let Some(vector) = vector.filter(|_| is(Mode::Semantic)) {
            // Who asks for meaning alone wants the nearest, near or not.
            let least = match query.mode {
                Mode::Semantic => 0.0,
                _ => vector.least,
            };
            lists.push((Mode::Semantic, self.nearest(vector, least, depth, &wanted)));
        }
        let content = match &lists[..] {
            [(_, words), (_, meaning)] => self.mixed(words, meaning, vector),
            [(_, only)] => only.clone(),
            _ => Vec::new(),
        };
        let mut rankings = vec![ranking(1.0, &content)];
        if is(Mode::Symbol) {
            let how = names::How::of(query);
            let found = self.named_like(&query.text, how, depth, &wanted);
            rankings.push(ranking(SYMBOL, &found));
            lists.push((Mode::Symbol, found));
        }
        let mut fused = fuse(&rankings);
        fused.truncate(query.most);
        let ranks = Ranks::of(&lists);
        let weights = self.weights(&terms);
        let mut texts = FxHashMap::default();
        let hits = fused.into_iter().map(|(id, score)| {
            let segment = &self.parts[id.part as usize].segment;
            let row = &segment.chunks()[id.chunk as usize];
            let text = texts
                .entry((id.part, row.file))
                .or_insert_with(|| segment.text(row.file));
            let code = text
                .get(row.bytes[0] as usize..row.bytes[1] as usize)
                .unwrap_or_default();
            Hit {
                path: segment.path(row.file).to_owned(),
                lines: row.lines[0]..row.lines[1],
                line: row.lines[0] + best_line(code, &weights),
                text: code.to_owned(),
                symbol: segment.symbol_path(row).to_owned(),
                kind: chunk_kind_name(row.kind),
                score,
                ranks: ranks.of_chunk(id),
            }
        });
        Ok(hits.collect())
    }

    /// For each file of each part whether it may be found.
    fn wanted(&self, query: &SearchQuery) -> Result<Vec<Vec<bool>>, SearchError> {
        let globs = globs(&query.paths)?;
        let is_wanted = |path: &str, language: &str| {
            (query.languages.is_empty() || query.languages.iter().any(|it| it == language))
                && globs.as_ref().is_none_or(|it| it.is_match(path))
        };
        let parts = self.parts.iter().map(|part| {
            let files = 0..part.segment.file_count();
            let wanted = files.map(|file| {
                let segment = &part.segment;
                part.is_alive(file) && is_wanted(segment.path(file), segment.language(file))
            });
            wanted.collect()
        });
        Ok(parts.collect())
    }

    /// The chunks with the terms that were asked for.
    fn by_words(&self, terms: &[(Word, f32)], most: usize, wanted: &[Vec<bool>]) -> Vec<Scored> {
        let chunks = self.totals().chunks;
        let weighed = weighed(terms, chunks, |it| self.frequency_of(Field::Terms, it));
        // The length is in the weights of terms already.
        self.best(Field::Terms, &weighed, 1.0, most, wanted)
    }

    /// The chunks whose vectors point where the query's does.
    fn nearest(
        &self,
        vector: &QueryVector,
        least: f32,
        most: usize,
        wanted: &[Vec<bool>],
    ) -> Vec<Scored> {
        let mut found = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let vectors = part.vectors.as_ref();
            let Some(vectors) = vectors.filter(|it| it.model() == vector.model) else {
                continue;
            };
            let Some(query) = vectors.pack(&vector.vector) else {
                continue;
            };
            let rows = part.segment.chunks().iter().enumerate();
            let alive = rows.filter(|it| wanted[number][it.1.file as usize]);
            found.extend(alive.map(|(chunk, _)| Scored {
                chunk: ChunkId {
                    part: number as u32,
                    chunk: chunk as u32,
                },
                score: vectors.cosine(chunk as u32, &query),
            }));
        }
        found.retain(|it| it.score > least);
        self.keep_best(found, most)
    }

    /// Words and meaning in one list. Their scores can be added, once the best by words counts one: that ranks
    /// better than adding up their ranks, which forgets by how much the first is ahead.
    fn mixed(
        &self,
        words: &[Scored],
        meaning: &[Scored],
        vector: Option<&QueryVector>,
    ) -> Vec<Scored> {
        let top = words.first().map_or(1.0, |it| it.score);
        let mut sums: FxHashMap<ChunkId, f32> = FxHashMap::default();
        for it in words {
            let cosine = vector.map_or(0.0, |vector| self.cosine(it.chunk, vector));
            sums.insert(it.chunk, it.score / top + MEANING * cosine.max(0.0));
        }
        for it in meaning {
            sums.entry(it.chunk).or_insert(MEANING * it.score);
        }
        let found = sums
            .into_iter()
            .map(|(chunk, score)| Scored { chunk, score });
        self.keep_best(found.collect(), words.len() + meaning.len())
    }

    fn cosine(&self, id: ChunkId, vector: &QueryVector) -> f32 {
        let vectors = self.parts[id.part as usize].vectors.as_ref();
        let vectors = vectors.filter(|it| it.model() == vector.model);
        vectors.map_or(0.0, |it| {
            it.pack(&vector.vector)
                .map_or(0.0, |query| it.cosine(id.chunk, &query))
        })
    }

    /// How rare each term is here.
    fn weights(&self, terms: &[(Word, f32)]) -> FxHashMap<Word, f32> {
        let chunks = self.totals().chunks as f32;
        let weigh = |&(term, _): &(Word, f32)| {
            let frequency = self.frequency_of(Field::Terms, term) as f32;
            (term, (1.0 + chunks / (1.0 + frequency)).ln())
        };
        terms.iter().map(weigh).collect()
    }
}

/// The ranks of chunks in each list.
struct Ranks(Vec<(Mode, FxHashMap<ChunkId, usize>)>);

impl Ranks {
    fn of(lists: &[(Mode, Vec<Scored>)]) -> Self {
        let ranked = lists.iter().map(|(mode, found)| {
            let ranks = found.iter().enumerate();
            (
                *mode,
                ranks.map(|(rank, it)| (it.chunk, rank + 1)).collect(),
            )
        });
        Self(ranked.collect())
    }

    fn of_chunk(&self, chunk: ChunkId) -> Vec<(Mode, usize)> {
        let lists = self.0.iter();
        lists
            .filter_map(|(mode, ranks)| Some((*mode, *ranks.get(&chunk)?)))
            .collect()
    }
}

fn ranking(weight: f32, found: &[Scored]) -> Ranking<ChunkId> {
    Ranking {
        weight,
        found: found.iter().map(|it| it.chunk).collect(),
    }
}

/// The line with the most of what was asked for; the first one where there is nothing of it.
fn best_line(code: &str, weights: &FxHashMap<Word, f32>) -> u32 {
    let mut best = (0.0, 0);
    for (number, line) in code.lines().enumerate() {
        let mut seen = FxHashSet::default();
        let mut sum = 0.0;
        terms::each_term(line, |term| {
            let term = Word::of(term);
            if let Some(weight) = weights.get(&term)
                && seen.insert(term)
            {
                sum += weight;
            }
        });
        if sum > best.0 {
            best = (sum, number as u32);
        }
    }
    best.1
}

fn globs(patterns: &[String]) -> Result<Option<GlobSet>, SearchError> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let error = |glob: &str, error: globset::Error| SearchError::Glob {
        glob: glob.to_owned(),
        why: error.kind().to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let plain = pattern.trim_start_matches("./").trim_end_matches('/');
        // As in `.gitignore`: a pattern without a slash fits a name anywhere, and a folder all that is in it.
        let anywhere = if plain.contains('/') { "" } else { "**/" };
        for tail in ["", "/**"] {
            let glob = format!("{anywhere}{plain}{tail}");
            let glob = GlobBuilder::new(&glob).literal_separator(true).build();
            set.add(glob.map_err(|it| error(pattern, it))?);
        }
    }
    set.build()
        .map(Some)
        .map_err(|it| error(&patterns.join(" "), it))
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "`expect![…]` reads best as a plain argument"
)]
mod tests;
