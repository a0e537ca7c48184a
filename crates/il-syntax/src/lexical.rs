//! What can be known without a tree: from the lexer, from line ends and from indentation.
//!
//! The one idea: people indent and end lines the way their language's blocks work, so a few facts about
//! the language and the nearest lines answer most questions, also in the middle of a half-typed line
//! where every parser is lost.
//!
//! Questions about a place look at a bounded number of lines around it; only [`Surface::outline`] goes through
//! the text.

use std::ops::Range;

use il_lang::{
    BlockStyle, Language,
    lexer::{LexRules, LexState, Lexer, Token, TokenMode},
};
use il_text::Text;

use crate::symbols::{self, Symbol, SymbolKind};

/// How far back the lexer starts, for a place whose state nobody knows.
const LINES_LEXED: usize = 1000;

/// How many bytes of one line are looked at; the rest belongs to no human's line.
pub(crate) const LINE_BYTES: usize = 1 << 14;

/// How many lines around a place are searched for its block.
const LINES_SEARCHED: usize = 2000;

/// How many lines of a text are searched for definitions.
const LINES_OUTLINED: usize = 100_000;

/// How many lines around a place are asked how deep a level is.
const LINES_SAMPLED: usize = 100;

/// A tab is as wide as this when depths are compared.
const TAB_WIDTH: usize = 4;

/// Words that name what follows them.
const DEFINITION_WORDS: &[(&str, SymbolKind)] = &[
    ("class", SymbolKind::Class),
    ("contract", SymbolKind::Class),
    ("def", SymbolKind::Function),
    ("defmacro", SymbolKind::Macro),
    ("defmodule", SymbolKind::Module),
    ("defn", SymbolKind::Function),
    ("defp", SymbolKind::Function),
    ("defun", SymbolKind::Function),
    ("enum", SymbolKind::Enum),
    ("extension", SymbolKind::Implementation),
    ("fn", SymbolKind::Function),
    ("fun", SymbolKind::Function),
    ("func", SymbolKind::Function),
    ("function", SymbolKind::Function),
    ("impl", SymbolKind::Implementation),
    ("interface", SymbolKind::Interface),
    ("message", SymbolKind::Struct),
    ("mixin", SymbolKind::Trait),
    ("module", SymbolKind::Module),
    ("namespace", SymbolKind::Module),
    ("object", SymbolKind::Class),
    ("proc", SymbolKind::Function),
    ("procedure", SymbolKind::Function),
    ("protocol", SymbolKind::Interface),
    ("record", SymbolKind::Struct),
    ("service", SymbolKind::Interface),
    ("struct", SymbolKind::Struct),
    ("sub", SymbolKind::Function),
    ("trait", SymbolKind::Trait),
    ("type", SymbolKind::Type),
];

/// Words that stand before a bracket and are no function's name.
const CONTROL_WORDS: &[&str] = &[
    "await",
    "case",
    "catch",
    "do",
    "elif",
    "else",
    "elseif",
    "elsif",
    "except",
    "for",
    "foreach",
    "if",
    "in",
    "lock",
    "loop",
    "match",
    "new",
    "return",
    "sizeof",
    "switch",
    "synchronized",
    "throw",
    "try",
    "unless",
    "until",
    "using",
    "when",
    "while",
    "with",
    "yield",
];

/// What begins a line that imports, in one language or another.
const IMPORT_WORDS: &[&str] = &[
    "import",
    "from",
    "use",
    "using",
    "include",
    "#include",
    "require",
    "require_relative",
    "#import",
    "@import",
    "open",
    "extern",
    "library",
    "source",
    "load",
];

/// A text seen through its lines and its language's surface.
pub(crate) struct Surface<'a> {
    pub(crate) text: &'a Text,
    pub(crate) language: &'static Language,
    lexer: Lexer,
}

impl<'a> Surface<'a> {
    pub(crate) fn new(text: &'a Text, language: &'static Language) -> Self {
        Self {
            text,
            language,
            lexer: Lexer::new(LexRules::from(language)),
        }
    }

