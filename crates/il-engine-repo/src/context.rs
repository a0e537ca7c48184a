//! The longest-match index: every position of a token array, sorted by what stands before it.
//!
//! Read backwards from a position, the tokens before it are its context. Sorting positions by context
//! puts everything that ever followed a given context into one range, and longer contexts into ranges
//! inside it, so one binary search a token narrows the range as far as the text still agrees.
//!
//! Deliberately absent: contexts longer than [`DEPTH`], and updates. A changed file goes into another index.

use rayon::prelude::*;

use crate::vocabulary::{BOS, Id};

/// How many tokens of context are told apart.
pub(crate) const DEPTH: usize = 32;

/// A sorted range of positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) lo: u32,
    pub(crate) hi: u32,
}

/// Positions of one token array sorted by reversed context, with what is asked of a position beside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ContextIndex {
    pub(crate) order: Vec<u32>,
    /// Where the positions after each token start in `order`.
    pub(crate) bucket: Vec<u32>,
    /// The token at each position of `order`.
    pub(crate) next: Vec<Id>,
    /// The file of each position of `order`.
    pub(crate) file: Vec<u32>,
    /// The white space before the token at each position of `order`.
    pub(crate) space: Vec<u8>,
}

impl ContextIndex {
    /// Sorts the positions of `tokens`. `vocabulary` is one more than the largest id.
    pub(crate) fn build(tokens: &[Id], file_of: &[u32], space: &[u8], vocabulary: usize) -> Self {
        let (order, bucket) = sort_positions(tokens, vocabulary);
        Self::with_order(tokens, file_of, space, order, bucket)
    }

    /// Fills in what follows from the order.
    pub(crate) fn with_order(
        tokens: &[Id],
        file_of: &[u32],
        space: &[u8],
        order: Vec<u32>,
        bucket: Vec<u32>,
    ) -> Self {
        let next = order.iter().map(|&p| tokens[p as usize]).collect();
        let file = order.iter().map(|&p| file_of[p as usize]).collect();
        let space = order.iter().map(|&p| space[p as usize]).collect();
        Self {
            order,
            bucket,
            next,
            file,
            space,
        }
    }

    /// Narrows by `context`, nearest token first: `out[k]` is the range that agrees in `k + 1` tokens.
    pub(crate) fn lookup(&self, tokens: &[Id], context: &[Id], out: &mut Vec<Range>) {
        out.clear();
        let Some(&nearest) = context.first() else {
            return;
        };
        let b = nearest as usize;
        if b + 1 >= self.bucket.len() {
            return;
        }
        let (mut lo, mut hi) = (self.bucket[b] as usize, self.bucket[b + 1] as usize);
        if lo == hi {
            return;
        }
        out.push(Range {
            lo: lo as u32,
            hi: hi as u32,
        });
        for (depth, &want) in context.iter().enumerate().take(DEPTH).skip(1) {
            if context[depth - 1] == BOS {
                return;
            }
            let at = |p: u32| tokens[p as usize - 1 - depth];
            let slice = &self.order[lo..hi];
            let (a, b) = if slice.len() == 1 {
                if at(slice[0]) != want {
                    return;
                }
                (0, 1)
            } else {
                let a = slice.partition_point(|&p| at(p) < want);
                if a == slice.len() || at(slice[a]) != want {
                    return;
                }
                (a, a + slice[a..].partition_point(|&p| at(p) == want))
            };
            hi = lo + b;
            lo += a;
            out.push(Range {
                lo: lo as u32,
                hi: hi as u32,
            });
        }
    }

    pub(crate) fn memory(&self) -> usize {
        (self.order.capacity()
            + self.bucket.capacity()
            + self.next.capacity()
            + self.file.capacity())
            * 4
            + self.space.capacity()
    }
}

fn sort_positions(tokens: &[Id], vocabulary: usize) -> (Vec<u32>, Vec<u32>) {
    let mut bucket = vec![0u32; vocabulary + 1];
    for pair in tokens.windows(2) {
        if pair[1] != BOS {
            bucket[pair[0] as usize + 1] += 1;
        }
    }
    for i in 0..vocabulary {
        bucket[i + 1] += bucket[i];
    }
    let mut fill = bucket.clone();
    let mut order = vec![0u32; bucket[vocabulary] as usize];
    for (p, pair) in tokens.windows(2).enumerate() {
        if pair[1] != BOS {
            let slot = &mut fill[pair[0] as usize];
            order[*slot as usize] = p as u32 + 1;
            *slot += 1;
        }
    }
    drop(fill);
    let mut slices: Vec<&mut [u32]> = Vec::new();
    let mut rest: &mut [u32] = &mut order;
    for b in 0..vocabulary {
        let (slice, tail) = rest.split_at_mut((bucket[b + 1] - bucket[b]) as usize);
        if slice.len() > 1 && b != BOS as usize {
            slices.push(slice);
        }
        rest = tail;
    }
    slices.sort_by_key(|s| std::cmp::Reverse(s.len()));
    slices
        .into_par_iter()
        .for_each_init(Vec::new, |room, s| sort_range(tokens, s, 1, room));
    (order, bucket)
}

