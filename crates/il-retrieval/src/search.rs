//! A search: what is asked for in words or by name, and what is found.
//!
//! The one idea: three ways of looking give three lists, and a place that stands high in several is meant. Lists are
//! fused by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009): ranks can be added where scores can't.

use std::{collections::BTreeMap, fmt, ops::Range};

/// How to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// All three.
    #[default]
    Hybrid,
    /// By the words and their stems: BM25.
    Lexical,
    /// By what is meant: vectors.
    Semantic,
    /// By the names of what is defined.
    Symbol,
}

impl Mode {
    pub const ALL: [Self; 4] = [Self::Hybrid, Self::Lexical, Self::Semantic, Self::Symbol];

    pub fn name(self) -> &'static str {
        match self {
            Self::Hybrid => "hybrid",
            Self::Lexical => "lexical",
            Self::Semantic => "semantic",
            Self::Symbol => "symbol",
        }
    }
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchQuery {
    pub text: String,
    pub mode: Mode,
    /// How many hits at most.
    pub most: usize,
    /// Globs of paths, as in `.gitignore`; a hit fits one of them. None: every path.
    pub paths: Vec<String>,
    /// Identifiers of languages; none: every language.
    pub languages: Vec<String>,
}

impl SearchQuery {
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            mode: Mode::Hybrid,
            most: 10,
            paths: Vec::new(),
            languages: Vec::new(),
        }
    }
}

/// Without the text: what somebody looks for is theirs.
impl fmt::Debug for SearchQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mode, bytes, most) = (self.mode, self.text.len(), self.most);
        write!(f, "SearchQuery({mode:?}, {bytes} bytes, at most {most})")
    }
}

/// A piece of a file that was found.
#[derive(Clone, PartialEq)]
pub struct Hit {
    pub path: String,
    /// Lines of the file, 0-based, end excluded.
    pub lines: Range<u32>,
    /// The line that fits best.
    pub line: u32,
    pub text: String,
    /// `Class.method` of what it defines or is a part of; empty where there is no such thing.
    pub symbol: String,
    /// What it is: `definition`, `definitions`, `part`, `statements`, `text`.
    pub kind: &'static str,
    pub score: f32,
    /// In which lists it stands, and at which rank from one on.
    pub ranks: Vec<(Mode, usize)>,
}

/// Without the text: source code must not reach a log by accident.
impl fmt::Debug for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, lines, ranks) = (&self.path, &self.lines, &self.ranks);
        write!(f, "Hit({path}:{lines:?}, {ranks:?})")
    }
}

/// How fast a list's weight falls with the rank; the usual value.
const RANK_CONSTANT: f32 = 60.0;

/// A list, best first, and how much it counts.
#[derive(Clone, Debug)]
pub struct Ranking<T> {
    pub weight: f32,
    pub found: Vec<T>,
}

/// Fuses lists: what was found with its score, best first, equal ones in their own order.
pub fn fuse<T: Copy + Ord>(rankings: &[Ranking<T>]) -> Vec<(T, f32)> {
    let mut sums: BTreeMap<T, f32> = BTreeMap::new();
    for ranking in rankings {
        for (rank, &found) in ranking.found.iter().enumerate() {
            let share = ranking.weight / (RANK_CONSTANT + rank as f32 + 1.0);
            *sums.entry(found).or_default() += share;
        }
    }
    let mut fused: Vec<(T, f32)> = sums.into_iter().collect();
    // Stable: what is equal stays in its own order.
    fused.sort_by(|a, b| b.1.total_cmp(&a.1));
    fused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(lists: &[(f32, &[u32])]) -> Vec<u32> {
        let rankings = lists.iter().map(|&(weight, found)| Ranking {
            weight,
            found: found.to_vec(),
        });
        let rankings: Vec<Ranking<u32>> = rankings.collect();
        fuse(&rankings).iter().map(|it| it.0).collect()
    }

    #[test]
    fn what_stands_high_in_several_lists_comes_first() {
        let lists: [(f32, &[u32]); 3] = [(1.0, &[7, 1, 2]), (1.0, &[9, 1, 2]), (0.1, &[3])];
        assert_eq!(order(&lists), [1, 2, 7, 9, 3]);
    }

    #[test]
    fn one_list_keeps_its_order() {
        assert_eq!(order(&[(0.5, &[5, 4, 6])]), [5, 4, 6]);
    }
}
