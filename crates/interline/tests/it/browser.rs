//! `interline playground` in a real browser: `web/test/repository.test.mjs` types, the embedded engine answers.

use std::{path::Path, process::Command};

use crate::world::{World, left_out, slow};

#[test]
fn ghost_text_from_the_repository_in_a_browser() {
    if !slow() {
        left_out("the playground in a browser: set `RUN_SLOW_TESTS`");
        return;
    }
    let world = World::shop();
    let (mut child, url) = world.playground();
    let ran = Command::new("node")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web"))
        .args(["--test", "--test-reporter=spec", "test/repository.test.mjs"])
        .env("INTERLINE_PLAYGROUND_URL", &url)
        .status();
    child.kill().unwrap();
    child.wait().unwrap();
    let status = ran.expect("`node` runs the page's tests: install Node.js 20 or later");
    assert!(status.success(), "the page's tests failed: see above");
}
