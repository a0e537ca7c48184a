//! OpenAI's dialect and all that both dialects share, against a scripted server: requests, answers, failures, patience.

use il_egress::{Secret, Trouble};
use il_retrieval::{Dialect, EmbedError, Embedder as _, Instruction, Purpose};
use il_text::CancelToken;

use super::{OpenAiEmbedder, endpoint};
use crate::{
    Settings,
    scripted::{Answer, Server, Waits, cut, never, ok, settings, status},
};

/// What came of it: vectors or a message, the requests and the waits.
struct Outcome {
    result: Result<Vec<Vec<f32>>, EmbedError>,
    server: Server,
    waits: Vec<u128>,
}

fn run(answers: Vec<Answer>, texts: &[&str], change: impl FnOnce(&mut Settings)) -> Outcome {
    let (server, waits) = (Server::start(answers), Waits::default());
    let mut settings = settings(&server, Dialect::OpenAi, &waits);
    change(&mut settings);
    let embedder = OpenAiEmbedder::new(settings).expect("settings");
    Outcome {
        result: embedder.embed(Purpose::Passage, texts, &CancelToken::new()),
        waits: waits.millis(),
        server,
    }
}

impl Outcome {
    /// `refused: …` or `unavailable: …`, with the server's address left out.
    #[track_caller]
    fn says(&self, expected: &str) {
        let error = self.result.as_ref().expect_err("no vectors");
        let kind = match error {
            EmbedError::Cancelled => "",
            EmbedError::Unavailable(_) => "unavailable: ",
            EmbedError::Refused(_) => "refused: ",
        };
        let said = format!("{kind}{error}").replace(&self.server.url, "URL");
        assert_eq!(said, expected);
        assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
    }
}

const ONE: &str = r#"{"data":[{"index":0,"embedding":[3,4]}]}"#;
const TWO: &str = r#"{"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":[0,1]}]}"#;

#[track_caller]
fn fails(answer: Answer, expected: &str) {
    run(vec![answer], &["hidden"], |_| {}).says(expected);
}

#[test]
fn asks_for_floats_with_the_key_and_puts_vectors_in_order() {
    let swapped = r#"{"object":"list","data":[{"index":1,"embedding":"AACAPwAAAAA="},{"index":0,"embedding":[0,5]}],"usage":{}}"#;
    let outcome = run(vec![ok(swapped)], &["a", "b"], |it| {
        it.key = Some(Secret::new("sk-1"));
    });
    assert_eq!(outcome.result, Ok(vec![vec![0.0, 1.0], vec![1.0, 0.0]]));
    let asked = &outcome.server.asked()[0];
    assert!(asked.head.starts_with("post /v1/embeddings\r\n"));
    assert!(asked.head.contains("authorization: bearer sk-1\r\n"));
    assert!(asked.head.contains("content-type: application/json\r\n"));
    assert_eq!(
        asked.body,
        r#"{"encoding_format":"float","input":["a","b"],"model":"m"}"#
    );
}

