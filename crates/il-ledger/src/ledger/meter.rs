//! The meter of one account.
//!
//! The one idea: an engine says `allow`, then `used` or `unused`; which of several requests under way it means makes no
//! difference, since all of one account reserve the same.
//!
//! Deliberately absent: a memory of requests; the ledger has it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use il_engine::{
    EngineError,
    usage::{Meter, Usage},
};

use super::{Ledger, Ticket};
use crate::{Account, Budget};

pub(super) struct AccountMeter {
    ledger: Arc<Ledger>,
    account: Account,
    /// What a request costs at most.
    most: Usage,
    /// What caps it.
    budget: Budget,
    tickets: Mutex<VecDeque<Ticket>>,
}

impl AccountMeter {
    pub(super) fn new(ledger: Arc<Ledger>, account: Account, most: Usage, budget: Budget) -> Self {
        Self {
            ledger,
            account,
            most,
            budget,
            tickets: Mutex::default(),
        }
    }

    /// One request fewer is under way.
    fn done(&self) {
        let fewer = |it: usize| it.checked_sub(1);
        let (set, look) = (Ordering::AcqRel, Ordering::Acquire);
        // Nothing is under way where an engine says twice what it used.
        let _ = self.ledger.underway.fetch_update(set, look, fewer);
    }

    fn ticket(&self) -> Ticket {
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.pop_front().flatten()
    }
}

impl fmt::Debug for AccountMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("AccountMeter");
        out.field("account", &self.account).finish_non_exhaustive()
    }
}

impl Meter for AccountMeter {
    fn allow(&self) -> Result<(), EngineError> {
        let reserved = self.ledger.reserve(&self.account, self.most, &self.budget);
        let ticket = reserved.map_err(|why| EngineError::Refused {
            engine: "remote",
            why,
        })?;
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.push_back(ticket);
        self.ledger.underway.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    fn used(&self, usage: Usage) {
        let ticket = self.ticket();
        self.ledger.settle(&self.account, ticket, usage);
        self.done();
    }

    fn unused(&self) {
        let ticket = self.ticket();
        self.ledger.release(ticket);
        self.done();
    }
}
