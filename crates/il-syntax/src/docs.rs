//! Doc comments: what people wrote about a definition, without the marks they wrote it with.
//!
//! The one idea: a doc comment is the comment right above a definition, whatever wraps the two: decorators,
//! attributes, `export`, `template <…>`. Where blocks are indented, a string that opens the body comes first.
//!
//! Deliberately absent: markup. Tags that structure a comment (`@param`, `<summary>`) end the paragraph or are
//! dropped, but nobody reads Markdown or Javadoc here.

use std::ops::Range;

use il_lang::{BlockStyle, Language};
use il_text::Text;
use tree_sitter::{Node, Tree};

use crate::{
    grammar::{self, Grammar, Role},
    lexical::is_blank,
    parse::Parsed,
    symbols::Symbol,
};

/// The longest paragraph that is kept, in bytes.
const MAX_DOC: usize = 600;

/// How much of one comment is looked at for its first paragraph.
const MAX_COMMENT: usize = 4096;

/// How many comments, decorators and wrappers are followed upwards.
const MAX_STEPS: usize = 128;

/// How deep inside a comment or decorator the place before a definition may be.
const MAX_DEPTH: usize = 12;

/// What comments say to tools; nobody reads it.
const DIRECTIVES: &[&str] = &[
    "eslint-",
    "prettier-",
    "@ts-",
    "ts-",
    "istanbul ",
    "noqa",
    "type:",
    "pylint:",
    "pragma",
    "fmt:",
    "mypy:",
    "ruff:",
    "clang-",
    "nolint",
    "NOLINT",
    "go:",
    "rubocop:",
    "coding:",
    "!/",
    "#region",
    "region ",
    "c8 ",
    "biome-",
    "language=",
];

impl Parsed {
    /// The first paragraph of what is written about a symbol of this text: above it, or as the string that
    /// opens it. On one line, without comment marks, cut at 600 bytes.
    pub fn doc_of(&self, symbol: &Symbol) -> Option<String> {
        let (Some(tree), Some(grammar)) = (&self.tree, grammar::of(self.language)) else {
            return self.paragraph(&lines_above(&self.text, self.language, symbol.range.start));
        };
        let range = self.text.floor(symbol.range.start)..self.text.floor(symbol.range.end);
        let node = tree
            .root_node()
            .descendant_for_byte_range(range.start, range.end)?;
        if let Some(string) = opening_string(self.language, grammar, node) {
            let written = self.text.slice(self.start_of(&string.byte_range()));
            return paragraph(unquoted(&written).lines().map(str::trim));
        }
        self.paragraph(&comments_above(&self.text, grammar, tree, node))
    }

    fn paragraph(&self, comments: &[Range<usize>]) -> Option<String> {
        let written: Vec<_> = comments
            .iter()
            .map(|range| self.text.slice(self.start_of(range)))
            .collect();
        let marks = Marks::of(self.language);
        let lines = written.iter().flat_map(|comment| marks.lines_of(comment));
        paragraph(lines)
    }

    fn start_of(&self, comment: &Range<usize>) -> Range<usize> {
        let end = comment.end.min(comment.start + MAX_COMMENT);
        comment.start..self.text.floor(end)
    }
}

/// The string that opens the body of a definition, where that is how the language documents.
fn opening_string<'t>(language: &Language, grammar: &Grammar, node: Node<'t>) -> Option<Node<'t>> {
    if language.block_style != BlockStyle::Indentation {
        return None;
    }
    let body = node.child_by_field_name("body")?;
    let mut cursor = body.walk();
    let mut first = body
        .named_children(&mut cursor)
        .find(|child| grammar.role(*child) != Some(Role::Comment))?;
    while grammar.role(first) != Some(Role::String) {
        if first.named_child_count() != 1 {
            return None;
        }
        let only = first.named_child(0)?;
        if only.start_byte() != first.start_byte() {
            return None;
        }
        first = only;
    }
    Some(first)
}

