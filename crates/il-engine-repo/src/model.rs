//! The model as others hold it: trained from files, kept up to date, asked.
//!
//! What is asked is an immutable snapshot behind a pointer that is swapped; training and updates build
//! the next one beside it, so no question ever waits for them. Each file being edited has a session that
//! keeps its lexed lines between keystrokes.
//!
//! Deliberately absent: reading and watching the tree, and what to show of an answer.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use il_admission::Refusal;
use il_engine::CancelToken;
use il_lang::lexer::{LexRules, LexState, Lexer, Token, TokenClass};
use il_privacy::{Level, Mask, Policy};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::buffer::split_lines;
use crate::family::{Family, Live};
use crate::literals::literals;
use crate::segment::{Page, Segment};
use crate::session::Session;
use crate::sheet::{Sheet, indentation};
use crate::vocabulary::{FIRST_WORD, Id, Vocabulary};
use crate::weights::Weights;

/// Settings of the model.
#[derive(Clone, Debug)]
pub struct Options {
    /// An alternative ends as unsure when it is less probable than this.
    pub floor: f32,
    /// A block is left when it is less probable than this.
    pub block_floor: f32,
    /// The files changed since training are merged when they have more tokens than this, or than a
    /// quarter of the rest.
    pub overlay_tokens: usize,
    /// Files whose lexed lines are kept between questions.
    pub sessions: usize,
    /// Which files may be learnt from.
    pub policy: Arc<Policy>,
    /// Makes secrets inside them unreadable before they are learnt.
    pub mask: Option<Arc<Mask>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            floor: 1e-4,
            block_floor: 0.1,
            overlay_tokens: 60_000,
            sessions: 16,
            policy: Arc::new(Policy::usual()),
            mask: None,
        }
    }
}

/// A file to learn from.
///
/// `Debug` never prints the text.
#[derive(Clone)]
pub struct SourceFile {
    /// Path inside the repository, `/`-separated.
    pub path: Arc<str>,
    /// Language id from the registry.
    pub language: Arc<str>,
    pub text: Arc<str>,
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile")
            .field("path", &self.path)
            .field("language", &self.language)
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .finish()
    }
}

/// How far training has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub total: usize,
}

/// What training did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainingReport {
    pub files: usize,
    pub lines: usize,
    pub tokens: usize,
    pub bytes: usize,
    /// Files not learnt from, and why.
    pub skipped: Vec<(Arc<str>, Refusal)>,
    /// Whether it was stopped; nothing was changed then.
    pub cancelled: bool,
}

/// What the model holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub files: usize,
    pub lines: usize,
    pub tokens: usize,
    /// Bytes of memory of all that is learnt.
    pub memory: usize,
}

/// A file that was learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearntFile {
    pub path: Arc<str>,
    /// [`text_hash`] of its text.
    pub hash: u64,
}

/// What questions are answered from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) generation: u64,
    pub(crate) families: FxHashMap<Box<str>, Arc<Family>>,
}

/// The embedded engine of one repository.
pub struct RepoModel {
    pub(crate) options: Options,
    pub(crate) weights: Arc<Weights>,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held by whoever makes the next snapshot.
    writer: Mutex<()>,
    sessions: Mutex<Vec<(Arc<str>, Arc<Mutex<Session>>)>>,
}

