//! The thread that owns the pipeline: turns what happens into its events, and does what it wants done.
//!
//! The one idea: the pipeline is a pure machine, so everything that is not, lives here and nowhere else:
//! the queue of engine calls, the timer, the callbacks that wait for a reply. One thread, one inbox; the
//! order of the inbox is the order of the world.
//!
//! An ask goes through two waits. First for the syntax, a moment at most; then in the pipeline for
//! whatever it decides. Each ask leaves by one door, [`Driver::reply`].

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Component, Path},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use il_complete::{
    Action, Event, Extent, IndentStyle, JobId, Pipeline, RequestId, Source, SuggestionId,
    SyntaxFacts, Trigger, Typed,
};
use il_docs::Document;
use il_engine::{CancelToken, Engine, EngineError, Priority, Request};
use il_text::Encoding;
use rustc_hash::FxHashMap;

use crate::{
    board::Board,
    data::{self, Answer, Ask, AskId, Origin, Position, Range, Reason, Reply, Step, Word},
    documents::{DocNumber, place},
    indent,
    ports::Clock,
    queue::{Heard, Job, Queue},
    repositories::{Answerer, NotReady},
    syntax,
};

/// The engine sees this much of a document before the cursor.
const WINDOW_BEFORE: usize = 128 << 10;

/// And this much behind it.
const WINDOW_AFTER: usize = 64 << 10;

/// How long an ask waits for the syntax before it goes on without.
const SYNTAX_PATIENCE: Duration = Duration::from_millis(20);

/// So many suggestions back can still be accepted in part.
const REMEMBERED_SUGGESTIONS: usize = 256;

/// What the thread hears.
pub(crate) enum Message {
    Asked(Box<Asked>),
    Facts {
        ask: AskId,
        facts: SyntaxFacts,
    },
    Cancelled(AskId),
    Edited {
        doc: DocNumber,
        typed: Typed,
        version: i64,
    },
    Closed {
        doc: DocNumber,
        uri: Arc<str>,
    },
    EngineChanged,
    Shown(SuggestionId),
    Accepted(SuggestionId),
    PartiallyAccepted {
        id: SuggestionId,
        utf16_length: usize,
    },
    Heard(Heard),
    Stop,
}

/// An ask with all that was known when it was made. Nothing in it changes any more.
pub(crate) struct Asked {
    pub(crate) id: AskId,
    pub(crate) ask: Ask,
    pub(crate) doc: DocNumber,
    pub(crate) document: Document,
    /// The cursor in the document.
    pub(crate) offset: usize,
    /// Path inside the repository.
    pub(crate) path: Arc<str>,
    pub(crate) answerer: Answerer,
    pub(crate) at: Duration,
    pub(crate) reply: ReplyOnce,
    /// Cancelled when the syntax is no longer wanted.
    pub(crate) wants_syntax: CancelToken,
}

/// A callback that is called exactly once, at the latest when it is dropped.
pub(crate) struct ReplyOnce(Option<Box<dyn FnOnce(Reply) + Send>>);

impl ReplyOnce {
    pub(crate) fn new(reply: impl FnOnce(Reply) + Send + 'static) -> Self {
        Self(Some(Box::new(reply)))
    }

    pub(crate) fn reply(mut self, reply: Reply) {
        self.call(reply);
    }

    fn call(&mut self, reply: Reply) {
        if let Some(callback) = self.0.take()
            && catch_unwind(AssertUnwindSafe(|| callback(reply))).is_err()
        {
            tracing::error!("the receiver of a reply panicked");
        }
    }
}

impl Drop for ReplyOnce {
    fn drop(&mut self) {
        self.call(Reply::Cancelled);
    }
}

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
}

pub(crate) struct Driver {
    pipeline: Pipeline,
    config: il_complete::Config,
    queue: Queue,
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
}

