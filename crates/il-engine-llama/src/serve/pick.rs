//! The next token from its logits.
//!
//! The one idea: the likeliest token and its probability come out of one pass over the vocabulary; the probability is
//! always that of the model itself, whatever sampler chose.
//!
//! Deliberately absent: what llama.cpp's samplers do (`native::sampler`).

use std::sync::Arc;

use crate::{
    native::{Grammar, Model, Sampler, Token},
    wire::Sampling,
};

/// A chosen token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Picked {
    pub(super) token: Token,
    /// By the model, before any sampler.
    pub(super) probability: f32,
}

/// Chooses tokens for one request.
#[derive(Debug)]
pub(super) struct Picker {
    sampler: Option<Sampler>,
    grammar: Option<Grammar>,
}

impl Picker {
    pub(super) fn new(
        model: &Arc<Model>,
        sampling: Sampling,
        grammar: Option<&str>,
    ) -> Result<Self, String> {
        let sampler = (sampling.temperature > 0.0)
            .then(|| Sampler::new(model, sampling))
            .transpose()?;
        let grammar = grammar.map(|it| Grammar::read(model, it)).transpose()?;
        Ok(Self { sampler, grammar })
    }

    /// Always the likeliest, whatever came before: only then can drafts be checked.
    pub(super) fn is_greedy(&self) -> bool {
        self.sampler.is_none() && self.grammar.is_none()
    }

    /// The next token; `None` when the grammar allows none.
    pub(super) fn pick(&mut self, logits: &[f32]) -> Option<Picked> {
        let token = self.choose(logits)?;
        if let Some(it) = &mut self.sampler {
            it.accept(token);
        }
        if let Some(it) = &mut self.grammar {
            it.accept(token);
        }
        let index = usize::try_from(token).ok()?;
        Some(Picked {
            token,
            probability: probability(logits, index),
        })
    }

    fn choose(&mut self, logits: &[f32]) -> Option<Token> {
        let wish = match &mut self.sampler {
            Some(it) => it.choose(logits)?,
            None => Token::try_from(likeliest(logits)?).ok()?,
        };
        let Some(grammar) = &mut self.grammar else {
            return Some(wish);
        };
        // To ask for one token costs little; only a wish that is not granted costs a look at the whole vocabulary.
        if grammar.allows(wish) {
            return Some(wish);
        }
        let allowed = grammar.rule_out(logits);
        match &mut self.sampler {
            Some(it) => it.choose(&allowed),
            None => {
                let best = likeliest(&allowed)?;
                (allowed[best] > f32::NEG_INFINITY)
                    .then(|| Token::try_from(best).ok())
                    .flatten()
            }
        }
    }
}

/// Numbers that are worked on at once: with a hundred thousand of them for each token that is said, it shows.
const LANES: usize = 16;

fn larger(a: f32, b: f32) -> f32 {
    // Not `f32::max`, whose care for what is no number takes twice as long.
    if b > a { b } else { a }
}

fn top(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, *value);
        }
    }
    lanes
        .iter()
        .chain(rest)
        .fold(f32::NEG_INFINITY, |a, b| larger(a, *b))
}

/// Index of the largest logit; of equal ones the first.
fn likeliest(logits: &[f32]) -> Option<usize> {
    let top = top(logits);
    logits.iter().position(|it| *it == top)
}

/// Softmax of one logit.
fn probability(logits: &[f32], index: usize) -> f32 {
    let Some(own) = logits.get(index) else {
        return 0.0;
    };
    let top = top(logits);
    let mut lanes = [0.0_f32; LANES];
    let chunks = logits.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += exp(*value - top);
        }
    }
    let sum: f32 = lanes.iter().sum::<f32>() + rest.iter().map(|it| exp(*it - top)).sum::<f32>();
    ((own - top).exp() / sum).clamp(0.0, 1.0)
}

/// `e^x` for x up to 0, to four digits; many at once, which the library's own is not.
fn exp(x: f32) -> f32 {
    let power = larger(-126.0, x * std::f32::consts::LOG2_E);
    #[expect(clippy::cast_possible_truncation, reason = "between -126 and 0")]
    let whole = (power - 0.5) as i32;
    #[expect(clippy::cast_precision_loss, reason = "between -126 and 0")]
    let part = power - whole as f32;
    #[expect(clippy::cast_sign_loss, reason = "between 1 and 127")]
    let scale = f32::from_bits(((whole + 127) as u32) << 23);
    let series = 0.055_504 + part * 0.009_618;
    let series = 0.240_227 + part * series;
    let series = std::f32::consts::LN_2 + part * series;
    scale * (1.0 + part * series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_is_the_first_of_the_largest() {
        let mut logits = vec![0.0; 2000];
        logits[700] = 2.0;
        logits[701] = 3.0;
        logits[1999] = 3.0;
        assert_eq!(likeliest(&logits), Some(701));
        assert_eq!(likeliest(&[-1.0]), Some(0));
        assert_eq!(likeliest(&[]), None);
    }

    #[test]
    fn probabilities_are_a_softmax() {
        let logits = [0.0, 3.0_f32.ln(), -90.0];
        assert!((probability(&logits, 0) - 0.25).abs() < 1e-4);
        assert!((probability(&logits, 1) - 0.75).abs() < 1e-4);
        assert!(probability(&logits, 2) < 1e-30);
        assert!((probability(&[-500.0], 0) - 1.0).abs() < 1e-4);
        assert!((probability(&vec![3.5; 1000], 999) - 0.001).abs() < 1e-6);
    }

    #[test]
    fn the_quick_exponential_is_one() {
        for step in 0..800 {
            let x = -0.1 * step as f32;
            let difference = (exp(x) - x.exp()).abs() / x.exp();
            assert!(difference < 2e-4, "{x}: {difference}");
        }
        assert!(exp(-1e9) < 1e-30 && exp(f32::NEG_INFINITY) < 1e-30);
    }
}
