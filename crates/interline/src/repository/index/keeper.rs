//! The index of an open repository, kept up to date behind whoever types.
//!
//! The one idea: one thread that everything else goes before opens the index, brings it up to date, and takes what the
//! watcher tells. A few saved files do not wait for it when it is busy with a branch switch: they are indexed where they are
//! told. What is new is saved when nothing has changed for a while, and embedded in the pauses.
//!
//! Deliberately absent: watching, and anything that a failure here could do to completion. What goes wrong is said once.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use il_assist::CancelToken;
use il_index::{Difference, Folder, Index, Stamp};
use il_retrieval::EmbedError;
use il_watch::File;

use super::{Opened, open, stamped};
use crate::repository::lock;

/// So few files are indexed where they are told, at once.
const FEW: usize = 8;
/// What is new is saved after this much quiet…
const QUIET: Duration = Duration::from_secs(3);
/// …or when the first of it is this old.
const LONGEST: Duration = Duration::from_secs(60);
/// An embedder that cannot be reached is tried again after this long, then after twice as long, and so on.
const FIRST_RETRY: Duration = Duration::from_secs(30);
const LAST_RETRY: Duration = Duration::from_secs(30 * 60);

/// How much lower than everything else the thread runs.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Keeps one index until it is dropped.
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    messages: Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    root: PathBuf,
    /// Empty until it is open.
    index: Arc<OnceLock<Arc<Index>>>,
    /// Cancelled at the end.
    end: CancelToken,
    /// Cancels the embedding that runs, if any: something more urgent came.
    embedding: Mutex<CancelToken>,
}

enum Message {
    /// To be indexed.
    Changed(Difference),
    /// Has been indexed, and is not yet saved.
    Indexed,
    Stop,
}

impl Keeper {
    /// Begins with what a scan of the tree found.
    pub(crate) fn start(root: &Path, files: &[File]) -> Option<Self> {
        let shared = Arc::new(Shared {
            root: root.to_path_buf(),
            index: Arc::default(),
            end: CancelToken::new(),
            embedding: Mutex::new(CancelToken::new()),
        });
        let (messages, inbox) = crossbeam_channel::unbounded();
        let scanned: Vec<(String, Stamp)> = stamped(files).collect();
        let kept = Arc::clone(&shared);
        let work = move || {
            go_last();
            if let Some(worker) = Worker::open(kept, scanned) {
                worker.run(&inbox);
            }
        };
        let thread = thread::Builder::new().name("index".into()).spawn(work);
        match thread {
            Ok(thread) => Some(Self {
                shared,
                messages,
                thread: Mutex::new(Some(thread)),
            }),
            Err(error) => {
                tracing::warn!(%error, "cannot keep an index: no thread can be started");
                None
            }
        }
    }

    /// The index, from when it is open.
    pub(crate) fn index(&self) -> Arc<OnceLock<Arc<Index>>> {
        Arc::clone(&self.shared.index)
    }

    /// The watcher saw files change or go. A few of them are in the index when this returns, if it is open.
    pub(crate) fn changed(&self, changed: &[File], removed: &[String]) {
        let difference = Difference {
            changed: stamped(changed).collect(),
            removed: removed.to_vec(),
        };
        let index = self.shared.index.get().filter(|_| is_few(&difference));
        let message = match index {
            Some(index) => {
                self.shared.update(index, &difference, &|| {});
                Message::Indexed
            }
            None => {
                lock(&self.shared.embedding).cancel();
                Message::Changed(difference)
            }
        };
        // Without a receiver it has ended already.
        let _ = self.messages.send(message);
    }

    /// Stops what is going on and saves what is there.
    pub(crate) fn stop(&self) {
        self.shared.end.cancel();
        lock(&self.shared.embedding).cancel();
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::warn!("the thread that keeps the index broke");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop();
    }
}

fn is_few(difference: &Difference) -> bool {
    difference.changed.len() + difference.removed.len() <= FEW
}

impl Shared {
    fn update(&self, index: &Index, difference: &Difference, progress: &dyn Fn()) {
        let folder = Folder {
            root: self.root.clone(),
        };
        let Difference { changed, removed } = difference;
        let started = Instant::now();
        // A few files are done even at the end.
        let end = if is_few(difference) {
            CancelToken::new()
        } else {
            self.end.clone()
        };
        let report = index.update(changed, removed, &folder, &|_| progress(), &end);
        tracing::debug!(
            files = report.files,
            removed = report.removed,
            took = ?started.elapsed(),
            "indexed"
        );
    }
}

/// What the thread knows.
struct Worker {
    shared: Arc<Shared>,
    opened: Opened,
    /// Since when something is unsaved, and when the last of it came.
    unsaved: Option<(Instant, Instant)>,
    embed: Embed,
}

