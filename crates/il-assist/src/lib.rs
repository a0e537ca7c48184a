//! The façade: documents, syntax, pipeline and engines behind plain data in the editor's words.
//!
//! The one idea: a [`Host`] is told what happens in an editor and answers asks through callbacks, each
//! exactly once. Telling it something never waits for an answer: documents live behind a lock that is
//! held for the length of an edit, everything else is sent to threads as events.
//!
//! Deliberately absent: wire formats, files, engines, a runtime. The binary gives engines through
//! [`Repositories`]; whoever speaks a protocol translates at their own door.

mod board;
mod data;
mod documents;
mod driver;
mod host;
mod indent;
mod ports;
mod queue;
mod repositories;
mod syntax;

pub use data::{
    Answer, Ask, AskId, Change, Counters, DocumentStatus, Explanation, Formatting, Notice, Opened,
    Origin, Position, Range, Reason, Refusal, Remark, Reply, RepositoryState, RepositoryStatus,
    Selected, Status, Step, Suggestion, Surface, Word,
};
pub use host::{Host, Settings};
pub use il_complete::extent;
pub use il_engine::{CancelToken, Engine};
pub use il_screen::Screen;
pub use il_text::Encoding;
pub use ports::{Clock, OpenError, Progress, Repositories, Stage, SystemClock};
