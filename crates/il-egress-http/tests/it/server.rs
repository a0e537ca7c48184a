//! A server of single connections: each is given to a function, which speaks bytes.
//!
//! The one idea: nothing here understands HTTP, so a test can say anything, and hear that the other side has gone.
//!
//! Deliberately absent: HTTP/2, which `secure` has.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Duration,
};

use il_egress::{
    CancelToken, Method, Outbound, Patience, Request, Response, Transport as _, Trouble,
};
use il_egress_http::{Egress, Settings};
use il_privacy::{Guard, Manifest, Reach};

/// Longer than anything here takes; a test that waits this long has failed.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) port: u16,
    heard: Receiver<String>,
}

/// One connection, as its function sees it.
pub(crate) struct Line {
    stream: TcpStream,
    heard: Sender<String>,
    pub(crate) number: usize,
}

impl Server {
    pub(crate) fn start(act: impl Fn(&mut Line) + Send + Sync + Clone + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, heard) = channel();
        // Ends with the test's process: nobody tells it that no more requests come.
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                stream.set_nodelay(true).expect("no delay");
                stream.set_read_timeout(Some(LONG)).expect("a limit");
                let (act, heard) = (act.clone(), sender.clone());
                thread::spawn(move || {
                    act(&mut Line {
                        stream,
                        heard,
                        number,
                    });
                });
            }
        });
        Self { port, heard }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/x", self.port)
    }

    /// What a connection's function tells next.
    pub(crate) fn hears(&self) -> String {
        let heard = self.heard.recv_timeout(LONG);
        heard.expect("the server hears something")
    }

    pub(crate) fn heard_nothing(&self) -> bool {
        self.heard.try_recv().is_err()
    }
}

impl Line {
    /// Reads a request and its body, in lower case; empty when the other side closed.
    pub(crate) fn request(&mut self) -> String {
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(b"\r\n\r\n") {
            match self.stream.read(&mut byte) {
                Ok(1) => text.push(byte[0]),
                _ => return String::new(),
            }
        }
        let mut head = String::from_utf8_lossy(&text).to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|it| it.lines().next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.stream.read_exact(&mut body).expect("the body");
        head.push_str(&String::from_utf8_lossy(&body));
        head
    }

    pub(crate) fn says(&mut self, text: &str) {
        // The client may have seen enough already.
        drop(self.stream.write_all(text.as_bytes()));
    }

    pub(crate) fn tells_request(&mut self) {
        let request = self.request();
        self.tells(request);
    }

    pub(crate) fn tells(&self, text: impl Into<String>) {
        drop(self.heard.send(text.into()));
    }

    /// Tells `closed` when the other side has closed, and something else when it sends or waits.
    pub(crate) fn tells_how_it_ends(&mut self) {
        let end = match self.stream.read(&mut [0; 64]) {
            Ok(0) => "closed".to_owned(),
            Ok(bytes) => format!("{bytes} bytes"),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => "closed".into(),
            Err(error) => error.to_string(),
        };
        self.tells(end);
    }

    pub(crate) fn ends_writing(&self) {
        drop(self.stream.shutdown(std::net::Shutdown::Write));
    }

    /// Waits until the other side has closed.
    pub(crate) fn stays(&mut self) {
        while self.stream.read(&mut [0; 4096]).is_ok_and(|it| it > 0) {}
    }

    /// Copies both ways between here and a port of this machine.
    pub(crate) fn joins(&self, port: u16) {
        let other = TcpStream::connect(("127.0.0.1", port)).expect("the other side");
        let copy = |from: &TcpStream, to: &TcpStream| {
            let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            thread::spawn(move || {
                drop(std::io::copy(&mut from, &mut to));
                drop(to.shutdown(std::net::Shutdown::Write));
            })
        };
        let there = copy(&self.stream, &other);
        copy(&other, &self.stream).join().expect("copied");
        there.join().expect("copied");
    }
}

pub(crate) fn get(url: &str) -> Request {
    Request {
        method: Method::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Outbound::nothing(),
        patience: Patience {
            connect: LONG,
            first_byte: LONG,
            between: LONG,
        },
    }
}

pub(crate) fn post(url: &str, body: &str) -> Request {
    Request {
        method: Method::Post,
        body: Guard::usual(Reach::ThisMachine)
            .seal(body.as_bytes().to_vec(), Manifest::default())
            .expect("it names no file"),
        ..get(url)
    }
}

/// A door with no proxy.
pub(crate) fn door() -> Egress {
    door_with(|_| {})
}

pub(crate) fn door_with(change: impl FnOnce(&mut Settings)) -> Egress {
    let mut settings = Settings {
        proxy: il_egress_http::Proxy::None,
        ..Settings::default()
    };
    change(&mut settings);
    Egress::new(settings).expect("a door")
}

pub(crate) fn asks(door: &Egress, request: Request) -> Result<Response, Trouble> {
    door.send(request, &CancelToken::new())
}

/// Status and body, or how it went wrong.
pub(crate) fn outcome(door: &Egress, request: Request) -> Result<(u16, String), Trouble> {
    let answer = asks(door, request)?;
    let status = answer.status;
    let bytes = answer.bytes(1 << 20, &CancelToken::new())?;
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}
