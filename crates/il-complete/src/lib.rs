//! The completion pipeline as a pure state machine over events and a given clock.
//!
//! The one idea: everything that happens to a completion (a key, a request, a piece from an engine, an
//! accept) is an [`Event`], everything the pipeline wants done is an [`Action`], and time is an argument.
//! The same events give the same actions, so every decision on the way of a keystroke can be replayed,
//! tested as text, and explained ([`Trace`], [`Reason`]).
//!
//! ```text
//! Requested ─▶ reuse ─▶ in flight? ─▶ wait ─▶ length ─▶ Start … Chunk … Ended ─▶ shape ▸ gate ─▶ Answer
//!              (cache)   (attach)    (debounce)                                        └─▶ cache
//! ```
//!
//! Deliberately absent: clocks, threads, locks, IO, engines, documents and syntax trees. The caller
//! keeps those and hands in plain data: a window of text, a few facts about the syntax at the cursor.

mod answer;
mod ask;
mod cache;
mod config;
mod dialect;
mod draft;
mod event;
pub mod extent;
pub mod gate;
mod length;
mod pipeline;
mod place;
mod query;
mod rhythm;
mod shape;

pub use answer::{Answer, Reason, Source, Step, Suggestion, SuggestionId, Trace};
pub use ask::{Ask, DocId, IndentStyle, RequestId, Selected, SyntaxFacts, Trigger};
pub use config::{Config, Debounce};
pub use event::{Action, Event, Extent, JobId, Typed};
pub use il_screen::{Remark, RemarkKind, Screen};
pub use pipeline::Pipeline;