impl Driver {
    pub(crate) fn new(
        config: il_complete::Config,
        queue: Queue,
        clock: Arc<dyn Clock>,
        board: Arc<Mutex<Board>>,
        encoding: Encoding,
        assume_shown: bool,
    ) -> Self {
        Self {
            pipeline: Pipeline::new(config.clone()),
            config,
            queue,
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
        let until = asked.at + SYNTAX_PATIENCE;
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
        let extent = Extent::Part(utf16_prefix(text, utf16_length));
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
    fn request(&mut self, asked: Box<Asked>, facts: Option<SyntaxFacts>, now: Duration) {
        asked.wants_syntax.cancel();
        let Asked {
            id,
            ask,
            doc,
            document,
            offset,
            path,
            answerer,
            at,
            reply,
            ..
        } = *asked;
        let waited = now.saturating_sub(at);
        let (facts, from) = match facts {
            Some(facts) => (facts, "from the syntax tree, brought up to date in time"),
            None => (
                lexical(&document, offset),
                "from the lexer: the syntax tree was not ready",
            ),
        };
        let detail = format!("{}: {from}", describe(facts));
        self.on_board(|board| {
            board.step(
                id,
                Step {
                    at: waited,
                    stage: "syntax",
                    detail,
                },
            )
        });
        let engine = engine(answerer);
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
            selected: self.selected(&ask, &document, &window),
            facts,
            indent: indent_style(&ask, &document, &window.text),
            alternatives: ask.alternatives,
            engine: engine.as_ref().map(|it| it.capabilities()),
            text: window.text,
        });
        self.targets
            .insert(ask.uri.clone(), Target { path, engine });
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

    fn selected(
        &self,
        ask: &Ask,
        document: &Document,
        window: &il_text::Window,
    ) -> Option<il_complete::Selected> {
        let selected = ask.selected.as_ref()?;
        let offset = |it| document.text.offset(place(it), self.encoding).ok();
        let start = offset(selected.range.start)?.checked_sub(window.start)?;
        let end = offset(selected.range.end)?.checked_sub(window.start)?;
        let inside = start <= end && end <= window.text.len();
        inside.then(|| il_complete::Selected {
            range: start..end,
            text: selected.text.clone(),
        })
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
        let Some((path, engine)) =
            target.and_then(|it| Some((it.path.clone(), it.engine.clone()?)))
        else {
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
        let reason = answer.reason.as_ref().map(|it| Reason {
            code: it.code().into(),
            sentence: it.to_string(),
        });
        let ids = answer
            .suggestions
            .iter()
            .map(|it| suggestion_name(it.id))
            .collect();
        let before = waiting.handed_in.saturating_sub(waiting.at);
        let steps = answer
            .trace
            .steps
            .iter()
            .map(|it| step(it, before))
            .collect();
        let first = answer.suggestions.first().map(|it| it.id);
        self.on_board(|board| {
            count(board, &answer);
            board.answered(AskId(request.0), reason.clone(), ids, steps, elapsed);
        });
        let reply = match answer.reason {
            Some(il_complete::Reason::Cancelled) => Reply::Cancelled,
            Some(il_complete::Reason::Superseded) => Reply::Superseded,
            _ => Reply::Answered(self.plain(request, &waiting, answer, reason, elapsed)),
        };
        waiting.reply.reply(reply);
        let id = first.filter(|_| self.assume_shown)?;
        if self.last_shown.replace(id) != Some(id) {
            self.on_board(|board| board.counters.shown += 1);
        }
        Some(Event::Shown(id))
    }

    fn plain(
        &mut self,
        request: RequestId,
        waiting: &Waiting,
        answer: il_complete::Answer,
        reason: Option<Reason>,
        elapsed: Duration,
    ) -> Answer {
        let Waiting {
            document, offset, ..
        } = waiting;
        let range = |it: &std::ops::Range<usize>| self.range(document, it);
        let suggestions: Vec<_> = answer
            .suggestions
            .iter()
            .map(|it| data::Suggestion {
                id: suggestion_name(it.id),
                text: it.text.clone(),
                range: range(&it.range),
                probability: it.probability,
                source: it.source.code(),
                origin: it.origin.as_ref().map(|it| Origin {
                    path: it.path.clone(),
                    line: it.line,
                }),
            })
            .collect();
        let word = word(document, *offset);
        let word_range = self.range(document, &word);
        for suggestion in answer.suggestions {
            self.remember(suggestion.id, suggestion.text);
        }
        Answer {
            ask: AskId(request.0),
            suggestions,
            reason,
            word: Word {
                start: word_range.start,
                end: word_range.end,
                text: document.text.slice(word).into_owned(),
            },
            elapsed,
        }
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
        let at = self
            .range(&waiting.document, &(waiting.offset..waiting.offset))
            .start;
        self.on_board(|board| {
            board.counters.empty += 1;
            let reason = Some(reason.clone());
            board.answered(AskId(request.0), reason, Vec::new(), Vec::new(), elapsed);
        });
        waiting.reply.reply(Reply::Answered(Answer {
            ask: AskId(request.0),
            suggestions: Vec::new(),
            reason: Some(reason.clone()),
            word: Word {
                start: at,
                end: at,
                text: String::new(),
            },
            elapsed,
        }));
    }

    fn range(&self, document: &Document, range: &std::ops::Range<usize>) -> Range {
        let position = |offset| {
            let it = document.text.line_col(offset, self.encoding);
            let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
            Position {
                line: number(it.line),
                character: number(it.col),
            }
        };
        Range {
            start: position(range.start),
            end: position(range.end),
        }
    }

    fn on_board(&self, write: impl FnOnce(&mut Board)) {
        write(&mut self.board.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn engine(answerer: Answerer) -> Option<Arc<dyn Engine>> {
    match answerer {
        Answerer::Engine(engine) => Some(engine),
        Answerer::NotReady(why) => Some(Arc::new(NotReady(why))),
        Answerer::Nobody => None,
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

/// The pipeline's clock starts when it gets the ask, `before` after it was made.
fn step(it: &il_complete::Step, before: Duration) -> Step {
    Step {
        at: before + it.at,
        stage: it.stage,
        detail: it.note.clone(),
    }
}

fn lexical(document: &Document, offset: usize) -> SyntaxFacts {
    syntax::lexical_facts(&document.language, document.text.clone(), offset)
}

fn describe(facts: SyntaxFacts) -> &'static str {
    match facts {
        SyntaxFacts {
            in_comment: true, ..
        } => "in a comment",
        SyntaxFacts {
            in_string: true, ..
        } => "in a string",
        SyntaxFacts {
            empty_block: true, ..
        } => "in an empty block",
        SyntaxFacts {
            after_block_opener: true,
            ..
        } => "behind what opens a block",
        _ => "in code",
    }
}

fn indent_style(ask: &Ask, document: &Document, window: &str) -> IndentStyle {
    match ask.formatting {
        Some(it) => IndentStyle {
            tabs: !it.insert_spaces,
            width: it.tab_size.clamp(1, 16) as usize,
        },
        None => {
            let registry = il_lang::registry();
            let language = registry
                .by_id(&document.language)
                .unwrap_or(registry.plaintext());
            indent::style(window, language)
        }
    }
}

/// The part of a word before `offset`.
fn word(document: &Document, offset: usize) -> std::ops::Range<usize> {
    let in_word = |it: &char| it.is_alphanumeric() || *it == '_';
    let length: usize = document
        .text
        .chars_before(offset)
        .take_while(in_word)
        .map(char::len_utf8)
        .sum();
    offset - length..offset
}

/// Bytes of the first `length` UTF-16 units of `text`; a character that would be cut is left out.
fn utf16_prefix(text: &str, length: usize) -> usize {
    let mut units = 0;
    let fits = |it: &char| {
        units += it.len_utf16();
        units <= length
    };
    text.chars().take_while(fits).map(char::len_utf8).sum()
}

pub(crate) fn suggestion_name(id: SuggestionId) -> Arc<str> {
    format!("s{}", id.0).into()
}

pub(crate) fn suggestion_id(name: &str) -> Option<SuggestionId> {
    Some(SuggestionId(name.strip_prefix('s')?.parse().ok()?))
}

/// A path inside a repository as engines know it: `/`-separated, on every system.
pub(crate) fn inside(path: &Path) -> Arc<str> {
    let parts = path.components().filter_map(|it| match it {
        Component::Normal(part) => Some(part.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/").into()
}

/// The name under which an engine is asked about a file that is in no repository.
pub(crate) fn outside(path: Option<&Path>, uri: &str) -> Arc<str> {
    match path.and_then(|it| it.file_name()) {
        Some(name) => name.to_string_lossy().into(),
        None => uri.rsplit(['/', ':']).next().unwrap_or(uri).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_acceptance_counts_utf16() {
        assert_eq!(utf16_prefix("a😀é", 0), 0);
        assert_eq!(utf16_prefix("a😀é", 1), 1);
        assert_eq!(utf16_prefix("a😀é", 2), 1);
        assert_eq!(utf16_prefix("a😀é", 3), 5);
        assert_eq!(utf16_prefix("a😀é", 99), 7);
    }

    #[test]
    fn names_of_suggestions_come_back() {
        assert_eq!(
            suggestion_id(&suggestion_name(SuggestionId(7))),
            Some(SuggestionId(7))
        );
        for name in ["", "s", "7", "r7", "s-1", "s7x"] {
            assert_eq!(suggestion_id(name), None, "{name}");
        }
    }

    #[test]
    fn paths_for_engines() {
        assert_eq!(&*inside("a/./b.rs".as_ref()), "a/b.rs");
        assert_eq!(
            &*outside(Some("/tmp/x/b.rs".as_ref()), "file:///tmp/x/b.rs"),
            "b.rs"
        );
        assert_eq!(&*outside(None, "untitled:Untitled-1"), "Untitled-1");
    }

    #[test]
    fn a_dropped_reply_is_still_a_reply() {
        let (told, hear) = crossbeam_channel::unbounded();
        drop(ReplyOnce::new(move |reply| told.send(reply).unwrap()));
        assert!(matches!(hear.try_recv(), Ok(Reply::Cancelled)));
        assert!(hear.try_recv().is_err());
    }
}
