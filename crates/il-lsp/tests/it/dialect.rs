//! What clients made for Copilot's server say, and what they have to hear.

use lsp_server::Message;
use serde_json::{Value, json};
use test_support::scripted_engine::Reply;

use crate::bench::{Bench, train};

fn copilot() -> Value {
    json!({
        "initializationOptions": {
            "editorInfo": { "name": "Emacs", "version": "30.1" },
            "editorPluginInfo": { "name": "copilot.el", "version": "0.2.0" },
        },
    })
}

#[test]
fn everyone_is_signed_in() {
    let mut bench = Bench::ready(&copilot());
    let mut call = |method: &str, params: Value| bench.editor.call(method, params).unwrap();
    let ok = json!({ "status": "OK", "user": "interline" });
    assert_eq!(call("checkStatus", json!({ "localChecksOnly": true })), ok);
    assert_eq!(call("checkStatus", json!([])), ok);
    let already = json!({ "status": "AlreadySignedIn", "user": "interline" });
    assert_eq!(call("signIn", json!({})), already);
    assert_eq!(call("signInInitiate", json!({ "dummy": "x" })), already);
    assert_eq!(call("signInConfirm", json!({ "userCode": "x" })), ok);
    assert_eq!(
        call("signOut", json!({})),
        json!({ "status": "NotSignedIn" })
    );
    assert_eq!(call("getVersion", json!({}))["version"], "1.2.3");
    assert_eq!(call("setEditorInfo", json!({ "editorInfo": {} })), "OK");
    bench.end();
}

#[test]
fn shown_accepted_and_partially_accepted_are_heard() {
    let mut bench = Bench::ready(&copilot());
    bench.engine.on("ret", Reply::text("urn total"));
    bench.open("ret\n");
    let params = json!({
        "textDocument": { "uri": crate::bench::URI, "version": 1 },
        "position": { "line": 0, "character": 3 },
        "formattingOptions": { "tabSize": 2, "insertSpaces": true },
        "context": { "triggerKind": 2 },
    });
    let list = bench
        .editor
        .call("textDocument/inlineCompletion", params)
        .unwrap();
    let item = &list["items"][0];
    let command = &item["command"];
    assert_eq!(command["command"], "github.copilot.didAcceptCompletionItem");
    bench.until(|it| it["engineJobs"] == 0);
    assert_eq!(bench.status()["counters"]["shown"], 0);

    bench
        .editor
        .notify("textDocument/didShowCompletion", json!({ "item": item }))
        .unwrap();
    let part = json!({ "item": item, "acceptedLength": 3 });
    bench
        .editor
        .notify("textDocument/didPartiallyAcceptCompletion", part)
        .unwrap();
    let accept = json!({ "command": command["command"], "arguments": command["arguments"] });
    assert_eq!(
        bench
            .editor
            .call("workspace/executeCommand", accept)
            .unwrap(),
        Value::Null
    );
    bench.until(|it| it["counters"]["accepted"] == 1);
    let counters = bench.status()["counters"].clone();
    assert_eq!(counters["shown"], 1);
    assert_eq!(counters["partiallyAccepted"], 1);

    // Items of others, and items without a command, do no harm.
    for item in [
        json!({}),
        json!({ "command": { "title": "", "command": "x", "arguments": [7] } }),
    ] {
        let params = json!({ "item": item, "acceptedLength": 1 });
        bench
            .editor
            .notify("textDocument/didShowCompletion", params.clone())
            .unwrap();
        bench
            .editor
            .notify("textDocument/didPartiallyAcceptCompletion", params)
            .unwrap();
    }
    let foreign =
        json!({ "command": "github.copilot.didAcceptCompletionItem", "arguments": ["u"] });
    bench
        .editor
        .call("workspace/executeCommand", foreign)
        .unwrap();
    bench.end();
}

#[test]
fn focus_is_heard_in_every_form() {
    let mut bench = Bench::ready(&copilot());
    bench.open("x");
    let document = json!({ "uri": crate::bench::URI });
    for params in [
        json!({ "textDocument": document }),
        json!({ "uri": "file:///x" }),
        json!({}),
    ] {
        bench
            .editor
            .notify("textDocument/didFocus", params)
            .unwrap();
    }
    assert_eq!(bench.status()["documents"].as_array().unwrap().len(), 1);
    bench.end();
}

/// The statuses that were said, as `kind busy message`.
fn statuses(bench: &mut Bench) -> Vec<String> {
    let said = bench.editor.said();
    let status = |it: &Message| match it {
        Message::Notification(it) if it.method == "didChangeStatus" => {
            let busy = it.params["busy"].as_bool().unwrap();
            let text = |name: &str| it.params[name].as_str().unwrap().to_owned();
            Some(format!("{} {busy} {}", text("kind"), text("message")))
        }
        _ => None,
    };
    said.iter().filter_map(status).collect()
}

#[test]
fn the_status_line_follows_the_repository() {
    let mut bench = Bench::gated();
    let mut params = copilot();
    params["rootUri"] = json!("file:///repo");
    bench.editor.initialize(params).unwrap();
    let steps = bench.steps.take().unwrap();
    steps.send(train(1)).unwrap();
    drop(steps);
    bench.until(|it| it["repositories"][0]["state"]["kind"] == "ready");
    // Ready is told before it is said; one more turn and it has been.
    bench
        .editor
        .wait_for(|it| matches!(it, Message::Notification(it) if it.params["busy"] == false))
        .unwrap();
    bench.end();

    let mut bench = Bench::silent();
    let mut params = copilot();
    params["rootUri"] = json!("file:///gone");
    bench.editor.initialize(params).unwrap();
    bench.until(|it| it["repositories"][0]["state"]["kind"] == "failed");
    bench
        .editor
        .wait_for(|it| matches!(it, Message::Notification(it) if it.method == "window/logMessage"))
        .unwrap();
    assert_eq!(statuses(&mut bench), ["Warning false cannot read `/gone`"]);
    bench.end();
}

#[test]
fn others_hear_no_foreign_notifications() {
    let mut bench = Bench::ready(&json!({}));
    bench.open("x");
    assert!(statuses(&mut bench).is_empty());
    bench.end();
}

#[test]
fn the_page_about_the_server_names_what_it_counts() {
    let mut bench = Bench::ready(&json!({}));
    let page = include_str!("../../../../docs/lsp.md");
    for (name, _) in bench.status()["counters"].as_object().unwrap() {
        assert!(page.contains(&format!("\"{name}\":")), "{name}");
    }
    bench.end();
}
