//! The thread that owns the pipeline: turns what happens into its events, and does what it wants done.
//!
//! The one idea: the pipeline is a pure machine, so everything that is not, lives here and nowhere else:
//! the queue of engine calls, the timer, the callbacks that wait for a reply. One thread, one inbox; the
//! order of the inbox is the order of the world.
//!
//! An ask goes through two waits. First for the syntax, a moment at most; then in the pipeline for
//! whatever it decides. Its one reply is a
//! [`ReplyOnce`], which cannot be forgotten.

mod message;
pub(crate) mod plain;

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use il_complete::{
    Action, Event, Extent, JobId, Pipeline, RequestId, Source, SuggestionId, Trigger, Typed,
};
use il_docs::Document;
use il_engine::{CancelToken, Engine, EngineError, Priority, Request, Workspace};
use il_text::Encoding;
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use self::message::{Asked, Message, ReplyOnce};
use self::plain::View;
use crate::{
    board::Board,
    data::{self, Answer, AskId, Reason, Reply, Step},
    documents::DocNumber,
    ports::{Clock, Repositories},
    queue::{Heard, Job, Queue},
    repositories::{Answerer, NotReady},
    syntax::{self, Facts},
};

/// The engine sees this much of a document before the cursor.
const WINDOW_BEFORE: usize = 128 << 10;

/// And this much behind it.
const WINDOW_AFTER: usize = 64 << 10;

/// How long an ask waits for the syntax before it goes on without.
const SYNTAX_PATIENCE: Duration = Duration::from_millis(5);

/// The same for a document whose syntax came too late the last time: it is large, and will again.
const SYNTAX_IMPATIENCE: Duration = Duration::from_millis(2);

/// So many suggestions back can still be accepted in part.
const REMEMBERED_SUGGESTIONS: usize = 256;

/// An ask that waits for the syntax.
struct Expecting {
    asked: Box<Asked>,
    until: Duration,
}

/// An ask that waits for the pipeline.
struct Waiting {
    document: Document,
    offset: usize,
    /// When the ask was made.
    at: Duration,
    /// When the pipeline got it.
    handed_in: Duration,
    reply: ReplyOnce,
}

/// Where a document's engine calls go.
struct Target {
    path: Arc<str>,
    engine: Option<Arc<dyn Engine>>,
    workspace: Arc<Workspace>,
}

pub(crate) struct Driver {
    pipeline: Pipeline,
    config: il_complete::Config,
    queue: Queue,
    repositories: Arc<dyn Repositories>,
    /// Made when it is first needed; that may take a while.
    fallback: Option<Option<Arc<dyn Engine>>>,
    clock: Arc<dyn Clock>,
    board: Arc<Mutex<Board>>,
    encoding: Encoding,
    assume_shown: bool,
    expecting: FxHashMap<AskId, Expecting>,
    waiting: FxHashMap<RequestId, Waiting>,
    targets: FxHashMap<Arc<str>, Target>,
    jobs: FxHashMap<JobId, CancelToken>,
    suggestions: VecDeque<(SuggestionId, String)>,
    last_shown: Option<SuggestionId>,
    wake: Option<Duration>,
    slow_syntax: FxHashSet<DocNumber>,
}

impl Driver {
    pub(crate) fn new(
        config: il_complete::Config,
        queue: Queue,
        repositories: Arc<dyn Repositories>,
        clock: Arc<dyn Clock>,
        board: Arc<Mutex<Board>>,
        encoding: Encoding,
        assume_shown: bool,
    ) -> Self {
        Self {
            pipeline: Pipeline::new(config.clone()),
            config,
            queue,
            repositories,
            fallback: None,
            clock,
            board,
            encoding,
            assume_shown,
            expecting: FxHashMap::default(),
            waiting: FxHashMap::default(),
            targets: FxHashMap::default(),
            jobs: FxHashMap::default(),
            suggestions: VecDeque::new(),
            last_shown: None,
            wake: None,
            slow_syntax: FxHashSet::default(),
        }
    }

