//! The embedder: texts to vectors of length one.
//!
//! Deliberately absent: batches that are faster than one text after another; there is nothing to share.

use std::sync::{Arc, OnceLock};

use il_retrieval::{EmbedError, Embedder, Purpose, normalise};
use il_text::CancelToken;

use crate::cut::HEADING;
use crate::model::{Model, ModelError};

/// The embedded model. Cloning it costs nothing.
#[derive(Clone, Debug)]
pub struct StaticEmbedder {
    model: Arc<Model>,
    name: Arc<str>,
}

/// What the shipped vectors are called. A new model file is a new name: vectors of two never meet.
const SHIPPED: &str = "static-1";

impl StaticEmbedder {
    /// The model in the binary.
    pub fn shipped() -> Self {
        static MODEL: OnceLock<StaticEmbedder> = OnceLock::new();
        MODEL
            .get_or_init(|| {
                Self::from_bytes(SHIPPED, include_bytes!("../model/static.bin"))
                    .expect("a test reads the model that ships")
            })
            .clone()
    }

    /// A model from a file's bytes. `name` is what its vectors are stored under.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ModelError> {
        Ok(Self {
            model: Arc::new(Model::read(bytes)?),
            name: name.into(),
        })
    }

    /// How many numbers a vector has.
    pub fn dim(&self) -> usize {
        self.model.dim
    }

    /// Writes the vector of `text` to `out`, which is [`Self::dim`] long. A text without a word is all zeros.
    ///
    /// # Panics
    /// When `out` has another length.
    pub fn embed_into(&self, purpose: Purpose, text: &str, out: &mut [f32]) {
        let model = &*self.model;
        assert_eq!(
            out.len(),
            model.dim,
            "the room for a vector is as long as one"
        );
        out.fill(0.0);
        let side = match purpose {
            Purpose::Query => 0,
            Purpose::Passage => 1,
        };
        for (row, counts) in model.slots.bag(purpose, text) {
            let row = row as usize;
            let weight = model.weights[row][side] * counts;
            let vector = &model.vectors[row * model.dim..][..model.dim];
            for (sum, &x) in out.iter_mut().zip(vector) {
                *sum += weight * f32::from(x);
            }
        }
        normalise(out);
    }
}

impl Embedder for StaticEmbedder {
    fn model(&self) -> &str {
        &self.name
    }

    /// Of real questions to 23 repositories one in a hundred has a best answer below .34; questions without any sense
    /// stay below .30.
    fn least_likeness(&self) -> f32 {
        0.3
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn embed(
        &self,
        purpose: Purpose,
        texts: &[&str],
        cancel: &CancelToken,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for text in texts {
            if cancel.is_cancelled() {
                return Err(EmbedError::Cancelled);
            }
            let mut vector = vec![0.0; self.dim()];
            self.embed_into(purpose, text, &mut vector);
            vectors.push(vector);
        }
        Ok(vectors)
    }
}

/// A passage as the model reads it best: a heading line with where it is and what it is called
/// (`Class.method`, as a chunk's symbol path; may be empty), then its text.
pub fn passage_text(path: &str, symbol_path: &str, text: &str) -> String {
    format!("{path}{HEADING}{symbol_path}\n{text}")
}

#[cfg(test)]
mod tests;
