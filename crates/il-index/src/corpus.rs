//! A view as the ranking for a cursor sees it: what is alive, of one family of languages.

use std::fmt;

use il_lang::registry;
use il_retrieval::{
    cursor::{ChunkId, Context, Corpus, Definition, NameKind, Similar},
    terms::Word,
};
use il_syntax::SymbolKind;
use rustc_hash::FxHashMap;

use crate::{
    analysis,
    ranked::{Field, weighed},
    segment::{Segment, SymbolRow, symbol_kind_of},
    view::{FileAt, Totals, View},
};

/// A view as one file sees it: without the stored copy of it, and without files in other families of languages
/// (a Python file calls no Go function).
pub struct FamilyView {
    view: View,
    /// For each file of each part whether it is alive, kin and another one.
    seen: Vec<Vec<bool>>,
    /// In how many chunks of the file's stored copy each word is.
    own_words: FxHashMap<Word, u32>,
    /// What there is without that copy.
    totals: Totals,
}

impl fmt::Debug for FamilyView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FamilyView({:?})", self.view)
    }
}

impl View {
    /// This view as the file at `path` sees it, whose text is now `text`.
    pub fn for_file(&self, path: &str, text: &str) -> FamilyView {
        let language = registry().detect(path, text.lines().next());
        let family = (language.id != "plaintext").then_some(language.family);
        let own = self.find(path);
        FamilyView {
            view: self.clone(),
            seen: self.seen_by(own, family),
            own_words: own.map(|it| self.words_in(it)).unwrap_or_default(),
            totals: self.totals_without(own),
        }
    }

    fn seen_by(&self, own: Option<FileAt>, family: Option<&str>) -> Vec<Vec<bool>> {
        let kin = |language: &str| {
            let language = registry().by_id(language);
            family.is_none_or(|family| language.is_some_and(|it| it.family == family))
        };
        let mut known: FxHashMap<&str, bool> = FxHashMap::default();
        let mut seen = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let files = 0..part.segment.file_count();
            let files = files.map(|file| {
                let at = FileAt {
                    part: number as u32,
                    file,
                };
                let language = part.segment.language(file);
                part.is_alive(file)
                    && own != Some(at)
                    && *known.entry(language).or_insert_with(|| kin(language))
            });
            seen.push(files.collect());
        }
        seen
    }

    fn totals_without(&self, own: Option<FileAt>) -> Totals {
        let mut totals = self.totals();
        if let Some(at) = own {
            let segment = &self.parts[at.part as usize].segment;
            let chunks = segment.chunks_of(at.file);
            let rows = &segment.chunks()[chunks.start as usize..chunks.end as usize];
            totals.chunks -= rows.len() as u64;
            totals.words -= rows.iter().map(|it| u64::from(it.words)).sum::<u64>();
        }
        totals
    }

    /// In how many chunks of a file each word is.
    fn words_in(&self, at: FileAt) -> FxHashMap<Word, u32> {
        let segment = &self.parts[at.part as usize].segment;
        let text = segment.text(at.file);
        let mut counts = FxHashMap::default();
        for chunk in segment.chunks_of(at.file) {
            let [start, end] = segment.chunks()[chunk as usize].bytes;
            let code = text.get(start as usize..end as usize).unwrap_or_default();
            for (word, _) in analysis::words_of(code) {
                *counts.entry(word).or_default() += 1;
            }
        }
        counts
    }
}

impl FamilyView {
    fn is_seen(&self, part: usize, file: u32) -> bool {
        self.seen[part][file as usize]
    }

    fn definition<'a>(&'a self, number: usize, row: &SymbolRow) -> Option<Definition<'a>> {
        let segment = &self.view.parts[number].segment;
        if !self.is_seen(number, row.file) {
            return None;
        }
        let kind = name_kind(symbol_kind_of(row.kind))?;
        Some(definition(segment, row, kind))
    }
}

