//! Search by name: definitions whose names have the words that were asked for.
//!
//! The one idea: a name is found as a whole, whatever its case, or by its parts; what is asked for with all its
//! parts beats what has some of them. In a description words are only words: there a name counts where it is written
//! as names are. Only a single word that nothing is called is compared with every name,
//! for letters left out or mistyped.

use il_retrieval::{
    Mode, SearchQuery,
    cursor::ChunkId,
    terms::{self, Word},
};
use il_syntax::SymbolKind;
use rustc_hash::FxHashMap;

use super::fuzzy;
use crate::{
    ranked::Scored,
    segment::{NONE, Segment, SymbolRow, symbol_kind_of},
    view::View,
};

/// A word as it was asked for is that much better than one of its parts.
const WHOLE: f32 = 3.0;
/// One that fits to the letter beats one of other case.
const EXACT: f32 = 1.5;
/// Below this many hits a single word is looked for among all names.
const FEW: usize = 5;

/// How names are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Names were asked for: by their parts, and where little is found with letters missing or mistyped.
    Names,
    /// One word: most likely a name, as a whole.
    Word,
    /// A description: what names it has are written as such.
    Description,
}

impl How {
    pub(super) fn of(query: &SearchQuery) -> Self {
        match (query.mode, terms::words(&query.text).count()) {
            (Mode::Symbol, _) => Self::Names,
            (_, 0 | 1) => Self::Word,
            _ => Self::Description,
        }
    }
}

impl View {
    /// The chunks that define what is called like `text`, best first.
    pub(super) fn named_like(
        &self,
        text: &str,
        how: How,
        most: usize,
        wanted: &[Vec<bool>],
    ) -> Vec<Scored> {
        let asked = Asked::of(text, self);
        let mut chunks: FxHashMap<ChunkId, f32> = FxHashMap::default();
        for (number, part) in self.parts.iter().enumerate() {
            let segment = &part.segment;
            for (symbol, matched) in asked.symbols(segment) {
                let row = &segment.symbols()[symbol as usize];
                let named = asked.names(how, segment.spelling(row));
                if named && wanted[number][row.file as usize] {
                    let score = asked.score(segment, row, matched);
                    take(&mut chunks, number, segment, row, score);
                }
            }
        }
        let one_word = text.split_whitespace().count() == 1;
        if how == How::Names && one_word && chunks.len() < FEW {
            self.add_fuzzy(text.trim(), wanted, &mut chunks);
        }
        let found = chunks
            .into_iter()
            .map(|(chunk, score)| Scored { chunk, score });
        self.keep_best(found.collect(), most)
    }

    fn add_fuzzy(&self, text: &str, wanted: &[Vec<bool>], chunks: &mut FxHashMap<ChunkId, f32>) {
        for (number, part) in self.parts.iter().enumerate() {
            let segment = &part.segment;
            let mut last: Option<(u64, Option<f32>)> = None;
            for &symbol in segment.by_name() {
                let row = &segment.symbols()[symbol as usize];
                let likeness = match last {
                    Some((name, known)) if name == row.name => known,
                    _ => fuzzy::likeness(text, segment.spelling(row)),
                };
                last = Some((row.name, likeness));
                if let Some(score) = likeness.filter(|_| wanted[number][row.file as usize]) {
                    take(chunks, number, segment, row, score);
                }
            }
        }
    }
}

fn take(
    chunks: &mut FxHashMap<ChunkId, f32>,
    number: usize,
    segment: &Segment,
    row: &SymbolRow,
    score: f32,
) {
    let Some(chunk) = chunk_of(segment, row) else {
        return;
    };
    let id = ChunkId {
        part: number as u32,
        chunk,
    };
    let known = chunks.entry(id).or_default();
    *known = known.max(score);
}

