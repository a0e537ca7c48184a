//! Code as what a copyist cannot change without work: keywords and signs, and which names are the same.
//!
//! The one idea: a lexeme is a keyword, a sign, *a* name, *a* number or *a* text. Comments and white space are no lexemes,
//! so spacing, comments and names can be changed without changing the sequence; the name itself is kept beside it, to
//! tell whether the same names stand at the same places.
//!
//! Signs that arise from two others when the space between them is taken out (`Vec<u8>=`) are cut in two, and a comma
//! before a closing bracket, which formatters add and take away, is left out.
//!
//! Deliberately absent: grammar.

use std::{
    collections::HashMap,
    hash::{Hash as _, Hasher as _},
    sync::OnceLock,
};

use il_lang::lexer::{LexRules, LexState, Lexer, Token, TokenClass, TokenMode};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

/// Keywords by family of languages.
const KEYWORDS: &str = include_str!("../keywords.toml");

/// One lexeme of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lexeme {
    /// Of what kind it is; the same for every name.
    pub kind: u64,
    /// Which name it is; 0 for what is none.
    pub name: u64,
    /// Where it stands, in bytes.
    pub start: u32,
    pub end: u32,
}

const NAME: u64 = 0x9e37_79b9_7f4a_7c15;
const NUMBER: u64 = 0xc2b2_ae3d_27d4_eb4f;
const TEXT: u64 = 0x1656_67b1_9e37_79f9;

/// Reads the lexemes of one language.
#[derive(Debug)]
pub struct Lexemes {
    lexer: Lexer,
    keywords: &'static FxHashSet<&'static str>,
}

/// Every language's, by its id; what nobody knows is read as plain text.
pub fn of_language(id: &str) -> &'static Lexemes {
    static ALL: OnceLock<HashMap<&'static str, Lexemes>> = OnceLock::new();
    let registry = il_lang::registry();
    let all = ALL.get_or_init(|| {
        let languages = registry.languages().iter();
        languages
            .map(|language| (language.id, Lexemes::new(language)))
            .collect()
    });
    let language = registry.by_id(id).unwrap_or(registry.plaintext());
    &all[language.id]
}

impl Lexemes {
    fn new(language: &il_lang::Language) -> Self {
        Self {
            lexer: Lexer::new(LexRules::from(language)),
            keywords: keywords(language.family),
        }
    }

    /// The lexemes of a text that begins outside of strings and comments.
    pub fn read(&self, text: &str) -> Vec<Lexeme> {
        let mut out: Vec<Lexeme> = Vec::with_capacity(text.len() / 4);
        let mut state = LexState::default();
        let mut tokens: Vec<Token> = Vec::new();
        let mut start = 0;
        let mut in_text = false;
        for line in text.split('\n') {
            tokens.clear();
            self.lexer.line(line, &mut state, &mut tokens);
            for token in &tokens {
                let at = start as u32 + token.start;
                let end = start as u32 + token.end;
                match token.mode {
                    TokenMode::Comment => continue,
                    // A text is one lexeme, whatever is in it.
                    TokenMode::Text => match out.last_mut() {
                        Some(last) if in_text => last.end = end,
                        _ => {
                            let start = without_prefix(&mut out, text, at);
                            out.push(plain(TEXT, start, end));
                        }
                    },
                    TokenMode::Code => {
                        let word = &line[token.start as usize..token.end as usize];
                        self.push(&mut out, token.class, word, at, end);
                    }
                }
                in_text = token.mode == TokenMode::Text;
            }
            start += line.len() + 1;
        }
        out
    }

    fn push(&self, out: &mut Vec<Lexeme>, class: TokenClass, word: &str, start: u32, end: u32) {
        match class {
            TokenClass::Number => out.push(plain(NUMBER, start, end)),
            TokenClass::Word if !self.keywords.contains(word) => out.push(Lexeme {
                kind: NAME,
                name: hash(word) | 1,
                start,
                end,
            }),
            TokenClass::Word => out.push(plain(hash(word), start, end)),
            TokenClass::Symbol => sign(out, word, start, end),
        }
    }
}

/// Takes off what a text begins with before its quote (`r#`, `f`), which is no name. Gives where the text begins.
fn without_prefix(out: &mut Vec<Lexeme>, text: &str, at: u32) -> u32 {
    // Code inside of a text ends with a bracket, and what follows goes on with it.
    if !text[at as usize..].starts_with(['"', '\'', '`']) {
        return at;
    }
    let mut start = at;
    let mut kept = out.len();
    while kept > 0 && out[kept - 1].kind == byte(b'#') && out[kept - 1].end == start {
        kept -= 1;
        start = out[kept].start;
    }
    let Some(word) = out[..kept].last().filter(|it| it.end == start) else {
        return at;
    };
    let letters = &text[word.start as usize..word.end as usize];
    if !is_prefix(letters) {
        return at;
    }
    start = word.start;
    out.truncate(kept - 1);
    start
}

