//! The replay driver against an engine that knows the file by heart, in part, or not at all.

use std::path::Path;

use il_lsp::replay::{Replayed, Script, open, replay};
use serde_json::json;

use crate::bench::Bench;

const FILE: &str = "\
def area(width, height):
    total = width * height
    return total


def volume(width, height, depth):
    base = area(width, height)
    return base * depth
";

fn run(
    prepare: impl FnOnce(&Bench),
    hurry_percent: u64,
    typed: std::ops::Range<usize>,
) -> Replayed {
    let mut bench = Bench::silent();
    prepare(&bench);
    open(&mut bench.editor, Path::new("/repo")).unwrap();
    let script = Script {
        path: Path::new("/repo/shapes.py"),
        language: "python",
        text: FILE,
        typed,
        hurry_percent,
        seed: 1,
        accept_lines: true,
    };
    let replayed = replay(&mut bench.editor, &script).unwrap();
    bench.until(|it| it["engineJobs"] == 0 && it["waiting"] == 0);
    bench.end();
    assert_eq!(replayed.typed + replayed.accepted, replayed.characters);
    let answers = replayed.answered + replayed.empty + replayed.cancelled + replayed.errors;
    assert_eq!(answers, replayed.requests);
    assert_eq!(replayed.errors, 0);
    replayed
}

fn by_heart(bench: &Bench) {
    bench.engine.knows(FILE, 0.97);
}

#[test]
fn who_knows_the_file_saves_most_keys() {
    let replayed = run(by_heart, 0, 0..FILE.len());
    assert!(replayed.saved() > 0.7, "{replayed:?}");
    assert_eq!(replayed.wrong, 0, "{replayed:?}");
    assert!(replayed.accepts > 3, "{replayed:?}");
    assert_eq!(replayed.server["accepted"] as usize, replayed.accepts);
}

#[test]
fn who_knows_nothing_saves_nothing() {
    let replayed = run(|_| (), 0, 0..FILE.len());
    // The editor indents: only the rest is typed.
    let typed: usize = FILE
        .lines()
        .map(|line| line.trim_start().chars().count() + 1)
        .sum();
    assert_eq!(
        (replayed.typed, replayed.keys(), replayed.saved()),
        (typed, typed, 0.0)
    );
    assert_eq!(replayed.reasons.values().sum::<usize>(), replayed.requests);
}

#[test]
fn a_typist_in_a_hurry_cancels() {
    let replayed = run(by_heart, 60, 0..FILE.len());
    assert!(replayed.cancels_sent > 5, "{replayed:?}");
    assert!(replayed.accepted > 0, "{replayed:?}");
}

#[test]
fn a_part_of_a_file_can_be_typed() {
    let start = FILE.find("    total").unwrap();
    let end = FILE.find("\n\n\ndef").unwrap();
    let prepare = |it: &Bench| {
        it.engine.on(
            "    tot",
            test_support::scripted_engine::Reply::text("al = width * height"),
        );
    };
    let replayed = run(prepare, 0, start..end);
    assert_eq!(replayed.accepts, 1, "{replayed:?}");
    assert_eq!(replayed.accepted, "al = width * height".len());
    assert_eq!(replayed.lines, 2);
}

#[test]
fn what_cannot_be_typed_is_refused() {
    let mut bench = Bench::ready(&json!({}));
    let script = Script {
        path: Path::new("/repo/x.py"),
        language: "python",
        text: "é",
        typed: 1..2,
        hurry_percent: 0,
        seed: 1,
        accept_lines: false,
    };
    let why = replay(&mut bench.editor, &script).unwrap_err().to_string();
    assert_eq!(why, "cannot type bytes 1..2: not characters of the file");
    bench.end();
}
