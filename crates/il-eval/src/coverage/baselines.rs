//! The published retrievers to compare with, ported from the recipe by the letter, ties and all.
//!
//! The one idea: cut a repository into pieces of lines once, then rank pieces by the words they share with the text
//! around the cursor. What a port must keep to give the same figures is said where it is odd.

mod cceval;
mod jaccard;
mod pieces;
mod whole;

use std::path::Path;

use self::{
    cceval::Nearby,
    jaccard::Windows,
    pieces::{Piece, Repository},
    whole::Whole,
};
use super::{Chunk, Question, Retrieve, simple};
use crate::sampling::{Random, stable_hash};

/// What [`open_baselines`] retrieves, in this order.
pub const BASELINES: [&str; 5] = [
    "random",
    "cceval_bm25_rg1_top5",
    "cceval_bm25_rg1",
    "repocoder_jaccard_rg1",
    "bm25_full_fim",
];

/// Most pieces of an answer; enough for every budget.
const MOST: usize = 60;
/// CrossCodeEval shows this many.
const TOP: usize = 5;

/// All of them on one repository.
pub fn open_baselines(root: &Path, lang: &str) -> anyhow::Result<Box<Retrieve>> {
    let repository = Repository::read(root, lang)?;
    let whole = Whole::new(&repository);
    let windows = Windows::new(&repository);
    let mut nearby = Nearby::default();
    Ok(Box::new(move |question| {
        let query = Query::new(question);
        let cceval = nearby.retrieve(&repository, &query);
        Ok(vec![
            random(&repository, question),
            cceval.iter().take(TOP).cloned().collect(),
            cceval,
            windows.retrieve(&repository, &query),
            whole.retrieve(&repository, &query),
        ])
    }))
}

/// As much of the file as the recipe's cases hold.
struct Query<'a> {
    path: &'a str,
    prefix: &'a str,
    suffix: &'a str,
}

const PREFIX_CHARACTERS: usize = 8000;
const SUFFIX_CHARACTERS: usize = 4000;

impl<'a> Query<'a> {
    fn new(question: &Question<'a>) -> Self {
        Self {
            path: question.path,
            prefix: simple::tail(question.before, PREFIX_CHARACTERS),
            suffix: simple::head(question.after, SUFFIX_CHARACTERS),
        }
    }

    /// The last lines before the cursor that are not blank.
    fn last_lines(&self, most: usize) -> Vec<&'a str> {
        let lines = self.prefix.split('\n').filter(|it| !simple::is_blank(it));
        let lines: Vec<&str> = lines.collect();
        lines[lines.len().saturating_sub(most)..].to_vec()
    }
}

/// The recipe draws with Python's generator; ours draws as blindly.
fn random(repository: &Repository, question: &Question<'_>) -> Vec<Chunk> {
    let pieces = repository.pieces.iter();
    let others = pieces.filter(|it| repository.paths[it.file] != question.path);
    let mut others: Vec<&Piece> = others.collect();
    Random::new(stable_hash(question.id)).shuffle(&mut others);
    others.truncate(MOST);
    others.iter().map(|it| repository.chunk(it)).collect()
}

/// Keeps the order and leaves out pieces whose text was there already.
fn distinct<'a>(
    repository: &Repository,
    pieces: impl Iterator<Item = &'a Piece>,
    most: usize,
) -> Vec<Chunk> {
    let mut seen = rustc_hash::FxHashSet::default();
    let pieces = pieces.filter(|it| seen.insert(it.text.as_str()));
    pieces.take(most).map(|it| repository.chunk(it)).collect()
}
