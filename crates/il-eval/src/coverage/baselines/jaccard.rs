//! RepoCoder's retriever: windows of twenty lines that share most words with the last twenty.

use rustc_hash::FxHashSet;

use super::{Piece, Query, Repository};
use crate::coverage::{Chunk, simple};

const WINDOW: usize = 20;
const STEP: usize = 10;
const MOST: usize = 40;
/// So deep is looked before the file's own windows are left out.
const DEPTH: usize = MOST + 200;

pub(super) struct Windows {
    windows: Vec<Piece>,
    /// For each word the windows with it.
    postings: Vec<Vec<u32>>,
}

impl Windows {
    pub(super) fn new(repository: &Repository) -> Self {
        let mut windows: Vec<Piece> = Vec::new();
        let mut postings = vec![Vec::new(); repository.word_count()];
        let mut seen: FxHashSet<String> = FxHashSet::default();
        for (file, text) in repository.texts.iter().enumerate() {
            let lines = simple::lines(text);
            for middle in (0..lines.len()).step_by(STEP) {
                let start = middle.saturating_sub(WINDOW - STEP);
                let end = (middle + STEP).min(lines.len());
                let text = lines[start..end].join("\n");
                if simple::is_blank(&text) || !seen.insert(text.clone()) {
                    continue;
                }
                // Every word of a window is in some piece: those are of the same lines.
                let (words, _) = repository.count_known(&text);
                for &(word, _) in &words {
                    postings[word as usize].push(windows.len() as u32);
                }
                windows.push(Piece {
                    file,
                    lines: (start as u32 + 1..=end as u32).collect(),
                    len: words.len() as u32,
                    text,
                    words: Vec::new(),
                });
            }
        }
        Self { windows, postings }
    }

    pub(super) fn retrieve(&self, repository: &Repository, query: &Query<'_>) -> Vec<Chunk> {
        let lines: Vec<&str> = query.prefix.split('\n').collect();
        let text = lines[lines.len().saturating_sub(WINDOW)..].join("\n");
        let asked: FxHashSet<&str> = simple::words(&text).collect();
        let mut shared = vec![0u32; self.windows.len()];
        for (word, _) in repository.count_known(&text).0 {
            for &window in &self.postings[word as usize] {
                shared[window as usize] += 1;
            }
        }
        let score = |window: usize| {
            let shared = f64::from(shared[window]);
            shared / (asked.len() as f64 + f64::from(self.windows[window].len) - shared)
        };
        let mut order: Vec<(f64, usize)> = (0..shared.len())
            .filter(|&it| shared[it] > 0)
            .map(|it| (score(it), it))
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        order.truncate(DEPTH);
        let windows = order.iter().map(|it| &self.windows[it.1]);
        let others = windows.filter(|it| repository.paths[it.file] != query.path);
        others.take(MOST).map(|it| repository.chunk(it)).collect()
    }
}
