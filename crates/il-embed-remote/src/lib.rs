//! Embeddings from a server: OpenAI-compatible and Ollama.
//!
//! The one idea: **this is the only crate that can open a connection**, and it opens one only to the server that somebody
//! named. A server on loopback keeps everything on this machine; any other is sent the code of the repository, chunk by
//! chunk, so whoever lets a person choose one asks [`il_retrieval::EmbeddingChoice::is_loopback`] and says so.
//!
//! Messages hold URLs, statuses and the server's error codes, never a text that was to be embedded and never a key.
//!
//! Deliberately absent: where the key comes from, redirects (they could lead off the machine), and taking secrets out of
//! passages.

mod batch;
mod failure;
mod json;
mod ollama;
mod openai;
mod patience;
mod remote;
#[cfg(test)]
mod scripted;
mod secret;
mod settings;
mod transport;

pub use ollama::OllamaEmbedder;
pub use openai::OpenAiEmbedder;
pub use patience::{Sleep, Waiter};
pub use secret::Secret;
pub use settings::{Limits, Settings};

use il_retrieval::{Dialect, EmbedError, Embedder};

/// The embedder for what a server speaks. Connects when it is first asked for vectors.
pub fn embedder(settings: Settings) -> Result<Box<dyn Embedder>, EmbedError> {
    Ok(match settings.server.dialect {
        Dialect::OpenAi => Box::new(OpenAiEmbedder::new(settings)?),
        Dialect::Ollama => Box::new(OllamaEmbedder::new(settings)?),
    })
}