    /// A line without its break, and without what is too long to have been written by hand.
    pub(crate) fn line(&self, line: usize) -> String {
        let Some(range) = self.text.line_range(line) else {
            return String::new();
        };
        self.text
            .slice(range.start..range.end.min(range.start + LINE_BYTES))
            .into_owned()
    }

    /// Whether `offset` is in code, a string or a comment. `known_code` is a line before it that begins in
    /// code, if one is known.
    pub(crate) fn mode_at(&self, offset: usize, known_code: Option<usize>) -> TokenMode {
        let line = self.text.line_of(offset);
        let first = known_code
            .unwrap_or(0)
            .max(line.saturating_sub(LINES_LEXED));
        let line_start = self.text.line_start(offset);
        let mut state = LexState::default();
        let mut tokens = Vec::new();
        for earlier in first..line {
            tokens.clear();
            self.lexer
                .line(&self.line(earlier), &mut state, &mut tokens);
        }
        tokens.clear();
        let written = self
            .text
            .slice(offset.saturating_sub(LINE_BYTES).max(line_start)..offset);
        // A word that is put in at the place is lexed as what the place is.
        self.lexer
            .line(&format!("{written} x"), &mut state, &mut tokens);
        tokens.last().map_or(TokenMode::Code, |token| token.mode)
    }

