//! A text while it is typed: facts and scope at the cursor, with a tree and without, and after edits.

use expect_test::{Expect, expect};
use il_lang::registry;
use il_syntax::{Basis, Parser};
use il_text::{Edit, Text};

use crate::languages::{chunks, cursor, place, symbols};

fn check(language: &str, source: &str, expected: &Expect) {
    let (offset, text) = cursor(source);
    let language = registry()
        .by_id(language)
        .expect("a language of the registry");
    let parsed = Parser::new().parse(language, text.as_str());
    expected.assert_eq(&place(&parsed, offset));
}

#[test]
fn python_follows_the_column() {
    let source =
        |cursor: &str| format!("class A:\n    def f(self):\n        x = 1\n{cursor}\n\nprint(1)\n");
    check(
        "python",
        &source("        $0"),
        &expect![[r#"
            scope `A.f`, block 3-4, indent "        "
            facts at_line_end line_is_blank
            block ends 4 before ""
        "#]],
    );
    check(
        "python",
        &source("    $0"),
        &expect![[r#"
            scope `A`, block 2-4, indent "    "
            facts at_line_end line_is_blank
            block ends 4 before ""
        "#]],
    );
    check(
        "python",
        &source("$0"),
        &expect![[r#"
        scope ``, block 1-6, indent ""
        facts at_line_end line_is_blank
        block ends nowhere
    "#]],
    );
    check(
        "python",
        "def f(a):$0\n\nx = 1\n",
        &expect![[r#"
        scope `f`, block 1-1, indent "    "
        facts at_line_end empty_block after_block_opener
        block ends 1 before ""
    "#]],
    );
    check(
        "python",
        "def f(a):\n    $0",
        &expect![[r#"
        scope `f`, block 1-2, indent "    "
        facts at_line_end line_is_blank empty_block after_block_opener
        block ends 2 before ""
    "#]],
    );
    check(
        "python",
        "if a:\n    b()\nelse:\n    $0\nc()\n",
        &expect![[r#"
            scope ``, block 3-4, indent "    "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 4 before ""
        "#]],
    );
}

#[test]
fn strings_and_comments() {
    check(
        "python",
        "x = 'a$0b'\n",
        &expect![[r#"
            scope ``, block 1-1, indent ""
            facts in_string
            block ends nowhere
        "#]],
    );
    check(
        "python",
        "x = 'ab'$0\n",
        &expect![[r#"
        scope ``, block 1-1, indent ""
        facts at_line_end
        block ends nowhere
    "#]],
    );
    check(
        "python",
        "x = 'ab$0\n",
        &expect![[r#"
        scope ``, block 1-1, indent ""
        facts in_string at_line_end has_error_nearby
        block ends nowhere
    "#]],
    );
    check(
        "python",
        "# note$0\nx = 1\n",
        &expect![[r#"
        scope ``, block 1-2, indent ""
        facts in_comment at_line_end
        block ends nowhere
    "#]],
    );
    check(
        "python",
        "# note\n$0x = 1\n",
        &expect![[r#"
            scope ``, block 1-2, indent ""
            facts 
            block ends nowhere
        "#]],
    );
    check(
        "rust",
        "/* a $0 */ fn f() {}\n",
        &expect![[r#"
        scope ``, block 1-1, indent ""
        facts in_comment
        block ends nowhere
    "#]],
    );
    check(
        "rust",
        "/* a */$0 fn f() {}\n",
        &expect![[r#"
        scope ``, block 1-1, indent ""
        facts 
        block ends nowhere
    "#]],
    );
    check(
        "rust",
        "/// Doc$0\nfn f() {}\n",
        &expect![[r#"
        scope ``, block 1-2, indent ""
        facts in_comment at_line_end
        block ends nowhere
    "#]],
    );
    check(
        "rust",
        "/// Doc\n$0fn f() {}\n",
        &expect![[r#"
            scope ``, block 1-2, indent ""
            facts 
            block ends nowhere
        "#]],
    );
}

#[test]
fn imports() {
    check(
        "python",
        "import os$0\n",
        &expect![[r#"
        scope ``, block 1-1, indent ""
        facts at_line_end inside_import
        block ends nowhere
    "#]],
    );
    check(
        "python",
        "from os import $0\n",
        &expect![[r#"
        scope ``, block 1-1, indent ""
        facts at_line_end inside_import has_error_nearby
        block ends nowhere
    "#]],
    );
    check(
        "rust",
        "use std::col$0\n\nfn f() {}\n",
        &expect![[r#"
        scope ``, block 1-3, indent ""
        facts at_line_end inside_import has_error_nearby
        block ends nowhere
    "#]],
    );
    check(
        "typescript",
        "import { a, $0 } from './a';\n",
        &expect![[r#"
            scope ``, block 1-1, indent ""
            facts inside_import
            block ends nowhere
        "#]],
    );
    check(
        "python",
        "important = 1$0\n",
        &expect![[r#"
        scope ``, block 1-1, indent ""
        facts at_line_end
        block ends nowhere
    "#]],
    );
}

#[test]
fn keywords_open_blocks() {
    check(
        "ruby",
        "class A\n  def f(x)\n    $0\n  end\nend\n",
        &expect![[r#"
            scope `A.f`, block 2-4, indent "    "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 4 before "end"
        "#]],
    );
    check(
        "ruby",
        "class A\n  def f(x)$0\nend\n",
        &expect![[r#"
            scope `A.f`, block 2-2, indent "    "
            facts at_line_end empty_block after_block_opener has_error_nearby
            block ends 3 before "end"
        "#]],
    );
    check(
        "lua",
        "function f(x)\n  $0\nend\n",
        &expect![[r#"
        scope `f`, block 1-2, indent "    "
        facts at_line_end line_is_blank empty_block after_block_opener
        block ends 3 before "end"
    "#]],
    );
    check(
        "lua",
        "local function f(x) return x end\n$0\n",
        &expect![[r#"
            scope ``, block 1-2, indent ""
            facts at_line_end line_is_blank
            block ends nowhere
        "#]],
    );
    check(
        "bash",
        "case $x in\n  a)\n    $0\n    ;;\nesac\n",
        &expect![[r#"
            scope ``, block 2-4, indent "    "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 4 before ";;"
        "#]],
    );
}

#[test]
fn what_only_looks_like_an_opener() {
    check(
        "bash",
        "x=$(date)\n$0\n",
        &expect![[r#"
        scope ``, block 1-2, indent ""
        facts at_line_end line_is_blank
        block ends nowhere
    "#]],
    );
    check(
        "html",
        "<p>a</p>\n$0\n",
        &expect![[r#"
        scope ``, block 1-2, indent ""
        facts at_line_end line_is_blank
        block ends nowhere
    "#]],
    );
    check(
        "python",
        "x = 1  # note:\n$0\n",
        &expect![[r#"
        scope ``, block 1-2, indent ""
        facts at_line_end line_is_blank
        block ends nowhere
    "#]],
    );
    check(
        "latex",
        "\\begin{itemize}\n$0\n\\end{itemize}\n",
        &expect![[r#"
            scope ``, block 1-2, indent "  "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 3 before "\\end{itemize}"
        "#]],
    );
}

#[test]
fn without_a_grammar_the_lines_answer() {
    check(
        "dart",
        "class Card extends Widget {\n  Widget build(Context c) {\n    if (open) {\n      $0\n    }\n    return \"x\";\n  }\n}\n",
        &expect![[r#"
            scope `Card.build`, block 3-5, indent "      "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 5 before "}"
        "#]],
    );
    check(
        "elixir",
        "defmodule A.B do\n  def go(x) do\n    y = \"a $0\n  end\nend\n",
        &expect![[r#"
            scope `A.B.go`, block 3-4, indent "    "
            facts in_string at_line_end
            block ends 4 before "end"
        "#]],
    );
    check(
        "zig",
        "const a = 1;\n\npub fn main() !void {\n    // here$0\n}\n",
        &expect![[r#"
            scope `main`, block 4-4, indent "    "
            facts in_comment at_line_end
            block ends 5 before "}"
        "#]],
    );
    check(
        "yaml",
        "jobs:\n  build:\n    steps:\n      $0\n  test: 1\n",
        &expect![[r#"
            scope ``, block 3-4, indent "      "
            facts at_line_end line_is_blank empty_block after_block_opener
            block ends 4 before ""
        "#]],
    );
    check(
        "plaintext",
        "Some words.\n\nMore $0words.\n",
        &expect![[r#"
            scope ``, block 1-3, indent ""
            facts 
            block ends nowhere
        "#]],
    );
    check(
        "haskell",
        "import Data.$0\n\nmain = 1\n",
        &expect![[r#"
        scope ``, block 1-3, indent ""
        facts at_line_end inside_import
        block ends nowhere
    "#]],
    );
}

#[test]
fn without_a_grammar_headers_are_symbols() {
    let check = |language: &str, source: &str, expected: &Expect| {
        let language = registry()
            .by_id(language)
            .expect("a language of the registry");
        let parsed = Parser::new().parse(language, source);
        assert_eq!(parsed.basis(), Basis::NoGrammar);
        for symbol in parsed.symbols() {
            assert!(symbol.range.end <= source.len() && symbol.range.start < symbol.range.end);
        }
        expected.assert_eq(&symbols(&parsed));
    };
    check(
        "dart",
        "/*\nclass of things {\n*/\nclass Card extends Widget {\n  Widget build(Context c) {\n    if (open) {\n    }\n    return f(x);\n  }\n}\n\nvoid main() {\n}\n",
        &expect![[r#"
            class Card | class Card extends Widget
              method build | Widget build(Context c)
            function main | void main()
        "#]],
    );
    check(
        "elixir",
        "defmodule A.B do\n  def go(x) do\n    x\n  end\n\n  defp stop, do: 1\nend\n",
        &expect![[r#"
            module A.B | defmodule A.B do
              function go | def go(x) do
        "#]],
    );
    check(
        "protobuf",
        "message User {\n  string name = 1;\n}\n\nservice Users {\n}\n",
        &expect![[r#"
            struct User | message User
            interface Users | service Users
        "#]],
    );
    check(
        "markdown",
        "# The type of thing\n\nA class of its own.\n",
        &expect![[""]],
    );
}

#[test]
fn without_a_grammar_paragraphs_are_chunks() {
    let language = registry().by_id("markdown").expect("markdown");
    let text = "# One\n\nA few words on one.\nAnd more.\n\n  indented\n\n# Two\n\nA few words on two, which are long enough.\n";
    let parsed = Parser::new().parse(language, text);
    assert_eq!(parsed.basis(), Basis::NoGrammar);
    expect![[r#"
        1-7 Text `` in ``
        8-10 Text `` in ``
    "#]]
    .assert_eq(&chunks(&parsed, 60));
}

/// A cheap generator: the same edits on every run.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn an_edited_tree_answers_like_a_fresh_one() {
    let sources = [
        (
            "python",
            "class A:\n    def f(self, x):\n        return {'a': x}\n\ndef g():\n    pass\n",
        ),
        (
            "rust",
            "struct A { x: u8 }\r\n\r\nimpl A {\r\n    fn f(&self) -> u8 { self.x }\r\n}\r\n",
        ),
        (
            "typescript",
            "class A<T> { f(x: T): `a${string}` { return `é𝒳${x}`; } }\nconst g = () => 1;\n",
        ),
        ("ruby", "class A\n  def f(x)\n    \"a#{x}\"\n  end\nend\n"),
    ];
    let inserts = [
        "",
        "x",
        "\n",
        "    ",
        "{",
        "}",
        "(",
        "\"",
        "def h():\n",
        "é",
        "\r\n",
        "# c\n",
    ];
    let mut noise = Noise(7);
    for (language, source) in sources {
        let language = registry()
            .by_id(language)
            .expect("a language of the registry");
        let mut parser = Parser::new();
        let mut parsed = parser.parse(language, source);
        for _ in 0..60 {
            let edits = [random_edit(parsed.text(), &mut noise, &inserts)];
            parsed.edit(&mut parser, &edits).expect("an edit that fits");
            let fresh = Parser::new().parse(language, parsed.text().clone());
            // Error recovery may differ with what is reused; where both are without errors they agree.
            if !parsed.has_errors() && !fresh.has_errors() {
                assert_eq!(parsed.symbols(), fresh.symbols());
                assert_eq!(parsed.chunks(50), fresh.chunks(50));
            }
            assert_eq!(parsed.text().contents(), fresh.text().contents());
        }
    }
}

fn random_edit(text: &Text, noise: &mut Noise, inserts: &[&str]) -> Edit {
    let start = text.floor(noise.below(text.len() + 1));
    let end = text
        .floor((start + noise.below(4)).min(text.len()))
        .max(start);
    Edit::replace(start..end, inserts[noise.below(inserts.len())])
}

#[test]
fn a_wrong_edit_changes_nothing() {
    let language = registry().by_id("python").expect("python");
    let mut parser = Parser::new();
    let mut parsed = parser.parse(language, "def f():\n    pass\n");
    let edits = [Edit::insert(0, "x = 1\n"), Edit::delete(500..501)];
    assert!(parsed.edit(&mut parser, &edits).is_err());
    assert_eq!(parsed.text().contents(), "def f():\n    pass\n");
    assert_eq!(symbols(&parsed), "function f | def f()\n");
}

#[test]
fn typing_across_the_size_limit_and_back() {
    let language = registry().by_id("c").expect("c");
    let mut parser = Parser::new();
    let mut parsed = parser.parse(language, "int f(void) { return 1; }\n");
    let end = parsed.text().len();
    let filler = "/* filler */\n".repeat(il_syntax::MAX_TREE_BYTES / 13 + 1);
    parsed
        .edit(&mut parser, &[Edit::insert(end, filler.as_str())])
        .expect("fits");
    assert_eq!(parsed.basis(), Basis::TooLarge);
    parsed
        .edit(&mut parser, &[Edit::delete(end..end + filler.len())])
        .expect("fits");
    assert_eq!(parsed.basis(), Basis::Tree);
    assert_eq!(symbols(&parsed), "function f | int f(void)\n");
}
