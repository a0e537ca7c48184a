//! From `initialize` to `exit`, and what is said at the wrong time.

use lsp_server::Response;
use serde_json::{Value, json};

use crate::bench::{Bench, URI, inline};

fn code(response: Response) -> i32 {
    response.response_result.unwrap_err().code
}

#[test]
fn initialize_says_what_the_server_can() {
    let mut bench = Bench::silent();
    let result = bench
        .editor
        .initialize(json!({ "capabilities": {} }))
        .unwrap();
    assert_eq!(
        result["serverInfo"],
        json!({ "name": "interline", "version": "1.2.3" })
    );
    let capabilities = &result["capabilities"];
    assert_eq!(capabilities["positionEncoding"], "utf-16");
    assert_eq!(capabilities["inlineCompletionProvider"], true);
    assert_eq!(capabilities["textDocumentSync"]["change"], 2);
    assert_eq!(
        capabilities["executeCommandProvider"]["commands"],
        json!(["github.copilot.didAcceptCompletionItem"])
    );
    bench.end();
}

#[test]
fn nothing_goes_before_initialize() {
    let mut bench = Bench::silent();
    for method in [
        "shutdown",
        "textDocument/inlineCompletion",
        "interline/status",
        "nonsense",
    ] {
        assert_eq!(
            code(bench.editor.ask(method, Value::Null).unwrap()),
            -32002,
            "{method}"
        );
    }
    bench.open("x"); // dropped
    bench
        .editor
        .initialize(json!({ "capabilities": {} }))
        .unwrap();
    assert_eq!(
        code(bench.editor.ask("initialize", json!({})).unwrap()),
        -32600
    );
    let refused = bench
        .editor
        .ask("textDocument/inlineCompletion", inline(0, 0))
        .unwrap();
    let refused = refused.response_result.unwrap_err();
    assert_eq!(refused.code, -32602);
    assert_eq!(
        refused.message,
        format!("unknown document: `{URI}` is not open")
    );
    bench.end();
}

#[test]
fn nothing_goes_after_shutdown_but_exit() {
    let mut bench = Bench::ready(&json!({}));
    bench.editor.call("shutdown", Value::Null).unwrap();
    for method in [
        "shutdown",
        "textDocument/inlineCompletion",
        "interline/status",
    ] {
        assert_eq!(
            code(bench.editor.ask(method, Value::Null).unwrap()),
            -32600,
            "{method}"
        );
    }
    bench.editor.notify("exit", Value::Null).unwrap();
    bench.server.join().unwrap().unwrap();
}

#[test]
fn exit_without_shutdown_is_an_error() {
    let bench = Bench::ready(&json!({}));
    bench.editor.notify("exit", Value::Null).unwrap();
    let error = bench.server.join().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the client sent `exit` without `shutdown`"
    );
}

#[test]
fn hanging_up_ends_the_session() {
    let bench = Bench::ready(&json!({}));
    drop(bench.editor);
    bench.server.join().unwrap().unwrap();
}

#[test]
fn shutdown_answers_what_still_waits() {
    let mut bench = Bench::ready(&json!({}));
    bench.engine.hold();
    bench.open("x = \n");
    let waiting = bench
        .editor
        .request("textDocument/inlineCompletion", inline(0, 4))
        .unwrap();
    assert!(bench.engine.wait_for_calls(1));
    bench.editor.shut_down().unwrap();
    assert_eq!(code(bench.editor.wait(&waiting).unwrap()), -32800);
    bench.server.join().unwrap().unwrap();
}

#[test]
fn unknown_methods_and_bad_parameters() {
    let mut bench = Bench::ready(&json!({}));
    assert_eq!(
        code(bench.editor.ask("textDocument/hover", json!({})).unwrap()),
        -32601
    );
    assert_eq!(
        code(bench.editor.ask("$/whatever", json!({})).unwrap()),
        -32601
    );
    for params in [
        Value::Null,
        json!([]),
        json!({ "textDocument": { "uri": URI } }),
    ] {
        let refused = bench
            .editor
            .ask("textDocument/inlineCompletion", params)
            .unwrap();
        let refused = refused.response_result.unwrap_err();
        assert_eq!(refused.code, -32602);
        let start = "cannot read the parameters of `textDocument/inlineCompletion`: ";
        assert!(refused.message.starts_with(start), "{}", refused.message);
    }
    let bad = json!({ "command": "rm", "arguments": [] });
    assert_eq!(
        code(bench.editor.ask("workspace/executeCommand", bad).unwrap()),
        -32602
    );
    let unknown = json!({ "id": "r999" });
    assert_eq!(
        code(bench.editor.ask("interline/explain", unknown).unwrap()),
        -32602
    );
    for method in [
        "textDocument/didChange",
        "textDocument/didOpen",
        "$/cancelRequest",
        "x/y",
    ] {
        bench
            .editor
            .notify(method, json!({ "nonsense": true }))
            .unwrap();
        bench.editor.notify(method, Value::Null).unwrap();
    }
    bench
        .editor
        .notify("$/setTrace", json!({ "value": "verbose" }))
        .unwrap();
    bench
        .editor
        .notify("workspace/didChangeConfiguration", json!({ "settings": 1 }))
        .unwrap();
    assert_eq!(bench.status()["version"], "1.2.3");
    bench.end();
}

#[test]
fn folders_come_and_go() {
    let mut bench = Bench::ready(&json!({}));
    let change = |added: &[&str], removed: &[&str]| {
        let folders = |it: &[&str]| it.iter().map(|it| json!({ "uri": it })).collect::<Vec<_>>();
        json!({ "event": { "added": folders(added), "removed": folders(removed) } })
    };
    let method = "workspace/didChangeWorkspaceFolders";
    bench
        .editor
        .notify(method, change(&["file:///gone"], &[]))
        .unwrap();
    bench.until(|it| it["repositories"][1]["state"]["why"] == "cannot read `/gone`");
    bench
        .editor
        .notify(method, change(&[], &["file:///gone", "file:///repo"]))
        .unwrap();
    bench.until(|it| it["repositories"] == json!([]));
    bench.end();
}

#[test]
fn files_that_change_on_disk_reach_the_repository() {
    let mut bench = Bench::ready(&json!({}));
    bench.open("x");
    let changes = json!({ "changes": [{ "uri": "file:///repo/b%20c.py", "type": 2 }] });
    bench
        .editor
        .notify("workspace/didChangeWatchedFiles", changes)
        .unwrap();
    bench
        .editor
        .notify(
            "textDocument/didSave",
            json!({ "textDocument": { "uri": URI } }),
        )
        .unwrap();
    let shelf = bench.shelf.clone();
    bench.until(|_| shelf.told.lock().unwrap().len() == 2);
    assert_eq!(shelf.told.lock().unwrap()[0].to_str(), Some("/repo/b c.py"));
    bench.end();
}
