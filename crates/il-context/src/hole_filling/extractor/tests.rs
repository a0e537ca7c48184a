//! Answers in all the shapes that chat models give them, whole and in pieces.

use expect_test::{Expect, expect};
use il_engine::Context;
use proptest::prelude::*;

use crate::hole_filling::ask;

/// A file with `$0` at the hole.
fn context(file: &str) -> Context {
    let (prefix, suffix) = file.split_once("$0").expect("the hole is marked");
    Context {
        path: "src/main.py".into(),
        language: "python".into(),
        prefix: prefix.into(),
        suffix: suffix.into(),
        ..Context::default()
    }
}

/// What is taken out of an answer: the same however it is split.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "as `expect!` gives it")]
fn check(file: &str, answer: &str, expected: Expect) {
    let context = context(file);
    let whole = {
        let (_, mut extractor) = ask(&context, 64);
        let text = extractor.push(answer);
        text + &extractor.finish()
    };
    expected.assert_eq(&format!("{whole:?}"));
    let bounds = (0..=answer.len()).filter(|it| answer.is_char_boundary(*it));
    for at in bounds {
        let (_, mut extractor) = ask(&context, 64);
        let mut text = extractor.push(&answer[..at]);
        text += &extractor.push(&answer[at..]);
        text += &extractor.finish();
        assert_eq!(text, whole, "split at {at}");
    }
    let (_, mut extractor) = ask(&context, 64);
    let mut text = String::new();
    for char in answer.chars() {
        text += &extractor.push(char.encode_utf8(&mut [0; 4]));
    }
    text += &extractor.finish();
    assert_eq!(text, whole, "a character at a time");
}

const CALL: &str = "def total(cart):\n    result = $0\n    return result\n";
const BODY: &str = "def total(cart):\n    $0\n\nprint(total([]))\n";

