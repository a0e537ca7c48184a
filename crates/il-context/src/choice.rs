//! Which pieces are shown, how much of each, and in which blocks.
//!
//! The one idea: what is worth most for its tokens is taken first. Pieces of one file share a block, since most of them are a line or two
//! and a path costs as much; a block stands where it stood before.
//!
//! Deliberately absent: what anything is worth; the order and the scores come from outside.

use il_engine::Block;

use crate::{
    pieces::{Piece, Row},
    report::Kind,
};

/// A piece that is cut has at least so many rows: fewer say nothing.
const LEAST_ROWS: usize = 3;

/// What a piece costs.
pub(crate) struct Cost {
    /// Path and markers of its block.
    pub(crate) head: usize,
    pub(crate) rows: Vec<usize>,
    /// Of all rows.
    pub(crate) sum: usize,
}

impl Cost {
    pub(crate) fn all(&self) -> usize {
        self.head + self.sum
    }
}

/// A piece that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) piece: usize,
    pub(crate) rows: usize,
    /// Of its rows, and of the block's head if it is the first in it.
    pub(crate) cost: usize,
}

/// Pieces of one file that stand together.
pub(crate) struct Group {
    pub(crate) rank: u8,
    /// By their lines.
    pub(crate) pieces: Vec<Chosen>,
    pub(crate) block: Block,
}

/// What stands where: stable things, tabs, other volatile things, edits.
pub(crate) fn rank(kind: Kind) -> u8 {
    match kind {
        it if it.is_stable() => 0,
        Kind::Tab => 1,
        Kind::Edit => 3,
        _ => 2,
    }
}

/// Takes what fits into `room` beside what is `taken`: whatever adds most for each of its tokens comes next, of equals what was given
/// first. A piece of a file that is shown already needs no path. The last one may be cut between rows.
pub(crate) fn choose(
    pieces: &[Piece<'_>],
    costs: &[Cost],
    mut candidates: Vec<usize>,
    room: usize,
    taken: &mut Vec<Chosen>,
) {
    let mut left = room;
    while !candidates.is_empty() {
        let head = |idx: usize| {
            let piece = &pieces[idx];
            let is_open = taken.iter().any(|it| {
                let other = &pieces[it.piece];
                other.path == piece.path && rank(other.kind) == rank(piece.kind)
            });
            if is_open { 0 } else { costs[idx].head }
        };
        #[expect(clippy::cast_precision_loss, reason = "a few tokens")]
        let density = |idx: usize| pieces[idx].score / (head(idx) + costs[idx].sum).max(1) as f32;
        let mut best = (0, f32::MIN);
        for (at, idx) in candidates.iter().enumerate() {
            let density = density(*idx);
            if density > best.1 {
                best = (at, density);
            }
        }
        let head = head(candidates[best.0]);
        let idx = candidates.remove(best.0);
        let Some((rows, cost)) = fitting(&pieces[idx], head, &costs[idx], left) else {
            continue;
        };
        left -= cost;
        taken.push(Chosen {
            piece: idx,
            rows,
            cost,
        });
    }
}

/// How many rows of a piece fit, and what they cost.
fn fitting(piece: &Piece<'_>, head: usize, cost: &Cost, room: usize) -> Option<(usize, usize)> {
    let costs = &cost.rows;
    if head + cost.sum <= room {
        return Some((piece.rows.len(), head + cost.sum));
    }
    let mut sum = head;
    let mut rows = 0;
    for row in costs {
        if sum + row > room {
            break;
        }
        sum += row;
        rows += 1;
    }
    // Nothing comes after a gap at the end.
    while rows > 0 && piece.rows[rows - 1].line.is_none() {
        rows -= 1;
        sum -= costs[rows];
    }
    (rows >= LEAST_ROWS).then_some((rows, sum))
}

/// Puts pieces into blocks, and blocks that did not change where they stood last; the others come behind them, by file, so that those which
/// change often gather at the end. Edits are last, next to the text they belong to. `last`: what was shown, with its rank.
pub(crate) fn group(pieces: &[Piece<'_>], chosen: &[Chosen], last: &[(u8, &Block)]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for it in chosen {
        let piece = &pieces[it.piece];
        let rank = rank(piece.kind);
        let same = |group: &&mut Group| group.rank == rank && group.block.path == piece.path;
        match groups.iter_mut().find(same) {
            Some(group) => group.pieces.push(*it),
            None => groups.push(Group {
                rank,
                pieces: vec![*it],
                block: Block {
                    path: piece.path.clone(),
                    text: "".into(),
                },
            }),
        }
    }
    for group in &mut groups {
        group
            .pieces
            .sort_by_key(|it| (pieces[it.piece].first_line(), it.piece));
        group.block.text = group.text(pieces).into();
    }
    groups.sort_by_cached_key(|it| {
        let unchanged = |last: &(u8, &Block)| last.0 == it.rank && *last.1 == it.block;
        let place = last.iter().position(unchanged);
        (it.rank, place.unwrap_or(usize::MAX), it.block.path.clone())
    });
    groups
}

impl Group {
    /// Its rows as they are shown: a blank one where lines are missing next to a piece of several lines; lists of single lines need none.
    fn text(&self, pieces: &[Piece<'_>]) -> String {
        let mut text = String::new();
        let mut before: Option<&[Row<'_>]> = None;
        for it in &self.pieces {
            let rows = &pieces[it.piece].rows[..it.rows];
            if let Some(before) = before {
                let last = before.last().and_then(|it| it.line);
                let follows = last.map(|it| it + 1) == rows.first().and_then(|it| it.line);
                if !follows && (before.len() > 1 || rows.len() > 1) {
                    text.push('\n');
                }
                text.push('\n');
            }
            let texts: Vec<&str> = rows.iter().map(|it| it.text.as_ref()).collect();
            text.push_str(&texts.join("\n"));
            before = Some(rows);
        }
        text
    }
}
