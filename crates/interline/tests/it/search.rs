//! `interline search`: what is found, how it is shown, and everything that can be wrong with the question.

use std::fs;

use expect_test::{Expect, expect};

use crate::world::{Ran, World, left_out};

const CLIENT: &str = "\
import time


class HttpClient:
    \"\"\"Sends requests and keeps connections open.\"\"\"

    def __init__(self, session):
        self.session = session

    def send(self, request):
        return self.session.send(request)


def retry_with_backoff(call, attempts=3):
    \"\"\"Calls again after a failure, and waits twice as long each time.\"\"\"
    wait = 0.1
    for attempt in range(attempts):
        try:
            return call()
        except ConnectionError:
            time.sleep(wait)
            wait *= 2
    raise TimeoutError(\"gave up\")
";

const POOL: &str = "\
//! Connections that are open and wait for work.

/// A pool.
pub struct Pool {
    idle: Vec<Connection>,
}

impl Pool {
    /// Takes a connection out of the pool.
    pub fn take(&mut self) -> Option<Connection> {
        self.idle.pop()
    }
}
";

fn world() -> World {
    let world = World::empty();
    fs::create_dir(world.path(".git")).unwrap();
    world.write("app/client.py", CLIENT.as_bytes());
    world.write("src/pool.rs", POOL.as_bytes());
    world.write(
        "docs/guide.md",
        b"# Guide\n\nHow to wait for a connection.\n",
    );
    world
}

/// What is printed; figures of time as `#`.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "`expect![…]` reads best as a plain argument"
)]
fn check(world: &World, arguments: &[&str], expected: Expect) {
    let ran = world.run(&[&["search"], arguments].concat());
    let mut all = ran.all();
    if let Some(at) = all.rfind(" ms") {
        let start = all[..at].rfind(", ").unwrap();
        all.replace_range(start + 2..at, "#");
    }
    expected.assert_eq(&all);
}

