//! Asking again, leaving alone, taking turns, asking twice.
//!
//! The one idea: time stands still unless somebody sleeps, so how long was waited is a list of numbers.
//!
//! Deliberately absent: real time.

use std::{sync::Arc, thread, time::Duration};

use il_engine::{CancelToken, Length, Priority};
use il_engine_remote::{RemoteEngine, Settings};

use crate::{
    server::{Reply, Server, byte_by_byte, status},
    world::{World, complete, conversation, guard, question, settings},
};

const SSE: &str = "text/event-stream";
const GOOD: &str = "data: {\"choices\":[{\"text\":\"ab\",\"index\":0,\"delta\":{\"content\":\"ab\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

fn good() -> Reply {
    Reply::Chunks(SSE, byte_by_byte(GOOD))
}

fn world(server: &Server, change: impl FnOnce(&mut Settings)) -> World {
    let mut settings = settings("openai:m@URL", &server.url);
    change(&mut settings);
    World::new(settings)
}

/// What becomes of these replies to one conversation: how often it was asked, how long was waited, how it ended.
#[track_caller]
fn chats(replies: Vec<Reply>, requests: usize, slept: &[u128], ends: &str) {
    let server = Server::start(replies);
    let world = world(&server, |_| {});
    let said = world.chat(&conversation());
    assert!(said.ends_with(ends), "{said}");
    assert_eq!(server.asked().len(), requests);
    assert_eq!(world.clock.slept(), slept);
    assert_eq!(world.books.read().len(), 1);
}

#[test]
fn what_may_pass_is_asked_again() {
    for code in [429, 500, 502, 503, 504] {
        chats(vec![status(code, "", ""), good()], 2, &[250], "Done");
    }
    let two = vec![status(500, "", ""), status(502, "", ""), good()];
    chats(two, 3, &[250, 500], "Done");
}

#[test]
fn a_connection_that_was_closed_before_an_answer_is_made_anew_at_once() {
    let closed = || Reply::Bytes(Vec::new());
    chats(vec![closed(), good()], 2, &[], "Done");
    chats(vec![closed(), closed(), good()], 3, &[250], "Done");
    let server = Server::start(vec![closed(), good()]);
    let world = world(&server, |it| (it.limits.tries, it.limits.failures) = (1, 1));
    let said = world.complete(&question(Length::Line));
    assert!(said.ends_with("Done"), "{said}");
    // It was no failure of the server, and nothing is charged for it.
    assert!(world.complete(&question(Length::Line)).contains("(410)"));
    assert_eq!(
        world.books.read(),
        ["prompt 40 cached 0 answer 1 estimated", "unused"]
    );
}

#[test]
fn what_does_not_pass_is_not_asked_again() {
    for code in [400, 401, 403, 404, 413] {
        let replies = vec![status(code, "", ""), good()];
        let server = Server::start(replies);
        world(&server, |_| {}).chat(&conversation());
        assert_eq!(server.asked().len(), 1, "{code}");
    }
}

#[test]
fn after_the_first_byte_nothing_is_asked_again() {
    let half = "data: {\"choices\":[{\"delta\":{\"content\":\"ab\"},\"index\":0}]}\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let cut = Reply::Bytes(format!("{head}{half}").into_bytes());
    let ends = "ask again, and look into the server's log if it stays so";
    chats(vec![cut, good()], 1, &[], ends);
}

#[test]
fn what_the_server_asks_for_is_waited_up_to_a_limit() {
    let asks = |value: &str| status(503, &format!("retry-after: {value}\r\n"), "");
    chats(vec![asks("3"), good()], 2, &[3250], "Done");
    let date = asks("Sun, 06 Nov 1994 08:49:42 GMT");
    chats(vec![date, good()], 2, &[5250], "Done");
    let long = "overloaded or not ready (503): it wants to be asked again in 21 s";
    chats(vec![asks("21"), good()], 1, &[], long);
}