#[test]
fn the_models_words_stand_before_texts_by_purpose() {
    let (server, waits) = (Server::start(vec![ok(ONE), ok(ONE)]), Waits::default());
    let mut settings = settings(&server, Dialect::OpenAi, &waits);
    settings.instruction = Instruction::of_model("e5-small");
    let embedder = OpenAiEmbedder::new(settings).expect("settings");
    for purpose in [Purpose::Query, Purpose::Passage] {
        let found = embedder.embed(purpose, &["a"], &CancelToken::new());
        assert!(found.is_ok());
    }
    let bodies = server.bodies();
    assert!(bodies[0].contains(r#"["query: a"]"#) && bodies[1].contains(r#"["passage: a"]"#));
    assert_eq!(embedder.model(), "openai:m");
}

#[test]
fn nothing_to_embed_asks_nothing() {
    let outcome = run(Vec::new(), &[], |_| {});
    assert_eq!(
        (outcome.result, outcome.server.asked().len()),
        (Ok(Vec::new()), 0)
    );
}

#[test]
fn a_base_a_version_and_an_endpoint_are_all_understood() {
    for url in ["http://h", "http://h/v1", "http://h/v1/embeddings"] {
        assert_eq!(endpoint(url), "http://h/v1/embeddings");
    }
    assert_eq!(endpoint("http://h/v3"), "http://h/v3/embeddings");
    assert_eq!(endpoint("http://h/vllm"), "http://h/vllm/v1/embeddings");
}

#[test]
fn each_status_has_its_message_and_is_asked_once() {
    for (code, expected) in [
        (
            302,
            "sends us elsewhere (302): name the URL that it leads to",
        ),
        (
            400,
            "does not accept the request (400): is the model an embedding model?",
        ),
        (401, "wants a key (401): give the server's API key"),
        (403, "wants a key (403): give the server's API key"),
    ] {
        let outcome = run(
            vec![status(code, "location: /x\r\n", "hidden")],
            &["hidden"],
            |_| {},
        );
        outcome.says(&format!("refused: `URL/v1/embeddings` {expected}"));
        assert_eq!((outcome.server.asked().len(), outcome.waits.len()), (1, 0));
    }
    fails(
        status(404, "", "hidden"),
        "refused: there is nothing at `URL/v1/embeddings` (404): check the URL and what the server speaks",
    );
    fails(
        status(404, "", r#"{"error":{"code":"model_not_found"}}"#),
        "refused: `URL/v1/embeddings` does not have the model `m`: check its name, and that it is loaded",
    );
    let wrong = |it: &mut Settings| it.key = Some(Secret::new("sk-hidden"));
    run(vec![status(401, "", "")], &["a"], wrong).says(
        "refused: `URL/v1/embeddings` does not accept the key (401): check that it is valid for this server and model",
    );
}

#[test]
fn what_may_pass_is_asked_again_with_longer_waits() {
    let answers = vec![status(500, "", ""), status(502, "", ""), ok(ONE)];
    let outcome = run(answers, &["a"], |_| {});
    assert_eq!(outcome.result, Ok(vec![vec![0.6, 0.8]]));
    assert_eq!(outcome.waits, [500, 1000]);
}

#[test]
fn patience_ends() {
    let answers = (0..9).map(|_| status(500, "", "hidden")).collect();
    let outcome = run(answers, &["hidden"], |_| {});
    outcome.says("unavailable: `URL/v1/embeddings` fails (500): look into the server's log");
    assert_eq!((outcome.server.asked().len(), outcome.waits.len()), (3, 2));
}

#[test]
fn a_server_that_asks_for_time_gets_it() {
    let answers = vec![
        status(429, "Retry-After: 2\r\n", ""),
        status(503, "retry-after: 0\r\n", ""),
        ok(ONE),
    ];
    let outcome = run(answers, &["a"], |_| {});
    assert_eq!(
        (outcome.result.is_ok(), outcome.waits),
        (true, vec![2000, 0])
    );
}

#[test]
fn a_server_that_asks_for_too_much_time_is_left_alone() {
    let outcome = run(
        vec![status(429, "Retry-After: 3600\r\n", "")],
        &["a"],
        |_| {},
    );
    outcome.says(
        "unavailable: `URL/v1/embeddings` has too many requests (429): it is asked again later",
    );
    assert_eq!((outcome.server.asked().len(), outcome.waits.len()), (1, 0));
}

#[test]
fn a_batch_that_is_too_large_is_halved_for_good() {
    let answers = vec![status(413, "", ""), ok(ONE), ok(ONE), ok(ONE)];
    let outcome = run(answers, &["a", "b", "c"], |_| {});
    assert_eq!(outcome.result.map(|it| it.len()), Ok(3));
    let inputs: Vec<bool> = ["a\",\"b", "\"a\"]", "\"b\"]", "\"c\"]"]
        .iter()
        .zip(outcome.server.bodies())
        .map(|(part, body)| body.contains(part))
        .collect();
    assert_eq!(inputs, [true; 4]);
}

#[test]
fn a_text_that_is_too_long_is_cut_and_then_given_up() {
    let long = "x".repeat(1000);
    let too_long = || {
        status(
            400,
            "",
            r#"{"error":{"code":"context_length_exceeded","message":"hidden"}}"#,
        )
    };
    let outcome = run(vec![too_long(), ok(ONE)], &[&long], |_| {});
    assert!(outcome.result.is_ok());
    let cut = format!("[\"{}\"]", "x".repeat(500));
    assert!(outcome.server.bodies()[1].contains(&cut));

    let answers = (0..9).map(|_| too_long()).collect();
    let outcome = run(answers, &[&long], |_| {});
    outcome.says(
        "refused: `URL/v1/embeddings` finds every text too long (400, `context_length_exceeded`): raise the server's batch or context size",
    );
    assert_eq!(outcome.server.asked().len(), 4);
}

#[test]
fn an_answer_that_is_no_embedding_is_refused() {
    for (body, why) in [
        ("<html>hidden", "answers, but not with JSON"),
        ("{}", "answers without `data`"),
        (TWO, "gives 2 vectors for 1 texts"),
        (r#"{"data":[]}"#, "gives 0 vectors for 1 texts"),
        (
            r#"{"data":[{"index":1,"embedding":[1]}]}"#,
            "numbers its vectors wrongly",
        ),
        (
            r#"{"data":[{"index":-1,"embedding":[1]}]}"#,
            "numbers its vectors wrongly",
        ),
        (
            r#"{"data":[{"index":0}]}"#,
            "gives a vector that is not all numbers",
        ),
        (
            r#"{"data":[{"index":0,"embedding":[null]}]}"#,
            "gives a vector that is not all numbers",
        ),
        (
            r#"{"data":[{"index":0,"embedding":"AADAfw=="}]}"#,
            "gives a vector that is not all numbers",
        ),
    ] {
        let expected = format!("refused: `URL/v1/embeddings` {why}: is it an embedding server?");
        fails(ok(body), &expected);
    }
    let twice = r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#;
    run(vec![ok(twice)], &["a", "b"], |_| {}).says(
        "refused: `URL/v1/embeddings` numbers its vectors wrongly: is it an embedding server?",
    );
}

#[test]
fn vectors_of_two_lengths_are_refused_within_a_batch_and_between_batches() {
    let expected = "refused: `URL` gives vectors of 2 and of 1 numbers for one model: has `m` been changed meanwhile? then start again";
    let mixed = r#"{"data":[{"embedding":[1,0]},{"embedding":[1]}]}"#;
    run(vec![ok(mixed)], &["a", "b"], |_| {}).says(expected);
    let short = r#"{"data":[{"embedding":[1]}]}"#;
    run(vec![ok(TWO), ok(short)], &["a", "b", "c"], |_| {}).says(expected);
}

#[test]
fn a_connection_that_breaks_off_is_tried_again() {
    let outcome = run(
        vec![cut("{\"data\""), never(Trouble::BrokeOff), ok(ONE)],
        &["a"],
        |_| {},
    );
    assert_eq!(
        (outcome.result.is_ok(), outcome.waits),
        (true, vec![500, 1000])
    );
    let cut = || cut("{");
    run(vec![cut(), cut(), cut()], &["hidden"], |_| {}).says(
        "unavailable: `URL/v1/embeddings` broke off in the middle of an answer: look into the server's log",
    );
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    let huge = format!("[{}]", "0,".repeat(10_000));
    fails(
        ok(&huge),
        "refused: `URL/v1/embeddings` answers with more than any embedding has: is it an embedding server?",
    );
}

#[test]
fn each_way_to_get_no_answer_has_its_message_and_is_not_tried_again() {
    let slow = |host| Trouble::TooSlow {
        host,
        step: "answer",
        seconds: 60,
    };
    let no_trust = |host| Trouble::Tls {
        host,
        why: "no trust".to_owned(),
    };
    let cases: [(&dyn Fn(String) -> Trouble, &str); 6] = [
        (
            &Trouble::NothingListens,
            "unavailable: nothing listens at `URL/v1/embeddings`: start the server or name another",
        ),
        (
            &Trouble::Unreachable,
            "unavailable: the host of `URL/v1/embeddings` is not found or not reachable: check the name and the network",
        ),
        (
            &slow,
            "unavailable: `URL/v1/embeddings` took too long: it may be loading the model; it is asked again later",
        ),
        (
            &no_trust,
            "refused: no trusted connection to `URL/v1/embeddings`: no trust; check the certificate, or `http://` if it has none",
        ),
        (
            &|host| Trouble::Other(host, "it does not speak HTTP there".to_owned()),
            "refused: `URL/v1/embeddings` cannot be asked: it does not speak HTTP there; is it an embedding server?",
        ),
        (
            &|_| Trouble::Forbidden("the policy".to_owned()),
            "refused: `URL/v1/embeddings` is not asked: nothing may leave this machine: the policy; `static` embeds on this machine",
        ),
    ];
    for (trouble, expected) in cases {
        let outcome = run(vec![never(trouble)], &["hidden"], |_| {});
        outcome.says(expected);
        assert_eq!((outcome.server.asked().len(), outcome.waits.len()), (1, 0));
    }
}

#[test]
fn cancelling_stops_between_batches_and_between_tries() {
    for (answers, requests) in [
        (vec![ok(TWO), ok(ONE)], 1),
        (vec![status(500, "", ""), ok(TWO)], 1),
    ] {
        let (server, waits) = (Server::start(answers), Waits::default());
        let embedder =
            OpenAiEmbedder::new(settings(&server, Dialect::OpenAi, &waits)).expect("settings");
        let cancel = CancelToken::new();
        server.cancel_after(requests, &cancel);
        let found = embedder.embed(Purpose::Passage, &["a", "b", "c"], &cancel);
        assert_eq!(found, Err(EmbedError::Cancelled));
        assert_eq!(server.asked().len(), requests);
    }
}

#[test]
fn settings_that_never_work_are_refused_before_anything_is_sent() {
    let server = Server::start(Vec::new());
    let refused = |change: &dyn Fn(&mut Settings)| {
        let mut settings = settings(&server, Dialect::OpenAi, &Waits::default());
        change(&mut settings);
        let error = OpenAiEmbedder::new(settings).expect_err("no embedder");
        assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
        error.to_string()
    };
    assert!(
        refused(&|it| it.server.url = "http://me:hidden@h".to_owned()).contains("user or password") // interline:allow
    );
    assert!(refused(&|it| it.server.url = "ftp://h".to_owned()).contains("is no URL"));
    assert!(refused(&|it| it.key = Some(Secret::new("hidden\nx"))).contains("API key"));
}

#[test]
fn an_embedder_prints_no_key() {
    let server = Server::start(Vec::new());
    let settings =
        settings(&server, Dialect::OpenAi, &Waits::default()).with_key(Some(Secret::new("hidden")));
    let embedder = OpenAiEmbedder::new(settings).expect("settings");
    let printed = format!("{embedder:?}");
    assert!(
        !printed.contains("hidden") && printed.contains("Secret(…)"),
        "{printed}"
    );
}
