//! Requests and answers as they are on the wire.

use il_egress::{CancelToken, Header, Method, Request, Secret, Trouble};

use crate::server::{Server, asks, door, get, outcome, post};

#[test]
fn a_request_is_written_as_it_is_described() {
    let server = Server::start(|line| {
        let request = line.request();
        line.tells(request);
        line.says("HTTP/1.1 200 OK\r\nX-Thing: Yes\r\ncontent-length: 2\r\n\r\nhi");
    });
    let key = Secret::new("sk-1").bearer().expect("a key");
    let request = Request {
        headers: vec![
            ("authorization", Header::Secret(key)),
            ("content-type", Header::Plain("application/json".to_owned())),
        ],
        ..post(&server.url(), "{\"a\":1}")
    };
    let answer = asks(&door(), request).expect("an answer");
    assert_eq!(
        (answer.status, answer.header("x-thing")),
        (200, Some("Yes"))
    );
    let body = answer.bytes(10, &CancelToken::new());
    assert_eq!(body.as_deref(), Ok(b"hi".as_slice()));
    let heard = server.hears();
    assert!(heard.starts_with("post /x http/1.1\r\n"), "{heard}");
    for part in [
        "authorization: bearer sk-1\r\n",
        "content-type: application/json\r\n",
        "content-length: 7\r\n",
        "user-agent: interline/",
        "\r\n\r\n{\"a\":1}",
    ] {
        assert!(heard.contains(part), "{part} in {heard}");
    }
    for part in ["accept-encoding", "cookie", "referer"] {
        assert!(!heard.contains(part), "{part} in {heard}");
    }
}

#[test]
fn a_key_that_would_break_the_header_is_not_sent() {
    let server = Server::start(|line| line.tells(line.number.to_string()));
    let request = Request {
        headers: vec![("x-key", Header::Secret(Secret::new("hidden\nx: y")))],
        ..get(&server.url())
    };
    let error = asks(&door(), request).expect_err("refused");
    assert!(matches!(error, Trouble::Other(..)), "{error:?}");
    assert!(!error.to_string().contains("hidden") && server.heard_nothing());
}

#[test]
fn no_answer_leads_elsewhere() {
    for status in [204, 301, 302, 307, 404, 429, 500] {
        let server = Server::start(move |line| {
            line.tells_request();
            line.says(&format!(
                "HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\nretry-after: 3\r\ncontent-length: 0\r\n\r\n"
            ));
            line.stays();
        });
        let answer = asks(&door(), get(&server.url())).expect("an answer");
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (status, Some("3"))
        );
        server.hears();
        assert!(server.heard_nothing(), "{status} was followed");
    }
}

#[test]
fn a_head_has_no_body() {
    let server = Server::start(|line| {
        line.tells_request();
        line.says("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n");
        line.stays();
    });
    let request = Request {
        method: Method::Head,
        ..get(&server.url())
    };
    assert_eq!(outcome(&door(), request), Ok((200, String::new())));
    assert!(server.hears().starts_with("head /x"));
}

#[test]
fn an_answer_may_come_in_single_bytes_and_in_chunks() {
    let server = Server::start(|line| {
        line.request();
        let text =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        for byte in text.chars() {
            line.says(&byte.to_string());
        }
        line.stays();
    });
    assert_eq!(
        outcome(&door(), get(&server.url())),
        Ok((200, "abcde".to_owned()))
    );
}

#[test]
fn a_piece_is_there_before_the_next_is_written() {
    let server = Server::start(|line| {
        line.request();
        line.says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na");
        line.request();
    });
    let cancel = CancelToken::new();
    let mut answer = asks(&door(), get(&server.url())).expect("an answer");
    assert_eq!(answer.body.next(&cancel), Ok(Some(b"a".to_vec())));
}

#[test]
fn one_connection_serves_many_requests_until_the_server_closes_it() {
    let server = Server::start(|line| {
        // Who closes without a word may do so while it is being asked.
        for last in ["", "connection: close\r\n"] {
            if line.request().is_empty() {
                return;
            }
            line.tells(line.number.to_string());
            line.says(&format!(
                "HTTP/1.1 200 OK\r\n{last}content-length: 1\r\n\r\na"
            ));
        }
    });
    let door = door();
    // A connection is free a moment after its answer was read; who asks sooner may get another.
    let mut lines: Vec<String> = Vec::new();
    let is_reused = |lines: &[String]| lines.windows(2).any(|it| it[0] == it[1]);
    while !(is_reused(&lines) && lines.last() != lines.first()) {
        assert!(lines.len() < 100, "no connection is used again: {lines:?}");
        let found = outcome(&door, post(&server.url(), "{}"));
        assert_eq!(found, Ok((200, "a".to_owned())));
        lines.push(server.hears());
    }
}
