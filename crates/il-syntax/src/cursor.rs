//! Scope and facts at the cursor.
//!
//! The one idea: the tree says what the cursor is in, the lines around it say what is about to happen. A
//! tree of a half-typed line is a guess, so near a syntax error the lexer has the last word.
//!
//! All of it costs the depth of the tree and a bounded number of lines, never the length of the text.

use std::{fmt, ops::Range};

use il_lang::{BlockStyle, lexer::TokenMode};
use tree_sitter::{Node, Tree, TreeCursor};

use crate::{
    grammar::{self, Grammar, Role},
    lexical::{LINE_BYTES, Surface, depth, indentation, is_blank},
    parse::Parsed,
    symbols::{self, SymbolKind},
};

/// How many lines around the cursor count as near it.
const LINES_NEAR: usize = 2;

/// How many nodes are looked at in search of a syntax error.
const NODES_SEARCHED: usize = 2000;

/// No language opens a comment with more than this.
const MARK_BYTES: usize = 8;

/// How deep a tree is followed, and how many statements of a block are looked at.
const MAX_DEPTH: usize = 512;

/// Where a place is in the structure of its text.
#[derive(Clone, PartialEq, Eq)]
pub struct Scope {
    /// The definitions around it, outermost first.
    pub path: Vec<Enclosing>,
    /// The inside of the innermost block, without its delimiters; the whole text outside of any.
    pub block: Range<usize>,
    /// The white space that a line of that block begins with.
    pub body_indent: String,
}

/// A definition around a place.
#[derive(Clone, PartialEq, Eq)]
pub struct Enclosing {
    pub name: String,
    pub kind: SymbolKind,
    pub range: Range<usize>,
}

/// Without names: source code must not reach a log by accident.
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Scope({:?} in {:?}, {} columns)",
            self.block,
            self.path,
            self.body_indent.len()
        )
    }
}

/// Without the name, as [`Scope`].
impl fmt::Debug for Enclosing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:?}", self.kind, self.range)
    }
}

impl Scope {
    /// `Class.method`.
    pub fn symbol_path(&self) -> String {
        let names: Vec<&str> = self
            .path
            .iter()
            .map(|enclosing| enclosing.name.as_str())
            .collect();
        names.join(".")
    }
}

/// What a place is like for somebody who is typing there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorFacts {
    pub in_string: bool,
    pub in_comment: bool,
    /// Nothing but white space follows on the line.
    pub at_line_end: bool,
    pub line_is_blank: bool,
    /// It stands in a block that has no statement yet: several lines make sense.
    pub empty_block: bool,
    /// It stands right behind what opens a block, on the same line or the one below.
    pub after_block_opener: bool,
    /// Where the innermost block ends, before what closes it.
    pub block_end: Option<usize>,
    pub inside_import: bool,
    /// The tree has a syntax error within a few lines, so it is a guess there.
    pub has_error_nearby: bool,
}

/// A node around a place and what it is, outermost first in lists.
#[derive(Clone, Copy)]
struct Around<'t> {
    node: Node<'t>,
    role: Option<Role>,
}

/// The line of the cursor.
struct Line {
    number: usize,
    before: String,
    after: String,
}

impl Parsed {
    /// What encloses `offset`, and how a line there is indented.
    pub fn scope_at(&self, offset: usize) -> Scope {
        let offset = self.text.floor(offset);
        let surface = Surface::new(&self.text, self.language);
        let line = self.line(offset);
        let opener = surface.opener_line(line.number, &line.before);
        let known_by_lines = || {
            complete(
                scope_in_lines(&surface, &line),
                &surface,
                opener,
                offset,
                &line,
            )
        };
        let Some(enclosing) = self.enclosing(&surface, offset, &line) else {
            return known_by_lines();
        };
        let scope = self.scope_in_tree(&surface, &enclosing, offset);
        let scope = complete(scope, &surface, opener, offset, &line);
        // What the parser lost to a syntax error, the indentation may still know.
        let lost = self.has_error_near(line.number).then(known_by_lines);
        lost.filter(|lines| lines.path.len() > scope.path.len())
            .unwrap_or(scope)
    }

