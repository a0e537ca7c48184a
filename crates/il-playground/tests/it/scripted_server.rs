//! A language server that says what is written down here, keeps the documents it is told of, and records
//! what its client did.
//!
//! Documents are kept by the most naive means (UTF-16 units in a vector), so that what the page sends is
//! checked against something that cannot share its mistakes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lsp_server::{
    Connection, ErrorCode, Message, Notification, Request, RequestId, Response, ResponseError,
};
use serde_json::{Value, json};

/// What stands before the cursor, and how it goes on: alternatives, of which the first is the best.
const SCRIPT: &[(&str, &[&str])] = &[
    ("def tax(", &["self, rate: float = 0.2) -> float:"]),
    (
        "for line in ",
        &["order.lines:\n    total += line.total()\nprint(total)"],
    ),
    ("choose ", &["one", "two or three", "four"]),
    ("call(", &["article, quantity)"]),
    ("wrap(", &["inner(x), y) -> int:\n    return x"]),
    ("swap(", &["a, b];"]),
    ("stride ", &[STEPS]),
    ("emoji = \"😀\" + ", &["\"ünïcode\" + suffix"]),
];

/// Of this text, the server says how far a word and a line go.
const STEPS: &str = "a.b.c rest";

/// Typing this gets no answer until the request is cancelled.
const SLOW: &str = "slow";

/// Typing this ends the connection, as a crash would.
const CRASH: &str = "crash!";

/// While this file is open, something is being indexed.
const INDEXED: &str = "/only.py";

/// What happened, shared with the test.
#[derive(Clone, Default)]
pub(crate) struct Recorded(Arc<Mutex<Log>>);

#[derive(Default)]
pub(crate) struct Log {
    /// Text by URI, as the client's changes have made it.
    pub(crate) documents: BTreeMap<String, Vec<u16>>,
    /// What the documents of ended sessions were.
    pub(crate) left: Vec<Vec<u16>>,
    pub(crate) versions: BTreeMap<String, i64>,
    pub(crate) initialize: Option<Value>,
    pub(crate) sessions: usize,
    pub(crate) requests: usize,
    pub(crate) cancelled: usize,
    pub(crate) shown: Vec<String>,
    pub(crate) accepted: Vec<String>,
    pub(crate) partially: Vec<(String, u64)>,
    pub(crate) problems: Vec<String>,
}

impl Recorded {
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The document whose URI ends like this.
    pub(crate) fn document(&self, ending: &str) -> Option<String> {
        let log = self.log();
        let (_, text) = log
            .documents
            .iter()
            .find(|(uri, _)| uri.ends_with(ending))?;
        Some(String::from_utf16_lossy(text))
    }
}

impl Recorded {
    /// Whether a document that was closed had exactly this text.
    pub(crate) fn document_was(&self, text: &str) -> bool {
        let text: Vec<u16> = text.encode_utf16().collect();
        self.log().left.contains(&text)
    }
}

/// What is known of one client.
#[derive(Default)]
struct Session {
    /// Requests that get no answer until they are cancelled.
    waiting: Vec<RequestId>,
    asked_for_status: usize,
}

#[derive(Default)]
pub(crate) struct ScriptedServer {
    recorded: Recorded,
}

impl ScriptedServer {
    pub(crate) fn recorded(&self) -> Recorded {
        self.recorded.clone()
    }

    pub(crate) fn run(&self, connection: &Connection) {
        self.recorded.log().sessions += 1;
        self.converse(connection);
        let mut log = self.recorded.log();
        let left = std::mem::take(&mut log.documents);
        log.left.extend(left.into_values());
        log.versions.clear();
    }

    fn converse(&self, connection: &Connection) {
        let mut session = Session::default();
        for message in &connection.receiver {
            let answers = match message {
                Message::Request(request) => match self.request(request, &mut session) {
                    Some(answers) => answers,
                    None => return,
                },
                Message::Notification(notification) => {
                    self.notification(notification, &mut session)
                }
                Message::Response(_) => Vec::new(),
            };
            for answer in answers {
                if connection.sender.send(answer).is_err() {
                    return;
                }
            }
        }
    }

