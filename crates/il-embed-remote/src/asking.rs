//! One request and its whole answer.
//!
//! The one idea: an answer of any status is an answer, with its bytes bounded; what is no answer is the door's
//! [`Trouble`].
//!
//! Deliberately absent: what a status means, and trying again.

use std::{fmt, sync::Arc, time::Duration};

use il_egress::{CancelToken, Header, Method, Patience, Request, Secret, Transport, Trouble};
use il_privacy::{Guard, Manifest, Purpose};

use crate::Limits;

/// What a server said.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Asking {
    transport: Arc<dyn Transport>,
    guard: Guard,
    bearer: Option<Secret>,
    patience: Patience,
    response_bytes: usize,
}

impl Asking {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        guard: Guard,
        bearer: Option<Secret>,
        limits: &Limits,
    ) -> Self {
        Self {
            transport,
            guard,
            bearer,
            patience: Patience {
                connect: limits.connect,
                first_byte: limits.call,
                between: limits.call,
            },
            response_bytes: limits.response_bytes,
        }
    }

    pub(crate) fn is_keyed(&self) -> bool {
        self.bearer.is_some()
    }

    pub(crate) fn post(
        &self,
        url: &str,
        json: &str,
        cancel: &CancelToken,
    ) -> Result<Reply, Trouble> {
        let manifest = Manifest {
            purpose: Purpose::Embed,
            ..Manifest::default()
        };
        let sealed = self.guard.seal(json.as_bytes().to_vec(), manifest);
        let plain = |text: &str| Header::Plain(text.to_owned());
        let mut headers = vec![
            ("content-type", plain("application/json")),
            ("accept", plain("application/json")),
        ];
        if let Some(bearer) = &self.bearer {
            headers.push(("authorization", Header::Secret(bearer.clone())));
        }
        let request = Request {
            method: Method::Post,
            url: url.to_owned(),
            headers,
            body: sealed.map_err(|why| Trouble::Forbidden(why.to_string()))?,
            patience: self.patience,
        };
        let answer = self.transport.send(request, cancel)?;
        Ok(Reply {
            status: answer.status,
            retry_after: answer.header("retry-after").and_then(seconds),
            body: answer.bytes(self.response_bytes, cancel)?,
        })
    }
}

/// A date is none: it needs a clock.
fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking")
            .field("key", &self.bearer)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
