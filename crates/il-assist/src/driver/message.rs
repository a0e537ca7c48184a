//! What the pipeline's thread is told, and the reply that it owes.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use il_complete::{SuggestionId, Typed};
use il_docs::Document;
use il_engine::{CancelToken, Workspace};
use il_screen::Screen;

use crate::{
    data::{Ask, AskId, Reply},
    documents::DocNumber,
    queue::Heard,
    repositories::Answerer,
    syntax::Facts,
};

/// What the thread hears.
pub(crate) enum Message {
    Asked(Box<Asked>),
    Facts {
        ask: AskId,
        facts: Facts,
    },
    Cancelled(AskId),
    Edited {
        doc: DocNumber,
        typed: Typed,
        version: i64,
    },
    Closed {
        doc: DocNumber,
        uri: Arc<str>,
    },
    EngineChanged,
    Shown(SuggestionId),
    Accepted(SuggestionId),
    PartiallyAccepted {
        id: SuggestionId,
        utf16_length: usize,
    },
    Heard(Heard),
    Stop,
}

/// An ask with all that was known when it was made. Nothing in it changes any more.
pub(crate) struct Asked {
    pub(crate) id: AskId,
    pub(crate) ask: Ask,
    pub(crate) doc: DocNumber,
    pub(crate) document: Document,
    /// The cursor in the document.
    pub(crate) offset: usize,
    /// Path inside the repository.
    pub(crate) path: Arc<str>,
    pub(crate) answerer: Answerer,
    /// Looks through what is said.
    pub(crate) screen: Arc<dyn Screen>,
    /// What else was at hand.
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) at: Duration,
    pub(crate) reply: ReplyOnce,
    /// Cancelled when the syntax is no longer wanted.
    pub(crate) wants_syntax: CancelToken,
}

/// A callback that is called exactly once, at the latest when it is dropped.
pub(crate) struct ReplyOnce(Option<Box<dyn FnOnce(Reply) + Send>>);

impl ReplyOnce {
    pub(crate) fn new(reply: impl FnOnce(Reply) + Send + 'static) -> Self {
        Self(Some(Box::new(reply)))
    }

    pub(crate) fn reply(mut self, reply: Reply) {
        self.call(reply);
    }

    fn call(&mut self, reply: Reply) {
        if let Some(callback) = self.0.take()
            && catch_unwind(AssertUnwindSafe(|| callback(reply))).is_err()
        {
            tracing::error!("the receiver of a reply panicked");
        }
    }
}

impl Drop for ReplyOnce {
    fn drop(&mut self) {
        self.call(Reply::Cancelled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_reply_is_still_a_reply() {
        let (told, hear) = crossbeam_channel::unbounded();
        drop(ReplyOnce::new(move |reply| told.send(reply).unwrap()));
        assert!(matches!(hear.try_recv(), Ok(Reply::Cancelled)));
        assert!(hear.try_recv().is_err());
    }
}
