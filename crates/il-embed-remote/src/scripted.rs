//! A server for tests that answers what it is told to and remembers what it was asked.
//!
//! The one idea: it stands where the door would be, so what is tested is what is asked and what is made of an answer; that
//! it is so on the wire is the door's to test.
//!
//! Deliberately absent: understanding any of it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use il_egress::{Body, CancelToken, Header, Request, Response, Transport, Trouble};
use il_privacy::{Guard, Reach};
use il_retrieval::{Dialect, ServerChoice};

use crate::{Limits, Settings, Waiter};

/// One answer.
pub(crate) enum Answer {
    /// A status, headers, and a body that ends well or badly.
    Says(u16, Vec<(String, String)>, Pieces),
    Never(Trouble),
}

/// A body in pieces.
pub(crate) struct Pieces {
    left: VecDeque<Vec<u8>>,
    end: Option<Trouble>,
}

impl Body for Pieces {
    fn next(&mut self, cancel: &CancelToken) -> Result<Option<Vec<u8>>, Trouble> {
        if cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        match self.left.pop_front() {
            Some(piece) => Ok(Some(piece)),
            None => self.end.take().map_or(Ok(None), Err),
        }
    }
}

/// An answer with a status, headers as `name: value` lines, and a body.
pub(crate) fn status(status: u16, headers: &str, body: &str) -> Answer {
    ends(status, headers, body, None)
}

pub(crate) fn ok(body: &str) -> Answer {
    status(200, "content-type: application/json\r\n", body)
}

/// A good answer whose connection breaks in the middle of its body.
pub(crate) fn cut(body: &str) -> Answer {
    ends(200, "", body, Some(Trouble::BrokeOff(HOST.to_owned())))
}

pub(crate) fn never(trouble: impl Fn(String) -> Trouble) -> Answer {
    Answer::Never(trouble(HOST.to_owned()))
}

fn ends(status: u16, headers: &str, body: &str, end: Option<Trouble>) -> Answer {
    let headers = headers.lines().filter_map(|it| it.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    // In small pieces, as a wire may give them.
    let left = body.as_bytes().chunks(7).map(<[u8]>::to_vec).collect();
    Answer::Says(status, headers.collect(), Pieces { left, end })
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Request line and headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

#[derive(Default)]
struct State {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
    /// Cancelled when this many requests have come.
    cancel: Option<(usize, CancelToken)>,
}

const HOST: &str = "scripted.example";

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let server = Self {
            url: format!("http://{HOST}"),
            state: Arc::default(),
        };
        server.with(|it| it.answers = answers.into());
        server
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.with(|it| it.asked.clone())
    }

    /// The bodies of all requests.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.asked().into_iter().map(|it| it.body).collect()
    }

    pub(crate) fn cancel_after(&self, requests: usize, cancel: &CancelToken) {
        self.with(|it| it.cancel = Some((requests, cancel.clone())));
    }
}

impl Transport for Server {
    fn send(&self, request: Request, _: &CancelToken) -> Result<Response, Trouble> {
        let answer = self.with(|it| {
            it.asked.push(Asked {
                head: head(&request),
                body: String::from_utf8(request.body.bytes().to_vec()).expect("text"),
            });
            if let Some((after, cancel)) = &it.cancel
                && it.asked.len() == *after
            {
                cancel.cancel();
            }
            it.answers.pop_front()
        });
        match answer.unwrap_or_else(|| status(410, "", "")) {
            Answer::Never(trouble) => Err(trouble),
            Answer::Says(status, headers, body) => Ok(Response {
                status,
                headers,
                body: Box::new(body),
            }),
        }
    }
}

fn head(request: &Request) -> String {
    let path = request.url.splitn(4, '/').nth(3).unwrap_or_default();
    let mut head = format!("{:?} /{path}\r\n", request.method);
    for (name, value) in &request.headers {
        let value = match value {
            Header::Plain(text) => text,
            Header::Secret(secret) => secret.on_the_wire().expect("a key that fits"),
        };
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.to_ascii_lowercase()
}

/// Remembers what it should have waited.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waits(Arc<Mutex<Vec<u128>>>);

impl Waits {
    pub(crate) fn millis(&self) -> Vec<u128> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Waiter for Waits {
    fn wait(&self, time: Duration, _: &CancelToken) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(time.as_millis());
    }
}

/// Settings for a scripted server: no words, no waiting, batches of two.
pub(crate) fn settings(server: &Server, dialect: Dialect, waits: &Waits) -> Settings {
    let choice = ServerChoice {
        dialect,
        model: "m".to_owned(),
        url: server.url.clone(),
    };
    let mut settings = Settings::new(
        choice,
        Arc::new(server.clone()),
        Guard::usual(Reach::Anywhere),
    );
    settings.waiter = Box::new(waits.clone());
    settings.limits = Limits {
        batch_texts: 2,
        tries: 3,
        response_bytes: 10_000,
        ..Limits::default()
    };
    settings
}
