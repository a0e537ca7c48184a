//! A transport without a wire: it answers from memory, in whatever pieces a test likes.
//!
//! Deliberately absent: looking at what it is sent.

use std::sync::{Mutex, PoisonError};

use il_egress::{Body, CancelToken, Request, Response, Transport, Trouble};

/// Answers every request with these pieces.
pub(crate) struct Memory {
    pub(crate) kind: &'static str,
    pub(crate) pieces: Mutex<Vec<Vec<u8>>>,
}

struct Pieces(std::vec::IntoIter<Vec<u8>>);

impl Body for Pieces {
    fn next(&mut self, _: &CancelToken) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(self.0.next())
    }
}

impl Transport for Memory {
    fn send(&self, _: Request, _: &CancelToken) -> Result<Response, Trouble> {
        let pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Response {
            status: 200,
            headers: vec![("content-type".to_owned(), self.kind.to_owned())],
            body: Box::new(Pieces(pieces.clone().into_iter())),
        })
    }
}
