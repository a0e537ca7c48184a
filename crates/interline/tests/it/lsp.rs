//! `interline lsp`: the protocol over the process's own streams. What the server does is tested in `il-lsp`.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use serde_json::{Value, json};

use crate::world::World;

struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Client {
    fn start(world: &World, arguments: &[&str]) -> Self {
        let mut command = world.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            input: child.stdin.take(),
            output,
            child,
        }
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        input.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(
                self.output.read_line(&mut line).unwrap(),
                0,
                "the server hung up"
            );
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The answer to request `id`; what the server says or asks in between is answered or skipped.
    fn answer(&mut self, id: i64) -> Value {
        loop {
            let message = self.receive();
            if message.get("method").is_some() {
                if let Some(id) = message.get("id") {
                    self.send(&json!({"jsonrpc": "2.0", "id": id, "result": null}));
                }
            } else if message["id"] == id {
                return message;
            }
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "`json!` reads best as a plain argument"
    )]
    fn request(&mut self, id: i64, method: &str, params: Value) -> Value {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        self.answer(id)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "`json!` reads best as a plain argument"
    )]
    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn end(mut self) -> (Option<i32>, String) {
        drop(self.input.take());
        let mut stderr = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        (self.child.wait().unwrap().code(), stderr)
    }
}

#[test]
fn a_session_suggests_and_leaves_a_model_behind() {
    let world = World::shop();
    let mut client = Client::start(&world, &["lsp", "--stdio"]);
    let root = format!("file://{}", world.root().canonicalize().unwrap().display());
    let answer = client.request(
        1,
        "initialize",
        json!({
            "processId": null, "rootUri": root, "capabilities": {},
            "workspaceFolders": [{"uri": root, "name": "repo"}],
        }),
    );
    assert!(answer["result"]["capabilities"].is_object(), "{answer}");
    client.notify("initialized", json!({}));
    let uri = format!("{root}/shop/refunds.py");
    let text =
        "def count(region):\n    with open_session(region) as session:\n        rows = session.\n";
    client.notify(
        "textDocument/didOpen",
        json!({"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": text}}),
    );
    // While the repository is being learnt the file alone answers; ask until it is.
    let mut text = String::new();
    for id in 2..600 {
        let answer = client.request(
            id,
            "textDocument/inlineCompletion",
            json!({
                "textDocument": {"uri": uri},
                "position": {"line": 2, "character": 23},
                "context": {"triggerKind": 1},
            }),
        );
        let item = &answer["result"]["items"][0]["insertText"];
        text = item.as_str().unwrap_or_default().to_owned();
        if text.contains("query_everything") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(text.contains("query_everything(region"), "{text}");
    client.request(1000, "shutdown", Value::Null);
    client.notify("exit", Value::Null);
    let (code, stderr) = client.end();
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    world.saved_model();
}

#[test]
fn an_editor_that_dies_ends_the_server() {
    let world = World::shop();
    let client = Client::start(&world, &["lsp"]);
    let (code, _) = client.end();
    assert!(code.is_some(), "it must end by itself");
}