    /// `None` ends the session.
    fn request(&self, request: Request, session: &mut Session) -> Option<Vec<Message>> {
        let Request { id, method, params } = request;
        let result = match method.as_str() {
            "initialize" => {
                self.recorded.log().initialize = Some(params);
                return Some(initialized(id));
            }
            "textDocument/inlineCompletion" => {
                self.recorded.log().requests += 1;
                let prefix = self.prefix(&params);
                if prefix.ends_with(CRASH) {
                    return None;
                }
                if prefix.ends_with(SLOW) {
                    session.waiting.push(id);
                    return Some(Vec::new());
                }
                complete(&prefix, &self.rest_of_line(&params), &params)
            }
            "workspace/executeCommand" => {
                let suggestion = params["arguments"][0]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                self.recorded.log().accepted.push(suggestion);
                Value::Null
            }
            "interline/explain" => json!({ "steps": [
                { "atUs": 3, "stage": "reuse", "detail": "nothing to reuse" },
                { "atUs": 812, "stage": "engine", "detail": "one answer" },
            ] }),
            "interline/status" => {
                // Not ready at first, and then without any word about it.
                session.asked_for_status += 1;
                let state = match session.asked_for_status {
                    1 | 2 => json!({ "kind": "opening" }),
                    _ => json!({ "kind": "ready", "tookUs": 4200 }),
                };
                json!({ "repositories": [{ "engine": "scripted", "state": state }] })
            }
            _ => Value::Null,
        };
        Some(vec![
            Response {
                id,
                response_result: Ok(result),
            }
            .into(),
        ])
    }

