//! The computing thread: which requests go next, and what becomes of what was computed.
//!
//! The one idea: requests under the same adapters go through the model in one batch; whoever is waited for goes before
//! whoever is not, at every step.
//!
//! Deliberately absent: how one request goes on (`job`).

use std::{
    collections::{HashMap, VecDeque},
    io::Write,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Speaker,
    board::Board,
    embed::{Embedder, Texts},
    job::{Job, News},
    machine::Machine,
    slots::{AdapterSet, Slots},
    speculate::Pace,
};
use crate::{
    native::{self, Adapter, Context, Decoded, Model, Row},
    wire::{Ending, Opening, Order, Report, Secretive},
};

/// How long a step waits for a draft: a fraction of what it takes.
const PATIENCE: Duration = Duration::from_millis(8);

pub(super) struct Server<W> {
    model: Arc<Model>,
    context: Context,
    /// Tokens that one sequence holds.
    tokens: u32,
    /// Rows of one call.
    chunk: usize,
    slots: Slots,
    jobs: Vec<Job>,
    /// No sequence is free for them yet.
    waiting: VecDeque<Job>,
    texts: VecDeque<Texts>,
    embedder: Option<Embedder>,
    adapters: HashMap<u32, Rc<Adapter>>,
    /// What the context computes with.
    applied: AdapterSet,
    pace: Pace,
    machine: Machine,
    threads: u32,
    board: Arc<Board>,
    speaker: Arc<Speaker<W>>,
}

impl<W: Write> Server<W> {
    pub(super) fn new(
        opening: &Opening,
        model: Arc<Model>,
        context: Context,
        threads: u32,
        board: Arc<Board>,
        speaker: Arc<Speaker<W>>,
    ) -> Self {
        Self {
            tokens: context.tokens(),
            model,
            context,
            chunk: opening.chunk as usize,
            slots: Slots::new(opening.sequences as usize),
            jobs: Vec::new(),
            waiting: VecDeque::new(),
            texts: VecDeque::new(),
            embedder: None,
            adapters: HashMap::new(),
            applied: Vec::new(),
            pace: Pace::default(),
            machine: Machine::new(threads),
            threads,
            board,
            speaker,
        }
    }

    /// Until the parent is gone.
    pub(super) fn work(mut self) {
        while !self.board.is_closed() {
            let idle = self.jobs.is_empty() && self.waiting.is_empty() && self.texts.is_empty();
            for order in self.board.take(idle) {
                self.obey(order);
            }
            self.drop_cancelled();
            self.seat();
            if self.jobs.is_empty() {
                self.embed();
            } else {
                self.step();
            }
        }
    }

