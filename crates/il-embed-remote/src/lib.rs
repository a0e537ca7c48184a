//! Embeddings from a server: OpenAI-compatible and Ollama.
//!
//! The one idea: texts go through the door that the binary gives, to the server that somebody named and to no other. A server on loopback keeps everything on this machine; any other is sent the code of the repository, chunk by
//! chunk, so whoever lets a person choose one asks [`il_retrieval::EmbeddingChoice::is_loopback`] and says so.
//!
//! Messages hold URLs, statuses and the server's error codes, never a text that was to be embedded and never a key.
//!
//! Secrets are taken out of passages and queries on the way, by the guard that whoever makes an embedder gives it.
//!
//! Deliberately absent: opening connections, where the key comes from, and redirects (they could lead off the machine).

mod asking;
mod batch;
mod failure;
mod json;
mod ollama;
mod openai;
mod patience;
mod remote;
#[cfg(test)]
mod scripted;
mod settings;

pub use il_egress::Secret;
pub use ollama::OllamaEmbedder;
pub use openai::OpenAiEmbedder;
pub use patience::{Sleep, Waiter};
pub use settings::{Limits, Settings};

use il_retrieval::{Dialect, EmbedError, Embedder};

/// The embedder for what a server speaks. Connects when it is first asked for vectors.
pub fn embedder(settings: Settings) -> Result<Box<dyn Embedder>, EmbedError> {
    Ok(match settings.server.dialect {
        Dialect::OpenAi => Box::new(OpenAiEmbedder::new(settings)?),
        Dialect::Ollama => Box::new(OllamaEmbedder::new(settings)?),
    })
}
