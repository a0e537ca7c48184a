//! `interline provenance`, and copies in what a model says.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    thread,
};

use expect_test::expect;

use crate::world::{Ran, World};

/// A function that a reference has.
const KNOWN: &str = "\
def settle(self, accounts, limit=100):
    moved = []
    for account in sorted(accounts, key=lambda it: it.opened):
        if account.balance < 0 and account.owner not in self.frozen:
            missing = min(-account.balance, limit - sum(moved))
            if missing <= 0:
                raise LimitReached(account.number)
            self.transfer(self.reserve, account, missing)
            moved.append(missing)
        elif account.closed:
            self.archive[account.number] = account.history[-1]
        else:
            account.touch(self.clock.now())
    return len(moved), sum(moved)
";

/// The same, under other names.
fn copied() -> String {
    let names = [
        ("settle", "even_out"),
        ("accounts", "rows"),
        ("account", "row"),
        ("missing", "gap"),
        ("moved", "done"),
        ("limit", "most"),
    ];
    let mut text = KNOWN.to_owned();
    for (from, to) in names {
        text = text.replace(from, to);
    }
    text.replace("    ", "  ").replace("(rows, ", "( rows,  ")
}

/// A package under this licence that has the function.
fn package(world: &World, licence: &str) {
    let folder = world
        .root()
        .with_file_name("packages")
        .join("ledgerlib-2.1");
    fs::create_dir_all(folder.join("ledgerlib")).unwrap();
    let manifest =
        format!("[project]\nname = \"ledgerlib\"\nversion = \"2.1\"\nlicense = \"{licence}\"\n");
    fs::write(folder.join("pyproject.toml"), manifest).unwrap();
    fs::write(folder.join("ledgerlib/settling.py"), KNOWN).unwrap();
}

fn build(world: &World) -> Ran {
    world.run(&[
        "provenance",
        "build",
        "../packages",
        "--name",
        "known",
        "--json",
    ])
}

