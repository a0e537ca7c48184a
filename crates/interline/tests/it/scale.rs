//! Big repositories: a minified file of 30 MB beside many small ones, and, when slow tests are wanted, 200 MB.

use std::fmt::Write as _;

use crate::world::{World, left_out, slow};

/// Code that is alike and not the same, as code is.
fn module(n: usize, functions: usize) -> String {
    let mut text = format!("//! Module {n}.\n\nuse crate::store::Store;\n");
    for f in 0..functions {
        let _ = write!(
            text,
            "\npub fn load_{n}_{f}(store: &Store, key: u32) -> Option<u32> {{\n    \
                 let found = store.lookup(key + {f})?;\n    \
                 let scaled = found.wrapping_mul({n});\n    \
                 Some(scaled)\n}}\n"
        );
    }
    text
}

/// Writes `files` modules and a minified file of 30 MB; gives the bytes of all.
fn fill(world: &World, files: usize, functions: usize) -> usize {
    let mut bytes = 0;
    for n in 0..files {
        let text = module(n, functions);
        bytes += text.len();
        world.write(&format!("src/part{}/module{n}.rs", n % 50), text.as_bytes());
    }
    let minified = "!function(e,t){e.exports=t()}(this,(function(){return 42}));".repeat(500_000);
    world.write("dist/app.min.js", minified.as_bytes());
    bytes + minified.len()
}

/// Asks twice; gives what the model says of itself.
#[track_caller]
fn ask(world: &World) -> serde_json::Value {
    let ask = [
        "complete",
        "src/part7/module7.rs:7:24",
        "--hide",
        "rest-of-line",
        "--explain",
        "--json",
    ];
    let [_, model] = ["learnt", "loaded"].map(|how| {
        let ran = world.run(&ask);
        let document = ran.json();
        assert_eq!(ran.code, Some(0), "{}", ran.all());
        let model = &document["explain"]["model"];
        assert_eq!(model["how"], how, "{document}");
        let tokens = model["tokens"].as_f64().unwrap();
        let memory = model["memory_bytes"].as_f64().unwrap();
        assert!(
            memory <= 150.0 * tokens,
            "{} bytes a token",
            memory / tokens
        );
        assert_eq!(ran.stderr, "");
        model.clone()
    });
    model
}

#[test]
fn thousands_of_files_and_a_minified_one_of_30_mb() {
    let world = World::empty();
    std::fs::create_dir(world.path(".git")).unwrap();
    fill(&world, 2000, 4);
    let model = ask(&world);
    assert_eq!(
        (&model["files"], &model["files_skipped"]),
        (&2000.into(), &1.into()),
        "{model}"
    );
}

#[test]
fn a_repository_of_200_mb_is_learnt_as_far_as_there_is_room() {
    if !slow() {
        return left_out("a repository of 200 MB: set `RUN_SLOW_TESTS`");
    }
    let world = World::empty();
    std::fs::create_dir(world.path(".git")).unwrap();
    let bytes = fill(&world, 9000, 115);
    assert!(bytes > 200_000_000, "{bytes}");
    let model = ask(&world);
    let (files, skipped) = (
        model["files"].as_u64().unwrap(),
        model["files_skipped"].as_u64().unwrap(),
    );
    assert_eq!(files + skipped, 9001, "{model}");
    assert!(files > 2000, "{model}");
    let doctor = world.run(&["doctor"]).good();
    assert!(
        doctor.contains("1 file skipped: larger than 1.00 MiB"),
        "{doctor}"
    );
    assert!(
        doctor.contains(" files skipped: over the limit"),
        "{doctor}"
    );
}
