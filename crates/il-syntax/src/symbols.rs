//! Symbols: every name that a text defines, and what it is defined in.
//!
//! The one idea: the query says which nodes define names, nesting says what belongs to what. So a
//! function in a class is a method in every language, without each query having to say so.
//!
//! References are not collected, and locals of a function are left out: nobody looks them up by name.

use std::{
    cmp::Reverse,
    fmt,
    ops::{ControlFlow, Range},
};

use il_text::Text;
use streaming_iterator::StreamingIterator;
use tree_sitter::{Node, Query, QueryCursor, QueryCursorOptions, QueryMatch};

use crate::{
    grammar::{self, Capture, Grammar, Role},
    lexical::Surface,
    parse::Parsed,
};

/// How many half-finished matches a query may keep; beyond this it forgets the oldest.
const MATCH_LIMIT: u32 = 1024;

/// How often a query may report progress before it is stopped, per byte of text and at least.
const REPORTS_PER_BYTE: usize = 2;
const MIN_REPORTS: usize = 100_000;

/// The longest signature and name that are kept, in characters.
const MAX_SIGNATURE: usize = 240;
const MAX_NAME: usize = 120;

/// A name that a text defines.
#[derive(Clone, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub kind: SymbolKind,
    /// The whole definition, without the comments and decorators before it.
    pub range: Range<usize>,
    pub name_range: Range<usize>,
    /// The index of the symbol that it is defined in.
    pub container: Option<usize>,
    /// What it belongs to where nesting does not say: the receiver of a Go method.
    pub scope: Option<String>,
    /// The definition up to its body, on one line.
    pub signature: String,
}

/// Without names: source code must not reach a log by accident.
impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbol({:?} at {:?})", self.kind, self.range)
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    Function,
    Method,
    Class,
    Struct,
    Enum,
    Interface,
    Trait,
    Module,
    Constant,
    Variable,
    Type,
    Field,
    Macro,
    /// Members given to a type that is defined elsewhere: Rust's `impl`, Swift's `extension`.
    Implementation,
    /// An SQL table or view.
    Table,
}

impl SymbolKind {
    const NAMES: [(&'static str, Self); 15] = [
        ("function", Self::Function),
        ("method", Self::Method),
        ("class", Self::Class),
        ("struct", Self::Struct),
        ("enum", Self::Enum),
        ("interface", Self::Interface),
        ("trait", Self::Trait),
        ("module", Self::Module),
        ("constant", Self::Constant),
        ("variable", Self::Variable),
        ("type", Self::Type),
        ("field", Self::Field),
        ("macro", Self::Macro),
        ("implementation", Self::Implementation),
        ("table", Self::Table),
    ];

    /// Every kind, always in this order: an index on disk counts on it, so new ones go last.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.iter().map(|&(_, kind)| kind)
    }

    /// The kind with this name, as queries spell it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|&(_, kind)| kind)
    }

    /// Its name, as queries spell it.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }

    /// Whether it can be called.
    pub fn is_callable(self) -> bool {
        matches!(self, Self::Function | Self::Method)
    }

    /// Whether it is a value with a name.
    pub fn is_value(self) -> bool {
        matches!(self, Self::Constant | Self::Variable | Self::Field)
    }

    /// Whether functions in it are methods.
    pub fn has_members(self) -> bool {
        matches!(
            self,
            Self::Class
                | Self::Struct
                | Self::Enum
                | Self::Interface
                | Self::Trait
                | Self::Implementation
        )
    }
}

/// `Class.method`: the names of what symbol `index` is defined in, and its own.
pub(crate) fn path(symbols: &[Symbol], index: usize) -> String {
    let mut names = Vec::new();
    let mut next = Some(index);
    while let Some(symbol) = next.and_then(|index| symbols.get(index)) {
        names.push(symbol.name.as_str());
        if symbol.container.is_none() {
            names.extend(symbol.scope.as_deref());
        }
        next = symbol.container;
    }
    names.reverse();
    names.join(".")
}

