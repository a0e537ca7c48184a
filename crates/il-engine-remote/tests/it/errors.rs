//! What goes wrong, and the sentence that each gets: what, where, what to do next.
//!
//! Deliberately absent: asking again.

use expect_test::{Expect, expect};
use il_engine::Length;

use crate::{
    server::{Reply, Server, byte_by_byte, status},
    world::{World, conversation, question, settings},
};

/// The text that must never come back.
const SECRET: &str = "hunter2";

/// What is said of this reply, in lines of their own.
fn said(word: &str, reply: &Reply) -> String {
    let server = Server::start(vec![reply.clone(), reply.clone()]);
    let mut settings = settings(word, &server.url);
    settings.limits.tries = 1;
    // Only where it has to end: elsewhere a busy machine may take its time.
    if matches!(reply, Reply::Silence) {
        settings.patience.first_byte = std::time::Duration::from_millis(30);
    }
    if matches!(reply, Reply::Held(..)) {
        settings.patience.between = std::time::Duration::from_millis(300);
    }
    let world = World::new(settings);
    let said = match word.starts_with("anthropic") || word.starts_with("gemini") {
        true => world.chat(&conversation()),
        false => world.complete(&question(Length::Line)),
    };
    assert!(!said.contains(SECRET), "{said}");
    let books = world.books.read().join("; ");
    let said = said.replace(&server.url["http://".len()..], "HOST");
    format!("{said} [{books}]\n")
}

/// All of these, for one provider.
#[track_caller]
fn check(word: &str, replies: &[Reply], expected: &Expect) {
    let all: Vec<String> = replies.iter().map(|it| said(word, it)).collect();
    expected.assert_eq(&all.concat());
}

fn json(code: u16, body: &str) -> Reply {
    status(code, "content-type: application/json\r\n", body)
}

fn sse(text: &str) -> Reply {
    Reply::Chunks("text/event-stream", byte_by_byte(text))
}

