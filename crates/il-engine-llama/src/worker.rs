//! The parent's half: a process that is started, asked, watched over and started again.
//!
//! The one idea: whoever asks holds the receiving end of a channel. When the process dies, the sending ends are dropped
//! and everybody who waits hears it at once; the next one finds a new process, or the reason why there is none.
//!
//! Deliberately absent: what is asked (`model`).

mod process;
mod temper;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    process::{Child, ChildStdin},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use self::temper::Temper;
use crate::{
    settings::{LlamaError, Program},
    wire::{self, Info, Opening, Order, Report},
};

/// One worker process at a time.
pub(crate) struct Worker(Arc<Inner>);

struct Inner {
    program: Program,
    opening: Opening,
    state: Mutex<State>,
    news: Condvar,
    last_id: AtomicU32,
}

#[derive(Default)]
struct State {
    status: Status,
    child: Option<Child>,
    input: Option<Arc<Mutex<ChildStdin>>>,
    info: Option<Info>,
    calls: HashMap<u32, Sender<Report>>,
    /// Loaded adapters by number: a new process is given them too.
    adapters: BTreeMap<u32, String>,
    /// How the last process ended.
    death: String,
    closing: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Starting,
    Ready,
    /// The file cannot be opened.
    Broken(String),
    /// It died too often.
    GivenUp(String),
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("status", &self.0.lock().status)
            .finish_non_exhaustive()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closing = true;
        state.input = None;
        if let Some(child) = &mut state.child {
            // It has nothing to save; a failure means that it has ended.
            let _ = child.kill();
        }
        self.0.news.notify_all();
    }
}

impl Worker {
    /// Starts a process and waits until it has opened the model.
    pub(crate) fn start(program: Program, opening: Opening) -> Result<(Self, Info), LlamaError> {
        let worker = Self(Arc::new(Inner {
            program,
            opening,
            state: Mutex::default(),
            news: Condvar::new(),
            last_id: AtomicU32::new(0),
        }));
        let started = process::start(&worker.0.program)?;
        let inner = Arc::clone(&worker.0);
        let spawned = thread::Builder::new()
            .name("llama".to_owned())
            .spawn(move || watch(&inner, started));
        if let Err(source) = spawned {
            let program = worker.0.program.path.clone();
            return Err(LlamaError::Start { program, source });
        }
        let mut state = worker.0.lock();
        loop {
            match &state.status {
                Status::Ready => {}
                Status::Broken(why) => return Err(LlamaError::Open { why: why.clone() }),
                Status::GivenUp(why) => return Err(LlamaError::Died { why: why.clone() }),
                Status::Starting if !state.death.is_empty() => {
                    let why = format!("while it opened the model: {}", state.death);
                    return Err(LlamaError::Died { why });
                }
                Status::Starting => {}
            }
            if let Some(info) = state.info.clone() {
                drop(state);
                return Ok((worker, info));
            }
            state = worker.0.wait(state, Duration::from_secs(1));
        }
    }

    /// Waits until there is a process that answers, at most so long.
    pub(crate) fn wait_ready(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let mut state = self.0.lock();
        while state.status == Status::Starting {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.0.wait(state, left);
        }
        state.status == Status::Ready
    }

    /// Number of the process, for whoever measures it.
    pub(crate) fn process(&self) -> Option<u32> {
        self.0.lock().child.as_ref().map(Child::id)
    }

    /// A number that no other call or adapter has.
    pub(crate) fn number(&self) -> u32 {
        self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Sends an order whose reports go to the call that comes back.
    pub(crate) fn call(&self, order: impl FnOnce(u32) -> Order) -> Result<Call<'_>, LlamaError> {
        let id = self.number();
        let (sender, reports) = mpsc::channel();
        self.0.ready()?.calls.insert(id, sender);
        let call = Call {
            worker: self,
            id,
            reports,
        };
        self.send(&order(id))?;
        Ok(call)
    }

    /// Sends an order that nobody answers.
    pub(crate) fn send(&self, order: &Order) -> Result<(), LlamaError> {
        let input = self.0.ready()?.input.clone();
        let sent = input.is_some_and(|it| {
            let mut input = it.lock().unwrap_or_else(PoisonError::into_inner);
            wire::write(&mut *input, order).is_ok()
        });
        if sent { Ok(()) } else { Err(self.0.died()) }
    }

    /// A new process is to have this adapter, or no longer.
    pub(crate) fn remember_adapter(&self, adapter: u32, path: Option<String>) {
        let mut state = self.0.lock();
        match path {
            Some(it) => state.adapters.insert(adapter, it),
            None => state.adapters.remove(&adapter),
        };
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, most: Duration) -> MutexGuard<'a, State> {
        let waited = self.news.wait_timeout(state, most);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Why the process is gone, once whoever watches it knows.
    fn died(&self) -> LlamaError {
        let until = Instant::now() + Duration::from_millis(500);
        let mut state = self.lock();
        let known =
            |it: &State| it.status != Status::Ready && it.child.is_none() && it.calls.is_empty();
        while !known(&state) && Instant::now() < until {
            state = self.wait(state, Duration::from_millis(20));
        }
        let why = state.death.clone();
        let why = if why.is_empty() {
            "it closed its pipe".to_owned()
        } else {
            why
        };
        LlamaError::Died { why }
    }