impl Parsed {
    /// Every name that the text defines, in the order of the text. Without a tree: the lines that open a
    /// block and read like definitions.
    pub fn symbols(&self) -> Vec<Symbol> {
        let (Some(tree), Some(grammar)) = (&self.tree, grammar::of(self.language)) else {
            return Surface::new(&self.text, self.language).outline();
        };
        let mut found = definitions(&self.text, grammar, tree.root_node(), None);
        // The same definition may match twice; the earlier pattern is the more telling one.
        found.sort_by_key(|(pattern, symbol)| {
            (
                symbol.range.start,
                Reverse(symbol.range.end),
                symbol.name_range.start,
                *pattern,
            )
        });
        found.dedup_by(|(_, later), (_, earlier)| {
            later.range == earlier.range && later.name_range == earlier.name_range
        });
        nest(found.into_iter().map(|(_, symbol)| symbol))
    }
}

/// The definition that `node` itself is, if it is one.
pub(crate) fn definition_at(text: &Text, grammar: &Grammar, node: Node<'_>) -> Option<Symbol> {
    let found = definitions(text, grammar, node, Some(0));
    found
        .into_iter()
        .min_by_key(|(pattern, symbol)| (*pattern, symbol.name_range.start))
        .map(|(_, symbol)| symbol)
}

/// Runs the query below `node`, or on it alone with a depth of 0. Each symbol comes with its pattern.
fn definitions(
    text: &Text,
    grammar: &Grammar,
    node: Node<'_>,
    max_depth: Option<u32>,
) -> Vec<(usize, Symbol)> {
    let mut found = Vec::new();
    each_match(text, &grammar.symbols, node, max_depth, |matched| {
        found.extend(symbol(text, grammar, matched).map(|symbol| (matched.pattern_index, symbol)));
    });
    found
}

/// Runs a query within its budget and hands out what it matches.
pub(crate) fn each_match(
    text: &Text,
    query: &Query,
    node: Node<'_>,
    max_depth: Option<u32>,
    mut found: impl FnMut(&QueryMatch<'_, '_>),
) {
    let mut cursor = QueryCursor::new();
    cursor.set_match_limit(MATCH_LIMIT);
    cursor.set_max_start_depth(max_depth);
    let mut reports = MIN_REPORTS + REPORTS_PER_BYTE * text.len();
    let mut progress = |_: &tree_sitter::QueryCursorState| {
        reports = reports.saturating_sub(1);
        if reports == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let read = |node: Node<'_>| std::iter::once(text.slice(node.byte_range()).into_owned());
    let options = QueryCursorOptions::new().progress_callback(&mut progress);
    let mut matches = cursor.matches_with_options(query, node, read, options);
    while let Some(matched) = matches.next() {
        found(matched);
    }
}

fn symbol(text: &Text, grammar: &Grammar, matched: &QueryMatch<'_, '_>) -> Option<Symbol> {
    let (mut definition, mut name, mut scope, mut body) = (None, None, None, None);
    for capture in matched.captures() {
        match *grammar.captures.get(capture.index as usize)? {
            Capture::Definition(kind) => definition = Some((capture.node, kind)),
            Capture::Name => name = Some(capture.node),
            Capture::Scope => scope = Some(capture.node),
            Capture::Body => body = Some(capture.node),
        }
    }
    let ((definition, kind), name) = (definition?, name?);
    let body = body
        .or_else(|| body_of(definition))
        .map(|body| end_of_signature(grammar, body));
    let written = text.slice(name.byte_range());
    let written = written.trim_matches(['"', '\'', '`']);
    (!written.is_empty()).then(|| Symbol {
        name: one_line(written, MAX_NAME),
        kind,
        range: definition.byte_range(),
        name_range: name.byte_range(),
        container: None,
        scope: scope.map(|scope| one_line(&text.slice(scope.byte_range()), MAX_NAME)),
        signature: signature(text, definition.byte_range(), body),
    })
}

/// The body of a definition, also of a function that is the value of a variable.
fn body_of(definition: Node<'_>) -> Option<Node<'_>> {
    definition.child_by_field_name("body").or_else(|| {
        ["value", "right"]
            .iter()
            .find_map(|field| definition.child_by_field_name(field))
            .and_then(|value| value.child_by_field_name("body"))
    })
}

/// Where the signature before a body ends: at the comments between the two, if there are any.
fn end_of_signature(grammar: &Grammar, body: Node<'_>) -> usize {
    let mut first = body;
    while let Some(before) = first.prev_sibling() {
        if grammar.role(before) != Some(Role::Comment) {
            break;
        }
        first = before;
    }
    first.start_byte()
}

fn signature(text: &Text, definition: Range<usize>, body: Option<usize>) -> String {
    let start = with_modifiers(text, definition.start);
    let end = body
        .unwrap_or(definition.end)
        .clamp(definition.start, definition.end);
    // One kilobyte is more than a signature; a long one is cut further down.
    let end = end.min(start + 1024);
    cleaned_signature(&text.slice(start..end))
}

/// A signature on one line, without what opens the body.
pub(crate) fn cleaned_signature(written: &str) -> String {
    let signature = one_line(written, MAX_SIGNATURE);
    signature
        .trim_end_matches([' ', '{', ':', '=', ',', ';'])
        .to_owned()
}

/// Takes in the modifiers before a definition on its line: `export const` before a declarator.
fn with_modifiers(text: &Text, start: usize) -> usize {
    let line_start = text.line_start(start);
    if start - line_start > MAX_NAME {
        return start;
    }
    let before = text.slice(line_start..start);
    let modifiers = before.trim_start();
    let plain = modifiers
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | ' ' | '\t'));
    if plain {
        line_start + before.len() - modifiers.len()
    } else {
        start
    }
}