/// Tokens compared at once.
const STRIDE: usize = 3;

/// Sorts positions that agree in their first `depth` context tokens.
///
/// The next tokens of each context are gathered beside its position once and compared there; the text
/// itself is far apart in memory.
fn sort_range(tokens: &[Id], range: &mut [u32], depth: usize, room: &mut Vec<u128>) {
    if range.len() <= 1 || depth >= DEPTH {
        return;
    }
    if range.len() < 8 {
        insertion_sort(tokens, range, depth);
        return;
    }
    let at = |p: u32, d: usize| (p as usize).checked_sub(1 + d).map_or(BOS, |i| tokens[i]);
    room.clear();
    room.extend(range.iter().map(|&p| {
        (0..STRIDE).fold(0, |key, d| (key << 32) | u128::from(at(p, depth + d))) << 32
            | u128::from(p)
    }));
    room.sort_unstable();
    for (p, key) in range.iter_mut().zip(&*room) {
        *p = *key as u32;
    }
    // Runs that agree so far and have not come to the start of their file are sorted on.
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    for i in 1..=room.len() {
        if i < room.len() && room[i] >> 32 == room[start] >> 32 {
            continue;
        }
        let ended = (1..=STRIDE).any(|k| (room[start] >> (32 * k)) as u32 == BOS);
        if i - start > 1 && !ended {
            runs.push((start, i));
        }
        start = i;
    }
    for (from, to) in runs {
        sort_range(tokens, &mut range[from..to], depth + STRIDE, room);
    }
}

fn insertion_sort(tokens: &[Id], range: &mut [u32], depth: usize) {
    for i in 1..range.len() {
        let mut j = i;
        while j > 0 && before(tokens, range[j], range[j - 1], depth) {
            range.swap(j, j - 1);
            j -= 1;
        }
    }
}

fn before(tokens: &[Id], p: u32, q: u32, depth: usize) -> bool {
    let (a, b) = (p as usize - 1, q as usize - 1);
    for d in depth..DEPTH {
        let (x, y) = (tokens[a - d], tokens[b - d]);
        if x != y {
            return x < y;
        }
        if x == BOS {
            break;
        }
    }
    p < q
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Positions whose last `n` tokens are `context`, nearest first, found by looking everywhere.
    fn naive(tokens: &[Id], context: &[Id], n: usize) -> Vec<u32> {
        (1..tokens.len())
            .filter(|&p| tokens[p] != BOS && p >= n && (0..n).all(|d| tokens[p - 1 - d] == context[d]))
            // A context does not reach over the start of a file.
            .filter(|&p| (0..n.saturating_sub(1)).all(|d| tokens[p - 1 - d] != BOS))
            .map(|p| p as u32)
            .collect()
    }

    proptest! {
        #[test]
        fn lookup_finds_what_looking_everywhere_finds(
            tail in proptest::collection::vec(0u32..5, 1..300),
            at in any::<proptest::sample::Index>(),
        ) {
            let mut tokens = vec![BOS];
            tokens.extend(tail);
            let index = ContextIndex::build(&tokens, &vec![0; tokens.len()], &vec![0; tokens.len()], 5);
            let p = 1 + at.index(tokens.len() - 1);
            let context: Vec<Id> = tokens[..p].iter().rev().copied().take(DEPTH).collect();
            let mut ranges = Vec::new();
            index.lookup(&tokens, &context, &mut ranges);
            for n in 1..=context.len() {
                let mut found: Vec<u32> = ranges
                    .get(n - 1)
                    .map_or(&[][..], |r| &index.order[r.lo as usize..r.hi as usize])
                    .to_vec();
                found.sort_unstable();
                prop_assert_eq!(found, naive(&tokens, &context, n));
            }
        }
    }

    #[test]
    fn what_is_beside_the_order_belongs_to_it() {
        let tokens = [BOS, 3, 4, 3, 4, BOS, 4, 3];
        let files = [0, 0, 0, 0, 0, 1, 1, 1];
        let index = ContextIndex::build(&tokens, &files, &[7, 0, 1, 2, 3, 7, 4, 5], 5);
        for (i, &p) in index.order.iter().enumerate() {
            assert_eq!(index.next[i], tokens[p as usize]);
            assert_eq!(index.file[i], files[p as usize]);
            assert_eq!(index.space[i], [7, 0, 1, 2, 3, 7, 4, 5][p as usize]);
        }
    }
}
