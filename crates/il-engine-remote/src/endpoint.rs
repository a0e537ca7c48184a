//! One endpoint: everything between a request as data and a stream of news, whoever asks.
//!
//! The one idea: completions and chat share one place that waits for a turn, asks again, leaves a failing server alone
//! and keeps the books; what is said stays theirs.
//!
//! A question is asked again only as long as nothing of an answer has come.
//!
//! Deliberately absent: connections. The transport has them, and reuses them.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use il_egress::{Body, Request, Transport, Trouble};
use il_engine::{CancelToken, EngineError, usage::Meter};
use il_privacy::{Guard, Manifest};

use crate::{
    Clock, Settings, SystemClock,
    bill::Bill,
    breaker::{Breaker, Pass},
    dialect::{Draft, Exchange},
    failure::{self, Failure, Kind},
    fault::Fault,
    hedge::{self, Latencies},
    live::Live,
    permits::{Permit, Permits, Urgency},
    retry::{self, Tried},
    stream::{Framing, Reader},
};

/// A server's model, ready to be asked by [`RemoteEngine`](crate::RemoteEngine) and [`RemoteChat`](crate::RemoteChat).
pub struct Endpoint {
    pub(crate) settings: Settings,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) permits: Arc<Permits>,
    pub(crate) latencies: Mutex<Latencies>,
    breaker: Arc<Breaker>,
    meter: Option<Arc<dyn Meter>>,
    /// The model has refused a temperature once.
    without_temperature: AtomicBool,
}

/// Why an endpoint cannot be asked as it is set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("the key for `{0}` has characters that no header can hold: check where it is kept")]
    BadKey(String),
    #[error("`{0}` is no name that a URL can hold: check the model's name")]
    BadModel(String),
    #[error(
        "{context} tokens of context are too few: {taken} are taken by the answer and what stands around the prompt; raise `context_tokens`"
    )]
    TooSmall { context: usize, taken: usize },
    #[error(
        "nothing says how the model at `{0}` was trained to see a hole: say its `template`, or `{1}:`, where the server knows"
    )]
    NoTemplate(String, &'static str),
    #[error(transparent)]
    Template(#[from] il_engine::fim::Unknown),
}

/// More than this of an error's body is not read.
const ERROR_BYTES: usize = 64 << 10;
/// However long a server asks to be left alone.
const LONGEST_REST: Duration = Duration::from_mins(10);

/// An answer that has begun.
pub(crate) struct Opened {
    pub(crate) body: Box<dyn Body>,
    pub(crate) first: Vec<u8>,
    /// The server does not stream.
    pub(crate) whole: bool,
}

/// Who asks, who can stop it, and who lets it go.
pub(crate) struct Asking<'a> {
    pub(crate) guard: &'a Guard,
    pub(crate) manifest: Manifest,
    pub(crate) urgency: Urgency,
    pub(crate) cancel: &'a CancelToken,
}

