//! A real llama-server's `/infill`, asked over a plain socket.
//!
//! Deliberately absent: everything of HTTP that one request on loopback does not need.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

/// Asks for one token and returns when its first bytes are there.
pub(crate) fn infill(url: &str, prefix: &str, suffix: &str) {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).expect("is llama-server there?");
    stream.set_nodelay(true).expect("a socket");
    let body = format!(
        "{{\"input_prefix\":{},\"input_suffix\":{},\"n_predict\":1,\"cache_prompt\":true,\"temperature\":0,\"samplers\":[],\"stream\":true}}",
        quoted(prefix),
        quoted(suffix)
    );
    let head = format!(
        "POST /infill HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("it listens");
    stream.write_all(body.as_bytes()).expect("it listens");
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let status = lines.next().unwrap_or_default();
    assert!(status.contains(" 200 "), "llama-server says: {status}");
    let found = lines.any(|it| it.starts_with("data: "));
    assert!(found, "llama-server said nothing");
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            it => quoted.push(it),
        }
    }
    quoted.push('"');
    quoted
}
