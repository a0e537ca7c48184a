//! CrossCodeEval's retriever: BM25 over a thousand pieces of the nearest files, and of each hit what follows it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{MOST, Piece, Query, Repository, distinct};
use crate::coverage::Chunk;

const LINES: usize = 10;
const PIECES: usize = 1000;
const FILES: usize = 1000;
const FARTHEST: usize = 100;

/// The candidates of the file that was asked last; cases come file by file.
#[derive(Default)]
pub(super) struct Nearby {
    path: String,
    /// Numbers of pieces.
    candidates: Vec<usize>,
    weights: FxHashMap<u32, f64>,
    mean: f64,
}

impl Nearby {
    pub(super) fn retrieve(&mut self, repository: &Repository, query: &Query<'_>) -> Vec<Chunk> {
        if self.path != query.path {
            *self = Self::of(repository, query.path);
        }
        let asked = Asked::new(
            repository
                .count_known(&query.last_lines(LINES).join("\n"))
                .0,
        );
        let mut scored: Vec<(f64, usize)> = self
            .candidates
            .iter()
            .map(|&it| (self.score(&asked, &repository.pieces[it]), it))
            .collect();
        let text = |it: usize| repository.pieces[it].text.as_str();
        scored.sort_by(|a, b| (b.0.total_cmp(&a.0)).then_with(|| text(b.1).cmp(text(a.1))));
        let is_candidate: FxHashSet<usize> = self.candidates.iter().copied().collect();
        let hits = scored.iter().map(|&(_, at)| {
            let piece = &repository.pieces[at];
            match repository.pieces.get(at + 1) {
                Some(next) if next.file == piece.file && is_candidate.contains(&(at + 1)) => next,
                _ => piece,
            }
        });
        distinct(repository, hits, MOST)
    }

    fn of(repository: &Repository, path: &str) -> Self {
        let mut files: Vec<(usize, &str, usize)> = repository
            .paths
            .iter()
            .enumerate()
            .filter(|it| it.1 != path)
            .map(|(number, it)| (distance(it, path), it.as_str(), number))
            .collect();
        files.sort_unstable();
        files.retain(|it| it.0 <= FARTHEST);
        files.truncate(FILES);
        let mut candidates = Vec::new();
        for (_, _, file) in files {
            let start = repository.pieces.partition_point(|it| it.file < file);
            let end = repository.pieces.partition_point(|it| it.file <= file);
            candidates.extend(start..end);
            if candidates.len() >= PIECES {
                break;
            }
        }
        candidates.truncate(PIECES);
        let mut nearby = Self {
            path: path.to_owned(),
            candidates,
            ..Self::default()
        };
        nearby.weigh(repository);
        nearby
    }

    /// As the package `rank_bm25` does: a word in more than half of all counts a quarter of the mean.
    fn weigh(&mut self, repository: &Repository) {
        let mut frequencies: Vec<(u32, u32)> = Vec::new();
        let mut at: FxHashMap<u32, usize> = FxHashMap::default();
        let mut len = 0;
        for &it in &self.candidates {
            let piece = &repository.pieces[it];
            len += piece.len;
            for &(word, _) in &piece.words {
                let at = *at.entry(word).or_insert(frequencies.len());
                if at == frequencies.len() {
                    frequencies.push((word, 0));
                }
                frequencies[at].1 += 1;
            }
        }
        let all = self.candidates.len() as f64;
        self.mean = f64::from(len) / all;
        let mut sum = 0.0;
        for &(word, frequency) in &frequencies {
            let frequency = f64::from(frequency);
            let weight = (all - frequency + 0.5).ln() - (frequency + 0.5).ln();
            sum += weight;
            self.weights.insert(word, weight);
        }
        let least = 0.25 * sum / frequencies.len() as f64;
        for weight in self.weights.values_mut().filter(|it| **it < 0.0) {
            *weight = least;
        }
    }

    fn score(&self, asked: &Asked, piece: &Piece) -> f64 {
        let mut counts = vec![0; asked.words.len()];
        for (word, count) in &piece.words {
            if let Some(&at) = asked.at.get(word) {
                counts[at] = *count;
            }
        }
        let k = 1.5 * (0.25 + 0.75 * f64::from(piece.len) / self.mean);
        let mut score = 0.0;
        for (&(word, asked), count) in asked.words.iter().zip(counts) {
            if let Some(weight) = self.weights.get(&word).filter(|_| count > 0) {
                let count = f64::from(count);
                score += f64::from(asked) * weight * count * 2.5 / (count + k);
            }
        }
        score
    }
}

/// A query's words with their counts, and where each is: sums are made in the query's order.
struct Asked {
    words: Vec<(u32, u32)>,
    at: FxHashMap<u32, usize>,
}

impl Asked {
    fn new(words: Vec<(u32, u32)>) -> Self {
        let at = words.iter().zip(0..).map(|(it, at)| (it.0, at)).collect();
        Self { words, at }
    }
}

/// How many folders lie between two files.
fn distance(a: &str, b: &str) -> usize {
    let shared = a.split('/').zip(b.split('/')).take_while(|it| it.0 == it.1);
    let shared = shared.count();
    let above = |path: &str| path.split('/').count().saturating_sub(shared + 1);
    above(a) + above(b)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn folders_between_files_are_counted() {
        for (a, b, expected) in [
            ("a.py", "b.py", 0),
            ("x/a.py", "b.py", 1),
            ("x/y/a.py", "x/z/b.py", 2),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