    /// The code of a line that is lexed on its own: without the comment at its end.
    fn code<'l>(&self, line: &'l str) -> &'l str {
        let mut tokens: Vec<Token> = Vec::new();
        self.lexer.line(line, &mut LexState::default(), &mut tokens);
        let last = tokens
            .iter()
            .rev()
            .find(|token| token.mode != TokenMode::Comment);
        &line[..last.map_or(0, |token| token.end as usize)]
    }

    /// Whether a line, or the part of it before the cursor, opens a block.
    pub(crate) fn opens_block(&self, line: &str) -> bool {
        let code = self.code(line);
        if code.is_empty() {
            return false;
        }
        let ends = self.language.block_openers.iter().any(|opener| {
            // `a)` opens an arm of a `case`, `f(a)` opens nothing.
            let balanced = *opener == ")" && code.matches('(').count() >= code.matches(')').count();
            ends_with_token(code, opener) && !balanced
        });
        ends || self.starts_block(code)
    }

    /// `def name` in Ruby: a line that opens a block though nothing at its end says so.
    fn starts_block(&self, code: &str) -> bool {
        let starts = self
            .language
            .block_starters
            .iter()
            .any(|word| starts_with_token(code.trim_start(), word));
        starts
            && !self
                .language
                .block_closers
                .iter()
                .any(|closer| ends_with_token(code, closer))
    }

    /// Whether a line begins with what closes a block.
    pub(crate) fn closes_block(&self, line: &str) -> bool {
        let line = line.trim_start();
        self.language
            .block_closers
            .iter()
            .any(|closer| starts_with_token(line, closer))
            || line.starts_with([')', ']', '}'])
    }

    /// The nearest line before `line` that is not blank.
    pub(crate) fn previous_line(&self, line: usize) -> Option<usize> {
        (line.saturating_sub(LINES_SEARCHED)..line)
            .rev()
            .find(|&line| !is_blank(&self.line(line)))
    }

    /// The nearest line after `line` that is not blank.
    pub(crate) fn next_line(&self, line: usize) -> Option<usize> {
        let end = self.text.line_count().min(line + 1 + LINES_SEARCHED);
        (line + 1..end).find(|&line| !is_blank(&self.line(line)))
    }

    /// One level of indentation, as the lines around `line` write it.
    pub(crate) fn indent_unit(&self, line: usize) -> String {
        let first = line.saturating_sub(LINES_SAMPLED);
        let last = self.text.line_count().min(line + LINES_SAMPLED);
        let mut previous = 0;
        let mut steps = [0usize; 9];
        for line in first..last {
            let line = self.line(line);
            if is_blank(&line) {
                continue;
            }
            if line.starts_with('\t') {
                return "\t".to_owned();
            }
            let depth = depth(&line);
            if let Some(step) = depth
                .checked_sub(previous)
                .filter(|step| (1..=8).contains(step))
            {
                steps[step] += 1;
            }
            previous = depth;
        }
        let common = (2..=8).max_by_key(|&step| (steps[step], std::cmp::Reverse(step)));
        match common.filter(|&step| steps[step] > 0) {
            Some(step) => " ".repeat(step),
            None => self.language.indent.unit().to_owned(),
        }
    }

    /// Whether the cursor, after `before` on `line`, stands right behind what opens a block; if so, the line
    /// that opens it.
    pub(crate) fn opener_line(&self, line: usize, before: &str) -> Option<usize> {
        if !is_blank(before) {
            return self.opens_block(before).then_some(line);
        }
        let previous = self.previous_line(line)?;
        self.opens_block(&self.line(previous)).then_some(previous)
    }

    /// How deep a cursor in a blank line stands: where it was put, or as deep as the lines around it.
    pub(crate) fn depth_at(&self, line: usize, before: &str) -> usize {
        let text = self.line(line);
        if !is_blank(&text) {
            return depth(&text);
        }
        if !before.is_empty() {
            return depth(before);
        }
        let next = self.next_line(line).map(|line| self.line(line));
        let previous = self.previous_line(line).map(|line| self.line(line));
        match (previous, next) {
            (Some(previous), Some(next)) if self.closes_block(&next) => {
                depth(&next).max(depth(&previous))
            }
            (Some(previous), Some(next)) => depth(&next).min(depth(&previous)),
            _ => 0,
        }
    }

    /// The lines that `line` is nested in by depth, outermost first.
    pub(crate) fn enclosing_lines(&self, line: usize, mut at: usize) -> Vec<usize> {
        let mut enclosing = Vec::new();
        for candidate in (line.saturating_sub(LINES_SEARCHED)..line).rev() {
            if at == 0 {
                break;
            }
            let text = self.line(candidate);
            if is_blank(&text) || depth(&text) >= at || self.is_comment(&text) {
                continue;
            }
            at = depth(&text);
            if !self.closes_block(&text) || self.opens_block(&text) {
                enclosing.push(candidate);
            }
        }
        enclosing.reverse();
        enclosing
    }

    /// The bytes between a line that opens a block and what closes it, or the first line outside.
    pub(crate) fn block_below(&self, opener: usize) -> Range<usize> {
        let at = depth(&self.line(opener));
        let start = self
            .text
            .line_range_with_break(opener)
            .map_or(0, |range| range.end);
        let mut end = start;
        let last = self.text.line_count().min(opener + 1 + LINES_SEARCHED);
        for line in opener + 1..last {
            let text = self.line(line);
            if is_blank(&text) {
                continue;
            }
            if depth(&text) <= at {
                if let Some(range) = self
                    .text
                    .line_range(line)
                    .filter(|_| self.closes_block(&text))
                {
                    end = range.start + indentation(&text).len();
                }
                break;
            }
            end = self
                .text
                .line_range_with_break(line)
                .map_or(end, |range| range.end);
        }
        start..end
    }

    /// The name that a line defines, if it reads like a definition.
    pub(crate) fn defined_name(&self, line: &str) -> Option<(String, SymbolKind)> {
        let code = self.code(line).trim();
        named_by_word(code).or_else(|| {
            (self.language.block_style == BlockStyle::Braces && code.ends_with('{'))
                .then(|| named_by_bracket(code))?
        })
    }

    /// The lines that open a block and read like definitions, nested by depth.
    pub(crate) fn outline(&self) -> Vec<Symbol> {
        let mut outline = Outline::default();
        let mut state = LexState::default();
        let mut tokens = Vec::new();
        for number in 0..self.text.line_count().min(LINES_OUTLINED) {
            let line = self.line(number);
            tokens.clear();
            self.lexer.line(&line, &mut state, &mut tokens);
            let Some(range) = self.text.line_range(number).filter(|_| !is_blank(&line)) else {
                continue;
            };
            outline.close(depth(&line), self.closes_block(&line).then_some(range.end));
            outline.end = range.end;
            let starts_in_code = tokens
                .first()
                .is_some_and(|token| token.mode == TokenMode::Code);
            if starts_in_code && self.opens_block(&line) {
                outline.open(self.defined_name(&line), &line, range);
            }
        }
        outline.close(0, None);
        outline.symbols
    }

    pub(crate) fn imports(&self, line: &str) -> bool {
        let line = line.trim_start();
        IMPORT_WORDS.iter().any(|word| {
            line.strip_prefix(word)
                .is_some_and(|rest| rest.starts_with([' ', '\t', '(', '"', '<']))
        })
    }

    pub(crate) fn is_comment(&self, line: &str) -> bool {
        let line = line.trim_start();
        self.language
            .line_comments
            .iter()
            .any(|mark| line.starts_with(mark))
            || self
                .language
                .block_comments
                .iter()
                .any(|(open, _)| line.starts_with(open))
    }
}