/// When to embed next.
#[derive(Clone, Copy)]
enum Embed {
    /// Nothing waits for it.
    Idle,
    /// In a pause after this; when it fails, again so much later.
    At(Instant, Duration),
    /// Not any more: somebody has to change something first.
    Never,
}

impl Worker {
    /// Opens the index and brings it up to date.
    fn open(shared: Arc<Shared>, scanned: Vec<(String, Stamp)>) -> Option<Self> {
        let opened = match open(&shared.root, None) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::warn!("there is no index to search: {error:#}");
                return None;
            }
        };
        for problem in &opened.problems {
            tracing::warn!("{problem}");
        }
        if opened.is_in_use {
            tracing::info!("another process writes the index: ours is kept in memory");
        }
        let difference = opened.index.difference(scanned);
        // From here on saved files are indexed where they are told.
        let _ = shared.index.set(Arc::clone(&opened.index));
        let mut worker = Self {
            shared,
            opened,
            unsaved: None,
            embed: Embed::At(Instant::now(), FIRST_RETRY),
        };
        worker.update(&difference);
        Some(worker)
    }

    fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            let message = match self.next_due() {
                Some(due) => inbox.recv_deadline(due),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Changed(difference)) => self.update(&difference),
                Ok(Message::Indexed) => self.is_new(),
                Err(RecvTimeoutError::Timeout) => self.pause(inbox),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.save();
    }

    fn update(&mut self, difference: &Difference) {
        if difference.changed.is_empty() && difference.removed.is_empty() {
            return;
        }
        self.shared
            .update(&self.opened.index, difference, &self.saving_now_and_then());
        self.is_new();
    }

    /// Something is in the index that is not on the disk.
    fn is_new(&mut self) {
        let now = Instant::now();
        let first = self.unsaved.map_or(now, |it| it.0);
        self.unsaved = Some((first, now));
        if let Embed::Idle = self.embed {
            self.embed = Embed::At(now + QUIET, FIRST_RETRY);
        }
    }

    fn save_due(&self) -> Option<Instant> {
        self.unsaved
            .map(|(first, last)| (last + QUIET).min(first + LONGEST))
    }

    fn next_due(&self) -> Option<Instant> {
        let embed = match self.embed {
            Embed::At(at, _) => Some(at),
            Embed::Idle | Embed::Never => None,
        };
        [self.save_due(), embed].into_iter().flatten().min()
    }

    fn pause(&mut self, inbox: &Receiver<Message>) {
        let now = Instant::now();
        if self.save_due().is_some_and(|due| due <= now) {
            self.save();
        }
        if let Embed::At(at, wait) = self.embed
            && at <= now
        {
            self.embed = self.embed(wait, inbox);
        }
    }

    /// Embeds what has no vector until something more urgent comes; says when to go on.
    fn embed(&mut self, wait: Duration, inbox: &Receiver<Message>) -> Embed {
        let cancel = CancelToken::new();
        *lock(&self.shared.embedding) = cancel.clone();
        // What came before the token was there did not cancel it.
        if !inbox.is_empty() || self.shared.end.is_cancelled() {
            return Embed::At(Instant::now() + QUIET, FIRST_RETRY);
        }
        let embedded = {
            let save = self.saving_now_and_then();
            self.opened.index.embed_pending(&|_| save(), &cancel)
        };
        if !matches!(embedded, Ok(0)) {
            let now = Instant::now();
            self.unsaved.get_or_insert((now, now));
        }
        match embedded {
            Ok(_) => Embed::Idle,
            Err(EmbedError::Cancelled) => Embed::At(Instant::now() + QUIET, FIRST_RETRY),
            Err(EmbedError::Unavailable(why)) => {
                if wait == FIRST_RETRY {
                    tracing::warn!("nothing is found by meaning for now: {why}");
                }
                Embed::At(Instant::now() + wait, (wait * 2).min(LAST_RETRY))
            }
            Err(EmbedError::Refused(why)) => {
                tracing::warn!("nothing is found by meaning: {why}");
                Embed::Never
            }
        }
    }

    /// For long work: who kills us then does not take all of it.
    fn saving_now_and_then(&self) -> impl Fn() {
        let saved = Cell::new(Instant::now());
        move || {
            if saved.get().elapsed() >= LONGEST {
                saved.set(Instant::now());
                // That it cannot be saved is said in the next pause.
                let _ = self.opened.save();
            }
        }
    }

    fn save(&mut self) {
        self.unsaved = None;
        if let Err(problem) = self.opened.save() {
            tracing::warn!("{problem}");
        }
    }
}

/// Lets all other threads go before this one, and the ones that it starts.
fn go_last() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "the index is kept at ordinary priority");
    }
}
