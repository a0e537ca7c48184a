//! A connection over two byte streams, for `interline lsp`.
//!
//! The one idea: neither side may ever wait for the other. What the server says goes into an unbounded
//! queue that a thread of its own writes out, so a client that is busy writing cannot lock both up, and
//! a message that is not JSON is answered with a parse error instead of ending the session.
//!
//! Message bodies are never logged: they hold source code.

use std::{
    io::{self, BufRead, Write},
    thread::{self, JoinHandle},
};

use anyhow::{Context as _, anyhow};
use crossbeam_channel::{Receiver, Sender, never, select, unbounded};
use lsp_server::{Connection, Message};

/// No honest message is larger; a header that says so is garbage.
const LARGEST_BODY: usize = 1 << 30;

/// A body that is not a JSON-RPC message is answered with this; `lsp_server` has no form for it,
/// because its id is `null`.
const PARSE_ERROR: &str = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"cannot parse the message: its body is not a JSON-RPC request, notification or response"}}"#;

/// What ends with the connection.
#[derive(Debug)]
pub struct StdioThreads {
    writer: JoinHandle<io::Result<()>>,
}

impl StdioThreads {
    /// Waits until everything has been written. Call it after the connection has been dropped.
    /// The reading thread is left alone: it may be blocked on a client that never hangs up.
    pub fn join(self) -> anyhow::Result<()> {
        let written = self
            .writer
            .join()
            .map_err(|_| anyhow!("the writing thread panicked"))?;
        written.context("cannot write to the client")
    }
}

/// Connects to the process's standard streams.
pub fn stdio() -> io::Result<(Connection, StdioThreads)> {
    over(io::BufReader::new(io::stdin()), io::stdout())
}

/// Connects to any pair of streams.
pub fn over(
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
) -> io::Result<(Connection, StdioThreads)> {
    let (to_server, from_client) = unbounded();
    let (to_client, from_server) = unbounded();
    let (raw, raw_queue) = unbounded();

    let writer = thread::Builder::new()
        .name("lsp-writer".into())
        .spawn(move || write_all(output, &from_server, raw_queue))?;
    thread::Builder::new()
        .name("lsp-reader".into())
        .spawn(move || read_all(input, &to_server, &raw))?;
    Ok((
        Connection {
            sender: to_client,
            receiver: from_client,
        },
        StdioThreads { writer },
    ))
}

/// Writes until the server has dropped its end.
fn write_all(
    mut output: impl Write,
    messages: &Receiver<Message>,
    mut raw: Receiver<&'static str>,
) -> io::Result<()> {
    loop {
        select! {
            recv(messages) -> message => match message {
                Ok(message) => message.write(&mut output)?,
                Err(_) => return Ok(()),
            },
            recv(raw) -> text => match text {
                Ok(text) => {
                    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
                    output.flush()?;
                }
                Err(_) => raw = never(), // the client has hung up; the server may still have answers
            },
        }
    }
}

/// Reads until the stream ends, the framing breaks, or the client says `exit`.
fn read_all(mut input: impl BufRead, messages: &Sender<Message>, raw: &Sender<&'static str>) {
    loop {
        match read_body(&mut input) {
            Ok(Some(body)) => match serde_json::from_slice::<Message>(&body) {
                Ok(message) => {
                    let last = matches!(&message, Message::Notification(it) if it.method == "exit");
                    if messages.send(message).is_err() || last {
                        return;
                    }
                }
                Err(_) => {
                    tracing::warn!(bytes = body.len(), "a message is not JSON-RPC");
                    if raw.send(PARSE_ERROR).is_err() {
                        return;
                    }
                }
            },
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "cannot read from the client");
                return;
            }
        }
    }
}

/// One body, `None` at the end of the stream.
fn read_body(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut length = None;
    let mut line = String::new();
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let header = line.trim_end();
        if header.is_empty() {
            match length {
                Some(length) => {
                    let mut body = vec![0; length];
                    input.read_exact(&mut body)?;
                    return Ok(Some(body));
                }
                None => return Err(broken("a message has no `Content-Length` header")),
            }
        }
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| broken("a header has no colon"))?;
        if name.trim().eq_ignore_ascii_case("content-length") {
            let value = value.trim().parse().ok().filter(|&it| it <= LARGEST_BODY);
            length =
                Some(value.ok_or_else(|| broken("`Content-Length` is not a sensible number"))?);
        }
    }
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the server receives (methods) and what the client is told without the server's help.
    #[track_caller]
    fn check(input: &str, received: &[&str], answered: usize) {
        let output = Output::default();
        let (connection, threads) = over(
            io::Cursor::new(input.to_owned().into_bytes()),
            output.clone(),
        )
        .unwrap();
        let methods: Vec<String> = connection
            .receiver
            .iter()
            .map(|message| match message {
                Message::Request(it) => it.method,
                Message::Notification(it) => it.method,
                Message::Response(_) => "response".into(),
            })
            .collect();
        assert_eq!(methods, received);
        drop(connection);
        threads.join().unwrap();
        let output = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        assert_eq!(output.matches("-32700").count(), answered, "{output}");
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn reads_until_exit() {
        let ping = framed(r#"{"jsonrpc":"2.0","method":"ping"}"#);
        let exit = framed(r#"{"jsonrpc":"2.0","method":"exit"}"#);
        check(&format!("{ping}{exit}{ping}"), &["ping", "exit"], 0);
    }

    #[test]
    fn other_headers_and_case_do_not_matter() {
        let body = r#"{"jsonrpc":"2.0","method":"ping"}"#;
        let input = format!(
            "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:{}\r\n\r\n{body}",
            body.len()
        );
        check(&input, &["ping"], 0);
    }

    #[test]
    fn broken_framing_ends_the_session() {
        check("Content-Length: x\r\n\r\n{}", &[], 0);
        check("Content-Length: 99999999999999\r\n\r\n{}", &[], 0);
        check("\r\n", &[], 0);
        check("Content-Length: 10\r\n\r\n{}", &[], 0);
        check("", &[], 0);
    }

    #[test]
    fn a_broken_body_is_answered_and_the_session_goes_on() {
        let (connection, answers) = {
            let bad = framed("{nonsense");
            let good = framed(r#"{"jsonrpc":"2.0","method":"ping"}"#);
            let output = Output::default();
            let (connection, _threads) = over(
                io::Cursor::new(format!("{bad}{good}").into_bytes()),
                output.clone(),
            )
            .unwrap();
            (connection, output)
        };
        let Ok(Message::Notification(ping)) = connection.receiver.recv() else {
            panic!()
        };
        assert_eq!(ping.method, "ping");
        // The answer is queued before `ping` is read, and written by a thread that owes it to nobody:
        // wait for the bytes, not for a time.
        while !answers.0.lock().unwrap().ends_with(PARSE_ERROR.as_bytes()) {
            thread::yield_now();
        }
    }
}
