//! Ollama's dialect against a scripted server: each request, and what each answer becomes.

use il_retrieval::{Dialect, EmbedError, Embedder as _, Purpose};
use il_text::CancelToken;

use super::OllamaEmbedder;
use crate::scripted::{Answer, Server, Waits, ok, settings, status};

fn ask(server: &Server, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
    let settings = settings(server, Dialect::Ollama, &Waits::default());
    let embedder = OllamaEmbedder::new(settings).expect("settings");
    embedder.embed(Purpose::Passage, texts, &CancelToken::new())
}

#[track_caller]
fn refuses(answers: Vec<Answer>, expected: &str) {
    let server = Server::start(answers);
    let error = ask(&server, &["hidden text"]).expect_err("no vectors");
    let said = error.to_string().replace(&server.url, "URL");
    assert_eq!(said, expected);
    assert!(matches!(error, EmbedError::Refused(_)), "{error:?}");
}

#[test]
fn asks_for_a_batch_and_scales_what_comes_back() {
    let server = Server::start(vec![
        ok(r#"{"model":"m","embeddings":[[3,4],[0,2]],"total_duration":1}"#),
        ok(r#"{"embeddings":[[1,0]]}"#),
    ]);
    let vectors = ask(&server, &["a", "b \"é\"", "c"]).expect("vectors");
    assert_eq!(vectors, [[0.6, 0.8], [0.0, 1.0], [1.0, 0.0]]);
    let asked = server.asked();
    assert!(asked[0].head.starts_with("post /api/embed\r\n"));
    assert!(!asked[0].head.contains("authorization"));
    assert_eq!(
        server.bodies(),
        [
            r#"{"input":["a","b \"é\""],"model":"m","truncate":true}"#,
            r#"{"input":["c"],"model":"m","truncate":true}"#,
        ]
    );
}

#[test]
fn an_old_server_is_asked_the_old_way_from_then_on() {
    let server = Server::start(vec![
        status(404, "", "404 page not found"),
        ok(r#"{"embedding":[1,0]}"#),
        ok(r#"{"embedding":[0,1]}"#),
        ok(r#"{"embedding":[0,-1]}"#),
    ]);
    let vectors = ask(&server, &["a", "b", "c"]).expect("vectors");
    assert_eq!(vectors, [[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]);
    let line = |it: crate::scripted::Asked| it.head.lines().next().unwrap_or_default().to_owned();
    let lines: Vec<String> = server.asked().into_iter().map(line).collect();
    let old = "post /api/embeddings";
    assert_eq!(lines, ["post /api/embed", old, old, old]);
    assert_eq!(
        server.bodies()[1..],
        [
            r#"{"model":"m","prompt":"a"}"#,
            r#"{"model":"m","prompt":"b"}"#,
            r#"{"model":"m","prompt":"c"}"#,
        ]
    );
}

#[test]
fn an_unknown_model_says_how_to_get_it_and_no_other_way_is_tried() {
    refuses(
        vec![status(
            404,
            "",
            r#"{"error":"model \"m\" not found, try pulling it first"}"#,
        )],
        "Ollama at `URL` does not have the model `m`: run `ollama pull m`",
    );
}

#[test]
fn what_is_no_ollama_is_refused() {
    refuses(
        vec![status(404, "", "no"), status(404, "", "no")],
        "there is nothing at `URL/api/embeddings` (404): check the URL and what the server speaks",
    );
    refuses(
        vec![ok("{}")],
        "`URL/api/embed` answers without `embeddings`: is it Ollama, and an embedding model?",
    );
    refuses(
        vec![ok(r#"{"embeddings":[[1,null]]}"#)],
        "`URL/api/embed` gives a vector that is not all numbers: is it Ollama, and an embedding model?",
    );
    refuses(
        vec![status(404, "", ""), ok(r#"{"embedding":[]}"#)],
        "`URL/api/embeddings` gives a vector that is not all numbers: is it Ollama, and an embedding model?",
    );
    refuses(
        vec![ok(r#"{"embeddings":[[1],[2]]}"#)],
        "`URL` gives 2 vectors for 1 texts: is it an embedding server?",
    );
}
