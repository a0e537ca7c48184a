//! `interline playground` in a real browser: `web/test/repository.test.mjs` types, the embedded engine answers.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::world::{World, left_out, slow};

#[test]
fn ghost_text_from_the_repository_in_a_browser() {
    if !slow() {
        left_out("the playground in a browser: set `RUN_SLOW_TESTS`");
        return;
    }
    let world = World::shop();
    let mut command = world.command(&["playground", "--no-open"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    let ran = Command::new("node")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web"))
        .args(["--test", "--test-reporter=spec", "test/repository.test.mjs"])
        .env("INTERLINE_PLAYGROUND_URL", url.trim())
        .status();
    child.kill().unwrap();
    child.wait().unwrap();
    let status = ran.expect("`node` runs the page's tests: install Node.js 20 or later");
    assert!(status.success(), "the page's tests failed: see above");
}
