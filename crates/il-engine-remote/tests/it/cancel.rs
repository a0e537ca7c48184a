//! Who wants no more closes the stream: the server sees it on the wire.
//!
//! Deliberately absent: how soon. The tests wait for the server to see it and would hang otherwise.

use std::{ops::ControlFlow, thread};

use il_engine::{CancelToken, Chunk, Engine as _, Length, Outcome};

use crate::{
    server::{Reply, Server, byte_by_byte},
    world::{World, complete, question},
};

const CHUNK: &str = "data: {\"choices\":[{\"text\":\"ab\",\"index\":0}]}\n\n";
const SSE: &str = "text/event-stream";

#[test]
fn a_cancelled_question_that_nobody_answers_yet_is_closed() {
    let server = Server::start(vec![Reply::Silence]);
    let world = World::on("openai:m@URL", &server);
    let cancel = CancelToken::new();
    let (engine, token) = (world.engine(), cancel.clone());
    let asking = thread::spawn(move || complete(&engine, &question(Length::Line), &token));
    server.wait_for_requests(1);
    cancel.cancel();
    server.wait_for_closed(1);
    assert_eq!(asking.join().expect("no panic"), "Cancelled");
    // The server had the prompt: it may be charged.
    assert_eq!(
        world.books.read(),
        ["prompt 40 cached 0 answer 0 estimated"]
    );
}

#[test]
fn a_cancelled_answer_is_closed_in_the_middle() {
    let server = Server::start(vec![Reply::Held(SSE, byte_by_byte(CHUNK))]);
    let world = World::on("openai:m@URL", &server);
    let cancel = CancelToken::new();
    let outcome = world
        .engine()
        .complete(&question(Length::Line), &cancel, &mut |chunk| {
            if matches!(chunk, Chunk::Piece { .. }) {
                cancel.cancel();
            }
            ControlFlow::Continue(())
        });
    assert_eq!(outcome.expect("no failure"), Outcome::Cancelled);
    server.wait_for_closed(1);
    assert_eq!(
        world.books.read(),
        ["prompt 40 cached 0 answer 1 estimated"]
    );
}

#[test]
fn a_sink_that_breaks_closes_the_stream() {
    let server = Server::start(vec![Reply::Held(SSE, byte_by_byte(CHUNK))]);
    let world = World::on("openai:m@URL", &server);
    let outcome =
        world
            .engine()
            .complete(
                &question(Length::Line),
                &CancelToken::new(),
                &mut |chunk| match chunk {
                    Chunk::Piece { .. } => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                },
            );
    assert_eq!(outcome.expect("no failure"), Outcome::Cancelled);
    server.wait_for_closed(1);
}

#[test]
fn the_lines_end_closes_the_stream() {
    let line = "data: {\"choices\":[{\"text\":\"ab\\r\\ncd\",\"index\":0}]}\n\n";
    let server = Server::start(vec![Reply::Held(SSE, byte_by_byte(line))]);
    let world = World::on("openai:m@URL", &server);
    let said = world.complete(&question(Length::Line));
    assert!(said.contains("0 \"ab\" 1.00\n0 Complete\n"), "{said}");
    assert!(said.ends_with("\nDone"), "{said}");
    server.wait_for_closed(1);
}

#[test]
fn an_answer_that_came_to_its_end_is_read_to_its_end() {
    let whole = format!(
        "{CHUNK}data: {{\"choices\":[{{\"index\":0,\"text\":\"\",\"finish_reason\":\"stop\"}}]}}\n\ndata: [DONE]\n\n"
    );
    let server = Server::start(vec![Reply::Chunks(SSE, byte_by_byte(&whole))]);
    let world = World::on("openai:m@URL", &server);
    let said = world.complete(&question(Length::Line));
    assert!(said.ends_with("\nDone"), "{said}");
}

#[test]
fn who_is_cancelled_before_asking_sends_nothing() {
    let server = Server::start(Vec::new());
    let world = World::on("openai:m@URL", &server);
    let cancel = CancelToken::new();
    cancel.cancel();
    let said = complete(&world.engine(), &question(Length::Line), &cancel);
    assert_eq!(said, "Cancelled");
    assert!(server.asked().is_empty() && world.books.read().is_empty());
}

#[test]
fn a_server_that_has_forgotten_its_limit_is_closed() {
    let wide = format!(
        "data: {{\"content\":\"{}\",\"stop\":false}}\n\n",
        "x".repeat(500)
    );
    let server = Server::start(vec![Reply::Held(SSE, vec![wide.into_bytes(); 9])]);
    let mut settings = crate::world::settings("llama-server:URL", &server.url);
    settings.max_answer_tokens = 64;
    let said = World::new(settings).complete(&question(Length::Line));
    assert!(
        said.contains("0 Length\n") && said.ends_with("Done"),
        "{said}"
    );
    server.wait_for_closed(1);
}
