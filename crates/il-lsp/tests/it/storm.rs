//! Ten thousand edits, requests and cancellations, as fast as the channel takes them.
//!
//! Three promises: every request gets exactly one answer, every document ends as a naive model of it
//! says, and no engine call outlives what it was for.

use lsp_server::RequestId;
use serde_json::{Value, json};
use test_support::{random::Random, scripted_engine::Reply};

use crate::bench::Bench;

const STEPS: usize = 10_000;

/// A document as a naive editor holds it.
struct Model {
    uri: String,
    version: i64,
    text: String,
}

impl Model {
    /// A random place between two characters, and not between CR and LF.
    fn place(&self, random: &mut Random) -> usize {
        let mut at = random.below(self.text.len() + 1);
        while !self.text.is_char_boundary(at) || self.text[..at].ends_with('\r') {
            at += 1;
        }
        at
    }

    /// Line and UTF-16 column of an offset, the slow way.
    fn position(&self, offset: usize) -> Value {
        let (mut line, mut character) = (0, 0);
        let mut chars = self.text[..offset].chars().peekable();
        while let Some(it) = chars.next() {
            match it {
                '\r' if chars.peek() == Some(&'\n') => {}
                '\r' | '\n' => (line, character) = (line + 1, 0),
                it => character += it.len_utf16(),
            }
        }
        json!({ "line": line, "character": character })
    }

    /// One edit, made here and put in the words of the protocol.
    fn edit(&mut self, random: &mut Random) -> Value {
        const TYPED: &[&str] = &[
            "x",
            "y",
            " ",
            "\n",
            "ret",
            "😀",
            "é",
            "\r\n",
            "(",
            ")",
            "    ",
            "def f():\n",
            "'",
        ];
        let (a, b) = (self.place(random), self.place(random));
        let (start, end) = match random.below(10) {
            _ if self.text.len() > 4_000 => (a.min(b), a.max(b)),
            0 => (a.min(b), a.max(b).min(a.min(b) + 40)),
            _ => (a, a),
        };
        let end = (end..=self.text.len())
            .find(|&it| self.text.is_char_boundary(it) && !self.text[..it].ends_with('\r'))
            .unwrap_or(self.text.len());
        let text = random.pick(TYPED);
        let range = json!({ "start": self.position(start), "end": self.position(end) });
        self.text.replace_range(start..end, text);
        // A lone CR would swallow the place behind it; editors do not make them.
        json!({ "range": range, "text": text })
    }

    fn about(&self) -> Value {
        json!({ "uri": self.uri, "version": self.version })
    }

    fn open(&self) -> Value {
        json!({ "textDocument": {
            "uri": self.uri,
            "languageId": "python",
            "version": self.version,
            "text": self.text,
        }})
    }
}

