//! A segment: everything about a set of files, immutable, in a few flat tables.
//!
//! The one idea: a segment is built once from the facts of its files and never changes; what is newer goes
//! into another one. All tables are plain numbers in arrays, so that saving is copying and loading is
//! checking. Words and terms are sorted by hash and found by halving.
//!
//! Deliberately absent: which of its files are still alive, the disk, scores.

mod build;
mod bytes;
mod postings;
mod vectors;

use std::{fmt, ops::Range};

use bytemuck::{Pod, Zeroable};
use il_retrieval::{cursor::Context, terms::Word};

pub(crate) use self::{
    build::{chunk_kind_name, symbol_kind_of},
    bytes::Damaged,
    postings::Postings,
    vectors::Vectors,
};
use crate::analysis::Stamp;

/// No symbol.
pub(crate) const NONE: u32 = u32::MAX;

/// Where a string is in the segment's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Str {
    start: u32,
    len: u32,
}

#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct FileRow {
    size: u64,
    mtime_ns: i64,
    /// Where its text is among the bodies, packed.
    body: u64,
    body_len: u32,
    text_len: u32,
    path: Str,
    language: Str,
    /// What it imports, packed by `graph`.
    imports: Str,
    chunks: [u32; 2],
    symbols: [u32; 2],
}

#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct ChunkRow {
    pub(crate) file: u32,
    pub(crate) bytes: [u32; 2],
    /// 0-based, end excluded.
    pub(crate) lines: [u32; 2],
    /// How many words it has, with repetitions.
    pub(crate) words: u32,
    /// A number of `ChunkKind`'s.
    pub(crate) kind: u32,
    symbol_path: Str,
}

#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct SymbolRow {
    pub(crate) name: Word64,
    pub(crate) file: u32,
    pub(crate) line: u32,
    pub(crate) lines: [u32; 2],
    pub(crate) container: u32,
    /// A number of `SymbolKind`'s.
    pub(crate) kind: u32,
    spelling: Str,
    owner: Str,
    signature: Str,
    doc: Str,
}

/// A word's hash, as rows hold it.
pub(crate) type Word64 = u64;

/// Behind a context, in a file, a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct FollowRow {
    context: u32,
    /// Its place among the words.
    word: u32,
    /// The file's number, and in the lowest byte how often.
    file: u32,
}

/// Everything about a set of files.
#[derive(Default)]
pub(crate) struct Segment {
    strings: String,
    bodies: Vec<u8>,
    files: Vec<FileRow>,
    /// The numbers of the files, by path.
    by_path: Vec<u32>,
    chunks: Vec<ChunkRow>,
    symbols: Vec<SymbolRow>,
    /// The numbers of the symbols, by the hash of their name.
    by_name: Vec<u32>,
    /// These hashes, beside: a name is looked up by halving, and most are not there.
    name_hashes: Vec<Word64>,
    words: Postings,
    terms: Postings,
    /// The terms of names: symbols take the place of chunks.
    name_terms: Postings,
    follows: Vec<FollowRow>,
}

/// Never what is in it: source code must not reach a log by accident.
impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (files, chunks) = (self.files.len(), self.chunks.len());
        write!(f, "Segment({files} files, {chunks} chunks)")
    }
}

impl Segment {
    pub(crate) fn str(&self, at: Str) -> &str {
        let start = at.start as usize;
        self.strings
            .get(start..start + at.len as usize)
            .unwrap_or_default()
    }

    pub(crate) fn file_count(&self) -> u32 {
        self.files.len() as u32
    }

    /// Every file: its number, path and stamp.
    pub(crate) fn files(&self) -> impl Iterator<Item = (u32, &str, Stamp)> {
        self.files.iter().enumerate().map(|(file, row)| {
            let stamp = Stamp {
                size: row.size,
                mtime_ns: row.mtime_ns,
            };
            (file as u32, self.str(row.path), stamp)
        })
    }

    pub(crate) fn find(&self, path: &str) -> Option<u32> {
        let path_of = |file: &u32| self.path(*file);
        let at = self
            .by_path
            .binary_search_by(|file| path_of(file).cmp(path));
        at.ok().map(|at| self.by_path[at])
    }

    pub(crate) fn path(&self, file: u32) -> &str {
        self.str(self.files[file as usize].path)
    }

    pub(crate) fn language(&self, file: u32) -> &str {
        self.str(self.files[file as usize].language)
    }

