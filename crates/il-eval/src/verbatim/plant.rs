//! A copy as somebody makes who does not want to be noticed: other names, other spacing, other comments.
//!
//! The one idea: the lexer says what is what. Every name has another one throughout, comments are other words or gone,
//! spaces are put in and taken out where that changes nothing, indentation is another one. What the code does is the same.

use std::collections::HashMap;

use il_lang::lexer::{LexRules, LexState, Lexer, Token, TokenClass, TokenMode};
use il_screen::lexeme;

use crate::Random;

const WORDS: &[&str] = &[
    "amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty",
    "knoll", "ledge", "marsh", "north", "ocean", "pebble", "quarry", "ridge", "shore", "tidal",
    "upland", "valley", "willow", "yonder",
];

/// A text, rewritten.
pub fn rewritten(text: &str, language: &str, random: &mut Random) -> String {
    let registry = il_lang::registry();
    let row = registry.by_id(language).unwrap_or(registry.plaintext());
    let lexer = Lexer::new(LexRules::from(row));
    let names = names(text, language, random);
    let by_indent = row.block_style == il_lang::BlockStyle::Indentation;
    let manner = Manner {
        airy: random.below(2) == 0,
        // Where blocks are a matter of indentation it stays a multiple of what it was.
        indent: [1, 2, 3][random.below(3)],
        break_lines: !by_indent && random.below(2) == 0,
    };
    let mut state = LexState::default();
    let mut tokens: Vec<Token> = Vec::new();
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        tokens.clear();
        let begins_in = state.mode();
        lexer.line(line, &mut state, &mut tokens);
        if begins_in == TokenMode::Text {
            // The text itself may be looked at by the program.
            out.push_str(line);
            out.push('\n');
            continue;
        }
        manner.line(line, &tokens, &names, random, &mut out);
    }
    out
}

/// Another name for every name of a text.
fn names(text: &str, language: &str, random: &mut Random) -> HashMap<String, String> {
    let mut names = HashMap::new();
    let start = random.below(WORDS.len());
    for lexeme in lexeme::of_language(language).read(text) {
        let name = &text[lexeme.start as usize..lexeme.end as usize];
        if lexeme.name == 0 || names.contains_key(name) {
            continue;
        }
        let n = names.len() + start;
        let word = WORDS[n % WORDS.len()];
        // Names begin as they began: a type stays one for whoever reads.
        let word = if name.starts_with(char::is_uppercase) {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect()
        } else {
            word.to_owned()
        };
        names.insert(name.to_owned(), format!("{word}{n}"));
    }
    names
}

/// Whether a word belongs to the text that follows: `r#"…"`.
fn begins_text(line: &str, tokens: &[Token]) -> bool {
    let word = &line[tokens[0].start as usize..tokens[0].end as usize];
    let mut next = tokens[1..]
        .iter()
        .skip_while(|it| it.space == 0 && &line[it.start as usize..it.end as usize] == "#");
    let text = next.next();
    lexeme::is_prefix(word)
        && text.is_some_and(|it| {
            let quote = line[it.start as usize..].starts_with(['"', '\'', '`']);
            it.space == 0 && it.mode == TokenMode::Text && quote
        })
}

struct Manner {
    airy: bool,
    indent: usize,
    break_lines: bool,
}

impl Manner {
    fn line(
        &self,
        line: &str,
        tokens: &[Token],
        names: &HashMap<String, String>,
        random: &mut Random,
        out: &mut String,
    ) {
        let indentation = &line[..line.len() - line.trim_start().len()];
        out.push_str(&indentation.repeat(self.indent));
        let mut before: Option<&Token> = None;
        for (n, token) in tokens.iter().enumerate() {
            let text = &line[token.start as usize..token.end as usize];
            let spaced = token.space > 0 && before.is_some();
            if before.is_some_and(|it| self.may_space(it, token, line)) {
                out.push_str(if self.airy { "  " } else { "" });
            } else if spaced {
                out.push(' ');
            }
            match (token.mode, token.class) {
                (TokenMode::Comment, TokenClass::Word) => {
                    out.push_str(WORDS[random.below(WORDS.len())]);
                }
                (TokenMode::Code, TokenClass::Word) if !begins_text(line, &tokens[n..]) => {
                    out.push_str(names.get(text).map_or(text, |it| it));
                }
                _ => out.push_str(text),
            }
            let ends = token.mode == TokenMode::Code && matches!(text, "{" | ",");
            let last = tokens.last() == Some(token);
            if self.break_lines && ends && !last && random.below(3) == 0 {
                out.push_str("\n\n      ");
            }
            before = Some(token);
        }
        out.push('\n');
    }

    /// Whether a space between the two changes nothing.
    fn may_space(&self, before: &Token, token: &Token, line: &str) -> bool {
        let text = |it: &Token| &line[it.start as usize..it.end as usize];
        let sign = |it: &Token| matches!(text(it), "(" | ")" | "," | "=" | "{" | "}" | "+" | ";");
        let code = before.mode == TokenMode::Code && token.mode == TokenMode::Code;
        let word = |it: &Token| it.class != TokenClass::Symbol;
        // A call may not be parted from its name in every language.
        let call = word(before) && text(token) == "(";
        code && !call && (word(before) && sign(token) || sign(before) && word(token))
    }
}
