//! The retrieval contract: terms, queries, snippets, embedders, and the ranking for a cursor.
//!
//! The one idea: what is asked and what comes back is plain data with exact lines, so that completion, chat,
//! search and evaluation ask the same question and a test is a text. Ranking is pure: the same index and
//! the same query give the same order.
//!
//! Deliberately absent: how an index is kept, where vectors come from, and how many tokens a model has.

pub mod cursor;
mod embed;
mod instruction;
mod search;
mod snippet;
mod spec;
pub mod terms;
pub mod tokens;

pub use embed::{EmbedError, Embedder, Purpose, normalise};
pub use instruction::Instruction;
pub use search::{Hit, Mode, Ranking, SearchQuery, fuse};
pub use snippet::{Snippet, Source};
pub use spec::{ChoiceError, Dialect, EmbeddingChoice, ServerChoice};