#[test]
fn every_status_has_its_own_sentence() {
    let echo = format!(
        "{{\"error\":{{\"message\":\"cannot read `{SECRET}`\",\"type\":\"x: {SECRET}\",\"code\":\"{SECRET} y\"}}}}"
    );
    let replies = [
        302, 400, 401, 402, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503, 504, 529,
    ];
    let replies = replies.map(|it| json(it, &echo));
    check(
        "openai:m@URL",
        &replies,
        &expect![[r#"
            failed: `HOST` sends us elsewhere (302): name the URL that it leads to [unused]
            failed: `m` at `HOST` does not accept the request (400): check that the model can do this and that the server speaks `openai` [unused]
            failed: `HOST` does not accept the key of `env:TEST_KEY` (401): check that it is valid and made for this server [unused]
            failed: the account at `HOST` has nothing left (402): check its plan and its limits [unused]
            failed: `HOST` does not let the key of `env:TEST_KEY` use `m` (403): check what it may be used for, or name another model [unused]
            failed: `HOST` has nothing there for `m` at `HOST` (404): check the model's name, the URL `http://HOST` and whether the server speaks `openai` [unused]
            failed: `m` at `HOST` gave up waiting (408): ask again [unused]
            failed: `HOST` takes no prompt of this size (413): lower `context_tokens` [unused]
            failed: `m` at `HOST` does not accept the request (418): check that the model can do this and that the server speaks `openai` [unused]
            failed: `m` at `HOST` does not accept the request (422): check that the model can do this and that the server speaks `openai` [unused]
            failed: `m` at `HOST` has too many requests (429): it is asked again later; lower `concurrency` or raise the account's limit [unused]
            failed: `m` at `HOST` fails (500): ask again; its server's log or status page says why [unused]
            failed: what stands in front of `m` at `HOST` does not reach it (502): ask again, and see whether the model behind it runs [unused]
            failed: `m` at `HOST` is overloaded or not ready (503): it is asked again later [unused]
            failed: what stands in front of `m` at `HOST` does not reach it (504): ask again, and see whether the model behind it runs [unused]
            failed: `m` at `HOST` is overloaded or not ready (529): it is asked again later [unused]
        "#]],
    );
}

#[test]
fn a_server_that_asks_for_time_is_quoted() {
    let later = |value: &str| {
        let headers = format!("retry-after: {value}\r\n");
        status(429, &headers, "")
    };
    let replies = [
        later("7"),
        later("Sun, 06 Nov 1994 08:50:37 GMT"),
        later("soon"),
    ];
    check(
        "openai:m@URL",
        &replies,
        &expect![[r#"
        failed: `m` at `HOST` has too many requests (429): it wants to be asked again in 7 s; lower `concurrency` or raise the account's limit [unused]
        failed: `m` at `HOST` has too many requests (429): it wants to be asked again in 60 s; lower `concurrency` or raise the account's limit [unused]
        failed: `m` at `HOST` has too many requests (429): it is asked again later; lower `concurrency` or raise the account's limit [unused]
    "#]],
    );
}

#[test]
fn without_a_key_one_is_asked_for() {
    let server = Server::start(vec![json(401, "")]);
    let mut settings = settings("openai:m@URL", &server.url);
    settings.key = None;
    let said = World::new(settings).complete(&question(Length::Line));
    let said = said.replace(&server.url["http://".len()..], "HOST");
    expect![[r#"failed: `HOST` wants a key (401): say where it is kept, `key = "env:NAME"` or `"file:PATH"`"#]].assert_eq(&said);
}

#[test]
fn openai_says_what_it_is_about() {
    let error = |code: u16, name: &str, message: &str| {
        let body = serde_json::json!({"error": {"message": message, "type": "invalid_request_error", "code": name}});
        json(code, &body.to_string())
    };
    let replies = [
        error(400, "context_length_exceeded", "maximum context length is"),
        error(404, "model_not_found", "The model `m` does not exist"),
        error(429, "insufficient_quota", "You exceeded your current quota"),
        error(
            401,
            "invalid_api_key",
            "Incorrect API key provided: hunter2",
        ),
        error(400, "x", "suffix is not currently supported"),
        error(
            400,
            "unsupported_value",
            "temperature does not support 0 with this model",
        ),
    ];
    check(
        "openai:m@URL",
        &replies,
        &expect![[r#"
            failed: the prompt is longer than `m` at `HOST` reads (400, `context_length_exceeded`): lower `context_tokens` from 4096, or give the server more context [unused]
            failed: `HOST` does not have the model `m` (404, `model_not_found`): check its name, and that the key may use it [unused]
            failed: the account at `HOST` has nothing left (429, `insufficient_quota`): check its plan and its limits [unused]
            failed: `HOST` does not accept the key of `env:TEST_KEY` (401, `invalid_api_key`): check that it is valid and made for this server [unused]
            failed: `m` at `HOST` takes no `suffix` (400, `invalid_request_error`): use `openai-fim:m@http://HOST`, which writes the model's markers itself [unused]
            failed: `m` at `HOST` takes no `temperature` but its own (400, `invalid_request_error`): name another model [unused]
        "#]],
    );
}

#[test]
fn ollama_says_what_it_is_about() {
    let replies = [
        json(
            400,
            r#"{"error":"registry.ollama.ai/library/llama3:latest does not support insert"}"#,
        ),
        json(404, r#"{"error":"model 'llama3' not found"}"#),
        Reply::Chunks(
            "application/x-ndjson",
            byte_by_byte(
                "{\"response\":\"a\",\"done\":false}\n{\"error\":\"an error was encountered while running the model: hunter2\"}\n",
            ),
        ),
    ];
    check(
        "ollama:llama3@URL",
        &replies,
        &expect![[r#"
        failed: Ollama's template of `llama3` has no place for the text behind the cursor (400): use `ollama-fim:llama3`, which writes the model's markers itself, or a model made for code, such as `qwen2.5-coder` [unused]
        failed: `HOST` does not have the model `llama3` (404): run `ollama pull llama3` [unused]
        (`llama3` at `HOST` answers)
        0 "a" 1.00
        failed: `llama3` at `HOST` fails (in its answer): ask again; its server's log or status page says why [prompt 40 cached 0 answer 1 estimated]
    "#]],
    );
}

#[test]
fn mistral_says_what_it_is_about() {
    let replies = [
        json(401, r#"{"message":"Unauthorized","request_id":"1"}"#),
        json(
            400,
            r#"{"object":"error","message":"Invalid model: m","type":"invalid_model","param":null,"code":"1500"}"#,
        ),
        json(
            422,
            r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","input":"hunter2"}]},"type":"invalid_request_error","code":null}"#,
        ),
    ];
    check(
        "mistral:m@URL",
        &replies,
        &expect![[r#"
        failed: `HOST` does not accept the key of `env:TEST_KEY` (401): check that it is valid and made for this server [unused]
        failed: `HOST` does not have the model `m` (400, `invalid_model`): check its name, and that the key may use it [unused]
        failed: `m` at `HOST` does not accept the request (422, `invalid_request_error`): check that the model can do this and that the server speaks `mistral` [unused]
    "#]],
    );
}

#[test]
fn llama_server_says_what_it_is_about() {
    let replies = [
        json(
            503,
            r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
        ),
        json(
            501,
            r#"{"error":{"code":501,"message":"Infill is not supported by this model: prefix token is missing. ","type":"not_supported_error"}}"#,
        ),
        sse(
            "data: {\"content\":\"a\",\"stop\":false}\n\nerror: {\"code\":500,\"message\":\"hunter2\",\"type\":\"server_error\"}\n\n",
        ),
        sse(
            "data: {\"error\":{\"code\":400,\"message\":\"the request exceeds the available context size\",\"type\":\"exceed_context_size_error\"}}\n\n",
        ),
    ];
    check(
        "llama-server:URL",
        &replies,
        &expect![[r#"
        not ready: `HOST` is still loading its model (503, `unavailable_error`): ask again in a moment [unused]
        failed: the model at `HOST` has no markers for a hole in its file (501, `not_supported_error`): use `llama-server-fim:http://HOST` with a `template`, or a model made for code [unused]
        (`HOST` answers)
        0 "a" 1.00
        failed: `HOST` fails (in its answer): ask again; its server's log or status page says why [prompt 40 cached 0 answer 1 estimated]
        (`HOST` answers)
        failed: the prompt is longer than `HOST` reads (`exceed_context_size_error`): lower `context_tokens` from 4096, or give the server more context [prompt 40 cached 0 answer 0 estimated]
    "#]],
    );
}

#[test]
fn anthropic_says_what_it_is_about() {
    let replies = [
        json(
            401,
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
        ),
        json(
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        ),
        sse(
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        ),
    ];
    check(
        "anthropic:m@URL",
        &replies,
        &expect![[r#"
        failed: `HOST` does not accept the key of `env:TEST_KEY` (401, `authentication_error`): check that it is valid and made for this server [unused]
        failed: `m` at `HOST` is overloaded or has had too many requests (529, `overloaded_error`): it is asked again later [unused]
        failed: `m` at `HOST` is overloaded or has had too many requests (`overloaded_error`): it is asked again later [prompt 9 cached 0 answer 1 estimated]
    "#]],
    );
}

#[test]
fn gemini_says_what_it_is_about() {
    let replies = [
        json(
            400,
            r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#,
        ),
        json(
            429,
            r#"{"error":{"code":429,"message":"Resource has been exhausted","status":"RESOURCE_EXHAUSTED"}}"#,
        ),
        json(
            404,
            r#"{"error":{"code":404,"message":"models/m is not found for API version v1beta","status":"NOT_FOUND"}}"#,
        ),
    ];
    check(
        "gemini:m@URL",
        &replies,
        &expect![[r#"
        failed: `HOST` does not accept the key of `env:TEST_KEY` (400, `INVALID_ARGUMENT`): check that it is valid and made for this server [unused]
        failed: `m` at `HOST` is overloaded or has had too many requests (429, `RESOURCE_EXHAUSTED`): it is asked again later [unused]
        failed: `HOST` does not have the model `m` (404, `NOT_FOUND`): check its name, and that the key may use it [unused]
    "#]],
    );
}

#[test]
fn an_answer_that_does_not_come_to_its_end_is_said() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
    let chunk = "data: {\"choices\":[{\"text\":\"ab\",\"index\":0}]}\n\n";
    let bytes = |text: String| Reply::Bytes(text.into_bytes());
    let replies = [
        // Nothing, half a head, a head and no more.
        Reply::Bytes(Vec::new()),
        Reply::Bytes(b"HTTP/1.1 20".to_vec()),
        bytes(format!("{head}transfer-encoding: chunked\r\n\r\n")),
        bytes(format!("{head}\r\n")),
        // In a chunk, in an event, between two events.
        bytes(format!(
            "{head}transfer-encoding: chunked\r\n\r\n99\r\n{chunk}"
        )),
        bytes(format!("{head}\r\n{chunk}data: {{\"choi")),
        bytes(format!("{head}\r\n{chunk}")),
        Reply::Silence,
        Reply::Held("text/event-stream", vec![chunk.as_bytes().to_vec()]),
    ];
    check(
        "openai:m@URL",
        &replies,
        &expect![[r#"
            failed: `m` at `HOST` closed the connection before it answered: ask again, and look into the server's log if it stays so [unused]
            failed: `m` at `HOST` closed the connection before it answered: ask again, and look into the server's log if it stays so [unused]
            failed: `m` at `HOST` broke off in the middle of an answer: ask again, and look into the server's log if it stays so [prompt 40 cached 0 answer 0 estimated]
            failed: `m` at `HOST` broke off in the middle of an answer: ask again, and look into the server's log if it stays so [prompt 40 cached 0 answer 0 estimated]
            failed: `m` at `HOST` broke off in the middle of an answer: ask again, and look into the server's log if it stays so [prompt 40 cached 0 answer 0 estimated]
            (`m` at `HOST` answers)
            0 "ab" 1.00
            failed: `m` at `HOST` broke off in the middle of an answer: ask again, and look into the server's log if it stays so [prompt 40 cached 0 answer 1 estimated]
            (`m` at `HOST` answers)
            0 "ab" 1.00
            failed: `m` at `HOST` broke off in the middle of an answer: ask again, and look into the server's log if it stays so [prompt 40 cached 0 answer 1 estimated]
            failed: `m` at `HOST` did not answer within 0 s: it may be loading the model or be overloaded; raise `patience_seconds` if it is only slow [prompt 40 cached 0 answer 0 estimated]
            (`m` at `HOST` answers)
            0 "ab" 1.00
            failed: `m` at `HOST` did not answer within 0 s: it may be loading the model or be overloaded; raise `patience_seconds` if it is only slow [prompt 40 cached 0 answer 1 estimated]
        "#]],
    );
}

#[test]
fn what_is_no_answer_of_the_dialect_is_said() {
    let page = status(
        200,
        "content-type: text/html; charset=utf-8\r\n",
        "<html>hunter2",
    );
    let replies = [
        page,
        sse("data: hunter2\n\n"),
        json(200, "hunter2"),
        sse("data: {\"choices\":[{\"text\":\"ab\",\"index\":0}]}\n\ndata: hunter2\n\n"),
        Reply::Bytes(b"SSH-2.0-hunter2\r\n".to_vec()),
    ];
    check(
        "openai:m@URL",
        &replies,
        &expect![[r#"
            failed: `m` at `HOST` answers with something that `openai` does not have: check the URL `http://HOST` and what the server speaks [unused]
            (`m` at `HOST` answers)
            failed: `m` at `HOST` answers with something that `openai` does not have: check the URL `http://HOST` and what the server speaks [prompt 40 cached 0 answer 0 estimated]
            (`m` at `HOST` answers)
            failed: `m` at `HOST` answers with something that `openai` does not have: check the URL `http://HOST` and what the server speaks [prompt 40 cached 0 answer 0 estimated]
            (`m` at `HOST` answers)
            0 "ab" 1.00
            failed: `m` at `HOST` answers with something that `openai` does not have: check the URL `http://HOST` and what the server speaks [prompt 40 cached 0 answer 1 estimated]
            failed: `m` at `HOST` cannot be asked: no HTTP; check the URL `http://HOST` [unused]
        "#]],
    );
}

#[test]
fn where_nothing_listens_is_said() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", gone.local_addr().expect("an address"));
    drop(gone);
    let mut all = String::new();
    for word in ["openai:m@URL", "ollama:m@URL", "llama-server:URL"] {
        let mut settings = settings(word, &url);
        settings.limits.tries = 1;
        let world = World::new(settings);
        let said = world.complete(&question(Length::Line));
        assert_eq!(world.books.read(), ["unused"]);
        all.push_str(&said.replace(&url["http://".len()..], "HOST"));
        all.push('\n');
    }
    expect![[r#"
        failed: nothing listens at `HOST`: start the server, or name another URL
        failed: nothing listens at `HOST`: start it with `ollama serve`, or name another URL
        failed: nothing listens at `HOST`: start `llama-server` there, or name another URL
    "#]]
    .assert_eq(&all);
}
