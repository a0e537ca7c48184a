//! The workshop behind the shipped weights: repositories in, numbers out.
//!
//! Everything here asks the same session and question that the engine asks, on lines cut out of real
//! files, so what is learned and measured is what runs. Only built with the `lab` feature.
//!
//! Deliberately absent: anything the product needs.

mod corpus;
mod learn;
mod measure;

pub use corpus::{Random, Repository, literal_lists, read_repository};
pub use learn::{Learned, learn};
pub use measure::{Figures, TASKS, Task, measure, reliability, saved};
