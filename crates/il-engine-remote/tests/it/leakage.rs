//! Secrets of every kind in every place that a prompt or a conversation is made of, to every dialect: none arrives.
//!
//! The one idea: what is looked for on the wire are the random signs that the samples were made of, so the test does not ask
//! the one who redacts what a secret is.
//!
//! Deliberately absent: how placeholders look.

use std::{ops::ControlFlow, sync::Arc};

use il_engine::{
    Block, CancelToken, Context, Engine as _, EngineError, Length, Outcome, Priority, Request,
    chat::{Chat as _, ChatRequest, Message, Role, Said},
};
use il_engine_remote::{Dialect, RemoteChat};
use il_privacy::{Rules, samples};

use crate::{
    server::{Server, status},
    world::{World, guard, settings},
};

/// A line with a secret in it, and the signs that must not be seen.
struct Planted {
    rule: Arc<str>,
    line: String,
    signs: Vec<String>,
}

/// Of every kind one.
fn planted() -> Vec<Planted> {
    let rules = Rules::shipped().iter().filter(|it| it.is_on());
    let all = rules.zip(1..).map(|(rule, seed)| {
        let template = &rule.positives[0];
        let sample = samples::sample(template, seed);
        let secrets = sample.secret.iter().map(|it| &sample.text[it.clone()]);
        let lines = secrets.flat_map(str::lines);
        let signs = lines.filter(|it| it.len() >= 6 && !it.starts_with("-----"));
        let mut signs: Vec<String> = signs.map(str::to_owned).collect();
        if let ([], [first, ..], [.., last]) = (&*signs, &*sample.secret, &*sample.secret) {
            signs.push(sample.text[first.start..last.end].to_owned());
        }
        assert!(!signs.is_empty(), "{}", rule.id);
        Planted {
            rule: Arc::clone(&rule.id),
            line: sample.text,
            signs,
        }
    });
    all.collect()
}

/// All places of a context, with every secret in one of them; on lines of their own, as code and as comments.
fn context(planted: &[Planted]) -> Context {
    let lines = |place: usize| {
        let mine = planted.iter().enumerate().filter(|it| it.0 % 4 == place);
        let mut text = String::new();
        for (n, Planted { line, .. }) in mine {
            let comment = if n % 8 < 4 { "" } else { "# " };
            for line in line.lines() {
                text += &format!("{comment}{line}\n");
            }
        }
        text
    };
    let token = samples::expand("AKIA{base32:16}", 999);
    Context {
        repository: "shop".into(),
        path: format!("src/{token}.py").into(),
        language: "python".into(),
        comment: "#".into(),
        blocks: vec![
            Block {
                path: format!("keys/{token}/open_tab.py").into(),
                text: lines(0).into(),
            },
            Block {
                path: "edited.py".into(),
                text: lines(1).into(),
            },
        ],
        prefix: (lines(2) + "def total(ids):\n    return sum(").into(),
        begun: "ids".into(),
        suffix: (String::from(")\n\n") + &lines(3)).into(),
    }
}

fn conversation(planted: &[Planted]) -> ChatRequest {
    let texts = |place: usize| {
        let mine = planted.iter().enumerate().filter(|it| it.0 % 4 == place);
        let lines = mine.map(|(_, it)| it.line.clone());
        lines.collect::<Vec<_>>().join("\n")
    };
    let message = |role, text: String| Message {
        role,
        text: Said(text.into()),
    };
    ChatRequest {
        system: Some(Said(format!("Notes:\n{}", texts(0)).into())),
        messages: vec![
            message(
                Role::User,
                format!("From the clipboard:\n```\n{}\n```", texts(1)),
            ),
            message(Role::Assistant, format!("The tool printed:\n{}", texts(2))),
            message(Role::User, format!("Error: cannot connect:\n{}", texts(3))),
        ],
        max_tokens: 50,
        temperature: None,
        stops: Vec::new(),
        files: vec!["src/a.py".into()],
    }
}

/// What a server could read: the bytes, and the texts that the JSON in them means.
fn seen(server: &Server) -> String {
    let mut seen = String::new();
    for (head, body) in server.asked() {
        seen += &head;
        seen += &body;
        let json: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        texts(&json, &mut seen);
    }
    seen
}

fn texts(json: &serde_json::Value, out: &mut String) {
    match json {
        serde_json::Value::String(text) => *out += text,
        serde_json::Value::Array(all) => all.iter().for_each(|it| texts(it, out)),
        serde_json::Value::Object(all) => all.values().for_each(|it| texts(it, out)),
        _ => {}
    }
}

