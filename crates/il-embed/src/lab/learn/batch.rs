//! One batch: how far off the table is, and in which direction it moves.
//!
//! The one idea: a softmax over the cosines of a batch, both ways; its derivative goes through the lengths
//! of the sums to the rows and to the logarithms of their weights. Work is shared among threads by texts,
//! then by rows, and every sum is made in one order.
//!
//! Deliberately absent: which pairs are in a batch.

use rayon::prelude::*;

use super::Settings;
use crate::cut::Slots;
use crate::lab::random::Random;

pub(super) type Bag = Vec<(u32, f32)>;

/// A pair, cut.
pub(super) struct Example {
    pub(super) query: Bag,
    pub(super) passage: Bag,
    pub(super) counts: f32,
    pub(super) file: u32,
}

/// What is being learnt.
pub(super) struct Table {
    dim: usize,
    pub(super) vectors: Vec<f32>,
    /// Logarithms of the weights in a question and in a passage.
    pub(super) weights: [Vec<f32>; 2],
    /// Sums of squared gradients.
    seen: Vec<f32>,
    seen_weights: [Vec<f32>; 2],
}

impl Table {
    pub(super) fn new(
        dim: usize,
        slots: &Slots,
        often: &[usize],
        texts: usize,
        random: &mut Random,
    ) -> Self {
        let rows = slots.rows();
        let spread = 1.0 / (dim as f32).sqrt();
        let vectors = (0..rows * dim).map(|_| random.normal() * spread).collect();
        let rare = (texts as f32 / 3.0).ln();
        let idf: Vec<f32> = (0..rows)
            .map(|r| {
                often
                    .get(r)
                    .map_or(rare, |&n| (texts as f32 / n as f32).ln().max(0.05))
            })
            .collect();
        let mean = idf.iter().sum::<f32>() / rows as f32;
        let weights: Vec<f32> = idf.iter().map(|x| (x / mean).ln()).collect();
        Self {
            dim,
            vectors,
            weights: [weights.clone(), weights],
            seen: vec![1e-4; rows],
            seen_weights: [vec![1e-3; rows], vec![1e-3; rows]],
        }
    }

    fn row(&self, row: u32) -> &[f32] {
        &self.vectors[row as usize * self.dim..][..self.dim]
    }

    /// The sum of a bag, and its length.
    fn sum(&self, bag: &Bag) -> (Vec<f32>, f32) {
        let mut sum = vec![0.0; self.dim];
        for &(row, weight) in bag {
            add(&mut sum, weight, self.row(row));
        }
        let length = dot(&sum, &sum).sqrt() + 1e-6;
        sum.iter_mut().for_each(|x| *x /= length);
        (sum, length)
    }
}

/// One batch: how far off it was, and the table a little better.
pub(super) fn step(
    table: &mut Table,
    examples: &[&Example],
    settings: &Settings,
    decay: f32,
    random: &mut Random,
) -> f32 {
    let n = examples.len();
    let mut bags: Vec<Bag> = Vec::with_capacity(2 * n);
    for side in 0..2 {
        for example in examples {
            let bag = if side == 0 {
                &example.query
            } else {
                &example.passage
            };
            let weights = &table.weights[side];
            let drop = settings.drop[side];
            let mut kept: Bag = bag
                .iter()
                .filter(|_| random.unit() >= drop)
                .map(|&(row, counts)| (row, counts * weights[row as usize].exp()))
                .collect();
            if kept.is_empty() {
                kept = bag
                    .iter()
                    .map(|&(r, c)| (r, c * weights[r as usize].exp()))
                    .collect();
            }
            bags.push(kept);
        }
    }
    let sums: Vec<(Vec<f32>, f32)> = bags.par_iter().map(|bag| table.sum(bag)).collect();
    let (queries, passages) = sums.split_at(n);
    let (loss, by_cosine) = softmax_both(queries, passages, examples, settings.temperature);
    // From what the cosines should do to what each sum should do.
    let towards =
        |own: &(Vec<f32>, f32), others: &[(Vec<f32>, f32)], pull: &dyn Fn(usize) -> f32| {
            let mut d = vec![0.0; own.0.len()];
            for (j, other) in others.iter().enumerate() {
                add(&mut d, pull(j), &other.0);
            }
            let along = dot(&d, &own.0);
            d.iter_mut()
                .zip(&own.0)
                .for_each(|(d, u)| *d = (*d - u * along) / own.1);
            d
        };
    let by_sum: Vec<Vec<f32>> = (0..2 * n)
        .into_par_iter()
        .map(|i| {
            if i < n {
                towards(&queries[i], passages, &|j| by_cosine[i * n + j])
            } else {
                towards(&passages[i - n], queries, &|j| by_cosine[j * n + i - n])
            }
        })
        .collect();
    apply(table, &bags, &by_sum, settings.rate * decay, n);
    loss
}

