//! The repo model: an embedded engine learnt from the working tree.
//!
//! It keeps every token of the repository in the order of what stands before it, asks that order and a
//! dozen cheaper ones what followed contexts like the cursor's, and lets a small pretrained network weigh
//! the answers. It learns in seconds, answers in about a millisecond, and knows how sure it is.
//!
//! Deliberately absent: reading files, watching them, and deciding what of an answer to show.

mod buffer;
mod chain;
mod context;
mod decode;
mod engine;
mod family;
mod keys;
#[cfg(feature = "lab")]
pub mod lab;
mod literals;
mod mixer;
mod model;
mod names;
mod segment;
mod session;
mod sheet;
mod sources;
mod store;
mod view;
mod vocabulary;
mod weights;

pub use il_admission::Refusal;
pub use model::{
    LearntFile, Options, Progress, RepoModel, SourceFile, Stats, TrainingReport, text_hash,
};
pub use store::StoreError;
