//! A server for tests that answers what it is told to and remembers what it was asked, byte for byte.
//!
//! Deliberately absent: understanding any of it.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use il_retrieval::{Dialect, ServerChoice};
use il_text::CancelToken;

use crate::{Limits, Settings, Waiter};

/// One answer.
pub(crate) enum Answer {
    /// Pieces of bytes, each written by itself; the connection stays open.
    Open(Vec<Vec<u8>>),
    /// Bytes, and the connection is closed.
    Close(Vec<u8>),
    /// Nothing at all.
    Silence,
}

/// An answer with a status and a body of a known length.
pub(crate) fn status(status: u16, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let text = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{body}");
    Answer::Open(vec![text.into_bytes()])
}

pub(crate) fn ok(body: &str) -> Answer {
    status(200, "content-type: application/json\r\n", body)
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Which connection, from zero.
    pub(crate) connection: usize,
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

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Self {
            url: format!("http://{address}"),
            state: Arc::default(),
        };
        server.with(|it| it.answers = answers.into());
        let serving = server.clone();
        // Ends with the test's process: nobody tells it that no more requests come.
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(connection, stream));
            }
        });
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

    fn serve(&self, connection: usize, mut stream: TcpStream) {
        stream.set_nodelay(true).expect("no delay");
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        while let Some((head, body)) = read_request(&mut reader) {
            let answer = self.with(|it| {
                it.asked.push(Asked {
                    connection,
                    head,
                    body,
                });
                if let Some((after, cancel)) = &it.cancel
                    && it.asked.len() == *after
                {
                    cancel.cancel();
                }
                it.answers.pop_front()
            });
            match answer {
                Some(Answer::Open(pieces)) => {
                    for piece in pieces {
                        // The client may have seen enough already.
                        if stream.write_all(&piece).is_err() {
                            return;
                        }
                    }
                }
                Some(Answer::Close(bytes)) => {
                    drop(stream.write_all(&bytes));
                    return;
                }
                Some(Answer::Silence) => {}
                None => {
                    let text = "HTTP/1.1 410 X\r\ncontent-length: 0\r\n\r\n";
                    drop(stream.write_all(text.as_bytes()));
                }
            }
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1)?;
    let length: usize = length.lines().next()?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
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
    let mut settings = Settings::new(choice);
    settings.waiter = Box::new(waits.clone());
    settings.limits = Limits {
        batch_texts: 2,
        tries: 3,
        response_bytes: 10_000,
        ..Limits::default()
    };
    settings
}
