//! Texts that no grammar likes: everything answers, within its budget, whatever they hold.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use il_lang::registry;
use il_syntax::{Basis, Parsed, Parser, grammars};
use il_text::{Decoded, Text, decode};

use crate::languages::{chunks, cursor, place, symbols};

fn parse(language: &str, text: impl Into<Text>) -> Parsed {
    Parser::new().parse(
        registry()
            .by_id(language)
            .expect("a language of the registry"),
        text,
    )
}

/// Asks everything, at the ends, in the middle and past the end, and holds it to what always holds.
fn ask_everything(parsed: &Parsed) {
    let text = parsed.text();
    for max_bytes in [1, 7, 200, 4000] {
        let chunks = parsed.chunks(max_bytes);
        let mut end = 0;
        for chunk in &chunks {
            assert_eq!(chunk.range.start, end, "a gap or an overlap");
            assert!(!chunk.range.is_empty(), "an empty chunk");
            assert!(
                text.is_boundary(chunk.range.end),
                "a chunk cuts a character"
            );
            assert!(
                chunk.range.len() <= max_bytes.max(4),
                "a chunk is too large"
            );
            end = chunk.range.end;
        }
        assert_eq!(end, text.len(), "the end is in no chunk");
    }
    for symbol in parsed.symbols() {
        assert!(symbol.range.end <= text.len());
        assert!(symbol.signature.chars().count() <= 241);
    }
    for offset in [
        0,
        1,
        text.len() / 3,
        text.len() / 2,
        text.len(),
        text.len() + 9,
        usize::MAX,
    ] {
        let facts = parsed.facts_at(offset);
        assert!(facts.block_end.is_none_or(|end| end <= text.len()));
        let scope = parsed.scope_at(offset);
        assert!(scope.block.start <= scope.block.end && scope.block.end <= text.len());
        assert!(scope.body_indent.chars().all(|c| c == ' ' || c == '\t'));
    }
}

#[test]
fn every_language_answers_for_every_small_text() {
    let texts = [
        "",
        " ",
        "\n",
        "\r\n\r\n",
        "\r",
        "\u{feff}",
        "x",
        "{",
        "}",
        "\"",
        "'",
        "/*",
        "#",
        "(((((((((",
        "def class fn function {",
        "a\u{0}b\u{1}\u{7f}",
        "𝒳 = \"é\u{301}\" # ünïcode 漢字\r\n\tif 漢 {\r\n",
        "// only\n// comments\n",
        "# only\n# comments\n",
    ];
    for language in registry().languages() {
        for text in texts {
            let parsed = parse(language.id, text);
            ask_everything(&parsed);
        }
    }
}

/// A cheap generator: the same bytes on every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize
    }
}

#[test]
fn noise_degrades() {
    let pieces = [
        "{", "}", "(", ")", "[", "\"", "'", "`", "/*", "*/", "//", "#", "\n", "\n    ", "\t", " ",
        "if ", "def f():", "class A", "fn g()", "end", "do", "${", "<<EOF", "漢", "\u{0}", "=>",
        "::", ";", "import x",
    ];
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for language in grammars() {
        for _ in 0..6 {
            let text: String = (0..400)
                .map(|_| pieces[noise.next() % pieces.len()])
                .collect();
            ask_everything(&parse(language, text.as_str()));
        }
    }
}

#[test]
fn a_binary_is_only_text() {
    let mut noise = Noise(42);
    let bytes: Vec<u8> = (0..20_000).map(|_| noise.next() as u8).collect();
    let text = String::from_utf8_lossy(&bytes);
    for language in ["rust", "python", "bash", "plaintext"] {
        ask_everything(&parse(language, &*text));
    }
}

