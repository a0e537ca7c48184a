//! Retrieval for a cursor: which snippets of the repository help to write what comes next.
//!
//! The one idea: a snippet is worth the names in it that are about to be needed, for each token it takes.
//! First every name that the repository defines elsewhere gets a probability of being used here; then
//! definitions, uses and similar code compete on the probability that they add.
//!
//! Deliberately absent: how the index keeps its words, and how many tokens a model has.

mod before;

pub use before::{Before, Context};
