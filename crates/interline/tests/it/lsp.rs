//! `interline lsp`: the protocol over the process's own streams. What the server does is tested in `il-lsp`.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use serde_json::{Value, json};

use crate::world::{World, left_out, slow};

struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    asked: i64,
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
            asked: 1,
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

/// A session with `shop/refunds.py` open, its text ending in a `$0` that is asked about.
fn open(world: &World, text: &str) -> (Client, Value) {
    let mut client = Client::start(world, &["lsp", "--stdio"]);
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
    let before = text.strip_suffix("$0\n").unwrap();
    client.notify(
        "textDocument/didOpen",
        json!({"textDocument": {
            "uri": uri, "languageId": "python", "version": 1, "text": format!("{before}\n"),
        }}),
    );
    let line = before.matches('\n').count();
    let character = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    let place = json!({
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": character},
        "context": {"triggerKind": 1},
    });
    (client, place)
}

impl Client {
    /// Asks until the answer holds `wanted`: what is on disk is learnt in the background.
    fn ask_until(&mut self, place: &Value, wanted: &str) -> String {
        let mut text = String::new();
        for _ in 0..600 {
            self.asked += 1;
            let answer = self.request(self.asked, "textDocument/inlineCompletion", place.clone());
            let item = &answer["result"]["items"][0]["insertText"];
            text = item.as_str().unwrap_or_default().to_owned();
            if text.contains(wanted) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert!(text.contains(wanted), "{text}");
        text
    }

    fn shut_down(mut self) -> (Option<i32>, String) {
        self.request(1_000_000, "shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.end()
    }
}

const TEXT: &str =
    "def count(region):\n    with open_session(region) as session:\n        rows = session.$0\n";

#[test]
fn a_session_suggests_and_leaves_a_model_behind() {
    let world = World::shop();
    let (mut client, place) = open(&world, TEXT);
    client.ask_until(&place, "query_everything(region");
    assert_eq!(client.shut_down(), (Some(0), String::new()));
    world.saved_model();
}

#[test]
fn what_another_program_writes_is_learnt_while_it_runs_and_saved_at_the_end() {
    let world = World::shop();
    let (mut client, place) = open(&world, "from warehouse import zebra_$0\n");
    // Asked once so that it is open; nothing can be known of it yet.
    client.ask_until(&place, "");
    // One file: of two, the second may be told a moment after the first has been learnt.
    let line = "from warehouse import zebra_crossing_counter\n";
    world.write("warehouse/a.py", line.repeat(2).as_bytes());
    client.ask_until(&place, "crossing_counter");
    assert_eq!(client.shut_down(), (Some(0), String::new()));
    let asked = ["complete", "shop/orders.py:1:1", "--explain", "--json"];
    let document = world.run(&asked).json();
    let model = &document["explain"]["model"];
    assert_eq!(
        (&model["files"], &model["files_changed"]),
        (&5.into(), &0.into()),
        "{model}"
    );
}

/// The paths of what the index on the disk knows of a word; the files are not looked at.
fn indexed(world: &World, word: &str) -> Vec<String> {
    let arguments = ["search", word, "--mode", "lexical", "--no-update", "--json"];
    let ran = world.run(&arguments);
    if ran.code == Some(4) {
        return Vec::new(); // there is none yet
    }
    let document = ran.json();
    let hits = document["hits"].as_array().unwrap().iter();
    let mut paths: Vec<String> = hits
        .map(|it| it["path"].as_str().unwrap().to_owned())
        .collect();
    paths.dedup();
    paths
}

/// Looks until the index on the disk knows these files of a word; gives how often it looked.
#[track_caller]
fn look_until(world: &World, word: &str, wanted: &[&str]) -> usize {
    let mut found = Vec::new();
    for looks in 1..=300 {
        found = indexed(world, word);
        found.sort();
        if found == wanted {
            return looks;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("`{word}` is in {found:?}, not in {wanted:?}");
}

#[test]
fn what_changes_while_it_runs_is_in_the_index_at_the_end() {
    let world = World::shop();
    let (mut client, place) = open(&world, "from warehouse import zebra_$0\n");
    client.ask_until(&place, "");
    world.write("warehouse/a.py", b"from warehouse import zebra_crossing\n");
    client.ask_until(&place, "crossing");
    assert_eq!(client.shut_down(), (Some(0), String::new()));
    assert_eq!(indexed(&world, "zebra"), ["warehouse/a.py"]);
    assert_eq!(indexed(&world, "orders"), ["shop/orders.py"]);
}

#[test]
fn what_changes_while_it_runs_can_be_found_by_others_soon() {
    if !slow() {
        return left_out("the index beside a running server: set `RUN_SLOW_TESTS`");
    }
    let world = World::shop();
    let (mut client, place) = open(&world, "x = $0\n");
    client.ask_until(&place, "");
    look_until(&world, "orders", &["shop/orders.py"]);
    world.write("shop/a.py", b"zyzzyva = 1\n");
    look_until(&world, "zyzzyva", &["shop/a.py"]);
    std::fs::rename(world.path("shop/a.py"), world.path("shop/b.py")).unwrap();
    look_until(&world, "zyzzyva", &["shop/b.py"]);
    // As a branch switch does: many files at once.
    for n in 0..300 {
        let word = if n == 299 { "quandary" } else { "bergamot" };
        world.write(
            &format!("branch/f{n}.py"),
            format!("{word} = {n}\n").as_bytes(),
        );
    }
    look_until(&world, "quandary", &["branch/f299.py"]);
    std::fs::remove_dir_all(world.path("branch")).unwrap();
    std::fs::remove_file(world.path("shop/b.py")).unwrap();
    look_until(&world, "quandary", &[]);
    look_until(&world, "bergamot", &[]);
    look_until(&world, "zyzzyva", &[]);
    world.write(".interlineignore", b"orders.py\n");
    look_until(&world, "orders", &[]);
    assert_eq!(client.shut_down(), (Some(0), String::new()));
}

#[test]
fn an_editor_that_dies_ends_the_server() {
    let world = World::shop();
    let client = Client::start(&world, &["lsp"]);
    let (code, _) = client.end();
    assert!(code.is_some(), "it must end by itself");
}
