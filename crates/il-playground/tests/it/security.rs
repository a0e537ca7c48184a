//! What must be refused is refused, over raw sockets.

use std::net::{IpAddr, TcpStream, UdpSocket};

use crate::{
    fixture::{Fixture, ORDERS},
    http::{get, raw, with_token},
};

#[test]
fn the_api_needs_the_token() {
    let fixture = Fixture::start();
    let right = format!("Bearer {}", fixture.token());
    let token_in_another_case = right.to_uppercase().replace("BEARER", "Bearer");
    for target in ["/api/files", "/api/file?path=README.md", "/api/status"] {
        assert_eq!(
            get(&fixture, target, &[("Authorization", &right)]).status,
            200,
            "{target}"
        );
        assert_eq!(
            get(&fixture, target, &[]).verdict(),
            "401 token",
            "{target}"
        );
        // In the address it is for the page only.
        let in_address = format!(
            "{target}{}token={}",
            if target.contains('?') { '&' } else { '?' },
            fixture.token()
        );
        assert_eq!(
            get(&fixture, &in_address, &[]).verdict(),
            "401 token",
            "{target}"
        );
        for wrong in [
            "Bearer ",
            "Bearer 0",
            "Basic x",
            fixture.token(),
            &right[..right.len() - 1],
            &token_in_another_case,
        ] {
            assert_eq!(
                get(&fixture, target, &[("Authorization", wrong)]).verdict(),
                "401 token",
                "{target} {wrong}"
            );
        }
        let twice = [
            ("Authorization", right.as_str()),
            ("Authorization", "Bearer 0"),
        ];
        assert_eq!(
            get(&fixture, target, &twice).verdict(),
            "401 token",
            "{target}"
        );
    }
}

#[test]
fn the_page_needs_the_token_too() {
    let fixture = Fixture::start();
    assert_eq!(get(&fixture, "/", &[]).status, 401);
    assert_eq!(get(&fixture, "/?token=", &[]).status, 401);
    assert_eq!(get(&fixture, "/?token=00", &[]).status, 401);
    let page = get(&fixture, &format!("/?token={}", fixture.token()), &[]);
    // 503 says that the binary was built without the page.
    assert!([200, 503].contains(&page.status), "{}", page.status);
    assert!(
        !page.body.contains(fixture.token()),
        "the page's text carries the token"
    );
}

#[test]
fn two_playgrounds_have_two_tokens() {
    let (one, other) = (Fixture::start(), Fixture::start());
    assert_ne!(one.token(), other.token());
    assert!(one.token().len() * 4 >= 128);
    let foreign = format!("Bearer {}", other.token());
    assert_eq!(
        get(&one, "/api/files", &[("Authorization", &foreign)]).verdict(),
        "401 token"
    );
}

#[test]
fn foreign_hosts_are_refused() {
    let fixture = Fixture::start();
    let port = fixture.port();
    let ask = |target: &str, host: &str| {
        let token = fixture.token();
        let request = format!(
            "GET {target} HTTP/1.1\r\n{host}Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        raw(port, &request).verdict()
    };
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
    ] {
        assert_eq!(
            ask("/api/files", &format!("Host: {host}\r\n")),
            "200",
            "{host}"
        );
    }
    for host in [
        "rebound.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.example",
        "0.0.0.0",
        "",
    ] {
        assert_eq!(
            ask("/api/files", &format!("Host: {host}\r\n")),
            "403 host",
            "{host}"
        );
        assert_eq!(
            ask("/api/files", &format!("Host: {host}:{port}\r\n")),
            if host == "127.0.0.1" {
                "200"
            } else {
                "403 host"
            },
            "{host}"
        );
        assert_eq!(
            ask("/assets/app.js", &format!("Host: {host}\r\n")),
            "403 host",
            "{host}"
        );
    }
    assert_ne!(ask("/api/files", ""), "200");
    let both = format!("Host: 127.0.0.1:{port}\r\nHost: rebound.example\r\n");
    assert_ne!(ask("/api/files", &both), "200");
    assert_eq!(
        ask(
            &format!("http://rebound.example:{port}/api/files"),
            &format!("Host: 127.0.0.1:{port}\r\n")
        ),
        "403 host"
    );
}

#[test]
fn foreign_origins_are_refused() {
    let fixture = Fixture::start();
    let port = fixture.port();
    let token = format!("Bearer {}", fixture.token());
    let ask = |origin: &str| {
        get(
            &fixture,
            "/api/files",
            &[("Authorization", &token), ("Origin", origin)],
        )
        .verdict()
    };
    assert_eq!(ask(&format!("http://127.0.0.1:{port}")), "200");
    assert_eq!(ask(&format!("http://localhost:{port}")), "200");
    for origin in [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        "file://",
        "http://127.0.0.1:1",
    ] {
        assert_eq!(ask(origin), "403 origin", "{origin}");
    }
    assert_eq!(ask(&format!("https://127.0.0.1:{port}")), "403 origin");
}

#[test]
fn it_only_reads() {
    let fixture = Fixture::start();
    let port = fixture.port();
    let token = fixture.token();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let request = format!(
            "{method} /api/file?path=README.md HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(raw(port, &request).verdict(), "405 method", "{method}");
    }
}

