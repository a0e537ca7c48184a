//! Chunks: a text cut into pieces that mean something on their own.
//!
//! The one idea: cut where a reader would. A definition with the comments and decorators before it is a
//! piece; small neighbours go together; what is too large is cut between its members, then between
//! its statements, then between lines. Every byte is in exactly one piece, in order.
//!
//! Sizes are bytes: who counts tokens asks for fewer bytes.

use std::{fmt, ops::Range};

use tree_sitter::Node;

use crate::{
    grammar::{self, Grammar, Role},
    lexical::{depth, is_blank},
    parse::Parsed,
    symbols::{self, Symbol, SymbolKind},
};

/// A piece may be merged with its neighbour while it is smaller than the limit by this factor.
const SMALL: usize = 4;

/// How much of a line tells how it begins.
const LINE_START: usize = 256;

/// How deep a definition is cut before it is cut by lines.
const MAX_DEPTH: usize = 64;

/// A piece of a text.
#[derive(Clone, PartialEq, Eq)]
pub struct Chunk {
    pub range: Range<usize>,
    pub kind: ChunkKind,
    /// `Class.method` of the one definition that it holds, or that it is a part of.
    pub symbol_path: String,
    /// The signatures of the definitions around it, outermost first, one a line.
    pub header: String,
}

/// Without names and signatures: source code must not reach a log by accident.
impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({:?} at {:?})", self.kind, self.range)
    }
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkKind {
    /// One definition, whole.
    Definition(SymbolKind),
    /// Several small definitions, whole.
    Definitions,
    /// A part of a definition that is too large.
    Part(SymbolKind),
    /// Statements outside of any definition: imports, a script.
    Statements,
    /// Text without a tree.
    Text,
}

/// A piece before it is merged: where it is, and among whose children it was cut.
struct Piece {
    range: Range<usize>,
    parent: usize,
    /// It is what comes before the first member of what was cut: `class Name {`.
    leads: bool,
}

impl Parsed {
    /// Cuts the text into pieces of at most `max_bytes`; a single character may be larger.
    pub fn chunks(&self, max_bytes: usize) -> Vec<Chunk> {
        self.chunks_among(&self.symbols(), max_bytes)
    }

    /// The same, for who has the text's [symbols](Self::symbols) already: finding them is half of the work.
    pub fn chunks_among(&self, symbols: &[Symbol], max_bytes: usize) -> Vec<Chunk> {
        let max_bytes = max_bytes.max(1);
        if self.text.is_empty() {
            return Vec::new();
        }
        match (&self.tree, grammar::of(self.language)) {
            (Some(tree), Some(grammar)) => {
                let pieces = self.pieces_of_tree(tree.root_node(), grammar, max_bytes);
                let merged = self.merge(pieces, symbols, max_bytes);
                merged
                    .into_iter()
                    .map(|range| self.describe(range, symbols))
                    .collect()
            }
            _ => self
                .paragraphs(0..self.text.len(), max_bytes)
                .into_iter()
                .map(plain)
                .collect(),
        }
    }

    fn pieces_of_tree(&self, root: Node<'_>, grammar: &Grammar, max_bytes: usize) -> Vec<Piece> {
        let mut cutter = Cutter {
            parsed: self,
            grammar,
            max_bytes,
            pieces: Vec::new(),
        };
        cutter.cut_children(root, 0..self.text.len(), 0);
        cutter.pieces
    }

    /// Puts small neighbours of one parent together. Two whole definitions stay apart unless one is small.
    fn merge(&self, pieces: Vec<Piece>, symbols: &[Symbol], max_bytes: usize) -> Vec<Range<usize>> {
        let mut merged: Vec<(Piece, bool)> = Vec::new();
        for piece in pieces {
            let defines = !definitions_in(symbols, &piece.range).is_empty();
            if let Some((last, last_defines)) = merged.last_mut() {
                let small = last.range.len().min(piece.range.len()) < max_bytes / SMALL;
                let fits = last.range.len() + piece.range.len() <= max_bytes;
                let alike = last.parent == piece.parent && *last_defines == defines;
                let led = last.leads && small;
                if fits && (led || (alike && (small || !defines))) {
                    last.range.end = piece.range.end;
                    last.parent = piece.parent;
                    last.leads &= piece.leads;
                    *last_defines |= defines;
                    continue;
                }
            }
            merged.push((piece, defines));
        }
        merged.into_iter().map(|(piece, _)| piece.range).collect()
    }

