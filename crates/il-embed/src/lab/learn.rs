//! Learning: vectors and weights of stems, from pairs.
//!
//! The one idea: in a batch of pairs of one repository each question must be nearer to its own answer than
//! to the others, and each answer to its own question (a softmax over cosines). Both texts are sums of
//! rows of one table, each row with a weight as a question's and as a passage's. Adagrad, one rate a row.
//!
//! Sums are made in a fixed order on any number of threads: the same sources give the same file.
//!
//! Deliberately absent: a validation loss. How good it is, `measure` says on other repositories.

mod batch;

use rayon::prelude::*;

use il_retrieval::Purpose;

use super::pairs::{Kind, Pair, Repository};
use super::random::Random;
use crate::cut::{self, Slots};
use crate::model::Model;
use batch::{Example, Table, step};

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

#[cfg(test)]
mod tests;
