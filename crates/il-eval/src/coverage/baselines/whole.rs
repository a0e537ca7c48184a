//! BM25 over all pieces of the repository, asked with the lines before and after the cursor.

use super::{MOST, Query, Repository, distinct};
use crate::coverage::{Chunk, simple};

const LINES_BEFORE: usize = 10;
const LINES_AFTER: usize = 5;
/// So deep is looked before the file's own pieces are left out.
const DEPTH: usize = 4 * MOST + 200;

/// For each word the pieces with it, and how much it counts there.
pub(super) struct Whole {
    postings: Vec<Vec<(u32, f32)>>,
}

impl Whole {
    pub(super) fn new(repository: &Repository) -> Self {
        let pieces = &repository.pieces;
        let all: u64 = pieces.iter().map(|it| u64::from(it.len)).sum();
        let mean = all as f64 / pieces.len() as f64;
        let mut postings = vec![Vec::new(); repository.word_count()];
        for (number, piece) in (0..).zip(pieces) {
            let k = 1.5 * (0.25 + 0.75 * f64::from(piece.len) / mean);
            for &(word, count) in &piece.words {
                let count = f64::from(count);
                // In single precision, as the recipe keeps it: ties depend on it.
                postings[word as usize].push((number, (count * 2.5 / (count + k)) as f32));
            }
        }
        Self { postings }
    }

    pub(super) fn retrieve(&self, repository: &Repository, query: &Query<'_>) -> Vec<Chunk> {
        let mut lines = query.last_lines(LINES_BEFORE);
        let after = query.suffix.split('\n').filter(|it| !simple::is_blank(it));
        lines.extend(after.take(LINES_AFTER));
        let (words, _) = repository.count_known(&lines.join("\n"));
        let mut scores = vec![0.0; repository.pieces.len()];
        for (word, count) in words {
            let postings = &self.postings[word as usize];
            let with = postings.len() as f64;
            let without = scores.len() as f64 - with;
            let weight = f64::from(count) * (1.0 + (without + 0.5) / (with + 0.5)).ln();
            for &(piece, counts) in postings {
                scores[piece as usize] += f64::from(counts * weight as f32);
            }
        }
        let mut order: Vec<usize> = (0..scores.len()).filter(|&it| scores[it] > 0.0).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        order.truncate(DEPTH);
        let pieces = order.iter().map(|&it| &repository.pieces[it]);
        let others = pieces.filter(|it| repository.paths[it.file] != query.path);
        distinct(repository, others, MOST)
    }
}
