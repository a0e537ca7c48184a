//! The state machine itself: who waits, which engine calls run, when to look again.
//!
//! Every request is in one of two states until its one answer: *waiting* for the typist, or *on* a job.
//! Every job has been started and not yet ended or cancelled. Nothing else is pending, and both sets
//! are looked through at each event, so there is no state that time alone could make wrong.

mod ahead;
mod job;
mod present;
mod request;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

use il_engine::{Chunk, EngineError, Outcome, Priority};

use self::{
    job::{Heard, Job},
    present::{Book, Candidate, Presenter, scene},
};
use crate::{
    answer::{Answer, Reason, Source, Step, SuggestionId, Trace},
    ask::{DocId, RequestId},
    cache::Cache,
    config::Config,
    dialect::Dialects,
    draft::Draft,
    event::{Action, Event, JobId, Typed},
    place::Place,
    query::Query,
    rhythm::Rhythm,
    shape::{self, Notes},
};

/// Documents that are kept in mind; more are open nowhere.
const MOST_DOCS: usize = 64;

/// All of the pipeline's state.
#[derive(Debug)]
pub struct Pipeline {
    config: Config,
    now: Duration,
    requests: BTreeMap<RequestId, Request>,
    jobs: BTreeMap<JobId, Job>,
    last_job: u64,
    docs: BTreeMap<DocId, Doc>,
    rhythm: Rhythm,
    cache: Cache,
    book: Book,
    dialects: Dialects,
    /// The last [`Action::WakeAt`].
    wake_at: Option<Duration>,
    actions: Vec<Action>,
}

/// A request that has no answer yet.
#[derive(Debug)]
struct Request {
    query: Arc<Query>,
    arrived: Duration,
    state: State,
    trace: Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// For the typist, until then.
    Waiting(Duration),
    /// For an engine.
    On(JobId),
}

/// What is known about a document.
#[derive(Debug, Default)]
struct Doc {
    last_edit: Option<Duration>,
    /// Since when requests have been put off.
    put_off_since: Option<Duration>,
    /// What was suggested last, best first.
    shown: Vec<SuggestionId>,
    /// The last line of what was accepted last.
    accepted: Option<String>,
    used: Duration,
}

impl Request {
    fn note(&mut self, now: Duration, stage: &'static str, note: impl Into<Cow<'static, str>>) {
        self.trace.steps.push(Step {
            at: now.saturating_sub(self.arrived),
            stage,
            note: note.into().into_owned(),
        });
    }
}

impl Pipeline {
    /// Knows nothing yet.
    pub fn new(config: Config) -> Self {
        Self {
            cache: Cache::new(config.cache_bytes),
            config,
            now: Duration::ZERO,
            requests: BTreeMap::new(),
            jobs: BTreeMap::new(),
            last_job: 0,
            docs: BTreeMap::new(),
            rhythm: Rhythm::default(),
            book: Book::default(),
            dialects: Dialects::default(),
            wake_at: None,
            actions: Vec::new(),
        }
    }

    /// Takes one event; says what is to be done, in order. `now` never goes back; if it does, it is
    /// taken to stand still.
    pub fn handle(&mut self, now: Duration, event: Event) -> Vec<Action> {
        self.now = self.now.max(now);
        match event {
            Event::Edited {
                doc,
                typed,
                version,
            } => self.edited(doc, typed, version),
            Event::Requested(ask) => self.requested(ask),
            Event::Cancelled(id) => self.refuse(id, Reason::Cancelled),
            Event::Chunk { job, chunk } => self.heard(job, chunk),
            Event::Ended { job, result } => self.ended(job, result),
            Event::Shown(id) => self.shown(id),
            Event::Accepted { id, extent } => self.accepted(id, extent),
            Event::Dismissed(id) => self.dismissed(id),
            Event::DocClosed(doc) => self.doc_closed(doc),
            Event::EngineChanged(doc) => self.engine_changed(doc),
            Event::Woke => {}
        }
        self.look_at_the_clock();
        self.ask_to_be_woken();
        std::mem::take(&mut self.actions)
    }

    /// Requests that have no answer yet.
    pub fn waiting(&self) -> usize {
        self.requests.len()
    }

    /// Engine calls that run.
    pub fn running(&self) -> usize {
        self.jobs.len()
    }

    fn doc(&mut self, doc: DocId) -> &mut Doc {
        if !self.docs.contains_key(&doc) && self.docs.len() >= MOST_DOCS {
            let oldest = self
                .docs
                .iter()
                .min_by_key(|(_, doc)| doc.used)
                .map(|(&id, _)| id);
            if let Some(oldest) = oldest {
                self.docs.remove(&oldest);
            }
        }
        let now = self.now;
        let doc = self.docs.entry(doc).or_default();
        doc.used = now;
        doc
    }

    fn edited(&mut self, doc: DocId, typed: Typed, version: i64) {
        let now = self.now;
        if matches!(typed, Typed::Char(_)) {
            self.rhythm.key(now);
        }
        self.doc(doc).last_edit = Some(now);
        let outdated = |request: &Request| {
            let ask = &request.query.ask;
            ask.doc == doc && ask.version < version && matches!(request.state, State::Waiting(_))
        };
        for id in self.requests_where(outdated) {
            self.refuse(id, Reason::Superseded);
        }
    }

