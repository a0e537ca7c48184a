//! What leaves is counted, and kept back where nothing may leave.

use il_egress::Trouble;
use il_egress_http::Count;

use crate::server::{Server, asks, door, door_with, get, outcome, post};

#[test]
fn requests_and_bytes_are_counted_by_host() {
    let server = Server::start(|line| {
        while !line.request().is_empty() {
            line.says("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc");
        }
    });
    let door = door();
    for _ in 0..2 {
        outcome(&door, post(&server.url(), "12345")).expect("an answer");
    }
    let expected = Count {
        host: format!("127.0.0.1:{}", server.port),
        requests: 2,
        refused: 0,
        sent: 10,
        received: 6,
    };
    assert_eq!(door.counts(), [expected]);
}

#[test]
fn where_nothing_may_leave_nothing_leaves_but_to_this_machine() {
    let server = Server::start(|line| {
        line.request();
        line.says("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    });
    let door = door_with(|it| it.forbidden = Some("the policy says so".to_owned()));
    for _ in 0..2 {
        let found = asks(&door, post("https://api.example/v1", "hidden")).err();
        let expected = Trouble::Forbidden("the policy says so".to_owned());
        assert_eq!(found, Some(expected));
    }
    assert!(outcome(&door, get(&server.url())).is_ok());
    let counts = door.counts();
    let elsewhere = counts.iter().find(|it| it.host == "api.example");
    let elsewhere = elsewhere.expect("it is counted");
    assert_eq!(
        (elsewhere.requests, elsewhere.refused, elsewhere.sent),
        (0, 2, 0)
    );
}

#[test]
fn a_door_prints_no_key_and_no_password() {
    let door = door_with(|it| {
        it.proxy = il_egress_http::Proxy::Named(il_egress::Secret::new("http://me:hidden@h:1")); // interline:allow
    });
    assert!(!format!("{door:?}").contains("hidden"));
}
