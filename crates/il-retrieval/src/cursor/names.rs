//! Names: which of the names that the repository defines may come next, and what is known of each.
//!
//! The one idea: a name is gathered from wherever the repository points to it from here: the file's own words,
//! code that looks alike, files that are imported, what stood behind the same words elsewhere. What all these
//! places say of it becomes a row of numbers.

mod alike;
mod features;
mod files;

use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use self::alike::{Alike, AlikeChunk, words_of};
pub use self::features::FEATURES;
use self::{features::Known, files::Files};
use crate::{
    cursor::{Corpus, CursorQuery, Definition, nearby::Nearby},
    terms::Word,
};

/// What a name stands for, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    Callable,
    Type,
    /// A member that is a value.
    Field,
    /// A constant or variable that stands alone.
    Value,
    Module,
}

/// A name that may come next.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    pub word: Word,
    /// The definition that is most likely meant.
    pub definition: Definition<'a>,
    pub features: [f32; FEATURES],
    /// What the editor knows beside the features: the network's odds are multiplied by it.
    pub odds: f32,
    pub probability: f32,
}

/// Everything that was found for a cursor.
pub struct Found<'a> {
    pub names: Vec<Candidate<'a>>,
    pub(crate) alike: Alike,
    pub(crate) nearby: Nearby<'a>,
}

impl std::fmt::Debug for Found<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Found({} names)", self.names.len())
    }
}

/// Names with more definitions than this say nothing of the file they are defined in.
const AMBIGUOUS: usize = 8;

/// Of a name with more definitions only so many are looked at.
const MOST_DEFINITIONS: usize = 48;

/// Gathers the names that may come next. Probabilities are not filled in yet.
pub fn candidates<'a>(corpus: &'a dyn Corpus, query: &CursorQuery<'a>) -> Found<'a> {
    let nearby = Nearby::of(query.text, query.cursor);
    let alike = Alike::of(corpus, query, &nearby);
    let mut definitions = Definitions {
        corpus,
        packages: query.packages,
        known: FxHashMap::default(),
    };
    let mut files = Files::new(query);
    let mut words: Vec<Word> = nearby.words.keys().copied().collect();
    words.sort_unstable();
    for &word in &words {
        let found = definitions.of(word);
        if found.len() <= AMBIGUOUS {
            files.used(word, found, &nearby);
        }
    }
    let follows = Follows::of(corpus, &nearby);
    let mut pool: FxHashSet<Word> = words.iter().copied().collect();
    pool.extend(alike.words.keys());
    pool.extend(follows.one.keys());
    pool.extend(files.edited_words());
    pool.extend(query.packages.iter().map(|it| Word::of(it.name)));
    for path in files.worth_reading() {
        corpus.defined_in(path, &mut |it| {
            pool.insert(Word::of(it.name));
        });
    }
    let mut pool: Vec<Word> = pool.into_iter().collect();
    pool.sort_unstable();
    let known = Known {
        corpus,
        query,
        nearby: &nearby,
        alike: &alike,
        files: &files,
        follows: &follows,
    };
    let here: FxHashSet<Word> = query.defined_here.iter().copied().collect();
    let mut names = Vec::new();
    for word in pool {
        if here.contains(&word) {
            continue;
        }
        let found = definitions.of(word);
        let Some(definition) = known.most_likely(found) else {
            continue;
        };
        names.push(Candidate {
            word,
            features: known.features(word, &definition, found),
            odds: known.odds(word, found),
            definition,
            probability: 0.0,
        });
    }
    Found {
        names,
        alike,
        nearby,
    }
}

/// Definitions outside of the file, looked up once.
struct Definitions<'a> {
    corpus: &'a dyn Corpus,
    packages: &'a [Definition<'a>],
    known: FxHashMap<Word, Vec<Definition<'a>>>,
}

impl<'a> Definitions<'a> {
    fn of(&mut self, word: Word) -> &[Definition<'a>] {
        self.known.entry(word).or_insert_with(|| {
            let in_packages = self.packages.iter().filter(|it| Word::of(it.name) == word);
            let mut found: Vec<Definition<'a>> = in_packages.copied().collect();
            self.corpus.named(word, &mut |it| {
                if it.name.len() > 1 && found.len() < MOST_DEFINITIONS {
                    found.push(it);
                }
            });
            found
        })
    }
}

/// What stood behind the words before the cursor elsewhere.
pub(crate) struct Follows {
    pub(crate) one: FxHashMap<Word, f32>,
    pub(crate) two: FxHashMap<Word, f32>,
    pub(crate) one_total: f32,
    pub(crate) two_total: f32,
}

impl Follows {
    fn of(corpus: &dyn Corpus, nearby: &Nearby<'_>) -> Self {
        let counted = |at: usize| {
            let mut counts: FxHashMap<Word, f32> = FxHashMap::default();
            let mut total = 0.0;
            if let Some(&context) = nearby.contexts.get(at) {
                corpus.follows(context, &mut |word, count| {
                    *counts.entry(word).or_default() += count as f32;
                    total += count as f32;
                });
            }
            (counts, total)
        };
        let ((one, one_total), (two, two_total)) = (counted(0), counted(1));
        Self {
            one,
            two,
            one_total,
            two_total,
        }
    }
}