fn word(dialect: Dialect) -> String {
    match dialect.is_llama_server() {
        true => format!("{}:URL", dialect.word()),
        false => format!("{}:qwen2.5-coder@URL", dialect.word()),
    }
}

#[test]
fn of_secrets_of_every_kind_none_reaches_a_server_of_any_dialect() {
    let planted = planted();
    assert!(planted.len() >= 200, "{}", planted.len());
    for dialect in Dialect::ALL {
        let replies = vec![status(400, "", "{}"); 2];
        let server = Server::start(replies);
        let mut settings = settings(&word(dialect), &server.url);
        settings.template = il_engine::fim::registry().by_id("qwen2.5-coder").ok();
        let world = World::new(settings);
        let context = context(&planted);
        let before = format!("{}{}", context.prefix, context.begun);
        let request = Request {
            path: Arc::clone(&context.path),
            language: "python".into(),
            cursor: before.len(),
            text: format!("{before}{}", context.suffix).into(),
            length: Length::Line,
            alternatives: 1,
            priority: Priority::Interactive,
            context: Some(Arc::new(context)),
            workspace: Arc::default(),
        };
        let go_on = &mut |_| ControlFlow::Continue(());
        let outcome = world
            .engine()
            .complete(&request, &CancelToken::new(), go_on);
        assert!(
            matches!(outcome, Err(EngineError::Failed { .. })),
            "{outcome:?}"
        );
        let chat = RemoteChat::new(Arc::clone(&world.endpoint), guard());
        let go_on = &mut |_| ControlFlow::Continue(());
        let outcome = chat.chat(&conversation(&planted), &CancelToken::new(), go_on);
        assert!(!matches!(outcome, Ok(Outcome::Done)));
        let seen = seen(&server);
        assert_eq!(server.asked().len(), 2, "{dialect:?}");
        assert!(seen.contains("def total(ids)"), "{dialect:?}");
        let is_seen = |it: &&Planted| it.signs.iter().any(|sign| seen.contains(sign));
        let leaked: Vec<&str> = planted.iter().filter(is_seen).map(|it| &*it.rule).collect();
        assert_eq!(leaked, Vec::<&str>::new(), "{dialect:?}");
    }
}

#[test]
fn a_file_that_may_not_leave_is_not_sent_and_says_so() {
    let server = Server::start(vec![status(400, "", "{}")]);
    let world = World::on("openai:m@URL", &server);
    for path in [".env", "config/secrets.yaml", "home/.ssh/id_rsa"] {
        let mut request = crate::world::question(Length::Line);
        let context = Context {
            path: path.into(),
            ..crate::world::context()
        };
        request.context = Some(Arc::new(context));
        let said = world.complete(&request);
        let expected =
            format!("refused: `{path}` is blocked and would leave for somebody else's server");
        assert_eq!(said, expected);
        let mut conversation = crate::world::conversation();
        conversation.files = vec![path.into()];
        assert!(
            world
                .chat(&conversation)
                .contains(&format!("`{path}` is blocked"))
        );
    }
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn what_was_taken_out_comes_back_into_the_answer() {
    let secret = samples::expand("AKIA{base32:16}", 4);
    let stream = "data: {\"choices\":[{\"text\":\"<REDACTED:aws-access\",\"index\":0}]}\n\n\
        data: {\"choices\":[{\"text\":\"-key-1>\\\")\",\"index\":0,\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let reply = crate::server::Reply::Chunks("text/event-stream", vec![stream.into()]);
    let server = Server::start(vec![reply]);
    let world = World::on("openai:m@URL", &server);
    let context = Context {
        prefix: format!("KEY = \"{secret}\"\nconnect(\"").into(),
        begun: "".into(),
        suffix: ")\n".into(),
        ..crate::world::context()
    };
    let mut request = crate::world::question(Length::Line);
    request.context = Some(Arc::new(context));
    // A guard of its own: the numbers of the others are spent by other tests.
    let guard = il_privacy::Guard::usual(il_privacy::Reach::Anywhere);
    let engine = il_engine_remote::RemoteEngine::new(Arc::clone(&world.endpoint), guard);
    let said = crate::world::complete(&engine.expect("it can work"), &request, &CancelToken::new());
    assert!(
        said.contains(&format!("{:?}", format!("{secret}\")"))),
        "{said}"
    );
    assert!(server.asked()[0].1.contains("<REDACTED:aws-access-key-1>"));
}
