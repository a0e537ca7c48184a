//! A server on a thread, an editor at the other end, a scripted engine behind.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use il_assist::{CancelToken, Engine, OpenError, Progress, Repositories, Stage, SystemClock};
use il_lsp::{Ports, replay::Editor, serve};
use lsp_server::Connection;
use serde_json::{Value, json};
use test_support::scripted_engine::ScriptedEngine;

/// A test that hangs must fail.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const URI: &str = "file:///repo/a.py";

/// Opens `/repo` with the engine, reporting progress as it is told to; any other root fails.
pub(crate) struct Shelf {
    engine: ScriptedEngine,
    steps: Option<Receiver<Progress>>,
    pub(crate) told: Mutex<Vec<PathBuf>>,
}

impl Repositories for Shelf {
    fn open(
        &self,
        root: &Path,
        progress: &dyn Fn(Progress),
        _: &CancelToken,
    ) -> Result<Arc<dyn Engine>, OpenError> {
        if root != Path::new("/repo") {
            return Err(OpenError::Failed(format!(
                "cannot read `{}`",
                root.display()
            )));
        }
        for step in self.steps.iter().flatten() {
            progress(step);
        }
        Ok(Arc::new(self.engine.clone()))
    }

    fn changed_on_disk(&self, _: &Path, paths: &[PathBuf]) {
        self.told.lock().unwrap().extend_from_slice(paths);
    }
}

pub(crate) struct Bench {
    pub(crate) editor: Editor,
    pub(crate) engine: ScriptedEngine,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) server: JoinHandle<anyhow::Result<()>>,
    /// Steps of opening `/repo`; opening is done when it is dropped.
    pub(crate) steps: Option<Sender<Progress>>,
}

impl Bench {
    /// Nothing has been said yet; opening `/repo` will take until [`Bench::steps`] is dropped.
    pub(crate) fn gated() -> Self {
        let (steps, gate) = unbounded();
        Self {
            steps: Some(steps),
            ..Self::on(Some(gate))
        }
    }

    /// Nothing has been said yet.
    pub(crate) fn silent() -> Self {
        Self::on(None)
    }

    fn on(steps: Option<Receiver<Progress>>) -> Self {
        let engine = ScriptedEngine::new();
        let shelf = Arc::new(Shelf {
            engine: engine.clone(),
            steps,
            told: Mutex::default(),
        });
        let ports = Ports {
            repositories: shelf.clone(),
            clock: Arc::new(SystemClock::new()),
            version: "1.2.3".to_owned(),
            workers: 2,
        };
        let (client, server) = Connection::memory();
        let server = std::thread::spawn(move || serve(server, ports));
        Self {
            editor: Editor::new(client),
            engine,
            shelf,
            server,
            steps: None,
        }
    }

    /// An open session in `/repo`, with the engine ready; `extra` is merged into `initialize`.
    pub(crate) fn ready(extra: &Value) -> Self {
        let mut bench = Self::silent();
        let mut params = json!({ "rootUri": "file:///repo", "capabilities": {} });
        for (key, value) in extra.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        bench.editor.initialize(params).unwrap();
        bench.until(|status| status["repositories"][0]["state"]["kind"] == "ready");
        bench
    }

    /// Opens a document at [`URI`].
    pub(crate) fn open(&self, text: &str) {
        let document = json!({ "uri": URI, "languageId": "python", "version": 1, "text": text });
        self.editor
            .notify("textDocument/didOpen", json!({ "textDocument": document }))
            .unwrap();
    }

    pub(crate) fn change(&self, version: i64, changes: &Value) {
        let params = json!({
            "textDocument": { "uri": URI, "version": version },
            "contentChanges": changes,
        });
        self.editor
            .notify("textDocument/didChange", params)
            .unwrap();
    }

    /// The list of items at a position, waited for.
    pub(crate) fn inline(&mut self, line: u32, character: u32) -> Value {
        self.editor
            .call("textDocument/inlineCompletion", inline(line, character))
            .unwrap()
    }

    pub(crate) fn status(&mut self) -> Value {
        self.editor.call("interline/status", Value::Null).unwrap()
    }

    /// Asks for the status until it is as wanted.
    #[track_caller]
    pub(crate) fn until(&mut self, wanted: impl Fn(&Value) -> bool) {
        let until = Instant::now() + PATIENCE;
        loop {
            let status = self.status();
            if wanted(&status) {
                return;
            }
            assert!(Instant::now() < until, "never: {status:#}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The buffer as the engine sees it. A line that was never there before is typed at its end and
    /// asked about, so that no answer of before will do, and taken away again; takes two versions.
    pub(crate) fn text(&mut self, version: i64) -> String {
        self.text_of(URI, version)
    }

    pub(crate) fn text_of(&mut self, uri: &str, version: i64) -> String {
        let marker = format!("\nq{version} = ");
        let end = json!({ "line": 1_000_000, "character": 0 });
        let change = |version: i64, range: Value, text: &str| {
            json!({
                "textDocument": { "uri": uri, "version": version },
                "contentChanges": [{ "range": range, "text": text }],
            })
        };
        let insert = change(version, json!({ "start": end, "end": end }), &marker);
        self.editor
            .notify("textDocument/didChange", insert)
            .unwrap();
        let mut params = inline(1_000_000, 0);
        params["textDocument"]["uri"] = json!(uri);
        self.editor
            .call("textDocument/inlineCompletion", params)
            .unwrap();
        let seen = self
            .engine
            .requests()
            .iter()
            .rev()
            .find_map(|it| it.text.strip_suffix(&marker).map(str::to_owned));
        let seen = seen.expect("the engine was not asked about the end of the buffer");
        let all = json!({
            "textDocument": { "uri": uri, "version": version + 1 },
            "contentChanges": [{ "text": seen }],
        });
        self.editor.notify("textDocument/didChange", all).unwrap();
        seen
    }

    /// Ends the session as the protocol wants it.
    pub(crate) fn end(mut self) {
        self.editor.shut_down().unwrap();
        self.server.join().unwrap().unwrap();
    }
}

pub(crate) fn inline(line: u32, character: u32) -> Value {
    json!({
        "textDocument": { "uri": URI },
        "position": { "line": line, "character": character },
        "context": { "triggerKind": 2 },
    })
}

pub(crate) fn train(done: u64) -> Progress {
    Progress {
        stage: Stage::Train,
        done,
        total: 4,
    }
}
