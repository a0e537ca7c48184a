//! Whoever stops listening closes the connection, and the server sees it.

use std::thread;

use il_egress::{CancelToken, Transport as _, Trouble};

use crate::server::{Line, Server, asks, door, get, post};

fn begins(line: &mut Line) {
    line.request();
    line.says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n");
    line.tells_how_it_ends();
}

#[test]
fn dropping_a_body_closes_the_connection() {
    let server = Server::start(begins);
    let door = door();
    let mut answer = asks(&door, post(&server.url(), "{}")).expect("an answer");
    assert!(answer.body.next(&CancelToken::new()).is_ok());
    assert!(server.heard_nothing());
    drop(answer);
    assert_eq!(server.hears(), "closed");
}

#[test]
fn cancelling_between_two_pieces_closes_the_connection() {
    let server = Server::start(begins);
    let door = door();
    let cancel = CancelToken::new();
    let mut answer = asks(&door, get(&server.url())).expect("an answer");
    assert!(answer.body.next(&cancel).is_ok());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| answer.body.next(&cancel));
        cancel.cancel();
        assert_eq!(waiting.join().expect("no panic"), Err(Trouble::Cancelled));
    });
    // The answer is still held: it was the cancelling that closed.
    assert_eq!(server.hears(), "closed");
    assert_eq!(answer.body.next(&CancelToken::new()), Ok(None));
}

#[test]
fn cancelling_before_an_answer_closes_the_connection() {
    let server = Server::start(|line| {
        line.tells_request();
        line.tells_how_it_ends();
    });
    let door = door();
    let cancel = CancelToken::new();
    let request = get(&server.url());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| door.send(request, &cancel));
        server.hears();
        cancel.cancel();
        let found = waiting.join().expect("no panic").err();
        assert_eq!(found, Some(Trouble::Cancelled));
    });
    assert_eq!(server.hears(), "closed");
}

#[test]
fn what_is_cancelled_already_is_not_sent() {
    let server = Server::start(|line| line.tells("somebody"));
    let door = door();
    let cancel = CancelToken::new();
    cancel.cancel();
    let found = door.send(get(&server.url()), &cancel).err();
    assert_eq!(found, Some(Trouble::Cancelled));
    assert!(server.heard_nothing() && door.counts()[0].requests == 0);
}
