//! A second request when the first is late.
//!
//! The one idea: who was slower than nineteen of twenty is probably stuck somewhere, and asking once more is quicker
//! than waiting. Whichever answers first is taken; the other's stream is closed at once. It costs twice and is off
//! unless somebody wants it.
//!
//! Deliberately absent: a third.

use std::{
    collections::VecDeque,
    sync::{
        Arc, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use il_egress::Request;
use il_engine::CancelToken;

use crate::{
    bill::Bill,
    endpoint::{Charged, Endpoint, Opened},
    failure::Failure,
};

/// How long it took until answers began, the latest ones.
#[derive(Debug, Default)]
pub(crate) struct Latencies(VecDeque<Duration>);

/// So many are kept.
const KEPT: usize = 100;
/// With fewer there is no twentieth to speak of.
const ENOUGH: usize = 20;

impl Latencies {
    pub(crate) fn add(&mut self, took: Duration) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(took);
    }

    /// What nineteen of twenty took at most.
    fn late(&self) -> Option<Duration> {
        if self.0.len() < ENOUGH {
            return None;
        }
        let mut sorted: Vec<Duration> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get((sorted.len() * 19).div_ceil(20) - 1).copied()
    }
}

/// How soon a cancelled wait ends.
const SLICE: Duration = Duration::from_millis(2);

type Tried = (usize, Result<Opened, (Failure, Charged)>);

/// One try, or two at once.
pub(crate) fn attempt(
    endpoint: &Arc<Endpoint>,
    request: &Request,
    cancel: &CancelToken,
    bill: &mut Bill,
) -> Result<Opened, Failure> {
    let latencies = endpoint
        .latencies
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let late = latencies.late();
    drop(latencies);
    match late.filter(|_| endpoint.settings.limits.hedge) {
        Some(late) => two(endpoint, request, late, cancel, bill),
        None => {
            let tried = endpoint.attempt(request.clone(), cancel);
            tried.map_err(|it| failed(it, bill))
        }
    }
}

fn failed((failure, charged): (Failure, Charged), bill: &mut Bill) -> Failure {
    if charged == Charged::Maybe {
        bill.lost_prompt();
    }
    failure
}

fn two(
    endpoint: &Arc<Endpoint>,
    request: &Request,
    late: Duration,
    cancel: &CancelToken,
    bill: &mut Bill,
) -> Result<Opened, Failure> {
    let (tell, hear) = mpsc::channel::<Tried>();
    let tokens = [CancelToken::new(), CancelToken::new()];
    let start = |which: usize| {
        let (endpoint, request) = (Arc::clone(endpoint), request.clone());
        let (token, tell) = (tokens[which].clone(), tell.clone());
        thread::spawn(move || {
            let tried = endpoint.attempt(request, &token);
            // Nobody hears the loser; its stream is closed when it is dropped here.
            let _ = tell.send((which, tried));
        });
    };
    let begun = endpoint.clock.now();
    start(0);
    let mut open = 1;
    let mut second = None;
    let outcome = loop {
        match hear.recv_timeout(SLICE) {
            Ok((which, Ok(opened))) => break Ok((which, opened)),
            Ok((_, Err(tried))) => {
                let failure = failed(tried, bill);
                open -= 1;
                if open == 0 {
                    break Err(failure);
                }
            }
            // One sender is kept here.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        if cancel.is_cancelled() {
            break Err(Failure::cancelled());
        }
        let waited = endpoint.clock.now().saturating_sub(begun);
        if second.is_none() && waited >= late {
            second = endpoint.permits.try_now();
            if second.is_some() {
                start(1);
                open += 1;
            }
        }
    };
    let winner = outcome.as_ref().ok().map(|it| it.0);
    for (which, token) in tokens.iter().enumerate() {
        if winner != Some(which) {
            token.cancel();
        }
    }
    for _ in usize::from(winner.is_some())..open {
        bill.lost_prompt();
    }
    let opened = outcome?.1;
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_is_later_than_nineteen_of_twenty() {
        let mut latencies = Latencies::default();
        for took in (1..20).rev() {
            latencies.add(Duration::from_millis(took));
            assert_eq!(latencies.late(), None);
        }
        latencies.add(Duration::from_secs(9));
        assert_eq!(latencies.late(), Some(Duration::from_millis(19)));
        for _ in 0..KEPT {
            latencies.add(Duration::from_millis(5));
        }
        assert_eq!(latencies.late(), Some(Duration::from_millis(5)));
    }
}