/// The text with every run of white space as one space, cut after `limit` characters.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let words = text.split_whitespace().enumerate();
    let mut line = words.fold(String::new(), |mut line, (index, word)| {
        if index > 0 {
            line.push(' ');
        }
        line.push_str(word);
        line
    });
    if let Some((cut, _)) = line.char_indices().nth(limit) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

/// Finds what each symbol is defined in, and leaves out the locals of functions. Expects them sorted.
fn nest(sorted: impl Iterator<Item = Symbol>) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for mut symbol in sorted {
        while open
            .last()
            .is_some_and(|&last| !holds(&symbols[last].range, &symbol.range))
        {
            open.pop();
        }
        symbol.container = open.last().copied();
        let container = symbol.container.map(|index| symbols[index].kind);
        let Some(kind) = kind_in(container, symbol.kind) else {
            continue;
        };
        symbol.kind = kind;
        open.push(symbols.len());
        symbols.push(symbol);
    }
    symbols
}

/// Whether `inner` lies in `outer` and is smaller: two names of one declaration are siblings.
fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end && outer.len() > inner.len()
}

/// What a definition is in its container: nothing worth naming, for the locals of a function.
pub(crate) fn kind_in(container: Option<SymbolKind>, kind: SymbolKind) -> Option<SymbolKind> {
    match (kind, container) {
        (_, Some(container)) if container.is_callable() && kind.is_value() => None,
        (SymbolKind::Function, Some(container)) if container.has_members() => {
            Some(SymbolKind::Method)
        }
        (SymbolKind::Variable, Some(container)) if container.has_members() => {
            Some(SymbolKind::Field)
        }
        (kind, _) => Some(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names() {
        for (name, kind) in SymbolKind::NAMES {
            assert_eq!(SymbolKind::parse(name), Some(kind));
            assert_eq!(kind.name(), name);
        }
    }

    #[test]
    fn a_line_is_cut_at_its_limit() {
        assert_eq!(one_line("a\n\t b   c", 80), "a b c");
        assert_eq!(one_line("äbcdefghij", 5), "äbcde…");
        assert_eq!(one_line("äbcde", 5), "äbcde");
    }
}
