//! The workshop behind the shipped model: repositories in, a model file and figures out.
//!
//! The one idea: what is learnt and what is measured goes through the same cutting and the same embedder
//! as in the product. Only built with the `lab` feature.
//!
//! Deliberately absent: anything the product needs.

mod documented;
mod learn;
mod lexical;
mod measure;
mod pairs;
mod random;

pub use learn::{Settings, learn};
pub use lexical::{Anchor, Fields, Lexical};
pub use measure::{Cases, Figures, Mix, Scores, read_cases, read_scopes};
pub use pairs::{Kind, Pair, Repository, read_repository};