    /// What `offset` is like for somebody who is typing there.
    pub fn facts_at(&self, offset: usize) -> CursorFacts {
        let offset = self.text.floor(offset);
        let surface = Surface::new(&self.text, self.language);
        let line = self.line(offset);
        let has_error_nearby = self.has_error_near(line.number);
        let around = self.around(offset);
        let in_tree = around
            .as_ref()
            .and_then(|around| self.mode_in_tree(around, offset, has_error_nearby));
        let mode = in_tree.unwrap_or_else(|| {
            let known_code = around
                .as_deref()
                .and_then(|around| self.line_known_as_code(around));
            surface.mode_at(offset, known_code)
        });
        let in_code = mode == TokenMode::Code;
        let opener = surface
            .opener_line(line.number, &line.before)
            .filter(|_| in_code);
        let opened_here =
            opener.is_some() && (is_blank(&line.after) || surface.closes_block(&line.after));
        let empty_block =
            opened_here && opener.is_some_and(|opener| is_empty_below(&surface, opener, &line));
        let imports = around.as_ref().is_some_and(|around| {
            around
                .iter()
                .any(|around| around.role == Some(Role::Import))
        });
        CursorFacts {
            in_string: mode == TokenMode::Text,
            in_comment: mode == TokenMode::Comment,
            at_line_end: is_blank(&line.after),
            line_is_blank: is_blank(&line.before) && is_blank(&line.after),
            empty_block,
            after_block_opener: opened_here,
            block_end: match empty_block {
                true => Some(end_of_empty_block(&surface, offset, &line)),
                false => self.block_end(&surface, offset, &line),
            },
            inside_import: imports
                || ((around.is_none() || has_error_nearby) && surface.imports(&line.before)),
            has_error_nearby,
        }
    }

    fn line(&self, offset: usize) -> Line {
        let number = self.text.line_of(offset);
        let start = self
            .text
            .line_start(offset)
            .max(offset.saturating_sub(LINE_BYTES));
        let end = self
            .text
            .line_end(offset)
            .clamp(offset, offset + LINE_BYTES);
        Line {
            number,
            before: self.text.slice(start..offset).into_owned(),
            after: self.text.slice(offset..end).into_owned(),
        }
    }