    pub(crate) fn imports(&self, file: u32) -> &str {
        self.str(self.files[file as usize].imports)
    }

    /// A file's text, unpacked. What does not unpack is empty: the check sum has been looked at before.
    pub(crate) fn text(&self, file: u32) -> String {
        let row = &self.files[file as usize];
        let start = row.body as usize;
        let packed = self.bodies.get(start..start + row.body_len as usize);
        packed
            .and_then(|it| lz4_flex::block::decompress(it, row.text_len as usize).ok())
            .and_then(|it| String::from_utf8(it).ok())
            .unwrap_or_default()
    }

    /// Bytes of all texts.
    pub(crate) fn source_bytes(&self) -> u64 {
        self.files.iter().map(|it| u64::from(it.text_len)).sum()
    }

    pub(crate) fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    pub(crate) fn chunks(&self) -> &[ChunkRow] {
        &self.chunks
    }

    pub(crate) fn chunks_of(&self, file: u32) -> Range<u32> {
        let [start, end] = self.files[file as usize].chunks;
        start..end
    }

    pub(crate) fn symbol_path(&self, chunk: &ChunkRow) -> &str {
        self.str(chunk.symbol_path)
    }

    pub(crate) fn symbols(&self) -> &[SymbolRow] {
        &self.symbols
    }

    pub(crate) fn symbols_of(&self, file: u32) -> Range<u32> {
        let [start, end] = self.files[file as usize].symbols;
        start..end
    }

    pub(crate) fn spelling(&self, symbol: &SymbolRow) -> &str {
        self.str(symbol.spelling)
    }

    pub(crate) fn owner(&self, symbol: &SymbolRow) -> &str {
        self.str(symbol.owner)
    }

    pub(crate) fn signature(&self, symbol: &SymbolRow) -> &str {
        self.str(symbol.signature)
    }

    pub(crate) fn doc(&self, symbol: &SymbolRow) -> &str {
        self.str(symbol.doc)
    }

    /// The symbols of a name, in order of file and line.
    pub(crate) fn named(&self, name: Word) -> &[u32] {
        let start = self.name_hashes.partition_point(|&it| it < name.0);
        let same = self.name_hashes[start..].iter();
        let len = same.take_while(|&&it| it == name.0).count();
        &self.by_name[start..start + len]
    }

    /// The symbols of all names, each name's together.
    pub(crate) fn by_name(&self) -> &[u32] {
        &self.by_name
    }

    pub(crate) fn words(&self) -> &Postings {
        &self.words
    }

    pub(crate) fn terms(&self) -> &Postings {
        &self.terms
    }

    pub(crate) fn name_terms(&self) -> &Postings {
        &self.name_terms
    }

    /// What follows a context: the word, the file and how often.
    pub(crate) fn follows(&self, context: Context) -> impl Iterator<Item = (Word, u32, u32)> {
        let start = self.follows.partition_point(|it| it.context < context.0);
        self.follows[start..]
            .iter()
            .take_while(move |it| it.context == context.0)
            .map(|it| (self.words.word(it.word), it.file >> 8, it.file & 0xff))
    }

    /// What is embedded for a chunk: a line that says where it stands and what it is called, then its text.
    pub(crate) fn passage(&self, chunk: u32, text: &str) -> String {
        let row = &self.chunks[chunk as usize];
        let code = text
            .get(row.bytes[0] as usize..row.bytes[1] as usize)
            .unwrap_or_default();
        let (path, symbol) = (self.path(row.file), self.symbol_path(row));
        format!("{path} › {symbol}\n{code}")
    }

    /// The passages of all chunks of a file.
    pub(crate) fn passages(&self, file: u32) -> Vec<String> {
        let text = self.text(file);
        self.chunks_of(file)
            .map(|it| self.passage(it, &text))
            .collect()
    }

    /// Bytes in memory.
    pub(crate) fn memory(&self) -> usize {
        self.strings.len()
            + self.bodies.len()
            + size_of_val(&*self.files)
            + size_of_val(&*self.by_path)
            + size_of_val(&*self.chunks)
            + size_of_val(&*self.symbols)
            + size_of_val(&*self.by_name)
            + size_of_val(&*self.name_hashes)
            + size_of_val(&*self.follows)
            + self.words.memory()
            + self.terms.memory()
            + self.name_terms.memory()
    }
}
