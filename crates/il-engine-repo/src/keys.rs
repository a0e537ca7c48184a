//! Contexts with holes: places that are alike without their last tokens being equal.
//!
//! A line is alike another when its neighbours are (line keys); a token is alike another when it stands
//! in the same bracket after the same token, or starts its line the same way (sparse keys). A key is a
//! hash, 0 meaning "does not apply"; an index of a key is its positions sorted by hash.
//!
//! Deliberately absent: collision handling. A key of 32 bits that collides adds a little noise.

use crate::vocabulary::{BOS, Id, Kind, is_newline};

/// Kinds of line key.
pub(crate) const LINE_KEYS: usize = 5;
/// Kinds of sparse key.
pub(crate) const SPARSE_KEYS: usize = 4;

fn mix(a: u64, b: u64) -> u64 {
    let x = (a ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^ (x >> 32)
}

fn hash_tokens(tokens: &[Id], seed: u64) -> u64 {
    tokens.iter().fold(seed, |h, &t| mix(h, u64::from(t) + 1))
}

fn key(hash: u64) -> u32 {
    let x = hash.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    (x >> 32) as u32 | 1
}

/// The keys of a line from the lines around it; empty slices where there is none.
pub(crate) fn line_keys(
    previous: &[Id],
    next: &[Id],
    parent: &[Id],
    newline: Id,
) -> [u32; LINE_KEYS] {
    let start = |t: &[Id], n: usize| hash_tokens(&t[..t.len().min(n)], 7);
    let newline = u64::from(newline);
    let by_next = if next.is_empty() {
        0
    } else {
        key(mix(hash_tokens(next, 1), 11))
    };
    let by_both = if next.is_empty() {
        0
    } else {
        key(mix(mix(start(previous, 2), start(next, 2)), newline))
    };
    [
        by_next,
        by_both,
        key(mix(
            mix(start(parent, 3), start(previous, 2)),
            1000 + newline,
        )),
        key(mix(hash_tokens(parent, 5), 2000 + newline)),
        key(mix(hash_tokens(previous, 9), 3000 + newline)),
    ]
}

/// Runs over tokens and knows the sparse keys of the next one.
#[derive(Clone, Debug, Default)]
pub(crate) struct SparseState {
    /// What stood before each open bracket.
    stack: Vec<Id>,
    first: Id,
    second: Id,
    in_line: u32,
    last: Id,
    before_last: Id,
    third_last: Id,
    last_name: Id,
}

const SPARSE_STACK: usize = 24;

impl SparseState {
    pub(crate) fn push(&mut self, token: Id, kind: Kind) {
        if token == BOS {
            *self = Self::default();
            return;
        }
        if is_newline(token) {
            self.in_line = 0;
            self.first = 0;
            self.second = 0;
        } else {
            match self.in_line {
                0 => self.first = token,
                1 => self.second = token,
                _ => {}
            }
            self.in_line += 1;
        }
        if kind.is_open() {
            let opener = if self.last == BOS || is_newline(self.last) {
                token
            } else {
                self.last
            };
            if self.stack.len() == SPARSE_STACK {
                self.stack.remove(0);
            }
            self.stack.push(opener);
        } else if kind.is_close() {
            self.stack.pop();
        }
        if kind == Kind::Name {
            self.last_name = token;
        }
        self.third_last = self.before_last;
        self.before_last = self.last;
        self.last = token;
    }

    pub(crate) fn keys(&self) -> [u32; SPARSE_KEYS] {
        let k = |seed: u64, a: Id, b: Id, c: Id| {
            key(mix(
                mix(seed ^ (u64::from(a) << 20), u64::from(b) + 1),
                u64::from(c) + 1,
            ))
        };
        [
            self.stack
                .last()
                .map_or(0, |&opener| k(101, opener, self.last, 0)),
            k(102, self.last, self.third_last, 0),
            if self.in_line >= 2 {
                k(103, self.first, self.second, self.last)
            } else {
                0
            },
            k(104, self.last_name, self.last, self.before_last),
        ]
    }
}

/// Positions sorted by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyIndex {
    keys: Vec<u32>,
    values: Vec<u32>,
    /// Where keys with each value of their top bits start.
    bucket: Vec<u32>,
    shift: u32,
}

impl KeyIndex {
    /// Takes positions in order, each with its key.
    pub(crate) fn build(keys: &[u32], values: &[u32]) -> Self {
        let pair = |(&k, &v): (&u32, &u32)| u64::from(k) << 32 | u64::from(v);
        let mut pairs: Vec<u64> = keys.iter().zip(values).map(pair).collect();
        let mut other = vec![0u64; pairs.len()];
        // Least significant digits of the key first; each pass keeps the order of the last.
        for (shift, bits) in [(32u32, 11u32), (43, 11), (54, 10)] {
            let digit = |pair: u64| (pair >> shift) as usize & ((1 << bits) - 1);
            let mut starts = vec![0u32; 1 << bits];
            for &pair in &pairs {
                starts[digit(pair)] += 1;
            }
            let mut sum = 0;
            for start in &mut starts {
                (*start, sum) = (sum, sum + *start);
            }
            for &pair in &pairs {
                let slot = &mut starts[digit(pair)];
                other[*slot as usize] = pair;
                *slot += 1;
            }
            std::mem::swap(&mut pairs, &mut other);
        }
        drop(other);
        let keys = pairs.iter().map(|&p| (p >> 32) as u32).collect();
        Self::from_sorted(keys, pairs.iter().map(|&p| p as u32).collect())
    }

    /// The same from keys already in order.
    fn from_sorted(keys: Vec<u32>, values: Vec<u32>) -> Self {
        let bits = (keys.len().max(16) / 8).ilog2().clamp(1, 24);
        let shift = 32 - bits;
        let mut bucket = vec![0u32; (1 << bits) + 1];
        for &k in &keys {
            bucket[(k >> shift) as usize + 1] += 1;
        }
        for i in 1..bucket.len() {
            bucket[i] += bucket[i - 1];
        }
        Self {
            keys,
            values,
            bucket,
            shift,
        }
    }

    pub(crate) fn get(&self, key: u32) -> &[u32] {
        if key == 0 || self.keys.is_empty() {
            return &[];
        }
        let b = (key >> self.shift) as usize;
        let (lo, hi) = (self.bucket[b] as usize, self.bucket[b + 1] as usize);
        let slice = &self.keys[lo..hi];
        let a = slice.partition_point(|&k| k < key);
        let len = slice[a..].partition_point(|&k| k == key);
        &self.values[lo + a..lo + a + len]
    }

    pub(crate) fn memory(&self) -> usize {
        (self.keys.capacity() + self.values.capacity() + self.bucket.capacity()) * 4
    }
}
