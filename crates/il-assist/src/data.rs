//! The façade's words: what an editor says and hears, as plain data.
//!
//! Nothing here can be serialized, on purpose: a wire format belongs to the crate that speaks it, and may
//! change without touching this one. `Debug` prints no text of a document.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use crate::ports::Progress;

/// A zero-based line and a column in the editor's encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Zero-based line.
    pub line: u32,
    /// Column.
    pub character: u32,
}

/// A half-open range of positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// First position inside.
    pub start: Position,
    /// First position after.
    pub end: Position,
}

/// A document as an editor opens it.
#[derive(Clone)]
pub struct Opened {
    /// The editor's name for it, verbatim; every later call uses the same.
    pub uri: Arc<str>,
    /// Where it is on disk, if it is.
    pub path: Option<PathBuf>,
    /// The editor's language id; empty when it has none.
    pub language: String,
    /// The editor's version.
    pub version: i64,
    /// The whole text.
    pub text: String,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("uri", &self.uri)
            .field("language", &self.language)
            .field("version", &self.version)
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .finish_non_exhaustive()
    }
}

/// One edit; without a range, the whole text is replaced.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// What is replaced, in the text as the changes before this one have left it.
    pub range: Option<Range>,
    /// What stands there afterwards.
    pub text: String,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change")
            .field("range", &self.range)
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .finish()
    }
}

/// Names one ask of one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub u64);

impl fmt::Display for AskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// What to suggest, and where.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The document.
    pub uri: Arc<str>,
    /// The version that `position` is about, when the editor says so.
    pub version: Option<i64>,
    /// The cursor.
    pub position: Position,
    /// Whether a person asked, rather than the editor by itself.
    pub invoked: bool,
    /// The entry selected in the editor's own completion list.
    pub selected: Option<Selected>,
    /// How the editor indents here, when it says so.
    pub formatting: Option<Formatting>,
    /// How many different suggestions are wanted at most; at least 1.
    pub alternatives: usize,
    /// Where the answer will be shown. A newer ask replaces an older one of the same surface.
    pub surface: Surface,
}

/// Where an editor shows suggestions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Surface {
    /// At the cursor, in grey.
    #[default]
    GhostText,
    /// As entries of the completion list.
    List,
}

/// An entry that the editor would insert, and what it would replace.
#[derive(Clone, PartialEq, Eq)]
pub struct Selected {
    /// What is replaced; ends at the cursor.
    pub range: Range,
    /// What is inserted.
    pub text: String,
}

impl fmt::Debug for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selected")
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// How an editor indents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formatting {
    /// Columns a level.
    pub tab_size: u32,
    /// Spaces rather than tabs.
    pub insert_spaces: bool,
}

/// The one reply that every ask gets.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Suggestions, or the reason for none.
    Answered(Answer),
    /// The editor cancelled the ask.
    Cancelled,
    /// A newer ask about the same document took its place.
    Superseded,
    /// The ask made no sense.
    Refused(Refusal),
}

/// Why an ask or an edit made no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Never opened, or closed by now.
    #[error("unknown document: `{0}` is not open")]
    UnknownDocument(Arc<str>),
    /// An edit does not fit the text; nothing was changed.
    #[error("cannot make the edit: {0}")]
    BadEdit(String),
}

/// What came of an ask.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Which ask; [`explain`](crate::Host::explain) takes it as text.
    pub ask: AskId,
    /// Best first; empty when there is nothing to show.
    pub suggestions: Vec<Suggestion>,
    /// Why there is nothing to show. Never `None` when `suggestions` is empty.
    pub reason: Option<Reason>,
    /// The word that is being typed at the cursor, for editors that show suggestions in a list.
    pub word: Word,
    /// From the ask to here.
    pub elapsed: Duration,
}

/// The part of a word that stands directly before the cursor; may be empty.
#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it starts.
    pub start: Position,
    /// Where it ends: the cursor.
    pub end: Position,
    /// What it is.
    pub text: String,
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Word({:?}..{:?})", self.start, self.end)
    }
}

/// Why nothing is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable, for programs: `below-gate`.
    pub code: Arc<str>,
    /// For people.
    pub sentence: String,
}

/// Something to show.
#[derive(Clone)]
pub struct Suggestion {
    /// The host's name for it: what `shown`, `accepted` and `explain` take.
    pub id: Arc<str>,
    /// What replaces `range`.
    pub text: String,
    /// What is replaced: part of the cursor's line.
    pub range: Range,
    /// How sure the engine was, 0 to 1.
    pub probability: f32,
    /// Which road it came by.
    pub source: &'static str,
    /// Where in the repository it was drawn from.
    pub origin: Option<Origin>,
    /// What is to be known of it before it is taken.
    pub remarks: Vec<Remark>,
}

/// Something to know of a suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Stable, for programs: `weakness`, `copy`, `personal`.
    pub kind: &'static str,
    /// For people. No text of a document.
    pub text: Arc<str>,
    /// Which bytes of the suggestion's text it is about.
    pub range: std::ops::Range<usize>,
    /// What it goes by elsewhere: `CWE-89`.
    pub rule: Option<Arc<str>>,
    /// Of a copy: an SPDX expression.
    pub licence: Option<Arc<str>>,
    /// Of a copy: whose code, and where in it.
    pub origin: Option<Arc<str>>,
}

