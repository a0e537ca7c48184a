//! The page in a real browser: `web/test/page.test.mjs` types and looks, this side knows what arrived.
//!
//! Part of the slow ring (`RUN_SLOW_TESTS`), which needs the page's npm packages and a Chromium.

use std::{path::Path, process::Command};

use crate::fixture::{Fixture, ORDERS};

#[test]
fn the_page_in_a_browser() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let fixture = Fixture::start();
    let editor_text = fixture.outer.path().join("editor-text");
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    let status = Command::new("node")
        .current_dir(&web)
        .args(["--test", "--test-reporter=spec", "test/page.test.mjs"])
        .env("INTERLINE_PLAYGROUND_URL", fixture.running.url())
        .env("INTERLINE_EDITOR_TEXT", &editor_text)
        .status()
        .expect("`node` runs the page's tests: install Node.js 20 or later");
    assert!(status.success(), "the page's tests failed: see above");

    let shown = std::fs::read_to_string(editor_text).unwrap();
    assert!(
        fixture.recorded.document_was(&shown),
        "what the server knew is not what the editor showed"
    );
    let log = fixture.recorded.log();
    assert_eq!(log.problems, [""; 0]);
    let initialize = log.initialize.as_ref().unwrap();
    assert_eq!(
        initialize["capabilities"]["general"]["positionEncodings"][0],
        "utf-16"
    );
    assert!(log.requests > 40, "{}", log.requests);
    assert!(log.cancelled > 0);
    assert!(log.shown.iter().any(|id| id == "s0.0"));
    assert!(
        log.accepted.iter().any(|id| id == "s0.0"),
        "{:?}",
        log.accepted
    );
    // "self", then "self, rate: float = 0.2) -> float:" by words and the rest of the line.
    assert!(
        log.partially
            .iter()
            .any(|(id, length)| id == "s0.0" && *length == 4),
        "{:?}",
        log.partially
    );
    drop(log);
    let on_disk = std::fs::read_to_string(fixture.outer.path().join("shop/src/orders.py")).unwrap();
    assert_eq!(on_disk, ORDERS, "the page wrote to the repository");
}