#[test]
fn no_file_outside_the_list_is_read() {
    let fixture = Fixture::start();
    let ask = |path: &str| with_token(&fixture, &format!("/api/file?path={path}")).verdict();
    assert_eq!(ask("src/orders.py"), "200");
    assert_eq!(ask("src%2Forders.py"), "200");
    assert_eq!(
        ask("a%20file,%20with%20100%25%20odd%20n%C3%A4me.txt"),
        "200"
    );
    for path in [
        "../outside.txt",
        "src/../../outside.txt",
        "%2e%2e/outside.txt",
        "%2e%2e%2foutside.txt",
        "..%2foutside.txt",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "//etc/passwd",
        "..\\outside.txt",
        "..%5coutside.txt",
        "C:%5Cwindows",
        "README.md%00.png",
        "README.md%0a",
        ".",
        "",
        "./README.md",
        "src//orders.py",
    ] {
        assert_eq!(ask(path), "400 path", "{path}");
    }
    for path in [
        "%252e%252e%252foutside.txt",
        ".env",
        ".ENV",
        "gone.txt",
        "..;/outside.txt",
        "%EF%BC%8E%EF%BC%8E/outside.txt",
    ] {
        assert_eq!(ask(path), "404 not-listed", "{path}");
    }
    // Not UTF-8, no path, two paths.
    assert_eq!(ask("%ff%fe"), "404 not-listed");
    assert_eq!(with_token(&fixture, "/api/file").verdict(), "400 path");
    assert_eq!(ask("README.md&path=../outside.txt"), "400 path");
    // The target of a request is no path on disk either.
    for target in [
        "/../outside.txt",
        "/assets/../../outside.txt",
        "/assets/..%2f..%2foutside.txt",
        "/assets/%2e%2e",
        "/src/orders.py",
        "//",
    ] {
        assert_eq!(with_token(&fixture, target).status, 404, "{target}");
    }
    #[cfg(unix)]
    assert_eq!(ask("link.txt"), "403 leads-away");
    assert!(fixture.outer.path().join("outside.txt").exists());
}

#[test]
fn what_is_listed_can_be_read_and_secrets_are_not_listed() {
    let fixture = Fixture::start();
    let files: serde_json::Value =
        serde_json::from_str(&with_token(&fixture, "/api/files").body).unwrap();
    let paths: Vec<&str> = files["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|path| path.as_str().unwrap())
        .collect();
    assert!(paths.is_sorted());
    assert!(paths.contains(&"src/orders.py"));
    assert!(!paths.iter().any(|path| path.contains(".env")));
    let file: serde_json::Value =
        serde_json::from_str(&with_token(&fixture, "/api/file?path=src/orders.py").body).unwrap();
    assert_eq!(file["text"], ORDERS);
    assert_eq!(file["language"], "python");
    let status: serde_json::Value =
        serde_json::from_str(&with_token(&fixture, "/api/status").body).unwrap();
    assert_eq!(status["open"], "src/orders.py");
    assert_eq!(status["name"], "shop");
}

#[test]
fn every_answer_is_hardened() {
    let fixture = Fixture::start();
    let token = fixture.token();
    for target in [
        "/",
        &format!("/?token={token}"),
        "/api/files",
        "/assets/app.js",
        "/nothing",
        "/ws",
    ] {
        let answer = get(&fixture, target, &[]);
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{target}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{target}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{target}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{target}"
        );
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{target}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{target}: {policy}");
    }
}

#[test]
fn it_listens_on_loopback_only() {
    let fixture = Fixture::start();
    assert!(fixture.running.address().ip().is_loopback());
    // An address of this machine that is not the loopback one, if it has any. Nothing is sent.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let outward = socket
        .connect("192.0.2.1:9")
        .and_then(|()| socket.local_addr());
    if let Ok(address) = outward
        && !address.ip().is_loopback()
        && address.ip() != IpAddr::from([0, 0, 0, 0])
    {
        assert!(TcpStream::connect((address.ip(), fixture.port())).is_err());
    }
}

#[test]
fn a_port_that_is_taken_and_a_root_that_is_none_are_said_clearly() {
    let fixture = Fixture::start();
    let start = |root: std::path::PathBuf, port: u16| {
        let server = crate::scripted_server::ScriptedServer::default();
        let playground = il_playground::Playground {
            root,
            files: std::sync::Arc::new(NoFiles),
            language_server: std::sync::Arc::new(server),
        };
        let options = il_playground::Options {
            port,
            ..Default::default()
        };
        il_playground::start(playground, options)
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let taken = start(fixture.outer.path().to_owned(), fixture.port()).unwrap_err();
    assert!(
        taken.starts_with(&format!("cannot listen on 127.0.0.1:{}", fixture.port())),
        "{taken}"
    );
    let file = start(fixture.outer.path().join("outside.txt"), 0).unwrap_err();
    assert!(file.contains("is not a directory"), "{file}");
    let gone = start(fixture.outer.path().join("gone"), 0).unwrap_err();
    assert!(gone.starts_with("cannot open the repository"), "{gone}");
}

struct NoFiles;

impl il_playground::Files for NoFiles {
    fn list(&self) -> anyhow::Result<il_playground::Listing> {
        anyhow::bail!("the disk is on fire")
    }

    fn language(&self, _: &str) -> String {
        "plaintext".to_owned()
    }
}

#[test]
fn after_stop_nothing_listens() {
    let Fixture { running, outer, .. } = Fixture::start();
    let port = running.address().port();
    running.stop().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    drop(outer);
}

#[test]
fn debug_prints_no_token() {
    let fixture = Fixture::start();
    assert!(!format!("{:?}", fixture.running).contains(fixture.token()));
}
