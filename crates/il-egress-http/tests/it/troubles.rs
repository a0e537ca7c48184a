//! Every way in which there is no answer, or only half of one, over real sockets.

use std::{net::TcpListener, time::Duration};

use il_egress::{CancelToken, Patience, Request, Trouble};

use crate::server::{LONG, Line, Server, asks, door, get, outcome};

const SHORT: Duration = Duration::from_millis(30);

/// The trouble, with the server's address written `S`.
#[track_caller]
fn check(act: impl Fn(&mut Line) + Send + Sync + Clone + 'static, expected: &str) {
    let server = Server::start(act);
    let said = said(&server.url(), Patience::default());
    assert_eq!(
        said.replace(&format!("127.0.0.1:{}", server.port), "S"),
        expected
    );
}

fn said(url: &str, patience: Patience) -> String {
    let request = Request {
        patience,
        ..get(url)
    };
    outcome(&door(), request).expect_err("trouble").to_string()
}

fn unused_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[test]
fn where_nothing_listens_is_said() {
    let url = format!("http://127.0.0.1:{}/x", unused_port());
    let found = outcome(&door(), get(&url));
    assert!(
        matches!(found, Err(Trouble::NothingListens(_))),
        "{found:?}"
    );
}

#[test]
fn a_host_that_there_is_not_is_said() {
    let found = outcome(&door(), get("http://nobody.invalid:81/x"));
    let expected = Trouble::Unreachable("nobody.invalid:81".to_owned());
    assert_eq!(found, Err(expected));
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for() {
    let server = Server::start(|line| {
        line.request();
        line.stays();
    });
    let patience = Patience {
        connect: SHORT,
        first_byte: SHORT,
        between: LONG,
    };
    let said = said(&server.url(), patience);
    assert!(said.ends_with("did not answer within 1 s"), "{said}");
}

#[test]
fn a_connection_that_is_not_accepted_is_not_waited_for() {
    // The connection is there, but nobody answers the greeting.
    let server = Server::start(Line::stays);
    let url = format!("https://127.0.0.1:{}/x", server.port);
    let patience = Patience {
        connect: SHORT,
        first_byte: LONG,
        between: LONG,
    };
    let said = said(&url, patience);
    assert!(
        said.ends_with("did not accept a connection within 1 s"),
        "{said}"
    );
}

#[test]
fn a_body_that_stops_is_not_waited_for_and_its_connection_is_closed() {
    let server = Server::start(|line| {
        line.request();
        line.says("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
        line.tells_how_it_ends();
    });
    let request = Request {
        patience: Patience {
            between: SHORT,
            ..Patience::default()
        },
        ..get(&server.url())
    };
    let mut answer = asks(&door(), request).expect("an answer");
    let cancel = CancelToken::new();
    assert_eq!(answer.body.next(&cancel), Ok(Some(b"abc".to_vec())));
    let found = answer.body.next(&cancel).expect_err("too slow");
    assert!(found.to_string().ends_with("did not go on within 1 s"));
    assert_eq!(server.hears(), "closed");
}

#[test]
fn what_breaks_off_is_said_wherever_it_breaks() {
    let broke = "`S` broke the connection off";
    check(|line| drop(line.request()), broke);
    check(
        |line| {
            line.request();
            line.says("HTTP/1.1 200 OK\r\ncontent-le");
        },
        broke,
    );
    for head in ["content-length: 9", "transfer-encoding: chunked"] {
        check(
            move |line| {
                line.request();
                line.says(&format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n5\r\nab"));
            },
            broke,
        );
    }
}

#[test]
fn a_half_closed_connection_is_a_broken_one() {
    for said in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"] {
        check(
            move |line| {
                line.request();
                line.says(said);
                line.ends_writing();
                line.stays();
            },
            "`S` broke the connection off",
        );
    }
}

#[test]
fn what_does_not_speak_http_is_said_and_not_repeated() {
    check(
        |line| {
            line.request();
            line.says("SSH-2.0-hidden\r\n\r\n");
            line.stays();
        },
        "`S` cannot be asked: it does not speak HTTP there",
    );
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    let server = Server::start(|line| {
        line.request();
        line.says("HTTP/1.1 200 OK\r\n\r\n");
        for _ in 0..100 {
            line.says(&"x".repeat(1000));
        }
        line.tells_how_it_ends();
    });
    let answer = asks(&door(), get(&server.url())).expect("an answer");
    let found = answer.bytes(5000, &CancelToken::new());
    assert_eq!(found, Err(Trouble::Endless { limit: 5000 }));
}
