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

/// Index of the largest logit; of equal ones the first.
fn likeliest(logits: &[f32]) -> Option<usize> {
    let mut best = (0, *logits.first()?);
    // In blocks, since a maximum without its index is found many at a time.
    for (block, values) in logits.chunks(512).enumerate() {
        let top = values.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b));
        if top > best.1 {
            let index = values.iter().position(|it| *it == top)?;
            best = (block * 512 + index, top);
        }
    }
    Some(best.0)
}

/// Softmax of one logit.
fn probability(logits: &[f32], index: usize) -> f32 {
    let Some(own) = logits.get(index) else {
        return 0.0;
    };
    let top = logits.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b));
    // Tokens that have less than e^-20 of the top one's probability change nothing that a float shows.
    let sum: f32 = logits
        .iter()
        .map(|it| it - top)
        .filter(|it| *it > -20.0)
        .map(f32::exp)
        .sum();
    ((own - top).exp() / sum).clamp(0.0, 1.0)
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
        assert!((probability(&logits, 0) - 0.25).abs() < 1e-6);
        assert!((probability(&logits, 1) - 0.75).abs() < 1e-6);
        assert!(probability(&logits, 2) < 1e-30);
        assert!((probability(&[-500.0], 0) - 1.0).abs() < 1e-6);
    }
}
