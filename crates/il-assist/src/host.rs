//! The host: an editor's other half.
//!
//! What an editor tells goes to the documents, behind a lock held for one edit, and from there as messages
//! to two threads: one follows the syntax, one drives the pipeline. Messages are sent while the lock is
//! held, so both threads hear of a document in the order in which it changed. An ask takes a snapshot and
//! leaves; nothing that is done for it is ever in the way of the next edit.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use il_engine::{CancelToken, Edited, Workspace};
use il_lang::Language;
use il_text::{Encoding, Text};

use crate::{
    board::Board,
    data::{
        Answer, Ask, AskId, Change, Explanation, Notice, Opened, Reason, Refusal, Reply,
        RepositoryState, Status, Word,
    },
    documents::{AtHand, Documents, Known, place},
    driver::{Asked, Driver, Message, ReplyOnce, plain},
    ports::{Clock, OpenError, Progress, Repositories},
    queue::Queue,
    repositories::{Answerer, OpenId, Roots},
    syntax::{self, Question, Task},
};

/// What a host's owner decides once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How positions are counted.
    pub encoding: Encoding,
    /// Threads that run engines; 0 for as many as the machine has cores, at most four.
    pub workers: usize,
    /// The editor never says that a suggestion is on the screen: take it that the first one always is.
    pub assume_shown: bool,
    /// How the pipeline is tuned.
    pub pipeline: il_complete::Config,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            encoding: Encoding::default(),
            workers: 0,
            assume_shown: true,
            pipeline: il_complete::Config::default(),
        }
    }
}

/// An editor's other half. Dropping it stops its threads; every ask that waits is replied to.
pub struct Host {
    shared: Arc<Shared>,
    encoding: Encoding,
    syntax: Sender<Task>,
    chores: Sender<Chore>,
    asks: AtomicU64,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("encoding", &self.encoding)
            .finish_non_exhaustive()
    }
}

/// What the host shares with its threads.
struct Shared {
    repositories: Arc<dyn Repositories>,
    clock: Arc<dyn Clock>,
    documents: Mutex<Documents>,
    roots: Mutex<Roots>,
    board: Arc<Mutex<Board>>,
    pipeline: Sender<Message>,
    notices: Sender<Notice>,
    /// Asks that have not been replied to.
    waiting: Arc<AtomicUsize>,
}

/// Slow things that someone outside does.
enum Chore {
    /// Files changed on disk.
    Changed(Vec<PathBuf>),
    /// A file was opened and there is no repository yet: find the one that it is in.
    FindRoot(PathBuf),
}

