//! `interline context`, and answers of models: what is shown is what is sent.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
    thread,
};

use serde_json::Value;

use crate::world::World;

const PLACE: &str = "shop/customers.py:6:9";

fn json(world: &World, arguments: &[&str]) -> Value {
    let ran = world.run(arguments);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|why| panic!("{why}: {}", ran.all()))
}

#[test]
fn every_piece_is_told_with_its_tokens_and_they_fit() {
    let world = World::shop();
    world.write(
        "shop/storage.py",
        b"def open_session(region):\n    \"\"\"A session.\"\"\"\n    return Session(region)\n",
    );
    let shown = json(&world, &["context", PLACE, "--budget", "120", "--json"]);
    assert_eq!(shown["budget"], 120);
    assert!(shown["tokens"].as_u64().unwrap() <= 120);
    let pieces = shown["pieces"].as_array().unwrap();
    let definition = pieces.iter().find(|it| it["kind"] == "definition").unwrap();
    assert_eq!(definition["path"], "shop/storage.py");
    assert_eq!(definition["symbol"], "open_session");
    assert_eq!(definition["fate"], "taken");
    assert!(pieces.iter().any(|it| it["kind"] == "prefix"));
    assert!(pieces.iter().any(|it| it["fate"] == "left out"));
    let prompt = shown["prompt"].as_str().unwrap();
    assert!(prompt.contains("# def open_session(region)"), "{prompt}");
    // The text at hand is not shown twice.
    assert_eq!(prompt.matches("def count_customers").count(), 1, "{prompt}");
}

#[test]
fn a_narrow_context_starves_it() {
    let world = World::shop();
    let file = json(&world, &["context", PLACE, "--context", "file", "--json"]);
    assert_eq!(file["blocks"].as_array().unwrap().len(), 0);
    let line = json(&world, &["context", PLACE, "--context", "line", "--json"]);
    assert_eq!(line["prefix"], "        ");
}

#[test]
fn a_family_has_its_markers_and_an_unknown_one_is_refused() {
    let world = World::shop();
    let shown = json(
        &world,
        &["context", PLACE, "--template", "codestral", "--json"],
    );
    let prompt = shown["prompt"].as_str().unwrap();
    assert!(prompt.starts_with("[SUFFIX]"), "{prompt}");
    let ran = world.run(&["context", PLACE, "--template", "gpt-9"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("qwen2.5-coder"), "{}", ran.all());
}

/// A server that tells what it is sent and says `from_server()`.
fn server() -> (String, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (told, hear) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut seen = Vec::new();
            let body = loop {
                let mut bytes = [0; 4096];
                let read = stream.read(&mut bytes).unwrap();
                seen.extend_from_slice(&bytes[..read]);
                let head = seen.windows(4).position(|it| it == b"\r\n\r\n");
                let body = head.and_then(|at| serde_json::from_slice(&seen[at + 4..]).ok());
                if let Some(body) = body {
                    break body;
                }
                assert!(read > 0, "the request broke off");
            };
            told.send(body).unwrap();
            let said = "data: {\"choices\":[{\"text\":\"from_server()\",\"index\":0,\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                said.len()
            );
            stream.write_all((head + said).as_bytes()).unwrap();
        }
    });
    (format!("http://{address}"), hear)
}

#[test]
fn what_is_shown_is_what_is_sent() {
    let world = World::shop();
    let (url, sent) = server();
    let engine = format!("openai-fim:qwen2.5-coder-7b@{url}");
    let shown = json(
        &world,
        &[
            "context",
            PLACE,
            "--hide",
            "rest-of-line",
            "--engine",
            &engine,
            "--json",
        ],
    );
    let complete = [
        "complete",
        PLACE,
        "--hide",
        "rest-of-line",
        "--engine",
        &engine,
        "--explain",
    ];
    let ran = world.run(&complete);
    assert_eq!(ran.stdout, "from_server()\n", "{}", ran.all());
    assert!(ran.stderr.contains("tokens (estimated)"), "{}", ran.all());
    let sent = sent.recv().unwrap();
    assert_eq!(sent["prompt"], shown["prompt"]);
}

#[test]
fn a_server_that_is_down_leads_to_the_repo_model_and_that_is_said() {
    let world = World::shop();
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let engine = format!("openai-fim:qwen2.5-coder-7b@http://{address}");
    let ran = world.run(&[
        "complete",
        PLACE,
        "--hide",
        "rest-of-line",
        "--engine",
        &engine,
        "--explain",
    ]);
    assert!(ran.stdout.starts_with("rows = session."), "{}", ran.all());
    assert!(
        ran.stderr.contains("the next engine is asked"),
        "{}",
        ran.all()
    );
}

#[cfg(feature = "llama")]
mod local {
    use super::*;

    const MODEL: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../il-engine-llama/fixtures/tiny-fim.gguf"
    );

    #[test]
    fn a_model_on_disk_answers_from_a_prompt_that_its_own_tokenizer_counted() {
        let world = World::shop();
        let engine = format!("local:{MODEL}");
        let shown = json(&world, &["context", PLACE, "--engine", &engine, "--json"]);
        assert_eq!(shown["exact"], true);
        assert_eq!(shown["template"], "interline-tiny");
        let ran = world.run(&[
            "complete",
            PLACE,
            "--hide",
            "rest-of-line",
            "--engine",
            &engine,
            "--explain",
        ]);
        assert!(ran.stderr.contains("tokens of prompt"), "{}", ran.all());
        assert!(
            !ran.stderr.contains("the next engine is asked"),
            "{}",
            ran.all()
        );
    }

    #[test]
    fn the_model_that_ships_with_the_tests_closes_holes() {
        let world = World::shop();
        let ran = world.run(&["models", "check", MODEL]);
        assert_eq!(ran.code, Some(0), "{}", ran.all());
        assert!(ran.stdout.contains("closed"), "{}", ran.all());
    }
}
