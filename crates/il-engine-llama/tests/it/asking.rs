//! The model that tests run on, and shorthands for asking it.

use std::{ops::ControlFlow, sync::Arc};

use il_engine::{
    CancelToken, Chunk, Context, Engine as _, Finish, Length, Outcome, Priority, Request,
    fim::registry,
};
use il_engine_llama::{Ask, Ending, LlamaEngine, LlamaModel, Program, Settings, Stats};

/// The trained test model: `eval/tiny-fim` makes it.
const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/tiny-fim.gguf");

pub(crate) fn program() -> Program {
    Program {
        path: env!("CARGO_BIN_EXE_llama-worker").into(),
        args: Vec::new(),
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        context: 1024,
        answer: 64,
        threads: Some(1),
        template: Some(registry().by_id("interline-tiny").expect("it is known")),
        ..Settings::new(FIXTURE)
    }
}

pub(crate) fn open() -> Arc<LlamaModel> {
    LlamaModel::open(program(), &settings()).expect("it opens")
}

/// What a model said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) ending: Ending,
    pub(crate) stats: Stats,
    pub(crate) probability: f32,
}

pub(crate) fn answer(model: &LlamaModel, ask: &Ask) -> Answer {
    let (mut text, mut last) = (String::new(), 1.0);
    let mut hear = |piece: &str, probability: f32| {
        assert!(probability <= last, "it can only become less likely");
        last = probability;
        text.push_str(piece);
        ControlFlow::Continue(())
    };
    let (ending, stats) = model
        .generate(ask, &CancelToken::new(), &mut hear)
        .expect("it answers");
    Answer {
        text,
        ending,
        stats,
        probability: last,
    }
}

/// The text that continues `text`.
pub(crate) fn continued(model: &LlamaModel, text: &str, tokens: u32) -> String {
    answer(model, &Ask::text(text, tokens)).text
}

/// A request at the end of `prefix`; what is in `begun` was typed since the hole was opened.
pub(crate) fn request(prefix: &str, begun: &str, suffix: &str) -> Request {
    let context = Context {
        path: "src/lib.rs".into(),
        language: "rust".into(),
        comment: "//".into(),
        prefix: prefix.into(),
        begun: begun.into(),
        suffix: suffix.into(),
        ..Context::default()
    };
    let before = [prefix, begun].concat();
    Request {
        path: "src/lib.rs".into(),
        language: "rust".into(),
        cursor: before.len(),
        text: [&before, suffix].concat().into(),
        length: Length::Line,
        alternatives: 1,
        priority: Priority::Interactive,
        context: Some(Arc::new(context)),
        workspace: Arc::default(),
    }
}

/// What an engine says at a request, and how it ended.
pub(crate) fn completed(engine: &LlamaEngine, request: &Request) -> (String, Option<Finish>) {
    let (mut text, mut finish) = (String::new(), None);
    let mut sink = |chunk| {
        match chunk {
            Chunk::Piece { text: it, .. } => text.push_str(&it),
            Chunk::End { finish: it, .. } => finish = Some(it),
            Chunk::Origin { .. } | Chunk::Note { .. } => {}
        }
        ControlFlow::Continue(())
    };
    let outcome = engine
        .complete(request, &CancelToken::new(), &mut sink)
        .expect("it answers");
    assert_eq!(outcome, Outcome::Done);
    (text, finish)
}

/// Some lines of code, numbered so that no two are the same.
pub(crate) fn code(lines: usize) -> String {
    let line = |it| format!("    let value_{it} = read(\"file_{it}\", {it})?;\n");
    (0..lines).map(line).collect()
}