impl fmt::Debug for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suggestion")
            .field("id", &self.id)
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .field("range", &self.range)
            .field("probability", &self.probability)
            .field("source", &self.source)
            .field("origin", &self.origin)
            .field("remarks", &self.remarks)
            .finish()
    }
}

/// A place in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Path inside the repository.
    pub path: Arc<str>,
    /// 1-based line.
    pub line: u32,
}

/// What happened without being asked for.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A repository is being opened and got this far.
    Progress {
        /// Its root.
        root: PathBuf,
        /// How far.
        progress: Progress,
    },
    /// A repository's engine answers from now on.
    Ready {
        /// Its root.
        root: PathBuf,
        /// How long opening took.
        took: Duration,
    },
    /// A repository could not be opened; its files are answered for by the fall-back engine, if any.
    Failed {
        /// Its root.
        root: PathBuf,
        /// What, where, what next.
        why: String,
    },
    /// A repository was closed before it was open.
    Closed {
        /// Its root.
        root: PathBuf,
    },
}

/// A host at one moment.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Every repository, in the order in which they were opened.
    pub repositories: Vec<RepositoryStatus>,
    /// Every open document.
    pub documents: Vec<DocumentStatus>,
    /// What has been counted since the start.
    pub counters: Counters,
    /// Asks that are still waiting.
    pub waiting: usize,
    /// Engine calls that are queued or running.
    pub engine_jobs: usize,
}

/// One repository.
#[derive(Clone, Debug)]
pub struct RepositoryStatus {
    /// Its root.
    pub root: PathBuf,
    /// How it is.
    pub state: RepositoryState,
    /// Short name of its engine, once it is ready.
    pub engine: Option<&'static str>,
    /// Why something better than that does not answer at the moment.
    pub trouble: Option<String>,
}

/// How a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepositoryState {
    /// Being scanned, loaded or trained.
    Opening(Option<Progress>),
    /// Answering.
    Ready {
        /// How long opening took.
        took: Duration,
    },
    /// Not answering; the text says why.
    Failed(String),
}

/// One open document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentStatus {
    /// The editor's name for it.
    pub uri: Arc<str>,
    /// Language id.
    pub language: Arc<str>,
    /// The editor's version.
    pub version: i64,
    /// Lines.
    pub lines: usize,
    /// Bytes.
    pub bytes: usize,
}

/// What a host counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Asks that came in.
    pub asks: u64,
    /// Asks answered with at least one suggestion.
    pub answered: u64,
    /// Asks answered with a reason for nothing.
    pub empty: u64,
    /// Asks that the editor cancelled.
    pub cancelled: u64,
    /// Asks that a newer one replaced.
    pub superseded: u64,
    /// Asks that made no sense.
    pub refused: u64,
    /// Answers that were what is left of a suggestion while it is typed.
    pub type_through_hits: u64,
    /// Answers from the cache.
    pub cache_hits: u64,
    /// Answers from an engine call that an earlier ask had started.
    pub in_flight_reuses: u64,
    /// Answers from an engine call that was made ahead of need.
    pub speculation_hits: u64,
    /// Engine calls started because someone waited.
    pub engine_calls: u64,
    /// Engine calls started ahead of need.
    pub speculative_calls: u64,
    /// Engine calls stopped before they were done.
    pub engine_cancels: u64,
    /// Panics caught in engines and requests.
    pub panics: u64,
    /// Suggestions that the editor said it showed.
    pub shown: u64,
    /// Suggestions taken whole.
    pub accepted: u64,
    /// Suggestions taken in part.
    pub partially_accepted: u64,
}

/// Why an ask was answered as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Which ask.
    pub ask: AskId,
    /// The document it was about.
    pub uri: Arc<str>,
    /// The stable code of the reason for nothing; `None` when something was suggested.
    pub reason: Option<Reason>,
    /// The ids of what was suggested.
    pub suggestions: Vec<Arc<str>>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// From the ask to the answer; `None` while it is waiting.
    pub elapsed: Option<Duration>,
}

/// One thing that happened to an ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Since the ask.
    pub at: Duration,
    /// Which stage of the way.
    pub stage: &'static str,
    /// What it decided, for people; no text of a document.
    pub detail: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "ask {} about {}", self.ask, self.uri)?;
        for step in &self.steps {
            let at = step.at.as_secs_f64() * 1e3;
            writeln!(f, "  {at:>9.3} ms  {:<10} {}", step.stage, step.detail)?;
        }
        match (&self.reason, self.elapsed) {
            (Some(reason), _) => write!(f, "nothing shown: {} [{}]", reason.sentence, reason.code),
            (None, None) => write!(f, "still waiting"),
            (None, Some(_)) => write!(f, "suggested: {}", self.suggestions.join(", ")),
        }
    }
}