    /// Runs until told to stop; everything that waits is replied to and every engine call cancelled.
    pub(crate) fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            let message = self.next(inbox);
            if matches!(message, Some(Message::Stop)) {
                break;
            }
            let handled = catch_unwind(AssertUnwindSafe(|| self.handle(message)));
            if handled.is_err() {
                self.start_over();
            }
            let jobs = self.jobs.len();
            self.on_board(|board| board.engine_jobs = jobs);
        }
        self.jobs.values().for_each(CancelToken::cancel);
        self.queue.close();
    }

    /// The next message, or `None` when it is time for something.
    fn next(&self, inbox: &Receiver<Message>) -> Option<Message> {
        let patience = self.expecting.values().map(|it| it.until).min();
        let Some(at) = self.wake.into_iter().chain(patience).min() else {
            return Some(inbox.recv().unwrap_or(Message::Stop));
        };
        match inbox.recv_timeout(at.saturating_sub(self.clock.now())) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Message::Stop),
        }
    }

    /// A panic in the pipeline costs what is under way, not the server.
    fn start_over(&mut self) {
        tracing::error!("the pipeline panicked and was started over");
        self.jobs.drain().for_each(|(_, cancel)| cancel.cancel());
        self.pipeline = Pipeline::new(self.config.clone());
        self.wake = None;
        self.on_board(|board| board.counters.panics += 1);
        let reason = Reason {
            code: "internal-error".into(),
            sentence: "the pipeline failed and was started over; the log has the place".to_owned(),
        };
        let waiting: Vec<RequestId> = self.waiting.keys().copied().collect();
        for request in waiting {
            self.reply_nothing(request, &reason);
        }
    }

    fn handle(&mut self, message: Option<Message>) {
        let now = self.clock.now();
        match message {
            None => {}
            Some(Message::Asked(asked)) => self.on_asked(asked, now),
            Some(Message::Facts { ask, facts }) => {
                if let Some(Expecting { asked, .. }) = self.expecting.remove(&ask) {
                    self.slow_syntax.remove(&asked.doc);
                    self.request(asked, Some(facts), now);
                }
            }
            Some(Message::Cancelled(ask)) => self.on_cancelled(ask, now),
            Some(Message::Edited {
                doc,
                typed,
                version,
            }) => self.on_edited(doc, typed, version, now),
            Some(Message::Closed { doc, uri }) => self.on_closed(doc, &uri, now),
            Some(Message::EngineChanged) => self.tell(Event::EngineChanged(None), now),
            Some(Message::Shown(id)) => self.on_shown(id, now),
            Some(Message::Accepted(id)) => {
                self.on_board(|board| board.counters.accepted += 1);
                self.tell(
                    Event::Accepted {
                        id,
                        extent: Extent::Whole,
                    },
                    now,
                );
            }
            Some(Message::PartiallyAccepted { id, utf16_length }) => {
                self.on_partially_accepted(id, utf16_length, now);
            }
            Some(Message::Heard(heard)) => self.on_heard(heard, now),
            Some(Message::Stop) => {} // handled by the loop
        }
        self.on_time(now);
    }

    /// Whatever is due by now.
    fn on_time(&mut self, now: Duration) {
        let late: Vec<AskId> = self
            .expecting
            .iter()
            .filter(|(_, it)| it.until <= now)
            .map(|(&id, _)| id)
            .collect();
        for ask in late {
            if let Some(Expecting { asked, .. }) = self.expecting.remove(&ask) {
                self.slow_syntax.insert(asked.doc);
                self.request(asked, None, now);
            }
        }
        if self.wake.is_some_and(|at| at <= now) {
            self.wake = None;
            self.tell(Event::Woke, now);
        }
    }

    fn on_asked(&mut self, asked: Box<Asked>, now: Duration) {
        let (doc, surface) = (asked.doc, asked.ask.surface);
        self.on_board(|board| {
            board.counters.asks += 1;
            board.asked(asked.id, asked.ask.uri.clone());
        });
        self.supersede(|it| it.doc == doc && it.ask.surface == surface, now);
        let slow = self.slow_syntax.contains(&doc);
        let patience = if slow {
            SYNTAX_IMPATIENCE
        } else {
            SYNTAX_PATIENCE
        };
        let until = asked.at + patience;
        self.expecting.insert(asked.id, Expecting { asked, until });
    }

    /// Asks that still wait for the syntax are replaced here; the pipeline does the same for its own.
    fn supersede(&mut self, which: impl Fn(&Asked) -> bool, now: Duration) {
        let replaced: Vec<AskId> = self
            .expecting
            .iter()
            .filter(|(_, it)| which(&it.asked))
            .map(|(&id, _)| id)
            .collect();
        for ask in replaced {
            self.give_up(ask, Reply::Superseded, now);
        }
    }

    /// Replies to an ask that the pipeline has not heard of.
    fn give_up(&mut self, ask: AskId, reply: Reply, now: Duration) {
        let Some(Expecting { asked, .. }) = self.expecting.remove(&ask) else {
            return;
        };
        asked.wants_syntax.cancel();
        let elapsed = now.saturating_sub(asked.at);
        let (code, sentence) = match reply {
            Reply::Superseded => ("superseded", "a newer request or edit took its place"),
            _ => ("cancelled", "the request was cancelled"),
        };
        let reason = Reason {
            code: code.into(),
            sentence: sentence.to_owned(),
        };
        self.on_board(|board| {
            match reply {
                Reply::Superseded => board.counters.superseded += 1,
                _ => board.counters.cancelled += 1,
            }
            board.answered(ask, Some(reason), Vec::new(), Vec::new(), elapsed);
        });
        asked.reply.reply(reply);
    }

    fn on_cancelled(&mut self, ask: AskId, now: Duration) {
        if self.expecting.contains_key(&ask) {
            self.give_up(ask, Reply::Cancelled, now);
        } else if self.waiting.contains_key(&RequestId(ask.0)) {
            self.tell(Event::Cancelled(RequestId(ask.0)), now);
        }
    }

    fn on_edited(&mut self, doc: DocNumber, typed: Typed, version: i64, now: Duration) {
        self.supersede(|it| it.doc == doc, now);
        for surface in [data::Surface::GhostText, data::Surface::List] {
            self.tell(
                Event::Edited {
                    doc: doc.on(surface),
                    typed,
                    version,
                },
                now,
            );
        }
    }

    fn on_closed(&mut self, doc: DocNumber, uri: &str, now: Duration) {
        self.supersede(|it| it.doc == doc, now);
        for surface in [data::Surface::GhostText, data::Surface::List] {
            self.tell(Event::DocClosed(doc.on(surface)), now);
        }
        self.targets.remove(uri);
        self.slow_syntax.remove(&doc);
    }

    fn on_shown(&mut self, id: SuggestionId, now: Duration) {
        // Editors say it again whenever they draw.
        if self.last_shown.replace(id) != Some(id) {
            self.on_board(|board| board.counters.shown += 1);
            self.tell(Event::Shown(id), now);
        }
    }

    fn on_partially_accepted(&mut self, id: SuggestionId, utf16_length: usize, now: Duration) {
        let Some((_, text)) = self.suggestions.iter().rev().find(|(it, _)| *it == id) else {
            tracing::debug!("a suggestion was accepted in part that is not known any more");
            return;
        };
        let extent = Extent::Part(plain::utf16_prefix(text, utf16_length));
        self.on_board(|board| board.counters.partially_accepted += 1);
        self.tell(Event::Accepted { id, extent }, now);
    }

    fn on_heard(&mut self, heard: Heard, now: Duration) {
        match heard {
            Heard::Chunk(job, chunk) => {
                if self.jobs.contains_key(&job) {
                    self.tell(Event::Chunk { job, chunk }, now);
                }
            }
            Heard::Ended {
                job,
                result,
                panicked,
            } => {
                if panicked {
                    self.on_board(|board| board.counters.panics += 1);
                }
                if let Err(why) = &result {
                    tracing::debug!(%why, "an engine call failed");
                }
                if self.jobs.remove(&job).is_some() {
                    self.tell(Event::Ended { job, result }, now);
                }
            }
        }
    }

    /// Hands an ask to the pipeline.
    fn request(&mut self, asked: Box<Asked>, facts: Option<Facts>, now: Duration) {
        asked.wants_syntax.cancel();
        let Asked {
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
            ..
        } = *asked;
        let waited = now.saturating_sub(at);
        let facts = facts.unwrap_or_else(|| {
            syntax::lexical_facts(&document.language, document.text.clone(), offset)
        });
        let step = Step {
            at: waited,
            stage: "syntax",
            detail: plain::describe(facts),
        };
        self.on_board(|board| board.step(id, step));
        let engine = self.engine(answerer);
        let view = self.view(&document);
        let window = document.text.window(offset, WINDOW_BEFORE, WINDOW_AFTER);
        let request = RequestId(id.0);
        let event = Event::Requested(il_complete::Ask {
            id: request,
            doc: doc.on(ask.surface),
            // The pipeline knows a document by its URI; the engine's name for it is put in on the way out.
            path: ask.uri.clone(),
            language: document.language.clone(),
            version: i64::from(document.version),
            cursor: window.cursor,
            window_start: window.start,
            trigger: if ask.invoked {
                Trigger::Invoked
            } else {
                Trigger::Automatic
            },
            selected: view.selected(&ask, &window),
            facts: facts.syntax,
            indent: view.indent(&ask, &window.text),
            alternatives: ask.alternatives,
            engine: engine.as_ref().map(|it| it.capabilities()),
            screen,
            text: window.text,
        });
        let target = Target {
            path,
            engine,
            workspace,
        };
        self.targets.insert(ask.uri.clone(), target);
        self.waiting.insert(
            request,
            Waiting {
                document,
                offset,
                at,
                handed_in: now,
                reply,
            },
        );
        self.tell(event, now);
    }

    /// The engine that answers; the fall-back, where there is one, for files without.
    fn engine(&mut self, answerer: Answerer) -> Option<Arc<dyn Engine>> {
        if let Answerer::Engine(engine) = answerer {
            return Some(engine);
        }
        let repositories = &self.repositories;
        let fallback = self.fallback.get_or_insert_with(|| repositories.fallback());
        match (fallback, answerer) {
            (Some(engine), _) => Some(engine.clone()),
            (None, Answerer::NotReady(why)) => Some(Arc::new(NotReady(why))),
            (None, _) => None,
        }
    }

    /// One event, and everything that follows from it.
    fn tell(&mut self, event: Event, now: Duration) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for action in self.pipeline.handle(now, event) {
                match action {
                    Action::Answer { request, answer } => {
                        events.extend(self.answer(request, answer, now));
                    }
                    Action::Start { job, request } => events.extend(self.start(job, request)),
                    Action::Cancel(job) => self.cancel(job),
                    Action::WakeAt(at) => self.wake = Some(at),
                }
            }
        }
    }

    fn cancel(&mut self, job: JobId) {
        if let Some(cancel) = self.jobs.remove(&job) {
            cancel.cancel();
            self.on_board(|board| board.counters.engine_cancels += 1);
        }
    }

    /// Queues an engine call; where there is no engine any more, that is its end.
    fn start(&mut self, job: JobId, mut request: Request) -> Option<Event> {
        let target = self.targets.get(&request.path);
        let Some((path, engine, workspace)) = target.and_then(|it| {
            let engine = it.engine.clone()?;
            Some((it.path.clone(), engine, it.workspace.clone()))
        }) else {
            let why = "the document or its repository was closed".to_owned();
            return Some(Event::Ended {
                job,
                result: Err(EngineError::NotReady {
                    engine: "repo",
                    why,
                }),
            });
        };
        self.on_board(|board| match request.priority {
            Priority::Interactive => board.counters.engine_calls += 1,
            Priority::Speculative => board.counters.speculative_calls += 1,
        });
        request.path = path;
        request.workspace = workspace;
        let cancel = CancelToken::new();
        self.jobs.insert(job, cancel.clone());
        self.queue.push(Job {
            id: job,
            engine,
            request,
            cancel,
        });
        None
    }

    /// The door by which asks leave the pipeline.
    fn answer(
        &mut self,
        request: RequestId,
        answer: il_complete::Answer,
        now: Duration,
    ) -> Option<Event> {
        let waiting = self.waiting.remove(&request)?;
        let elapsed = now.saturating_sub(waiting.at);
        let reason = answer.reason.as_ref().map(plain::reason);
        let names = |it: &il_complete::Suggestion| plain::suggestion_name(it.id);
        let ids = answer.suggestions.iter().map(names).collect();
        let steps = plain::steps(&answer.trace, waiting.handed_in.saturating_sub(waiting.at));
        let first = answer.suggestions.first().map(|it| it.id);
        self.on_board(|board| {
            count(board, &answer);
            board.answered(AskId(request.0), reason.clone(), ids, steps, elapsed);
        });
        let reply = match answer.reason {
            Some(il_complete::Reason::Cancelled) => Reply::Cancelled,
            Some(il_complete::Reason::Superseded) => Reply::Superseded,
            _ => {
                let view = self.view(&waiting.document);
                Reply::Answered(Answer {
                    ask: AskId(request.0),
                    suggestions: answer
                        .suggestions
                        .iter()
                        .map(|it| view.suggestion(it))
                        .collect(),
                    reason,
                    word: view.word(waiting.offset),
                    elapsed,
                })
            }
        };
        for suggestion in answer.suggestions {
            self.remember(suggestion.id, suggestion.text);
        }
        waiting.reply.reply(reply);
        let id = first.filter(|_| self.assume_shown)?;
        if self.last_shown.replace(id) != Some(id) {
            self.on_board(|board| board.counters.shown += 1);
        }
        Some(Event::Shown(id))
    }

    fn remember(&mut self, id: SuggestionId, text: String) {
        if self.suggestions.len() == REMEMBERED_SUGGESTIONS {
            self.suggestions.pop_front();
        }
        self.suggestions.push_back((id, text));
    }

    fn reply_nothing(&mut self, request: RequestId, reason: &Reason) {
        let Some(waiting) = self.waiting.remove(&request) else {
            return;
        };
        let elapsed = self.clock.now().saturating_sub(waiting.at);
        self.on_board(|board| {
            board.counters.empty += 1;
            let reason = Some(reason.clone());
            board.answered(AskId(request.0), reason, Vec::new(), Vec::new(), elapsed);
        });
        let answer = Answer {
            ask: AskId(request.0),
            suggestions: Vec::new(),
            reason: Some(reason.clone()),
            word: self.view(&waiting.document).word(waiting.offset),
            elapsed,
        };
        waiting.reply.reply(Reply::Answered(answer));
    }

    fn view<'a>(&self, document: &'a Document) -> View<'a> {
        View {
            document,
            encoding: self.encoding,
        }
    }

    fn on_board(&self, write: impl FnOnce(&mut Board)) {
        write(&mut self.board.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn count(board: &mut Board, answer: &il_complete::Answer) {
    let counters = &mut board.counters;
    match (&answer.reason, answer.suggestions.first()) {
        (_, Some(first)) => {
            counters.answered += 1;
            match first.source {
                Source::Engine => {}
                Source::TypeThrough => counters.type_through_hits += 1,
                Source::Cache => counters.cache_hits += 1,
                Source::InFlight => counters.in_flight_reuses += 1,
                Source::Speculation => counters.speculation_hits += 1,
            }
        }
        (Some(il_complete::Reason::Cancelled), None) => counters.cancelled += 1,
        (Some(il_complete::Reason::Superseded), None) => counters.superseded += 1,
        (_, None) => counters.empty += 1,
    }
}