    fn doc_closed(&mut self, doc: DocId) {
        for id in self.requests_where(|request| request.query.ask.doc == doc) {
            self.refuse(id, Reason::DocClosed);
        }
        for id in self.jobs_where(|job| job.query.ask.doc == doc) {
            self.cancel(id);
        }
        self.cache.forget(Some(doc));
        self.book.forget(doc);
        self.docs.remove(&doc);
    }

    /// Whoever waits for an engine that is gone asks the next one.
    fn engine_changed(&mut self, doc: Option<DocId>) {
        self.cache.forget(doc);
        for id in self.jobs_where(|job| doc.is_none_or(|doc| job.query.ask.doc == doc)) {
            for request in self.requests_on(id) {
                self.put_off(request, self.now, "the engine changed");
            }
            self.cancel(id);
        }
    }

    /// An engine said something.
    fn heard(&mut self, id: JobId, chunk: Chunk) {
        if let Chunk::Note { stage, what } = chunk {
            for request in self.requests_on(id) {
                self.note(request, stage, what.clone());
            }
            return;
        }
        let Some(job) = self.jobs.get_mut(&id) else {
            return;
        };
        match job.hear(chunk) {
            Heard::More => self.drop_mismatches(id),
            Heard::Everything => self.finish(id),
            Heard::TooMuch => {
                self.actions.push(Action::Cancel(id));
                self.finish(id);
            }
        }
    }

    /// Whoever has typed something else than the engine says asks again.
    fn drop_mismatches(&mut self, id: JobId) {
        let Some(job) = self.jobs.get(&id) else {
            return;
        };
        let on = State::On(id);
        let lost = self
            .requests
            .iter()
            .filter(|(_, request)| request.state == on && !job.still_matches(&request.query));
        let lost: Vec<RequestId> = lost.map(|(&id, _)| id).collect();
        if lost.is_empty() {
            return;
        }
        for request in lost {
            self.put_off(
                request,
                self.now,
                "what was typed is not what the engine says",
            );
        }
        if self.requests_on(id).is_empty() {
            self.cancel(id);
        }
    }

    fn ended(&mut self, id: JobId, result: Result<Outcome, EngineError>) {
        let error = match result {
            Ok(_) => return self.finish(id),
            Err(error) => error,
        };
        self.jobs.remove(&id);
        let why = error.to_string();
        let reason = match error {
            EngineError::NotReady { .. } => Reason::EngineNotReady(why),
            EngineError::Refused { .. } | EngineError::Failed { .. } => Reason::EngineFailed(why),
        };
        for request in self.requests_on(id) {
            self.refuse(request, reason.clone());
        }
    }

    /// All that can be used has been said: keep it, and answer everyone who waits for it.
    fn finish(&mut self, id: JobId) {
        let waiting = self.requests_on(id);
        let Some(job) = self.jobs.remove(&id) else {
            return;
        };
        let typed: Vec<(RequestId, Option<String>)> = waiting
            .into_iter()
            .map(|request| {
                (
                    request,
                    self.requests
                        .get(&request)
                        .and_then(|it| job.typed_by(&it.query)),
                )
            })
            .collect();
        let (asked, length, took) = (
            Arc::clone(&job.query),
            job.length,
            self.now.saturating_sub(job.started),
        );
        let ahead = job.priority == Priority::Speculative;
        let said = self.keep(job, ahead);
        for (request, typed) in typed {
            self.note_notes(request, &said.notes);
            self.note(
                request,
                "engine",
                format!("answered after {} ms", took.as_millis()),
            );
            let source = match &typed {
                _ if ahead => Source::Speculation,
                Some(typed) if typed.is_empty() => Source::Engine,
                _ => Source::InFlight,
            };
            let candidates = typed
                .as_deref()
                .map(|typed| said.going_on_with(typed, source));
            let same_place = typed.is_some_and(|typed| typed.is_empty());
            match self.present(request, candidates.unwrap_or_default(), length) {
                Ok(()) => {}
                Err(reason) if same_place => {
                    let dropped = said.reason.clone().filter(|_| said.drafts.is_empty());
                    self.refuse(request, dropped.unwrap_or(reason));
                }
                Err(_) => {
                    debug_assert!(
                        !self
                            .requests
                            .get(&request)
                            .is_some_and(|it| it.query.is_at(&asked))
                    );
                    self.put_off(
                        request,
                        self.now,
                        "nothing of it goes on with what was typed since",
                    );
                }
            }
        }
    }

