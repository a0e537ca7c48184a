//! The whole way of a keystroke, as text: a buffer, what the typist does, what is on the screen.

mod any_order;
mod rig;

use expect_test::expect;
use il_engine::Finish;
use test_support::scripted_engine::{Reply, ScriptedEngine};

use self::rig::{Rig, check};

fn knows(text: &str) -> ScriptedEngine {
    let engine = ScriptedEngine::new();
    engine.knows(text, 0.97);
    engine
}

fn slow() -> ScriptedEngine {
    let engine = ScriptedEngine::slow();
    engine.knows("let total = sum(prices);\n", 0.97);
    engine
}

#[test]
fn a_line_that_is_typed_through_costs_one_call() {
    check(
        Rig::new(knows("let total = sum(prices);\n"), "$0"),
        "type let total = sum(\ntype prices)\ntype ;",
        expect![[r#"
            type let total = sum(  let total = sum(⟦prices);⟧  (type-through)
            type prices)           let total = sum(prices)⟦;⟧  (type-through)
            type ;                 let total = sum(prices);|  [nothing-learnt] the engine knows nothing that follows here
            calls 2 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn what_is_typed_otherwise_is_asked_anew() {
    let engine = knows("let total = sum(prices);\n");
    engine.on("let m", Reply::text("ean = 0;"));
    check(
        Rig::new(engine, "$0"),
        "type let\ntype  m\ntype ea\nbackspace 3\ntype t",
        expect![[r#"
            type let               let⟦ total = sum(prices);⟧  (type-through)
            type  m                let m⟦ean = 0;⟧  (engine)
            type ea                let mea⟦n = 0;⟧  (type-through)
            backspace 3            let ⟦total = sum(prices);⟧  (cache)
            type t                 let t⟦otal = sum(prices);⟧  (type-through)
            calls 2 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn an_editor_may_close_brackets_by_itself() {
    check(
        Rig::new(knows("f(a, b)\n"), "$0"),
        "type f\nautoclose ()\ntype a\ntab",
        expect![[r#"
            type f                 f⟦(a, b)⟧  (engine)
            autoclose ()           f(⟦a, b)⟧⟨)⟩  (type-through)
            type a                 f(a⟦, b)⟧⟨)⟩  (type-through)
            tab                    f(a, b)|  [filtered] filtered by too-short: it is blank
            calls 2 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn word_by_word_and_line_by_line_the_rest_stays() {
    let engine = ScriptedEngine::new();
    engine.on(
        "{",
        Reply::pieces(&[("\n    a(b);", 0.95), ("\n    c();", 0.9), ("\n}", 0.85)]),
    );
    check(
        Rig::new(engine, "fn f() $0").with_opener(),
        "type {\nword\nword\nline\nline",
        expect![[r#"
            type {                 fn f() {⟦⏎    a(b);⏎    c();⏎}⟧  (engine)
            word                       a⟦(b);⏎    c();⏎}⟧  (type-through)
            word                       a(⟦b);⏎    c();⏎}⟧  (type-through)
            line                       a(b);⟦⏎    c();⏎}⟧  (type-through)
            line                       c();⟦⏎}⟧  (type-through)
            calls 1 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn the_uncut_rest_is_ready_after_an_accept() {
    let engine = ScriptedEngine::new();
    engine.on(
        "x",
        Reply::pieces(&[(" = foo(", 0.6), ("bar", 0.45), (");", 0.44)]),
    );
    check(
        Rig::new(engine, "$0"),
        "type x\ntab\ntab",
        expect![[r#"
        type x                 x⟦ = foo(⟧  (engine)
        tab                    x = foo(⟦bar);⟧  (cache)
        tab                    x = foo(bar);|  [nothing-learnt] the engine knows nothing that follows here
        calls 2 (0 ahead), cancelled 0
    "#]],
    );
}

#[test]
fn the_next_lines_of_a_block_are_ready_after_an_accept() {
    let engine = ScriptedEngine::with_capabilities(rig::llm());
    engine.on("x", Reply::text(" = 1;\ny = 2;\nz = 3;"));
    check(
        Rig::new(engine, "$0"),
        "type x\nwait 100ms\ntab",
        expect![[r#"
            type x                 x|  … 1 waiting, 0 running
            wait 100ms             x⟦ = 1;⟧  (engine)
            tab                    x = 1;⟦⏎y = 2;⏎z = 3;⟧  (cache)
            calls 1 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn asks_ahead_once_something_is_shown() {
    let engine = ScriptedEngine::slow();
    engine
        .on("a", Reply::text("lpha();"))
        .on("alpha();", Reply::text("\nbeta();"))
        .on("beta();", Reply::nothing());
    check(
        Rig::new(engine, "$0").ahead().latency(80),
        "type a\nwait 300ms\ntab\nwait 300ms\ntype x",
        expect![[r#"
            type a                 a|  … 1 waiting, 0 running
            wait 300ms             a⟦lpha();⟧  (engine)
            tab                    alpha();⟦⏎beta();⟧  (speculation)
            wait 300ms             alpha();⟦⏎beta();⟧  (speculation)
            type x                 alpha();x|  … 1 waiting, 0 running
            calls 3 (2 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn does_not_ask_ahead_where_it_costs_or_hinders() {
    let mut metered = rig::llm();
    metered.remote = true;
    metered.metered = true;
    let engine = ScriptedEngine::with_capabilities(metered);
    engine
        .on("a", Reply::text("lpha();"))
        .on("alpha();", Reply::text("\nbeta();"));
    check(
        Rig::new(engine, "$0").ahead().latency(80),
        "type a\nwait 300ms",
        expect![[r#"
            type a                 a|  … 1 waiting, 0 running
            wait 300ms             a⟦lpha();⟧  (engine)
            calls 1 (0 ahead), cancelled 0
        "#]],
    );

    let engine = ScriptedEngine::slow();
    engine
        .on("a", Reply::text("lpha();"))
        .on("alpha();", Reply::text("\nbeta();"))
        .on("x", Reply::text("yz();"));
    check(
        Rig::new(engine, "$0").ahead().latency(400),
        "type a\nwait 500ms\ntype x\nwait 700ms",
        expect![[r#"
            type a                 a|  … 1 waiting, 0 running
            wait 500ms             a⟦lpha();⟧  (engine)
            type x                 ax|  … 1 waiting, 0 running
            wait 700ms             ax⟦yz();⟧  (engine)
            calls 4 (2 ahead), cancelled 1
        "#]],
    );
}

#[test]
fn waits_for_the_typist_and_counts_from_the_key() {
    check(
        Rig::new(slow(), "let t$0").every(40),
        "type ot\nwait 20ms\nwait 30ms",
        expect![[r#"
            type ot                let tot|  … 1 waiting, 0 running
            wait 20ms              let tot|  … 1 waiting, 0 running
            wait 30ms              let tot⟦al = sum(prices);⟧  (engine)
            calls 1 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn continuous_typing_is_answered_all_the_same() {
    let engine = ScriptedEngine::slow();
    engine.knows("extraordinarily_long();", 0.97);
    let rig = Rig::new(engine, "ex$0").every(60).latency(10);
    check(
        rig,
        "type trao\ntype r\ntype d\ntype i",
        expect![[r#"
            type trao              extrao|  … 1 waiting, 0 running
            type r                 extraor|  … 1 waiting, 0 running
            type d                 extraord⟦inarily_long();⟧  (type-through)
            type i                 extraordi⟦narily_long();⟧  (type-through)
            calls 1 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn an_engine_call_is_joined_while_it_matches() {
    let rig = Rig::new(slow(), "$0").every(100).latency(450);
    check(
        rig,
        "type let t\nwait 500ms",
        expect![[r#"
        type let t             let t|  … 1 waiting, 1 running
        wait 500ms             let t⟦otal = sum(prices);⟧  (in-flight)
        calls 1 (0 ahead), cancelled 0
    "#]],
    );
}

#[test]
fn an_engine_call_is_stopped_only_when_it_cannot_match() {
    let rig = Rig::new(slow(), "$0").every(100).latency(450);
    check(
        rig,
        "type let\ntype  x\nwait 600ms",
        expect![[r#"
        type let               let|  … 1 waiting, 1 running
        type  x                let x|  … 1 waiting, 0 running
        wait 600ms             let x|  [nothing-learnt] the engine knows nothing that follows here
        calls 2 (0 ahead), cancelled 1
    "#]],
    );
}

#[test]
fn a_cancelled_request_is_answered_and_its_call_lingers_a_moment() {
    let rig = Rig::new(slow(), "let t$0").latency(450);
    check(
        rig,
        "ask\ncancel\nwait 100ms\nwait 100ms",
        expect![[r#"
        ask                    let t|  … 1 waiting, 1 running
        cancel                 let t|  [cancelled] the request was cancelled
        wait 100ms             let t|  [cancelled] the request was cancelled
        wait 100ms             let t|  [cancelled] the request was cancelled
        calls 1 (0 ahead), cancelled 1
    "#]],
    );
    let rig = Rig::new(slow(), "let t$0").latency(450);
    check(
        rig,
        "ask\ncancel\nwait 20ms\ntype o\nwait 400ms",
        expect![[r#"
            ask                    let t|  … 1 waiting, 1 running
            cancel                 let t|  [cancelled] the request was cancelled
            wait 20ms              let t|  [cancelled] the request was cancelled
            type o                 let to|  … 1 waiting, 1 running
            wait 400ms             let to⟦tal = sum(prices);⟧  (in-flight)
            calls 1 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn alternatives_are_different_and_best_first() {
    let engine = ScriptedEngine::new();
    engine.on(
        "x = ",
        Reply::pieces(&[("foo()", 0.5)])
            .or(Reply::pieces(&[("bar()", 0.3)]).drawn_from("src/b.rs", 7))
            .or(Reply::pieces(&[("foo() ", 0.2)])),
    );
    check(
        Rig::new(engine, "x = $0"),
        "ask\nlist\nrequest",
        expect![[r#"
            ask                    x = ⟦foo()⟧  (engine)
            list                   x = ⟦foo()⟧  (engine)  "foo()" 0.50, "bar()" 0.30
            request                x = ⟦foo()⟧  (type-through)
            calls 1 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn what_saves_most_comes_before_what_is_surest() {
    let engine = ScriptedEngine::new();
    engine.on(
        "for it in sel",
        Reply::pieces(&[("f.", 0.99), ("rows", 0.1)])
            .or(Reply::pieces(&[("f.columns_of(table):", 0.66)])),
    );
    check(
        Rig::new(engine, "for it in sel$0"),
        "request\nlist",
        expect![[r#"
            request                for it in sel⟦f.columns_of(table):⟧  (engine)
            list                   for it in sel⟦f.columns_of(table):⟧  (engine)  "f.columns_of(table):" 0.66
            calls 1 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn whoever_asks_is_shown_what_is_less_sure() {
    let engine = ScriptedEngine::new();
    engine.on("x = ", Reply::pieces(&[("foo()", 0.3)]));
    check(
        Rig::new(engine, "x = $0"),
        "request\nask",
        expect![[r#"
        request                x = |  [below-confidence] below confidence (best 0.30 < 0.50)
        ask                    x = ⟦foo()⟧  (engine)
        calls 2 (0 ahead), cancelled 0
    "#]],
    );
}

#[test]
fn a_selected_entry_counts_as_typed() {
    let engine = ScriptedEngine::new();
    engine
        .on("self.push", Reply::text("(row);"))
        .on("self.p", Reply::text("op();"));
    check(
        Rig::new(engine, "self.p$0"),
        "request\nselect 1 push\nselect 1 remove",
        expect![[r#"
            request                self.p⟦op();⟧  (engine)
            select 1 push          self.⟦push(row);⟧⟨p⟩  (engine)
            select 1 remove        self.p|  [filtered] filtered by selected: the selected entry does not go on with what is typed
            calls 2 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn nothing_shown_has_a_reason() {
    let engine = ScriptedEngine::new();
    engine.on("sure ", Reply::pieces(&[("maybe", 0.31)]));
    engine.on("again ", Reply::text("next line"));
    engine.on("loading ", Reply::not_ready("learning, 40 %"));
    engine.on("broken ", Reply::failed("out of memory"));
    check(
        Rig::new(engine.clone(), "sure $0"),
        "request",
        expect![[r#"
        request                sure |  [below-confidence] below confidence (best 0.31 < 0.50)
        calls 1 (0 ahead), cancelled 0
    "#]],
    );
    check(
        Rig::new(engine.clone(), "$0\nagain next line\n"),
        "type again ",
        expect![[r#"
            type again             again ⟦next line⟧  (engine)
            calls 7 (0 ahead), cancelled 0
        "#]],
    );
    check(
        Rig::new(engine.clone(), "loading $0"),
        "request",
        expect![[r#"
            request                loading |  [engine-not-ready] the scripted engine is not ready: learning, 40 %
            calls 8 (0 ahead), cancelled 0
        "#]],
    );
    check(
        Rig::new(engine.clone(), "broken $0"),
        "request",
        expect![[r#"
            request                broken |  [engine-failed] the scripted engine failed: out of memory
            calls 9 (0 ahead), cancelled 0
        "#]],
    );
    check(
        Rig::new(engine.clone(), "unheard of $0"),
        "request",
        expect![[r#"
            request                unheard of |  [nothing-learnt] the engine knows nothing that follows here
            calls 10 (0 ahead), cancelled 0
        "#]],
    );
    engine.on("torn ", Reply::pieces(&[]).finishing(Finish::Unsure));
    check(
        Rig::new(engine.clone(), "torn $0"),
        "request",
        expect![[r#"
        request                torn |  [unsure] the engine is not sure of anything that follows here
        calls 11 (0 ahead), cancelled 0
    "#]],
    );
    check(
        Rig::new(engine.clone(), "in$0side"),
        "request",
        expect![[r#"
            request                in|side  [mid-word] the cursor is inside a word
            calls 11 (0 ahead), cancelled 0
        "#]],
    );
    check(
        Rig::new(engine.clone(), "sure $0").without_engine(),
        "request",
        expect![[r#"
            request                sure |  [no-engine] no engine answers for this file
            calls 11 (0 ahead), cancelled 0
        "#]],
    );
    check(
        Rig::new(engine.clone(), "sure $0").latency(20_000),
        "request\nwait 10001ms\nwait 150ms",
        expect![[r#"
            request                sure |  … 1 waiting, 1 running
            wait 10001ms           sure |  [timed-out] the engine did not answer within 10000 ms
            wait 150ms             sure |  [timed-out] the engine did not answer within 10000 ms
            calls 12 (0 ahead), cancelled 1
        "#]],
    );
    check(
        Rig::new(engine, "sure $0").latency(20_000),
        "request\nclose",
        expect![[r#"
            request                sure |  … 1 waiting, 1 running
            close                  sure |  [doc-closed] the document was closed
            calls 13 (0 ahead), cancelled 1
        "#]],
    );
}

#[test]
fn a_dismissed_suggestion_does_not_come_back() {
    let engine = ScriptedEngine::slow();
    engine
        .on("x = ", Reply::text("foo()"))
        .on("x = f", Reply::text("our()"));
    check(
        Rig::new(engine, "x = $0"),
        "request\nesc\ntype f\nwait 300ms",
        expect![[r#"
            request                x = ⟦foo()⟧  (engine)
            esc                    x = |
            type f                 x = f|  … 1 waiting, 0 running
            wait 300ms             x = f⟦our()⟧  (engine)
            calls 2 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn a_minified_line_is_answered_too() {
    let engine = ScriptedEngine::new();
    engine.on("x.y(", Reply::text("z);"));
    let mut rig = Rig::new(
        engine,
        &format!("{}x.y($0\nnext\n", "f(){g};".repeat(100_000)),
    );
    rig.run("request");
    assert!(rig.log().contains("⟦z);⟧  (engine)"), "something is shown");
}

#[test]
fn another_engine_answers_anew() {
    let engine = ScriptedEngine::new();
    engine.on("x = ", Reply::text("foo()"));
    check(
        Rig::new(engine, "x = $0"),
        "request\nengine\nrequest",
        expect![[r#"
            request                x = ⟦foo()⟧  (engine)
            engine                 x = |
            request                x = ⟦foo()⟧  (engine)
            calls 2 (0 ahead), cancelled 0
        "#]],
    );
    let rig = Rig::new(slow(), "let t$0").latency(450);
    check(
        rig,
        "ask\nengine\nwait 500ms",
        expect![[r#"
        ask                    let t|  … 1 waiting, 1 running
        engine                 let t|  … 1 waiting, 1 running
        wait 500ms             let t⟦otal = sum(prices);⟧  (engine)
        calls 2 (0 ahead), cancelled 1
    "#]],
    );
}

#[test]
fn an_answer_that_ran_out_of_budget_is_an_answer() {
    let engine = ScriptedEngine::new();
    engine.on(
        "x = ",
        Reply::pieces(&[("foo(", 0.9), ("bar", 0.8)]).finishing(Finish::Length),
    );
    check(
        Rig::new(engine, "x = $0"),
        "request",
        expect![[r#"
        request                x = ⟦foo(bar⟧  (engine)
        calls 1 (0 ahead), cancelled 0
    "#]],
    );
}

#[test]
fn crlf_and_tabs_are_typed_through_too() {
    let engine = ScriptedEngine::new();
    engine.on("{", Reply::text("\n\ta();\n\tb();"));
    check(
        Rig::new(engine, "fn f() $0\r\n").with_opener(),
        "type {\ntype \\r\\n    a();",
        expect![[r#"
            type {                 fn f() {⟦␍⏎    a();␍⏎    b();⟧␍  (engine)
            type \\r\\n    a();        a();⟦␍⏎    b();⟧␍  (type-through)
            calls 1 (0 ahead), cancelled 0
        "#]],
    );
}

#[test]
fn the_same_events_give_the_same_actions() {
    let run = || {
        let engine = slow();
        let mut rig = Rig::new(engine, "$0").ahead().every(90).latency(200);
        rig.run("type let\nwait 300ms\nword\ntype x\nbackspace 1\nask\nwait 1000ms\ntab\nesc");
        rig.actions
    };
    let actions = run();
    assert!(actions.len() > 15, "the script does something");
    assert_eq!(actions, run());
}
