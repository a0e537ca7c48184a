//! The way out: what is sent to another program or host, and the one door that it goes through.
//!
//! The one idea: whoever wants to send something describes it as data and gives it to a [`Transport`], which
//! the binary made. No other crate can open a connection, so what leaves can be seen, counted and refused in
//! one place. What a request carries is an [`Outbound`], which only redaction makes.
//!
//! Deliberately absent: sockets, TLS, proxies (the adapter behind the trait has them), what a status means,
//! and trying again.

mod secret;

use std::{fmt, time::Duration};

pub use il_privacy::Outbound;
pub use il_text::CancelToken;
pub use secret::Secret;

/// One HTTP request. `Debug` prints no body and no secret.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    /// Scheme, host, port, path, query; no user and no password.
    pub url: String,
    pub headers: Vec<(&'static str, Header)>,
    pub body: Outbound,
    pub patience: Patience,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &self.headers)
            .field("body", &format_args!("<{} bytes>", self.body.bytes().len()))
            .finish_non_exhaustive()
    }
}

/// What is done to the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Post,
}

/// The value of a header.
#[derive(Clone, Debug)]
pub enum Header {
    Plain(String),
    /// A key or token; it is written on the wire and nowhere else.
    Secret(Secret),
}

/// How long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until there is a connection, TLS included.
    pub connect: Duration,
    /// From the request to the status line.
    pub first_byte: Duration,
    /// Between two pieces of the body.
    pub between: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(60),
            between: Duration::from_secs(30),
        }
    }
}

/// The head of an answer of any status, and its body as it comes.
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Box<dyn Body>,
}

impl Response {
    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The whole body, at most `limit` bytes.
    pub fn bytes(mut self, limit: usize, cancel: &CancelToken) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.body.next(cancel)? {
            if bytes.len() + piece.len() > limit {
                return Err(Trouble::Endless { limit });
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A body as it comes. Dropping it before its end closes the stream, so that the server stops working on it.
pub trait Body: Send {
    /// The next bytes as they came from the wire, never empty; `None` at the end.
    fn next(&mut self, cancel: &CancelToken) -> Result<Option<Vec<u8>>, Trouble>;
}

/// Why there is no answer, or only half of one. Texts hold hosts and causes, no content and no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The caller changed their mind. Not an error that anyone is shown.
    #[error("cancelled")]
    Cancelled,
    #[error("nothing may leave this machine: {0}")]
    Forbidden(String),
    #[error("nothing listens at `{0}`")]
    NothingListens(String),
    #[error("`{0}` cannot be reached: no such host, or no network")]
    Unreachable(String),
    #[error("`{host}` did not {step} within {seconds} s")]
    TooSlow {
        host: String,
        step: &'static str,
        seconds: u64,
    },
    #[error("`{0}` broke the connection off")]
    BrokeOff(String),
    #[error("the answer is longer than {limit} bytes")]
    Endless { limit: usize },
    #[error("no secure connection to `{host}`: {why}")]
    Tls { host: String, why: String },
    #[error("`{0}` cannot be asked: {1}")]
    Other(String, String),
}

/// Sends requests. The one implementation that opens connections is linked by the binary alone.
pub trait Transport: Send + Sync {
    /// Sends one request and waits for the head of its answer. Looks at `cancel` every few milliseconds while it
    /// waits; a cancelled request's connection or stream is closed at once.
    fn send(&self, request: Request, cancel: &CancelToken) -> Result<Response, Trouble>;
}
