//! Learning: vectors and weights of stems, from pairs.
//!
//! The one idea: in a batch of pairs of one repository each question must be nearer to its own answer than
//! to the others, and each answer to its own question (a softmax over cosines). Both texts are sums of
//! rows of one table, each row with a weight as a question's and as a passage's. Adagrad, one rate a row.
//!
//! Sums are made in a fixed order on any number of threads: the same sources give the same file.
//!
//! Deliberately absent: a validation loss. How good it is, `measure` says on other repositories.

use rayon::prelude::*;

use il_retrieval::Purpose;

use super::pairs::{Kind, Pair, Repository};
use super::random::Random;
use crate::cut::{self, Slots};
use crate::model::Model;

/// What can be chosen.
#[derive(Clone, Debug)]
pub struct Settings {
    pub dim: usize,
    /// Stems with a row of their own.
    pub known: usize,
    /// Rows for the others.
    pub shared: usize,
    pub epochs: usize,
    pub batch: usize,
    /// So many pairs of one file stay together in a batch, to be told apart.
    pub neighbours: usize,
    pub temperature: f32,
    pub rate: f32,
    /// Share of the stems of a question and of a passage that are left out each time.
    pub drop: [f32; 2],
    /// What a pair of each kind counts, in the order of [`Kind`].
    pub counts: [f32; 4],
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dim: 256,
            known: 12_000,
            shared: 4096,
            epochs: 8,
            batch: 256,
            neighbours: 4,
            temperature: 0.09,
            rate: 0.2,
            drop: [0.1, 0.15],
            counts: [2.0, 1.0, 1.0, 1.0],
            seed: 1,
        }
    }
}

impl Settings {
    /// Chooses by name, as a command line says it; `drop` and `counts` with commas.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let wrong = || format!("`{name}={value}` is not understood");
        let whole = || value.parse::<usize>().map_err(|_| wrong());
        let real = || value.parse::<f32>().map_err(|_| wrong());
        let list = |into: &mut [f32]| {
            let mut values = value.split(',').map(str::parse::<f32>);
            into.iter_mut().try_for_each(|to| {
                *to = values.next().ok_or_else(wrong)?.map_err(|_| wrong())?;
                Ok::<(), String>(())
            })
        };
        match name {
            "dim" => self.dim = whole()?,
            "known" => self.known = whole()?,
            "shared" => self.shared = whole()?,
            "epochs" => self.epochs = whole()?,
            "batch" => self.batch = whole()?,
            "neighbours" => self.neighbours = whole()?,
            "temperature" => self.temperature = real()?,
            "rate" => self.rate = real()?,
            "drop" => list(&mut self.drop)?,
            "counts" => list(&mut self.counts)?,
            "seed" => self.seed = whole()? as u64,
            _ => return Err(wrong()),
        }
        Ok(())
    }
}

type Bag = Vec<(u32, f32)>;

/// A pair, cut.
struct Example {
    query: Bag,
    passage: Bag,
    counts: f32,
    file: u32,
}

/// What is being learnt.
struct Table {
    dim: usize,
    vectors: Vec<f32>,
    /// Logarithms of the weights in a question and in a passage.
    weights: [Vec<f32>; 2],
    /// Sums of squared gradients.
    seen: Vec<f32>,
    seen_weights: [Vec<f32>; 2],
}