    /// Says what a piece is, from the symbols in it and around it.
    fn describe(&self, range: Range<usize>, symbols: &[Symbol]) -> Chunk {
        let inside = definitions_in(symbols, &range);
        let around = match inside.first() {
            Some(&first) => symbols[first].container,
            None => self.part_of(symbols, &range),
        };
        let (kind, path) = match (inside.as_slice(), around) {
            (&[only], _) => (
                ChunkKind::Definition(symbols[only].kind),
                symbols::path(symbols, only),
            ),
            ([], None) => (ChunkKind::Statements, String::new()),
            ([], Some(around)) => (
                ChunkKind::Part(symbols[around].kind),
                symbols::path(symbols, around),
            ),
            (_, around) => (
                ChunkKind::Definitions,
                around.map_or(String::new(), |index| symbols::path(symbols, index)),
            ),
        };
        Chunk {
            range,
            kind,
            symbol_path: path,
            header: header(symbols, around),
        }
    }

    /// The smallest definition that a piece without a whole one belongs to.
    fn part_of(&self, symbols: &[Symbol], range: &Range<usize>) -> Option<usize> {
        let text = self.text.slice(range.clone());
        let start = range.start + (text.len() - text.trim_start().len());
        let end = range.start + text.trim_end().len();
        [end.saturating_sub(1), start]
            .into_iter()
            .find_map(|place| holding(symbols, place))
    }

    /// Paragraphs, put together while they fit: cut at headings, at blank lines before what is not
    /// indented, at any blank line, or at any line.
    fn paragraphs(&self, range: Range<usize>, max_bytes: usize) -> Vec<Range<usize>> {
        let headings = !self.language.line_comments.contains(&"#");
        let mut cuts: Vec<(usize, u8)> = Vec::new();
        let mut blank_before = true;
        for line in self.lines(&range) {
            let text = self
                .text
                .slice(line.start..line.end.min(line.start + LINE_START));
            let blank = is_blank(&text);
            let rank = match (blank, blank_before, depth(&text)) {
                (true, ..) => 0,
                (false, true, 0) if headings && text.starts_with('#') => 4,
                (false, true, 0) => 3,
                (false, true, _) => 2,
                (false, false, _) => 1,
            };
            cuts.push((line.start, rank));
            blank_before = blank;
        }
        cuts.push((range.end, 4));
        let pieces = pack(&cuts, max_bytes);
        pieces
            .into_iter()
            .flat_map(|piece| self.by_characters(piece, max_bytes))
            .collect()
    }

    fn lines(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let first = self.text.line_of(range.start);
        let last = self
            .text
            .line_of(range.end.saturating_sub(1).max(range.start));
        (first..=last)
            .filter_map(|line| self.text.line_range_with_break(line))
            .map(|line| line.start.max(range.start)..line.end.min(range.end))
            .filter(|line| !line.is_empty())
            .collect()
    }

    /// Cuts what has no line to be cut at.
    fn by_characters(&self, range: Range<usize>, max_bytes: usize) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let mut start = range.start;
        while range.end - start > max_bytes {
            let mut end = self.text.floor(start + max_bytes);
            if end <= start {
                let width = self.text.char_at(start).map_or(1, char::len_utf8);
                end = start + width;
            }
            pieces.push(start..end.min(range.end));
            start = end.min(range.end);
        }
        if start < range.end {
            pieces.push(start..range.end);
        }
        pieces
    }
}

/// Goes along the cuts and takes as many steps at once as fit, stopping at the best cut on the way.
fn pack(cuts: &[(usize, u8)], max_bytes: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while from + 1 < cuts.len() {
        let start = cuts[from].0;
        let mut best = from + 1;
        let mut next = from + 1;
        while next < cuts.len() && cuts[next].0 - start <= max_bytes {
            let early = cuts[best].0 - start < max_bytes / SMALL;
            if early || cuts[next].1 >= cuts[best].1 {
                best = next;
            }
            next += 1;
        }
        // All of the rest fits.
        if next == cuts.len() {
            best = next - 1;
        }
        pieces.push(start..cuts[best].0);
        from = best;
    }
    pieces
}

fn plain(range: Range<usize>) -> Chunk {
    Chunk {
        range,
        kind: ChunkKind::Text,
        symbol_path: String::new(),
        header: String::new(),
    }
}

struct Cutter<'a> {
    parsed: &'a Parsed,
    grammar: &'a Grammar,
    max_bytes: usize,
    pieces: Vec<Piece>,
}

