//! Requests for suggestions, in all encodings and both forms, cancelled, replaced, explained.

use serde_json::{Value, json};
use test_support::scripted_engine::Reply;

use crate::bench::{Bench, URI, inline};

const CANCELLED: i32 = -32800;

#[test]
fn an_item_says_what_the_playground_shows() {
    let mut bench = Bench::ready(&json!({}));
    bench
        .engine
        .on("ret", Reply::text("urn total").drawn_from("b.py", 7));
    bench.open("def f():\n    ret\n");
    let list = bench.inline(1, 7);
    let item = &list["items"][0];
    assert_eq!(item["insertText"], "urn total");
    let at = json!({ "line": 1, "character": 7 });
    assert_eq!(item["range"], json!({ "start": at, "end": at }));
    let facts = &item["_interline"];
    assert_eq!(facts["source"], "engine");
    assert_eq!(facts["origin"], json!({ "path": "b.py", "line": 7 }));
    assert!(facts["probability"].as_f64().unwrap() > 0.5);
    assert!(facts["timing_us"].is_u64());
    assert_eq!(item["command"]["arguments"], json!([facts["id"]]));
    assert_eq!(list["_interline"].get("reason"), None);

    let explained = bench
        .editor
        .call("interline/explain", json!({ "id": facts["id"] }))
        .unwrap();
    assert_eq!(explained["id"], list["_interline"]["id"]);
    assert_eq!(explained["suggestions"], json!([facts["id"]]));
    assert!(!explained["steps"].as_array().unwrap().is_empty());
    assert_eq!(
        bench.editor.call("interline/explain", Value::Null).unwrap(),
        explained
    );
    bench.end();
}

#[test]
fn nothing_has_a_reason() {
    let mut bench = Bench::ready(&json!({}));
    assert_eq!(
        bench.editor.call("interline/explain", json!({})).unwrap(),
        Value::Null
    );
    bench.open("x = \n");
    let list = bench.inline(0, 4);
    assert_eq!(list["items"], json!([]));
    assert_eq!(list["_interline"]["reason"], "nothing-learnt");
    let explained = bench
        .editor
        .call(
            "interline/explain",
            json!({ "id": list["_interline"]["id"] }),
        )
        .unwrap();
    assert_eq!(explained["reason"]["code"], "nothing-learnt");
    assert_eq!(
        explained["reason"]["sentence"],
        list["_interline"]["explanation"]
    );
    bench.end();
}

#[test]
fn columns_are_counted_as_agreed() {
    for (offered, emoji) in [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)] {
        let mut bench = Bench::ready(&json!({
            "capabilities": { "general": { "positionEncodings": [offered] } },
        }));
        bench.engine.on("ret", Reply::text("urn total"));
        bench.open("    '😀'; ret\n");
        let column = "    ''; ret".len() as u32 + emoji;
        let item = &bench.inline(0, column)["items"][0];
        assert_eq!(item["insertText"], "urn total", "{offered}");
        assert_eq!(item["range"]["start"]["character"], column, "{offered}");
        // An edit behind the emoji lands where the client means it.
        let at = json!({ "line": 0, "character": column });
        bench.change(
            2,
            &json!([{ "range": { "start": at, "end": at }, "text": "!" }]),
        );
        assert_eq!(bench.text(3), "    '😀'; ret!\n", "{offered}");
        bench.end();
    }
}

#[test]
fn edits_are_followed_in_whatever_form() {
    let mut bench = Bench::ready(&json!({}));
    bench.open("one\ntwo\n");
    let range = |a: (u32, u32), b: (u32, u32)| {
        json!({
            "start": { "line": a.0, "character": a.1 },
            "end": { "line": b.0, "character": b.1 },
        })
    };
    bench.change(
        2,
        &json!([
            { "range": range((0, 0), (0, 3)), "text": "1" },
            { "range": range((0, 1), (1, 0)), "text": "\r\n" },
        ]),
    );
    assert_eq!(bench.text(3), "1\r\ntwo\n");
    bench.change(5, &json!([{ "text": "all new" }]));
    assert_eq!(bench.text(6), "all new");
    bench.change(
        17,
        &json!([{ "range": range((0, 3), (999, 999)), "text": "" }]),
    );
    assert_eq!(bench.text(18), "all");
    let version = json!({ "uri": URI, "version": null });
    bench
        .editor
        .notify(
            "textDocument/didChange",
            json!({ "textDocument": version, "contentChanges": [{ "text": "last" }] }),
        )
        .unwrap();
    assert_eq!(bench.text(30), "last");
    bench.open("opened again");
    assert_eq!(bench.text(2), "opened again");
    bench
        .editor
        .notify(
            "textDocument/didClose",
            json!({ "textDocument": { "uri": URI } }),
        )
        .unwrap();
    let refused = bench
        .editor
        .ask("textDocument/inlineCompletion", inline(0, 0))
        .unwrap();
    assert_eq!(refused.response_result.unwrap_err().code, -32602);
    bench.end();
}

