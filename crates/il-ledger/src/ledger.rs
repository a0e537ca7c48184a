//! The ledger: reserve, settle, and refuse.
//!
//! The one idea: a request goes on when its reservation fits after everything that stands before it in the file. All
//! processes see the same order, so exactly one of two that fit only one at a time goes on.
//!
//! Deliberately absent: waiting for room. A refused request goes down the ladder of models instead.

mod books;
mod meter;

use std::{
    fmt, io, mem,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use il_calendar::seconds;
use il_engine::usage::{Amount, Meter, Usage};

use self::{
    books::{Books, Full},
    meter::AccountMeter,
};
use crate::{
    Account, By, Day, Prices, Record, Totals,
    file::{self, DayFile},
    line::{self, Line, Open},
};

/// What time it is.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How often records are forced to the disk.
const SYNC: Duration = Duration::from_secs(30);

/// What may be spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// By everybody whose requests are in these books.
    pub per_day: Option<Amount>,
    pub per_user_per_day: Option<Amount>,
    /// Of the caps.
    pub currency: String,
    /// Whether a model may be asked though its cost is unknown and there is a cap.
    pub allow_unpriced: bool,
    /// Older records are deleted.
    pub keep_days: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            per_day: None,
            per_user_per_day: None,
            currency: "USD".to_owned(),
            allow_unpriced: false,
            keep_days: 400,
        }
    }
}

impl Budget {
    fn caps_anything(&self) -> bool {
        self.per_day.is_some() || self.per_user_per_day.is_some()
    }
}

/// Why there are no books.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("the cost records in `{path}` cannot be kept: {why}")]
    Directory { path: PathBuf, why: io::Error },
    #[error("the cost records in `{path}` cannot be read: {why}")]
    Unreadable { path: PathBuf, why: io::Error },
    #[error("the cost records in `{path}` are of version {version}: update Interline")]
    Later { path: PathBuf, version: u32 },
}

impl LedgerError {
    pub(crate) fn unreadable(path: &Path, why: io::Error) -> Self {
        let path = path.to_owned();
        Self::Unreadable { path, why }
    }
}

/// The books of a directory.
pub struct Ledger {
    directory: PathBuf,
    prices: Prices,
    budget: Budget,
    clock: Clock,
    state: Mutex<State>,
    /// Requests of this process that were allowed and have not said what they used.
    underway: AtomicUsize,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("directory", &self.directory)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct State {
    day: Day,
    file: DayFile,
    books: Books,
    /// Lines that could not be written yet.
    unwritten: Vec<Line>,
    is_dirty: bool,
    synced: SystemTime,
}

/// A reservation; none where nothing caps.
type Ticket = Option<String>;

impl Ledger {
    /// Opens the books in a directory, and makes it where there is none. Several ledgers may have the same one open.
    pub fn open(
        directory: &Path,
        prices: Prices,
        budget: Budget,
        clock: Clock,
    ) -> Result<Arc<Self>, LedgerError> {
        file::make_directory(directory).map_err(|why| LedgerError::Directory {
            path: directory.to_owned(),
            why,
        })?;
        let now = clock();
        let day = Day::of(now);
        let ledger = Self {
            underway: AtomicUsize::new(0),
            state: Mutex::new(State {
                day,
                file: DayFile::new(directory, day),
                books: Books::default(),
                unwritten: Vec::new(),
                is_dirty: false,
                synced: now,
            }),
            directory: directory.to_owned(),
            prices,
            budget,
            clock,
        };
        ledger.forget(day);
        ledger.look(&mut ledger.state(), now, None)?;
        Ok(Arc::new(ledger))
    }

    /// The meter of an account whose requests cost at most what `most` costs: all tries of one together, since each
    /// that is sent may be charged.
    pub fn meter(self: &Arc<Self>, account: Account, most: Usage) -> Arc<dyn Meter> {
        self.meter_within(account, most, None, None)
    }