impl fmt::Debug for RepoModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RepoModel")
            .field("options", &self.options)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RepoModel {
    /// A model that has learnt nothing; it answers from the file being edited.
    pub fn new(options: Options) -> Self {
        Self::with_weights(options, Weights::shipped())
    }

    pub(crate) fn with_weights(options: Options, weights: Arc<Weights>) -> Self {
        Self {
            options,
            weights,
            snapshot: RwLock::default(),
            writer: Mutex::default(),
            sessions: Mutex::default(),
        }
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn publish(&self, families: FxHashMap<Box<str>, Arc<Family>>) {
        let mut current = self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let generation = current.generation + 1;
        *current = Arc::new(Snapshot {
            generation,
            families,
        });
    }

    /// Learns these files and forgets all others.
    pub fn train(
        &self,
        files: Vec<SourceFile>,
        progress: &(dyn Fn(Progress) + Sync),
        cancel: &CancelToken,
    ) -> TrainingReport {
        let _writer = lock(&self.writer);
        let mut report = TrainingReport::default();
        let mut by_family: FxHashMap<&'static str, Vec<SourceFile>> = FxHashMap::default();
        let admitted = files.into_par_iter().map(|file| {
            let text = self.admitted(&file.path, &file.text);
            let text = text.map(|it| match it {
                Cow::Borrowed(_) => Arc::clone(&file.text),
                Cow::Owned(masked) => masked.into(),
            });
            (file, text)
        });
        for (file, text) in admitted.collect::<Vec<_>>() {
            match text {
                Ok(text) => by_family
                    .entry(family_of(&file.language))
                    .or_default()
                    .push(SourceFile { text, ..file }),
                Err(refusal) => report.skipped.push((file.path, refusal)),
            }
        }
        let total = by_family.values().map(Vec::len).sum();
        let mut families = FxHashMap::default();
        let mut done = 0;
        for (name, mut files) in by_family {
            files.sort_by(|a, b| a.path.cmp(&b.path));
            files.dedup_by(|a, b| a.path == b.path);
            let mut words = Vocabulary::new(FIRST_WORD, literals(name));
            let mut sheets = Vec::with_capacity(files.len());
            for chunk in files.chunks(64) {
                if cancel.is_cancelled() {
                    report.cancelled = true;
                    return report;
                }
                let lexed: Vec<Lexed> = chunk
                    .par_iter()
                    .map(|f| lex(&f.text, lexer(&f.language)))
                    .collect();
                for (file, lines) in chunk.iter().zip(lexed) {
                    let sheet = lay_out(&file.text, &lines, &mut |t, w| words.intern(t, w));
                    report.files += 1;
                    report.bytes += file.text.len();
                    report.lines += lines.lines.len();
                    report.tokens += sheet.tokens.len();
                    sheets.push(Page {
                        path: file.path.clone(),
                        hash: text_hash(&file.text),
                        sheet,
                    });
                }
                done += chunk.len();
                progress(Progress { done, total });
            }
            drop(files);
            let segment = Segment::build(sheets, words.end(), &|id| kind_in(&words, id));
            families.insert(
                Box::from(name),
                Arc::new(Family::with_base(Arc::new(words), Arc::new(segment))),
            );
        }
        if cancel.is_cancelled() {
            report.cancelled = true;
            return report;
        }
        tracing::debug!(
            files = report.files,
            tokens = report.tokens,
            "learnt the repository"
        );
        self.publish(families);
        report
    }

    /// What may be learnt of a file.
    fn admitted<'a>(&self, path: &str, text: &'a str) -> Result<Cow<'a, str>, Refusal> {
        if self.options.policy.level(path) == Level::Blocked {
            return Err(Refusal::Private);
        }
        il_admission::admit(text)?;
        let mask = self.options.mask.as_ref();
        Ok(mask.map_or(Cow::Borrowed(text), |it| it.apply(text)))
    }

    /// Whether something is left here of a file that may not be learnt from, also one that was forgotten: words of it stay
    /// until everything is learnt anew.
    pub fn holds_private(&self) -> bool {
        let snapshot = self.snapshot();
        let lives = snapshot.families.values().flat_map(|it| it.segments());
        let mut files = lives.flat_map(|it| &it.segment.files);
        files.any(|it| self.options.policy.level(&it.path) == Level::Blocked)
    }

    /// The file at `path` is now `text`, or gone.
    pub fn update(&self, path: &str, language: &str, text: Option<&str>) {
        let _writer = lock(&self.writer);
        let snapshot = self.snapshot();
        let text = text.and_then(|it| self.admitted(path, it).ok());
        let text = text.as_deref();
        let target = family_of(language);
        let mut families = snapshot.families.clone();
        let mut changed = false;
        for (name, family) in &snapshot.families {
            let stays = **name == *target && text.is_some();
            if !stays && let Some(without) = self.changed(family, path, None) {
                families.insert(name.clone(), Arc::new(without));
                changed = true;
            }
        }
        if let Some(text) = text {
            let family = match families.get(target) {
                Some(family) => family.clone(),
                None => Arc::new(Family::empty(literals(target))),
            };
            if let Some(with) = self.changed(&family, path, Some((text, lexer(language)))) {
                families.insert(Box::from(target), Arc::new(with));
                changed = true;
            }
        }
        if changed {
            self.publish(families);
        }
    }

    /// A family with one file replaced, added or gone; `None` when that changes nothing.
    fn changed(&self, family: &Family, path: &str, text: Option<(&str, &Lexer)>) -> Option<Family> {
        let known = family.base.find(path).is_some() || family.overlay.find(path).is_some();
        if !known && text.is_none() {
            return None;
        }
        if let (Some((text, _)), Some(hash)) = (text, family.hash_of(path))
            && hash == text_hash(text)
        {
            return None;
        }
        let mut words = Vocabulary::clone(&family.overlay_words);
        let page = text.map(|(text, lexer)| {
            let base = family.words.clone();
            let sheet = lay_out(text, &lex(text, lexer), &mut |t, w| {
                base.get(t).unwrap_or_else(|| words.intern(t, w))
            });
            Page {
                path: Arc::from(path),
                hash: text_hash(text),
                sheet,
            }
        });
        let current = [&family.base, &family.overlay]
            .into_iter()
            .find_map(|l| Some(l.tokens(l.find(path)? as usize)));
        let mut next = family.clone();
        next.overlay_words = Arc::new(words);
        if let Some(current) = current {
            next.recount(current, false);
        }
        if let Some(page) = &page {
            next.recount(&page.sheet.tokens, true);
        }
        next.rank();
        next.base.kill(path);
        let overlay = &family.overlay;
        let mut pages: Vec<Page> = overlay
            .live_files()
            .filter(|&f| *overlay.segment.files[f].path != *path)
            .map(|f| overlay.segment.page(f))
            .collect();
        pages.extend(page);
        let tokens: usize = pages.iter().map(|p| p.sheet.tokens.len()).sum();
        if tokens
            > self
                .options
                .overlay_tokens
                .max(next.base.segment.tokens.len() / 4)
        {
            return Some(merged(&next, pages));
        }
        let (base, overlay) = (next.words.clone(), next.overlay_words.clone());
        let kind = move |id: Id| {
            if id < base.end() {
                kind_in(&base, id)
            } else {
                overlay.kind(id)
            }
        };
        next.overlay = Live::new(Arc::new(Segment::build(
            pages,
            next.overlay_words.end(),
            &kind,
        )));
        Some(next)
    }

    /// The language that the registry gives a path.
    pub(crate) fn language_of(&self, path: &str) -> Arc<str> {
        Arc::from(il_lang::registry().detect(path, None).id)
    }

    /// What the model holds.
    pub fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for family in self.snapshot().families.values() {
            stats.memory += family.memory();
            for live in family.segments() {
                let files = &live.segment.files;
                for f in live.live_files() {
                    let end = files
                        .get(f + 1)
                        .map_or(live.segment.lines.len(), |n| n.first_line as usize);
                    stats.files += 1;
                    stats.lines += end - files[f].first_line as usize;
                    stats.tokens += live.tokens(f).len();
                }
            }
        }
        stats
    }

    /// The files that were learnt, in no order.
    pub fn files(&self) -> Vec<LearntFile> {
        let snapshot = self.snapshot();
        let lives = snapshot.families.values().flat_map(|f| f.segments());
        lives
            .flat_map(|live| live.live_files().map(|f| &live.segment.files[f]))
            .map(|f| LearntFile {
                path: f.path.clone(),
                hash: f.hash,
            })
            .collect()
    }

    /// The session of a file, made when there is none for this snapshot.
    pub(crate) fn session(&self, path: &Arc<str>) -> Arc<Mutex<Session>> {
        let mut sessions = lock(&self.sessions);
        let at = sessions.iter().position(|(p, _)| p == path);
        let entry = match at {
            Some(at) => sessions.remove(at),
            None => (path.clone(), Arc::default()),
        };
        let session = entry.1.clone();
        sessions.push(entry);
        let excess = sessions.len().saturating_sub(self.options.sessions.max(1));
        sessions.drain(..excess);
        session
    }
}

