//! Evaluation: cases, baselines and metrics.
//!
//! The one idea: an engine is measured only through the contract that the editor uses. A case hides a
//! piece of a real file; the engine is asked with that piece cut out, and what it pushes is scored.
//! Retrieval is measured likewise: by the names that the hidden piece takes from other files (`coverage`), and
//! by the function that a documentation is of (`docstrings`). Engines and retrievers come in through a closure, so
//! every one of them (and every baseline) is measured alike.
//!
//! Deliberately absent: a network, a terminal, any particular engine. Fetching sources is `xtask`'s job,
//! and drawing a progress bar the binary's.

pub mod baseline;
pub mod cases;
pub mod coverage;
pub mod docstrings;
pub mod lines;
pub mod privacy;
pub mod speed;
pub mod verbatim;

mod answer;
mod jsonl;
mod sampling;
mod similarity;
mod statistics;
mod tokens;
mod tree;
mod typing;

pub use cases::{Case, Kind};
pub use sampling::Random;
pub use similarity::{Similarity, exact_match, same_lines, similarity};
pub use statistics::{Interval, Latency, latency};
