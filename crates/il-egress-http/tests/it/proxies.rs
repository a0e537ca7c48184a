//! Through a proxy to everywhere but this machine.

use il_egress::{Secret, Trouble};
use il_egress_http::{Egress, Proxy};

use crate::server::{Server, door_with, get, outcome};

fn through(url: &str) -> Egress {
    door_with(|it| it.proxy = Proxy::Named(Secret::new(url)))
}

#[test]
fn a_named_proxy_is_asked_for_other_machines_with_its_password() {
    let proxy = Server::start(|line| {
        line.tells_request();
        line.says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
    });
    let door = through(&format!("http://me:secret@127.0.0.1:{}", proxy.port));
    let found = outcome(&door, get("http://far.invalid/a?b=c"));
    assert_eq!(found, Ok((200, "hi".to_owned())));
    let heard = proxy.hears();
    assert!(
        heard.starts_with("get http://far.invalid/a?b=c http/1.1\r\n"),
        "{heard}"
    );
    assert!(
        heard.contains("proxy-authorization: basic bwu6c2vjcmv0\r\n"),
        "{heard}"
    );
}

#[test]
fn a_secure_connection_is_asked_for_as_a_tunnel() {
    let proxy = Server::start(|line| {
        line.tells_request();
        line.says("HTTP/1.1 407 Authenticate\r\ncontent-length: 0\r\n\r\n");
    });
    let door = through(&format!("http://127.0.0.1:{}", proxy.port));
    let found = outcome(&door, get("https://far.invalid/a")).expect_err("no tunnel");
    assert!(
        proxy
            .hears()
            .starts_with("connect far.invalid:443 http/1.1\r\n")
    );
    let expected = format!(
        "`127.0.0.1:{} (the proxy)` cannot be asked: it lets nobody through to `far.invalid`; \
         perhaps it wants a user and password",
        proxy.port
    );
    assert_eq!(found.to_string(), expected);
}

#[test]
fn this_machine_is_never_asked_through_a_proxy() {
    let proxy = Server::start(|line| line.tells_request());
    let server = Server::start(|line| {
        line.tells_request();
        line.says("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    });
    let door = through(&format!("http://127.0.0.1:{}", proxy.port));
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}/x", server.port);
        assert!(outcome(&door, get(&url)).is_ok());
        assert!(server.hears().starts_with("get /x"));
    }
    assert!(proxy.heard_nothing());
}

#[test]
fn a_proxy_that_is_not_there_is_what_is_named() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = server.local_addr().expect("an address").port();
    drop(server);
    let door = through(&format!("http://127.0.0.1:{port}"));
    let found = outcome(&door, get("http://far.invalid/"));
    let name = format!("127.0.0.1:{port} (the proxy)");
    assert_eq!(found, Err(Trouble::NothingListens(name)));
}
