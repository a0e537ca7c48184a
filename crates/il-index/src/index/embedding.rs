//! Vectors: made with the segment when they cost nothing, behind it when they cost something.
//!
//! The one idea: a vector belongs to a passage and a model. A passage that was embedded where it was before
//! (in the file's older text, in the segments that were merged) brings its vector along, by its hash. What is
//! missing is embedded from the first chunk on, so what is there is always a beginning, and is kept when
//! the work is stopped.
//!
//! Deliberately absent: how often to try again, and what a search does without vectors.

use std::{hash::Hasher as _, sync::Arc};

use il_privacy::Reach;
use il_retrieval::{EmbedError, Embedder, Purpose};
use il_text::CancelToken;
use rustc_hash::FxHasher;

use super::{
    Index, lock,
    state::{Carried, Entry},
    work,
};
use crate::segment::{Segment, Vectors};

/// How many passages are embedded in one call.
const BATCH: usize = 32;
/// After how many of them what is there is published.
const PUBLISH: usize = 512;

/// How far embedding has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmbedProgress {
    pub chunks: usize,
    pub chunks_in_all: usize,
}

impl Index {
    /// Embeds with another model from now on, or not at all. Vectors of the model before are replaced by
    /// [`Index::embed_pending`].
    pub fn set_embedder(&self, embedder: Option<Arc<dyn Embedder>>) {
        *lock(&self.embedder) = embedder;
    }

