//! `interline eval privacy`: what is measured is tested in `il-eval`; here, that another scanner is scored on what was written.

use std::fs;

use serde_json::Value;

use crate::world::World;

#[test]
fn another_scanner_is_scored_on_the_files_that_were_written() {
    let world = World::empty();
    let write = ["eval", "privacy", "--samples", "1", "--write", "set"];
    world.run(&write).good();
    // A scanner that finds every secret and, on one line, what is none.
    let labels = fs::read_to_string(world.path("set/labels.jsonl")).unwrap();
    let labels: Vec<Value> = labels
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let near = labels.iter().find(|it| it["kind"] == "uuid").unwrap();
    let secrets = labels.iter().filter(|it| it["is_secret"] == true);
    let mut found = String::new();
    for label in secrets.chain([near]) {
        let path = label["path"].as_str().unwrap();
        let file = fs::read_to_string(world.path("set").join(path)).unwrap();
        let line = label["line"].as_u64().unwrap();
        assert!((line as usize) <= file.lines().count());
        found += &format!("{{\"path\":\"{path}\",\"line\":{line}}}\n");
    }
    world.write("found.jsonl", found.as_bytes());
    let beside = ["--beside", "other=found.jsonl", "--json"];
    let report = world.run(&[&write[..4], &beside].concat()).json();
    let mut alarms = 0;
    for set in report.as_array().unwrap() {
        let scanners = set["scanners"].as_array().unwrap().iter();
        let other = scanners
            .clone()
            .find(|it| it["scanner"] == "other")
            .unwrap();
        assert_eq!(other["all"]["hit"], other["all"]["secrets"]);
        alarms += other["all"]["false_alarms"].as_u64().unwrap();
        let ours = scanners
            .clone()
            .find(|it| it["scanner"] == "interline")
            .unwrap();
        assert!(ours["all"]["hit"].as_u64() > Some(0));
    }
    assert_eq!(alarms, 1);
}

#[test]
fn what_is_found_in_code_is_shown_without_the_secret() {
    let world = World::shop();
    let secret = ["ghp", "_", "0123456789abcdefghijABCDEFGHIJ", "4qVQ2X"].concat();
    let text = format!("token = \"{secret}\"\npassword = \"{}\"\n", "kX9vQ2mZr7wT");
    world.write("shop/keys.py", text.as_bytes());
    let shown = world.run(&["eval", "privacy", "--code", "."]).good();
    assert!(shown.contains("shop/keys.py:"), "{shown}");
    assert!(
        !shown.contains(&secret) && !shown.contains("kX9vQ2mZr7wT"),
        "{shown}"
    );
}

#[test]
fn what_cannot_be_scored_is_said() {
    let world = World::empty();
    for arguments in [
        &["--beside", "found.jsonl"][..],
        &["--beside", "other=nothing.jsonl"],
        &["--code", "nowhere"],
        &["--judged", "judged.txt"],
    ] {
        let ran = world.run(&[&["eval", "privacy"], arguments].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.all());
    }
}
