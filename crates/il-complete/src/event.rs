//! What the pipeline hears and what it wants done: two closed enums, the whole interface.

use std::time::Duration;

use il_engine::{Chunk, EngineError, Outcome, Request};

use crate::{
    answer::{Answer, SuggestionId},
    ask::{Ask, DocId, RequestId},
};

/// Names an engine call; the pipeline chooses the number and never uses it twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// What an edit looked like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// One character: a key.
    Char(char),
    /// More than one character at once: a paste, an accepted suggestion, a snippet.
    Insert,
    /// Something went away.
    Delete,
    /// Anything else: several places at once, the whole text, undo.
    Other,
}

/// What happens.
#[derive(Debug)]
pub enum Event {
    /// A document was edited. Counts the wait, teaches the typist's rhythm; requests about older
    /// versions that have not reached an engine are answered `superseded`.
    Edited {
        doc: DocId,
        typed: Typed,
        version: i64,
    },
    /// Someone wants suggestions.
    Requested(Ask),
    /// Someone no longer does.
    Cancelled(RequestId),
    /// An engine said something.
    Chunk { job: JobId, chunk: Chunk },
    /// An engine call is over, in whatever way. The last word about a job that was not cancelled.
    Ended {
        job: JobId,
        result: Result<Outcome, EngineError>,
    },
    /// A suggestion is on the screen. A client that cannot tell: say so right after the answer.
    Shown(SuggestionId),
    /// A suggestion was taken.
    Accepted { id: SuggestionId, extent: Extent },
    /// A suggestion was shown and turned down.
    Dismissed(SuggestionId),
    /// A document was closed; its requests are answered, its jobs cancelled, its answers forgotten.
    DocClosed(DocId),
    /// Answers of before are no longer good, for one document or for all: another engine, a new model.
    EngineChanged(Option<DocId>),
    /// The time of the last [`Action::WakeAt`] has come. Harmless at any other time.
    Woke,
}

/// How much of a suggestion was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// This many bytes of its text, from the start: a word, a line.
    Part(usize),
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Action {
    /// The one answer to a request.
    Answer { request: RequestId, answer: Answer },
    /// Call the engine; hand in its chunks and its end under this name.
    Start { job: JobId, request: Request },
    /// Stop the engine. What it still says is ignored; its end need not be handed in.
    Cancel(JobId),
    /// Hand in [`Event::Woke`] at this time. Takes the place of every earlier one.
    WakeAt(Duration),
}
