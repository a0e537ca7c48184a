//! Rules about Rust source files: headers, names, and what the pure layers must not touch.

use super::{
    Problem, SourceFile,
    graph::{Graph, Level},
};

/// Words that say nothing about what a file or crate is.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "manager", "helper", "helpers", "misc", "mod",
];

/// Calls that make a pure layer impure, with where they belong instead.
const IMPURE: &[(&str, &str)] = &[
    ("Instant::now", "time is given from outside"),
    ("SystemTime::now", "time is given from outside"),
    ("std::fs::", "files are read by adapters"),
    ("fs::read", "files are read by adapters"),
    ("std::env::var", "settings are given from outside"),
    ("std::net::", "sockets belong to the rim"),
    ("thread::sleep", "waiting is the caller's"),
    ("thread::spawn", "threads are the caller's"),
];
/// What would open a connection to somewhere else, or listen for one from there.
const OUTBOUND: &[&str] = &[
    "TcpStream::connect",
    "UdpSocket::bind",
    "ureq::",
    "reqwest::",
    "hyper::",
    "0.0.0.0",
];
/// The one way out: this crate may use this client, and nothing else of the above.
const WAY_OUT: (&str, &[&str]) = ("il-egress-http", &["reqwest::", "hyper::"]);
/// What a socket is made with, and who may name it: the server that binds loopback, and nobody else.
const SOCKETS: &[&str] = &[
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "UnixDatagram",
    "ToSocketAddrs",
    "tokio::net",
    "rustix::net",
    "libc::socket",
];
/// Binds loopback for its page.
const SERVERS: &[&str] = &["il-playground"];
/// The highest layer that must stay pure.
const PURE_UP_TO: u8 = 3;

pub(super) fn check(file: &SourceFile, graph: &Graph) -> Vec<Problem> {
    if !file.path.ends_with(".rs") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut report = |line: usize, text: String| {
        problems.push(Problem::new(format!("{}:{line}", file.path), text))
    };

    if !file.text.trim_start_matches('\u{feff}').starts_with("//!") {
        report(
            1,
            "no `//!` header: say what the module is, its one idea, and what it leaves out"
                .to_owned(),
        );
    }
    let stem = file
        .path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(".rs");
    if EMPTY_NAMES.contains(&stem) {
        report(
            1,
            format!(
                "a file named `{stem}` says nothing: name it after what it holds (`foo.rs` + `foo/`)"
            ),
        );
    }

    let Some(owner) = graph.owner(&file.path) else {
        return problems;
    };
    let is_test = file.path.ends_with("tests.rs");
    let in_src = file.path.starts_with(&format!("{}/src/", owner.folder));
    if in_src && owner.level != Some(Level::Dev) {
        for (idx, line) in production_lines(&file.text) {
            for call in OUTBOUND.iter().filter(|it| code(line).contains(**it)) {
                if owner.name != WAY_OUT.0 || !WAY_OUT.1.contains(call) {
                    report(
                        idx + 1,
                        format!(
                            "`{call}`: only `{}` opens connections, with `{}`, and servers bind loopback",
                            WAY_OUT.0, WAY_OUT.1[0]
                        ),
                    );
                }
            }
            if SERVERS.contains(&owner.name.as_str()) || is_test {
                continue;
            }
            for socket in SOCKETS.iter().filter(|it| code(line).contains(**it)) {
                let only = format!(
                    "`{socket}`: sockets belong to {} and to `{}`'s client",
                    SERVERS.join(", "),
                    WAY_OUT.0
                );
                report(idx + 1, only);
            }
        }
    }
    let pure = in_src
        && !is_test
        && matches!(owner.level, Some(Level::Layer(level)) if level <= PURE_UP_TO);
    if pure {
        for (idx, line) in production_lines(&file.text) {
            for (call, why) in IMPURE.iter().filter(|it| code(line).contains(it.0)) {
                report(idx + 1, format!("`{call}` in a pure layer: {why}"));
            }
        }
    }
    problems
}

/// A line without its comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Dependencies that no file of their crate names.
pub(super) fn unused(files: &[SourceFile], graph: &Graph) -> Vec<Problem> {
    let mut problems = Vec::new();
    for it in &graph.crates {
        let own = |file: &&SourceFile| file.path.starts_with(&format!("{}/", it.folder));
        let sources: Vec<&SourceFile> = files.iter().filter(own).collect();
        for name in it
            .depends_on
            .iter()
            .chain(&it.outside)
            .chain(&it.tests_with)
        {
            let word = name.replace('-', "_");
            let named =
                |file: &&SourceFile| file.path.ends_with(".rs") && file.text.contains(&word);
            if !sources.iter().any(named) {
                let text = format!("depends on `{name}` and never names it");
                problems.push(Problem::new(format!("{}/Cargo.toml", it.folder), text));
            }
        }
    }
    problems
}

