//! `interline complete`: good answers, and everything that can be wrong with the question.

use std::{fs, io::Read as _, process::Stdio};

use expect_test::{Expect, expect};

use crate::world::{World, left_out, reads_everything};

/// Line 6 of `shop/orders.py` is `        rows = session.query_everything(region, "orders")`.
const PLACE: &str = "shop/orders.py:6:24";

#[test]
fn it_suggests_what_the_repository_writes() {
    let world = World::shop();
    world.write(
        "shop/refunds.py",
        b"from shop.storage import open_session\n\n\n\
          def count_refunds(region):\n    \
              with open_session(region) as session:\n        \
                  rows = session.\n        \
                  return len(rows)\n",
    );
    let text = world.run(&["complete", "shop/refunds.py:6:24"]).good();
    assert!(text.starts_with("query_everything(region"), "{text}");
}

#[test]
fn the_rest_of_the_line_can_be_hidden() {
    let ran = World::shop().run(&["complete", PLACE, "--hide", "rest-of-line", "--json"]);
    let document = ran.json();
    assert_eq!(ran.code, Some(0));
    assert!(
        document["text"]
            .as_str()
            .unwrap()
            .starts_with("query_everything(region"),
        "{document}"
    );
    assert_eq!(
        (&document["line"], &document["column"]),
        (&6.into(), &24.into())
    );
    let suggestion = &document["suggestions"][0];
    let probability = suggestion["probability"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&probability), "{document}");
    assert_eq!(suggestion["range"]["end"]["line"], 6);
    assert_eq!(document["reason"], serde_json::Value::Null);
    assert!(document.get("explain").is_none());
}