/// Whether a word directly before a quote says what kind of text follows.
pub fn is_prefix(word: &str) -> bool {
    const ALL: [&str; 12] = [
        "r", "b", "f", "u", "c", "l", "t", "br", "cr", "rb", "fr", "u8",
    ];
    ALL.iter().any(|it| word.eq_ignore_ascii_case(it))
}

fn sign(out: &mut Vec<Lexeme>, word: &str, start: u32, end: u32) {
    match word {
        ")" | "]" | "}" => {
            if out.last().is_some_and(|last| last.kind == byte(b',')) {
                out.pop();
            }
            out.push(plain(byte(word.as_bytes()[0]), start, end));
        }
        "<-" | ">=" | ">>=" | "&&" | "**" => {
            for (at, sign) in (start..).zip(word.bytes()) {
                out.push(plain(byte(sign), at, at + 1));
            }
        }
        _ if word.len() == 1 => out.push(plain(byte(word.as_bytes()[0]), start, end)),
        _ => out.push(plain(hash(word), start, end)),
    }
}

fn plain(kind: u64, start: u32, end: u32) -> Lexeme {
    Lexeme {
        kind,
        name: 0,
        start,
        end,
    }
}

fn byte(sign: u8) -> u64 {
    mix(u64::from(sign) + 1)
}

/// The same on every machine and in every version: what is stored rests on it.
fn hash(word: &str) -> u64 {
    let bytes = word.bytes();
    mix(bytes.fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}

/// Spreads every bit over all bits.
pub(crate) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn keywords(family: &str) -> &'static FxHashSet<&'static str> {
    static ALL: OnceLock<FxHashMap<&'static str, FxHashSet<&'static str>>> = OnceLock::new();
    static NONE: OnceLock<FxHashSet<&'static str>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        // Lines that cannot be read are left out here; the tests demand that there are none.
        KEYWORDS
            .lines()
            .filter_map(|line| {
                let (family, words) = line.split_once(" = ")?;
                let words = words.trim_matches('"').split(' ');
                Some((family, words.collect()))
            })
            .collect()
    });
    all.get(family)
        .unwrap_or_else(|| NONE.get_or_init(FxHashSet::default))
}

/// A sum over the tables that lexemes rest on: another sum reads another sequence.
pub fn sum_of_tables() -> u64 {
    let mut hasher = FxHasher::default();
    1_u32.hash(&mut hasher); // grows with every change of this module
    hash(KEYWORDS).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` a name, `0` a number, `"` a text; the rest as it stands.
    #[track_caller]
    fn check(language: &str, text: &str, expected: &str) {
        let mut out: Vec<&str> = Vec::new();
        for lexeme in of_language(language).read(text) {
            out.push(match lexeme.kind {
                NAME => "n",
                NUMBER => "0",
                TEXT => "\"",
                _ => &text[lexeme.start as usize..lexeme.end as usize],
            });
        }
        assert_eq!(out.join(" "), expected);
    }

    #[test]
    fn names_numbers_and_texts_are_one_kind_each() {
        check(
            "rust",
            "let total = 12 + x(\"a b\");",
            "let n = 0 + n ( \" ) ;",
        );
        check(
            "python",
            "def f(a, b='x y'): return a",
            "def n ( n , n = \" ) : return n",
        );
        check("rust", "f(r#\"a\"#, br\"b\", c)", "n ( \" , \" , n )");
        check("python", "f(rb'a', u'b', x)", "n ( \" , \" , n )");
        check("javascript", "const s = `a ${b} c`;", "const n = \" n \" ;");
    }

    #[test]
    fn comments_and_spacing_are_nothing() {
        let expected = "n ( n , 0 ) ;";
        check("c", "f(a,1); // one", expected);
        check("c", "/* two\n lines */ f ( a ,\n\n 1 )\t;", expected);
        check("python", "# x\nf(a)  # y\n", "n ( n )");
    }

    #[test]
    fn what_formatters_change_is_nothing() {
        let expected = "n ( n , n )";
        check("rust", "f(a, b)", expected);
        check("rust", "f(\n    a,\n    b,\n)", expected);
        check("rust", "let v: Vec<u8>= x", "let n : n < n > = n");
        check("rust", "let v: Vec<u8> = x", "let n : n < n > = n");
        check("go", "a<-b", "n < - n");
        check("go", "a < -b", "n < - n");
    }

    #[test]
    fn keywords_stay_what_they_are_in_their_own_language_alone() {
        check("rust", "match x", "match n");
        check("go", "match x", "n n");
        check("plaintext", "match x", "n n");
    }

    #[test]
    fn every_line_of_the_table_is_read_and_of_a_family() {
        let lines: Vec<&str> = KEYWORDS
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .collect();
        for line in &lines {
            let (family, words) = line.split_once(" = ").expect("FAMILY = \"WORDS\"");
            assert!(!words.trim_matches('"').contains(['"', ',']), "{family}");
            let mut languages = il_lang::registry().languages().iter();
            assert!(
                languages.any(|it| it.family == family),
                "no family `{family}`"
            );
            assert!(keywords(family).len() > 10, "{family}");
        }
        assert!(lines.len() >= 15);
    }
}
