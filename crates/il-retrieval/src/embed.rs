//! What turns a text into a vector.
//!
//! The one idea: vectors of one model are comparable and those of two never are, so a model's name goes
//! wherever its vectors go. Every vector that leaves an embedder has length one: a dot product is the cosine.
//!
//! Deliberately absent: batches, queues, retries of the caller; a call blocks the thread that makes it.

use std::fmt;

use il_text::CancelToken;

/// What a text is to be compared as: some models have a different instruction for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What somebody looks for.
    Query,
    /// What is found: a piece of code.
    Passage,
}

/// Turns texts into vectors of length one.
pub trait Embedder: Send + Sync + fmt::Debug {
    /// What made the vectors, with its version: `static-1`, `ollama:nomic-embed-text`. Stored beside them.
    fn model(&self) -> &str;

    /// Whether a passage costs microseconds, so that it is embedded while it is indexed and not behind it.
    fn is_instant(&self) -> bool {
        false
    }

    /// The cosine below which a passage has nothing to do with a query; zero where nobody measured it.
    fn least_likeness(&self) -> f32 {
        0.0
    }

    /// The vectors of `texts`, one each, in order, all of one dimension.
    fn embed(
        &self,
        purpose: Purpose,
        texts: &[&str],
        cancel: &CancelToken,
    ) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Why there are no vectors. Messages say what to do and hold no text that was to be embedded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    #[error("cancelled")]
    Cancelled,
    /// It may work later: no connection, too many requests, a model that is being loaded.
    #[error("{0}")]
    Unavailable(String),
    /// It will not work until somebody changes something: an unknown model, a wrong key, a broken file.
    #[error("{0}")]
    Refused(String),
}

/// Scales a vector to length one; a zero vector stays zero.
pub fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 && length.is_finite() {
        for x in vector {
            *x /= length;
        }
    }
}