/// Definitions found by their first lines, while the lines go by.
#[derive(Default)]
struct Outline {
    symbols: Vec<Symbol>,
    /// The depth and the index of each definition that is still open.
    open: Vec<(usize, usize)>,
    /// Where the last line that was not blank ends.
    end: usize,
}

impl Outline {
    /// Ends what is not less deep than a line; a line that closes a block is its last.
    fn close(&mut self, at: usize, closed: Option<usize>) {
        while let Some(&(depth, index)) = self.open.last() {
            if depth < at {
                break;
            }
            self.open.pop();
            let end = closed.filter(|_| depth == at).unwrap_or(self.end);
            self.symbols[index].range.end = end;
        }
    }

    fn open(&mut self, name: Option<(String, SymbolKind)>, line: &str, range: Range<usize>) {
        let Some((name, kind)) = name else {
            return;
        };
        let container = self.open.last().map(|&(_, index)| index);
        let within = container.map(|index| self.symbols[index].kind);
        let (Some(kind), Some(at)) = (symbols::kind_in(within, kind), line.find(&name)) else {
            return;
        };
        let start = range.start + indentation(line).len();
        let name_range = range.start + at..range.start + at + name.len();
        self.open.push((depth(line), self.symbols.len()));
        self.symbols.push(Symbol {
            name,
            kind,
            range: start..range.end,
            name_range,
            container,
            scope: None,
            signature: symbols::cleaned_signature(line),
        });
    }
}

/// `class Name`, `pub async fn name(`: the first identifier after the first word that defines.
fn named_by_word(code: &str) -> Option<(String, SymbolKind)> {
    let mut words = code
        .split(|c: char| c.is_whitespace() || c == '(')
        .filter(|word| !word.is_empty());
    let kind = words.by_ref().take(6).find_map(|word| {
        DEFINITION_WORDS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|&(_, kind)| kind)
    })?;
    let name: String = words.next()?.chars().take_while(|&c| is_name(c)).collect();
    let name = name.trim_end_matches([':', '.']);
    (!name.is_empty()).then(|| (name.to_owned(), kind))
}

/// `int name(int x) {`: the identifier before the first bracket.
fn named_by_bracket(code: &str) -> Option<(String, SymbolKind)> {
    let before = code
        .split('(')
        .next()
        .filter(|before| before.len() < code.len())?
        .trim_end();
    let start = before.rfind(|c: char| !is_name(c)).map_or(0, |at| at + 1);
    let name = before.get(start..)?;
    let first = before.split_whitespace().next()?;
    let control = CONTROL_WORDS.contains(&name) || CONTROL_WORDS.contains(&first);
    let assigned = before.contains('=') || before.contains('.');
    (!name.is_empty() && !control && !assigned).then(|| (name.to_owned(), SymbolKind::Function))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | ':' | '?' | '!')
}

pub(crate) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The white space that a line begins with.
pub(crate) fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// How deep a line is indented, in columns.
pub(crate) fn depth(line: &str) -> usize {
    indentation(line).bytes().fold(0, |depth, byte| match byte {
        b'\t' => depth / TAB_WIDTH * TAB_WIDTH + TAB_WIDTH,
        _ => depth + 1,
    })
}

/// Whether `code` ends with `token`; a word must stand alone.
fn ends_with_token(code: &str, token: &str) -> bool {
    code.strip_suffix(token)
        .is_some_and(|rest| !token.starts_with(is_word) || !rest.ends_with(is_word))
}

fn starts_with_token(code: &str, token: &str) -> bool {
    code.strip_prefix(token)
        .is_some_and(|rest| !token.ends_with(is_word) || !rest.starts_with(is_word))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
