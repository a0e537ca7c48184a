//! What the file of the day says, added up.
//!
//! Deliberately absent: files and clocks.

use std::{collections::HashMap, fmt};

use il_engine::usage::Amount;

use crate::{
    Budget, Record,
    line::{Line, Open},
};

/// A request that is neither answered nor given up after so many seconds never will be: its process is gone.
const FORGOTTEN: u64 = 15 * 60;

/// Spent and under way, in the currency of the caps.
#[derive(Debug, Default)]
pub(super) struct Books {
    spent: Amount,
    by_user: HashMap<String, Amount>,
    open: Vec<Open>,
    /// Why the awaited reservation does not fit where it stands.
    pub(super) verdict: Option<Full>,
}

/// A cap leaves no room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Full {
    /// Whose cap it is; `None` for everybody's.
    user: Option<String>,
    cap: Amount,
    spent: Amount,
    under_way: Amount,
    /// What there is no room for.
    pub(super) amount: Amount,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.user {
            Some(user) => write!(f, "`{user}` has spent ")?,
            None => f.write_str("all together have spent ")?,
        }
        write!(f, "{}", self.spent)?;
        if self.under_way > Amount(0) {
            write!(f, " and {} is under way", self.under_way)?;
        }
        write!(f, " of {}", self.cap)
    }
}

impl Books {
    /// Begins a new day; what is under way still is.
    pub(super) fn turn(&mut self) {
        *self = Self {
            open: std::mem::take(&mut self.open),
            ..Self::default()
        };
    }

    pub(super) fn expire(&mut self, now: u64) {
        self.open
            .retain(|it| now.saturating_sub(it.time) < FORGOTTEN);
    }

    /// Reads one line. Only what is in the currency of the caps counts.
    pub(super) fn enter(&mut self, line: Line, currency: &str) {
        match line {
            Line::Header { .. } => {}
            Line::Open(open) => {
                if open.currency == currency && !self.open.iter().any(|it| it.id == open.id) {
                    self.open.push(open);
                }
            }
            Line::Close { of } => self.close(&of),
            Line::Answer(record) => {
                if let Some(of) = &record.of {
                    self.close(of);
                }
                let amount = counted(&record, currency);
                let by_user = self.by_user.entry(record.user).or_default();
                *by_user = by_user.plus(amount);
                self.spent = self.spent.plus(amount);
            }
        }
    }

    fn close(&mut self, id: &str) {
        self.open.retain(|it| it.id != id);
    }

    /// The cap that leaves no room for a request, if one does.
    pub(super) fn full(&self, budget: &Budget, new: &Open, unwritten: &[Line]) -> Option<Full> {
        let amount = Amount(new.micros);
        let over = |user: Option<&str>, cap: Option<Amount>| {
            let is_of = |it: &str| user.is_none_or(|user| user == it);
            let open = self
                .open
                .iter()
                .filter(|it| is_of(&it.user) && it.id != new.id);
            let under_way = open.fold(Amount(0), |sum, it| sum.plus(Amount(it.micros)));
            let written = match user {
                None => self.spent,
                Some(user) => self.by_user.get(user).copied().unwrap_or_default(),
            };
            let spent = unwritten.iter().fold(written, |sum, line| match line {
                Line::Answer(it) if is_of(&it.user) => sum.plus(counted(it, &budget.currency)),
                _ => sum,
            });
            let cap = cap?;
            (spent.plus(under_way).plus(amount) > cap).then(|| Full {
                user: user.map(str::to_owned),
                cap,
                spent,
                under_way,
                amount,
            })
        };
        over(None, budget.per_day).or_else(|| over(Some(&new.user), budget.per_user_per_day))
    }
}

/// What a record takes from the caps: nothing where it is in another currency or unknown.
fn counted(record: &Record, currency: &str) -> Amount {
    let ours = record.currency.as_deref() == Some(currency);
    Amount(record.micros.filter(|_| ours).unwrap_or(0))
}
