//! Parsing, from scratch and after edits, within a budget.
//!
//! The one idea: the budget counts the parser's own steps, never time, so the same text gives the same
//! answer on every machine. When it is used up there is no tree, and everything still answers.
//!
//! A tree is never kept across languages and never shared between threads behind a lock: a [`Parsed`]
//! is a value, and its text is a snapshot that costs nothing to hold.

use std::{fmt, ops::ControlFlow};

use il_lang::Language;
use il_text::{Edit, EditError, Text};
use tree_sitter::{InputEdit, ParseOptions, Point, Tree};

use crate::grammar::{self, Grammar};

/// Texts above this size get no tree.
pub const MAX_TREE_BYTES: usize = 2 << 20;

/// Tree-sitter reports its progress once in this many steps.
const STEPS_PER_REPORT: usize = 100;

/// Ordinary code takes one to two steps a byte; error recovery in hostile text takes thousands.
const STEPS_PER_BYTE: usize = 24;

/// What even the smallest text may use.
const MIN_STEPS: usize = 200_000;

/// What answers the questions about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A syntax tree.
    Tree,
    /// The lexer: no grammar is linked in for the language.
    NoGrammar,
    /// The lexer: the text has more than [`MAX_TREE_BYTES`].
    TooLarge,
    /// The lexer: parsing was given up when its budget was used up.
    OverBudget,
    /// The lexer: there was no time to parse the text.
    NotParsed,
}

/// A reusable parser. One per thread: it holds the parse stack's memory.
#[derive(Default)]
pub struct Parser {
    inner: tree_sitter::Parser,
}

impl fmt::Debug for Parser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parser")
    }
}

/// A text, its language and, where there is one, its syntax tree.
#[derive(Clone)]
pub struct Parsed {
    pub(crate) language: &'static Language,
    pub(crate) text: Text,
    pub(crate) tree: Option<Tree>,
    basis: Basis,
}

/// Never the text itself: source code must not reach a log by accident.
impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed")
            .field("language", &self.language.id)
            .field("bytes", &self.text.len())
            .field("basis", &self.basis)
            .finish()
    }
}

impl Parser {
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses a text. Never fails: see [`Parsed::basis`] for whether there is a tree.
    pub fn parse(&mut self, language: &'static Language, text: impl Into<Text>) -> Parsed {
        let text = text.into();
        let (tree, basis) = self.tree(language, &text, None);
        Parsed {
            language,
            text,
            tree,
            basis,
        }
    }

    fn tree(
        &mut self,
        language: &'static Language,
        text: &Text,
        old: Option<&Tree>,
    ) -> (Option<Tree>, Basis) {
        let Some(grammar) = grammar::of(language) else {
            return (None, Basis::NoGrammar);
        };
        if text.len() > MAX_TREE_BYTES {
            return (None, Basis::TooLarge);
        }
        let steps = MIN_STEPS + STEPS_PER_BYTE * text.len();
        match self.within(steps, grammar, text, old) {
            Some(tree) => (Some(tree), Basis::Tree),
            None => (None, Basis::OverBudget),
        }
    }

    fn within(
        &mut self,
        steps: usize,
        grammar: &Grammar,
        text: &Text,
        old: Option<&Tree>,
    ) -> Option<Tree> {
        self.inner.set_language(&grammar.language).ok()?;
        let mut reports = steps / STEPS_PER_REPORT;
        let mut progress = |_: &tree_sitter::ParseState| {
            reports = reports.saturating_sub(1);
            if reports == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let mut read = |offset: usize, _: Point| {
            let (piece, start) = text.chunk_at(offset);
            &piece.as_bytes()[offset.saturating_sub(start).min(piece.len())..]
        };
        let tree = self.inner.parse_with_options(&mut read, old, Some(options));
        // A parse that was given up would otherwise be taken up again by the next one.
        self.inner.reset();
        tree
    }
}

impl Parsed {
    /// A text that nobody has parsed: the lexer answers, at once.
    pub fn unparsed(language: &'static Language, text: impl Into<Text>) -> Self {
        Self {
            language,
            text: text.into(),
            tree: None,
            basis: Basis::NotParsed,
        }
    }

    /// What answers: the tree, or why there is none.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// Whether the tree holds a syntax error; without a tree nobody knows.
    pub fn has_errors(&self) -> bool {
        self.tree
            .as_ref()
            .is_some_and(|tree| tree.root_node().has_error())
    }

    pub fn language(&self) -> &'static Language {
        self.language
    }

    pub fn text(&self) -> &Text {
        &self.text
    }

    /// Makes `edits`, each on the result of the one before, and parses again, reusing what they left whole.
    /// A wrong edit changes nothing.
    pub fn edit(&mut self, parser: &mut Parser, edits: &[Edit]) -> Result<(), EditError> {
        let mut text = self.text.clone();
        let mut tree = self.tree.clone();
        for edit in edits {
            let next = text.apply(edit)?;
            if let Some(tree) = &mut tree {
                tree.edit(&input_edit(&text, &next, edit));
            }
            text = next;
        }
        let (tree, basis) = parser.tree(self.language, &text, tree.as_ref());
        *self = Self {
            language: self.language,
            text,
            tree,
            basis,
        };
        Ok(())
    }
}

fn input_edit(before: &Text, after: &Text, edit: &Edit) -> InputEdit {
    let inserted = edit.inserted();
    InputEdit {
        start_byte: edit.range.start,
        old_end_byte: edit.range.end,
        new_end_byte: inserted.end,
        start_position: point(before, edit.range.start),
        old_end_position: point(before, edit.range.end),
        new_end_position: point(after, inserted.end),
    }
}

/// Tree-sitter breaks lines at LF alone. Its scanners look at columns, so those are exact; rows may be off
/// in a text with lone carriage returns, and nothing reads them.
fn point(text: &Text, offset: usize) -> Point {
    let mut line_start = text.line_start(offset);
    while line_start > 0 && text.char_before(line_start) != Some('\n') {
        line_start = text.line_start(line_start - 1);
    }
    Point::new(text.line_of(offset), offset - line_start)
}

#[cfg(test)]
mod tests {
    use il_lang::registry;

    use super::*;

    #[test]
    fn a_used_up_budget_gives_no_tree_and_leaves_the_parser_usable() {
        let rust = registry().by_id("rust").expect("rust");
        let grammar = grammar::of(rust).expect("a grammar");
        let text = Text::from("fn f() { g(1, 2); }\n".repeat(500).as_str());
        let mut parser = Parser::new();
        assert!(parser.within(1000, grammar, &text, None).is_none());
        assert!(parser.within(MIN_STEPS, grammar, &text, None).is_some());
        let small = parser.parse(rust, "const A: u8 = 1;");
        assert_eq!((small.basis(), small.symbols().len()), (Basis::Tree, 1));
    }

    #[test]
    fn the_columns_of_edits_count_from_the_last_line_feed() {
        let text = Text::from("ab\rcd\r\nef");
        assert_eq!(point(&text, 5).column, 5);
        assert_eq!(point(&text, 9).column, 2);
    }
}
