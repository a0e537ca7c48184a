//! An answer's body as it arrives.
//!
//! The one idea: whoever drops it closes it. On HTTP/1 that is the connection, on HTTP/2 the stream, and either way the
//! server learns that nobody listens any more.
//!
//! Deliberately absent: putting pieces together; they come as the wire gave them.

use std::{fmt, sync::Arc};

use il_egress::{Body, CancelToken, Patience, Trouble};

use crate::{
    counts::Line,
    reactor::{Reactor, Waited},
    target::Target,
    trouble::Step,
};

pub(crate) struct Arriving {
    /// None after its end, whether good or bad.
    answer: Option<reqwest::Response>,
    reactor: Arc<Reactor>,
    line: Line,
    target: Target,
    patience: Patience,
}

impl Arriving {
    pub(crate) fn new(
        answer: reqwest::Response,
        reactor: Arc<Reactor>,
        line: Line,
        target: Target,
        patience: Patience,
    ) -> Self {
        Self {
            answer: Some(answer),
            reactor,
            line,
            target,
            patience,
        }
    }

    fn piece(&mut self, cancel: &CancelToken) -> Result<Option<Vec<u8>>, Trouble> {
        let step = Step {
            target: &self.target,
            proxy: None,
            patience: self.patience,
        };
        if cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        while let Some(answer) = &mut self.answer {
            let waited = self
                .reactor
                .wait(answer.chunk(), self.patience.between, cancel)
                .map_err(|error| step.no_runtime(&error))?;
            match waited {
                Waited::Cancelled => return Err(Trouble::Cancelled),
                Waited::TooLong => return Err(step.stalled()),
                Waited::Done(Err(error)) => return Err(step.failed(&error)),
                Waited::Done(Ok(None)) => self.answer = None,
                Waited::Done(Ok(Some(piece))) if piece.is_empty() => {}
                Waited::Done(Ok(Some(piece))) => {
                    self.line.receive(piece.len());
                    return Ok(Some(piece.into()));
                }
            }
        }
        Ok(None)
    }
}

impl Body for Arriving {
    fn next(&mut self, cancel: &CancelToken) -> Result<Option<Vec<u8>>, Trouble> {
        let piece = self.piece(cancel);
        if piece.is_err() {
            self.answer = None;
        }
        piece
    }
}

impl fmt::Debug for Arriving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arriving")
            .field("from", &self.target.name())
            .finish_non_exhaustive()
    }
}
