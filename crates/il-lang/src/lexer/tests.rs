//! Tokens as text: what each construct is cut into.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::registry;

fn lexer(language: &str) -> Lexer {
    let language = registry()
        .by_id(language)
        .expect("the language is in the registry");
    Lexer::new(LexRules::from(language))
}

/// Tokens with a space between; text in `‹›`, comments in `«»`, a number marked with `#`, spacing with `·`.
fn shown(lexer: &Lexer, text: &str) -> String {
    let (mut state, mut out) = (LexState::default(), String::new());
    for line in text.lines() {
        let mut tokens = Vec::new();
        lexer.line(line, &mut state, &mut tokens);
        for t in tokens {
            let word = &line[t.start as usize..t.end as usize];
            let number = if t.class == TokenClass::Number {
                "#"
            } else {
                ""
            };
            let space = "·".repeat(usize::from(t.space));
            out.push_str(&match t.mode {
                TokenMode::Code => format!("{space}{number}{word} "),
                TokenMode::Text => format!("{space}‹{number}{word}› "),
                TokenMode::Comment => format!("{space}«{number}{word}» "),
            });
        }
        out.push('\n');
    }
    out
}

#[track_caller]
fn check(language: &str, text: &str, expected: &Expect) {
    expected.assert_eq(&shown(&lexer(language), text));
}

#[test]
fn words_numbers_and_operators() {
    check(
        "rust",
        "let a_1 = x2 >>= 0xFFu8..=10; a::b?.c",
        &expect![[r#"
            let ·a_1 ·= ·x2 ·>>= ·#0xFFu8 ..= #10 ; ·a :: b ?. c 
        "#]],
    );
}

#[test]
fn comments_to_the_end_of_the_line() {
    check(
        "rust",
        "a // b \"c\n/// d\n//! e\nf",
        &expect![[r#"
            a ·«//» ·«b» ·«"» «c» 
            «///» ·«d» 
            «//!» ·«e» 
            f 
        "#]],
    );
    check(
        "python",
        "a = 1 # b 'c\nd",
        &expect![[r#"
            a ·= ·#1 ·«#» ·«b» ·«'» «c» 
            d 
        "#]],
    );
}

#[test]
fn a_hash_inside_a_word_of_the_shell_is_no_comment() {
    check(
        "shellscript",
        "n=${#x} # c",
        &expect![[r#"
            n = $ { # x } ·«#» ·«c» 
        "#]],
    );
}

#[test]
fn block_comments_nest_where_they_do() {
    check(
        "rust",
        "a /* b /* c */ d\ne */ f",
        &expect![[r#"
            a ·«/*» ·«b» ·«/*» ·«c» ·«*/» ·«d» 
            «e» ·«*/» ·f 
        "#]],
    );
    check(
        "java",
        "/** a /* b */ c ****/",
        &expect![[r#"
            «/**» ·«a» ·«/*» ·«b» ·«*/» ·c ·**** / 
        "#]],
    );
    check(
        "c",
        "/* a ****/ b",
        &expect![[r#"
            «/*» ·«a» ·«***» «*/» ·b 
        "#]],
    );
}

#[test]
fn strings_with_escapes_end_where_they_end() {
    check(
        "python",
        r#"f("a\"b\\", 'it''s') + c"#,
        &expect![[r#"
            f ( ‹"› ‹a› ‹\"› ‹b› ‹\\› ‹"› , ·‹'› ‹it› ‹'› ‹'› ‹s› ‹'› ) ·+ ·c 
        "#]],
    );
}

#[test]
fn an_unfinished_string_ends_with_its_line() {
    check(
        "go",
        "a := \"b\nc",
        &expect![[r#"
            a ·:= ·‹"› ‹b› 
            c 
        "#]],
    );
}

#[test]
fn strings_of_several_lines() {
    check(
        "python",
        "\"\"\"a \"b\"\nc\"\"\" d",
        &expect![[r#"
            ‹"""› ‹a› ·‹"› ‹b› ‹"› 
            ‹c› ‹"""› ·d 
        "#]],
    );
    check(
        "go",
        "x = `a\\\nb` + c",
        &expect![[r#"
            x ·= ·‹`› ‹a› ‹\› 
            ‹b› ‹`› ·+ ·c 
        "#]],
    );
}

#[test]
fn raw_strings_end_with_as_many_hashes() {
    check(
        "rust",
        "r#\"a \"b\" \\ \"# + br\"\\\" + c",
        &expect![[r##"
            r # ‹"› ‹a› ·‹"› ‹b› ‹"› ·‹\› ·‹"#› ·+ ·br ‹"› ‹\› ‹"› ·+ ·c 
        "##]],
    );
}

#[test]
fn characters_are_not_lifetimes() {
    check(
        "rust",
        r"f::<'a>('x', '\n', '\u{1F600}', 'é', '''')",
        &expect![[r#"
            f :: < ' a > ( 'x' , ·'\n' , ·'\u{1F600}' , ·'é' , ·' ' ' ' ) 
        "#]],
    );
}

#[test]
fn code_inside_a_string_is_code() {
    check(
        "typescript",
        "`a ${b({c: `d${e}`})} f`;",
        &expect![[r#"
            ‹`› ‹a› ·‹${› b ( { c : ·‹`› ‹d› ‹${› e ‹}› ‹`› } ) ‹}› ·‹f› ‹`› ; 
        "#]],
    );
    check(
        "swift",
        r#""a \(f(b)) c""#,
        &expect![[r#"
            ‹"› ‹a› ·‹\(› f ( b ) ‹)› ·‹c› ‹"› 
        "#]],
    );
}

#[test]
fn letters_beyond_ascii_are_words() {
    check(
        "python",
        "größe = \"日本 語\" # 🎉",
        &expect![[r#"
            größe ·= ·‹"› ‹日本› ·‹語› ‹"› ·«#» ·«🎉» 
        "#]],
    );
}

proptest! {
    #[test]
    fn every_byte_that_is_not_space_is_in_one_token(
        language in proptest::sample::select(vec!["rust", "python", "typescript", "swift", "c", "lua", "shellscript", "html", "plaintext"]),
        lines in proptest::collection::vec("[a-z0-9\"'`/*#{}()$\\\\ \t=é🎉-]{0,30}", 1..6),
    ) {
        let lexer = lexer(language);
        let mut state = LexState::default();
        for line in &lines {
            let mut tokens = Vec::new();
            lexer.line(line, &mut state, &mut tokens);
            let mut end = 0;
            for t in &tokens {
                prop_assert!(t.start < t.end && line.is_char_boundary(t.start as usize) && line.is_char_boundary(t.end as usize));
                let gap = &line[end..t.start as usize];
                prop_assert!(gap.trim().is_empty());
                prop_assert_eq!(usize::from(t.space), gap.len().min(255));
                end = t.end as usize;
            }
            prop_assert!(line[end..].trim().is_empty());
        }
    }
}
