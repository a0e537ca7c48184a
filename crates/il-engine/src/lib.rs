//! The engine contract: what every completion engine takes and gives.
//!
//! An engine is asked synchronously, on a thread of the caller's choosing, and *pushes* pieces of text
//! into a sink as it makes them; the caller stops it through the sink or the token. Each piece carries
//! the probability of everything the engine has said so far in that alternative, so that what to show
//! (and what not) is decided by the caller, in one place, for all engines.
//!
//! Deliberately absent: wire formats, runtimes, retries. Those are an engine's own.

pub mod chat;
pub mod context;
pub mod fim;
pub mod ladder;
pub mod task;
pub mod usage;

use std::{fmt, ops::ControlFlow, sync::Arc};

pub use context::{Block, Context, Edited, Window, Workspace};
pub use il_text::CancelToken;

/// What an engine is asked: continue `text` at `cursor`.
///
/// `Debug` never prints the text: source code must not reach a log by accident.
#[derive(Clone)]
pub struct Request {
    /// Path inside the repository, `/`-separated. The engine must leave its own copy of this file
    /// out of what it answers from: the buffer in `text` replaces it.
    pub path: Arc<str>,
    /// Language id from the registry, `"plaintext"` when unknown.
    pub language: Arc<str>,
    /// The buffer, or a window of it that starts at the start of a line and reaches far on both sides.
    pub text: Arc<str>,
    /// Byte offset into `text`, on a character boundary.
    pub cursor: usize,
    /// How far to go.
    pub length: Length,
    /// How many different answers are wanted at most; at least 1.
    pub alternatives: usize,
    /// Whether a user waits for this one.
    pub priority: Priority,
    /// What the engine is to show its model, packed for its [`Window`]; `None` for engines without one.
    pub context: Option<Arc<Context>>,
    /// What else the user has at hand, for whoever packs the context.
    pub workspace: Arc<Workspace>,
}

impl Request {
    /// Everything before the cursor.
    pub fn prefix(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Everything from the cursor on.
    pub fn suffix(&self) -> &str {
        &self.text[self.cursor..]
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("path", &self.path)
            .field("language", &self.language)
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .field("cursor", &self.cursor)
            .field("length", &self.length)
            .field("alternatives", &self.alternatives)
            .field("priority", &self.priority)
            .field("context", &self.context)
            .field("workspace", &self.workspace)
            .finish()
    }
}

/// How far an answer may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// To the end of the current line.
    Line,
    /// To the end of the block, at most this many lines (counting the current one).
    Block { max_lines: usize },
}

/// Who waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Nobody yet: worked out ahead, dropped first.
    Speculative,
    /// Someone is looking at the cursor.
    Interactive,
}

/// What an engine pushes while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    /// More text for one alternative.
    Piece {
        alternative: usize,
        text: String,
        /// Calibrated probability, 0 to 1, that the whole alternative up to and including this
        /// piece is what will be written. 1 for an engine that cannot tell.
        probability: f32,
    },
    /// Where an alternative came from, as far as the engine knows. At most a few an answer.
    Origin { alternative: usize, origin: Origin },
    /// What the engine did, for whoever asks why: what was sent, how much of it was known already. Never a text
    /// of a document.
    Note { stage: &'static str, what: String },
    /// Nothing more comes for this alternative.
    End { alternative: usize, finish: Finish },
}

/// A place in the repository that an answer was drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Path inside the repository.
    pub path: Arc<str>,
    /// 1-based line.
    pub line: u32,
}

/// Why an alternative ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The end of the line or block was reached.
    Complete,
    /// The engine ran out of budget.
    Length,
    /// The engine was no longer sure enough to go on.
    Unsure,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was said, possibly nothing at all.
    Done,
    /// The caller stopped it. Not an error.
    Cancelled,
}

/// What the pipeline needs to know of an engine before it asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Capabilities {
    /// Short name for people: `repo`, `llama`, `remote`.
    pub name: &'static str,
    /// Answers leave the machine.
    pub remote: bool,
    /// Every answer costs money; speculation is off.
    pub metered: bool,
    /// `Piece::probability` means something.
    pub calibrated: bool,
    /// An answer typically takes no longer than a keystroke (a few milliseconds): no debounce is needed.
    pub instant: bool,
}

/// Why an engine could not answer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It is still being loaded or trained.
    #[error("the {engine} engine is not ready: {why}")]
    NotReady { engine: &'static str, why: String },
    /// It may not be asked: a cap on cost or a policy; the text says which.
    #[error("the {engine} engine was not asked: {why}")]
    Refused { engine: &'static str, why: String },
    /// It failed; the text is for people and carries no source code.
    #[error("the {engine} engine failed: {why}")]
    Failed { engine: &'static str, why: String },
}

/// Takes chunks; answers `Break` to stop the engine.
pub type Sink<'a> = &'a mut dyn FnMut(Chunk) -> ControlFlow<()>;

/// A completion engine.
pub trait Engine: Send + Sync {
    /// What it is and can do.
    fn capabilities(&self) -> Capabilities;

    /// Answers one request, pushing chunks. Looks at `cancel` at least once a decoding step.
    fn complete(
        &self,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError>;

    /// How a prompt for it is made. An engine that has a window is asked with [`Request::context`]; one that has
    /// none reads the text itself.
    fn window(&self) -> Option<Window> {
        None
    }

    /// Whether it looks at [`Request::workspace`]; for one that does not nobody need gather it.
    fn wants_workspace(&self) -> bool {
        false
    }

    /// Why something better than what answers now does not, for people; `None` when nothing is amiss.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// The working tree changed: `text` is what is now at `path`, `None` when it is gone.
    /// Engines that do not learn from the tree ignore it.
    fn file_changed(&self, path: &str, text: Option<&str>) {
        let _ = (path, text);
    }
}
