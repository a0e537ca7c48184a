//! Selection: which snippets come first.
//!
//! The one idea: expected names for each token. A snippet's worth is the sum of the probabilities of the names in
//! it that no earlier snippet has shown; the one with the most worth for its length comes next. Worth only falls
//! as more is shown, so a snippet whose old worth is beaten need not be looked at again: a heap of old worths
//! finds the best one.

use std::{cmp::Ordering, collections::BinaryHeap};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    Snippet, Source,
    cursor::{
        Candidate, CursorQuery, Edited,
        names::{AlikeChunk, Found, words_of},
    },
    terms::Word,
    tokens,
};

/// How much is wanted, and of what.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Stop after this many simple tokens.
    pub tokens: usize,
    /// What may be taken.
    pub sources: Vec<Source>,
    /// How much the definition of a name is worth beside the name itself.
    pub definition: f32,
    /// Lines of a piece of similar code.
    pub window: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 4096,
            sources: Source::ALL.to_vec(),
            definition: 1.0,
            window: 6,
        }
    }
}

/// Tokens of a snippet that are not its text: its path, a line break.
const OVERHEAD: f32 = 1.0;
/// Names less likely than this are not worth their tokens.
const LEAST: f32 = 0.002;
/// Lines of a piece of what was edited lately.
const EDIT_LINES: usize = 12;
/// A longer signature is cut.
const SIGNATURE_TOKENS: usize = 48;

/// Something that may be shown.
struct Offer {
    snippet: Snippet,
    words: Vec<Word>,
    /// The name that it defines.
    defines: Option<Word>,
    cost: f32,
}

/// The best snippets, best first.
pub fn select(query: &CursorQuery<'_>, found: &Found<'_>, limits: &Limits) -> Vec<Snippet> {
    let likely: FxHashMap<Word, f32> = found
        .names
        .iter()
        .map(|it| (it.word, it.probability))
        .collect();
    let mut offers = Vec::new();
    for candidate in found.names.iter().filter(|it| it.probability >= LEAST) {
        offers.push(definition(candidate, query, found));
    }
    for chunk in &found.alike.chunks {
        offers.extend(windows(chunk, limits.window));
    }
    offers.extend(query.edits.iter().flat_map(edited));
    offers.retain(|it| limits.sources.contains(&it.snippet.source));
    take_best(offers, &likely, limits)
}

fn take_best(offers: Vec<Offer>, likely: &FxHashMap<Word, f32>, limits: &Limits) -> Vec<Snippet> {
    let mut shown = Shown::default();
    let mut heap: BinaryHeap<Ranked> = offers
        .iter()
        .enumerate()
        .map(|(at, offer)| Ranked {
            worth: shown.worth(offer, likely, limits) / offer.cost,
            at,
        })
        .collect();
    let mut offers: Vec<Option<Offer>> = offers.into_iter().map(Some).collect();
    let mut taken = Vec::new();
    let mut spent = 0;
    while let Some(best) = heap.pop() {
        let Some(offer) = &offers[best.at] else {
            continue;
        };
        let worth = shown.worth(offer, likely, limits);
        if worth <= 0.0 {
            continue;
        }
        let now = worth / offer.cost;
        if heap.peek().is_some_and(|next| now < next.worth) {
            heap.push(Ranked {
                worth: now,
                at: best.at,
            });
            continue;
        }
        let Some(mut offer) = offers[best.at].take() else {
            continue;
        };
        if shown.overlaps(&offer.snippet) {
            continue;
        }
        shown.add(&offer);
        spent += tokens::count(&offer.snippet.text);
        offer.snippet.score = worth;
        taken.push(offer.snippet);
        if spent >= limits.tokens {
            break;
        }
    }
    taken
}

struct Ranked {
    worth: f32,
    at: usize,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.worth
            .total_cmp(&other.worth)
            .then(other.at.cmp(&self.at))
    }
}

/// What earlier snippets have.
#[derive(Default)]
struct Shown {
    words: FxHashSet<Word>,
    defined: FxHashSet<Word>,
    lines: FxHashSet<(String, u32)>,
}

