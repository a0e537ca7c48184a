//! Ten thousand edits, requests and cancellations through the process's own streams, with the real engine.
//!
//! What the server promises is tested closer by in `il-lsp`; here it is the whole of it: framing, threads,
//! the learnt model, and the end of the process.

use std::{
    io::BufReader,
    process::{Child, Stdio},
};

use il_lsp::replay::Editor;
use serde_json::{Value, json};
use test_support::random::Random;

use crate::world::World;

const STEPS: usize = 10_000;

/// A buffer as a naive editor holds it, counted in UTF-16.
struct Buffer {
    uri: String,
    version: i64,
    text: String,
}

impl Buffer {
    fn position(&self, offset: usize) -> Value {
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |it| it + 1);
        let column = before[line_start..].encode_utf16().count();
        json!({ "line": before.matches('\n').count(), "character": column })
    }

    fn place(&self, random: &mut Random) -> usize {
        self.text
            .floor_char_boundary(random.below(self.text.len() + 1))
    }

    fn edit(&mut self, random: &mut Random) -> Value {
        const TYPED: [&str; 10] = [
            "x",
            " ",
            "\n",
            "ret",
            "😀",
            "é",
            "rows = session.",
            "    ",
            ")",
            "def f(region):\n",
        ];
        let start = self.place(random);
        let end = match random.below(8) {
            0 => self
                .text
                .floor_char_boundary((start + random.below(60)).min(self.text.len())),
            _ if self.text.len() > 6_000 => self.text.len(),
            _ => start,
        };
        let range = json!({ "start": self.position(start), "end": self.position(end.max(start)) });
        let text = TYPED[random.below(TYPED.len())];
        self.text.replace_range(start..end.max(start), text);
        json!({ "range": range, "text": text })
    }

    fn name(&self) -> Value {
        json!({ "uri": self.uri, "version": self.version })
    }
}

fn start(world: &World) -> (Child, Editor) {
    let mut command = world.command(&["lsp", "--stdio"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (connection, _) = il_lsp::over(output, child.stdin.take().unwrap()).unwrap();
    (child, Editor::new(connection))
}

#[test]
fn every_request_is_answered_once_and_the_process_ends_well() {
    let world = World::shop();
    let (mut child, mut editor) = start(&world);
    let root = format!("file://{}", world.root().canonicalize().unwrap().display());
    editor
        .initialize(json!({ "rootUri": root, "capabilities": {} }))
        .unwrap();
    let mut random = Random::new(7);
    let mut buffers: Vec<Buffer> = (0..2)
        .map(|it| Buffer {
            uri: format!("{root}/shop/new_{it}.py"),
            version: 1,
            text: String::new(),
        })
        .collect();
    for buffer in &buffers {
        let document =
            json!({ "uri": buffer.uri, "languageId": "python", "version": 1, "text": "" });
        editor
            .notify("textDocument/didOpen", json!({ "textDocument": document }))
            .unwrap();
    }
    let mut asked = Vec::new();
    for _ in 0..STEPS {
        let at = random.below(buffers.len());
        let buffer = &mut buffers[at];
        match random.below(100) {
            0..50 => {
                let change = buffer.edit(&mut random);
                buffer.version += 1;
                let params = json!({ "textDocument": buffer.name(), "contentChanges": [change] });
                editor.notify("textDocument/didChange", params).unwrap();
            }
            50..90 => {
                let place = buffer.place(&mut random);
                let params = json!({
                    "textDocument": buffer.name(),
                    "position": buffer.position(place),
                    "context": { "triggerKind": 1 + random.below(2) },
                });
                asked.push(
                    editor
                        .request("textDocument/inlineCompletion", params)
                        .unwrap(),
                );
            }
            _ => {
                let late = asked.len().saturating_sub(1 + random.below(4));
                if let Some(id) = asked.get(late) {
                    editor.cancel(id).unwrap();
                }
            }
        }
    }
    for id in &asked {
        if let Err(error) = editor.wait(id).unwrap().response_result {
            assert_eq!(error.code, -32800, "{}", error.message);
        }
    }
    assert!(
        editor.unclaimed().is_empty(),
        "a request was answered twice"
    );

    let status = editor.call("interline/status", Value::Null).unwrap();
    let documents = status["documents"].as_array().unwrap();
    for buffer in &buffers {
        let held = documents.iter().find(|it| it["uri"] == buffer.uri).unwrap();
        let expected = (
            buffer.text.len(),
            buffer.text.matches('\n').count() + 1,
            buffer.version,
        );
        assert_eq!(
            json!([held["bytes"], held["lines"], held["version"]]),
            json!(expected)
        );
    }
    assert_eq!(status["counters"]["panics"], 0, "{status:#}");
    editor.shut_down().unwrap();
    drop(editor);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