/// The comments right above a definition or what wraps it, in the order of the text.
fn comments_above(
    text: &Text,
    grammar: &Grammar,
    tree: &Tree,
    definition: Node<'_>,
) -> Vec<Range<usize>> {
    let mut node = definition;
    for _ in 0..MAX_DEPTH {
        let found = comments_before(text, grammar, tree, node.start_byte());
        if !found.is_empty() {
            return found;
        }
        let Some(parent) = node.parent() else { break };
        let is_block = grammar.role(parent) == Some(Role::Block);
        if is_block || parent.parent().is_none() || !wraps(text, parent, node) {
            break;
        }
        node = parent;
    }
    Vec::new()
}

/// Whether a node is no more than another one with words around it: `export const … ;`, `template <…>`.
fn wraps(text: &Text, parent: Node<'_>, node: Node<'_>) -> bool {
    let one_of_several = end_of_what_is_before(text, node.start_byte())
        .and_then(|(end, _)| text.char_before(end))
        .is_some_and(|c| matches!(c, '(' | '{' | '[' | ','));
    let rest = parent.end_byte() - node.end_byte();
    let is_last = rest < 80
        && text
            .slice(node.end_byte()..parent.end_byte())
            .trim_start_matches([';', ','])
            .trim()
            .is_empty();
    let is_first = node.prev_named_sibling().is_none();
    !one_of_several && (is_last || is_first)
}

/// The comments that end right before a place, decorators between them left out.
fn comments_before(text: &Text, grammar: &Grammar, tree: &Tree, place: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut before = place;
    for _ in 0..MAX_STEPS {
        let Some((end, breaks)) = end_of_what_is_before(text, before) else {
            break;
        };
        let Some((node, role)) = comment_or_decorator(grammar, tree, end) else {
            break;
        };
        let start = node.start_byte();
        if start >= before {
            break;
        }
        if role == Role::Attached {
            before = start;
            continue;
        }
        let begins_its_line = is_blank(&text.slice(text.line_start(start)..start));
        let several_lines = text.line_of(start) < text.line_of(end);
        if breaks > 1 || !begins_its_line || (several_lines && !found.is_empty()) {
            break;
        }
        found.push(start..end);
        before = start;
        if several_lines {
            break;
        }
    }
    found.reverse();
    found
}

/// Where what stands before a place ends, and how many line breaks are between.
fn end_of_what_is_before(text: &Text, place: usize) -> Option<(usize, usize)> {
    let mut breaks = 0;
    let mut end = place;
    for c in text.chars_before(place) {
        if !c.is_whitespace() {
            return Some((end, breaks));
        }
        breaks += usize::from(c == '\n');
        end -= c.len_utf8();
    }
    None
}

/// The comment or decorator that ends at a place.
fn comment_or_decorator<'t>(
    grammar: &Grammar,
    tree: &'t Tree,
    end: usize,
) -> Option<(Node<'t>, Role)> {
    let mut node = tree
        .root_node()
        .descendant_for_byte_range(end.saturating_sub(1), end)?;
    for _ in 0..MAX_DEPTH {
        match grammar.role(node) {
            Some(role @ (Role::Comment | Role::Attached)) => return Some((node, role)),
            _ => node = node.parent()?,
        }
    }
    None
}

/// Without a tree: the lines above that are comments to the line end.
fn lines_above(text: &Text, language: &Language, place: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for line in (0..text.line_of(place)).rev().take(MAX_STEPS) {
        let Some(range) = text.line_range(line) else {
            break;
        };
        let written = text.slice(range.start..range.end.min(range.start + MAX_COMMENT));
        let written = written.trim_start();
        if !language
            .line_comments
            .iter()
            .any(|mark| written.starts_with(mark))
        {
            break;
        }
        found.push(range);
    }
    found.reverse();
    found
}

