//! Fitting the network: logistic loss, Adam (Kingma and Ba, 2015), one thread, so that the same rows give the same
//! weights.

use il_retrieval::cursor::{FEATURES, Network};

use crate::rows::Rows;

const EPOCHS: usize = 12;
const BATCH: usize = 512;
const RATE: f32 = 3e-3;
const DECAY: f32 = 1e-6;
/// The rate of Adam's two means.
const MEANS: (f32, f32) = (0.9, 0.999);
/// The share of right names is about one in a hundred.
const BIAS: f32 = -5.0;

/// Numbers that look random and are the same every time (xorshift).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// From zero to one.
    pub(crate) fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }

    fn below(&mut self, n: usize) -> usize {
        ((self.0 >> 11) as f64 / (1u64 << 53) as f64 * n as f64) as usize % n.max(1)
    }
}

/// All weights in one row: each hidden unit's, then the output's.
struct Weights {
    all: Vec<f32>,
    hidden: usize,
}

impl Weights {
    fn random(random: &mut Random) -> Self {
        let zero = Network::zero();
        let hidden = zero.hidden.len();
        let count = hidden * (FEATURES + 1) + hidden + 1;
        let mut all: Vec<f32> = (0..count).map(|_| (random.next() - 0.5) * 0.4).collect();
        all[count - 1] = BIAS;
        Self { all, hidden }
    }

    fn unit(&self, at: usize) -> &[f32] {
        &self.all[at * (FEATURES + 1)..(at + 1) * (FEATURES + 1)]
    }

    fn output(&self) -> &[f32] {
        &self.all[self.hidden * (FEATURES + 1)..]
    }

    /// A feature that no row has must not count: its weights are still the random ones.
    fn forget_unseen(&mut self, rows: &Rows) {
        for feature in 0..FEATURES {
            if rows.features.iter().all(|row| row[feature] == 0.0) {
                for unit in 0..self.hidden {
                    self.all[unit * (FEATURES + 1) + feature] = 0.0;
                }
            }
        }
    }

    fn network(&self) -> Network {
        let mut network = Network::zero();
        for (at, unit) in network.hidden.iter_mut().enumerate() {
            unit.copy_from_slice(self.unit(at));
        }
        network.output.copy_from_slice(self.output());
        network
    }

    /// The probability of a row, and what each hidden unit said.
    fn forward(&self, row: &[f32; FEATURES], inner: &mut [f32]) -> f32 {
        let output = self.output();
        let mut sum = output[self.hidden];
        for (at, inner) in inner.iter_mut().enumerate() {
            let unit = self.unit(at);
            let dot: f32 = unit.iter().zip(row).map(|(a, b)| a * b).sum();
            *inner = dot + unit[FEATURES];
            sum += output[at] * leaky(*inner);
        }
        1.0 / (1.0 + (-sum).exp())
    }

    /// Adds to the gradient what a row says.
    fn backward(&self, row: &[f32; FEATURES], inner: &[f32], error: f32, gradient: &mut [f32]) {
        let outputs = self.hidden * (FEATURES + 1);
        for (at, &inner) in inner.iter().enumerate() {
            gradient[outputs + at] += error * leaky(inner);
            let slope = if inner > 0.0 { 1.0 } else { Network::LEAK };
            let error = error * self.all[outputs + at] * slope;
            let unit = &mut gradient[at * (FEATURES + 1)..(at + 1) * (FEATURES + 1)];
            for (gradient, value) in unit.iter_mut().zip(row) {
                *gradient += error * value;
            }
            unit[FEATURES] += error;
        }
        gradient[outputs + self.hidden] += error;
    }
}

fn leaky(inner: f32) -> f32 {
    if inner > 0.0 {
        inner
    } else {
        Network::LEAK * inner
    }
}

/// Fits a network to the rows; `say` hears of each epoch's mean loss.
pub(crate) fn fit(rows: &Rows, say: &dyn Fn(usize, f64)) -> Network {
    let mut random = Random(42);
    let mut weights = Weights::random(&mut random);
    let mut adam = Adam::new(weights.all.len());
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let steps = EPOCHS * rows.len().div_ceil(BATCH);
    let mut inner = vec![0.0; weights.hidden];
    for epoch in 0..EPOCHS {
        for at in (1..order.len()).rev() {
            random.next();
            order.swap(at, random.below(at + 1));
        }
        let (mut loss, mut total) = (0.0, 0.0);
        for batch in order.chunks(BATCH) {
            let mut gradient = vec![0.0; weights.all.len()];
            for &at in batch {
                let (row, right, weight) = (&rows.features[at], rows.right[at], rows.weight[at]);
                let likely = weights.forward(row, &mut inner);
                let said = if right > 0.5 { likely } else { 1.0 - likely };
                loss -= f64::from(weight) * f64::from(said.max(1e-7).ln());
                total += f64::from(weight);
                weights.backward(row, &inner, (likely - right) * weight, &mut gradient);
            }
            adam.step(&mut weights.all, &gradient, batch.len() as f32, steps);
        }
        say(epoch, loss / total);
    }
    weights.forget_unseen(rows);
    weights.network()
}

struct Adam {
    mean: Vec<f32>,
    square: Vec<f32>,
    steps: usize,
}

impl Adam {
    fn new(count: usize) -> Self {
        Self {
            mean: vec![0.0; count],
            square: vec![0.0; count],
            steps: 0,
        }
    }

    fn step(&mut self, weights: &mut [f32], gradient: &[f32], batch: f32, all: usize) {
        self.steps += 1;
        let done = self.steps as f32 / all as f32;
        let rate = RATE * (1.0 - done).max(0.02);
        let warm = |mean: f32| 1.0 - mean.powi(self.steps as i32);
        let (first, second) = (warm(MEANS.0), warm(MEANS.1));
        for (at, weight) in weights.iter_mut().enumerate() {
            let gradient = gradient[at] / batch + DECAY * *weight;
            self.mean[at] = MEANS.0 * self.mean[at] + (1.0 - MEANS.0) * gradient;
            self.square[at] = MEANS.1 * self.square[at] + (1.0 - MEANS.1) * gradient * gradient;
            *weight -= rate * (self.mean[at] / first) / ((self.square[at] / second).sqrt() + 1e-8);
        }
    }
}
