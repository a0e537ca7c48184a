//! What must not get out: secrets into a model or a listing, source code into a log.

use std::{fs, process::Command};

use crate::world::{Ran, World};

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

#[test]
fn secrets_are_never_learnt() {
    let world = World::shop();
    world.write("shop/plain.py", b"token = \"harmless_marmalade\"\n");
    for (n, path) in [
        "config/credentials.json",
        "deploy/server.pem",
        "deploy/id_rsa",
        "prod.env",
        "infra/main.tfvars",
        "secrets.yaml",
        ".env",
        ".ssh/config.py",
    ]
    .iter()
    .enumerate()
    {
        world.write(
            path,
            format!("token = \"secret_marmalade_{n}\"\n").as_bytes(),
        );
    }
    let draft = "complete shop/draft.py:1 --explain --json";
    world.write("shop/draft.py", b"token = \"");
    let ran = world.run(&draft.split(' ').collect::<Vec<_>>());
    let model = fs::read(world.saved_model()).unwrap();
    assert!(
        holds(&model, "harmless_marmalade"),
        "the check must be able to fail"
    );
    assert!(!holds(&model, "secret_marmalade"));
    assert!(!ran.stdout.contains("secret_marmalade"), "{}", ran.all());
    assert_eq!(ran.json()["explain"]["model"]["files"], 6);
}

#[test]
fn a_complete_log_holds_no_text_of_any_file() {
    let world = World::shop();
    let traced = |arguments: &[&str]| -> Ran {
        let mut command: Command = world.command(arguments);
        world.read(command.env("INTERLINE_LOG", "trace").output().unwrap())
    };
    let mut log = String::new();
    for arguments in [
        &["complete", "shop/orders.py:6:24", "--hide", "rest-of-line"][..],
        &["eval", "replay", "shop/orders.py"],
        &["index"],
        &["search", "query_everything"],
        &["search", "--at", "shop/orders.py:6:24"],
        &["doctor"],
    ] {
        let ran = traced(arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.all());
        log += &ran.stderr;
    }
    for line in [
        "saved what was learnt",
        "repository is ready",
        "saved the index",
    ] {
        assert!(log.contains(line), "the check must be able to fail: {log}");
    }
    for word in ["query_everything", "open_session", "count_orders"] {
        assert!(!log.contains(word), "`{word}` is in the log");
    }
}
