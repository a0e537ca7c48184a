//! What was spent, summed up.
//!
//! The one idea: sums are made from the records when somebody asks; nothing is stored twice, so nothing can differ.
//!
//! Deliberately absent: adding amounts of two currencies.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use il_engine::usage::Amount;

use crate::{
    Day, LedgerError, Record,
    file::{self, DayFile},
    line::Line,
};

/// What rows are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Day,
    User,
    Model,
    Task,
    Endpoint,
}

impl By {
    fn key(self, record: &Record) -> String {
        match self {
            Self::Day => Day::of(UNIX_EPOCH + Duration::from_secs(record.time)).to_string(),
            Self::User => record.user.clone(),
            Self::Model => record.model.clone(),
            Self::Task => record.task.clone(),
            Self::Endpoint => record.endpoint.clone(),
        }
    }
}

/// The sum of some records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub requests: u64,
    /// Of these, with tokens that were estimated, since the provider gave no figures.
    pub estimated: u64,
    /// Of these, with a cost that nobody knows.
    pub unpriced: u64,
    pub prompt: u64,
    pub cached: u64,
    pub answer: u64,
    /// By currency. Without what is unpriced.
    pub cost: BTreeMap<String, Amount>,
}

impl Sum {
    /// One more.
    pub fn add(&mut self, record: &Record) {
        self.requests += 1;
        self.estimated += u64::from(!record.exact);
        self.prompt = self.prompt.saturating_add(record.prompt);
        self.cached = self.cached.saturating_add(record.cached);
        self.answer = self.answer.saturating_add(record.answer);
        match (record.micros, &record.currency) {
            (Some(micros), Some(currency)) => {
                let cost = self.cost.entry(currency.clone()).or_default();
                *cost = cost.plus(Amount(micros));
            }
            _ => self.unpriced += 1,
        }
    }
}

/// The sum of the records with one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    pub key: String,
    pub sum: Sum,
}

/// What was spent in some days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Days in their order; everything else with the dearest first.
    pub rows: Vec<Total>,
    pub all: Sum,
    /// Lines that could not be read: each may be a request that is missing here.
    pub damaged: usize,
    /// Files of a later version, which are missing here.
    pub later: Vec<PathBuf>,
}

impl Totals {
    /// Sums up the days from `from` to `to`, both included, of the books in a directory.
    pub fn read(directory: &Path, from: Day, to: Day, by: By) -> Result<Self, LedgerError> {
        let days = file::days(directory).map_err(|why| LedgerError::unreadable(directory, why))?;
        let mut rows: BTreeMap<String, Sum> = BTreeMap::new();
        let mut totals = Self::default();
        for day in days.into_iter().filter(|it| (from..=to).contains(it)) {
            let mut file = DayFile::new(directory, day);
            let news = file
                .news()
                .map_err(|why| LedgerError::unreadable(file.path(), why))?;
            if news.lines.later.is_some() {
                totals.later.push(file.path().to_owned());
                continue;
            }
            totals.damaged += news.lines.damaged + usize::from(news.lines.rest > 0);
            for line in news.lines.lines {
                if let Line::Answer(record) = line {
                    rows.entry(by.key(&record)).or_default().add(&record);
                    totals.all.add(&record);
                }
            }
        }
        totals.rows = rows
            .into_iter()
            .map(|(key, sum)| Total { key, sum })
            .collect();
        if by != By::Day {
            totals
                .rows
                .sort_by_key(|it| std::cmp::Reverse(weight(&it.sum)));
        }
        Ok(totals)
    }
}

/// What puts one row before another: money, then tokens where money says nothing.
fn weight(sum: &Sum) -> (Amount, u64) {
    let money = sum.cost.values().fold(Amount(0), |all, it| all.plus(*it));
    (money, sum.prompt.saturating_add(sum.answer))
}
