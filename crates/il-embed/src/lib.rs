//! The embedded embedding: a small static model of code and text that ships in the binary.
//!
//! The one idea: a text is the weighted sum of the vectors of its stems. What a word says about a passage
//! and what it asks for are learnt apart, so that `the` weighs nothing in a question and a name much in
//! a passage; where the vectors stand was learnt from pairs of documentation and code. No network, no
//! matrix, no order of words: a passage costs microseconds, so that it is embedded while it is indexed.
//!
//! A passage may begin with a heading line that says where it is and what it is called
//! (`src/pool.rs › Pool.take`), which counts for much more than the code below it: [`passage_text`] writes one.
//!
//! Deliberately absent: downloads, threads, several models. How the model is made is in `lab`, which the
//! product is built without.

mod cut;
mod embedder;
mod model;

#[cfg(feature = "lab")]
pub mod lab;

pub use embedder::{StaticEmbedder, passage_text};
pub use model::ModelError;
