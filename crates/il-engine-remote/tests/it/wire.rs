//! A transport for tests: HTTP/1.1 over plain sockets, one request a connection.
//!
//! The one idea: it reads what it is sent as a real client does, chunked or not, and closes the socket when the body is
//! dropped.
//!
//! Deliberately absent: everything that the real one has on top.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use il_egress::{Body, CancelToken, Header, Request, Response, Transport, Trouble};

/// Sends requests over plain sockets.
pub(crate) struct Wire;

/// How soon a cancelled read ends.
const SLICE: Duration = Duration::from_millis(2);

impl Transport for Wire {
    fn send(&self, request: Request, cancel: &CancelToken) -> Result<Response, Trouble> {
        let rest = request.url.strip_prefix("http://").expect("plain HTTP");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let stream = TcpStream::connect(host);
        let mut stream = stream.map_err(|_| Trouble::NothingListens(host.to_owned()))?;
        stream.set_nodelay(true).expect("no delay");
        stream.set_read_timeout(Some(SLICE)).expect("a slice");
        let mut head = format!("POST /{path} HTTP/1.1\r\nhost: {host}\r\n");
        for (name, value) in &request.headers {
            let value = match value {
                Header::Plain(text) => text.as_str(),
                Header::Secret(secret) => secret.on_the_wire().expect("it fits"),
            };
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!(
            "content-length: {}\r\n\r\n",
            request.body.bytes().len()
        ));
        let sent = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(request.body.bytes()));
        sent.map_err(|_| Trouble::BrokeOff(host.to_owned()))?;
        let mut socket = Socket {
            stream,
            host: host.to_owned(),
            bytes: VecDeque::new(),
            patience: request.patience.first_byte,
        };
        let (status, headers) = socket.head(cancel)?;
        socket.patience = request.patience.between;
        let named = |name: &str| {
            headers
                .iter()
                .find(|it| it.0 == name)
                .map(|it| it.1.clone())
        };
        let framing = match (named("transfer-encoding"), named("content-length")) {
            (Some(_), _) => Framing::Chunked,
            (None, Some(length)) => Framing::Counted(length.parse().expect("a length")),
            (None, None) => Framing::ToTheEnd,
        };
        Ok(Response {
            status,
            headers,
            body: Box::new(WireBody {
                socket,
                framing,
                over: false,
            }),
        })
    }
}

struct Socket {
    stream: TcpStream,
    host: String,
    bytes: VecDeque<u8>,
    patience: Duration,
}

impl Socket {
    /// Reads more; false at the end.
    fn fill(&mut self, cancel: &CancelToken) -> Result<bool, Trouble> {
        let start = Instant::now();
        let mut buffer = [0; 4096];
        loop {
            if cancel.is_cancelled() {
                return Err(Trouble::Cancelled);
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.bytes.extend(&buffer[..count]);
                    return Ok(true);
                }
                Err(it) if matches!(it.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return Err(Trouble::BrokeOff(self.host.clone())),
            }
            if start.elapsed() > self.patience {
                return Err(Trouble::TooSlow {
                    host: self.host.clone(),
                    step: "answer",
                    seconds: self.patience.as_secs(),
                });
            }
        }
    }

    /// One line without its end; the end of the stream breaks off.
    fn line(&mut self, cancel: &CancelToken) -> Result<String, Trouble> {
        loop {
            if let Some(end) = self.bytes.iter().position(|it| *it == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                let line = String::from_utf8(line).expect("plain text");
                return Ok(line.trim_end().to_owned());
            }
            if !self.fill(cancel)? {
                return Err(Trouble::BrokeOff(self.host.clone()));
            }
        }
    }

    fn head(&mut self, cancel: &CancelToken) -> Result<(u16, Vec<(String, String)>), Trouble> {
        let status = self.line(cancel)?;
        let status = status.split(' ').nth(1).and_then(|it| it.parse().ok());
        let status = status.ok_or(Trouble::Other(self.host.clone(), "no HTTP".to_owned()))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line(cancel)?;
            let Some((name, value)) = line.split_once(':') else {
                return Ok((status, headers));
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// What is there, at most so many bytes.
    fn take(&mut self, most: usize) -> Vec<u8> {
        let count = most.min(self.bytes.len());
        self.bytes.drain(..count).collect()
    }
}

enum Framing {
    Chunked,
    /// Bytes that are left.
    Counted(usize),
    ToTheEnd,
}

struct WireBody {
    socket: Socket,
    framing: Framing,
    over: bool,
}

impl Body for WireBody {
    fn next(&mut self, cancel: &CancelToken) -> Result<Option<Vec<u8>>, Trouble> {
        if self.over {
            return Ok(None);
        }
        let broke = Trouble::BrokeOff(self.socket.host.clone());
        match self.framing {
            Framing::Chunked => {
                let size = self.socket.line(cancel)?;
                let size = usize::from_str_radix(&size, 16).map_err(|_| broke.clone())?;
                while self.socket.bytes.len() < size + 2 {
                    if !self.socket.fill(cancel)? {
                        return Err(broke);
                    }
                }
                let piece = self.socket.take(size);
                self.socket.take(2);
                self.over = size == 0;
                Ok((size > 0).then_some(piece))
            }
            Framing::Counted(0) => Ok(None),
            Framing::Counted(left) => {
                if self.socket.bytes.is_empty() && !self.socket.fill(cancel)? {
                    return Err(broke);
                }
                let piece = self.socket.take(left);
                self.framing = Framing::Counted(left - piece.len());
                Ok(Some(piece))
            }
            Framing::ToTheEnd => {
                if self.socket.bytes.is_empty() && !self.socket.fill(cancel)? {
                    return Ok(None);
                }
                Ok(Some(self.socket.take(usize::MAX)))
            }
        }
    }
}