#[test]
fn between_tags() {
    check(CALL, "<FILL>sum(cart)</FILL>", expect![[r#""sum(cart)""#]]);
    check(
        BODY,
        "<FILL>rate = 2\n    return rate</FILL>",
        expect![[r#""rate = 2\n    return rate""#]],
    );
}

#[test]
fn a_tag_that_is_not_closed_and_one_that_is_not_opened() {
    check(CALL, "<FILL>sum(cart)", expect![[r#""sum(cart)""#]]);
    check(CALL, "sum(cart)</FILL>", expect![[r#""sum(cart)""#]]);
}

#[test]
fn prose_and_thoughts_around_it() {
    check(
        CALL,
        "Sure! Here is what is missing:\n\n<FILL>sum(cart)</FILL>\n\nIt adds everything.",
        expect![[r#""sum(cart)""#]],
    );
    check(
        CALL,
        "<think>The answer goes between <FILL> and </FILL>.</think>\n<FILL>sum(cart)</FILL>",
        expect![[r#""sum(cart)""#]],
    );
}

#[test]
fn fences_inside_and_outside() {
    check(
        CALL,
        "<FILL>\n```python\nsum(cart)\n```\n</FILL>",
        expect![[r#""sum(cart)""#]],
    );
    check(
        CALL,
        "```python\n<FILL>sum(cart)</FILL>\n```",
        expect![[r#""sum(cart)""#]],
    );
    check(
        CALL,
        "Here you go:\n```python\nsum(cart)\n```\nDone.",
        expect![[r#""sum(cart)""#]],
    );
    check(CALL, "```\n```", expect![[r#""""#]]);
}

#[test]
fn nothing_but_the_text() {
    check(CALL, "sum(cart)\n", expect![[r#""sum(cart)""#]]);
    check(
        CALL,
        "The sum is missing here.\nsum(cart)",
        expect![[r#""sum(cart)""#]],
    );
    check(CALL, "I cannot help with that.", expect![[r#""""#]]);
}

#[test]
fn nothing_at_all() {
    check(CALL, "<FILL></FILL>", expect![[r#""""#]]);
    check(CALL, "", expect![[r#""""#]]);
    check(CALL, "<FILL>{{HOLE}}</FILL>", expect![[r#""""#]]);
}

#[test]
fn the_line_is_repeated() {
    check(
        CALL,
        "<FILL>    result = sum(cart)</FILL>",
        expect![[r#""sum(cart)""#]],
    );
    check(
        CALL,
        "<FILL>result = sum(cart)\n    return result</FILL>",
        expect![[r#""sum(cart)""#]],
    );
    check(
        BODY,
        "<FILL>\n    return 1\n</FILL>",
        expect![[r#""return 1""#]],
    );
    check(
        "    retur$0\n",
        "<FILL>return 1</FILL>",
        expect![[r#""n 1""#]],
    );
}

#[test]
fn the_whole_file_is_repeated() {
    check(
        CALL,
        "```python\ndef total(cart):\n    result = sum(cart)\n    return result\n```",
        expect![[r#""sum(cart)""#]],
    );
    check(
        BODY,
        "<FILL>\ndef total(cart):\n    return sum(cart)\n\nprint(total([]))\n</FILL>",
        expect![[r#""return sum(cart)""#]],
    );
    check(
        BODY,
        "<FILL>\ndef total(cart):\n    {{HOLE}}\n\nprint(total([]))\n</FILL>",
        expect![[r#""""#]],
    );
}

#[test]
fn what_closes_is_repeated() {
    check(
        "print(total($0))\n",
        "<FILL>cart))</FILL>",
        expect![[r#""cart""#]],
    );
    check(
        "print(total($0))\n",
        "<FILL>cart.items())</FILL>",
        expect![[r#""cart.items()""#]],
    );
    check(
        "fn a() {\n    $0\n}\n",
        "<FILL>b();\n}</FILL>",
        expect![[r#""b();""#]],
    );
    check(
        "fn a() {\n    $0\n}\n",
        "<FILL>if b {\n        c();\n    }</FILL>",
        expect![[r#""if b {\n        c();\n    }""#]],
    );
}

#[test]
fn a_line_end_that_belongs_to_it_stays() {
    check(
        "def f():$0\n",
        "<FILL>\n    return 1\n</FILL>",
        expect![[r#""\n    return 1""#]],
    );
    check(
        "x = 1\n$0y = 2\n",
        "<FILL>z = 3\n</FILL>",
        expect![[r#""z = 3\n""#]],
    );
    check("x = $0\n", "<FILL>\n3\n</FILL>", expect![[r#""3""#]]);
}

#[test]
fn what_is_certain_is_said_at_once_and_nothing_after_the_tag() {
    let (_, mut extractor) = ask(&context(CALL), 64);
    assert_eq!(extractor.push("<FILL>su"), "su");
    assert_eq!(extractor.push("m(cart) </"), "m(cart)");
    assert_eq!(extractor.push("a"), " </a");
    assert!(!extractor.is_done());
    assert_eq!(extractor.push("</FILL> rest"), "");
    assert!(extractor.is_done());
    assert_eq!(extractor.push("more"), "");
    assert_eq!(extractor.finish(), "");
}

#[test]
fn the_question_shows_everything_once_and_finds_free_words() {
    let mut context = context("a = \"{{HOLE}} <FILL>\"$0\nb");
    context.begun = ".c".into();
    context.blocks = vec![il_engine::Block {
        path: "src/d.py".into(),
        text: "d = 1".into(),
    }];
    let (request, _) = ask(&context, 64);
    expect![[r#"
        <file path="src/d.py">
        d = 1
        </file>
        <current path="src/main.py" language="python">
        a = "{{HOLE}} <FILL>".c{{HOLE_1}}
        b
        </current>
        What belongs in the place of {{HOLE_1}}? Answer <FILL_1>…</FILL_1>."#]]
    .assert_eq(&request.messages[0].text.0);
    assert_eq!(*request.stops, ["</FILL_1>".into()]);
}

/// Lines that files and answers share, and what models put between them.
fn any_answer() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ ]{0,4}[ab()]{1,3}\n?",
        1 => Just("\n".to_owned()),
        1 => Just("<FILL>".to_owned()),
        1 => Just("</FILL>".to_owned()),
        1 => Just("```".to_owned()),
        1 => Just("```\n".to_owned()),
        1 => Just("{{HOLE}}".to_owned()),
        1 => Just("<think>".to_owned()),
        1 => Just("</think>".to_owned()),
        1 => Just("Sure, here it is:\n".to_owned()),
        1 => Just("ä".to_owned()),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn it_does_not_matter_how_an_answer_is_split(
        before in "([ ]{0,4}[ab()]{1,3}\n){0,4}[ ]{0,4}[ab(]{0,3}",
        after in "[ab)]{0,3}(\n[ ]{0,4}[ab()]{1,3}){0,4}\n?",
        answer in any_answer(),
        tagged: bool,
        cuts in proptest::collection::vec(1_usize..9, 1..9),
    ) {
        let answer = if tagged { format!("<FILL>{answer}</FILL>") } else { answer };
        let context = context(&format!("{before}$0{after}"));
        let (_, mut whole) = ask(&context, 64);
        let text = whole.push(&answer) + &whole.finish();
        let (_, mut pieces) = ask(&context, 64);
        let mut said = String::new();
        let mut rest = answer.as_str();
        for cut in cuts.iter().cycle() {
            let at = rest.floor_char_boundary(*cut).max(rest.chars().next().map_or(0, char::len_utf8));
            said += &pieces.push(&rest[..at]);
            rest = &rest[at..];
            if rest.is_empty() {
                break;
            }
        }
        said += &pieces.finish();
        prop_assert_eq!(said, text);
    }
}