    /// The state, when there is a process that answers.
    fn ready(&self) -> Result<MutexGuard<'_, State>, LlamaError> {
        let state = self.lock();
        match &state.status {
            Status::Ready => Ok(state),
            Status::Starting if state.death.is_empty() => Err(LlamaError::NotReady {
                why: "the model is being opened".to_owned(),
            }),
            Status::Starting => Err(LlamaError::NotReady {
                why: format!(
                    "the worker died ({}) and is being started again",
                    state.death
                ),
            }),
            Status::Broken(why) => Err(LlamaError::Open { why: why.clone() }),
            Status::GivenUp(why) => Err(LlamaError::NotReady { why: why.clone() }),
        }
    }
}

/// An order whose reports are awaited.
pub(crate) struct Call<'a> {
    worker: &'a Worker,
    pub(crate) id: u32,
    reports: Receiver<Report>,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.worker.0.lock().calls.remove(&self.id);
    }
}

impl Call<'_> {
    /// The next report; `None` when none comes in time.
    pub(crate) fn next(&self, patience: Duration) -> Result<Option<Report>, LlamaError> {
        match self.reports.recv_timeout(patience) {
            Ok(Report::Failed { why, .. }) => Err(LlamaError::Failed { why }),
            Ok(report) => Ok(Some(report)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                let why = self.worker.0.lock().death.clone();
                Err(LlamaError::Died { why })
            }
        }
    }

    /// The one report of an order that is answered at once.
    pub(crate) fn answer(&self) -> Result<Report, LlamaError> {
        loop {
            if let Some(report) = self.next(Duration::from_secs(60))? {
                return Ok(report);
            }
        }
    }
}

/// Watches one process after the other, until the worker is dropped or it died too often.
fn watch(inner: &Inner, first: process::Started) {
    let mut temper = Temper::default();
    let mut started = Some(first);
    loop {
        let next = match started.take() {
            Some(it) => Ok(it),
            None => process::start(&inner.program),
        };
        match next {
            Ok(it) => attend(inner, it),
            Err(error) => inner.lock().death = error.to_string(),
        }
        let pause = temper.died(Instant::now());
        let mut state = inner.lock();
        if state.closing || matches!(state.status, Status::Broken(_)) {
            return;
        }
        tracing::warn!(how = %state.death, "the llama worker died");
        let Some(pause) = pause else {
            let (times, death) = (temper.times(), &state.death);
            let why = format!(
                "the worker died {times} times in a short while, the last time: {death}; choose another model or start Interline again"
            );
            state.status = Status::GivenUp(why);
            inner.news.notify_all();
            return;
        };
        let until = Instant::now() + pause;
        while !state.closing && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            state = inner.wait(state, left);
        }
        if state.closing {
            return;
        }
    }
}

/// Passes on what one process reports, until it ends.
fn attend(inner: &Inner, started: process::Started) {
    let process::Started {
        child,
        input,
        mut output,
        complaints,
    } = started;
    let input = Arc::new(Mutex::new(input));
    {
        let mut state = inner.lock();
        state.child = Some(child);
        state.status = Status::Starting;
        if state.closing {
            // Dropped while it was being started.
            state.child.as_mut().map(Child::kill);
        }
    }
    let open = Order::Open {
        opening: inner.opening.clone(),
    };
    let write = |order: &Order| {
        let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
        // A process that does not read has ended; that is found out below.
        let _ = wire::write(&mut *input, order);
    };
    write(&open);
    while let Ok(Some(report)) = wire::read::<Report>(&mut output) {
        match report {
            Report::Opened { info } => {
                let adapters = inner.lock().adapters.clone();
                for (adapter, path) in adapters {
                    let id = u32::MAX;
                    write(&Order::Load { id, adapter, path });
                }
                let mut state = inner.lock();
                state.input = Some(Arc::clone(&input));
                state.info = Some(*info);
                state.status = Status::Ready;
                inner.news.notify_all();
            }
            Report::Failed { id: 0, why } => {
                inner.lock().status = Status::Broken(why);
            }
            report => {
                let state = inner.lock();
                if let Some(call) = state.calls.get(&report.id()) {
                    // Whoever asked may have gone away.
                    let _ = call.send(report);
                }
            }
        }
    }
    let mut state = inner.lock();
    state.input = None;
    if state.status == Status::Ready {
        // From here on nobody sends it anything; how it ended comes below.
        state.status = Status::Starting;
        state.death = "it closed its pipe".to_owned();
    }
    let child = state.child.take();
    drop(state);
    let ended = child.map(|mut child| {
        // It may have closed its pipe without ending.
        let _ = child.kill();
        child.wait()
    });
    let how = match ended {
        Some(Ok(status)) => status.to_string(),
        Some(Err(error)) => error.to_string(),
        None => "it was never started".to_owned(),
    };
    let death = complaints.end(&how);
    let mut state = inner.lock();
    state.death = death;
    state.calls.clear();
    inner.news.notify_all();
}
