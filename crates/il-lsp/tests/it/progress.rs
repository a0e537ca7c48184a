//! Work-done progress while a repository is opened.

use lsp_server::Message;
use serde_json::json;

use crate::bench::{Bench, train};

fn is_progress(kind: &'static str) -> impl Fn(&Message) -> bool {
    move |it| {
        matches!(it, Message::Notification(it)
        if it.method == "$/progress" && it.params["value"]["kind"] == kind)
    }
}

#[test]
fn progress_begins_and_ends() {
    let mut bench = Bench::gated();
    bench
        .editor
        .initialize(json!({
            "workspaceFolders": [{ "uri": "file:///repo", "name": "repo" }],
            "capabilities": { "window": { "workDoneProgress": true } },
        }))
        .unwrap();
    let steps = bench.steps.take().unwrap();
    steps.send(train(1)).unwrap();
    let create = bench
        .editor
        .wait_for(|it| matches!(it, Message::Request(_)))
        .unwrap();
    let Message::Request(create) = create else {
        unreachable!()
    };
    assert_eq!(create.method, "window/workDoneProgress/create");
    let Message::Notification(begin) = bench.editor.wait_for(is_progress("begin")).unwrap() else {
        unreachable!()
    };
    assert_eq!(begin.params["token"], create.params["token"]);
    assert_eq!(begin.params["value"]["title"], "Interline: repo");
    assert_eq!(begin.params["value"]["message"], "learning 1/4");
    assert_eq!(begin.params["value"]["percentage"], 25);
    drop(steps);
    bench.editor.wait_for(is_progress("end")).unwrap();
    bench.end();
}

#[test]
fn clients_that_show_no_progress_are_not_asked() {
    let mut bench = Bench::gated();
    let params = json!({ "rootUri": "file:///repo", "capabilities": {} });
    bench.editor.initialize(params).unwrap();
    let steps = bench.steps.take().unwrap();
    steps.send(train(1)).unwrap();
    drop(steps);
    bench.until(|it| it["repositories"][0]["state"]["kind"] == "ready");
    assert!(bench.editor.said().is_empty());
    bench.end();
}

#[test]
fn requests_meanwhile_say_how_far_it_is() {
    let mut bench = Bench::gated();
    let params = json!({ "rootUri": "file:///repo", "capabilities": {} });
    bench.editor.initialize(params).unwrap();
    let steps = bench.steps.take().unwrap();
    steps.send(train(3)).unwrap();
    bench.until(|it| it["repositories"][0]["state"]["done"] == 3);
    bench.open("x = \n");
    let list = bench.inline(0, 4);
    assert_eq!(list["_interline"]["reason"], "engine-not-ready");
    let explanation = list["_interline"]["explanation"].as_str().unwrap();
    assert!(explanation.contains("learning 3 of 4"), "{explanation}");
    drop(steps);
    bench.until(|it| it["repositories"][0]["state"]["kind"] == "ready");
    bench.end();
}
