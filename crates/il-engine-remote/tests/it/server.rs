//! A server that answers what it is told to, byte for byte, and remembers what it was asked.
//!
//! Deliberately absent: understanding any of it.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

/// One answer.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// These pieces, each in a chunk and a write of its own.
    Chunks(&'static str, Vec<Vec<u8>>),
    /// The same, and then nothing more until the client closes.
    Held(&'static str, Vec<Vec<u8>>),
    /// These bytes, head and all, and the connection is closed.
    Bytes(Vec<u8>),
    /// Nothing at all.
    Silence,
}

/// A status with a body of a known length.
pub(crate) fn status(status: u16, headers: &str, body: &str) -> Reply {
    let length = body.len();
    let text = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{body}");
    Reply::Bytes(text.into_bytes())
}

/// Each byte by itself.
pub(crate) fn byte_by_byte(text: &str) -> Vec<Vec<u8>> {
    text.bytes().map(|it| vec![it]).collect()
}

#[derive(Default)]
struct State {
    replies: VecDeque<Reply>,
    asked: Vec<(String, String)>,
    /// Connections that the client closed while there was more to say.
    closed: usize,
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Server {
    pub(crate) fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Self {
            url: format!("http://{address}"),
            state: Arc::default(),
        };
        server.with(|it| it.replies = replies.into());
        let serving = server.clone();
        // Ends with the test's process: nobody tells it that no more requests come.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(stream));
            }
        });
        server
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let done = act(&mut self.state.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.state.1.notify_all();
        done
    }

    /// Head and body of each request.
    pub(crate) fn asked(&self) -> Vec<(String, String)> {
        self.with(|it| it.asked.clone())
    }

    /// Waits until so many requests have come.
    pub(crate) fn wait_for_requests(&self, count: usize) {
        self.wait(|it| it.asked.len() >= count);
    }

    /// Waits until the client has closed so many connections in the middle.
    pub(crate) fn wait_for_closed(&self, count: usize) {
        self.wait(|it| it.closed >= count);
    }

    fn wait(&self, is: impl Fn(&State) -> bool) {
        let mut state = self.state.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !is(&state) {
            let waited = self.state.1.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn serve(&self, mut stream: TcpStream) {
        stream.set_nodelay(true).expect("no delay");
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        let Some(asked) = read_request(&mut reader) else {
            return;
        };
        let reply = self.with(|it| {
            it.asked.push(asked);
            it.replies.pop_front()
        });
        match reply {
            Some(Reply::Bytes(bytes)) => drop(stream.write_all(&bytes)),
            Some(Reply::Chunks(kind, pieces)) => {
                let all = write_chunks(&mut stream, kind, &pieces);
                let end = all.and_then(|()| stream.write_all(b"0\r\n\r\n"));
                drop(end);
            }
            Some(Reply::Held(kind, pieces)) => {
                drop(write_chunks(&mut stream, kind, &pieces));
                self.until_closed(&mut reader);
            }
            Some(Reply::Silence) => self.until_closed(&mut reader),
            None => drop(stream.write_all(b"HTTP/1.1 410 X\r\ncontent-length: 0\r\n\r\n")),
        }
    }

    fn until_closed(&self, reader: &mut BufReader<TcpStream>) {
        // The client has nothing more to send: what comes is the end.
        let mut rest = [0; 1];
        if !matches!(reader.read(&mut rest), Ok(1)) {
            self.with(|it| it.closed += 1);
        }
    }
}

fn write_chunks(stream: &mut TcpStream, kind: &str, pieces: &[Vec<u8>]) -> std::io::Result<()> {
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    for piece in pieces {
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend(piece);
        chunk.extend(b"\r\n");
        stream.write_all(&chunk)?;
    }
    Ok(())
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.split("content-length: ").nth(1)?;
    let length: usize = length.lines().next()?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}