#[test]
fn a_cancelled_request_is_answered_once_and_at_once() {
    let mut bench = Bench::ready(&json!({}));
    bench.engine.hold();
    bench.engine.otherwise(Reply::text("total"));
    bench.open("x = \n");
    let id = bench
        .editor
        .request("textDocument/inlineCompletion", inline(0, 4))
        .unwrap();
    assert!(bench.engine.wait_for_calls(1));
    bench.editor.cancel(&id).unwrap();
    bench.editor.cancel(&id).unwrap();
    let error = bench.editor.wait(&id).unwrap().response_result.unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        (CANCELLED, "cancelled by the client")
    );
    // The engine is still held back: only the cancel can end the call.
    bench.until(|it| it["engineJobs"] == 0 && it["waiting"] == 0);
    assert!(bench.editor.unclaimed().is_empty());
    bench.editor.cancel(&id).unwrap(); // long answered
    bench.end();
}

#[test]
fn a_newer_request_takes_the_place_of_an_older() {
    let mut bench = Bench::ready(&json!({}));
    bench.engine.hold();
    bench.engine.otherwise(Reply::text("total"));
    bench.open("x = \ny = \n");
    let old = bench
        .editor
        .request("textDocument/inlineCompletion", inline(0, 4))
        .unwrap();
    let new = bench
        .editor
        .request("textDocument/inlineCompletion", inline(1, 4))
        .unwrap();
    assert_eq!(
        bench
            .editor
            .wait(&old)
            .unwrap()
            .response_result
            .unwrap_err()
            .code,
        CANCELLED
    );
    bench.engine.release();
    assert!(bench.editor.wait(&new).unwrap().response_result.is_ok());
    bench.end();
}

#[test]
fn versions_are_honoured() {
    let mut bench = Bench::ready(&json!({}));
    bench.engine.otherwise(Reply::text("total"));
    bench.open("x = \n");
    bench.change(5, &json!([{ "text": "yy = \n" }]));
    let mut params = inline(0, 5);
    params["textDocument"]["version"] = json!(4);
    let old = bench
        .editor
        .ask("textDocument/inlineCompletion", params.clone())
        .unwrap();
    assert_eq!(old.response_result.unwrap_err().code, CANCELLED);
    params["textDocument"]["version"] = json!(6);
    let early = bench
        .editor
        .call("textDocument/inlineCompletion", params.clone())
        .unwrap();
    assert_eq!(early["_interline"]["reason"], "unknown-version");
    params["textDocument"]["version"] = json!(5);
    let right = bench
        .editor
        .call("textDocument/inlineCompletion", params)
        .unwrap();
    assert_eq!(right["items"][0]["insertText"], "total");
    bench.end();
}

#[test]
fn a_panic_in_the_engine_is_an_empty_answer() {
    let mut bench = Bench::ready(&json!({}));
    bench.engine.on("x = ", Reply::panics("scripted"));
    bench.engine.on("y = ", Reply::text("total"));
    bench.open("x = \ny = \n");
    let list = bench.inline(0, 4);
    assert_eq!(list["_interline"]["reason"], "engine-failed");
    assert_eq!(bench.inline(1, 4)["items"][0]["insertText"], "total");
    bench.end();
}

#[test]
fn editors_without_ghost_text_get_an_entry() {
    let mut bench = Bench::ready(&json!({}));
    bench.engine.on("ret", Reply::text("urn total"));
    bench.open("    ret\n");
    let at = |character: u32| {
        json!({
            "textDocument": { "uri": URI },
            "position": { "line": 0, "character": character },
            "context": { "triggerKind": 1 },
        })
    };
    let list = bench.editor.call("textDocument/completion", at(7)).unwrap();
    let item = &list["items"][0];
    assert_eq!(list["isIncomplete"], true);
    assert_eq!(item["detail"], "interline");
    assert_eq!(item["preselect"], true);
    assert_eq!(item["filterText"], "return total");
    assert_eq!(item["textEdit"]["newText"], "return total");
    assert_eq!(item["textEdit"]["range"]["start"]["character"], 4);
    assert_eq!(item["textEdit"]["range"]["end"]["character"], 7);
    let list = bench.editor.call("textDocument/completion", at(2)).unwrap();
    assert_eq!(list["items"], json!([]));
    bench.end();
}

#[test]
fn an_id_in_use_cannot_be_used_again() {
    let mut bench = Bench::ready(&json!({}));
    bench.engine.hold();
    bench.open("x = \n");
    let id = bench
        .editor
        .request("textDocument/inlineCompletion", inline(0, 4))
        .unwrap();
    assert!(bench.engine.wait_for_calls(1));
    bench
        .editor
        .repeat(&id, "interline/status", Value::Null)
        .unwrap();
    let refused = bench.editor.wait(&id).unwrap().response_result.unwrap_err();
    assert_eq!(refused.code, -32600);
    bench.engine.release();
    assert!(bench.editor.wait(&id).unwrap().response_result.is_ok());
    bench.end();
}
