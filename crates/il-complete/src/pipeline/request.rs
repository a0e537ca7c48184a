//! From a request to its answer or its engine call: reuse, join, wait, start.

use std::{borrow::Cow, sync::Arc, time::Duration};

use il_engine::{Length, Priority};

use super::{Candidate, Job, Pipeline, Presenter, Request, State};
use crate::{
    answer::{Answer, Reason, Source, Trace},
    ask::{Ask, RequestId},
    cache::Hit,
    event::{Action, JobId},
    length::{self, Surroundings},
    place::Place,
    query::Query,
};

impl Pipeline {
    pub(super) fn requested(&mut self, ask: Ask) {
        let (id, doc) = (ask.id, ask.doc);
        self.refuse(id, Reason::Superseded);
        self.doc(doc);
        match Query::read(ask) {
            Ok(query) => self.take_in(id, &Arc::new(query)),
            Err(reason) => self.actions.push(Action::Answer {
                request: id,
                answer: Answer {
                    suggestions: Vec::new(),
                    reason: Some(reason),
                    trace: Trace::default(),
                },
            }),
        }
    }

    fn take_in(&mut self, id: RequestId, query: &Arc<Query>) {
        self.supersede(query);
        self.requests.insert(
            id,
            Request {
                query: Arc::clone(query),
                arrived: self.now,
                state: State::Waiting(self.now),
                trace: Trace::default(),
            },
        );
        if query.ask.engine.is_none() {
            return self.refuse(id, Reason::NoEngine);
        }
        if query.is_inside_word() {
            return self.refuse(id, Reason::MidWord);
        }
        let (length, why) = self.length(query);
        self.note(id, "length", why);
        if self.reuse(id, query, length) {
            self.doc(query.ask.doc).put_off_since = None;
            self.stop_what_no_longer_matches(query, length);
        } else if !self.join(id, query, length) {
            self.stop_what_no_longer_matches(query, length);
            self.wait(id, query);
        }
    }

    /// Whoever asked about another state of the document no longer needs to know.
    fn supersede(&mut self, query: &Query) {
        let older = |request: &Request| {
            request.query.ask.doc == query.ask.doc && !request.query.is_at(query)
        };
        for id in self.requests_where(older) {
            self.refuse(id, Reason::Superseded);
        }
    }

    pub(super) fn length(&self, query: &Query) -> (Length, &'static str) {
        let accepted = self
            .docs
            .get(&query.ask.doc)
            .and_then(|doc| doc.accepted.as_deref());
        let at = Surroundings {
            facts: query.ask.facts,
            trigger: query.ask.trigger,
            tail: query.tail(),
            after_accept: accepted.is_some_and(|line| query.prefix().trim_end().ends_with(line)),
        };
        length::decide(at, self.config.max_block_lines)
    }

    /// What is left of what is shown, or something said before.
    fn reuse(&mut self, id: RequestId, query: &Arc<Query>, length: Length) -> bool {
        let candidates = self.kept_for(query);
        if candidates.is_empty() {
            self.note(
                id,
                "reuse",
                "nothing that was said before goes on with this",
            );
            return false;
        }
        if query.invoked() && !self.broad_enough(&candidates, query.wanted(&self.config)) {
            self.note(id, "reuse", "more alternatives are wanted than are known");
            return false;
        }
        self.present(id, candidates, length).is_ok()
    }

    /// What was said before and goes on with what is typed: what is shown first, then latest used.
    pub(super) fn kept_for(&self, query: &Query) -> Vec<Candidate> {
        let shown = self
            .docs
            .get(&query.ask.doc)
            .map_or(&[][..], |doc| &doc.shown);
        let rank = |hit: &Hit| {
            let name = self.cache.get(hit.entry).and_then(|entry| entry.suggestion);
            name.and_then(|name| shown.iter().position(|&id| id == name))
                .unwrap_or(usize::MAX)
        };
        let mut hits = self.cache.find(&Place::of(query));
        hits.sort_by_key(rank);
        hits.into_iter()
            .filter_map(|hit| self.kept(hit, rank(&hit) < usize::MAX, query))
            .collect()
    }

    fn kept(&self, hit: Hit, is_shown: bool, query: &Query) -> Option<Candidate> {
        let entry = self.cache.get(hit.entry)?;
        let source = if is_shown && entry.shown_to > hit.typed {
            Source::TypeThrough
        } else if entry.ahead && entry.shown_to == 0 {
            Source::Speculation
        } else if entry.shown_to == 0 && query.is_instant() {
            // It was not good enough to be shown, and asking again is as good as free.
            return None;
        } else {
            Source::Cache
        };
        Some(Candidate {
            entry: Some(hit.entry),
            draft: entry.draft.clone(),
            typed: hit.typed,
            source,
        })
    }

    fn broad_enough(&self, candidates: &[Candidate], wanted: usize) -> bool {
        let breadth = |candidate: &Candidate| {
            let entry = candidate.entry.and_then(|id| self.cache.get(id));
            entry.map_or(0, |entry| entry.breadth)
        };
        candidates
            .iter()
            .any(|candidate| breadth(candidate) >= wanted)
    }

