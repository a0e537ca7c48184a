//! What an engine does whoever the provider is.
//!
//! Deliberately absent: what single providers send.

use std::sync::Arc;

use il_engine::{
    Engine as _, EngineError, Length,
    usage::{Meter, Usage},
};
use il_engine_remote::{Endpoint, RemoteEngine, SetupError};

use crate::{
    server::{Reply, Server, byte_by_byte},
    wire::Wire,
    world::{World, guard, question, settings, shown},
};

const SSE: &str = "text/event-stream";
const GOOD: &str = "data: {\"choices\":[{\"text\":\"ab\",\"index\":0,\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// The prompt and suffix of a question that brings no context.
fn asked_without_context(context_tokens: usize) -> (String, String) {
    let server = Server::start(vec![Reply::Chunks(SSE, byte_by_byte(GOOD))]);
    let mut settings = settings("openai:m@URL", &server.url);
    settings.context_tokens = context_tokens;
    settings.max_answer_tokens = 32;
    let world = World::new(settings);
    let mut question = question(Length::Line);
    question.context = None;
    let lines: Vec<String> = (0..200).map(|it| format!("let v{it} = {it};\n")).collect();
    question.text = lines.concat().into();
    question.cursor = question.text.find("v100 = ").expect("it is there") + "v100 = ".len();
    assert!(world.complete(&question).ends_with("Done"));
    let body = &server.asked()[0].1;
    let json: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let text = |it: &str| json[it].as_str().unwrap_or_default().to_owned();
    (text("prompt"), text("suffix"))
}

#[test]
fn a_question_without_a_context_is_answered_from_its_own_text() {
    let (prompt, suffix) = asked_without_context(4096);
    assert!(prompt.starts_with("let v0 = 0;\n") && prompt.ends_with("let v100 = "));
    assert!(suffix.starts_with("100;\n") && suffix.ends_with("let v199 = 199;\n"));
}

#[test]
fn of_its_own_text_whole_lines_are_sent_that_fit_the_window() {
    // 128 tokens of 3 bytes: a quarter behind the cursor, the rest before.
    let (prompt, suffix) = asked_without_context(192);
    assert!((prompt.len() + suffix.len()).div_ceil(3) <= 128);
    assert!(prompt.starts_with("let v") && prompt.ends_with("\nlet v100 = "));
    assert!(suffix.starts_with("100;\n") && suffix.ends_with(";\n"));
    assert!(prompt.len() > 2 * suffix.len(), "{prompt} | {suffix}");
}

#[test]
fn a_window_says_how_much_fits() {
    let window = |word: &str| {
        let mut settings = settings(word, "http://127.0.0.1:1");
        (settings.context_tokens, settings.max_answer_tokens) = (2048, 200);
        let endpoint = Endpoint::new(settings, Arc::new(Wire)).expect("it can work");
        let engine = RemoteEngine::new(Arc::new(endpoint), guard()).expect("it can work");
        format!("{:?}", engine.window().expect("models have one"))
    };
    assert_eq!(
        window("ollama-fim:starcoder2:3b@URL"),
        "Window { tokens: 1816, exact: false, template: \"starcoder2\", .. }"
    );
    assert_eq!(
        window("openai:whatever@URL"),
        "Window { tokens: 1816, exact: false, template: \"plain\", .. }"
    );
}

#[test]
fn what_could_never_work_is_refused_before_anything_is_sent() {
    let refused = |word: &str, change: &dyn Fn(&mut il_engine_remote::Settings)| {
        let mut settings = settings(word, "http://127.0.0.1:1");
        change(&mut settings);
        let engine = |it: Endpoint| RemoteEngine::new(Arc::new(it), guard());
        let made: Result<_, SetupError> = Endpoint::new(settings, Arc::new(Wire)).and_then(engine);
        made.expect_err("refused").to_string()
    };
    let known = refused("openai-fim:mystery@URL", &|_| {});
    assert!(
        known.starts_with("no fill-in-the-middle template is known for the model `mystery`"),
        "{known}"
    );
    let unsaid = refused("llama-server-fim:URL", &|_| {});
    assert!(unsaid.contains("say its `template`"), "{unsaid}");
    let few = refused("openai:m@URL", &|it| it.context_tokens = 300);
    assert!(
        few.starts_with("300 tokens of context are too few"),
        "{few}"
    );
    let key = refused("openai:m@URL", &|it| {
        it.key = Some(il_egress::Secret::new("hunter2 hunter3"));
    });
    assert!(
        key.contains("no header can hold") && !key.contains("hunter"),
        "{key}"
    );
    let model = refused("gemini:a?b@URL", &|_| {});
    assert!(model.starts_with("`a?b` is no name"), "{model}");
}

#[test]
fn who_may_not_ask_sends_nothing() {
    struct Broke;
    impl Meter for Broke {
        fn allow(&self) -> Result<(), EngineError> {
            Err(EngineError::Refused {
                engine: "remote",
                why: "the day's 5.00 EUR are spent".to_owned(),
            })
        }

        fn used(&self, _: Usage) {
            unreachable!("nothing was sent");
        }
    }
    let server = Server::start(Vec::new());
    let endpoint = Endpoint::new(settings("openai:m@URL", &server.url), Arc::new(Wire));
    let endpoint = endpoint.expect("it can work").with_meter(Arc::new(Broke));
    let engine = RemoteEngine::new(Arc::new(endpoint), guard()).expect("it can work");
    let said = crate::world::complete(&engine, &question(Length::Line), &Default::default());
    assert_eq!(said, "refused: the day's 5.00 EUR are spent");
    assert!(server.asked().is_empty());
}

#[test]
fn without_text_behind_the_cursor_it_goes_from_left_to_right() {
    let asked = |word: &str, stream: &str, kind: &'static str| {
        let server = Server::start(vec![Reply::Chunks(kind, byte_by_byte(stream))]);
        let world = World::on(word, &server);
        let mut question = question(Length::Line);
        let mut context = (**question.context.as_ref().expect("one")).clone();
        (context.suffix, context.blocks) = ("".into(), Vec::new());
        question.context = Some(Arc::new(context));
        assert!(world.complete(&question).ends_with("Done"));
        shown(&server.asked()[0])
    };
    let openai = asked("openai:m@URL", GOOD, SSE);
    assert!(!openai.contains("suffix"), "{openai}");
    let done = "{\"response\":\"ab\",\"done\":true,\"done_reason\":\"stop\"}\n";
    let ollama = asked("ollama:m@URL", done, "application/x-ndjson");
    assert!(
        ollama.contains("raw: true") && !ollama.contains("suffix"),
        "{ollama}"
    );
    let raw = asked("openai-fim:qwen2.5-coder@URL", GOOD, SSE);
    assert!(!raw.contains("fim_prefix"), "{raw}");
}