impl Cutter<'_> {
    /// Cuts `range` between the children of `node`. The range may be larger than the node: comments before
    /// it and white space after it belong to the outermost pieces.
    fn cut_children(&mut self, node: Node<'_>, range: Range<usize>, level: usize) {
        let units = self.units(node, &range);
        if units.len() < 2 {
            return self.cut_deeper(node, range, level);
        }
        for (index, (start, largest)) in units.iter().enumerate() {
            let end = units.get(index + 1).map_or(range.end, |next| next.0);
            let start = if index == 0 { range.start } else { *start };
            if end - start <= self.max_bytes {
                let next = units.get(index + 1);
                let leads = index == 0
                    && (!largest.is_named()
                        || next.is_some_and(|(_, next)| {
                            self.grammar.role(*next) == Some(Role::Block)
                        }));
                self.pieces.push(Piece {
                    range: start..end,
                    parent: node.id(),
                    leads,
                });
            } else {
                self.cut_deeper_in(*largest, start..end, level, node.id());
            }
        }
    }

    /// There is only one thing in `node`: look inside it.
    fn cut_deeper(&mut self, node: Node<'_>, range: Range<usize>, level: usize) {
        if range.len() <= self.max_bytes {
            return self.pieces.push(Piece {
                range,
                parent: node.id(),
                leads: false,
            });
        }
        let mut cursor = node.walk();
        let largest = node
            .children(&mut cursor)
            .max_by_key(|child| child.byte_range().len());
        match largest {
            Some(child) => self.cut_deeper_in(child, range, level, node.id()),
            None => self.cut_by_lines(range, node.id()),
        }
    }

    fn cut_deeper_in(&mut self, child: Node<'_>, range: Range<usize>, level: usize, parent: usize) {
        if level >= MAX_DEPTH || child.child_count() == 0 {
            self.cut_by_lines(range, parent);
        } else {
            self.cut_children(child, range, level + 1);
        }
    }

    fn cut_by_lines(&mut self, range: Range<usize>, parent: usize) {
        let ranges = self.parsed.paragraphs(range, self.max_bytes);
        self.pieces.extend(ranges.into_iter().map(|range| Piece {
            range,
            parent,
            leads: false,
        }));
    }

    /// Where each child that begins a line starts, with what is attached before it, and the largest node of
    /// the stretch up to the next start.
    fn units<'t>(&self, node: Node<'t>, range: &Range<usize>) -> Vec<(usize, Node<'t>)> {
        let text = &self.parsed.text;
        let mut units: Vec<(usize, Node<'t>)> = Vec::new();
        let mut attached: Option<usize> = None;
        let mut last_end = range.start;
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            let start = text.line_start(child.start_byte());
            // A blank line after a comment parts it from what follows.
            let apart = attached.is_some() && text.slice(last_end..start).matches('\n').count() > 1;
            let begins_line = start >= last_end && is_blank(&text.slice(start..child.start_byte()));
            let leads = matches!(
                self.grammar.role(child),
                Some(Role::Comment | Role::Attached)
            );
            if child.is_named() && begins_line && (attached.is_none() || apart) {
                units.push((start.max(range.start), child));
            } else if let Some((_, largest)) = units.last_mut() {
                if child.byte_range().len() > largest.byte_range().len() {
                    *largest = child;
                }
            } else {
                units.push((range.start, child));
            }
            attached = (leads && child.is_named()).then_some(start);
            last_end = child.end_byte();
        }
        units
    }
}

/// The outermost definitions that lie wholly in `range`.
fn definitions_in(symbols: &[Symbol], range: &Range<usize>) -> Vec<usize> {
    let first = symbols.partition_point(|symbol| symbol.range.start < range.start);
    let mut end = 0;
    let mut found = Vec::new();
    for (index, symbol) in symbols.iter().enumerate().skip(first) {
        if symbol.range.start >= range.end {
            break;
        }
        if symbol.range.end <= range.end && symbol.range.end > end {
            end = symbol.range.end;
            found.push(index);
        }
    }
    found
}

/// The smallest definition that holds the byte at `place`.
fn holding(symbols: &[Symbol], place: usize) -> Option<usize> {
    let mut next = symbols
        .partition_point(|symbol| symbol.range.start <= place)
        .checked_sub(1);
    while let Some(index) = next {
        if symbols[index].range.contains(&place) {
            return Some(index);
        }
        next = symbols[index].container;
    }
    None
}

fn header(symbols: &[Symbol], around: Option<usize>) -> String {
    let mut lines = Vec::new();
    let mut next = around;
    while let Some(index) = next {
        lines.push(symbols[index].signature.as_str());
        next = symbols[index].container;
    }
    lines.reverse();
    lines.join("\n")
}
