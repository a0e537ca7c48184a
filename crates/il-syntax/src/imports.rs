//! Imports: what a text takes from other files, wherever in the text it says so.
//!
//! The one idea: `imports.scm` says which nodes hold the module, the names and their aliases; what those
//! mean is the same in every language. A tree of names, as Rust's `use`, comes out as one import a module.
//!
//! Deliberately absent: which file a module is. That needs a repository, and this crate knows one text.

use std::{cmp::Reverse, collections::HashMap, fmt, ops::Range};

use il_text::Text;
use tree_sitter::{Node, QueryMatch, Tree};

use crate::{
    grammar::{self, Imports, Part},
    lexical::Surface,
    parse::{Parsed, Parser},
    symbols::each_match,
};

/// How many lines are parsed on their own where the tree is broken or missing, and how many lines a
/// statement may have there.
const MAX_LINES: usize = 256;
const STATEMENT_LINES: usize = 64;

/// The longest module and name that are kept, in bytes; longer ones are no imports that anybody wrote.
const MAX_BYTES: usize = 512;

/// How many groups may stand in each other.
const MAX_DEPTH: usize = 32;

/// One module that a text names, and what it takes from it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Import {
    /// The statement: several imports may come from one.
    pub range: Range<usize>,
    /// As written: `.models`, `crate::a::b`, `./x`, `github.com/x/y`, `java.util`, `<stdio.h>`.
    pub module: String,
    pub names: Vec<ImportedName>,
    pub kind: ImportKind,
    /// Others may take it from this text: `pub use`, `export … from`.
    pub exported: bool,
    /// The inline modules around it, outermost first: Rust's `mod tests { use super::*; }`.
    pub within: Vec<String>,
}

/// A name that is taken from a module.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ImportedName {
    pub name: String,
    pub alias: Option<String>,
}

/// What an import takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImportKind {
    /// Names in the module, which may be modules themselves: `from a import b`, `use a::b`.
    Names,
    /// Everything in it.
    Wildcard,
    /// The module itself; the one name is its last part, with the alias it is known by.
    Module,
    /// A module that belongs to this text and stands in another file: Rust's `mod a;`.
    Child,
    /// Nothing that has a name: `import "./x"`, a bare `require("./x")`.
    Effect,
}

impl ImportKind {
    const NAMES: [(&'static str, Self); 5] = [
        ("names", Self::Names),
        ("wildcard", Self::Wildcard),
        ("module", Self::Module),
        ("child", Self::Child),
        ("effect", Self::Effect),
    ];

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
}

impl ImportedName {
    pub fn new(name: impl Into<String>, alias: Option<&str>) -> Self {
        Self {
            name: name.into(),
            alias: alias.map(str::to_owned),
        }
    }

    /// What the importing text calls it.
    pub fn binding(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// Without names: source code must not reach a log by accident.
impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Import({:?} of {} names at {:?})",
            self.kind,
            self.names.len(),
            self.range
        )
    }
}

/// As [`Import`].
impl fmt::Debug for ImportedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImportedName({} bytes)", self.name.len())
    }
}

impl Parsed {
    /// Everything that the text imports, in the order of the text, also inside of functions. What a
    /// syntax error swallows, or a text without a tree holds, is found by its lines.
    pub fn imports(&self) -> Vec<Import> {
        let Some(imports) = grammar::of(self.language).and_then(grammar::imports) else {
            return Vec::new();
        };
        let mut found = match &self.tree {
            Some(tree) => in_tree(&self.text, imports, tree),
            None => Vec::new(),
        };
        if self.tree.is_none() || self.has_errors() {
            let mut lost = self.imports_on_lines(imports, &found);
            if !lost.is_empty() {
                found.append(&mut lost);
                found.sort_by_key(|import| import.range.start);
            }
        }
        found
    }