    /// Answers with what fits of the candidates, or says why none does.
    pub(super) fn present(
        &mut self,
        id: RequestId,
        candidates: Vec<Candidate>,
        length: Length,
    ) -> Result<(), Reason> {
        let Some(request) = self.requests.get(&id) else {
            return Ok(());
        };
        let query = Arc::clone(&request.query);
        let dialect = self.dialects.get(&query.ask.language);
        let mut notes = Vec::new();
        let presented = Presenter {
            config: &self.config,
            cache: &mut self.cache,
            book: &mut self.book,
            dialect: &dialect,
            query: &query,
            length,
        }
        .present(candidates, &mut notes);
        self.note_notes(id, &notes);
        let suggestions = presented?;
        let source = suggestions
            .first()
            .map_or("nothing", |first| first.source.code());
        let count = suggestions.len();
        self.note(id, "answer", format!("{count} shown, from {source}"));
        self.doc(query.ask.doc).shown = suggestions.iter().map(|it| it.id).collect();
        self.answer(id, |trace| Answer {
            suggestions,
            reason: None,
            trace,
        });
        Ok(())
    }

    /// An engine call that was made for an earlier request, or ahead of need, and still matches.
    fn join(&mut self, id: RequestId, query: &Query, length: Length) -> bool {
        let wanted = query.wanted(&self.config);
        let joined = self.jobs_where(|job| {
            job.query.ask.doc == query.ask.doc && job.serves(query, length, wanted)
        });
        let Some(&job) = joined.first() else {
            return false;
        };
        self.put_on(id, job, "joined an engine call that is under way");
        true
    }

    fn put_on(&mut self, id: RequestId, job: JobId, why: impl Into<Cow<'static, str>>) {
        if let Some(request) = self.requests.get_mut(&id) {
            request.state = State::On(job);
            request.note(self.now, "engine", why);
        }
        if let Some(job) = self.jobs.get_mut(&job) {
            job.idle_since = None;
        }
    }

    /// Engine calls about this document that no later state of it can use.
    fn stop_what_no_longer_matches(&mut self, query: &Query, length: Length) {
        let idle = |id: &JobId| self.requests_on(*id).is_empty();
        let lost = self
            .jobs_where(|job| job.query.ask.doc == query.ask.doc && !job.serves(query, length, 1));
        let lost: Vec<JobId> = lost.into_iter().filter(idle).collect();
        for id in lost {
            self.cancel(id);
        }
    }

    /// For the typist, counted from the last key.
    fn wait(&mut self, id: RequestId, query: &Query) {
        let (delay, why) = self.delay(query);
        let now = self.now;
        let promote = self.config.debounce.promote;
        let doc = self.doc(query.ask.doc);
        let since = *doc.put_off_since.get_or_insert(now);
        let due = (doc.last_edit.unwrap_or(now) + delay)
            .min(since + promote)
            .max(now);
        let left = due.saturating_sub(now);
        if let Some(request) = self.requests.get_mut(&id) {
            request.state = State::Waiting(due);
            request.note(now, "wait", format!("{} ms: {why}", left.as_millis()));
        }
        if due <= now {
            self.start_for(id);
        }
    }

    fn delay(&self, query: &Query) -> (Duration, &'static str) {
        let debounce = &self.config.debounce;
        let head = query.head();
        let triggers = |c: char| debounce.trigger_characters.contains(c);
        let accepted = self
            .docs
            .get(&query.ask.doc)
            .and_then(|doc| doc.accepted.as_deref());
        if query.invoked() {
            (Duration::ZERO, "asked for")
        } else if query.is_instant() {
            (Duration::ZERO, "the engine is instant")
        } else if head.trim().is_empty() {
            (Duration::ZERO, "at the start of a line")
        } else if head.ends_with(triggers)
            || head.trim_end().ends_with(triggers) && head.ends_with(' ')
        {
            (Duration::ZERO, "after a trigger character")
        } else if accepted.is_some_and(|line| query.prefix().ends_with(line)) {
            (Duration::ZERO, "after an accept")
        } else {
            (
                self.rhythm.delay(self.now, debounce),
                "counted from the last key",
            )
        }
    }

    /// Asks the engine, for this request and everyone who asks the same.
    pub(super) fn start_for(&mut self, id: RequestId) {
        let Some(request) = self.requests.get(&id) else {
            return;
        };
        let query = Arc::clone(&request.query);
        let (length, _) = self.length(&query);
        // Something may have been started since for someone who asks the same.
        if self.join(id, &query, length) {
            return;
        }
        let same = |request: &Request| {
            matches!(request.state, State::Waiting(_)) && request.query.is_at(&query)
        };
        let together = self.requests_where(same);
        let wanted = together
            .iter()
            .filter_map(|id| self.requests.get(id))
            .map(|request| request.query.wanted(&self.config))
            .max()
            .unwrap_or(1);
        for ahead in self.jobs_where(|job| job.priority == Priority::Speculative) {
            if self.requests_on(ahead).is_empty() {
                self.cancel(ahead);
            }
        }
        let job = self.start(&query, length, wanted, Priority::Interactive);
        for id in together {
            self.put_on(id, job, "asked");
        }
        self.doc(query.ask.doc).put_off_since = None;
    }

    pub(super) fn start(
        &mut self,
        query: &Arc<Query>,
        length: Length,
        wanted: usize,
        priority: Priority,
    ) -> JobId {
        let wanted = query.asked_for(wanted, &self.config);
        self.last_job += 1;
        let id = JobId(self.last_job);
        self.actions.push(Action::Start {
            job: id,
            request: il_engine::Request {
                path: Arc::clone(&query.ask.path),
                language: Arc::clone(&query.ask.language),
                text: Arc::clone(query.text()),
                cursor: query.cursor(),
                length,
                alternatives: wanted,
                priority,
                context: None, // whoever makes the call knows the engine's window
                workspace: Arc::default(),
            },
        });
        self.jobs.insert(
            id,
            Job::new(Arc::clone(query), length, priority, wanted, self.now),
        );
        id
    }
}