    /// The same, within lower caps for these requests alone, as a repository may set them. Higher ones change nothing.
    pub fn meter_within(
        self: &Arc<Self>,
        account: Account,
        most: Usage,
        per_day: Option<Amount>,
        per_user_per_day: Option<Amount>,
    ) -> Arc<dyn Meter> {
        let lower = |ours: Option<Amount>, theirs: Option<Amount>| match (ours, theirs) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        let budget = Budget {
            per_day: lower(self.budget.per_day, per_day),
            per_user_per_day: lower(self.budget.per_user_per_day, per_user_per_day),
            ..self.budget.clone()
        };
        Arc::new(AccountMeter::new(Arc::clone(self), account, most, budget))
    }

    /// Whether everything that this process was allowed is in the books. Who ends while something is under way leaves a
    /// reservation and not what it cost.
    pub fn is_settled(&self) -> bool {
        self.underway.load(Ordering::Acquire) == 0
    }

    /// What was spent in the last `days` days, today included.
    pub fn totals(&self, days: u32, by: By) -> Result<Totals, LedgerError> {
        let today = Day::of((self.clock)());
        let from = today.before(days.saturating_sub(1));
        Totals::read(&self.directory, from, today, by)
    }

    /// Makes room for a request, or says why there is none.
    fn reserve(&self, account: &Account, most: Usage, budget: &Budget) -> Result<Ticket, String> {
        if account.free || !budget.caps_anything() {
            return Ok(None);
        }
        let now = (self.clock)();
        let mut state = self.state();
        self.turn(&mut state, now);
        let Some(amount) = self.in_currency(account, most, state.day)? else {
            return Ok(None);
        };
        let cannot = |why: LedgerError| format!("{why}, and without them no cap can be kept");
        self.look(&mut state, now, None).map_err(cannot)?;
        let open = Open {
            id: new_id(),
            time: seconds(now),
            user: account.user.clone(),
            micros: amount.0,
            currency: self.budget.currency.clone(),
        };
        let full = state.books.full(budget, &open, &state.unwritten);
        self.room(full, now)?;

        let id = open.id.clone();
        self.write(&mut state, &Line::Open(open)).map_err(|why| {
            let path = self.directory.clone();
            cannot(LedgerError::Directory { path, why })
        })?;
        self.look(&mut state, now, Some((&id, budget)))
            .map_err(cannot)?;
        // Somebody else's reservation may have come between the look and the write.
        if let Err(why) = self.room(state.books.verdict.take(), now) {
            self.note(&mut state, Line::Close { of: id }, now);
            return Err(why);
        }
        Ok(Some(id))
    }

    /// A request was answered.
    fn settle(&self, account: &Account, ticket: Ticket, usage: Usage) {
        let now = (self.clock)();
        let mut state = self.state();
        self.turn(&mut state, now);
        let mut record = Record {
            time: seconds(now),
            user: account.user.clone(),
            task: account.task.clone(),
            endpoint: account.endpoint.clone(),
            model: account.model.clone(),
            of: ticket,
            ..Record::default()
        };
        record.tokens(usage);
        if account.free {
            record.micros = Some(0);
            record.currency = Some(self.budget.currency.clone());
        } else if let Some(price) = self.prices.find(account, usage.prompt, state.day) {
            record.micros = Some(price.of(usage).0);
            record.currency = Some(price.currency.clone());
        }
        self.note(&mut state, Line::Answer(record), now);
    }

    /// A request came to nothing.
    fn release(&self, ticket: Ticket) {
        let Some(of) = ticket else { return };
        let now = (self.clock)();
        let mut state = self.state();
        self.turn(&mut state, now);
        self.note(&mut state, Line::Close { of }, now);
    }

