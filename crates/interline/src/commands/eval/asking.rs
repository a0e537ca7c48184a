//! Asks an index for a place in a text, as an editor's buffer does.
//!
//! Deliberately absent: installed packages, open tabs and edits: a measurement is about the repository alone.

use il_index::{FamilyView, View};
use il_retrieval::{
    Snippet,
    cursor::{self, CursorQuery, ImportedFile, Limits, Network},
    terms::Word,
};
use il_syntax::Parser;

/// A text and a place in it, with what the syntax and the index know of it.
pub(super) struct Prepared<'a> {
    path: &'a str,
    text: &'a str,
    cursor: usize,
    defined: Vec<Word>,
    imports: Vec<ImportedFile>,
    neighbours: Vec<String>,
    corpus: FamilyView,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(
        view: &View,
        parser: &mut Parser,
        path: &'a str,
        text: &'a str,
        cursor: usize,
    ) -> Self {
        let language = il_lang::registry().detect(path, text.lines().next());
        let parsed = parser.parse(language, text);
        let symbols = parsed.symbols();
        Self {
            path,
            text,
            cursor,
            defined: symbols.iter().map(|it| Word::of(&it.name)).collect(),
            imports: view.resolve(path, language, &parsed.imports()),
            neighbours: view.neighbours(path, language),
            corpus: view.for_file(path, text),
        }
    }

    pub(super) fn retrieve(&self, network: &Network, limits: &Limits) -> Vec<Snippet> {
        let query = CursorQuery {
            path: self.path,
            text: self.text,
            cursor: self.cursor,
            defined_here: &self.defined,
            imports: &self.imports,
            neighbours: &self.neighbours,
            packages: &[],
            tabs: &[],
            edits: &[],
        };
        cursor::retrieve(&self.corpus, &query, network, limits)
    }
}