fn definition<'a>(segment: &'a Segment, row: &SymbolRow, kind: NameKind) -> Definition<'a> {
    Definition {
        name: segment.spelling(row),
        path: segment.path(row.file),
        kind,
        line: row.line,
        owner: segment.owner(row),
        signature: segment.signature(row),
        doc: segment.doc(row),
    }
}

/// What a definition's name stands for, to the ranking; implementations define no name of their own.
pub fn name_kind(kind: SymbolKind) -> Option<NameKind> {
    Some(match kind {
        SymbolKind::Function | SymbolKind::Method | SymbolKind::Macro => NameKind::Callable,
        SymbolKind::Class
        | SymbolKind::Struct
        | SymbolKind::Enum
        | SymbolKind::Interface
        | SymbolKind::Trait
        | SymbolKind::Type
        | SymbolKind::Table => NameKind::Type,
        SymbolKind::Field => NameKind::Field,
        SymbolKind::Constant | SymbolKind::Variable => NameKind::Value,
        SymbolKind::Module => NameKind::Module,
        SymbolKind::Implementation => return None,
    })
}

impl Corpus for FamilyView {
    fn chunk_count(&self) -> u32 {
        u32::try_from(self.totals.chunks).unwrap_or(u32::MAX)
    }

    fn frequency(&self, word: Word) -> u32 {
        let all = self.view.frequency_of(Field::Words, word);
        all.saturating_sub(self.own_words.get(&word).copied().unwrap_or(0))
    }

    fn similar(&self, words: &[(Word, f32)], most: usize) -> Vec<Similar> {
        let Totals { chunks, words: all } = self.totals;
        let weighed = weighed(words, chunks, |it| self.frequency(it));
        let mean = (all as f32 / chunks.max(1) as f32).max(1.0);
        let found = self
            .view
            .best(Field::Words, &weighed, mean, most, &self.seen);
        found
            .into_iter()
            .map(|it| Similar {
                chunk: it.chunk,
                score: it.score,
            })
            .collect()
    }

    fn read(&self, chunks: &[ChunkId], take: &mut dyn FnMut(usize, &str, u32, &str)) {
        let mut texts = FxHashMap::default();
        for (rank, id) in chunks.iter().enumerate() {
            let segment = &self.view.parts[id.part as usize].segment;
            let row = &segment.chunks()[id.chunk as usize];
            let text = texts
                .entry((id.part, row.file))
                .or_insert_with(|| segment.text(row.file));
            let code = text.get(row.bytes[0] as usize..row.bytes[1] as usize);
            take(
                rank,
                segment.path(row.file),
                row.lines[0],
                code.unwrap_or_default(),
            );
        }
    }

    fn named<'a>(&'a self, name: Word, take: &mut dyn FnMut(Definition<'a>)) {
        let mut found = Vec::new();
        for (number, part) in self.view.parts.iter().enumerate() {
            let rows = part.segment.named(name).iter();
            let rows = rows.map(|&symbol| &part.segment.symbols()[symbol as usize]);
            found.extend(rows.filter_map(|row| self.definition(number, row)));
        }
        if self.view.parts.len() > 1 {
            found.sort_by(|a, b| (a.path, a.line).cmp(&(b.path, b.line)));
        }
        found.into_iter().for_each(take);
    }

    fn defined_in<'a>(&'a self, path: &str, take: &mut dyn FnMut(Definition<'a>)) {
        let Some(at) = self.view.find(path) else {
            return;
        };
        let part = &self.view.parts[at.part as usize];
        for symbol in part.segment.symbols_of(at.file) {
            let row = &part.segment.symbols()[symbol as usize];
            if let Some(definition) = self.definition(at.part as usize, row) {
                take(definition);
            }
        }
    }

    fn follows(&self, context: Context, take: &mut dyn FnMut(Word, u32)) {
        for (number, part) in self.view.parts.iter().enumerate() {
            for (word, file, count) in part.segment.follows(context) {
                if self.is_seen(number, file) {
                    take(word, count);
                }
            }
        }
    }
}