    /// The nodes that hold `offset`, outermost first; one that ends right there holds it too.
    fn around(&self, offset: usize) -> Option<Vec<Around<'_>>> {
        let (tree, grammar) = (self.tree.as_ref()?, grammar::of(self.language)?);
        let mut path = descend(tree, grammar, offset);
        // At its end a comment or an import is still being typed.
        if let Some(before) = offset.checked_sub(1) {
            let known: Vec<usize> = path.iter().map(|around| around.node.id()).collect();
            let ending = descend(tree, grammar, before).into_iter().filter(|around| {
                around.node.end_byte() == offset && !known.contains(&around.node.id())
            });
            path.extend(ending);
        }
        Some(path)
    }

    /// What the tree says `offset` is in; nothing where a syntax error makes that a guess.
    fn mode_in_tree(
        &self,
        around: &[Around<'_>],
        offset: usize,
        error_near: bool,
    ) -> Option<TokenMode> {
        let innermost = around.iter().rposition(|around| {
            let inside = around.node.start_byte() < offset && offset < around.node.end_byte();
            match around.role {
                Some(Role::Comment) => inside || self.is_line_comment_ending(around.node, offset),
                Some(Role::String | Role::Code) => inside,
                _ => false,
            }
        });
        let known = match innermost {
            Some(index) => !around[..=index].iter().any(|around| around.node.is_error()),
            None => !error_near,
        };
        known.then(|| match innermost.and_then(|index| around[index].role) {
            Some(Role::Comment) => TokenMode::Comment,
            Some(Role::String) => TokenMode::Text,
            _ => TokenMode::Code,
        })
    }

    /// The line where the innermost block around starts, or the syntax error: in code, at any rate.
    fn line_known_as_code(&self, around: &[Around<'_>]) -> Option<usize> {
        let trusted = around
            .iter()
            .skip(1)
            .take_while(|around| !matches!(around.role, Some(Role::String | Role::Comment)));
        let error = around
            .iter()
            .skip(1)
            .position(|around| around.node.is_error());
        let start = trusted
            .take(error.map_or(usize::MAX, |error| error + 1))
            .filter(|around| around.role == Some(Role::Block) || around.node.is_error())
            .last()?;
        Some(self.text.line_of(start.node.start_byte()))
    }

    fn is_line_comment_ending(&self, node: Node<'_>, offset: usize) -> bool {
        let start = node.start_byte();
        let mark = self.text.slice(start..start + MARK_BYTES);
        let closes = self.language.block_comments.iter().any(|(open, close)| {
            mark.starts_with(open)
                && self.text.slice(offset.saturating_sub(close.len())..offset) == *close
        });
        start < offset && !closes && self.text.line_of(start) == self.text.line_of(offset)
    }

    fn block_end(&self, surface: &Surface<'_>, offset: usize, line: &Line) -> Option<usize> {
        match self.enclosing(surface, offset, line) {
            Some(enclosing) => innermost_block(&enclosing).map(|block| inside(block, offset).end),
            None => {
                let depth = surface.depth_at(line.number, &line.before);
                let opener = surface.enclosing_lines(line.number, depth).pop()?;
                Some(surface.block_below(opener).end)
            }
        }
    }

    fn has_error_near(&self, line: usize) -> bool {
        let Some(tree) = &self.tree else {
            return false;
        };
        if !tree.root_node().has_error() {
            return false;
        }
        let first = self.text.line_range(line.saturating_sub(LINES_NEAR));
        let last = self
            .text
            .line_range((line + LINES_NEAR).min(self.text.line_count() - 1));
        let (Some(first), Some(last)) = (first, last) else {
            return false;
        };
        has_error_in(&mut tree.walk(), &(first.start..last.end))
    }

    fn scope_in_tree(
        &self,
        surface: &Surface<'_>,
        enclosing: &[Around<'_>],
        offset: usize,
    ) -> Scope {
        let Some(grammar) = grammar::of(self.language) else {
            return scope_in_lines(surface, &self.line(offset));
        };
        let mut path: Vec<Enclosing> = Vec::new();
        for (index, around) in enclosing.iter().enumerate() {
            let Some(symbol) = symbols::definition_at(&self.text, grammar, around.node) else {
                continue;
            };
            let opens = enclosing[index..]
                .iter()
                .any(|inner| inner.role == Some(Role::Block));
            let container = path.last().map(|enclosing| enclosing.kind);
            let Some(kind) = symbols::kind_in(container, symbol.kind) else {
                continue;
            };
            // A constant encloses only what is in the braces of its value.
            if opens || !kind.is_value() {
                let name = symbol.scope.map(|scope| scope + ".").unwrap_or_default() + &symbol.name;
                path.push(Enclosing {
                    name,
                    kind,
                    range: symbol.range,
                });
            }
        }
        let block = innermost_block(enclosing);
        Scope {
            path,
            block: block.map_or(0..self.text.len(), |block| inside(block, offset)),
            body_indent: block.map_or_else(String::new, |block| self.body_indent(surface, block)),
        }
    }

    /// The nodes whose inside the cursor is in, outermost first; nothing without a tree.
    ///
    /// A block that nothing closes ends with its last statement, so behind that the column decides.
    fn enclosing(
        &self,
        surface: &Surface<'_>,
        offset: usize,
        line: &Line,
    ) -> Option<Vec<Around<'_>>> {
        let (tree, grammar) = (self.tree.as_ref()?, grammar::of(self.language)?);
        let probe = self.probe(surface, offset, line);
        let column = is_blank(&line.before).then(|| depth(&line.before));
        let keeps = |around: &Around<'_>| {
            let node = around.node;
            let block = around.role == Some(Role::Block);
            let entered =
                node.start_byte() < offset || (probe > offset && block && opening(node).is_none());
            let behind = node.end_byte() <= offset;
            let deep_enough = column.is_none_or(|column| match block {
                true => self.depth_of(node) <= column,
                false => self.depth_of(node) < column,
            });
            entered && (!behind || (closing(node).is_none() && deep_enough))
        };
        Some(
            descend(tree, grammar, probe)
                .into_iter()
                .filter(|around| keeps(around))
                .collect(),
        )
    }

    /// The place that tells what the cursor is in. In a blank line that is the end of the line above, as far
    /// as blocks end with their last statement; before a line's first word it is that word.
    fn probe(&self, surface: &Surface<'_>, offset: usize, line: &Line) -> usize {
        let braces = self.language.block_style == BlockStyle::Braces;
        if !is_blank(&line.before) {
            let trailing = line.before.len() - line.before.trim_end().len();
            return if braces {
                offset
            } else {
                offset - trailing - 1
            };
        }
        if !is_blank(&line.after) {
            let skipped = line.after.len() - line.after.trim_start().len();
            let closing = surface.closes_block(&line.after);
            return if closing { offset } else { offset + skipped };
        }
        if braces {
            return offset;
        }
        surface
            .previous_line(line.number)
            .and_then(|line| self.text.line_range(line))
            .map_or(offset, |range| {
                let text = self.text.slice(range.clone());
                (range.start + text.trim_end().len()).saturating_sub(1)
            })
    }

    fn depth_of(&self, node: Node<'_>) -> usize {
        let start = self.text.line_start(node.start_byte());
        depth(&self.text.slice(start..node.start_byte()))
    }

    fn body_indent(&self, surface: &Surface<'_>, block: Node<'_>) -> String {
        let opener = self.text.line_of(block.start_byte());
        let mut cursor = block.walk();
        let first = block
            .named_children(&mut cursor)
            .take(MAX_DEPTH)
            .map(|child| self.text.line_of(child.start_byte()))
            .find(|&line| line > opener || is_own_line(&self.text, block));
        match first {
            Some(line) => indentation(&surface.line(line)).to_owned(),
            None => indentation(&surface.line(opener)).to_owned() + &surface.indent_unit(opener),
        }
    }
}