/// A family whose overlay has become part of the base.
fn merged(family: &Family, overlay: Vec<Page>) -> Family {
    let mut words = Vocabulary::clone(&family.words);
    for id in family.overlay_words.first()..family.overlay_words.end() {
        words.intern(
            family.overlay_words.text(id),
            family.overlay_words.kind(id).is_word(),
        );
    }
    let base = &family.base;
    let mut pages: Vec<Page> = base.live_files().map(|f| base.segment.page(f)).collect();
    pages.extend(overlay);
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    let segment = Segment::build(pages, words.end(), &|id| kind_in(&words, id));
    Family::with_base(Arc::new(words), Arc::new(segment))
}

/// The hash that tells whether a file's text has changed.
pub fn text_hash(text: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    std::hash::Hasher::write(&mut hasher, text.as_bytes());
    std::hash::Hasher::finish(&hasher)
}

pub(crate) fn kind_in(words: &Vocabulary, id: Id) -> crate::vocabulary::Kind {
    use crate::vocabulary::{Kind, is_newline};
    match id {
        id if is_newline(id) => Kind::Newline,
        id if id < FIRST_WORD => Kind::Operator,
        id => words.kind(id),
    }
}

/// The family whose files teach about this language.
pub(crate) fn family_of(language: &str) -> &'static str {
    let registry = il_lang::registry();
    registry
        .by_id(language)
        .unwrap_or_else(|| registry.plaintext())
        .family
}