/// What marks comments, longest first.
struct Marks {
    line: Vec<&'static str>,
    block: Vec<(&'static str, &'static str)>,
}

impl Marks {
    fn of(language: &'static Language) -> Self {
        let mut line = language.line_comments.clone();
        line.sort_by_key(|mark| std::cmp::Reverse(mark.len()));
        Self {
            line,
            block: language.block_comments.clone(),
        }
    }

    fn lines_of<'a>(&'a self, comment: &'a str) -> impl Iterator<Item = &'a str> {
        let comment = comment.trim();
        let block = self
            .block
            .iter()
            .find(|(open, _)| comment.starts_with(open));
        let inside = block.map_or(comment, |(open, close)| {
            let inside = &comment[open.len()..];
            inside
                .strip_suffix(close)
                .unwrap_or(inside)
                .trim_start_matches(['*', '!'])
        });
        inside.lines().map(move |line| match block {
            Some(_) => without_gutter(line),
            None => self.without_mark(line),
        })
    }

    fn without_mark<'a>(&self, line: &'a str) -> &'a str {
        let line = line.trim();
        let Some(mark) = self.line.iter().find(|mark| line.starts_with(**mark)) else {
            return line;
        };
        // `////`, `##`, `//!` are marks as well.
        let last = mark.chars().next_back().unwrap_or(' ');
        line[mark.len()..].trim_start_matches([last, '!']).trim()
    }
}

/// A line of a block comment without the star that it may begin with.
fn without_gutter(line: &str) -> &str {
    let line = line.trim();
    line.strip_prefix('*').unwrap_or(line).trim()
}

/// A string literal without its quotes.
fn unquoted(literal: &str) -> &str {
    let literal = literal.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        if let Some(inside) = literal.strip_prefix(quote) {
            return inside.strip_suffix(quote).unwrap_or(inside);
        }
    }
    literal
}

/// The first paragraph of lines without marks.
fn paragraph<'a>(lines: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut paragraph = String::new();
    for line in lines {
        let line = without_tags(line);
        if DIRECTIVES.iter().any(|word| line.starts_with(word)) {
            continue;
        }
        let says_nothing = !line.chars().any(char::is_alphanumeric);
        if says_nothing && paragraph.is_empty() {
            continue;
        }
        let opens_tag = line.starts_with(['@', ':', '\\'])
            && line[1..].starts_with(|c: char| c.is_ascii_alphabetic());
        if says_nothing || opens_tag || paragraph.len() > MAX_DOC {
            break;
        }
        if !paragraph.is_empty() {
            paragraph.push(' ');
        }
        paragraph.push_str(line);
    }
    let is_licence = paragraph.contains("Copyright") || paragraph.contains("SPDX-License");
    (!paragraph.is_empty() && !is_licence).then(|| cut(paragraph))
}

/// A line without `<summary>` around it, `@brief` before it.
fn without_tags(line: &str) -> &str {
    let mut line = line.trim();
    for brief in ["@brief", "\\brief", "@summary", "@description"] {
        line = line.strip_prefix(brief).unwrap_or(line).trim_start();
    }
    let is_tag = |tag: &str| tag.chars().all(|c| c.is_ascii_lowercase() || c == '/');
    if let Some((tag, rest)) = line.strip_prefix('<').and_then(|rest| rest.split_once('>'))
        && is_tag(tag)
    {
        line = rest.trim_start();
    }
    if let Some((rest, tag)) = line
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once("</"))
        && is_tag(tag)
    {
        line = rest.trim_end();
    }
    line
}

/// Cuts a paragraph between two words.
fn cut(mut paragraph: String) -> String {
    if paragraph.len() <= MAX_DOC {
        return paragraph;
    }
    let end = paragraph.floor_char_boundary(MAX_DOC - '…'.len_utf8());
    let end = paragraph[..end].rfind(' ').unwrap_or(end);
    paragraph.truncate(end);
    paragraph.push('…');
    paragraph
}