    fn notification(&self, notification: Notification, session: &mut Session) -> Vec<Message> {
        let Notification { method, params } = notification;
        let mut log = self.recorded.log();
        let uri = params["textDocument"]["uri"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        match method.as_str() {
            "textDocument/didOpen" => {
                let text = params["textDocument"]["text"].as_str().unwrap_or_default();
                let version = params["textDocument"]["version"]
                    .as_i64()
                    .unwrap_or_default();
                log.documents
                    .insert(uri.clone(), text.encode_utf16().collect());
                log.versions.insert(uri.clone(), version);
                if uri.ends_with(INDEXED) {
                    return vec![
                        progress(&json!({ "kind": "begin", "title": "Indexing", "percentage": 0 })),
                        progress(
                            &json!({ "kind": "report", "message": "learning 21/50", "percentage": 42 }),
                        ),
                    ];
                }
            }
            "textDocument/didChange" => log.change(&uri, &params),
            "textDocument/didClose" => {
                log.documents.remove(&uri);
                if uri.ends_with(INDEXED) {
                    return vec![progress(&json!({ "kind": "end" }))];
                }
            }
            "textDocument/didShowCompletion" => log.shown.push(suggestion(&params)),
            "textDocument/didPartiallyAcceptCompletion" => {
                let length = params["acceptedLength"].as_u64().unwrap_or_default();
                log.partially.push((suggestion(&params), length));
            }
            "$/cancelRequest" => {
                log.cancelled += 1;
                let cancelled = session
                    .waiting
                    .iter()
                    .position(|id| json!(id) == params["id"]);
                if let Some(id) = cancelled.map(|at| session.waiting.swap_remove(at)) {
                    let error = ResponseError {
                        code: ErrorCode::RequestCanceled as i32,
                        message: "cancelled".to_owned(),
                        data: None,
                    };
                    return vec![
                        Response {
                            id,
                            response_result: Err(error),
                        }
                        .into(),
                    ];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn prefix(&self, params: &Value) -> String {
        self.split(params).0
    }

    fn rest_of_line(&self, params: &Value) -> String {
        self.split(params)
            .1
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    fn split(&self, params: &Value) -> (String, String) {
        let mut log = self.recorded.log();
        let uri = params["textDocument"]["uri"].as_str().unwrap_or_default();
        if log.versions.get(uri).copied() != params["textDocument"]["version"].as_i64() {
            log.problems
                .push(format!("a request about another version of {uri}"));
        }
        let Some(text) = log.documents.get(uri).cloned() else {
            log.problems
                .push(format!("a request about {uri}, which is not open"));
            return Default::default();
        };
        let at = offset(&text, &params["position"]);
        (
            String::from_utf16_lossy(&text[..at]),
            String::from_utf16_lossy(&text[at..]),
        )
    }
}

impl Log {
    fn change(&mut self, uri: &str, params: &Value) {
        let version = params["textDocument"]["version"]
            .as_i64()
            .unwrap_or_default();
        let before = self.versions.insert(uri.to_owned(), version);
        if before.is_none_or(|before| version <= before) {
            self.problems
                .push(format!("version {version} of {uri} after {before:?}"));
        }
        let Some(text) = self.documents.get_mut(uri) else {
            self.problems
                .push(format!("a change of {uri}, which is not open"));
            return;
        };
        for change in params["contentChanges"].as_array().into_iter().flatten() {
            let inserted = change["text"].as_str().unwrap_or_default().encode_utf16();
            let start = offset(text, &change["range"]["start"]);
            let end = offset(text, &change["range"]["end"]);
            text.splice(start..end, inserted);
        }
    }
}

fn offset(text: &[u16], position: &Value) -> usize {
    let line = position["line"].as_u64().unwrap_or_default();
    let character = position["character"].as_u64().unwrap_or_default();
    let mut start = 0;
    for _ in 0..line {
        start += text[start..]
            .iter()
            .position(|unit| *unit == u16::from(b'\n'))
            .map_or(text.len() - start, |at| at + 1);
    }
    (start + usize::try_from(character).unwrap_or(usize::MAX)).min(text.len())
}

fn suggestion(params: &Value) -> String {
    params["item"]["command"]["arguments"][0]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn progress(value: &Value) -> Message {
    let params = json!({ "token": "index", "value": value });
    Notification {
        method: "$/progress".to_owned(),
        params,
    }
    .into()
}

fn initialized(id: RequestId) -> Vec<Message> {
    let create = Request {
        id: RequestId::from("create".to_owned()),
        method: "window/workDoneProgress/create".to_owned(),
        params: json!({ "token": "index" }),
    };
    vec![
        Response {
            id,
            response_result: Ok(
                json!({ "capabilities": {}, "serverInfo": { "name": "scripted" } }),
            ),
        }
        .into(),
        create.into(),
        progress(&json!({ "kind": "begin", "title": "Indexing", "percentage": 0 })),
        progress(&json!({ "kind": "end" })),
    ]
}

/// An answer by the script: what is left of a text while it is typed, or else a reason.
fn complete(prefix: &str, rest_of_line: &str, params: &Value) -> Value {
    let invoked = params["context"]["triggerKind"] == 1;
    for (id, (trigger, texts)) in SCRIPT.iter().enumerate() {
        // The latest place where the trigger was typed, whatever lines ago.
        let Some(at) = prefix.rfind(trigger) else {
            continue;
        };
        let typed = &prefix[at + trigger.len()..];
        let fitting = texts
            .iter()
            .filter(|text| text.starts_with(typed) && text.len() > typed.len());
        let wanted = if invoked { texts.len() } else { 1 };
        let items: Vec<Value> = fitting
            .take(wanted)
            .enumerate()
            .map(|(n, text)| {
                item(
                    &format!("s{id}.{n}"),
                    &text[typed.len()..],
                    typed,
                    rest_of_line,
                    params,
                )
            })
            .collect();
        if !items.is_empty() {
            return json!({ "items": items, "_interline": { "id": "r1", "timing_us": 812 } });
        }
    }
    json!({ "items": [], "_interline": {
        "id": "r2",
        "reason": "below-confidence",
        "explanation": "below confidence (best 0.31 < 0.50)",
        "timing_us": 640,
    } })
}

fn item(id: &str, text: &str, typed: &str, rest_of_line: &str, params: &Value) -> Value {
    let position = &params["position"];
    // A text with a closing bracket takes the place of the one that the editor closed by itself.
    let closes = (text.contains(')') || text.contains(']')) && rest_of_line.starts_with(')');
    let end = position["character"].as_u64().unwrap_or_default() + u64::from(closes);
    let source = if typed.is_empty() {
        "engine"
    } else {
        "type-through"
    };
    let next = (text == STEPS).then(|| json!({ "word": 3, "line": 5 }));
    json!({
        "insertText": text,
        "range": { "start": position, "end": { "line": position["line"], "character": end } },
        "command": { "title": "accept", "command": "accept", "arguments": [id] },
        "_interline": {
            "id": id,
            "probability": 0.87,
            "source": source,
            "origin": { "path": "src/invoices.py", "line": 2 },
            "next": next,
            "timing_us": 812,
        },
    })
}