fn storm(seed: u64, capabilities: &Value) {
    let mut bench = Bench::ready(capabilities);
    bench.engine.otherwise(Reply::text("total = 1"));
    bench
        .engine
        .on("ret", Reply::pieces(&[("urn", 0.9), (" x", 0.8)]));
    bench.engine.on("'", Reply::panics("scripted"));
    let mut random = Random::new(seed);
    let mut models: Vec<Model> = (0..3)
        .map(|it| Model {
            uri: format!("file:///repo/{it}.py"),
            version: 1,
            text: String::new(),
        })
        .collect();
    for model in &models {
        bench
            .editor
            .notify("textDocument/didOpen", model.open())
            .unwrap();
    }
    let mut asked: Vec<RequestId> = Vec::new();
    let mut held = false;
    for step in 0..STEPS {
        let at = random.below(models.len());
        let model = &mut models[at];
        match random.below(100) {
            0..45 => {
                let changes: Vec<Value> = (0..=random.below(2))
                    .map(|_| model.edit(&mut random))
                    .collect();
                model.version += 1;
                let params = json!({ "textDocument": model.about(), "contentChanges": changes });
                bench
                    .editor
                    .notify("textDocument/didChange", params)
                    .unwrap();
            }
            45..85 => {
                let place = model.place(&mut random);
                let position = match random.below(20) {
                    0 => json!({ "line": 4_000_000_000_u32, "character": 4_000_000_000_u32 }),
                    _ => model.position(place),
                };
                let mut document = model.about();
                match random.below(8) {
                    0..4 => document["version"] = Value::Null,
                    4 => document["version"] = json!(model.version + 1 - random.below(4) as i64),
                    _ => {}
                }
                let params = json!({
                    "textDocument": document,
                    "position": position,
                    "context": { "triggerKind": 1 + random.below(2) },
                });
                let method =
                    random.pick(&["textDocument/inlineCompletion", "textDocument/completion"]);
                asked.push(bench.editor.request(method, params).unwrap());
            }
            85..95 => {
                // A late one, which may be answered already, or any one.
                let late = asked.len().saturating_sub(1 + random.below(3));
                let any = random.below(asked.len().max(1));
                if let Some(id) = asked.get(random.pick(&[late, late, any])) {
                    bench.editor.cancel(id).unwrap();
                }
            }
            95 => {
                let id = format!("s{}", random.below(step + 1));
                let command = json!({ "title": "", "command": "", "arguments": [id] });
                let params = json!({ "item": { "command": command }, "acceptedLength": 2 });
                let method = random.pick(&[
                    "textDocument/didShowCompletion",
                    "textDocument/didPartiallyAcceptCompletion",
                ]);
                bench.editor.notify(method, params).unwrap();
            }
            96 => {
                let params = json!({ "textDocument": { "uri": model.uri } });
                bench
                    .editor
                    .notify("textDocument/didClose", params)
                    .unwrap();
                bench
                    .editor
                    .notify("textDocument/didOpen", model.open())
                    .unwrap();
            }
            97 => {
                held = !held;
                if held {
                    bench.engine.hold()
                } else {
                    bench.engine.release()
                }
            }
            98 => asked.push(
                bench
                    .editor
                    .request("interline/status", Value::Null)
                    .unwrap(),
            ),
            _ => {
                model.version += 1;
                let all = json!([{ "text": model.text }]);
                let params = json!({ "textDocument": model.about(), "contentChanges": all });
                bench
                    .editor
                    .notify("textDocument/didChange", params)
                    .unwrap();
            }
        }
    }
    bench.engine.release();
    for id in &asked {
        if let Err(error) = bench.editor.wait(id).unwrap().response_result {
            assert_eq!(error.code, -32800, "{}", error.message);
        }
    }
    bench.until(|it| it["waiting"] == 0 && it["engineJobs"] == 0);
    let second = bench.editor.unclaimed().len();
    assert_eq!(second, 0, "answers to what was answered, or never asked");

    for model in models {
        let text = bench.text_of(&model.uri, model.version + 1);
        assert!(text == model.text, "{} differs from its model", model.uri);
    }
    let engine = bench.engine.clone();
    bench.until(|it| it["engineJobs"] == 0 && it["waiting"] == 0);
    let counters = bench.status()["counters"].clone();
    let count = |name: &str| counters[name].as_u64().unwrap();
    let ends = ["answered", "empty", "cancelled", "superseded", "refused"].map(count);
    assert_eq!(ends.iter().sum::<u64>(), count("asks"), "{counters:#}");
    for happened in [
        "answered",
        "empty",
        "cancelled",
        "superseded",
        "panics",
        "engineCancels",
    ] {
        assert!(count(happened) > 0, "{happened}: {counters:#}");
    }
    bench.end();
    assert_eq!(engine.running(), 0, "engine calls are left");
}

#[test]
fn of_ten_thousand_steps() {
    storm(1, &json!({}));
}

#[test]
fn of_ten_thousand_other_steps_from_a_client_of_the_dialect() {
    storm(
        2,
        &json!({ "initializationOptions": { "editorInfo": { "name": "storm" } } }),
    );
}
