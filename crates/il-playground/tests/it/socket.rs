//! The WebSocket: who gets one, what passes through it, how it ends.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{fixture::Fixture, http::get};

/// A client of a few lines: masked text frames out, text frames in.
struct Socket {
    stream: TcpStream,
}

const UPGRADE: [(&str, &str); 3] = [
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

impl Socket {
    fn connect(fixture: &Fixture) -> Option<Self> {
        let port = fixture.port();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let mut request =
            format!("GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n");
        for (name, value) in UPGRADE {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!(
            "Sec-WebSocket-Protocol: interline.lsp, token.{}\r\n\r\n",
            fixture.token()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(
            !head.contains(fixture.token()),
            "the answer repeats the token"
        );
        head.starts_with("HTTP/1.1 101").then_some(Self { stream })
    }

    fn frame(&mut self, opcode: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | opcode];
        match u16::try_from(payload.len()) {
            Ok(length) if length < 126 => frame.push(0x80 | u8::try_from(length).unwrap()),
            Ok(length) => {
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
            Err(_) => {
                frame.push(0x80 | 127);
                frame.extend((payload.len() as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]); // a mask of zeros leaves the payload as it is
        frame.extend(payload);
        // The server may have hung up in the middle of a frame that is too large.
        let _ = self.stream.write_all(&frame);
    }

    fn send(&mut self, message: &Value) {
        self.frame(1, message.to_string().as_bytes());
    }

    /// The next frame: its opcode and payload; `None` at the end of the stream.
    fn receive(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).ok()?;
        let length = match head[1] & 0x7f {
            126 => {
                let mut length = [0; 2];
                self.stream.read_exact(&mut length).ok()?;
                u64::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.stream.read_exact(&mut length).ok()?;
                u64::from_be_bytes(length)
            }
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut payload).ok()?;
        Some((head[0] & 0x0f, payload))
    }

    fn receive_json(&mut self) -> Value {
        let (opcode, payload) = self.receive().unwrap();
        assert_eq!(opcode, 1);
        serde_json::from_slice(&payload).unwrap()
    }

    /// The code with which the server closes; `None` when it just hangs up.
    fn closed_with(&mut self) -> Option<u16> {
        loop {
            let (opcode, payload) = self.receive()?;
            if opcode == 8 {
                return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
            }
        }
    }
}

fn initialize(socket: &mut Socket) {
    socket.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} }));
    let answer = socket.receive_json();
    assert_eq!(answer["jsonrpc"], "2.0");
    assert_eq!(answer["id"], 1);
    assert_eq!(answer["result"]["serverInfo"]["name"], "scripted");
}

#[test]
fn a_socket_needs_the_token() {
    let fixture = Fixture::start();
    let token = format!("token.{}", fixture.token());
    let ask = |protocol: Option<&str>, origin: Option<&str>| {
        let mut headers = UPGRADE.to_vec();
        headers.extend(protocol.map(|protocol| ("Sec-WebSocket-Protocol", protocol)));
        headers.extend(origin.map(|origin| ("Origin", origin)));
        get(&fixture, "/ws", &headers).verdict()
    };
    assert_eq!(ask(None, None), "401 token");
    assert_eq!(ask(Some("interline.lsp"), None), "401 token");
    assert_eq!(ask(Some("interline.lsp, token."), None), "401 token");
    assert_eq!(ask(Some("interline.lsp, token.00"), None), "401 token");
    assert_eq!(ask(Some(&token[..token.len() - 1]), None), "401 token");
    assert_eq!(ask(Some(&token), Some("http://evil.example")), "403 origin");
    assert_eq!(ask(Some(&token), Some("null")), "403 origin");
    // The token in the address is not enough, and a plain request is no socket.
    assert_eq!(
        get(
            &fixture,
            &format!("/ws?token={}", fixture.token()),
            &UPGRADE
        )
        .verdict(),
        "401 token"
    );
    assert_eq!(
        get(&fixture, "/ws", &[("Sec-WebSocket-Protocol", &token)]).verdict(),
        "400 websocket"
    );
    assert_eq!(fixture.recorded.log().sessions, 0);
}

#[test]
fn messages_pass_both_ways() {
    let fixture = Fixture::start();
    let mut socket = Socket::connect(&fixture).unwrap();
    initialize(&mut socket);
    assert_eq!(
        socket.receive_json()["method"],
        "window/workDoneProgress/create"
    );
    let text = "x".repeat(300_000);
    socket.send(
        &json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {
        "textDocument": { "uri": "file:///a", "version": 1, "languageId": "x", "text": text } } }),
    );
    socket.send(&json!({ "jsonrpc": "2.0", "id": "later", "method": "interline/status" }));
    while socket.receive_json()["id"] != "later" {}
    assert_eq!(fixture.recorded.document("/a").unwrap(), text);
}

#[test]
fn what_is_no_message_is_said_to_be_none() {
    let fixture = Fixture::start();
    let mut socket = Socket::connect(&fixture).unwrap();
    for broken in ["", "{", "[]", "{\"jsonrpc\":\"2.0\"}", "\u{0}"] {
        socket.frame(1, broken.as_bytes());
        assert_eq!(socket.receive_json()["error"]["code"], -32700, "{broken:?}");
    }
    initialize(&mut socket);
}

#[test]
fn what_is_no_text_or_too_much_ends_the_socket() {
    let fixture = Fixture::start();
    let mut socket = Socket::connect(&fixture).unwrap();
    socket.frame(2, b"binary");
    assert_eq!(socket.closed_with(), Some(1003));
    let mut socket = Socket::connect(&fixture).unwrap();
    socket.frame(1, &vec![b' '; (16 << 20) + 1]);
    assert!(socket.closed_with().is_none_or(|code| code != 1000));
    let mut socket = Socket::connect(&fixture).unwrap();
    initialize(&mut socket);
}

#[test]
fn only_so_many_sockets_and_a_closed_one_gives_its_place_back() {
    let fixture = Fixture::start();
    let mut sockets: Vec<Socket> = (0..8).map(|_| Socket::connect(&fixture).unwrap()).collect();
    assert!(Socket::connect(&fixture).is_none());
    sockets.pop();
    let deadline = Instant::now() + Duration::from_secs(10);
    while Socket::connect(&fixture).is_none() {
        assert!(Instant::now() < deadline, "the place is never given back");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_server_that_ends_closes_the_socket_and_so_does_stop() {
    let fixture = Fixture::start();
    let mut socket = Socket::connect(&fixture).unwrap();
    socket.send(&json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {
        "textDocument": { "uri": "file:///a", "version": 1, "languageId": "x", "text": "crash!" } } }));
    socket.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "textDocument/inlineCompletion", "params": {
        "textDocument": { "uri": "file:///a", "version": 1 }, "position": { "line": 0, "character": 6 } } }));
    assert_eq!(socket.closed_with(), Some(1011));

    let mut socket = Socket::connect(&fixture).unwrap();
    initialize(&mut socket);
    let Fixture { running, outer, .. } = fixture;
    running.stop().unwrap();
    assert_eq!(socket.closed_with(), Some(1001));
    drop(outer);
}