/// Learns from the pairs and gives the file. `say` is told how it goes.
pub fn learn(repositories: &[Repository], settings: &Settings, say: &dyn Fn(&str)) -> Vec<u8> {
    let counted = count(repositories);
    let known: Vec<(&str, usize)> = counted
        .iter()
        .take_while(|(_, n)| *n >= 3)
        .take(settings.known)
        .map(|(s, n)| (s.as_str(), *n))
        .collect();
    let mut hashes: Vec<u32> = Vec::new();
    let mut often: Vec<usize> = Vec::new();
    let mut taken = std::collections::BTreeSet::new();
    for (stem, n) in known {
        if taken.insert(cut::hash(stem)) {
            hashes.push(cut::hash(stem));
            often.push(n);
        }
    }
    let slots = Slots::new(&hashes, settings.shared);
    let pairs: usize = repositories.iter().map(|r| r.pairs.len()).sum();
    say(&format!(
        "{} repositories, {pairs} pairs, {} stems known",
        repositories.len(),
        hashes.len()
    ));
    let groups: Vec<Vec<Example>> = repositories
        .par_iter()
        .map(|r| {
            r.pairs
                .iter()
                .filter_map(|p| example(p, &slots, settings))
                .collect()
        })
        .collect();
    let mut random = Random(settings.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut table = Table::new(settings.dim, &slots, &often, pairs, &mut random);
    for epoch in 0..settings.epochs {
        let mut batches: Vec<(usize, Vec<usize>)> = Vec::new();
        for (g, group) in groups.iter().enumerate() {
            batches.extend(
                batches_of(group, settings, &mut random)
                    .into_iter()
                    .map(|b| (g, b)),
            );
        }
        random.shuffle(&mut batches);
        let mut loss = 0.0;
        let decay = 1.0 - 0.9 * epoch as f32 / settings.epochs.max(2) as f32;
        for (g, batch) in &batches {
            let examples: Vec<&Example> = batch.iter().map(|&i| &groups[*g][i]).collect();
            loss += f64::from(step(&mut table, &examples, settings, decay, &mut random));
        }
        say(&format!(
            "epoch {}: loss {:.3} over {} batches",
            epoch + 1,
            loss / batches.len().max(1) as f64,
            batches.len()
        ));
    }
    let weights: Vec<[f32; 2]> = table.weights[0]
        .iter()
        .zip(&table.weights[1])
        .map(|(q, p)| [q.exp(), p.exp()])
        .collect();
    Model::rounded(hashes, settings.shared, &table.vectors, &weights).write()
}

/// Every stem with the number of texts it is in, most first.
fn count(repositories: &[Repository]) -> Vec<(String, usize)> {
    use std::collections::{BTreeMap, BTreeSet};
    let counted: Vec<BTreeMap<String, usize>> = repositories
        .par_iter()
        .map(|repository| {
            let mut texts: BTreeMap<String, usize> = BTreeMap::new();
            for pair in &repository.pairs {
                let mut own = BTreeSet::new();
                let sides = [
                    (Purpose::Query, &pair.query),
                    (Purpose::Passage, &pair.passage),
                ];
                for (purpose, text) in sides {
                    cut::each_stem(purpose, text, |stem, _| {
                        if !own.contains(stem) {
                            own.insert(stem.to_owned());
                        }
                    });
                }
                for stem in own {
                    *texts.entry(stem).or_default() += 1;
                }
            }
            texts
        })
        .collect();
    let mut all: BTreeMap<String, usize> = BTreeMap::new();
    for texts in counted {
        for (stem, n) in texts {
            *all.entry(stem).or_default() += n;
        }
    }
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all
}

fn example(pair: &Pair, slots: &Slots, settings: &Settings) -> Option<Example> {
    let query = slots.bag(Purpose::Query, &pair.query);
    let passage = slots.bag(Purpose::Passage, &pair.passage);
    let enough = if pair.kind == Kind::Name { 2 } else { 3 };
    (query.len() >= enough && passage.len() >= 4).then(|| Example {
        query,
        passage,
        counts: settings.counts[pair.kind as usize],
        file: pair.file,
    })
}

/// A random order in batches, where a few pairs of one file stay together.
fn batches_of(group: &[Example], settings: &Settings, random: &mut Random) -> Vec<Vec<usize>> {
    let mut order: Vec<(u32, usize)> = (0..group.len()).map(|i| (group[i].file, i)).collect();
    random.shuffle(&mut order);
    order.sort_by_key(|&(file, _)| file);
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for same in order.chunk_by(|a, b| a.0 == b.0) {
        runs.extend(
            same.chunks(settings.neighbours)
                .map(|run| run.iter().map(|&(_, i)| i).collect()),
        );
    }
    random.shuffle(&mut runs);
    let flat: Vec<usize> = runs.into_iter().flatten().collect();
    let mut batches: Vec<Vec<usize>> = flat.chunks(settings.batch).map(<[usize]>::to_vec).collect();
    if batches.len() > 1 && batches.last().is_some_and(|b| b.len() < settings.batch / 4) {
        batches.pop();
    }
    batches
}

impl Table {
    fn new(dim: usize, slots: &Slots, often: &[usize], texts: usize, random: &mut Random) -> Self {
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
fn step(
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
fn dot(a: &[f32], b: &[f32]) -> f32 {
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
