//! Scores what was retrieved for one case: which names are in it, and which definitions, at each budget.

use rustc_hash::FxHashSet;

use super::{BUDGETS, Chunk, CoverageCase, simple};

/// Shares for each budget, 0 to 1.
pub(crate) type Shares = [f64; BUDGETS.len()];

/// What a retriever got of one case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    /// Of the names.
    pub(crate) names: Shares,
    /// Of the unseen names; none where there are none.
    pub(crate) unseen: Option<Shares>,
    /// Of the names, those whose defining line is shown.
    pub(crate) defined: Shares,
}

impl Score {
    pub(crate) fn of(case: &CoverageCase, chunks: &[Chunk]) -> Self {
        let shown = shown(chunks);
        let share = |names: &[String]| {
            BUDGETS.map(|budget| {
                let known =
                    |name: &&String| shown.iter().any(|&(word, at)| at < budget && word == *name);
                names.iter().filter(known).count() as f64 / names.len() as f64
            })
        };
        Self {
            names: share(&case.names),
            unseen: (!case.unseen.is_empty()).then(|| share(&case.unseen)),
            defined: BUDGETS.map(|budget| defined(case, chunks, budget)),
        }
    }
}

/// Each word, with how many tokens come before its first place.
fn shown(chunks: &[Chunk]) -> Vec<(&str, usize)> {
    let most = BUDGETS[BUDGETS.len() - 1];
    let tokens = chunks.iter().flat_map(|it| simple::tokens(&it.text));
    let mut seen = FxHashSet::default();
    let places = tokens.take(most).zip(0..);
    places.filter(|it| seen.insert(it.0)).collect()
}

/// The share of the names whose defining line is among the first tokens. A line counts whole or not at all.
fn defined(case: &CoverageCase, chunks: &[Chunk], budget: usize) -> f64 {
    let mut lines: FxHashSet<(&str, u32)> = FxHashSet::default();
    let mut spent = 0;
    for chunk in chunks {
        if spent >= budget {
            break;
        }
        let mut here = 0;
        let mut is_cut = false;
        for (number, line) in chunk.text.split('\n').enumerate() {
            let tokens = simple::tokens(line).count();
            is_cut |= spent + here + tokens > budget;
            here += tokens;
            if let Some(&line) = chunk.lines.get(number).filter(|_| !is_cut) {
                lines.insert((&chunk.path, line));
            }
        }
        spent += here;
    }
    let found = case.definitions.iter().filter(|places| {
        places
            .iter()
            .any(|(path, line)| lines.contains(&(path.as_str(), *line)))
    });
    found.count() as f64 / case.names.len() as f64
}
