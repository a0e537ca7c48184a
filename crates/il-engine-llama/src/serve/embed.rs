//! Embeddings: the mean over a text, one text at a time, when nobody waits for an answer.
//!
//! The one idea: they have a context of their own, made when the first one is asked for, so that whoever only completes
//! pays nothing.
//!
//! Deliberately absent: batches of texts; a code model reads a hundred tokens a second here, so it is never quick.

use std::sync::{Arc, atomic::AtomicBool};

use crate::native::{Context, Decoded, Model, Row, Shape};

/// Tokens of a text that count.
const LONGEST: u32 = 512;

/// Texts of one order.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) id: u32,
    pub(super) texts: Vec<String>,
    pub(super) vectors: Vec<Vec<f32>>,
}

/// A context that pools.
#[derive(Debug)]
pub(super) struct Embedder(Context);

impl Embedder {
    pub(super) fn new(
        model: &Arc<Model>,
        threads: u32,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, String> {
        let tokens = match model.trained_context() {
            0 => LONGEST,
            it => it.min(LONGEST),
        };
        let shape = Shape {
            tokens,
            sequences: 1,
            rows: tokens,
            threads,
            pooled: true,
        };
        Context::new(model, shape, stop).map(Self)
    }

    /// A vector of length 1; `None` when it was stopped.
    pub(super) fn embed(&mut self, model: &Model, text: &str) -> Result<Option<Vec<f32>>, String> {
        let mut tokens: Vec<_> = model.beginning().into_iter().collect();
        tokens.extend(model.tokenize(text, false));
        tokens.truncate(LONGEST.min(model.trained_context().max(1)) as usize);
        if tokens.is_empty() {
            return Ok(Some(vec![0.0; model.width() as usize]));
        }
        self.0.truncate(0, 0);
        let row = |(index, token): (usize, &i32)| Row {
            token: *token,
            position: u32::try_from(index).unwrap_or(u32::MAX),
            sequence: 0,
            logits: true,
        };
        let rows: Vec<Row> = tokens.iter().enumerate().map(row).collect();
        if self.0.decode(&rows)? == Decoded::Stopped {
            return Ok(None);
        }
        let vector = self
            .0
            .embedding(0)
            .ok_or("this model gives no embeddings")?;
        let length = vector.iter().map(|it| it * it).sum::<f32>().sqrt();
        Ok(Some(
            vector
                .iter()
                .map(|it| it / length.max(f32::MIN_POSITIVE))
                .collect(),
        ))
    }
}
