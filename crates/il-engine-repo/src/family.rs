//! What a request sees of the repository: the files of its language family as they are now.
//!
//! A family is a large base and a small overlay of the files changed since, each with the files that no
//! longer count. It is immutable; an update publishes another one.
//!
//! Deliberately absent: other families. TypeScript and JavaScript share one, Python and Rust do not.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::segment::Segment;
use crate::vocabulary::{BOS, FIRST_WORD, Id, Kind, Literals, Vocabulary};

/// How many of the most frequent tokens are candidates anywhere.
const FREQUENT: usize = 200;

/// A segment and which of its files still count.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) segment: Arc<Segment>,
    /// Files replaced or gone, by index; empty when there are none.
    dead: Vec<bool>,
    /// Which file each path is, among those that count.
    by_path: Arc<FxHashMap<Arc<str>, u32>>,
}

impl Live {
    pub(crate) fn new(segment: Arc<Segment>) -> Self {
        // Of two files at one path the last counts; a dead one never shares its path with a live one here.
        let by_path = segment
            .files
            .iter()
            .enumerate()
            .map(|(i, f)| (f.path.clone(), i as u32))
            .collect();
        Self {
            segment,
            dead: Vec::new(),
            by_path: Arc::new(by_path),
        }
    }

    pub(crate) fn is_live(&self, file: u32) -> bool {
        self.dead.get(file as usize) != Some(&true)
    }

    pub(crate) fn has_dead(&self) -> bool {
        !self.dead.is_empty()
    }

    /// The live file at a path.
    pub(crate) fn find(&self, path: &str) -> Option<u32> {
        self.by_path.get(path).copied().filter(|&f| self.is_live(f))
    }

    /// Marks a file as no longer so; whether it was there.
    pub(crate) fn kill(&mut self, path: &str) -> bool {
        let Some(file) = self.find(path) else {
            return false;
        };
        self.dead.resize(self.segment.files.len(), false);
        self.dead[file as usize] = true;
        true
    }

    /// Sets which files no longer count, one flag a file.
    pub(crate) fn set_dead(&mut self, dead: Vec<bool>) {
        self.dead = if dead.contains(&true) {
            dead
        } else {
            Vec::new()
        };
    }

    pub(crate) fn live_files(&self) -> impl Iterator<Item = usize> {
        (0..self.segment.files.len()).filter(|&f| self.is_live(f as u32))
    }

    /// The tokens of a file.
    pub(crate) fn tokens(&self, file: usize) -> &[Id] {
        let files = &self.segment.files;
        let end = files
            .get(file + 1)
            .map_or(self.segment.tokens.len(), |f| f.first_token as usize);
        &self.segment.tokens[files[file].first_token as usize..end]
    }
}

/// All that is known of the files of one language family.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) words: Arc<Vocabulary>,
    pub(crate) overlay_words: Arc<Vocabulary>,
    pub(crate) base: Live,
    pub(crate) overlay: Live,
    /// Occurrences of each token in live files.
    pub(crate) counts: Vec<u32>,
    pub(crate) total: f32,
    pub(crate) frequent: Vec<(Id, f32)>,
    /// Words of the base in order of their text.
    pub(crate) sorted: Arc<[Id]>,
}

impl Family {
    pub(crate) fn empty(literals: Arc<Literals>) -> Self {
        let words = Arc::new(Vocabulary::new(FIRST_WORD, literals));
        Self::with_base(words, Arc::new(Segment::default()))
    }

    pub(crate) fn with_base(words: Arc<Vocabulary>, segment: Arc<Segment>) -> Self {
        let overlay_words = Arc::new(Vocabulary::new(words.end(), words.literals().clone()));
        let sorted = Arc::from(sorted_words(&words));
        let mut family = Self {
            words,
            overlay_words,
            base: Live::new(segment),
            overlay: Live::new(Arc::new(Segment::default())),
            counts: Vec::new(),
            total: 0.0,
            frequent: Vec::new(),
            sorted,
        };
        family.count();
        family
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &Live> {
        [&self.base, &self.overlay].into_iter()
    }

    pub(crate) fn segment(&self, source: u8) -> &Live {
        if source == 0 {
            &self.base
        } else {
            &self.overlay
        }
    }

    /// The hash of the text learnt at a path.
    pub(crate) fn hash_of(&self, path: &str) -> Option<u64> {
        self.segments()
            .find_map(|live| Some(live.segment.files[live.find(path)? as usize].hash))
    }

    /// Counts tokens again after the set of files changed.
    pub(crate) fn count(&mut self) {
        let mut counts = vec![0u32; self.overlay_words.end() as usize];
        for live in [&self.base, &self.overlay] {
            for file in live.live_files() {
                for &t in live.tokens(file) {
                    counts[t as usize] += 1;
                }
            }
        }
        counts[BOS as usize] = 0;
        self.counts = counts;
        self.rank();
    }

    /// Adds or takes away the tokens of one file.
    pub(crate) fn recount(&mut self, tokens: &[Id], add: bool) {
        self.counts.resize(self.overlay_words.end() as usize, 0);
        for &t in tokens.iter().filter(|&&t| t != BOS) {
            let c = &mut self.counts[t as usize];
            *c = if add { *c + 1 } else { c.saturating_sub(1) };
        }
    }

    /// Picks the frequent tokens anew from the counts.
    pub(crate) fn rank(&mut self) {
        self.total = self.counts.iter().map(|&c| c as f32).sum::<f32>().max(1.0);
        let mut frequent: Vec<(Id, f32)> = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, c)| **c > 1)
            .map(|(i, &c)| (i as Id, c as f32))
            .collect();
        if frequent.len() > FREQUENT {
            frequent
                .select_nth_unstable_by(FREQUENT, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            frequent.truncate(FREQUENT);
        }
        self.frequent = frequent;
    }

    pub(crate) fn memory(&self) -> usize {
        self.words.memory()
            + self.overlay_words.memory()
            + self.base.segment.memory()
            + self.overlay.segment.memory()
            + self.counts.capacity() * 4
            + self.sorted.len() * 4
    }
}

fn sorted_words(words: &Vocabulary) -> Vec<Id> {
    let mut sorted: Vec<Id> = (words.first()..words.end())
        .filter(|&id| words.kind(id).is_word())
        .collect();
    sorted.sort_unstable_by(|&a, &b| words.text(a).cmp(words.text(b)));
    sorted
}

/// Whether a kind is worth offering for a started word.
pub(crate) fn completes_words(kind: Kind) -> bool {
    kind.is_word()
}