impl Shown {
    fn worth(&self, offer: &Offer, likely: &FxHashMap<Word, f32>, limits: &Limits) -> f32 {
        let new = offer.words.iter().filter(|it| !self.words.contains(it));
        let mut worth: f32 = new.filter_map(|it| likely.get(it)).sum();
        if let Some(name) = offer.defines.filter(|it| !self.defined.contains(it)) {
            worth += limits.definition * likely.get(&name).copied().unwrap_or(0.0);
        }
        worth
    }

    /// Whether most of its lines were shown already.
    fn overlaps(&self, snippet: &Snippet) -> bool {
        let known = snippet
            .lines
            .iter()
            .filter(|&&line| self.lines.contains(&(snippet.path.clone(), line)));
        2 * known.count() > snippet.lines.len()
    }

    fn add(&mut self, offer: &Offer) {
        self.words.extend(&offer.words);
        self.defined.extend(offer.defines);
        let lines = offer.snippet.lines.iter();
        self.lines
            .extend(lines.map(|&it| (offer.snippet.path.clone(), it)));
    }
}

fn definition(candidate: &Candidate<'_>, query: &CursorQuery<'_>, found: &Found<'_>) -> Offer {
    let it = &candidate.definition;
    let text = head(it.signature, SIGNATURE_TOKENS);
    let is_imported = query.imports.iter().any(|import| import.path == it.path);
    let is_package = query.packages.iter().any(|package| package.path == it.path);
    let source = if is_package {
        Source::Package
    } else if found.nearby.place(candidate.word).is_some() {
        Source::Definition
    } else if is_imported {
        Source::Import
    } else {
        Source::Prediction
    };
    let symbol = match it.owner {
        "" => it.name.to_owned(),
        owner => format!("{owner}.{}", it.name),
    };
    let mut words = words_of(text);
    words.push(candidate.word);
    words.sort_unstable();
    words.dedup();
    Offer {
        cost: tokens::count(text) as f32 + OVERHEAD,
        words,
        defines: Some(candidate.word),
        snippet: Snippet {
            path: it.path.to_owned(),
            lines: vec![it.line],
            text: text.to_owned(),
            source,
            symbol,
            doc: it.doc.to_owned(),
            score: 0.0,
        },
    }
}

/// The beginning of a text that has at most this many tokens, cut at a white space.
fn head(text: &str, most: usize) -> &str {
    if tokens::count(text) <= most {
        return text;
    }
    let mut end = 0;
    for (at, _) in text.match_indices(' ') {
        if tokens::count(&text[..at]) > most {
            break;
        }
        end = at;
    }
    if end == 0 { text } else { &text[..end] }
}

/// The pieces of what was edited lately.
fn edited(it: &Edited) -> Vec<Offer> {
    pieces(Source::Edit, &it.path, it.line, &it.text, EDIT_LINES)
}

/// The pieces of a chunk of similar code.
fn windows(chunk: &AlikeChunk, size: usize) -> Vec<Offer> {
    pieces(Source::Similar, &chunk.path, chunk.line, &chunk.text, size)
}

/// A text in pieces of some lines, each half over the one before.
fn pieces(source: Source, path: &str, line: u32, text: &str, size: usize) -> Vec<Offer> {
    let lines: Vec<&str> = text.lines().collect();
    let step = (size / 2).max(1);
    let mut offers = Vec::new();
    let mut start = 0;
    while start < lines.len() {
        let end = (start + size).min(lines.len());
        let kept: Vec<usize> = (start..end)
            .filter(|&n| !lines[n].trim().is_empty())
            .collect();
        if let (Some(&first), Some(&last)) = (kept.first(), kept.last()) {
            let text = lines[first..=last].join("\n");
            offers.push(Offer {
                cost: tokens::count(&text) as f32 + OVERHEAD,
                words: words_of(&text),
                defines: None,
                snippet: Snippet {
                    path: path.to_owned(),
                    lines: (first..=last).map(|n| line + n as u32).collect(),
                    text,
                    source,
                    symbol: String::new(),
                    doc: String::new(),
                    score: 0.0,
                },
            });
        }
        start += step;
    }
    offers
}