/// Whether a block begins with its first statement, as blocks without delimiters do.
fn is_own_line(text: &il_text::Text, block: Node<'_>) -> bool {
    let start = text.line_start(block.start_byte());
    is_blank(&text.slice(start..block.start_byte()))
        && block.child(0).is_some_and(|child| child.is_named())
}

/// Walks down from the root to the smallest node that holds the byte at `offset`.
fn descend<'t>(tree: &'t Tree, grammar: &Grammar, offset: usize) -> Vec<Around<'t>> {
    let mut cursor = tree.walk();
    let mut path = Vec::new();
    loop {
        let node = cursor.node();
        if !path.is_empty() && !node.byte_range().contains(&offset) {
            break;
        }
        path.push(Around {
            node,
            role: grammar.role(node),
        });
        if path.len() > MAX_DEPTH || cursor.goto_first_child_for_byte(offset).is_none() {
            break;
        }
    }
    path
}

fn innermost_block<'t>(enclosing: &[Around<'t>]) -> Option<Node<'t>> {
    let block = enclosing
        .iter()
        .rev()
        .find(|around| around.role == Some(Role::Block));
    block.map(|around| around.node)
}

/// The word or bracket that opens a block, if it has one.
fn opening(block: Node<'_>) -> Option<Node<'_>> {
    block.child(0).filter(|child| !child.is_named())
}

/// The word or bracket that closes a block, if it has one and it is there.
fn closing(block: Node<'_>) -> Option<Node<'_>> {
    let last = block
        .child_count()
        .checked_sub(1)
        .filter(|&last| last > 0)?;
    block
        .child(last)
        .filter(|child| !child.is_named() && !child.is_missing())
}

/// The part of a block between what opens and what closes it; up to the cursor where nothing closes it.
fn inside(block: Node<'_>, offset: usize) -> Range<usize> {
    let start = opening(block).map_or(block.start_byte(), |child| child.end_byte());
    let end = closing(block).map_or(block.end_byte().max(offset), |child| child.start_byte());
    start.min(end)..end
}

fn has_error_in(cursor: &mut TreeCursor<'_>, near: &Range<usize>) -> bool {
    let mut budget = NODES_SEARCHED;
    let mut pending = vec![cursor.node()];
    while let Some(node) = pending.pop() {
        budget -= 1;
        if node.is_error() || node.is_missing() {
            return true;
        }
        if budget == 0 {
            return true;
        }
        cursor.reset(node);
        if cursor.goto_first_child_for_byte(near.start).is_none() {
            continue;
        }
        loop {
            let child = cursor.node();
            if child.start_byte() > near.end {
                break;
            }
            if child.has_error() || child.is_missing() {
                pending.push(child);
            }
            if pending.len() >= budget || !cursor.goto_next_sibling() {
                break;
            }
        }
    }
    false
}

/// Whether the block that `opener` opens has no statement yet.
fn is_empty_below(surface: &Surface<'_>, opener: usize, line: &Line) -> bool {
    if !is_blank(&line.after) {
        return surface.closes_block(&line.after);
    }
    match surface.next_line(line.number) {
        Some(next) => {
            let next = surface.line(next);
            surface.closes_block(&next) || depth(&next) <= depth(&surface.line(opener))
        }
        None => true,
    }
}

/// Before what closes an empty block, or right at the cursor where nothing does yet.
fn end_of_empty_block(surface: &Surface<'_>, offset: usize, line: &Line) -> usize {
    if !is_blank(&line.after) {
        return offset + line.after.len() - line.after.trim_start().len();
    }
    let closer = surface.next_line(line.number).and_then(|next| {
        let text = surface.line(next);
        let start = surface.text.line_range(next)?.start + indentation(&text).len();
        surface.closes_block(&text).then_some(start)
    });
    closer.unwrap_or(offset)
}

/// Without a tree: what is less indented encloses what is more.
fn scope_in_lines(surface: &Surface<'_>, line: &Line) -> Scope {
    let at = surface.depth_at(line.number, &line.before);
    let enclosing = surface.enclosing_lines(line.number, at);
    let path = enclosing
        .iter()
        .filter_map(|&opener| {
            let (name, kind) = surface.defined_name(&surface.line(opener))?;
            let start = surface.text.line_range(opener)?.start;
            Some(Enclosing {
                name,
                kind,
                range: start..surface.block_below(opener).end,
            })
        })
        .collect();
    let block = enclosing.last().map(|&opener| surface.block_below(opener));
    let body_indent = block.as_ref().map_or_else(String::new, |block| {
        let first = surface.text.line_of(block.start);
        let text = surface.line(first);
        let text = if is_blank(&text) {
            line.before.clone()
        } else {
            text
        };
        indentation(&text).to_owned()
    });
    Scope {
        path,
        block: block.unwrap_or(0..surface.text.len()),
        body_indent,
    }
}

/// Adds what the line that was just opened says about the block that is yet to be written.
fn complete(
    mut scope: Scope,
    surface: &Surface<'_>,
    opener: Option<usize>,
    offset: usize,
    line: &Line,
) -> Scope {
    let Some(opener) = opener else {
        return scope;
    };
    let text = surface.line(opener);
    add_opener(&mut scope, surface, opener, &text, offset);
    if is_empty_below(surface, opener, line) {
        scope.body_indent = indentation(&text).to_owned() + &surface.indent_unit(opener);
        let start = surface
            .text
            .line_range(opener)
            .map_or(offset, |range| range.end.min(offset));
        scope.block = start..end_of_empty_block(surface, offset, line).max(start);
    }
    scope
}

/// A header that the tree does not know as a definition yet, because its body is still missing.
fn add_opener(scope: &mut Scope, surface: &Surface<'_>, opener: usize, text: &str, offset: usize) {
    let Some((name, kind)) = surface.defined_name(text) else {
        return;
    };
    let Some(range) = surface.text.line_range(opener) else {
        return;
    };
    let known = scope.path.iter().any(|enclosing| {
        range.contains(&enclosing.range.start)
            || range.contains(&enclosing.range.end)
            || (enclosing.range.start <= range.start && enclosing.name.ends_with(&name))
    });
    if !known {
        scope.path.push(Enclosing {
            name,
            kind,
            range: range.start..offset.max(range.end),
        });
    }
}
