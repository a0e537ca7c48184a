//! A language as the filters see it: where brackets are code, and what opens and closes a block.

use std::{collections::BTreeMap, sync::Arc};

use il_lang::{
    Language,
    lexer::{LexRules, LexState, Lexer, TokenMode},
    registry,
};

/// One language, ready to lex.
#[derive(Debug)]
pub(crate) struct Dialect {
    language: &'static Language,
    lexer: Lexer,
}

/// A bracket in code, not in a string or a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bracket {
    pub at: usize,
    pub byte: u8,
}

impl Bracket {
    pub(crate) fn opens(self) -> bool {
        matches!(self.byte, b'(' | b'[' | b'{')
    }

    pub(crate) fn closes(self, opener: u8) -> bool {
        matches!(
            (opener, self.byte),
            (b'(', b')') | (b'[', b']') | (b'{', b'}')
        )
    }
}

impl Dialect {
    fn new(id: &str) -> Self {
        let language = registry()
            .by_id(id)
            .unwrap_or_else(|| registry().plaintext());
        Self {
            language,
            lexer: Lexer::new(LexRules::from(language)),
        }
    }

    /// Whether brackets have to balance at all: in prose they are smileys.
    pub(crate) fn has_brackets(&self) -> bool {
        self.language.id != registry().plaintext().id && self.language.id != "markdown"
    }

    /// The brackets of one line, and the state after it.
    pub(crate) fn brackets(&self, line: &str, state: &mut LexState) -> Vec<Bracket> {
        let mut tokens = Vec::new();
        self.lexer.line(line, state, &mut tokens);
        let mut brackets = Vec::new();
        for token in tokens.iter().filter(|token| token.mode == TokenMode::Code) {
            let range = token.start as usize..token.end as usize;
            for at in range {
                let byte = line.as_bytes()[at];
                if matches!(byte, b'(' | b')' | b'[' | b']' | b'{' | b'}') {
                    brackets.push(Bracket { at, byte });
                }
            }
        }
        brackets
    }

    /// The words and symbols of one line.
    pub(crate) fn tokens<'a>(&self, line: &'a str) -> Vec<&'a str> {
        let mut tokens = Vec::new();
        self.lexer.line(line, &mut LexState::default(), &mut tokens);
        tokens
            .iter()
            .map(|token| &line[token.start as usize..token.end as usize])
            .collect()
    }

    /// Whether a line ends with what opens a block.
    pub(crate) fn opens_block(&self, line: &str) -> bool {
        let line = line.trim_end();
        let bracket = line.ends_with(['{', '(', '[']);
        bracket
            || self
                .language
                .block_openers
                .iter()
                .any(|opener| ends_with_word(line, opener))
    }

    /// Whether a line begins with what closes a block, or goes on with it (`}`, `end`, `else`).
    pub(crate) fn closes_block(&self, line: &str) -> bool {
        let line = line.trim_start();
        let bracket = line.starts_with(['}', ')', ']']);
        let continues = ["else", "elif", "except", "finally", "catch"];
        let mut words = self.language.block_closers.iter().copied().chain(continues);
        bracket || words.any(|word| starts_with_word(line, word))
    }
}

fn ends_with_word(line: &str, word: &str) -> bool {
    line.strip_suffix(word)
        .is_some_and(|before| !(word.ends_with(is_word) && before.ends_with(is_word)))
}

fn starts_with_word(line: &str, word: &str) -> bool {
    line.strip_prefix(word)
        .is_some_and(|after| !(word.ends_with(is_word) && after.starts_with(is_word)))
}

/// A letter, a digit or `_`.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The dialects used so far.
#[derive(Debug, Default)]
pub(crate) struct Dialects(BTreeMap<&'static str, Arc<Dialect>>);

impl Dialects {
    /// The dialect of a language id; unknown ones lex generically and share an entry.
    pub(crate) fn get(&mut self, id: &str) -> Arc<Dialect> {
        let known = registry()
            .by_id(id)
            .unwrap_or_else(|| registry().plaintext())
            .id;
        Arc::clone(
            self.0
                .entry(known)
                .or_insert_with(|| Arc::new(Dialect::new(known))),
        )
    }
}
