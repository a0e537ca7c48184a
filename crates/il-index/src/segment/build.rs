//! Building a segment from the facts of its files.
//!
//! The order of the files decides every number in a segment, so they are sorted by path first: the same
//! files give the same bytes, whatever order they were analysed in.

use il_retrieval::{
    cursor::Context,
    terms::{self, Word},
};
use il_syntax::{ChunkKind, SymbolKind};
use rayon::slice::ParallelSliceMut as _;
use rustc_hash::FxHashMap;

use super::{ChunkRow, FileRow, FollowRow, NONE, Postings, Segment, Str, SymbolRow};
use crate::analysis::{ChunkFacts, FileFacts, SymbolFacts};

impl Segment {
    pub(crate) fn build(mut files: Vec<FileFacts>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut segment = Self::default();
        let mut strings = Strings::default();
        let (mut words, mut terms, mut follows) = (Vec::new(), Vec::new(), Vec::new());
        for file in files {
            let number = segment.files.len() as u32;
            let (chunks, symbols) = (segment.chunks.len() as u32, segment.symbols.len() as u32);
            for chunk in &file.chunks {
                let at = segment.chunks.len() as u32;
                words.extend(chunk.words.iter().map(|it| (it.0, at, it.1)));
                terms.extend(chunk.terms.iter().map(|it| (it.0, at, it.1)));
                segment.chunks.push(chunk_row(chunk, number, &mut strings));
            }
            for symbol in &file.symbols {
                let row = symbol_row(symbol, number, symbols, &mut strings);
                segment.symbols.push(row);
            }
            follows.extend(
                file.follows
                    .into_iter()
                    .map(|it| (it.0, it.1, number, it.2)),
            );
            let packed = lz4_flex::block::compress(file.text.as_bytes());
            segment.files.push(FileRow {
                size: file.stamp.size,
                mtime_ns: file.stamp.mtime_ns,
                body: segment.bodies.len() as u64,
                body_len: packed.len() as u32,
                text_len: file.text.len() as u32,
                path: strings.add(&file.path),
                language: strings.add(file.language),
                imports: strings.add(&file.imports),
                chunks: [chunks, segment.chunks.len() as u32],
                symbols: [symbols, segment.symbols.len() as u32],
            });
            segment.bodies.extend_from_slice(&packed);
        }
        segment.strings = strings.text;
        segment.sort();
        words.par_sort_unstable();
        segment.words = Postings::build(words.into_iter());
        terms.par_sort_unstable();
        segment.terms = Postings::build(terms.into_iter());
        segment.name_terms = Postings::build(name_terms(&segment).into_iter());
        segment.follows = follow_rows(follows, &segment.words);
        segment
    }

    fn sort(&mut self) {
        // The files are sorted already.
        self.by_path = (0..self.files.len() as u32).collect();
        self.by_name = (0..self.symbols.len() as u32).collect();
        let symbols = &self.symbols;
        self.by_name
            .par_sort_by_key(|&symbol| (symbols[symbol as usize].name, symbol));
        self.hash_names();
    }
}

/// The terms of each symbol's name, sorted.
fn name_terms(segment: &Segment) -> Vec<(Word, u32, u8)> {
    let mut found = Vec::new();
    let mut room = String::new();
    for (at, row) in segment.symbols.iter().enumerate() {
        terms::each_term_of(segment.spelling(row), &mut room, &mut |term| {
            found.push((Word::of(term), at as u32, 1));
        });
    }
    found.par_sort_unstable();
    found.dedup();
    found
}

impl Segment {
    /// Lays the hashes of the names beside their order.
    pub(super) fn hash_names(&mut self) {
        let names = self.by_name.iter();
        let names = names.map(|&symbol| self.symbols[symbol as usize].name);
        self.name_hashes = names.collect();
    }
}

fn follow_rows(mut found: Vec<(Context, Word, u32, u16)>, words: &Postings) -> Vec<FollowRow> {
    let row = |(context, word, file, count): (Context, Word, u32, u16)| {
        Some(FollowRow {
            context: context.0,
            word: words.index(word)? as u32,
            file: file << 8 | u32::from(count.min(255)),
        })
    };
    let mut rows: Vec<FollowRow> = found.drain(..).filter_map(row).collect();
    rows.par_sort_unstable();
    rows
}

/// All strings in one text, each once.
#[derive(Default)]
struct Strings {
    text: String,
    known: FxHashMap<Box<str>, Str>,
}

impl Strings {
    fn add(&mut self, text: &str) -> Str {
        if text.is_empty() {
            return Str::default();
        }
        if let Some(&known) = self.known.get(text) {
            return known;
        }
        let at = Str {
            start: self.text.len() as u32,
            len: text.len() as u32,
        };
        self.text.push_str(text);
        self.known.insert(text.into(), at);
        at
    }
}

fn chunk_row(chunk: &ChunkFacts, file: u32, strings: &mut Strings) -> ChunkRow {
    ChunkRow {
        file,
        bytes: [chunk.bytes.start, chunk.bytes.end],
        lines: [chunk.lines.start, chunk.lines.end],
        words: chunk.words.iter().map(|it| u32::from(it.1)).sum(),
        kind: chunk_kind(chunk.kind),
        symbol_path: strings.add(&chunk.symbol_path),
    }
}

fn symbol_row(symbol: &SymbolFacts, file: u32, first: u32, strings: &mut Strings) -> SymbolRow {
    SymbolRow {
        name: Word::of(&symbol.name).0,
        file,
        line: symbol.line,
        lines: [symbol.lines.start, symbol.lines.end],
        container: symbol.container.map_or(NONE, |it| it + first),
        kind: symbol_kind(symbol.kind),
        spelling: strings.add(&symbol.name),
        owner: strings.add(&symbol.owner),
        signature: strings.add(&symbol.signature),
        doc: strings.add(&symbol.doc),
    }
}

const CHUNK_KINDS: [&str; 5] = ["definition", "definitions", "part", "statements", "text"];

/// Kinds as numbers that stay the same on disk.
fn chunk_kind(kind: ChunkKind) -> u32 {
    match kind {
        ChunkKind::Definition(symbol) => symbol_kind(symbol) << 8,
        ChunkKind::Definitions => 1,
        ChunkKind::Part(symbol) => 2 | symbol_kind(symbol) << 8,
        ChunkKind::Statements => 3,
        ChunkKind::Text => 4,
    }
}

pub(crate) fn chunk_kind_name(kind: u32) -> &'static str {
    let at = (kind & 0xff) as usize;
    CHUNK_KINDS.get(at).copied().unwrap_or("text")
}

fn symbol_kind(kind: SymbolKind) -> u32 {
    let at = SymbolKind::all().position(|it| it == kind);
    at.map_or(0, |at| at as u32)
}

/// The kind with this number.
pub(crate) fn symbol_kind_of(number: u32) -> SymbolKind {
    SymbolKind::all()
        .nth(number as usize)
        .unwrap_or(SymbolKind::Function)
}