    pub(super) fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        lock(&self.embedder).clone()
    }

    /// How many chunks wait for a vector of the current model.
    pub fn pending(&self) -> usize {
        let Some(embedder) = self.embedder() else {
            return 0;
        };
        let state = self.state();
        let missing = |it: &Entry| {
            it.part
                .segment
                .chunk_count()
                .saturating_sub(it.rows(embedder.model()))
        };
        state.entries.iter().map(missing).sum()
    }

    /// Makes the vectors that are missing; blocks until they are there. Gives how many it made. On an error
    /// and when it is cancelled, what was made is kept.
    pub fn embed_pending(
        &self,
        progress: &dyn Fn(EmbedProgress),
        cancel: &CancelToken,
    ) -> Result<usize, EmbedError> {
        let Some(embedder) = self.embedder() else {
            return Ok(0);
        };
        let _turn = lock(&self.embedding);
        let model = embedder.model();
        let mut at = EmbedProgress {
            chunks: 0,
            chunks_in_all: self.pending(),
        };
        let mut made = 0;
        loop {
            let state = self.state();
            let Some(entry) = state.entries.iter().find(|it| !it.is_embedded(model)) else {
                return Ok(made);
            };
            self.embed(entry, &*embedder, cancel, &mut |chunks, new| {
                made += new;
                at.chunks += chunks;
                at.chunks_in_all = at.chunks_in_all.max(at.chunks);
                progress(at);
            })?;
        }
    }

    /// Embeds what is missing in one segment; `step` is told how many chunks were passed and embedded.
    fn embed(
        &self,
        entry: &Entry,
        embedder: &dyn Embedder,
        cancel: &CancelToken,
        step: &mut dyn FnMut(usize, usize),
    ) -> Result<(), EmbedError> {
        let segment = &entry.part.segment;
        let known = entry.part.vectors.as_deref();
        let mut vectors = known.filter(|it| it.model() == embedder.model()).cloned();
        let mut chunk = vectors.as_ref().map_or(0, Vectors::len);
        let mut published = chunk;
        let mut passages = Passages::default();
        let all = segment.chunk_count();
        let mut result = Ok(());
        while chunk < all && result.is_ok() {
            let batch = chunk..(chunk + BATCH).min(all);
            let wanted: Vec<Wanted> = batch
                .clone()
                .map(|chunk| self.wanted(entry, chunk as u32, embedder.model(), &mut passages))
                .collect();
            match embed_all(embedder, &wanted, vectors.as_ref(), cancel) {
                Ok((rows, made)) => {
                    chunk = batch.end;
                    step(batch.len(), made);
                    // Chunks of dead files alone do not tell the dimension.
                    if rows.dimensions() > 0 || chunk == all {
                        let vectors = vectors.get_or_insert_with(|| {
                            let mut vectors = Vectors::new(embedder.model(), rows.dimensions());
                            (0..batch.start).for_each(|_| vectors.push(&[]));
                            vectors
                        });
                        (0..rows.len()).for_each(|row| vectors.push_row(&rows, row as u32));
                    }
                }
                Err(error) => result = Err(error),
            }
            let is_due = chunk - published >= PUBLISH || chunk == all || result.is_err();
            if let Some(vectors) = vectors.as_ref().filter(|_| is_due && chunk > published) {
                published = chunk;
                let vectors = Arc::new(vectors.clone());
                if !self.publish(|state| state.embedded(entry.key, vectors)) {
                    break; // it was merged or died: whoever calls looks what is there now
                }
            }
        }
        result
    }

    /// Lets be embedded what could not be because it might not leave, and may now.
    pub(super) fn forget_gaps(&self) {
        let embedder = self.embedder();
        let Some(embedder) = embedder.filter(|_| self.options.embedder != Reach::ThisMachine)
        else {
            return;
        };
        let model = embedder.model();
        for entry in &self.state().entries {
            let Some(vectors) = entry.part.vectors.as_ref() else {
                continue;
            };
            let segment = &entry.part.segment;
            let rows = entry.rows(model) as u32;
            let is_gap = |file: u32| {
                segment
                    .chunks_of(file)
                    .any(|it| it < rows && !vectors.has(it))
            };
            let mut alive = entry.alive();
            if !alive.any(|(file, path, _)| is_gap(file) && self.options.may_embed(path)) {
                continue;
            }
            let mut carried = Carried::default();
            for (file, _, _) in entry.alive() {
                carry(entry, file, model, &mut carried);
            }
            self.publish(|state| state.without_vectors(entry.key, carried));
        }
    }

    /// The entry with the vectors that cost nothing: made here, or carried over.
    pub(super) fn with_vectors(&self, mut entry: Entry) -> Entry {
        let Some(embedder) = self.embedder() else {
            return entry;
        };
        if embedder.is_instant() {
            entry.part.vectors = instant(&entry.part.segment, &*embedder).map(Arc::new);
        } else {
            entry.carried = Arc::new(self.carried(&entry, embedder.model()));
        }
        entry
    }

    /// The vectors of what is known of an entry's files by now.
    fn carried(&self, entry: &Entry, model: &str) -> Carried {
        let mut carried = Carried::default();
        let state = self.state();
        for old in &state.entries {
            for (_, path, _) in entry.part.segment.files() {
                if let Some(file) = old.alive_file(path) {
                    carry(old, file, model, &mut carried);
                }
            }
        }
        carried
    }
}

/// Adds the vectors of one file's chunks.
pub(super) fn carry(entry: &Entry, file: u32, model: &str, carried: &mut Carried) {
    let rows = entry.rows(model);
    let Some(vectors) = entry.part.vectors.as_ref().filter(|_| rows > 0) else {
        if entry.carried.is_empty() {
            return;
        }
        for passage in entry.part.segment.passages(file) {
            let hash = hash(&passage);
            carried.extend(inherited(entry, hash, model));
        }
        return;
    };
    let chunks = entry.part.segment.chunks_of(file);
    for (chunk, passage) in chunks.zip(entry.part.segment.passages(file)) {
        let hash = hash(&passage);
        if (chunk as usize) < rows && vectors.has(chunk) {
            carried.insert(hash, (Arc::clone(vectors), chunk));
        } else {
            carried.extend(inherited(entry, hash, model));
        }
    }
}

fn inherited(entry: &Entry, hash: u64, model: &str) -> Option<(u64, (Arc<Vectors>, u32))> {
    let known = entry.carried.get(&hash)?;
    (known.0.model() == model).then(|| (hash, known.clone()))
}

