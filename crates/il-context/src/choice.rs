//! Which blocks are shown, how much of each, and in which order.
//!
//! The one idea: what is worth most is taken first, but stands where it stood before.
//!
//! Deliberately absent: what anything is worth; scores come from outside.

use crate::{pieces::Piece, report::Kind};

/// A block that is cut has at least so many rows: fewer say nothing.
const LEAST_ROWS: usize = 3;
/// How much more something is worth that was shown last.
const STAYS: f32 = 1.2;

/// What a piece costs.
pub(crate) struct Cost {
    /// Path and markers.
    pub(crate) head: usize,
    pub(crate) rows: Vec<usize>,
}

impl Cost {
    pub(crate) fn all(&self) -> usize {
        self.head + self.rows.iter().sum::<usize>()
    }
}

/// A piece that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) piece: usize,
    pub(crate) rows: usize,
    pub(crate) cost: usize,
}

/// The pieces that may be shown, the most wanted first. `last`: what was shown last, in its order.
pub(crate) fn wanted(pieces: &[Piece<'_>], last: &[u64], stable: bool) -> Vec<usize> {
    let worth = |idx: &usize| {
        let piece = &pieces[*idx];
        if last.contains(&piece.key) {
            piece.score * STAYS
        } else {
            piece.score
        }
    };
    let rank = |idx: &usize| match pieces[*idx].kind {
        Kind::Edit => 1,
        Kind::Tab => 2,
        _ => 0,
    };
    let mut wanted: Vec<usize> = (0..pieces.len())
        .filter(|it| pieces[*it].kind.is_stable() == stable)
        .collect();
    // Stable: among equals the order in which they were given.
    wanted.sort_by(|a, b| {
        rank(a)
            .cmp(&rank(b))
            .then_with(|| worth(b).total_cmp(&worth(a)))
    });
    wanted
}

/// Takes what fits into `room`, in the order given; the last one may be cut between rows.
pub(crate) fn choose(
    pieces: &[Piece<'_>],
    costs: &[Cost],
    wanted: impl IntoIterator<Item = usize>,
    room: usize,
) -> Vec<Chosen> {
    let mut chosen = Vec::new();
    let mut left = room;
    for piece in wanted {
        let Some(it) = fitting(&pieces[piece], &costs[piece], left) else {
            continue;
        };
        left -= it.1;
        chosen.push(Chosen {
            piece,
            rows: it.0,
            cost: it.1,
        });
    }
    chosen
}

/// How many rows of a piece fit, and what they cost.
fn fitting(piece: &Piece<'_>, cost: &Cost, room: usize) -> Option<(usize, usize)> {
    if cost.all() <= room {
        return Some((piece.rows.len(), cost.all()));
    }
    let mut sum = cost.head;
    let mut rows = 0;
    for row in &cost.rows {
        if sum + row > room {
            break;
        }
        sum += row;
        rows += 1;
    }
    // Nothing comes after a gap at the end.
    while rows > 0 && piece.rows[rows - 1].line.is_none() {
        rows -= 1;
        sum -= cost.rows[rows];
    }
    (rows >= LEAST_ROWS).then_some((rows, sum))
}

/// Puts blocks where they stood last; new ones come behind them, by file and line; edits last, next to the text they belong to.
pub(crate) fn arrange(pieces: &[Piece<'_>], chosen: &mut [Chosen], last: &[u64]) {
    chosen.sort_by_key(|it| {
        let piece = &pieces[it.piece];
        let place = last.iter().position(|key| *key == piece.key);
        let rank = match piece.kind {
            Kind::Tab => 0,
            Kind::Edit => 2,
            _ => 1,
        };
        (
            place.unwrap_or(usize::MAX),
            rank,
            piece.path.clone(),
            piece.first_line(),
            it.piece,
        )
    });
}