/// The loss, and its derivative by every cosine.
fn softmax_both(
    queries: &[(Vec<f32>, f32)],
    passages: &[(Vec<f32>, f32)],
    examples: &[&Example],
    temperature: f32,
) -> (f32, Vec<f32>) {
    let n = queries.len();
    // Two questions of the same words have two right answers: neither is wrong for the other.
    let alike = |i: usize, j: usize| {
        i != j
            && (examples[i].query == examples[j].query
                || examples[i].passage == examples[j].passage)
    };
    let scores: Vec<f32> = (0..n * n)
        .into_par_iter()
        .with_min_len(n)
        .map(|k| {
            let (i, j) = (k / n, k % n);
            if alike(i, j) {
                f32::NEG_INFINITY
            } else {
                dot(&queries[i].0, &passages[j].0) / temperature
            }
        })
        .collect();
    let total: f32 = examples.iter().map(|e| e.counts).sum();
    let one_way = |i: usize, at: &(dyn Fn(usize) -> f32 + Sync)| -> (f32, Vec<f32>) {
        let most = (0..n).map(at).fold(f32::NEG_INFINITY, f32::max);
        let mut p: Vec<f32> = (0..n).map(|j| (at(j) - most).exp()).collect();
        let sum: f32 = p.iter().sum();
        let counts = examples[i].counts / total;
        let loss = -counts * (p[i] / sum + 1e-9).ln();
        p.iter_mut().for_each(|p| *p *= counts / sum);
        p[i] -= counts;
        (loss, p)
    };
    let rows: Vec<_> = (0..n)
        .into_par_iter()
        .map(|i| one_way(i, &|j| scores[i * n + j]))
        .collect();
    let columns: Vec<_> = (0..n)
        .into_par_iter()
        .map(|i| one_way(i, &|j| scores[j * n + i]))
        .collect();
    let mut by_cosine = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            by_cosine[i * n + j] = (rows[i].1[j] + columns[j].1[i]) / (2.0 * temperature);
        }
    }
    let loss = rows.iter().map(|r| r.0).sum::<f32>();
    (loss, by_cosine)
}

/// Gives every row of the batch its share, and moves it.
fn apply(table: &mut Table, bags: &[Bag], by_sum: &[Vec<f32>], rate: f32, n: usize) {
    let dim = table.dim;
    // Every use of a row, in a fixed order.
    let mut uses: Vec<(u32, u32, f32)> = Vec::new();
    for (i, bag) in bags.iter().enumerate() {
        uses.extend(bag.iter().map(|&(row, weight)| (row, i as u32, weight)));
    }
    uses.sort_unstable_by_key(|&(row, i, _)| (row, i));
    let groups: Vec<&[(u32, u32, f32)]> = uses.chunk_by(|a, b| a.0 == b.0).collect();
    let moves: Vec<(Vec<f32>, [f32; 2])> = groups
        .par_iter()
        .map(|group| {
            let own = table.row(group[0].0);
            let mut d = vec![0.0; dim];
            let mut by_weight = [0.0; 2];
            for &(_, i, weight) in *group {
                let by_sum = &by_sum[i as usize];
                add(&mut d, weight, by_sum);
                by_weight[usize::from(i as usize >= n)] += weight * dot(by_sum, own);
            }
            (d, by_weight)
        })
        .collect();
    for (group, (d, by_weight)) in groups.iter().zip(&moves) {
        let row = group[0].0 as usize;
        table.seen[row] += dot(d, d);
        let step = -rate / table.seen[row].sqrt();
        add(&mut table.vectors[row * dim..][..dim], step, d);
        for (side, d) in by_weight.iter().enumerate() {
            let seen = &mut table.seen_weights[side][row];
            *seen += d * d;
            table.weights[side][row] -= rate * d / seen.sqrt();
        }
    }
}

fn add(to: &mut [f32], weight: f32, from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += weight * from;
    }
}

/// In eight lanes, so that it runs in vector registers and in the same order everywhere.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    for (a, b) in a8.iter().zip(b8) {
        for k in 0..8 {
            lanes[k] += a[k] * b[k];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}