#[test]
fn latin_1_parses_once_it_is_decoded() {
    let bytes = b"# caf\xe9\ndef gar\xe7on():\n    return 'd\xe9j\xe0 vu'\n".to_vec();
    let text = match decode(bytes) {
        decoded @ Decoded::Text { .. } => decoded.into_text().expect("text"),
        other => panic!("not text: {other:?}"),
    };
    let parsed = parse("python", text.as_str());
    assert_eq!(parsed.basis(), Basis::Tree);
    expect![[r#"
        function garçon | def garçon()
    "#]]
    .assert_eq(&symbols(&parsed));
    ask_everything(&parsed);
}

#[test]
fn carriage_returns_change_nothing() {
    let unix = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        pass\n";
    let names = |text: &str| symbols(&parse("python", text));
    assert_eq!(names(unix), names(&unix.replace('\n', "\r\n")));
    let parsed = parse("python", unix.replace('\n', "\r\n").as_str());
    ask_everything(&parsed);
    expect![[r#"
        1-4 Definition(Method) `A.f` in `class A`
        5-6 Definition(Method) `A.g` in `class A`
    "#]]
    .assert_eq(&chunks(&parsed, 60));
}

#[test]
fn fifty_thousand_lines_parse() {
    let mut source = String::new();
    for n in 0..12_500 {
        writeln!(
            source,
            "def f{n}(a, b):\n    c = a + b * {n}\n    return c\n"
        )
        .unwrap();
    }
    assert!(source.lines().count() >= 50_000);
    let parsed = parse("python", source.as_str());
    assert_eq!(parsed.basis(), Basis::Tree);
    assert_eq!(parsed.symbols().len(), 12_500);
    assert_eq!(
        parsed
            .chunks(2000)
            .iter()
            .map(|chunk| chunk.range.len())
            .sum::<usize>(),
        source.len()
    );
    assert_eq!(parsed.scope_at(source.len() - 12).symbol_path(), "f12499");
}

#[test]
fn a_text_above_the_limit_has_no_tree_and_still_answers() {
    let line = "fn f() {\n    let x = 1;\n}\n";
    let source = line.repeat(il_syntax::MAX_TREE_BYTES / line.len() + 1);
    let parsed = parse("rust", source.as_str());
    assert_eq!(parsed.basis(), Basis::TooLarge);
    assert!(!parsed.symbols().is_empty());
    let facts = parsed.facts_at(source.len() - 3);
    assert!(!facts.in_string && !facts.in_comment);
    assert!(parsed.chunks(1 << 16).len() > 16);
}

#[test]
fn one_endless_line_answers() {
    let minified = format!("var a=[{}];", "{b:\"c\",d:[1,2]},".repeat(6_000));
    let parsed = parse("javascript", minified.as_str());
    ask_everything(&parsed);
    let plain = parse("plaintext", minified.as_str());
    ask_everything(&plain);
}

#[test]
fn deep_nesting_answers() {
    for (language, open) in [
        ("rust", "{"),
        ("javascript", "(["),
        ("python", "["),
        ("c", "if(x){"),
        ("ruby", "if a\n"),
    ] {
        ask_everything(&parse(language, open.repeat(5_000).as_str()));
    }
    let balanced = format!("fn f() {}{}", "{".repeat(5_000), "}".repeat(5_000));
    ask_everything(&parse("rust", balanced.as_str()));
}

/// What a text says at `$0`, with its symbols.
fn check(language: &str, source: &str, expected: &Expect) {
    let (offset, text) = cursor(source);
    let parsed = parse(language, text.as_str());
    expected.assert_eq(&format!(
        "{:?}\n{}{}",
        parsed.basis(),
        symbols(&parsed),
        place(&parsed, offset)
    ));
}

#[test]
fn a_broken_definition_leaves_its_neighbours() {
    check(
        "python",
        "def whole():\n    return 1\n\ndef broken(a, :\n    $0\n\ndef after():\n    return 2\n",
        &expect![[r#"
            Tree
            function whole | def whole()
            function broken | def broken(a
            function after | def after()
            scope `broken`, block 4-5, indent "    "
            facts at_line_end line_is_blank empty_block after_block_opener has_error_nearby
            block ends 5 before ""
        "#]],
    );
    check(
        "typescript",
        "function whole() { return 1; }\nfunction broken( {\n  $0\n}\nclass After { go() {} }\n",
        &expect![[r#"
            Tree
            function whole | function whole()
            class After | class After
              method go | go()
            scope `broken`, block 2-3, indent "  "
            facts at_line_end line_is_blank empty_block after_block_opener has_error_nearby
            block ends 4 before "}"
        "#]],
    );
    check(
        "go",
        "func whole() {}\n\nfunc broken(a int {\n\tx := \"open$0\n}\n\nfunc after() {}\n",
        &expect![[r#"
            Tree
            function whole | func whole()
            function broken | func broken(a int
            function after | func after()
            scope `broken`, block 3-4, indent "\t"
            facts at_line_end
            block ends 5 before "}"
        "#]],
    );
    check(
        "rust",
        "fn whole() {}\n\nimpl Thing {\n    fn broken(&self) -> {\n        $0\n    }\n}\n\nfn after() {}\n",
        &expect![[r#"
            Tree
            function whole | fn whole()
            implementation Thing | impl Thing
              method broken | fn broken(&self) ->
            function after | fn after()
            scope `Thing.broken`, block 4-6, indent "        "
            facts at_line_end line_is_blank empty_block after_block_opener has_error_nearby
            block ends 6 before "}"
        "#]],
    );
}
