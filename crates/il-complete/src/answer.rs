//! What comes of a request: suggestions or the reason for none, and the trace of every decision.
//!
//! `Debug` and `Display` never print text of a document; a [`Reason`] may be shown and logged as it is.

use std::{fmt, ops::Range, time::Duration};

use il_engine::Origin;
use il_screen::Remark;

/// Names a suggestion. The same suggestion keeps its name while its text is typed through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SuggestionId(pub u64);

/// The one answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Best first; empty when there is nothing to show.
    pub suggestions: Vec<Suggestion>,
    /// Why there is nothing to show. `Some` if and only if `suggestions` is empty.
    pub reason: Option<Reason>,
    /// How it came about.
    pub trace: Trace,
}

/// Something to show.
#[derive(Clone, PartialEq)]
pub struct Suggestion {
    /// Its name in later events.
    pub id: SuggestionId,
    /// What replaces `range`.
    pub text: String,
    /// What is replaced, as offsets into the document; on the cursor's line, and around the cursor.
    pub range: Range<usize>,
    /// How likely all of it is right, 0 to 1; 1 from an engine that cannot tell.
    pub probability: f32,
    /// Where in the repository it was drawn from.
    pub origin: Option<Origin>,
    /// Which road it came by.
    pub source: Source,
    /// What is to be known of it; ranges are bytes of `text`.
    pub remarks: Vec<Remark>,
}

impl fmt::Debug for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suggestion")
            .field("id", &self.id)
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .field("range", &self.range)
            .field("probability", &self.probability)
            .field("origin", &self.origin)
            .field("source", &self.source)
            .field("remarks", &self.remarks)
            .finish()
    }
}

/// Which road a suggestion came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An engine call made for this request.
    Engine,
    /// What is left of the suggestion shown last.
    TypeThrough,
    /// An earlier answer, or a later piece of one.
    Cache,
    /// An engine call made for an earlier request that this one still matched.
    InFlight,
    /// An engine call made ahead of need, after a suggestion was shown.
    Speculation,
}

impl Source {
    /// Stable, for programs: `type-through`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::TypeThrough => "type-through",
            Self::Cache => "cache",
            Self::InFlight => "in-flight",
            Self::Speculation => "speculation",
        }
    }
}

/// Why nothing is shown. `Display` is a sentence for people.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Reason {
    #[error("no engine answers for this file")]
    NoEngine,
    #[error("{0}")]
    EngineNotReady(String),
    #[error("{0}")]
    EngineFailed(String),
    #[error("the engine did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the engine knows nothing that follows here")]
    NothingLearnt,
    #[error("the engine is not sure of anything that follows here")]
    Unsure,
    #[error("below confidence (best {best:.2} < {threshold:.2})")]
    BelowConfidence { best: f32, threshold: f32 },
    #[error("filtered by {filter}: {why}")]
    Filtered {
        filter: &'static str,
        why: &'static str,
    },
    #[error("the cursor is inside a word")]
    MidWord,
    #[error("the request was cancelled")]
    Cancelled,
    #[error("a newer request or edit took its place")]
    Superseded,
    #[error("the document was closed")]
    DocClosed,
    #[error("bad request: {0}")]
    BadRequest(&'static str),
}

impl Reason {
    /// Stable, for programs: `below-confidence`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoEngine => "no-engine",
            Self::EngineNotReady(_) => "engine-not-ready",
            Self::EngineFailed(_) => "engine-failed",
            Self::TimedOut(_) => "timed-out",
            Self::NothingLearnt => "nothing-learnt",
            Self::Unsure => "unsure",
            Self::BelowConfidence { .. } => "below-confidence",
            Self::Filtered { .. } => "filtered",
            Self::MidWord => "mid-word",
            Self::Cancelled => "cancelled",
            Self::Superseded => "superseded",
            Self::DocClosed => "doc-closed",
            Self::BadRequest(_) => "bad-request",
        }
    }
}

/// What was decided on the way of one request, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The decisions.
    pub steps: Vec<Step>,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Since the request came in.
    pub at: Duration,
    /// Which stage made it: `reuse`, `wait`, `length`, `engine`, or a filter's name.
    pub stage: &'static str,
    /// What it decided, for people; no text of a document.
    pub note: String,
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let ms = step.at.as_secs_f64() * 1e3;
            writeln!(f, "{ms:>9.3} ms  {:<12} {}", step.stage, step.note)?;
        }
        Ok(())
    }
}
