//! The words of the file that is being edited, by where they stand to the cursor.

use rustc_hash::FxHashMap;

use crate::{
    cursor::{Before, Context},
    terms::{self, Word},
};

/// How far a file is read on both sides of the cursor, in bytes.
const REACH_BEFORE: usize = 24_000;
const REACH_AFTER: usize = 12_000;

/// One word of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// How often it stands before and behind the cursor.
    pub(crate) before: u32,
    pub(crate) after: u32,
    /// Lines between the cursor and the nearest one on each side; a large number when there is none.
    pub(crate) lines_before: u32,
    pub(crate) lines_after: u32,
    /// It stands on the cursor's line, before it.
    pub(crate) on_line: bool,
    /// It stood behind a dot or the like, or began a call, at least once.
    pub(crate) behind_dot: bool,
}

pub(crate) const FAR: u32 = 10_000;

/// What is around the cursor.
pub(crate) struct Nearby<'a> {
    pub(crate) words: FxHashMap<Word, (&'a str, Place)>,
    /// Weighted words that similar code is looked for by.
    pub(crate) query: Vec<(Word, f32)>,
    pub(crate) contexts: Vec<Context>,
    /// The last byte before the cursor that is not white space, on its line; zero when there is none.
    pub(crate) last: u8,
    /// The word that ends at the cursor or before such a byte.
    pub(crate) last_word: Option<Word>,
    /// Stems of the parts of the words on the lines next to the cursor, by nearness.
    pub(crate) stems: FxHashMap<Word, f32>,
}

impl<'a> Nearby<'a> {
    pub(crate) fn of(text: &'a str, cursor: usize) -> Self {
        let start = floor(text, cursor.saturating_sub(REACH_BEFORE));
        let end = floor(text, (cursor + REACH_AFTER).min(text.len()));
        let (prefix, suffix) = (&text[start..cursor], &text[cursor..end]);
        let mut words = FxHashMap::default();
        read_side(prefix, true, &mut words);
        read_side(suffix, false, &mut words);
        let line = &prefix[prefix.rfind('\n').map_or(0, |at| at + 1)..];
        let last = line.trim_end().bytes().next_back().unwrap_or(0);
        Self {
            words,
            query: query_words(prefix, suffix),
            contexts: contexts_at(prefix),
            last,
            last_word: terms::words(line).last().map(|it| Word::of(it.1)),
            stems: stems_near(prefix, suffix),
        }
    }

    pub(crate) fn place(&self, word: Word) -> Option<Place> {
        self.words.get(&word).map(|it| it.1)
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn read_side<'a>(side: &'a str, before: bool, words: &mut FxHashMap<Word, (&'a str, Place)>) {
    let total = side.bytes().filter(|&b| b == b'\n').count() as u32;
    let mut line = 0;
    let mut at = 0;
    let bytes = side.as_bytes();
    for (start, written) in terms::words(side).filter(|it| terms::is_identifier(it.1)) {
        line += bytes[at..start].iter().filter(|&&b| b == b'\n').count() as u32;
        at = start;
        let lines = if before { total - line } else { line };
        let place = &mut words
            .entry(Word::of(written))
            .or_insert((
                written,
                Place {
                    before: 0,
                    after: 0,
                    lines_before: FAR,
                    lines_after: FAR,
                    on_line: false,
                    behind_dot: false,
                },
            ))
            .1;
        place.behind_dot |= start > 0 && matches!(bytes[start - 1], b'.' | b':' | b'>');
        if before {
            place.before += 1;
            place.lines_before = place.lines_before.min(lines);
            place.on_line |= lines == 0;
        } else {
            place.after += 1;
            place.lines_after = place.lines_after.min(lines);
        }
    }
}

/// The words of the last ten lines before the cursor and the first five behind it, nearer ones heavier; those
/// of some more lines count a little.
fn query_words(prefix: &str, suffix: &str) -> Vec<(Word, f32)> {
    let mut weights: FxHashMap<Word, f32> = FxHashMap::default();
    let mut add = |line: &str, weight: f32| {
        for (_, word) in terms::words(line).filter(|it| terms::is_identifier(it.1)) {
            *weights.entry(Word::of(word)).or_default() += weight;
        }
    };
    let is_code = |line: &&str| !line.trim().is_empty();
    for (n, line) in prefix.lines().rev().filter(is_code).take(20).enumerate() {
        add(line, if n < 10 { 1.0 } else { 0.3 });
    }
    for (n, line) in suffix.lines().filter(is_code).take(10).enumerate() {
        add(line, if n < 5 { 0.9 } else { 0.3 });
    }
    let mut weighted: Vec<(Word, f32)> = weights
        .into_iter()
        // The tenth time says less than the first.
        .map(|(word, weight)| (word, weight / (1.0 + 0.15 * weight)))
        .collect();
    weighted.sort_unstable_by_key(|it| it.0);
    weighted
}

fn contexts_at(prefix: &str) -> Vec<Context> {
    let start = floor(prefix, prefix.len().saturating_sub(400));
    let prefix = &prefix[start..];
    let mut before = Before::default();
    let mut at = 0;
    for (start, word) in terms::words(prefix) {
        push_symbols(&mut before, &prefix[at..start]);
        if terms::is_identifier(word) {
            before.push_word(Word::of(word));
        } else {
            before.push_symbol(word);
        }
        at = start + word.len();
    }
    push_symbols(&mut before, &prefix[at..]);
    before.contexts().collect()
}

fn push_symbols(before: &mut Before, between: &str) {
    for symbols in between.split_whitespace() {
        before.push_symbol(symbols);
    }
}

fn stems_near(prefix: &str, suffix: &str) -> FxHashMap<Word, f32> {
    let mut stems: FxHashMap<Word, f32> = FxHashMap::default();
    let mut add = |line: &str, weight: f32| {
        terms::each_term(line, |term| {
            let known = stems.entry(Word::of(term)).or_default();
            *known = known.max(weight);
        });
    };
    for (n, line) in prefix.lines().rev().take(8).enumerate() {
        add(line, 1.0 / (1.0 + n as f32));
    }
    for (n, line) in suffix.lines().take(5).enumerate() {
        add(line, 1.0 / (1.5 + n as f32));
    }
    stems
}