/// Lines before the file's unit tests, with their 0-based numbers.
fn production_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|it| it.1.trim() != "#[cfg(test)]")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{super::graph::Crate, *};

    #[test]
    fn a_dependency_is_used() {
        let mut krate = krate("il-watch", 4);
        krate.outside = BTreeSet::from(["rustc-hash".to_owned(), "ignore".to_owned()]);
        let graph = Graph {
            crates: vec![krate],
        };
        let file = SourceFile {
            path: "crates/il-watch/src/lib.rs".to_owned(),
            text: "//! H.\nuse rustc_hash::FxHashMap;\n".to_owned(),
        };
        let found = unused(&[file], &graph);
        assert_eq!(
            found,
            [Problem::new(
                "crates/il-watch/Cargo.toml",
                "depends on `ignore` and never names it"
            )]
        );
    }

    fn krate(name: &str, level: u8) -> Crate {
        let none = BTreeSet::new;
        Crate {
            name: name.to_owned(),
            folder: format!("crates/{name}"),
            level: Some(Level::Layer(level)),
            depends_on: none(),
            tests_with: none(),
            links: none(),
            outside: none(),
        }
    }

    #[track_caller]
    fn finds(path: &str, text: &str, expected: &[&str]) {
        let graph = Graph {
            crates: vec![
                krate("il-complete", 3),
                krate("il-watch", 4),
                krate("il-embed-remote", 4),
                krate("il-egress-http", 4),
                krate("interline", 7),
            ],
        };
        let file = SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let found: Vec<String> = check(&file, &graph)
            .into_iter()
            .map(|it| format!("{} {}", it.place, it.text))
            .collect();
        let starts = found
            .iter()
            .zip(expected)
            .all(|(it, expected)| it.starts_with(expected));
        assert!(found.len() == expected.len() && starts, "{found:#?}");
    }

    #[test]
    fn every_file_has_a_header() {
        finds("crates/il-watch/src/a.rs", "//! What it is.\n", &[]);
        finds(
            "crates/il-watch/src/a.rs",
            "fn f() {}\n",
            &["crates/il-watch/src/a.rs:1 no `//!` header"],
        );
    }

    #[test]
    fn names_say_something() {
        finds(
            "crates/il-watch/src/utils.rs",
            "//! H.\n",
            &["crates/il-watch/src/utils.rs:1 a file named `utils`"],
        );
        finds(
            "crates/il-watch/src/a/mod.rs",
            "//! H.\n",
            &["crates/il-watch/src/a/mod.rs:1 a file named `mod`"],
        );
    }

    #[test]
    fn nothing_else_opens_an_outbound_connection() {
        let connects = "//! H.\nfn f() { TcpStream::connect(address); }\n";
        let asks = "//! H.\nuse reqwest::Client;\n";
        for folder in ["il-watch", "il-embed-remote", "interline"] {
            let path = format!("crates/{folder}/src/a.rs");
            let binds = "//! H.\nuse std::os::unix::net::UnixListener;\n";
            let place = format!("{path}:2 `UnixListener`: sockets belong to il-playground");
            finds(&path, binds, &[&place]);
            let only = "only `il-egress-http` opens connections";
            finds(
                &path,
                connects,
                &[
                    &format!("{path}:2 `TcpStream::connect`: {only}"),
                    &format!("{path}:2 `TcpStream`: sockets belong to"),
                ],
            );
            finds(&path, asks, &[&format!("{path}:2 `reqwest::`: {only}")]);
        }
        finds("crates/il-watch/tests/it/a.rs", connects, &[]);
    }

    #[test]
    fn the_one_way_out_is_one_client_in_one_crate() {
        finds(
            "crates/il-egress-http/src/a.rs",
            "//! H.\nuse reqwest::Client;\n",
            &[],
        );
        let place = "crates/il-egress-http/src/a.rs:2 `";
        for (call, expected) in [
            ("TcpStream::connect", &[place, place] as &[&str]),
            ("UdpSocket::bind", &[place, place]),
            ("ureq::get", &[place]),
        ] {
            let text = format!("//! H.\nfn f() {{ {call}(address); }}\n");
            finds("crates/il-egress-http/src/a.rs", &text, expected);
        }
    }

    #[test]
    fn pure_layers_have_no_clock_and_no_files() {
        let text = "//! H.\nfn f() { let _ = std::time::Instant::now(); }\n";
        finds(
            "crates/il-complete/src/a.rs",
            text,
            &["crates/il-complete/src/a.rs:2 `Instant::now` in a pure layer"],
        );
        finds("crates/il-watch/src/a.rs", text, &[]);
        let tested = "//! H.\n#[cfg(test)]\nmod tests { fn f() { std::time::Instant::now(); } }\n";
        finds("crates/il-complete/src/a.rs", tested, &[]);
    }
}