    fn fail(&self, id: u32, why: String) {
        self.board.forget(id);
        self.speaker.say(&Report::Failed { id, why });
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Generate { generation } => {
                let id = generation.id;
                match Job::new(&self.model, &generation, self.tokens) {
                    Ok(job) => self.waiting.push_back(job),
                    Err(why) => self.fail(id, why),
                }
            }
            Order::Load { id, adapter, path } => match Adapter::load(&self.model, &path) {
                Ok(it) => {
                    self.adapters.insert(adapter, Rc::new(it));
                    self.speaker.say(&Report::Loaded { id });
                }
                Err(why) => self.fail(id, why),
            },
            Order::Unload { adapter } => {
                self.adapters.remove(&adapter);
                let used = |it: &AdapterSet| it.iter().any(|it| it.0 == adapter);
                // The context holds what it computes with; let go of it unless a request is under way.
                if used(&self.applied) && self.context.set_adapters(&[]).is_ok() {
                    self.applied.clear();
                }
            }
            Order::Embed { id, texts } => self.texts.push_back(Texts {
                id,
                texts: texts.into_iter().map(|it| it.0).collect(),
                vectors: Vec::new(),
            }),
            Order::Assert => native::run_into_an_assertion(&mut self.context),
            // The reading thread's, or said once at the beginning.
            Order::Open { .. }
            | Order::Count { .. }
            | Order::Tokens { .. }
            | Order::Cancel { .. }
            | Order::Draft { .. } => {}
        }
    }

    fn drop_cancelled(&mut self) {
        let board = Arc::clone(&self.board);
        let gone: Vec<Job> = (self.jobs)
            .extract_if(.., |it| board.is_cancelled(it.id))
            .collect();
        for job in gone {
            self.answer(&job, Ending::Cancelled);
        }
        let waiting = std::mem::take(&mut self.waiting);
        for job in waiting {
            if board.is_cancelled(job.id) {
                self.answer(&job, Ending::Cancelled);
            } else {
                self.waiting.push_back(job);
            }
        }
        self.texts.retain(|it| !board.is_cancelled(it.id));
    }

    /// The request is over: its sequence is free, and keeps what it holds.
    fn answer(&mut self, job: &Job, ending: Ending) {
        if let Some(place) = job.place {
            self.slots.get(place.slot).busy = false;
        }
        self.board.forget(job.id);
        self.speaker.say(&Report::Done {
            id: job.id,
            ending,
            stats: job.stats,
        });
    }

    /// Gives sequences to those who wait for one, whoever is waited for first.
    fn seat(&mut self) {
        self.waiting
            .make_contiguous()
            .sort_by_key(|it| !it.interactive);
        while let Some(job) = self.waiting.front() {
            let place = self.slots.take(job.document, job.prompt(), &job.adapters);
            let Some(mut place) = place else {
                if job.interactive && self.make_room() {
                    continue;
                }
                return;
            };
            let Some(mut job) = self.waiting.pop_front() else {
                return;
            };
            let sequence = u32::try_from(place.slot).unwrap_or(u32::MAX);
            if let Some(from) = place.copied {
                let from = u32::try_from(from).unwrap_or(u32::MAX);
                self.context.copy(from, sequence);
            }
            if !self.context.truncate(sequence, place.reused) {
                self.context.truncate(sequence, 0);
                self.slots.get(place.slot).tokens.clear();
                place.reused = 0;
            }
            job.settle(place);
            self.jobs.push(job);
        }
    }

    /// Ends a request that nobody waits for.
    fn make_room(&mut self) -> bool {
        let Some(index) = self.jobs.iter().position(|it| !it.interactive) else {
            return false;
        };
        let job = self.jobs.remove(index);
        if let Some(place) = job.place {
            self.slots.get(place.slot).busy = false;
        }
        let why = "it made room for one that somebody waits for".to_owned();
        self.fail(job.id, why);
        true
    }

    /// Computes a step of those who go next.
    fn step(&mut self) {
        let group = self.next();
        let Some(first) = group.first().map(|it| &self.jobs[*it]) else {
            return;
        };
        let (waited_for, adapters) = (first.interactive, first.adapters.clone());
        if let Err(why) = self.apply(&adapters) {
            return self.give_up(&group, &why);
        }
        self.ask_for_drafts(&group);
        let mut rows: Vec<Row> = Vec::new();
        let mut shares = Vec::new();
        for index in group {
            let job = &mut self.jobs[index];
            let Some(place) = job.place else { continue };
            let slot = self.slots.get(place.slot);
            let own = job.rows(slot, self.chunk - rows.len(), &mut self.pace);
            if !own.is_empty() {
                shares.push((index, rows.len()..rows.len() + own.len()));
                rows.extend(own);
            }
        }
        let ids: Vec<u32> = shares.iter().map(|it| self.jobs[it.0].id).collect();
        let threads = self.machine.threads();
        if threads != self.threads {
            self.threads = threads;
            self.context.set_threads(threads);
        }
        if !self.board.begin(&ids, waited_for) {
            return;
        }
        let started = Instant::now();
        let decoded = self.context.decode(&rows);
        let took = started.elapsed();
        self.board.end();
        match decoded {
            Ok(Decoded::Done) => {
                if let [(index, _)] = shares.as_slice()
                    && !self.jobs[*index].reads()
                {
                    self.pace.took(rows.len(), took.as_secs_f32() * 1e3);
                }
                self.spread(&rows, shares);
            }
            Ok(Decoded::Stopped) => {
                for (index, _) in shares {
                    self.tidy(index);
                }
            }
            Err(why) => {
                let group: Vec<usize> = shares.into_iter().map(|it| it.0).collect();
                self.give_up(&group, &why);
            }
        }
    }

    /// The oldest of those that are waited for, with all that fit into its batch: the same adapters, and no second one that is
    /// still reading its prompt.
    fn next(&self) -> Vec<usize> {
        let first = (0..self.jobs.len()).max_by_key(|it| {
            let job = &self.jobs[*it];
            (job.interactive, std::cmp::Reverse(*it))
        });
        let Some(first) = first else {
            return Vec::new();
        };
        let leader = &self.jobs[first];
        let fits = |it: &usize| {
            let job = &self.jobs[*it];
            *it != first
                && job.interactive == leader.interactive
                && job.adapters == leader.adapters
                && !job.reads()
        };
        // Those that say something come first: each has few rows, and a prompt takes the rest of the batch.
        let mut group: Vec<usize> = (0..self.jobs.len()).filter(fits).take(8).collect();
        group.push(first);
        group
    }

    fn apply(&mut self, wanted: &AdapterSet) -> Result<(), String> {
        if self.applied == *wanted {
            return Ok(());
        }
        let find = |it: &(u32, u32)| {
            let adapter = self.adapters.get(&it.0).ok_or("the adapter is gone")?;
            Ok((Rc::clone(adapter), f32::from_bits(it.1)))
        };
        let adapters: Result<Vec<_>, &str> = wanted.iter().map(find).collect();
        self.context.set_adapters(&adapters?)?;
        self.applied.clone_from(wanted);
        Ok(())
    }

    fn ask_for_drafts(&mut self, group: &[usize]) {
        for index in group {
            let job = &self.jobs[*index];
            let Some(held) = job.wants_draft(&self.pace) else {
                continue;
            };
            let id = job.id;
            self.speaker.say(&Report::Wanted {
                id,
                held: Secretive(held),
            });
            if let Some(text) = self.board.wait_for_draft(id, PATIENCE) {
                self.jobs[*index].take_draft(&self.model, &text);
            }
        }
    }

    /// Gives each request what was computed for it.
    fn spread(&mut self, rows: &[Row], shares: Vec<(usize, std::ops::Range<usize>)>) {
        let mut over = Vec::new();
        for (index, share) in shares {
            let job = &mut self.jobs[index];
            let Some(place) = job.place else { continue };
            let slot = self.slots.get(place.slot);
            let context = &self.context;
            let start = share.start;
            let logits = |row: usize| context.logits(start + row);
            let news = job.computed(&self.model, slot, &rows[share], logits, &mut self.pace);
            let (id, probability) = (job.id, job.probability);
            self.tidy(index);
            let News { text, ended } = news;
            if !text.is_empty() {
                self.speaker.say(&Report::Said {
                    id,
                    text: Secretive(text),
                    probability,
                });
            }
            over.extend(ended.map(|it| (index, it)));
        }
        over.sort_by_key(|it| std::cmp::Reverse(it.0));
        for (index, ending) in over {
            let job = self.jobs.remove(index);
            self.answer(&job, ending);
        }
    }

    /// Memory holds no more than what the slot says: drafts that were wrong and steps that were stopped go.
    fn tidy(&mut self, index: usize) {
        let Some(place) = self.jobs[index].place else {
            return;
        };
        let sequence = u32::try_from(place.slot).unwrap_or(u32::MAX);
        let slot = self.slots.get(place.slot);
        if self.context.length(sequence) > slot.tokens.len() {
            self.context.truncate(sequence, slot.tokens.len());
        }
    }

    /// These requests cannot go on; what their sequences hold is not known.
    fn give_up(&mut self, group: &[usize], why: &str) {
        let mut group = group.to_vec();
        group.sort_unstable_by(|a, b| b.cmp(a));
        for index in group {
            let job = self.jobs.remove(index);
            if let Some(place) = job.place {
                let sequence = u32::try_from(place.slot).unwrap_or(u32::MAX);
                self.context.truncate(sequence, 0);
                let slot = self.slots.get(place.slot);
                slot.tokens.clear();
                slot.busy = false;
            }
            self.fail(job.id, why.to_owned());
        }
    }

    /// One text of the oldest order.
    fn embed(&mut self) {
        let Some(order) = self.texts.front_mut() else {
            return;
        };
        let id = order.id;
        let Some(text) = order.texts.get(order.vectors.len()) else {
            let vectors = std::mem::take(&mut order.vectors);
            self.texts.pop_front();
            self.board.forget(id);
            self.speaker.say(&Report::Embedded { id, vectors });
            return;
        };
        let embedder = match &mut self.embedder {
            Some(it) => Ok(it),
            none => Embedder::new(&self.model, self.threads, self.board.stop())
                .map(|it| none.insert(it)),
        };
        let vector = embedder.and_then(|it| {
            if !self.board.begin(&[id], false) {
                return Ok(None);
            }
            let vector = it.embed(&self.model, text);
            self.board.end();
            vector
        });
        match vector {
            Ok(Some(it)) => order.vectors.push(it),
            // Something else goes first.
            Ok(None) => {}
            Err(why) => {
                self.texts.pop_front();
                self.fail(id, why);
            }
        }
    }
}