#[test]
fn at_the_cursor_it_is_asked_again_only_while_it_matters() {
    let server = Server::start(vec![status(500, "", ""); 9]);
    let world = world(&server, |it| it.limits.tries = 9);
    world.complete(&question(Length::Line));
    // 250 + 500 ms; one second more would be too late.
    assert_eq!(world.clock.slept(), [250, 500]);
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_server_that_fails_again_and_again_is_left_alone() {
    let mut replies = vec![status(500, "", ""); 5];
    replies.push(good());
    let server = Server::start(replies);
    let world = world(&server, |it| it.limits.tries = 1);
    for _ in 0..5 {
        world.complete(&question(Length::Line));
    }
    let said = world.complete(&question(Length::Line));
    let said = said.replace(&server.url["http://".len()..], "HOST");
    assert_eq!(
        said,
        "not ready: `HOST` is left alone and asked again in 30 s: `m` at `HOST` fails (500): ask again; its server's log or status page says why"
    );
    assert_eq!(server.asked().len(), 5);
    world.clock.pass(Duration::from_secs(30));
    let said = world.complete(&question(Length::Line));
    assert!(said.ends_with("Done"), "{said}");
}

#[test]
fn a_server_that_wants_to_be_left_alone_is() {
    let busy = status(429, "retry-after: 40\r\n", "");
    let server = Server::start(vec![busy, good()]);
    let world = world(&server, |_| {});
    world.complete(&question(Length::Line));
    let said = world.complete(&question(Length::Line));
    assert!(said.contains("asked again in 40 s"), "{said}");
    assert_eq!(server.asked().len(), 1);
    world.clock.pass(Duration::from_secs(40));
    let said = world.complete(&question(Length::Line));
    assert!(said.ends_with("Done"), "{said}");
}

#[test]
fn a_wrong_key_says_nothing_about_the_servers_health() {
    let server = Server::start(vec![status(401, "", ""); 9]);
    let world = world(&server, |_| {});
    for _ in 0..9 {
        world.complete(&question(Length::Line));
    }
    assert_eq!(server.asked().len(), 9);
}

#[test]
fn no_more_than_so_many_at_a_time_and_who_types_goes_first() {
    let server = Server::start(vec![Reply::Silence, good(), good()]);
    let world = world(&server, |it| it.limits.concurrency = 1);
    let engine = Arc::new(world.engine());
    let ask = |priority, name: &'static str, token: &CancelToken| {
        let (engine, token) = (Arc::clone(&engine), token.clone());
        thread::spawn(move || {
            let mut question = question(Length::Line);
            question.priority = priority;
            let mut context = (**question.context.as_ref().expect("one")).clone();
            context.begun = name.into();
            question.context = Some(Arc::new(context));
            complete(engine.as_ref(), &question, &token)
        })
    };
    let (first, never, other) = (CancelToken::new(), CancelToken::new(), CancelToken::new());
    let holding = ask(Priority::Interactive, "holds", &first);
    server.wait_for_requests(1);
    let given_up = ask(Priority::Interactive, "given up", &never);
    world.books.wait_for_questions(2);
    never.cancel();
    assert_eq!(given_up.join().expect("no panic"), "Cancelled");
    let ahead = ask(Priority::Speculative, "ahead", &other);
    let typing = ask(Priority::Interactive, "types", &other);
    world.books.wait_for_questions(4);
    // Both had time to come to the queue, or without one to the server.
    thread::sleep(Duration::from_millis(100));
    assert_eq!(server.asked().len(), 1);
    first.cancel();
    for it in [holding, ahead, typing] {
        it.join().expect("no panic");
    }
    let asked = server.asked();
    let begun = |word: &str| asked.iter().position(|it| it.1.contains(word));
    assert_eq!((begun("types"), begun("ahead")), (Some(1), Some(2)));
    assert_eq!(begun("given up"), None);
}

#[test]
fn two_models_of_a_provider_take_turns() {
    let server = Server::start(vec![Reply::Silence, good()]);
    let one = world(&server, |it| it.limits.concurrency = 1);
    let other = il_engine_remote::Endpoint::new(
        settings("openai:n@URL", &server.url),
        Arc::new(crate::wire::Wire),
    );
    let other = other.expect("it can work").sharing_limits_of(&one.endpoint);
    let other = RemoteEngine::new(Arc::new(other), guard()).expect("it can work");
    let (engine, token) = (one.engine(), CancelToken::new());
    let mine = token.clone();
    let first = thread::spawn(move || complete(&engine, &question(Length::Line), &mine));
    server.wait_for_requests(1);
    let second =
        thread::spawn(move || complete(&other, &question(Length::Line), &CancelToken::new()));
    token.cancel();
    assert_eq!(first.join().expect("no panic"), "Cancelled");
    assert!(second.join().expect("no panic").ends_with("Done"));
}

#[test]
fn when_the_first_is_late_a_second_is_asked_and_the_loser_closed() {
    let mut replies = vec![good(); 20];
    replies.extend([Reply::Silence, good()]);
    let server = Server::start(replies);
    let world = world(&server, |it| it.limits.hedge = true);
    // Enough to know what late is: on a clock that stands still, at once.
    for _ in 0..20 {
        world.complete(&question(Length::Line));
    }
    let said = world.complete(&question(Length::Line));
    assert!(said.ends_with("Done"), "{said}");
    server.wait_for_closed(1);
    assert_eq!(server.asked().len(), 22);
    // Both prompts may be charged.
    let last = world.books.read().pop();
    assert_eq!(
        last.as_deref(),
        Some("prompt 80 cached 0 answer 1 estimated")
    );
}

#[test]
fn without_hedging_the_first_is_waited_for() {
    let mut replies = vec![good(); 20];
    replies.push(Reply::Silence);
    let server = Server::start(replies);
    let world = world(&server, |_| {});
    for _ in 0..20 {
        world.complete(&question(Length::Line));
    }
    let (engine, token) = (world.engine(), CancelToken::new());
    let mine = token.clone();
    let asking = thread::spawn(move || complete(&engine, &question(Length::Line), &mine));
    server.wait_for_requests(21);
    token.cancel();
    assert_eq!(asking.join().expect("no panic"), "Cancelled");
    assert_eq!(server.asked().len(), 21);
}

#[test]
fn a_model_that_takes_no_temperature_is_asked_without_one_from_then_on() {
    let body = r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0 with this model.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}"#;
    let refused = status(400, "content-type: application/json\r\n", body);
    let server = Server::start(vec![refused.clone(), good(), good(), refused]);
    let world = world(&server, |_| {});
    for _ in 0..2 {
        assert!(world.chat(&conversation()).ends_with("Done"));
    }
    let asked = server.asked();
    let warm: Vec<bool> = asked
        .iter()
        .map(|it| it.1.contains("temperature"))
        .collect();
    assert_eq!(warm, [true, false, false]);
    let said = world.chat(&conversation());
    assert!(
        said.contains("takes no `temperature` but its own"),
        "{said}"
    );
}