#[test]
fn an_explanation_says_where_it_came_from_and_what_was_decided() {
    let world = World::shop();
    let arguments = ["complete", PLACE, "--hide", "rest-of-line", "--explain"];
    let ran = world.run(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    for fact in [
        "sure ",
        "in the file",
        "query_everything",
        "time ",
        "knows ",
        "4 files",
        "steps ",
    ] {
        assert!(ran.stderr.contains(fact), "{fact}: {}", ran.all());
    }
    let document = world.run(&[&arguments[..], &["--json"]].concat()).json();
    assert_eq!(document["explain"]["model"]["files"], 4);
    assert!(!document["explain"]["steps"].as_array().unwrap().is_empty());
}

#[test]
fn with_no_suggestion_the_reason_is_said_and_the_code_is_1() {
    let world = World::empty();
    world.write("alone.py", b"");
    let ran = world.run(&["complete", "alone.py:1:1"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(1), ""),
        "{}",
        ran.all()
    );
    assert!(ran.stderr.starts_with("no suggestion: "), "{}", ran.all());
    let document = world.run(&["complete", "alone.py:1:1", "--json"]).json();
    assert_eq!(document["text"], serde_json::Value::Null);
    assert!(document["reason"]["code"].is_string(), "{document}");
}

#[test]
fn the_context_can_be_the_file_or_the_line_alone() {
    let world = World::shop();
    let file = world.run(&[
        "complete",
        PLACE,
        "--hide",
        "rest-of-line",
        "--context",
        "file",
        "--explain",
        "--json",
    ]);
    assert_eq!(file.json()["explain"]["model"]["how"], "nothing");
    assert!(world.saved_models().is_empty());
    let line = world.run(&[
        "complete",
        PLACE,
        "--hide",
        "rest-of-line",
        "--context",
        "line",
        "--json",
    ]);
    let document = line.json();
    // One line has taught it nothing.
    assert!(
        !document["text"]
            .as_str()
            .unwrap_or_default()
            .contains("query_everything"),
        "{document}"
    );
}

#[test]
fn a_repository_can_be_named_and_the_file_may_lie_elsewhere() {
    let world = World::shop();
    let elsewhere = World::empty();
    let text = fs::read_to_string(world.path("shop/orders.py")).unwrap();
    elsewhere.write(
        "draft.py",
        text.replace("query_everything(region, \"orders\")", "")
            .as_bytes(),
    );
    let place = format!("{}:6:24", elsewhere.path("draft.py").display());
    let root = world.root();
    let ran = elsewhere.run(&["complete", &place, "--repo", &root.to_string_lossy()]);
    assert!(
        ran.stdout.starts_with("query_everything(region"),
        "{}",
        ran.all()
    );
}

#[test]
fn several_and_short_ones_can_be_asked_for() {
    let world = World::shop();
    let hidden = [
        "complete",
        "shop/orders.py:5:1",
        "--hide",
        "rest-of-file",
        "--json",
    ];
    let many = world.run(&[&hidden[..], &["-n", "4"]].concat()).json();
    assert!(many["suggestions"].as_array().unwrap().len() <= 4);
    let short = world.run(&[&hidden[..], &["--lines", "1"]].concat()).json();
    for suggestion in short["suggestions"].as_array().unwrap() {
        assert!(
            !suggestion["text"].as_str().unwrap().contains('\n'),
            "{short}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = World::shop();
    let mut child = world
        .command(&["complete", PLACE, "--hide", "rest-of-line", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(
        (child.wait().unwrap().code(), stderr.as_str()),
        (Some(0), "")
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_for_the_result_is_an_error() {
    let world = World::shop();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = world.command(&["complete", PLACE, "--hide", "rest-of-line"]);
    let ran = world.read(command.stdout(full).output().unwrap());
    expect![[r#"
        exit 1
        err: error: cannot write the result: No space left on device (os error 28)
    "#]]
    .assert_eq(&ran.all());
}

// --- what can be wrong -------------------------------------------------------------------------------------

#[track_caller]
fn check(world: &World, place: &str, expect: &Expect) {
    expect.assert_eq(&world.run(&["complete", place]).all());
    assert!(
        world.saved_models().is_empty(),
        "a wrong question must not cost any learning"
    );
}

#[test]
fn an_unknown_file() {
    check(
        &World::shop(),
        "shop/none.py:1:1",
        &expect![[r#"
            exit 2
            err: error: no such file: `shop/none.py`
        "#]],
    );
    check(
        &World::shop(),
        "a:b:c",
        &expect![[r#"
            exit 2
            err: error: no such file: `a:b:c` (a place is written `FILE:LINE:COL`)
        "#]],
    );
}

#[test]
fn a_place_that_is_none() {
    check(
        &World::shop(),
        ":0:0",
        &expect![[r#"
            exit 2
            err: error: invalid value ':0:0' for '<FILE:LINE:COL>': no file given: write `FILE:LINE:COL`, as in `src/main.rs:12:5`
            err: 
            err: For more information, try '--help'.
        "#]],
    );
    check(
        &World::shop(),
        "shop/orders.py:0:0",
        &expect![[r#"
            exit 2
            err: error: invalid value 'shop/orders.py:0:0' for '<FILE:LINE:COL>': lines and columns count from 1
            err: 
            err: For more information, try '--help'.
        "#]],
    );
}

#[test]
fn a_position_past_the_end() {
    check(
        &World::shop(),
        "shop/orders.py:900:1",
        &expect![[r#"
            exit 2
            err: error: line 900 is past the end: `shop/orders.py` has 13 lines
        "#]],
    );
    check(
        &World::shop(),
        "shop/orders.py:1:900",
        &expect![[r#"
            exit 2
            err: error: column 900 is past the end: line 1 of `shop/orders.py` has 37 characters
        "#]],
    );
}

#[test]
fn columns_count_characters_and_not_bytes() {
    let world = World::empty();
    world.write("a.py", "é𝒳ñ = 1\n".as_bytes());
    let ran = world.run(&["complete", "a.py:1:8", "--json"]);
    assert_eq!(ran.json()["column"], 8, "{}", ran.all());
    assert_eq!(world.run(&["complete", "a.py:1:9"]).code, Some(2));
    let end = world.run(&["complete", "a.py:1", "--json"]);
    assert_eq!(end.json()["column"], 8, "{}", end.all());
}

#[test]
fn a_directory_instead_of_a_file() {
    check(
        &World::shop(),
        "shop:1:1",
        &expect![[r#"
            exit 2
            err: error: `shop` is a directory: name a file in it, as in `shop/main.rs:12:5`
        "#]],
    );
}

#[test]
fn a_file_where_the_repository_should_be() {
    let world = World::shop();
    let ran = world.run(&["complete", PLACE, "--repo", "shop/orders.py"]);
    expect![[r#"
        exit 2
        err: error: `shop/orders.py` is not a directory
    "#]]
    .assert_eq(&ran.all());
}

#[test]
fn a_binary_file() {
    let world = World::shop();
    world.write("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    check(
        &world,
        "logo.png:1:1",
        &expect![[r#"
            exit 2
            err: error: `logo.png` is not text
        "#]],
    );
}

#[test]
fn a_file_that_holds_secrets_is_refused() {
    let world = World::shop();
    world.write(".env", b"TOKEN=abc\n");
    check(
        &world,
        ".env:1:7",
        &expect![[r#"
            exit 3
            err: error: nothing is suggested in `.env`: files of this name usually hold settings of an environment, with its passwords
        "#]],
    );
}

#[test]
fn invalid_utf_8_is_read_as_what_it_probably_is() {
    let world = World::shop();
    let mut text = fs::read(world.path("shop/orders.py")).unwrap();
    text.extend(b"# caf\xe9\n");
    world.write("shop/orders.py", &text);
    let ran = world.run(&["complete", PLACE, "--hide", "rest-of-line"]);
    assert!(ran.stdout.starts_with("query_everything"), "{}", ran.all());
    assert_eq!(
        ran.stderr,
        "warning: `shop/orders.py` is not UTF-8: read as Latin-1\n"
    );
}

#[test]
fn an_empty_file_an_empty_repository_and_no_repository() {
    let world = World::empty();
    world.write("empty.rs", b"");
    for place in ["empty.rs:1:1", "empty.rs:1", "empty.rs"] {
        assert_eq!(world.run(&["complete", place]).code, Some(1), "{place}");
    }
    assert_eq!(world.run(&["complete", "empty.rs:2:1"]).code, Some(2));
}

#[cfg(unix)]
#[test]
fn an_unreadable_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::shop();
    let path = world.path("shop/orders.py");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if reads_everything(&path) {
        left_out("an unreadable file: this user (root?) reads everything");
        return;
    }
    check(
        &world,
        PLACE,
        &expect![[r#"
            exit 2
            err: error: cannot read `shop/orders.py`: Permission denied (os error 13)
        "#]],
    );
    // Other files still work without it.
    let ran = world.run(&["complete", "shop/parcels.py:6:24", "--hide", "rest-of-line"]);
    assert!(ran.stdout.starts_with("query_everything"), "{}", ran.all());
}

#[cfg(unix)]
#[test]
fn a_device_or_a_pipe_is_not_waited_for() {
    check(
        &World::shop(),
        "/dev/null:1:1",
        &expect![[r#"
            exit 2
            err: error: `/dev/null` is not a regular file
        "#]],
    );
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_is_walked_once() {
    use std::os::unix::fs::symlink;
    let world = World::shop();
    symlink("..", world.path("shop/up")).unwrap();
    symlink("loop", world.path("loop")).unwrap();
    let ran = world.run(&[
        "complete",
        PLACE,
        "--hide",
        "rest-of-line",
        "--explain",
        "--json",
    ]);
    assert_eq!(ran.json()["explain"]["model"]["files"], 4, "{}", ran.all());
    let looped = world.run(&["complete", "loop:1:1"]);
    assert_eq!(looped.code, Some(2));
    assert!(
        looped.stderr.starts_with("error: cannot read `loop`: "),
        "{}",
        looped.all()
    );
}