    /// Mends what was said and keeps it for later.
    fn keep(&mut self, job: Job, ahead: bool) -> Said {
        let query = Arc::clone(&job.query);
        let (length, breadth) = (job.length, job.wanted);
        let dialect = self.dialects.get(&query.ask.language);
        let place = Place::of(&query);
        let unsure = job.unsure;
        let mut said = Said::default();
        for mut draft in job.into_drafts() {
            if draft.text().is_empty() {
                continue;
            }
            let scene = scene(&query, &dialect, length, &self.config, 0);
            match shape::content_of(&mut draft, &scene, &mut said.notes) {
                Err(reason) => drop(said.reason.get_or_insert(reason)),
                Ok(()) => {
                    let anchor = place.nearest();
                    let keep = |anchor| {
                        self.cache
                            .insert(anchor, place.tail, draft.clone(), breadth, ahead)
                    };
                    said.drafts.push((anchor.map(keep), draft));
                }
            }
        }
        if said.drafts.is_empty() && unsure {
            said.reason.get_or_insert(Reason::Unsure);
        }
        said
    }

    fn look_at_the_clock(&mut self) {
        let (now, patience) = (self.now, self.config.patience);
        for id in self.requests_where(|request| now >= request.arrived + patience) {
            self.refuse(id, Reason::TimedOut(patience));
        }
        let linger = self.config.linger;
        for id in self.jobs_where(|job| job.gives_up_at(linger, patience) <= now) {
            for request in self.requests_on(id) {
                self.put_off(
                    request,
                    now,
                    "the engine took too long for an earlier request",
                );
            }
            self.cancel(id);
        }
        let is_due = |request: &Request| matches!(request.state, State::Waiting(due) if now >= due);
        for id in self.requests_where(is_due) {
            self.start_for(id);
        }
    }

    fn ask_to_be_woken(&mut self) {
        let (linger, patience) = (self.config.linger, self.config.patience);
        let requests = self.requests.values().map(|request| {
            let given_up = request.arrived + patience;
            match request.state {
                State::Waiting(due) => due.min(given_up),
                State::On(_) => given_up,
            }
        });
        let jobs = self
            .jobs
            .values()
            .map(|job| job.gives_up_at(linger, patience));
        let next = requests.chain(jobs).min();
        let outstanding = self.wake_at.filter(|&at| at > self.now);
        if next != outstanding
            && let Some(at) = next
        {
            self.actions.push(Action::WakeAt(at));
        }
        self.wake_at = next;
    }

    /// Stops an engine call. Nobody may be on it any more.
    fn cancel(&mut self, id: JobId) {
        if self.jobs.remove(&id).is_some() {
            self.actions.push(Action::Cancel(id));
        }
    }

    /// The one way by which a request is answered with nothing.
    fn refuse(&mut self, id: RequestId, reason: Reason) {
        self.answer(id, |trace| Answer {
            suggestions: Vec::new(),
            reason: Some(reason),
            trace,
        });
    }

    /// The one way by which a request is answered at all.
    fn answer(&mut self, id: RequestId, answer: impl FnOnce(Trace) -> Answer) {
        let Some(request) = self.requests.remove(&id) else {
            return;
        };
        self.leave(request.state);
        self.actions.push(Action::Answer {
            request: id,
            answer: answer(request.trace),
        });
    }

    /// A request is no longer on its job.
    fn leave(&mut self, state: State) {
        if let State::On(job) = state
            && self.requests_on(job).is_empty()
            && let Some(job) = self.jobs.get_mut(&job)
        {
            job.idle_since = Some(self.now);
        }
    }

    /// Waits until then, from now on.
    fn put_off(&mut self, id: RequestId, until: Duration, why: &'static str) {
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        let before = std::mem::replace(&mut request.state, State::Waiting(until));
        request.note(self.now, "engine", why);
        self.leave(before);
    }

    fn note(&mut self, id: RequestId, stage: &'static str, note: impl Into<Cow<'static, str>>) {
        if let Some(request) = self.requests.get_mut(&id) {
            request.note(self.now, stage, note);
        }
    }

    fn note_notes(&mut self, id: RequestId, notes: &Notes) {
        for (filter, what) in notes {
            self.note(id, filter, what.clone());
        }
    }

    fn requests_where(&self, wanted: impl Fn(&Request) -> bool) -> Vec<RequestId> {
        let found = self.requests.iter().filter(|(_, request)| wanted(request));
        found.map(|(&id, _)| id).collect()
    }

    fn requests_on(&self, job: JobId) -> Vec<RequestId> {
        self.requests_where(|request| request.state == State::On(job))
    }

    fn jobs_where(&self, wanted: impl Fn(&Job) -> bool) -> Vec<JobId> {
        let found = self.jobs.iter().filter(|(_, job)| wanted(job));
        found.map(|(&id, _)| id).collect()
    }
}

/// What came of a job.
#[derive(Debug, Default)]
struct Said {
    drafts: Vec<(Option<crate::cache::EntryId>, Draft)>,
    notes: Notes,
    /// Why the first alternative that was dropped was dropped.
    reason: Option<Reason>,
}

impl Said {
    fn going_on_with(&self, typed: &str, source: Source) -> Vec<Candidate> {
        let goes_on = |(_, draft): &&(_, Draft)| {
            draft.text().len() > typed.len() && draft.text().starts_with(typed)
        };
        self.drafts
            .iter()
            .filter(goes_on)
            .map(|(entry, draft)| Candidate {
                entry: *entry,
                draft: draft.clone(),
                typed: typed.len(),
                source,
            })
            .collect()
    }
}
