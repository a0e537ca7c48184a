//! A hub of models on loopback that speaks bytes: it sends on, cuts, stalls, lies, and counts what it sent.
//!
//! The one idea: each request for the file is answered as the next word of a script says, the last word for ever.
//!
//! Deliberately absent: any other file.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// What the hub does with one request for the file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    Serves,
    /// Breaks off before this byte of the file.
    Cuts(usize),
    /// Sends nothing more from this byte on, and keeps the connection.
    Stalls(usize),
    /// Whatever range is asked for.
    ServesAll,
    /// Says that it is another version of the file.
    Changed,
    /// Says another length than it sends.
    Says(usize),
    Answers(u16),
}

#[derive(Default)]
struct State {
    script: Vec<Does>,
    heads: Vec<String>,
    sent: usize,
}

pub(crate) struct Hub {
    pub(crate) file: Arc<[u8]>,
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Hub {
    /// `announced` is the hash that it says the file has.
    pub(crate) fn start(announced: Option<String>, script: &[Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let store = TcpListener::bind("127.0.0.1:0").unwrap();
        let hub = Self {
            file: model().into(),
            port: listener.local_addr().unwrap().port(),
            state: Arc::new(Mutex::new(State {
                script: script.iter().rev().copied().collect(),
                ..State::default()
            })),
        };
        let location = format!(
            "http://localhost:{}/file",
            store.local_addr().unwrap().port()
        );
        let size = hub.file.len();
        let hash = announced.map(|it| format!("X-Linked-Etag: \"{it}\"\r\n"));
        let onward = format!(
            "HTTP/1.1 302 Found\r\nLocation: {location}\r\nX-Linked-Size: {size}\r\n{}Content-Length: 0\r\n\r\n",
            hash.unwrap_or_default()
        );
        let state = Arc::clone(&hub.state);
        each(listener, move |stream, head| {
            note(&state, head);
            drop(stream.write_all(onward.as_bytes()));
        });
        let (file, state) = (Arc::clone(&hub.file), Arc::clone(&hub.state));
        each(store, move |stream, head| {
            note(&state, head);
            let does = {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.script.pop().unwrap_or(Does::Serves)
            };
            answer(stream, head, does, &file, &state);
        });
        hub
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Bytes of the file that went out.
    pub(crate) fn sent(&self) -> usize {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .sent
    }

    /// Request lines and headers, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .heads
            .clone()
    }
}

fn note(state: &Mutex<State>, head: &str) {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.heads.push(head.to_owned());
}

/// Ends with the test's process: nobody tells it that no more requests come.
fn each(listener: TcpListener, act: impl Fn(&mut TcpStream, &str) + Clone + Send + 'static) {
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let act = act.clone();
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if reader.read_line(&mut head).unwrap_or(0) == 0 {
                        return;
                    }
                }
                act(&mut stream, &head.to_ascii_lowercase());
            });
        }
    });
}

fn answer(stream: &mut TcpStream, head: &str, does: Does, file: &[u8], state: &Mutex<State>) {
    let range = head.split("range: bytes=").nth(1);
    let asked: usize = range
        .and_then(|it| it.split('-').next()?.parse().ok())
        .unwrap_or(0);
    let size = file.len();
    let (from, until, said) = match does {
        Does::Answers(status) => {
            let text =
                format!("HTTP/1.1 {status} X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
            drop(stream.write_all(text.as_bytes()));
            return;
        }
        Does::Serves | Does::Changed => (asked, size, size),
        Does::Cuts(at) | Does::Stalls(at) => (asked, at.max(asked), size),
        Does::ServesAll => (0, size, size),
        Does::Says(said) => (0, size, said),
    };
    let tag = if matches!(does, Does::Changed) {
        "v2"
    } else {
        "v1"
    };
    let mut text = format!("ETag: \"{tag}\"\r\nContent-Length: {}\r\n\r\n", said - from);
    text = match from {
        0 => format!("HTTP/1.1 200 OK\r\n{text}"),
        _ => format!(
            "HTTP/1.1 206 Part\r\nContent-Range: bytes {from}-{}/{size}\r\n{text}",
            size - 1
        ),
    };
    drop(stream.write_all(text.as_bytes()));
    drop(stream.write_all(&file[from..until]));
    state.lock().unwrap_or_else(PoisonError::into_inner).sent += until - from;
    if matches!(does, Does::Stalls(_)) {
        // Until the other side has gone.
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while reader.fill_buf().is_ok_and(|it| !it.is_empty()) {
            let all = reader.buffer().len();
            reader.consume(all);
        }
    }
}

/// A Qwen without weights, and 200 kB behind its header.
pub(crate) fn model() -> Vec<u8> {
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    };
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes.extend(3_u64.to_le_bytes());
    for (key, value) in [
        ("general.architecture", "qwen2"),
        ("general.name", "Qwen2.5 Coder 1.5B"),
    ] {
        text(&mut bytes, key);
        bytes.extend(8_u32.to_le_bytes());
        text(&mut bytes, value);
    }
    text(&mut bytes, "tokenizer.ggml.tokens");
    bytes.extend(9_u32.to_le_bytes());
    bytes.extend(8_u32.to_le_bytes());
    let tokens = [
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
        "<|repo_name|>",
        "<|file_sep|>",
        "<|fim_pad|>",
        "<|endoftext|>",
    ];
    bytes.extend((tokens.len() as u64).to_le_bytes());
    for token in tokens {
        text(&mut bytes, token);
    }
    bytes.extend((0..200_000_u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8));
    bytes
}
