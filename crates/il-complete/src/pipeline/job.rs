//! An engine call: what it was asked, what it has said so far, and who could use it.

use std::{sync::Arc, time::Duration};

use il_engine::{Chunk, Finish, Length, Priority};

use crate::{
    draft::Draft,
    place::{Place, tails_agree},
    query::Query,
};

/// An engine that says more than this in one alternative has lost its way.
const MOST_BYTES: usize = 32 << 10;

/// One engine call.
#[derive(Debug)]
pub(super) struct Job {
    pub query: Arc<Query>,
    pub length: Length,
    pub priority: Priority,
    pub wanted: usize,
    pub started: Duration,
    /// Since when nobody waits for it.
    pub idle_since: Option<Duration>,
    alternatives: Vec<Alternative>,
    /// The engine had more to say and was not sure enough.
    pub unsure: bool,
}

/// What was said in one alternative.
#[derive(Clone, Debug, Default)]
pub(super) struct Alternative {
    pub draft: Draft,
    pub ended: bool,
}

/// Whether a job goes on after a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// More is to come.
    More,
    /// Every alternative that was wanted has ended.
    Everything,
    /// It says more than anyone can use.
    TooMuch,
}

impl Job {
    pub(super) fn new(
        query: Arc<Query>,
        length: Length,
        priority: Priority,
        wanted: usize,
        now: Duration,
    ) -> Self {
        Self {
            query,
            length,
            priority,
            wanted,
            started: now,
            idle_since: None,
            alternatives: Vec::new(),
            unsure: false,
        }
    }

    /// Takes in what the engine says.
    pub(super) fn hear(&mut self, chunk: Chunk) -> Heard {
        match chunk {
            Chunk::Piece {
                alternative,
                text,
                probability,
            } => {
                if let Some(open) = self.open(alternative) {
                    open.draft.push(&text, probability);
                    if open.draft.text().len() > MOST_BYTES {
                        return Heard::TooMuch;
                    }
                }
            }
            Chunk::Origin {
                alternative,
                origin,
            } => {
                if let Some(open) = self.open(alternative) {
                    let _ = open.draft.origin.get_or_insert(origin);
                }
            }
            Chunk::Note { .. } => {} // for the trace, not for the answer
            Chunk::End {
                alternative,
                finish,
            } => {
                self.unsure |= finish == Finish::Unsure;
                if let Some(open) = self.open(alternative) {
                    open.ended = true;
                }
            }
        }
        let all =
            self.alternatives.len() == self.wanted && self.alternatives.iter().all(|it| it.ended);
        if all { Heard::Everything } else { Heard::More }
    }

    /// An alternative that may still say something.
    fn open(&mut self, alternative: usize) -> Option<&mut Alternative> {
        if alternative >= self.wanted {
            return None;
        }
        if alternative >= self.alternatives.len() {
            self.alternatives
                .resize_with(alternative + 1, Alternative::default);
        }
        self.alternatives
            .get_mut(alternative)
            .filter(|open| !open.ended)
    }

    /// What was said, alternative by alternative.
    pub(super) fn into_drafts(self) -> Vec<Draft> {
        self.alternatives.into_iter().map(|it| it.draft).collect()
    }

    /// Whether what it says may still be right for someone who asks that much at `query`.
    pub(super) fn serves(&self, query: &Query, length: Length, wanted: usize) -> bool {
        let far_enough = match (self.length, length) {
            (Length::Block { .. }, _) => true,
            (Length::Line, asked) => asked == Length::Line,
        };
        far_enough && self.wanted >= wanted && self.still_matches(query)
    }

    /// Whether what was typed since agrees with what it has said so far.
    pub(super) fn still_matches(&self, query: &Query) -> bool {
        self.typed_by(query)
            .is_some_and(|typed| self.may_say(&typed))
    }

    fn may_say(&self, typed: &str) -> bool {
        let unsaid = self.alternatives.len() < self.wanted;
        unsaid
            || self.alternatives.iter().any(|it| {
                let said = it.draft.text();
                said.starts_with(typed) || !it.ended && typed.starts_with(said)
            })
    }

    /// What was typed between its query and this one; `None` when something else happened.
    pub(super) fn typed_by(&self, query: &Query) -> Option<String> {
        if query.is_at(&self.query) {
            return Some(String::new());
        }
        let mine = Place::of(&self.query);
        let anchor = mine.nearest()?;
        let theirs = Place::of(query);
        let typed = theirs.typed_since(anchor.spot, anchor.said, mine.tail)?;
        debug_assert!(
            tails_agree(theirs.tail, mine.tail, typed),
            "the places agree"
        );
        Some(typed.to_owned())
    }
}

impl Job {
    /// When it is stopped at the latest, as things are.
    pub(super) fn gives_up_at(&self, linger: Duration, patience: Duration) -> Duration {
        let idle = self.idle_since.map(|since| since + linger);
        idle.unwrap_or(self.started + patience)
    }
}