/// The vectors of a segment whose every passage is known.
pub(super) fn all_carried(segment: &Segment, carried: &Carried) -> Option<Vectors> {
    let (first, _) = carried.values().next()?;
    let mut vectors = Vectors::new(first.model(), first.dimensions());
    for (file, _, _) in segment.files() {
        for passage in segment.passages(file) {
            let (known, row) = carried.get(&hash(&passage))?;
            vectors.push_row(known, *row);
        }
    }
    (vectors.len() == segment.chunk_count()).then_some(vectors)
}

fn hash(passage: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(passage.as_bytes());
    hasher.finish()
}

/// All vectors of a segment, from an embedder that takes microseconds.
pub(super) fn instant(segment: &Segment, embedder: &dyn Embedder) -> Option<Vectors> {
    let files: Vec<u32> = segment.files().map(|it| it.0).collect();
    let never = CancelToken::new();
    let embedded = work::map(&files, |&file| {
        let passages = segment.passages(file);
        let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
        embedder.embed(Purpose::Passage, &passages, &never)
    });
    let mut vectors: Option<Vectors> = None;
    for rows in embedded {
        for row in rows.ok()? {
            let vectors = vectors.get_or_insert_with(|| Vectors::new(embedder.model(), row.len()));
            vectors.push(&row);
        }
    }
    vectors.filter(|it| it.len() == segment.chunk_count())
}

/// What a chunk's vector comes from.
enum Wanted {
    /// Its file is dead, or may not go to the embedder.
    Nothing,
    Known(Arc<Vectors>, u32),
    Passage(String),
}

/// The last file that was asked for.
#[derive(Default)]
struct Passages(Option<Passage>);

struct Passage {
    file: u32,
    text: String,
    /// Whether the policy lets the embedder have it.
    may_leave: bool,
}

impl Index {
    fn wanted(&self, entry: &Entry, chunk: u32, model: &str, passages: &mut Passages) -> Wanted {
        let segment = &entry.part.segment;
        let file = segment.chunks()[chunk as usize].file;
        if !entry.part.is_alive(file) {
            return Wanted::Nothing;
        }
        if passages.0.as_ref().is_none_or(|it| it.file != file) {
            passages.0 = Some(Passage {
                file,
                text: segment.text(file),
                may_leave: self.options.may_embed(segment.path(file)),
            });
        }
        let Some(Passage {
            text, may_leave, ..
        }) = &passages.0
        else {
            return Wanted::Nothing;
        };
        let passage = segment.passage(chunk, text);
        match entry.carried.get(&hash(&passage)) {
            Some((known, row)) if known.model() == model => Wanted::Known(Arc::clone(known), *row),
            _ if !may_leave => Wanted::Nothing,
            _ => Wanted::Passage(passage),
        }
    }
}

/// The rows of a batch, and how many of them were made.
fn embed_all(
    embedder: &dyn Embedder,
    wanted: &[Wanted],
    known: Option<&Vectors>,
    cancel: &CancelToken,
) -> Result<(Vectors, usize), EmbedError> {
    if cancel.is_cancelled() {
        return Err(EmbedError::Cancelled);
    }
    let passages = wanted.iter().filter_map(|it| match it {
        Wanted::Passage(passage) => Some(passage.as_str()),
        _ => None,
    });
    let passages: Vec<&str> = passages.collect();
    let made = match &*passages {
        [] => Vec::new(),
        passages => embedder.embed(Purpose::Passage, passages, cancel)?,
    };
    let carried = wanted.iter().find_map(|it| match it {
        Wanted::Known(vectors, _) => Some(vectors.dimensions()),
        _ => None,
    });
    let dimensions = known.map(Vectors::dimensions).or(carried);
    let dimensions = dimensions.or(made.first().map(Vec::len)).unwrap_or(0);
    let mut rows = Vectors::new(embedder.model(), dimensions);
    let mut new = made.iter();
    for it in wanted {
        match it {
            Wanted::Nothing => rows.push(&[]),
            Wanted::Known(known, row) => rows.push_row(known, *row),
            Wanted::Passage(_) => rows.push(new.next().map_or(&[], Vec::as_slice)),
        }
    }
    Ok((rows, made.len()))
}