#[test]
fn a_reference_is_built_shown_and_asked() {
    let world = World::shop();
    package(&world, "GPL-3.0-or-later");
    let built = build(&world).json();
    assert_eq!(built["licences"]["GPL-3.0-or-later"], 1, "{built}");
    let shown = world.run(&["provenance", "show"]).good();
    expect![[r#"
        known  [TEMP]/data/provenance/known.ilref
          1 package, 1 file, 14 lines, 26 fingerprints
                 1  GPL-3.0-or-later
    "#]]
    .assert_eq(&shown);
    world.write("copy.py", copied().as_bytes());
    let checked = world.run(&["provenance", "check", "copy.py"]);
    expect![[r#"
        exit 1
        out: copy.py:1-14: 129 lexemes as in ledgerlib 2.1, ledgerlib/settling.py (GPL-3.0-or-later)
    "#]]
    .assert_eq(&checked.all());
    let checked = world.run(&["provenance", "check", "shop/orders.py"]);
    expect![[r#"
        exit 0
        err: nothing of it is known
    "#]]
    .assert_eq(&checked.all());
}

#[test]
fn without_a_reference_the_way_to_one_is_said() {
    let world = World::shop();
    expect![[r#"
        exit 1
        err: no reference is installed: make one with `interline provenance build DIR…`
    "#]]
    .assert_eq(&world.run(&["provenance", "show"]).all());
    assert_eq!(
        world.run(&["provenance", "check", "shop/orders.py"]).code,
        Some(2)
    );
    assert_eq!(world.run(&["provenance", "build", "nowhere"]).code, Some(2));
    package(&world, "MIT");
    let ran = world.run(&["provenance", "build", "../packages", "--licence", "Mine"]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
}

/// A server whose model knows the function by heart, and its address.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut seen = Vec::new();
            // The request is whole when its body is, which ends with a brace.
            while !(seen.ends_with(b"}") && seen.windows(4).any(|it| it == b"\r\n\r\n")) {
                let mut bytes = [0; 4096];
                let read = stream.read(&mut bytes).unwrap();
                if read == 0 {
                    break;
                }
                seen.extend_from_slice(&bytes[..read]);
            }
            let chunk = serde_json::json!({
                "choices": [{ "text": copied(), "index": 0, "finish_reason": "stop" }],
            });
            let body = format!("data: {chunk}\n\ndata: [DONE]\n\n");
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    format!("http://{address}/v1")
}

/// What is suggested in an empty file by a model that knows the function, under these settings.
fn complete(world: &World, privacy: &str) -> Ran {
    let settings = world.root().with_file_name("settings.toml");
    let text = format!(
        "version = 1\n[inline]\nuse = \"endpoint:known\"\n[endpoint.known]\nspeaks = \"openai\"\nmodel = \"m\"\nurl = \
         \"{}\"\nretries = 0\ncontext_tokens = 4000\n{privacy}",
        server()
    );
    fs::write(&settings, text).unwrap();
    world.write("new.py", b"import bank\n\n");
    let mut command = world.command(&["complete", "new.py:3", "--json", "--explain"]);
    command.env("INTERLINE_CONFIG", &settings);
    world.read(command.output().unwrap())
}

#[test]
fn a_copy_that_a_model_says_is_remarked_with_whose_it_is() {
    let world = World::shop();
    package(&world, "GPL-3.0-or-later");
    build(&world);
    let ran = complete(&world, "");
    let document = ran.json();
    let remark = &document["suggestions"][0]["remarks"][0];
    assert_eq!(remark["kind"], "copy", "{}", ran.all());
    assert_eq!(remark["licence"], "GPL-3.0-or-later");
    assert_eq!(remark["origin"], "ledgerlib 2.1, ledgerlib/settling.py");
}

#[test]
fn a_copy_under_a_blocked_licence_is_not_shown_and_the_reason_is() {
    let world = World::shop();
    package(&world, "GPL-3.0-or-later");
    build(&world);
    let ran = complete(&world, "[privacy]\nblock_licences = [\"GPL-*\"]\n");
    let document = ran.json();
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    let sentence = &document["reason"]["sentence"];
    assert_eq!(
        *sentence,
        "filtered by screen: it is a copy of known code",
        "{}",
        ran.all()
    );
    let steps = document["explain"]["steps"].to_string();
    assert!(steps.contains("as in ledgerlib 2.1"), "{steps}");
}

#[test]
fn what_the_repository_has_itself_is_no_copy() {
    let world = World::shop();
    package(&world, "GPL-3.0-or-later");
    build(&world);
    world.write("bank/settling.py", KNOWN.as_bytes());
    let ran = complete(&world, "[privacy]\nmatches = \"block\"\n");
    let document = ran.json();
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert_eq!(document["suggestions"][0]["remarks"], serde_json::json!([]));
}

#[test]
fn a_damaged_reference_is_said_and_suggestions_go_on() {
    let world = World::shop();
    package(&world, "MIT");
    build(&world);
    let file = world.data().join("provenance/known.ilref");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&file, &bytes).unwrap();
    let shown = world.run(&["provenance", "show"]);
    expect![[r#"
        exit 1
        err: warning: `[TEMP]/data/provenance/known.ilref` is damaged (its check sum is wrong): build it again with `interline provenance build`
    "#]]
    .assert_eq(&shown.all());
    let ran = world.run(&["complete", "shop/orders.py:6:5", "--hide", "rest-of-line"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert!(
        ran.stderr
            .contains("suggestions are not compared with all known code"),
        "{}",
        ran.all()
    );
}

#[test]
fn a_reference_does_not_depend_on_where_the_trees_lie() {
    let world = World::shop();
    package(&world, "MIT");
    let packages = world.root().with_file_name("packages");
    let elsewhere = world.root().with_file_name("elsewhere");
    copy(&packages, &elsewhere);
    for (folder, file) in [("../packages", "a.ilref"), ("../elsewhere", "b.ilref")] {
        let ran = world.run(&["provenance", "build", folder, "--name", "x", "-o", file]);
        assert_eq!(ran.code, Some(0), "{}", ran.all());
    }
    let bytes = |file: &str| fs::read(world.path(file)).unwrap();
    assert!(bytes("a.ilref") == bytes("b.ilref"));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