/// The chunk that has the line of a symbol's name.
pub(crate) fn chunk_of(segment: &Segment, row: &SymbolRow) -> Option<u32> {
    let chunks = segment.chunks_of(row.file);
    let rows = &segment.chunks()[chunks.start as usize..chunks.end as usize];
    let after = rows.partition_point(|it| it.lines[0] <= row.line);
    let at = after.checked_sub(1)?;
    (row.line < rows[at].lines[1]).then(|| chunks.start + at as u32)
}

/// What was asked for, cut into words and their parts.
struct Asked<'a> {
    /// The words as they were written, and without case.
    words: Vec<(&'a str, String)>,
    /// Terms with how rare they are among the names.
    terms: Vec<(Word, f32)>,
    total: f32,
}

impl<'a> Asked<'a> {
    fn of(text: &'a str, view: &View) -> Self {
        let words: Vec<(&str, String)> = terms::words(text)
            .filter(|it| terms::is_identifier(it.1))
            .map(|it| (it.1, it.1.to_lowercase()))
            .collect();
        let mut all = Vec::new();
        terms::each_term(text, |term| all.push(Word::of(term)));
        all.sort_unstable();
        all.dedup();
        let names: usize = view.parts.iter().map(|it| it.segment.symbols().len()).sum();
        let terms: Vec<(Word, f32)> = all
            .into_iter()
            .filter_map(|term| {
                let in_names = |part: &crate::view::Part| part.segment.name_terms().frequency(term);
                let frequency: u32 = view.parts.iter().map(in_names).sum();
                let rarity = (1.0 + names as f32 / (1.0 + frequency as f32)).ln();
                (frequency > 0).then_some((term, rarity))
            })
            .collect();
        Self {
            words,
            total: terms.iter().map(|it| it.1).sum::<f32>().max(1e-6),
            terms,
        }
    }

    /// Whether a name is meant. In a description it is written out, and could be nothing but a name: it has several parts.
    fn names(&self, how: How, name: &str) -> bool {
        match how {
            How::Names => true,
            How::Word => {
                let lower = name.to_lowercase();
                self.words.iter().any(|it| it.1 == lower)
            }
            How::Description => {
                self.words.iter().any(|it| it.0 == name) && terms::parts(name).nth(1).is_some()
            }
        }
    }

    /// The symbols with any of the terms in their names, each with the weight of what it has.
    fn symbols(&self, segment: &Segment) -> Vec<(u32, f32)> {
        let mut sums: FxHashMap<u32, f32> = FxHashMap::default();
        for &(term, rarity) in &self.terms {
            for posting in segment.name_terms().of(term) {
                *sums.entry(posting.chunk).or_default() += rarity;
            }
        }
        let mut found: Vec<(u32, f32)> = sums.into_iter().collect();
        found.sort_unstable_by_key(|it| it.0);
        found
    }

    fn score(&self, segment: &Segment, row: &SymbolRow, matched: f32) -> f32 {
        let name = segment.spelling(row);
        let parts = terms::parts(name).count().max(1) as f32;
        // What was asked for that the name has, and less of it the more else the name has.
        let mut score = matched / self.total / (1.0 + 0.2 * (parts - 1.0));
        let lower = name.to_lowercase();
        if self.words.iter().any(|it| it.1 == lower) {
            score += WHOLE;
        }
        if self.words.iter().any(|it| it.0 == name) {
            score += EXACT;
        }
        let owner = segment.owner(row).to_lowercase();
        if !owner.is_empty() && self.words.iter().any(|it| it.1 == owner) {
            score += 1.0;
        }
        score + standing(row)
    }
}

/// Where a name is made is looked for before what is added to it, and what stands alone before a part of something.
fn standing(row: &SymbolRow) -> f32 {
    match symbol_kind_of(row.kind) {
        SymbolKind::Implementation => -1.0,
        SymbolKind::Field | SymbolKind::Variable => -0.3,
        _ if row.container == NONE => 0.1,
        _ => 0.0,
    }
}