impl Endpoint {
    /// Refuses what could never work; the server is not asked yet.
    pub fn new(settings: Settings, transport: Arc<dyn Transport>) -> Result<Self, SetupError> {
        let host = || settings.choice.host().to_owned();
        if settings
            .key
            .as_ref()
            .is_some_and(|it| it.on_the_wire().is_none())
        {
            return Err(SetupError::BadKey(host()));
        }
        // One dialect has it in its URL.
        let plain = |it: u8| it.is_ascii_graphic() && !b"?#%\\\"<>".contains(&it);
        if !settings.choice.model.bytes().all(plain) || settings.choice.model.contains("..") {
            return Err(SetupError::BadModel(settings.choice.model.clone()));
        }
        Ok(Self {
            permits: Permits::new(settings.limits.concurrency),
            breaker: Breaker::new(&settings.limits),
            latencies: Mutex::default(),
            clock: Arc::new(SystemClock::default()),
            meter: None,
            without_temperature: AtomicBool::new(false),
            settings,
            transport,
        })
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Who keeps the books.
    #[must_use]
    pub fn with_meter(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    /// Another model of the same provider: both together send no more requests at a time than `other` alone may.
    #[must_use]
    pub fn sharing_limits_of(mut self, other: &Self) -> Self {
        self.permits = Arc::clone(&other.permits);
        self
    }

    /// How it is asked.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether one more request may be sent, and who is told what it cost.
    pub(crate) fn bill(&self, prompt_tokens: u64) -> Result<Bill, EngineError> {
        Bill::open(self.meter.clone(), prompt_tokens)
    }

    /// Sends a request, again if it must be, until an answer begins.
    pub(crate) fn ask(
        self: &Arc<Self>,
        exchange: &Exchange,
        asking: &Asking<'_>,
        bill: &mut Bill,
    ) -> Result<Live, Failure> {
        let start = self.clock.now();
        let (mut times, mut sent) = (0, 0);
        let mut renewed = false;
        let mut before: Option<Failure> = None;
        let mut draft = exchange.draft.clone();
        let mut left_out = self.without_temperature.load(Ordering::Relaxed);
        if left_out {
            draft.leave_out_temperature();
        }
        let sealed = |draft: &Draft| {
            let sealed = draft.sealed(asking.guard, asking.manifest.clone());
            sealed.map_err(|why| failure::withheld(&self.settings, &why))
        };
        let mut request = sealed(&draft)?;
        loop {
            // Nobody waits for a turn only to be turned away.
            drop(self.pass(before.as_ref())?);
            let permit = self.permits.wait(asking.urgency, asking.cancel);
            let permit = permit.ok_or_else(Failure::cancelled)?;
            let pass = self.pass(before.as_ref())?;
            (times, sent) = (times + 1, sent + 1);
            let failure = match hedge::attempt(self, &request, asking.cancel, bill) {
                Ok(opened) => return Ok(self.live(opened, exchange, pass, permit, sent)),
                Err(failure) => failure,
            };
            drop(permit);
            // A server may close a connection that is kept, and llama.cpp's does so after every stream. It says nothing
            // about its health, and a new connection is all that is needed.
            if failure.kind == Kind::Closed && !renewed {
                renewed = true;
                times -= 1;
                continue;
            }
            let tried = Tried {
                times,
                elapsed: self.clock.now().saturating_sub(start),
                retry_after: match failure.kind {
                    Kind::Passing(asked) => asked,
                    _ => None,
                },
            };
            let again = matches!(failure.kind, Kind::Passing(_) | Kind::Closed)
                .then(|| {
                    let chance = self.clock.chance();
                    retry::pause(&self.settings.limits, asking.urgency, tried, chance)
                })
                .flatten();
            self.learn(pass, &failure, again.is_some());
            if failure.kind == Kind::Temperature && !left_out {
                self.without_temperature.store(true, Ordering::Relaxed);
                left_out = true;
                draft.leave_out_temperature();
                request = sealed(&draft)?;
                continue;
            }
            let Some(pause) = again else {
                return Err(failure);
            };
            self.clock.sleep(pause, asking.cancel);
            if asking.cancel.is_cancelled() {
                return Err(Failure::cancelled());
            }
            before = Some(failure);
        }
    }

    /// The breaker's leave to ask, or why not: what was just seen says more than that it was seen before.
    fn pass(&self, before: Option<&Failure>) -> Result<Pass, Failure> {
        self.breaker.enter(self.clock.now()).map_err(|open| {
            let open = || failure::of_open(&self.settings, &open);
            before.cloned().unwrap_or_else(open)
        })
    }

    /// What a failure says about the endpoint.
    fn learn(&self, pass: Pass, failure: &Failure, again: bool) {
        let now = self.clock.now();
        match failure.kind {
            // Nobody asks again now: then nobody else does either before the server wants it.
            Kind::Passing(Some(asked)) if !again && !asked.is_zero() => {
                pass.asked_to_wait(now, asked.min(LONGEST_REST), &failure.why);
            }
            _ if failure.counts() => pass.failed(now, &failure.why),
            Kind::Cancelled => drop(pass),
            // It answers, whatever it says.
            _ => pass.succeeded(),
        }
    }

    /// One try: until the first bytes of an answer.
    pub(crate) fn attempt(
        &self,
        request: Request,
        cancel: &CancelToken,
    ) -> Result<Opened, (Failure, Charged)> {
        let start = self.clock.now();
        let response = self.transport.send(request, cancel).map_err(|it| {
            let charged = match it {
                Trouble::Cancelled | Trouble::TooSlow { .. } => Charged::Maybe,
                _ => Charged::No,
            };
            let failure = match it {
                Trouble::BrokeOff(_) => failure::closed(&self.settings),
                it => failure::of_trouble(&self.settings, it),
            };
            (failure, charged)
        })?;
        let status = response.status;
        if !(200..300).contains(&status) {
            let asked = response
                .header("retry-after")
                .and_then(|it| retry::retry_after(it, self.clock.today()));
            // A status says enough when its body does not come.
            let body = response.bytes(ERROR_BYTES, cancel).unwrap_or_default();
            if cancel.is_cancelled() {
                return Err((Failure::cancelled(), Charged::No));
            }
            let fault = Fault::of_body(&body);
            let failure = failure::of_status(&self.settings, status, &fault, asked);
            return Err((failure, Charged::No));
        }
        let kind = response.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("text/html") {
            return Err((failure::garbled(&self.settings), Charged::No));
        }
        let whole = kind.eq_ignore_ascii_case("application/json");
        let mut body = response.body;
        // The server has taken the question by now.
        let first = body.next(cancel).and_then(|it| {
            let broke_off = || Trouble::BrokeOff(self.settings.choice.host().to_owned());
            it.ok_or_else(broke_off)
        });
        let first = first.map_err(|it| {
            let failure = failure::of_trouble(&self.settings, it);
            (failure, Charged::Maybe)
        })?;
        let took = self.clock.now().saturating_sub(start);
        let mut latencies = self
            .latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        latencies.add(took);
        drop(latencies);
        Ok(Opened { body, first, whole })
    }

    fn live(
        self: &Arc<Self>,
        opened: Opened,
        exchange: &Exchange,
        pass: Pass,
        permit: Permit,
        tries: u32,
    ) -> Live {
        let framing = match (exchange.framing, opened.whole) {
            (Framing::Sse, true) => Framing::Whole,
            (framing, _) => framing,
        };
        let reader = Reader::new(framing, exchange.read);
        Live::new(Arc::clone(self), opened, reader, pass, permit, tries)
    }
}

/// Whether a prompt may be charged though nothing came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charged {
    No,
    Maybe,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("settings", &self.settings)
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}
