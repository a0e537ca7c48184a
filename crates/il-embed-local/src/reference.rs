//! BERT written down a second time, for tests: loops over plain numbers, one text, no library.
//!
//! The one idea: it shares nothing with the real forward pass but the weights, so both being wrong alike is unlikely.
//!
//! Deliberately absent: speed.

use crate::{bert::Pooling, fixture::Tiny};

type Rows = Vec<Vec<f64>>;

pub(crate) fn vector(tiny: &Tiny, tokens: &[u32], pooling: Pooling) -> Vec<f32> {
    let size = &tiny.size;
    let (words, places) = (
        rows(tiny, "token_embd.weight"),
        rows(tiny, "position_embd.weight"),
    );
    let types = rows(tiny, "token_types.weight");
    let mut x: Rows = tokens
        .iter()
        .enumerate()
        .map(|(place, token)| {
            (0..size.hidden)
                .map(|i| words[*token as usize][i] + places[place][i] + types[0][i])
                .collect()
        })
        .collect();
    norm(tiny, "token_embd_norm", &mut x);
    for idx in 0..size.layers {
        let name = |part: &str| format!("blk.{idx}.{part}");
        let [query, key, value] =
            ["attn_q", "attn_k", "attn_v"].map(|part| linear(tiny, &name(part), &x));
        let width = size.hidden / size.heads;
        let mut seen = vec![vec![0.0; size.hidden]; x.len()];
        for head in 0..size.heads {
            let span = head * width..(head + 1) * width;
            for (at, seen) in seen.iter_mut().enumerate() {
                let score = |other: &Vec<f64>| {
                    let dot: f64 = span.clone().map(|i| query[at][i] * other[i]).sum();
                    (dot / (width as f64).sqrt()).exp()
                };
                let scores: Vec<f64> = key.iter().map(score).collect();
                let sum: f64 = scores.iter().sum();
                for (score, value) in scores.iter().zip(&value) {
                    for i in span.clone() {
                        seen[i] += score / sum * value[i];
                    }
                }
            }
        }
        add(&mut x, &linear(tiny, &name("attn_output"), &seen));
        norm(tiny, &name("attn_output_norm"), &mut x);
        let mut up = linear(tiny, &name("ffn_up"), &x);
        for it in up.iter_mut().flatten() {
            *it *= normal(*it);
        }
        add(&mut x, &linear(tiny, &name("ffn_down"), &up));
        norm(tiny, &name("layer_output_norm"), &mut x);
    }
    let pooled: Vec<f64> = match pooling {
        Pooling::First => x[0].clone(),
        Pooling::Mean => (0..size.hidden)
            .map(|i| x.iter().map(|it| it[i]).sum::<f64>() / x.len() as f64)
            .collect(),
    };
    let length = pooled.iter().map(|it| it * it).sum::<f64>().sqrt();
    pooled.iter().map(|it| (it / length) as f32).collect()
}

fn rows(tiny: &Tiny, name: &str) -> Rows {
    let rows: Vec<Vec<f32>> = tiny.tensors[name].to_vec2().expect("a matrix");
    rows.into_iter()
        .map(|it| it.into_iter().map(f64::from).collect())
        .collect()
}

fn row(tiny: &Tiny, name: &str) -> Vec<f64> {
    let row: Vec<f32> = tiny.tensors[name].to_vec1().expect("a vector");
    row.into_iter().map(f64::from).collect()
}

fn linear(tiny: &Tiny, name: &str, x: &Rows) -> Rows {
    let weight = rows(tiny, &format!("{name}.weight"));
    let bias = row(tiny, &format!("{name}.bias"));
    let output = |x: &Vec<f64>| {
        let outputs = weight.iter().zip(&bias);
        outputs
            .map(|(weight, bias)| bias + weight.iter().zip(x).map(|it| it.0 * it.1).sum::<f64>())
            .collect()
    };
    x.iter().map(output).collect()
}

fn norm(tiny: &Tiny, name: &str, x: &mut Rows) {
    let weight = row(tiny, &format!("{name}.weight"));
    let bias = row(tiny, &format!("{name}.bias"));
    for x in x {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let spread = x.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / x.len() as f64;
        let scale = 1.0 / (spread + f64::from(tiny.size.epsilon)).sqrt();
        for (i, x) in x.iter_mut().enumerate() {
            *x = (*x - mean) * scale * weight[i] + bias[i];
        }
    }
}

fn add(x: &mut Rows, y: &Rows) {
    for (x, y) in x.iter_mut().flatten().zip(y.iter().flatten()) {
        *x += y;
    }
}

/// The share of a normal distribution below `x`, by adding up its density: slow, and nobody's approximation.
fn normal(x: f64) -> f64 {
    const STEPS: u32 = 400;
    let step = x / f64::from(STEPS);
    let density = |at: f64| (-0.5 * at * at).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let sum: f64 = (0..STEPS)
        .map(|it| density(step * (f64::from(it) + 0.5)))
        .sum();
    0.5 + sum * step
}
