//! What is written about each symbol: source in; the documented symbols, one a line, out.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use il_lang::registry;
use il_syntax::{Parsed, Parser};

fn check(language: &str, source: &str, expected: &Expect) {
    let language = registry()
        .by_id(language)
        .expect("a language of the registry");
    expected.assert_eq(&docs(&Parser::new().parse(language, source)));
}

fn docs(parsed: &Parsed) -> String {
    let mut out = String::new();
    for symbol in parsed.symbols() {
        let doc = parsed.doc_of(&symbol);
        writeln!(out, "{}: {}", symbol.name, doc.as_deref().unwrap_or("-")).unwrap();
    }
    out
}

#[test]
fn python() {
    check(
        "python",
        r#"# Not of the class: a line is between.

@decorated
class A:
    """What it is,
    in two lines.

    And more.
    """
    # How large it may become.
    limit = 3

    # noqa: D102
    def plain(self): pass

    # A comment documents, where no string does.
    @property
    def commented(self):
        return "no doc"

    def one(self): r'''Raw.'''

    def tagged(self):
        """
        Sends it.
        :param x: no
        """
"#,
        &expect![[r#"
            A: What it is, in two lines.
            limit: How large it may become.
            plain: -
            commented: A comment documents, where no string does.
            one: Raw.
            tagged: Sends it.
        "#]],
    );
}

#[test]
fn rust() {
    check(
        "rust",
        "//! Of the file.

/// Makes one,
/// or two.
///
/// # Errors
#[must_use]
#[cfg(unix)]
pub fn make() -> u8 { 1 } // trailing
fn bare() {}
/** Starred. */
struct S {
    /// Of the field.
    pub a: u8,
    b: u8, // not of c
    c: u8,
}
impl S {
    // A plain comment counts too.
    fn m(&self) {}
}
enum E {
    /// First.
    A,
    B,
}
",
        &expect![[r#"
            make: Makes one, or two.
            bare: -
            S: Starred.
            a: Of the field.
            b: -
            c: -
            S: -
            m: A plain comment counts too.
            E: -
            A: First.
            B: -
        "#]],
    );
}

#[test]
fn typescript() {
    check(
        "typescript",
        "/**
 * Adds.
 *
 * @param a one
 */
export function add(a: number) {}

/** Constant. */
export const LIMIT = 3, other = 4;
// eslint-disable-next-line
export default class A {
  /** @deprecated since 3 */
  old() {}
  /** Decorated. */
  @Input() field = 1;
  // Arrow.
  private run = () => 1;
}
/** Shape. */
export interface Shape { /** inline */ x: number }
/** Type. */
type T = string;
",
        &expect![[r#"
            add: Adds.
            LIMIT: Constant.
            other: -
            A: -
            old: -
            field: Decorated.
            run: Arrow.
            Shape: Shape.
            x: -
            T: Type.
        "#]],
    );
}

#[test]
fn go() {
    check(
        "go",
        "// Copyright 2020 Somebody
package a

// Limit is how many.
const Limit = 3

const (
\t// A is first.
\tA = 1
\tB = 2 // not of C
\tC = 3
)

// T is a type.
//
// It does more.
type T struct {
\t// X is a field.
\tX int
}

//go:noinline
// Run runs.
func (t *T) Run() {}
",
        &expect![[r#"
            Limit: Limit is how many.
            A: A is first.
            B: -
            C: -
            T: T is a type.
            X: X is a field.
            Run: Run runs.
        "#]],
    );
}

#[test]
fn java() {
    check(
        "java",
        "/* Licensed, Copyright 1999 */
package a;

/**
 * <p>Holds {@link B}s.
 * <p>
 * More.
 * @author me
 */
@Deprecated
public class A {
    /** How many. */
    @Nullable private int count;
    // Plain.
    public A() {}
    /**
     * @return nothing
     */
    void m() {}
}
",
        &expect![[r#"
            A: Holds {@link B}s.
            count: How many.
            A: Plain.
            m: -
        "#]],
    );
}

#[test]
fn others() {
    check(
        "c",
        "/* Reads a line.\n * Returns its length. */\nint read_line(char *out) { return 0; }\n\n/// \\brief Doxygen.\nstruct point { int x; /* not of y */\n int y; };\n#define LIMIT 3\n",
        &expect![[r#"
            read_line: Reads a line. Returns its length.
            point: Doxygen.
            x: -
            y: -
            LIMIT: -
        "#]],
    );
    check(
        "cpp",
        "/// A box.\ntemplate <typename T>\nclass Box {\n  /// Opens.\n  void open() {}\n};\n",
        &expect![[r#"
            Box: A box.
            open: Opens.
        "#]],
    );
    check(
        "ruby",
        "# A shop.\nclass Shop\n  # Sells\n  # things.\n  def sell; end\n\n  ##\n  # Buys.\n  def buy; end\nend\n",
        &expect![[r#"
            Shop: A shop.
            sell: Sells things.
            buy: Buys.
        "#]],
    );
    check(
        "php",
        "<?php\n/**\n * A shop.\n */\n#[Attribute]\nclass Shop {\n    /** Price. */\n    private $price;\n    // Sells.\n    public function sell() {}\n}\n",
        &expect![[r#"
            Shop: A shop.
            price: Price.
            sell: Sells.
        "#]],
    );
    check(
        "kotlin",
        "/** A shop. */\n@Open\nclass Shop {\n    /**\n     * Sells.\n     */\n    fun sell() {}\n    // Price.\n    val price = 3\n}\n/** A pair. */\nclass Pair(val a: Int, val b: Int)\n",
        &expect![[r#"
            Shop: A shop.
            sell: Sells.
            price: Price.
            Pair: A pair.
            a: -
            b: -
        "#]],
    );
    check(
        "csharp",
        "/// <summary>\n/// A shop.\n/// </summary>\n[Serializable]\nclass Shop {\n    /// <summary>Sells.</summary>\n    public void Sell() {}\n}\n",
        &expect![[r#"
            Shop: A shop.
            Sell: Sells.
        "#]],
    );
}

#[test]
fn a_long_paragraph_is_cut_between_words() {
    let source = format!("/// {}\nfn f() {{}}\n", "wörd ".repeat(300));
    let rust = registry().by_id("rust").expect("rust");
    let parsed = Parser::new().parse(rust, source.as_str());
    let doc = parsed.doc_of(&parsed.symbols()[0]).expect("a comment");
    assert!(
        doc.len() <= 600 && doc.len() > 580 && doc.ends_with("wörd…"),
        "{}",
        doc.len()
    );
}

#[test]
fn without_a_tree_the_lines_above_are_read() {
    let rust = registry().by_id("rust").expect("rust");
    let text = "/// Makes.\nfn make() {\n}\n\nfn bare() {\n}\n";
    expect![[r#"
        make: Makes.
        bare: -
    "#]]
    .assert_eq(&docs(&Parsed::unparsed(rust, text)));
}
