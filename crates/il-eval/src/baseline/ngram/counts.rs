//! Counts of what follows the last 0 to 4 tokens, as sorted arrays, and the smoothed shares from them.

/// Tokens looked at together.
pub(super) const ORDER: usize = 5;

/// Counts by length of the context.
pub(super) struct Counts {
    /// Tokens counted.
    total: usize,
    levels: [Level; ORDER],
}

/// One length: contexts by hash, and for each its successors by id.
#[derive(Default)]
struct Level {
    contexts: Vec<u64>,
    /// Where the successors of each context start; one more than there are contexts.
    starts: Vec<u32>,
    successors: Vec<(u32, u32)>,
}

fn hash(context: &[u32]) -> u64 {
    context.iter().fold(context.len() as u64, |hash, &token| {
        (hash ^ u64::from(token))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29)
    })
}

impl Counts {
    /// Counts every token of every sequence after its contexts; sequences do not see each other.
    pub(super) fn new(sequences: &[&[u32]]) -> Self {
        let level = |length: usize| {
            let mut pairs: Vec<(u64, u32)> = Vec::new();
            for sequence in sequences {
                let ends = length..sequence.len();
                pairs.extend(ends.map(|at| (hash(&sequence[at - length..at]), sequence[at])));
            }
            Level::new(pairs)
        };
        Self {
            total: sequences.iter().map(|it| it.len()).sum(),
            levels: std::array::from_fn(level),
        }
    }
}

impl Level {
    fn new(mut pairs: Vec<(u64, u32)>) -> Self {
        pairs.sort_unstable();
        let mut level = Self::default();
        for of_context in pairs.chunk_by(|a, b| a.0 == b.0) {
            level.contexts.push(of_context[0].0);
            level.starts.push(level.successors.len() as u32);
            for same in of_context.chunk_by(|a, b| a.1 == b.1) {
                level.successors.push((same[0].1, same.len() as u32));
            }
        }
        level.starts.push(level.successors.len() as u32);
        level
    }

    fn after(&self, context: u64) -> &[(u32, u32)] {
        match self.contexts.binary_search(&context) {
            Ok(at) => &self.successors[self.starts[at] as usize..self.starts[at + 1] as usize],
            Err(_) => &[],
        }
    }
}

fn count(of: &[(u32, u32)], token: u32) -> i64 {
    of.binary_search_by_key(&token, |it| it.0)
        .map_or(0, |at| i64::from(of[at].1))
}

/// What follows, smoothed: all counts, minus those of one file, plus those of a buffer.
pub(super) struct Distribution<'a> {
    pub(super) all: &'a Counts,
    pub(super) minus: Option<&'a Counts>,
    pub(super) plus: Option<&'a Counts>,
}

impl Distribution<'_> {
    /// Every token seen after the last token of the context, with its probability.
    pub(super) fn next(&self, context: &[u32]) -> Vec<(u32, f64)> {
        let mut shares: Vec<(u32, f64)> = Vec::new();
        for length in 1..ORDER.min(context.len() + 1) {
            let counted = self.counted(length, &context[context.len() - length..]);
            if counted.is_empty() {
                break;
            }
            if length == 1 {
                shares = self.unigrams(counted.iter().map(|it| it.0));
            }
            let (total, types) = (
                counted.iter().map(|it| it.1).sum::<i64>() as f64,
                counted.len() as f64,
            );
            for share in &mut shares {
                share.1 *= types / (total + types);
            }
            // What follows a longer context follows the shorter one too.
            let mut shares = shares.iter_mut();
            for (token, count) in counted {
                if let Some(share) = shares.find(|it| it.0 == token) {
                    share.1 += count as f64 / (total + types);
                }
            }
        }
        shares
    }

    /// These tokens by how common they are.
    pub(super) fn among(&self, tokens: Vec<u32>) -> Vec<(u32, f64)> {
        let mut shares = self.unigrams(tokens.into_iter());
        shares.retain(|it| it.1 > 0.0);
        shares
    }

    fn unigrams(&self, tokens: impl Iterator<Item = u32>) -> Vec<(u32, f64)> {
        let [all, minus, plus] = self.slices(0, hash(&[]));
        let total = |of: Option<&Counts>| of.map_or(0, |it| it.total as i64);
        let total = (total(Some(self.all)) - total(self.minus) + total(self.plus)).max(1) as f64;
        tokens
            .map(|token| {
                let left = count(all, token) - count(minus, token) + count(plus, token);
                (token, left.max(0) as f64 / total)
            })
            .collect()
    }

    fn slices(&self, length: usize, context: u64) -> [&[(u32, u32)]; 3] {
        [Some(self.all), self.minus, self.plus]
            .map(|counts| counts.map_or(&[][..], |it| it.levels[length].after(context)))
    }

    /// Successors by id with what is left of their counts.
    fn counted(&self, length: usize, context: &[u32]) -> Vec<(u32, i64)> {
        let [mut all, minus, mut plus] = self.slices(length, hash(context));
        let mut counted = Vec::with_capacity(all.len() + plus.len());
        while let Some(token) = [all.first(), plus.first()]
            .into_iter()
            .flatten()
            .map(|it| it.0)
            .min()
        {
            let mut left = -count(minus, token);
            for slice in [&mut all, &mut plus] {
                if let Some((&(first, count), rest)) = slice.split_first()
                    && first == token
                {
                    left += i64::from(count);
                    *slice = rest;
                }
            }
            if left > 0 {
                counted.push((token, left));
            }
        }
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(sequences: &[&[u32]]) -> Counts {
        Counts::new(sequences)
    }

    #[test]
    fn smooths_as_witten_and_bell_do() {
        // After 1: twice 2, once 3. Types 2, total 3: each gets (count + 2 · unigram) / 5.
        let all = counts(&[&[1, 2, 1, 2, 1, 3]]);
        let distribution = Distribution {
            all: &all,
            minus: None,
            plus: None,
        };
        let next = distribution.next(&[9, 1]);
        let tokens: Vec<u32> = next.iter().map(|it| it.0).collect();
        assert_eq!(tokens, [2, 3]);
        let difference = next[0].1 - next[1].1;
        let unigrams = distribution.among(vec![2, 3]);
        assert!((difference - (1.0 + 2.0 * (unigrams[0].1 - unigrams[1].1)) / 5.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_taken_off_is_gone_and_what_is_added_counts() {
        let all = counts(&[&[1, 2], &[1, 3]]);
        let (minus, plus) = (counts(&[&[1, 3]]), counts(&[&[1, 4]]));
        let distribution = Distribution {
            all: &all,
            minus: Some(&minus),
            plus: Some(&plus),
        };
        assert_eq!(distribution.counted(1, &[1]), [(2, 1), (4, 1)]);
    }
}
