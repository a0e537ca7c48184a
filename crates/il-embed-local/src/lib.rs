//! Embeddings from weights on disk: GGUF and safetensors.
//!
//! The one idea: a model is a folder or a file that somebody has already; it is read as it is, it runs on the processor,
//! and its name has a hash of what was read, so vectors of other weights are never taken for its own.
//!
//! What it understands: static embeddings (model2vec), and encoders of the BERT family (MiniLM, bge, e5, gte) from
//! safetensors or GGUF. All of it stands behind the feature `models`, since it links about a hundred packages; without the
//! feature every model is refused with a sentence that says so.
//!
//! Deliberately absent: downloading, graphics cards, and any other architecture.

#[cfg(not(feature = "models"))]
mod absent;
#[cfg(feature = "models")]
mod batch;
#[cfg(feature = "models")]
mod bert;
#[cfg(feature = "models")]
mod embedder;
#[cfg(all(test, feature = "models"))]
mod fixture;
#[cfg(feature = "models")]
mod folder;
#[cfg(feature = "models")]
mod gguf;
#[cfg(feature = "models")]
mod load_error;
#[cfg(feature = "models")]
mod lookup;
#[cfg(all(test, feature = "models"))]
mod reference;
#[cfg(all(test, feature = "models"))]
mod tests;
#[cfg(feature = "models")]
mod tokens;
#[cfg(feature = "models")]
mod weights;

#[cfg(not(feature = "models"))]
pub use absent::LocalEmbedder;
#[cfg(feature = "models")]
pub use embedder::LocalEmbedder;