    /// What a request may cost, in the currency of the caps; nothing where that is unknown and allowed to be.
    fn in_currency(
        &self,
        account: &Account,
        most: Usage,
        day: Day,
    ) -> Result<Option<Amount>, String> {
        let (model, host) = (&account.model, &account.host);
        let ours = &self.budget.currency;
        match self.prices.find(account, most.prompt, day) {
            Some(price) if price.currency == *ours => Ok(Some(price.of(most))),
            _ if self.budget.allow_unpriced => Ok(None),
            Some(price) => Err(format!(
                "there is a cap in {ours}, and `{model}` is priced in {}: set `[price.\"{model}\"]` in {ours}, or \
                 `[budget] currency = \"{}\"`",
                price.currency, price.currency
            )),
            None => Err(format!(
                "there is a cap, and what `{model}` costs at `{host}` is not known: set `[price.\"{model}\"]`, or \
                 allow it with `[budget] unpriced = \"allow\"`"
            )),
        }
    }

    fn room(&self, full: Option<Full>, now: SystemTime) -> Result<(), String> {
        let Some(full) = full else { return Ok(()) };
        let minutes = Day::of(now).left(now).as_secs().div_ceil(60);
        let (hours, minutes) = (minutes / 60, minutes % 60);
        Err(format!(
            "{full} {} today, and a request may cost {}; the cap opens again at 00:00 UTC, in {hours} h {minutes} min",
            self.budget.currency, full.amount
        ))
    }

    /// Goes over to a new day.
    fn turn(&self, state: &mut State, now: SystemTime) {
        let day = Day::of(now);
        if day == state.day {
            return;
        }
        sync(state);
        state.day = day;
        state.file = DayFile::new(&self.directory, day);
        state.books.turn();
        self.forget(day);
    }

    fn forget(&self, today: Day) {
        let oldest = today.before(self.budget.keep_days);
        if let Err(why) = file::forget(&self.directory, Some(oldest)) {
            tracing::warn!("cost records before {oldest} cannot be deleted: {why}");
        }
    }

    /// Reads what was appended, by whomever.
    fn look(
        &self,
        state: &mut State,
        now: SystemTime,
        awaited: Option<(&str, &Budget)>,
    ) -> Result<(), LedgerError> {
        let path = state.file.path().to_owned();
        let news = state
            .file
            .news()
            .map_err(|why| LedgerError::unreadable(&path, why))?;
        if news.is_another {
            state.books = Books::default();
        }
        if let Some(version) = news.lines.later {
            return Err(LedgerError::Later { path, version });
        }
        if news.lines.damaged > 0 {
            tracing::warn!(
                "{} damaged lines in `{}`: what they cost is not counted",
                news.lines.damaged,
                path.display()
            );
        }
        state.books.expire(seconds(now));
        let State {
            books, unwritten, ..
        } = state;
        for line in news.lines.lines {
            // What stands before a reservation says whether it fits.
            if let (Line::Open(open), Some((id, caps))) = (&line, awaited)
                && open.id == id
            {
                books.verdict = books.full(caps, open, unwritten);
            }
            books.enter(line, &self.budget.currency);
        }
        Ok(())
    }

    /// Writes a line now or, where that fails, before the next one.
    fn note(&self, state: &mut State, line: Line, now: SystemTime) {
        if let Err(why) = self.write(state, &line) {
            if state.unwritten.is_empty() {
                tracing::warn!("a cost record cannot be written yet: {why}");
            }
            state.unwritten.push(line);
        }
        let waited = now.duration_since(state.synced).unwrap_or(SYNC);
        if state.is_dirty && waited >= SYNC {
            sync(state);
            state.synced = now;
        }
    }

    fn write(&self, state: &mut State, line: &Line) -> io::Result<()> {
        let lines = state.unwritten.iter().chain([line]);
        let text: String = lines.map(line::write).collect();
        state.file.append(&text)?;
        state.unwritten.clear();
        state.is_dirty = true;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic leaves behind is read again from the file.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        sync(&mut self.state());
    }
}

fn sync(state: &mut State) {
    if mem::take(&mut state.is_dirty)
        && let Err(why) = state.file.sync()
    {
        tracing::warn!("cost records cannot be forced to the disk: {why}");
    }
}

/// A name that no other reservation on this machine has.
fn new_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let started = started.map_or(0, |it| it.as_nanos());
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:x}-{started:x}-{number:x}", std::process::id())
}

#[cfg(test)]
mod tests;
