//! What the ranking asks an index.
//!
//! Everything is answered for the files that are alive, in an order that depends on them alone: two indexes of
//! one tree answer alike, however they came to be.

use crate::{
    cursor::{Context, NameKind},
    terms::Word,
};

/// A chunk of an index, by numbers that mean something to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId {
    pub part: u32,
    pub chunk: u32,
}

/// A chunk that looks like a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similar {
    pub chunk: ChunkId,
    pub score: f32,
}

/// A definition. Strings live in the index.
#[derive(Clone, Copy, Debug)]
pub struct Definition<'a> {
    pub name: &'a str,
    pub path: &'a str,
    pub kind: NameKind,
    /// The line of the name, 0-based.
    pub line: u32,
    /// The name of what it belongs to; empty when it stands alone.
    pub owner: &'a str,
    pub signature: &'a str,
    /// The beginning of its documentation; empty without any.
    pub doc: &'a str,
}

/// An index, as the ranking for one file sees it: without the stored copy of that file, in everything.
pub trait Corpus {
    /// How many chunks there are.
    fn chunk_count(&self) -> u32;

    /// In how many chunks a word is.
    fn frequency(&self, word: Word) -> u32;

    /// The chunks that fit the weighted words best by BM25, best first.
    fn similar(&self, words: &[(Word, f32)], most: usize) -> Vec<Similar>;

    /// The chunk's path, the line it begins at and its text, handed to `take`.
    fn read(&self, chunks: &[ChunkId], take: &mut dyn FnMut(usize, &str, u32, &str));

    /// The definitions of a name.
    fn named<'a>(&'a self, name: Word, take: &mut dyn FnMut(Definition<'a>));

    /// What a file defines.
    fn defined_in<'a>(&'a self, path: &str, take: &mut dyn FnMut(Definition<'a>));

    /// What stands behind a context, with how often.
    fn follows(&self, context: Context, take: &mut dyn FnMut(Word, u32));
}