impl Host {
    /// Starts the threads. What happens without being asked for arrives at the receiver.
    pub fn new(
        repositories: Arc<dyn Repositories>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> io::Result<(Self, Receiver<Notice>)> {
        let (notices, hear_notices) = unbounded();
        let (pipeline, inbox) = unbounded();
        let board = Arc::new(Mutex::new(Board::default()));

        let heard = pipeline.clone();
        let queue = Queue::start(workers(settings.workers), move |it| {
            // The driver may be gone; then nobody waits for this.
            let _ = heard.send(Message::Heard(it));
        })?;
        let driver = Driver::new(
            settings.pipeline,
            queue,
            repositories.clone(),
            clock.clone(),
            board.clone(),
            settings.encoding,
            settings.assume_shown,
        );
        thread::Builder::new()
            .name("il-pipeline".into())
            .spawn(move || driver.run(&inbox))?;

        let facts = pipeline.clone();
        let syntax = syntax::start(move |ask, facts_at| {
            let _ = facts.send(Message::Facts {
                ask,
                facts: facts_at,
            });
        })?;

        let shared = Arc::new(Shared {
            repositories,
            clock,
            documents: Mutex::default(),
            roots: Mutex::default(),
            board,
            pipeline,
            notices,
            waiting: Arc::default(),
        });
        let (chores, todo) = unbounded();
        let doing = shared.clone();
        thread::Builder::new()
            .name("il-chores".into())
            .spawn(move || doing.do_chores(&todo))?;

        let encoding = settings.encoding;
        Ok((
            Self {
                shared,
                encoding,
                syntax,
                chores,
                asks: AtomicU64::new(0),
            },
            hear_notices,
        ))
    }

    /// Opens a repository in the background. Harmless when it is open.
    pub fn open_repository(&self, root: PathBuf) {
        open(&self.shared, root);
    }

    /// Forgets a repository; stops opening it, if that is under way.
    pub fn close_repository(&self, root: &Path) {
        if self.shared.roots().leave(root) {
            self.tell(Message::EngineChanged);
        }
    }

    /// A document was opened; or opened again, and then the later text counts.
    pub fn did_open(&self, opened: &Opened) {
        let language = language(opened);
        let text = Text::from(opened.text.as_str());
        if let Some(path) = opened.path.clone()
            && self.shared.roots().is_empty()
        {
            self.chore(Chore::FindRoot(path));
        }
        let now = self.shared.clock.now();
        let mut documents = self.shared.documents();
        let (document, doc, replaced) = documents.open(opened, language.id, text, now);
        if let Some(doc) = replaced {
            self.closed(doc, &document.path);
        }
        self.follow(Task::Opened {
            doc,
            language,
            text: document.text,
        });
    }

    /// A document was edited; the changes apply in order, each to what the one before has left.
    pub fn did_change(
        &self,
        uri: &str,
        version: Option<i64>,
        changes: Vec<Change>,
    ) -> Result<(), Refusal> {
        let now = self.shared.clock.now();
        let mut documents = self.shared.documents();
        let edited = documents.change(uri, version, changes, self.encoding, now)?;
        let (doc, typed) = (edited.doc, edited.typed);
        let version = i64::from(edited.document.version);
        self.follow(Task::Edited {
            doc,
            edits: edited.edits,
        });
        self.tell(Message::Edited {
            doc,
            typed,
            version,
        });
        Ok(())
    }

    /// A document was closed. Asks about it are replied to.
    pub fn did_close(&self, uri: &str) {
        let mut documents = self.shared.documents();
        if let Some(doc) = documents.close(uri) {
            self.closed(doc, &Arc::from(uri));
        }
    }

    /// A document was saved.
    pub fn did_save(&self, uri: &str) {
        let saved = self.shared.documents().save(uri, self.shared.clock.now());
        if let Some(path) = saved {
            self.chore(Chore::Changed(vec![path.to_path_buf()]));
        }
    }

    /// A document is being looked at; `None` when none is.
    pub fn did_focus(&self, uri: Option<&str>) {
        if let Some(uri) = uri {
            self.shared.documents().focus(uri, self.shared.clock.now());
        }
    }

    /// Files changed on disk, as far as the editor saw.
    pub fn did_change_watched_files(&self, paths: Vec<PathBuf>) {
        self.chore(Chore::Changed(paths));
    }

    /// Asks for suggestions. `reply` is called exactly once, from any thread, and must not block.
    pub fn complete(&self, ask: Ask, reply: impl FnOnce(Reply) + Send + 'static) -> AskId {
        let id = AskId(self.asks.fetch_add(1, Ordering::Relaxed) + 1);
        let at = self.shared.clock.now();
        let waiting = self.shared.waiting.clone();
        waiting.fetch_add(1, Ordering::SeqCst);
        let reply = ReplyOnce::new(move |it| {
            waiting.fetch_sub(1, Ordering::SeqCst);
            reply(it);
        });
        let documents = self.shared.documents();
        let found = documents.get(&ask.uri);
        let held = found
            .as_ref()
            .map(|(document, _)| i64::from(document.version));
        let (document, known) = match (found, misfit(&ask, held)) {
            (Some(found), None) => found,
            (_, misfit) => {
                drop(documents);
                self.settle(id, &ask, misfit.unwrap_or(Misfit::Unknown), reply);
                return id;
            }
        };
        let text = &document.text;
        let offset = text
            .offset(place(ask.position), self.encoding)
            .unwrap_or(text.len());
        let (path, answerer, root) = self.shared.answerer(&known, &ask.uri);
        let screen = self.shared.repositories.screen(root.as_deref());
        let workspace = match &answerer {
            Answerer::Engine(engine) if engine.wants_workspace() => {
                self.shared.workspace(&known, &documents.at_hand(&ask.uri))
            }
            _ => Arc::default(),
        };
        let wants_syntax = CancelToken::new();
        let (doc, wanted) = (known.doc, wants_syntax.clone());
        let asked = Asked {
            id,
            ask,
            doc,
            document,
            offset,
            path,
            answerer,
            screen,
            workspace,
            at,
            reply,
            wants_syntax,
        };
        self.tell(Message::Asked(Box::new(asked)));
        self.follow(Task::Facts(Question {
            ask: id,
            doc,
            offset,
            wanted,
        }));
        id
    }

    /// The editor no longer waits. The reply is [`Reply::Cancelled`], unless another is under way.
    pub fn cancel(&self, ask: AskId) {
        self.tell(Message::Cancelled(ask));
    }

    /// A suggestion is on the screen.
    pub fn shown(&self, suggestion: &str) {
        self.about(suggestion, Message::Shown);
    }

    /// A suggestion was taken whole.
    pub fn accepted(&self, suggestion: &str) {
        self.about(suggestion, Message::Accepted);
    }

    /// A suggestion was taken in part: this many UTF-16 units of its text, from the start.
    pub fn partially_accepted(&self, suggestion: &str, utf16_length: usize) {
        self.about(suggestion, |id| Message::PartiallyAccepted {
            id,
            utf16_length,
        });
    }

    /// How everything is.
    pub fn status(&self) -> Status {
        let repositories = self.shared.roots().status();
        let documents = self.shared.documents().status();
        let board = self
            .shared
            .board
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Status {
            repositories,
            documents,
            counters: board.counters,
            waiting: self.shared.waiting.load(Ordering::SeqCst),
            engine_jobs: board.engine_jobs,
        }
    }

    /// Why an ask (`r7`) or a suggestion (`s3`) came out as it did; `None` for the latest ask.
    pub fn explain(&self, id: Option<&str>) -> Option<Explanation> {
        self.shared
            .board
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .explain(id)
    }

    /// The text of an open document.
    pub fn text(&self, uri: &str) -> Option<String> {
        let document = self
            .shared
            .documents()
            .get(uri)
            .map(|(document, _)| document);
        document.map(|it| it.text.contents())
    }

    /// Replies to an ask that cannot be gone into.
    fn settle(&self, id: AskId, ask: &Ask, misfit: Misfit, reply: ReplyOnce) {
        let elapsed = Duration::ZERO;
        let reason = misfit.reason(ask);
        self.shared.on_board(|board| {
            board.counters.asks += 1;
            match misfit {
                Misfit::Unknown => board.counters.refused += 1,
                Misfit::Old => board.counters.superseded += 1,
                Misfit::New { .. } => board.counters.empty += 1,
            }
            board.asked(id, ask.uri.clone());
            board.answered(id, Some(reason.clone()), Vec::new(), Vec::new(), elapsed);
        });
        reply.reply(match misfit {
            Misfit::Unknown => Reply::Refused(Refusal::UnknownDocument(ask.uri.clone())),
            Misfit::Old => Reply::Superseded,
            Misfit::New { .. } => Reply::Answered(Answer {
                ask: id,
                suggestions: Vec::new(),
                reason: Some(reason),
                word: Word {
                    start: ask.position,
                    end: ask.position,
                    text: String::new(),
                },
                elapsed,
            }),
        });
    }

    fn closed(&self, doc: crate::documents::DocNumber, uri: &Arc<str>) {
        self.follow(Task::Closed(doc));
        self.tell(Message::Closed {
            doc,
            uri: uri.clone(),
        });
    }

    fn about(&self, suggestion: &str, message: impl FnOnce(il_complete::SuggestionId) -> Message) {
        match plain::suggestion_id(suggestion) {
            Some(id) => self.tell(message(id)),
            None => tracing::debug!("word about a suggestion that is not ours"),
        }
    }

    /// The threads end only with the host; until then somebody hears.
    fn tell(&self, message: Message) {
        let _ = self.shared.pipeline.send(message);
    }

    fn follow(&self, task: Task) {
        let _ = self.syntax.send(task);
    }

    fn chore(&self, chore: Chore) {
        let _ = self.chores.send(chore);
    }
}

/// Why an ask and the documents do not fit together.
#[derive(Clone, Copy, Debug)]
enum Misfit {
    /// The document is not open.
    Unknown,
    /// The text has moved on since.
    Old,
    /// The text that the position is about has not arrived: any answer would be about another.
    New { asked: i64, held: i64 },
}

fn misfit(ask: &Ask, held: Option<i64>) -> Option<Misfit> {
    match (ask.version, held) {
        (_, None) => Some(Misfit::Unknown),
        (Some(asked), Some(held)) if asked < held => Some(Misfit::Old),
        (Some(asked), Some(held)) if asked > held => Some(Misfit::New { asked, held }),
        _ => None,
    }
}

impl Misfit {
    fn reason(self, ask: &Ask) -> Reason {
        let (code, sentence) = match self {
            Self::Unknown => (
                "unknown-document",
                Refusal::UnknownDocument(ask.uri.clone()).to_string(),
            ),
            Self::Old => (
                "superseded",
                "the text has changed since the request was made".to_owned(),
            ),
            Self::New { asked, held } => (
                "unknown-version",
                format!("the request is about version {asked}, but {held} is the latest that came"),
            ),
        };
        Reason {
            code: code.into(),
            sentence,
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.shared.roots().cancel_all();
        self.tell(Message::Stop);
    }
}

impl Shared {
    fn documents(&self) -> MutexGuard<'_, Documents> {
        self.documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn roots(&self) -> MutexGuard<'_, Roots> {
        self.roots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn on_board(&self, write: impl FnOnce(&mut Board)) {
        write(&mut self.board.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Who answers for a document, what it is called there, and where "there" is.
    fn answerer(&self, known: &Known, uri: &str) -> (Arc<str>, Answerer, Option<PathBuf>) {
        let file = known.path.as_deref();
        let roots = self.roots();
        let (path, root) = match file.and_then(|file| roots.place(file)) {
            Some((root, inside)) => (plain::inside(inside), Some(root)),
            None => (plain::outside(file, uri), None),
        };
        let answerer = roots.answerer(file);
        (path, answerer, root)
    }

    /// What is at hand in the repository of a document, by the paths that engines know.
    fn workspace(&self, known: &Known, at_hand: &AtHand) -> Arc<Workspace> {
        let roots = self.roots();
        let own = known.path.as_deref().and_then(|file| roots.place(file));
        let Some((root, _)) = own else {
            return Arc::default();
        };
        let inside = |file: &Path| Some(plain::inside(file.strip_prefix(&root).ok()?));
        let edits = at_hand.edits.iter().filter_map(|it| {
            Some(Edited {
                path: inside(&it.path)?,
                line: u32::try_from(it.line).unwrap_or(u32::MAX),
                text: it.text.clone(),
            })
        });
        Arc::new(Workspace {
            tabs: at_hand.tabs.iter().filter_map(|it| inside(it)).collect(),
            edits: edits.collect(),
        })
    }

    fn notice(&self, notice: Notice) {
        let _ = self.notices.send(notice); // nobody has to listen
    }

    fn do_chores(self: &Arc<Self>, todo: &Receiver<Chore>) {
        for chore in todo {
            let done = catch_unwind(AssertUnwindSafe(|| match chore {
                Chore::Changed(paths) => self.changed_on_disk(paths),
                Chore::FindRoot(path) => {
                    if self.roots().is_empty()
                        && let Some(root) = self.repositories.root_of(&path)
                    {
                        open(self, root);
                    }
                }
            }));
            if done.is_err() {
                tracing::error!("a repository panicked when told of a change");
            }
        }
    }

    fn changed_on_disk(&self, paths: Vec<PathBuf>) {
        let mut changed: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
        for path in paths {
            let Some((root, _)) = self.roots().place(&path) else {
                continue;
            };
            match changed.iter_mut().find(|(it, _)| *it == root) {
                Some((_, paths)) => paths.push(path),
                None => changed.push((root, vec![path])),
            }
        }
        for (root, paths) in changed {
            self.repositories.changed_on_disk(&root, &paths);
        }
    }

    /// Runs on a thread of its own.
    fn open(&self, root: PathBuf, id: OpenId, cancel: &CancelToken) {
        let started = self.clock.now();
        let progress = |progress: Progress| {
            if self
                .roots()
                .note(id, RepositoryState::Opening(Some(progress)), None)
            {
                self.notice(Notice::Progress {
                    root: root.clone(),
                    progress,
                });
            }
        };
        let opened = catch_unwind(AssertUnwindSafe(|| {
            self.repositories.open(&root, &progress, cancel)
        }));
        let took = self.clock.now().saturating_sub(started);
        let opened = opened.unwrap_or_else(|_| {
            let why = "opening the repository panicked; the log has the place".to_owned();
            Err(OpenError::Failed(why))
        });
        let noted = match &opened {
            Ok(engine) => {
                let state = RepositoryState::Ready { took };
                self.roots().note(id, state, Some(engine.clone()))
            }
            Err(why) => self
                .roots()
                .note(id, RepositoryState::Failed(why.to_string()), None),
        };
        // Before anybody is told: who asks then must not get what the fall-back said.
        let _ = self.pipeline.send(Message::EngineChanged);
        self.notice(match opened {
            _ if !noted => Notice::Closed { root },
            Err(OpenError::Cancelled) => Notice::Closed { root },
            Ok(_) => Notice::Ready { root, took },
            Err(OpenError::Failed(why)) => Notice::Failed { root, why },
        });
    }
}

fn open(shared: &Arc<Shared>, root: PathBuf) {
    let Some((id, cancel)) = shared.roots().enter(root.clone()) else {
        return;
    };
    let opening = shared.clone();
    let path = root.clone();
    let started = thread::Builder::new()
        .name("il-open".into())
        .spawn(move || opening.open(path, id, &cancel));
    if let Err(why) = started {
        let why = format!("cannot start a thread: {why}");
        shared
            .roots()
            .note(id, RepositoryState::Failed(why.clone()), None);
        shared.notice(Notice::Failed { root, why });
    }
}

fn workers(wanted: usize) -> usize {
    match wanted {
        0 => thread::available_parallelism().map_or(2, |it| it.get().clamp(2, 4)),
        wanted => wanted,
    }
}

/// What the editor says, if the registry knows it; else what the name and the first line say.
fn language(document: &Opened) -> &'static Language {
    let registry = il_lang::registry();
    if let Some(language) = registry.by_id(&document.language.to_ascii_lowercase()) {
        return language;
    }
    match &document.path {
        Some(path) => registry.detect(&path.to_string_lossy(), document.text.lines().next()),
        None => registry.plaintext(),
    }
}

#[cfg(test)]
mod tests;