    /// The lines that begin as imports do and that `known` does not cover, each parsed on its own.
    fn imports_on_lines(&self, imports: &Imports, known: &[Import]) -> Vec<Import> {
        let surface = Surface::new(&self.text, self.language);
        let mut parser = Parser::new();
        let mut tried = 0;
        let mut found = Vec::new();
        let mut end = 0;
        for line in 0..self.text.line_count() {
            let start = self
                .text
                .line_start(self.text.line_range(line).map_or(0, |it| it.start));
            let written = surface.line(line);
            if start < end || tried == MAX_LINES || !surface.imports(&written) {
                continue;
            }
            let start = start + written.len() - written.trim_start().len();
            let before = known.partition_point(|import| import.range.start <= start);
            if before > 0 && known[before - 1].range.end > start {
                continue;
            }
            tried += 1;
            end = self.end_of_statement(&surface, line);
            let alone = parser.parse(self.language, &*self.text.slice(start..end));
            let Some(tree) = alone.tree.as_ref().filter(|_| !alone.has_errors()) else {
                continue;
            };
            let own = in_tree(&alone.text, imports, tree);
            found.extend(own.into_iter().map(|import| Import {
                range: start + import.range.start..start + import.range.end,
                ..import
            }));
        }
        found
    }

    /// Where the brackets that a line opens are closed again, if that is near; else where the line ends.
    fn end_of_statement(&self, surface: &Surface<'_>, line: usize) -> usize {
        let mut depth = 0i32;
        let last = self.text.line_count().min(line + STATEMENT_LINES);
        for next in line..last {
            for c in surface.line(next).chars() {
                match c {
                    '(' | '{' => depth += 1,
                    ')' | '}' => depth -= 1,
                    _ => {}
                }
            }
            if depth <= 0 {
                return self.text.line_range(next).map_or(0, |range| range.end);
            }
        }
        self.text.line_range(line).map_or(0, |range| range.end)
    }
}

fn in_tree(text: &Text, imports: &Imports, tree: &Tree) -> Vec<Import> {
    let mut found = Found::default();
    each_match(text, &imports.query, tree.root_node(), None, |matched| {
        found.add(text, imports, matched);
    });
    found.finish()
}

/// What the patterns found, before it is put together.
#[derive(Default)]
struct Found {
    leaves: Vec<Leaf>,
    statements: Vec<Range<usize>>,
    exported: Vec<Range<usize>>,
    /// Ranges whose paths continue the given one.
    groups: Vec<Span>,
    /// Inline modules.
    scopes: Vec<Span>,
}

struct Span {
    range: Range<usize>,
    text: String,
}

/// One match: a module, and one name of it if there is any.
struct Leaf {
    root: Range<usize>,
    /// Where the module is named: two patterns may say different things of one.
    key: usize,
    /// How telling its pattern is, among those of one `key`.
    weight: u8,
    /// Where its own part of the statement is.
    at: usize,
    kind: ImportKind,
    source: Source,
    name: Option<ImportedName>,
}

enum Source {
    Module(String),
    /// A module and, behind the last separator, a name.
    Path(String),
    /// What the group around it continues.
    Group,
    /// The module that the statement around it names elsewhere.
    Statement,
}