/// The lexer of a language, compiled once.
pub(crate) fn lexer(language: &str) -> &'static Lexer {
    static LEXERS: std::sync::OnceLock<(FxHashMap<&'static str, Lexer>, Lexer)> =
        std::sync::OnceLock::new();
    let (lexers, plain) = LEXERS.get_or_init(|| {
        let registry = il_lang::registry();
        let compile = |l: &il_lang::Language| Lexer::new(LexRules::from(l));
        (
            registry
                .languages()
                .iter()
                .map(|l| (l.id, compile(l)))
                .collect(),
            compile(registry.plaintext()),
        )
    });
    let id = il_lang::registry().by_id(language).map_or("", |l| l.id);
    lexers.get(id).unwrap_or(plain)
}

/// A text cut into tokens, with where its lines are.
struct Lexed {
    /// Offsets from the start of the text.
    tokens: Vec<Token>,
    /// Indentation, and the end of the line's tokens; a blank line has none.
    lines: Vec<(u32, u32)>,
}

fn lex(text: &str, lexer: &Lexer) -> Lexed {
    let mut lexed = Lexed {
        tokens: Vec::with_capacity(text.len() / 4),
        lines: Vec::with_capacity(text.len() / 30),
    };
    let mut state = LexState::default();
    let mut offset = 0;
    for line in split_lines(text, true) {
        let first = lexed.tokens.len();
        lexer.line(line, &mut state, &mut lexed.tokens);
        for token in &mut lexed.tokens[first..] {
            token.start += offset;
            token.end += offset;
        }
        lexed
            .lines
            .push((indentation(line).0, lexed.tokens.len() as u32));
        offset += line.len() as u32;
    }
    lexed
}

/// Turns a lexed text into a sheet of ids.
fn lay_out(text: &str, lexed: &Lexed, intern: &mut dyn FnMut(&str, bool) -> Id) -> Sheet {
    let mut sheet = Sheet::new();
    let (mut ids, mut space) = (Vec::new(), Vec::new());
    let mut first = 0;
    for (row, &(indent, end)) in lexed.lines.iter().enumerate() {
        if first == end as usize {
            sheet.push_blank();
            continue;
        }
        ids.clear();
        space.clear();
        for (i, t) in lexed.tokens[first..end as usize].iter().enumerate() {
            ids.push(intern(
                &text[t.start as usize..t.end as usize],
                t.class != TokenClass::Symbol,
            ));
            space.push(if i == 0 { 0 } else { t.space });
        }
        sheet.push_line(indent, row as u32, &ids, &space);
        first = end as usize;
    }
    sheet
}

#[cfg(test)]
mod tests;
