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

#[track_caller]
fn check(files: usize, functions: usize) {
    let world = World::empty();
    std::fs::create_dir(world.path(".git")).unwrap();
    let bytes = fill(&world, files, functions);
    let ask = [
        "complete",
        "src/part7/module7.rs:7:24",
        "--hide",
        "rest-of-line",
        "--explain",
        "--json",
    ];
    for how in ["learnt", "loaded"] {
        let ran = world.run(&ask);
        let document = ran.json();
        assert_eq!(ran.code, Some(0), "{}", ran.all());
        let model = &document["explain"]["model"];
        assert_eq!(model["how"], how, "{document}");
        assert_eq!(model["files"], files, "of {bytes} bytes: {document}");
        assert_eq!(model["files_skipped"], 1);
        let tokens = model["tokens"].as_f64().unwrap();
        let memory = model["memory_bytes"].as_f64().unwrap();
        assert!(
            memory <= 150.0 * tokens,
            "{} bytes a token",
            memory / tokens
        );
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn thousands_of_files_and_a_minified_one_of_30_mb() {
    check(2000, 4);
}

#[test]
fn a_repository_of_200_mb() {
    if !slow() {
        return left_out("a repository of 200 MB: set `RUN_SLOW_TESTS`");
    }
    check(9000, 110);
}