impl Found {
    fn add(&mut self, text: &Text, imports: &Imports, matched: &QueryMatch<'_, '_>) {
        let mut kind = None;
        let mut parts: [Option<Node<'_>>; Part::COUNT] = [None; Part::COUNT];
        for capture in matched.captures() {
            match imports
                .captures
                .get(capture.index as usize)
                .copied()
                .flatten()
            {
                Some(Part::Import(it)) => kind = Some((it, capture.node)),
                Some(part) => parts[part.index()] = Some(capture.node),
                None => {}
            }
        }
        let part = |part: Part| parts[part.index()];
        let written = |node: Node<'_>| compact(text, node.byte_range());
        if let Some(node) = part(Part::Statement) {
            self.statements.push(node.byte_range());
        }
        if let Some(node) = part(Part::Exported) {
            self.exported.push(node.byte_range());
        }
        if let (Some(scope), Some(name)) = (part(Part::Scope), part(Part::ScopeName)) {
            self.scopes.extend(written(name).map(|text| Span {
                range: scope.byte_range(),
                text,
            }));
        }
        if let (Some(prefix), Some(group)) = (part(Part::Prefix), part(Part::Group)) {
            let before = prefix.start_byte()..group.start_byte();
            self.groups.extend(compact(text, before).map(|text| Span {
                range: group.byte_range(),
                text,
            }));
        }
        let Some((kind, root)) = kind else { return };
        let alias = part(Part::Alias);
        let own = part(Part::Name).or(part(Part::Default));
        let alias_text = alias.and_then(written);
        let name = match (part(Part::Name), part(Part::Default)) {
            (Some(name), _) => {
                written(name).map(|name| ImportedName::new(name, alias_text.as_deref()))
            }
            (None, Some(default)) => {
                written(default).map(|bound| ImportedName::new("default", Some(&bound)))
            }
            // The name is the last part of the path, known when that is put together.
            (None, None) => alias_text.map(|alias| ImportedName::new("", Some(&alias))),
        };
        let named_by = part(Part::Module).or(part(Part::Path)).or(part(Part::Own));
        let source = part(Part::Module)
            .and_then(|node| written(node).map(Source::Module))
            .or_else(|| part(Part::Path).and_then(|node| written(node).map(Source::Path)))
            .or_else(|| part(Part::Own).map(|_| Source::Group))
            .or_else(|| name.is_some().then_some(Source::Statement));
        let at = own.or(named_by).unwrap_or(root).start_byte();
        let bare = kind == ImportKind::Effect || (name.is_none() && part(Part::Module).is_some());
        self.leaves.extend(source.map(|source| Leaf {
            root: root.byte_range(),
            key: named_by.unwrap_or(root).start_byte(),
            at,
            weight: match (kind, bare) {
                (ImportKind::Wildcard, _) => 2,
                (_, false) => 1,
                (_, true) => 0,
            },
            kind,
            source,
            name,
        }));
    }

    fn finish(mut self) -> Vec<Import> {
        self.statements.sort_by_key(|range| range.start);
        self.give_names_their_modules();
        self.keep_the_most_telling();
        self.exported.sort_by_key(|range| range.start);
        let mut groups = Around::new(self.groups);
        let mut scopes = Around::new(self.scopes);
        let mut imports: Vec<Import> = Vec::new();
        for leaf in self.leaves {
            let (Some(prefix), Some(within)) = (groups.at(leaf.at), scopes.at(leaf.at)) else {
                continue;
            };
            let prefix = prefix.concat();
            let within = within.into_iter().map(str::to_owned).collect();
            let Some((kind, module, name)) =
                put_together(leaf.kind, leaf.source, leaf.name, &prefix)
            else {
                continue;
            };
            let range = statement_of(&self.statements, &leaf.root);
            let exported = self
                .exported
                .binary_search_by_key(&range.start, |it| it.start)
                .is_ok();
            let last = imports
                .last_mut()
                .filter(|last| last.range == range && last.kind == kind && last.module == module);
            match last {
                Some(last) => last
                    .names
                    .extend(name.filter(|name| last.names.last() != Some(name))),
                None => imports.push(Import {
                    range,
                    module,
                    names: name.into_iter().collect(),
                    kind,
                    exported,
                    within,
                }),
            }
        }
        imports.sort_by_key(|import| import.range.start);
        imports
    }

    /// Names whose pattern holds no module take the one of their statement; without one they are none.
    fn give_names_their_modules(&mut self) {
        let mut modules: HashMap<usize, (usize, String)> = HashMap::new();
        for leaf in &self.leaves {
            if let Source::Module(module) = &leaf.source {
                modules.insert(leaf.root.start, (leaf.key, module.clone()));
            }
        }
        let statements = &self.statements;
        self.leaves.retain_mut(|leaf| {
            if !matches!(leaf.source, Source::Statement) {
                return true;
            }
            let root = statement_of(statements, &leaf.root);
            let Some((key, module)) = modules.get(&root.start).filter(|_| root != leaf.root) else {
                return false;
            };
            leaf.key = *key;
            leaf.source = Source::Module(module.clone());
            leaf.root = root;
            true
        });
    }

    /// Where several patterns name one module, leaves out those that say less of it; in order of place.
    fn keep_the_most_telling(&mut self) {
        self.leaves
            .sort_by_key(|leaf| (leaf.key, Reverse(leaf.weight)));
        let mut most = (0, 0);
        self.leaves.retain(|leaf| {
            if leaf.key != most.0 || most.1 < leaf.weight {
                most = (leaf.key, leaf.weight);
            }
            leaf.weight == most.1
        });
        self.leaves.sort_by_key(|leaf| (leaf.root.start, leaf.at));
    }
}

/// The kind, the module and the name of a leaf behind `prefix`, which ends in a separator if there is one.
fn put_together(
    kind: ImportKind,
    source: Source,
    name: Option<ImportedName>,
    prefix: &str,
) -> Option<(ImportKind, String, Option<ImportedName>)> {
    let alias = |name: Option<ImportedName>| name.and_then(|name| name.alias);
    let (kind, module, name) = match source {
        Source::Statement => return None,
        Source::Group => (kind, prefix.trim_end_matches(SEPARATORS).to_owned(), name),
        Source::Module(module) => (kind, format!("{prefix}{module}"), name),
        Source::Path(path) => {
            let path = format!("{prefix}{path}");
            match path.rfind(SEPARATORS) {
                Some(at) if at > 0 => {
                    let last = &path[at + 1..];
                    let module = path[..at].trim_end_matches(SEPARATORS);
                    let name = ImportedName::new(last, alias(name).as_deref());
                    (kind, module.to_owned(), Some(name))
                }
                // `use serde;`: there is no module to take it from.
                _ => (ImportKind::Module, path, name),
            }
        }
    };
    let name = match kind {
        ImportKind::Module => {
            let last = module
                .rsplit(['/', ':', '.', '\\'])
                .next()
                .unwrap_or(&module);
            Some(ImportedName::new(last, alias(name).as_deref()))
        }
        ImportKind::Names => name,
        ImportKind::Wildcard | ImportKind::Child | ImportKind::Effect => None,
    };
    let short = |text: &str| !text.is_empty() && text.len() <= MAX_BYTES;
    let named = name
        .as_ref()
        .is_none_or(|name| name.name.len() <= MAX_BYTES);
    (short(&module) && named).then_some((kind, module, name))
}

/// What stands between the parts of a path.
const SEPARATORS: [char; 3] = [':', '.', '\\'];

/// The innermost statement around a part of one; the part itself where its pattern is the statement.
fn statement_of(statements: &[Range<usize>], part: &Range<usize>) -> Range<usize> {
    let after = statements.partition_point(|range| range.start <= part.start);
    after
        .checked_sub(1)
        .and_then(|index| statements.get(index))
        .filter(|range| part.end <= range.end)
        .unwrap_or(part)
        .clone()
}

/// The texts of the spans around a place, for places that are asked for in ascending order.
struct Around {
    spans: std::iter::Peekable<std::vec::IntoIter<Span>>,
    open: Vec<Span>,
}

impl Around {
    fn new(mut spans: Vec<Span>) -> Self {
        spans.sort_by_key(|span| (span.range.start, std::cmp::Reverse(span.range.end)));
        Self {
            spans: spans.into_iter().peekable(),
            open: Vec::new(),
        }
    }

    /// Nothing where there are too many.
    fn at(&mut self, place: usize) -> Option<Vec<&str>> {
        while let Some(span) = self.spans.next_if(|span| span.range.start <= place) {
            while self
                .open
                .last()
                .is_some_and(|open| open.range.end <= span.range.start)
            {
                self.open.pop();
            }
            self.open.push(span);
        }
        while self.open.last().is_some_and(|open| open.range.end <= place) {
            self.open.pop();
        }
        (self.open.len() <= MAX_DEPTH)
            .then(|| self.open.iter().map(|span| span.text.as_str()).collect())
    }
}

/// What is written there, without white space and quotes; nothing if it is too long or several words, as
/// what a syntax error ran together.
fn compact(text: &Text, range: Range<usize>) -> Option<String> {
    if range.len() > MAX_BYTES {
        return None;
    }
    let written = text.slice(range);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = written.split_whitespace();
    let mut compact = words.next()?.to_owned();
    for word in words {
        if compact.ends_with(is_word) && word.starts_with(is_word) {
            return None;
        }
        compact.push_str(word);
    }
    let bare = compact.trim_matches(['"', '\'', '`']);
    (!bare.is_empty()).then(|| bare.to_owned())
}