#[test]
fn hits_are_a_few_lines_each_and_say_which_lists_found_them() {
    check(
        &world(),
        &["retry", "with", "backoff", "-k", "1", "--mode", "lexical"],
        expect![[r#"
            exit 0
            out: app/client.py:14  lexical 1
            out:    14 │ def retry_with_backoff(call, attempts=3):
            out:    15 │     """Calls again after a failure, and waits twice as long each time."""
            out:    16 │     wait = 0.1
            out:    17 │     for attempt in range(attempts):
            out:    18 │         try:
            err: 1 hit in 3 files, # ms
        "#]],
    );
    check(
        &world(),
        &["Pool", "--mode", "symbol"],
        expect![[r#"
            exit 0
            out: src/pool.rs:3  symbol 1
            out:     3 │ /// A pool.
            out:     4 │ pub struct Pool {
            out:     5 │     idle: Vec<Connection>,
            out:     6 │ }
            err: 1 hit in 3 files, # ms
        "#]],
    );
}

#[test]
fn what_is_not_there_is_said_with_a_hint() {
    check(
        &world(),
        &["zyzzyva", "--mode", "lexical"],
        expect![[r#"
            exit 1
            err: nothing found in 3 files
            err: → leave out `--mode` to look by words, by meaning and by name
        "#]],
    );
    check(
        &world(),
        &["pool", "--language", "python", "--mode", "lexical"],
        expect![[r#"
            exit 1
            err: nothing found in 3 files
            err: → leave out `--path` and `--language` to look everywhere
            err: → leave out `--mode` to look by words, by meaning and by name
        "#]],
    );
}

#[test]
fn programs_get_one_document_with_lines_from_one_on() {
    let ran = world().run(&["search", "take a connection out", "-k", "1", "--json"]);
    let document = ran.json();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(document["query"], "take a connection out");
    assert_eq!(document["mode"], "hybrid");
    assert!(document["took_ms"].is_number());
    let hit = &document["hits"][0];
    let names: Vec<&str> = hit
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "end_line",
            "kind",
            "line",
            "path",
            "ranks",
            "root",
            "score",
            "start_line",
            "symbol",
            "text"
        ]
    );
    assert_eq!(hit["path"], "src/pool.rs");
    let number = |name: &str| hit[name].as_u64().unwrap() as usize;
    let lines: Vec<&str> = POOL.lines().collect();
    let text = lines[number("start_line") - 1..number("end_line")].join("\n");
    assert_eq!(hit["text"].as_str().unwrap().trim_end(), text.trim_end());
    assert!((number("start_line")..=number("end_line")).contains(&number("line")));
    assert!(hit["ranks"]["lexical"].is_number(), "{hit}");
}

#[test]
fn every_way_of_looking_finds() {
    let world = world();
    for mode in ["hybrid", "lexical", "semantic", "symbol"] {
        let document = world
            .run(&["search", "HttpClient", "--mode", mode, "--json"])
            .json();
        assert_eq!(
            document["hits"][0]["path"], "app/client.py",
            "{mode}: {document}"
        );
        assert_eq!(document["mode"], mode);
    }
}

#[test]
fn paths_and_languages_narrow_a_search() {
    let world = world();
    for narrowed in [
        &["--path", "src"][..],
        &["--path", "*.rs"],
        &["--language", "rust"],
        &["--language", "rs"],
    ] {
        let ran = world.run(&[&["search", "connection", "--json"], narrowed].concat());
        let document = ran.json();
        let hits = document["hits"].as_array().unwrap();
        assert!(
            !hits.is_empty() && hits.iter().all(|it| it["path"] == "src/pool.rs"),
            "{document}"
        );
    }
}

#[test]
fn what_cannot_be_asked_is_a_usage_error() {
    let world = world();
    for (arguments, said) in [
        (&[][..], "QUERY"),
        (&[""], "nothing to search for"),
        (&["=>", "!"], "nothing to search for"),
        (&["x", "--path", "a[b"], "`a[b` is no path pattern"),
        (&["x", "--mode", "magic"], "invalid value 'magic'"),
        (
            &["x", "--language", "rsut"],
            "no language is called `rsut`: is it `rust`?",
        ),
        (&["x", "-k", "0"], "0 is not in 1..=1000"),
        (&["x", "--repo", "no/such"], "no such directory: `no/such`"),
        (
            &["x", "--repo", "src/pool.rs"],
            "`src/pool.rs` is not a directory",
        ),
        (
            &["x", "--mode", "semantic", "--embeddings", "none"],
            "nothing can be found by meaning",
        ),
        (
            &["x", "--embeddings", "magic"],
            "no embedding is called `magic`",
        ),
        (&["--at", "src/none.rs:1:1"], "no such file: `src/none.rs`"),
        (&["--at", "src/pool.rs:99:1"], "line 99 is past the end"),
        (&["--at", "src:1:1"], "`src` is a directory"),
        (&["--at", "src/pool.rs:1:1", "words"], "cannot be used with"),
        (&["x", "--tokens", "9"], "--at"),
    ] {
        let ran = world.run(&[&["search"], arguments].concat());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.all());
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.all());
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
    let ran = world.run(&["search", "x", "--repo", "/"]);
    assert_eq!(ran.code, Some(3), "{}", ran.all());
}

#[test]
fn without_an_index_it_is_made_unless_forbidden() {
    let world = world();
    let ran = world.run(&["search", "pool", "--no-update"]);
    assert_eq!(ran.code, Some(4), "{}", ran.all());
    assert!(
        ran.stderr
            .contains("there is no index of `[TEMP]/repo` yet"),
        "{}",
        ran.all()
    );
    world.run(&["search", "pool"]).good();
    world.write("src/new.rs", b"fn zyzzyva() {}\n");
    let ran = world.run(&["search", "zyzzyva", "--no-update", "--mode", "lexical"]);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    assert!(
        ran.stderr.contains("leave out `--no-update`"),
        "{}",
        ran.all()
    );
    world.run(&["search", "zyzzyva"]).good();
}

/// The paths of what words find.
#[track_caller]
fn paths(world: &World, query: &str, arguments: &[&str]) -> Vec<String> {
    let all = [&["search", query, "--mode", "lexical", "--json"], arguments].concat();
    let ran: Ran = world.run(&all);
    assert!(matches!(ran.code, Some(0 | 1)), "{}", ran.all());
    let document = ran.json();
    let hits = document["hits"].as_array().unwrap().iter();
    hits.map(|it| it["path"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_changed_between_two_searches_is_found_anew() {
    let world = world();
    world.write("src/a.rs", b"fn zyzzyva() {}\n");
    world.write("src/b.rs", b"fn bergamot() {}\n");
    assert_eq!(paths(&world, "zyzzyva", &[]), ["src/a.rs"]);
    world.write("src/a.rs", b"fn zyzzyva_is_gone_and_quandary_came() {}\n");
    assert_eq!(paths(&world, "quandary", &[]), ["src/a.rs"]);
    fs::rename(world.path("src/b.rs"), world.path("src/c.rs")).unwrap();
    assert_eq!(paths(&world, "bergamot", &[]), ["src/c.rs"]);
    fs::remove_file(world.path("src/c.rs")).unwrap();
    assert!(paths(&world, "bergamot", &[]).is_empty());
    fs::create_dir(world.path("src/a")).unwrap();
    fs::rename(world.path("src/a.rs"), world.path("src/a/mod.rs")).unwrap();
    assert_eq!(paths(&world, "quandary", &[]), ["src/a/mod.rs"]);
}

#[test]
fn what_is_ignored_or_secret_is_never_found_nor_kept() {
    let world = world();
    world.write(".gitignore", b"built/\n");
    world.write(".interlineignore", b"private/\n");
    world.write("plain/a.py", b"word = \"marmalade_plain\"\n");
    for (n, path) in [
        ".env",
        "prod.env",
        "deploy/server.pem",
        "deploy/id_rsa",
        "config/credentials.json",
        "private/a.py",
        "built/a.py",
        ".ssh/config.py",
    ]
    .iter()
    .enumerate()
    {
        world.write(
            path,
            format!("word = \"marmalade_secret_{n}\"\n").as_bytes(),
        );
    }
    assert_eq!(paths(&world, "marmalade", &[]), ["plain/a.py"]);
    world.write(".interlineignore", b"private/\nplain/\n");
    assert!(paths(&world, "marmalade", &[]).is_empty());
    world.write("plain/.interlineignore", b"!*\n");
    for entry in fs::read_dir(world.index()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let holds = bytes.windows(16).any(|it| it == b"marmalade_secret");
        assert!(!holds);
    }
}

#[test]
fn submodules_and_worktrees_are_walked_like_any_folder() {
    let world = world();
    world.write("vendor/lib/.git", b"gitdir: ../../.git/modules/lib\n");
    world.write("vendor/lib/a.rs", b"fn zyzzyva() {}\n");
    assert_eq!(paths(&world, "zyzzyva", &[]), ["vendor/lib/a.rs"]);

    let tree = World::empty();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        tree.prepare(&mut command)
            .args(["-c", "user.name=T", "-c", "user.email=t@example.com"])
            .args(arguments)
            .output()
            .is_ok_and(|it| it.status.success())
    };
    tree.write("a.rs", b"fn bergamot() {}\n");
    if !git(&["init", "-q"]) {
        return left_out("a worktree: no `git`");
    }
    assert!(git(&["add", "."]) && git(&["commit", "-q", "-m", "one"]));
    assert!(git(&["worktree", "add", "-q", "../tree"]));
    let elsewhere = tree.root().parent().unwrap().join("tree");
    fs::write(elsewhere.join("b.rs"), "fn quandary() {}\n").unwrap();
    let typed = elsewhere.to_string_lossy().into_owned();
    assert_eq!(paths(&tree, "bergamot", &["--repo", &typed]), ["a.rs"]);
    assert_eq!(paths(&tree, "quandary", &["--repo", &typed]), ["b.rs"]);
    assert!(paths(&tree, "quandary", &[]).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_left_out_and_counted() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = world();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.rs");
    fs::write(world.root().join(name), "fn zyzzyva() {}\n").unwrap();
    world.write("café.rs", b"fn bergamot() {}\n");
    assert!(paths(&world, "zyzzyva", &[]).is_empty());
    assert_eq!(paths(&world, "bergamot", &[]), ["café.rs"]);
    let table = world.run(&["index", "--verbose"]).good();
    assert!(table.contains("name is not UTF-8 1"), "{table}");
}

#[test]
fn several_roots_are_searched_together_and_shown_with_their_root() {
    let world = world();
    world.write("lib/one/a.rs", b"fn zyzzyva() {}\n");
    world.write("lib/two/a.rs", b"fn zyzzyva() { zyzzyva() }\n");
    let arguments = [
        "zyzzyva", "--repo", "lib/one", "--repo", "lib/two", "--repo", "lib/two/",
    ];
    let text = world.run(&[&["search"], &arguments[..]].concat()).good();
    assert!(
        text.contains("lib/one/a.rs:1") && text.contains("lib/two/a.rs:1"),
        "{text}"
    );
    let document = world
        .run(&[&["search", "--json"], &arguments[..]].concat())
        .json();
    let hits = document["hits"].as_array().unwrap();
    let scores: Vec<f64> = hits
        .iter()
        .map(|it| it["score"].as_f64().unwrap())
        .collect();
    assert!(hits.len() == 2 && scores[0] >= scores[1], "{document}");
    assert_ne!(hits[0]["root"], hits[1]["root"]);
}

#[test]
fn paths_are_shown_as_seen_from_here() {
    let world = world();
    let mut command = world.command(&["search", "retry_with_backoff", "-k", "1"]);
    let ran = world.read(command.current_dir(world.path("src")).output().unwrap());
    assert!(ran.stdout.starts_with("../app/client.py:"), "{}", ran.all());
}

/// A caller of what is defined elsewhere, unfinished.
const DRAFT: &str = "\
from app.client import HttpClient, retry_with_backoff


def fetch(session, request):
    client = HttpClient(session)
    return retry_with_backoff(lambda: client.
";

#[test]
fn at_a_place_what_helps_to_write_there_is_shown() {
    let world = world();
    world.write("app/__init__.py", b"");
    world.write("app/draft.py", DRAFT.as_bytes());
    let ran = world.run(&["search", "--at", "app/draft.py:6", "--json"]);
    let document = ran.json();
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    let snippets = document["snippets"].as_array().unwrap();
    let symbols: Vec<&str> = snippets
        .iter()
        .map(|it| it["symbol"].as_str().unwrap())
        .collect();
    for wanted in ["HttpClient.send", "retry_with_backoff"] {
        assert!(symbols.contains(&wanted), "{wanted}: {symbols:?}");
    }
    assert!(
        snippets.iter().all(|it| it["path"] != "app/draft.py"),
        "{document}"
    );
    assert_eq!(
        (&document["line"], &document["column"]),
        (&6.into(), &46.into())
    );
    let tokens: u64 = snippets
        .iter()
        .map(|it| it["tokens"].as_u64().unwrap())
        .sum();
    assert_eq!(document["tokens"], tokens);
    let few = world
        .run(&[
            "search",
            "--at",
            "app/draft.py:6",
            "--tokens",
            "1",
            "--json",
        ])
        .json();
    assert_eq!(few["snippets"].as_array().unwrap().len(), 1);
    let text = world.run(&["search", "--at", "app/draft.py:6"]).good();
    assert!(
        text.contains("  app/client.py:10  HttpClient.send\n"),
        "{text}"
    );
    assert!(text.contains("   10 │ def send(self, request)"), "{text}");
}

#[test]
fn at_a_place_installed_packages_are_looked_into() {
    let world = world();
    world.write(
        "node_modules/left/package.json",
        br#"{"name": "left", "main": "index.js"}"#,
    );
    world.write(
        "node_modules/left/index.js",
        b"export function padLeft(text, width) {\n  return text;\n}\n",
    );
    world.write(".gitignore", b"node_modules/\n");
    world.write(
        "a.js",
        b"import { padLeft } from \"left\";\n\nconst a = padLeft\n",
    );
    let document = world.run(&["search", "--at", "a.js:3", "--json"]).json();
    let snippets = document["snippets"].as_array().unwrap();
    let package = snippets.iter().find(|it| it["source"] == "package");
    let package = package.unwrap_or_else(|| panic!("{document}"));
    assert!(
        package["path"]
            .as_str()
            .unwrap()
            .ends_with("node_modules/left/index.js")
    );
    assert_eq!(package["symbol"], "padLeft");
}

#[test]
fn nothing_is_looked_up_for_a_file_of_secrets() {
    let world = world();
    world.write("prod.env", b"A=1\n");
    let ran = world.run(&["search", "--at", "prod.env:1"]);
    assert_eq!(ran.code, Some(3), "{}", ran.all());
}
