//! The circuit breaker: an endpoint that fails again and again is left alone for a while.
//!
//! The one idea: failures in a row within a window open it; after a rest one question goes through as a probe, and what
//! becomes of that decides. Whoever is turned away is told for how long, so that the next engine is asked at once
//! instead of after a timeout.
//!
//! Deliberately absent: what counts as a failure.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::Limits;

/// One endpoint's.
#[derive(Debug)]
pub(crate) struct Breaker {
    failures: usize,
    window: Duration,
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Questions go through; when the last failures in a row were.
    Closed(VecDeque<Duration>),
    /// Nobody is let through before this moment.
    Open { until: Duration, why: String },
    /// One question is on its way.
    Probing { why: String },
}

/// Nobody is let through.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Open {
    /// For how long.
    pub(crate) left: Duration,
    /// What happened last.
    pub(crate) why: String,
}

impl Breaker {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            failures: limits.failures.max(1),
            window: limits.failure_window,
            rest: limits.rest,
            state: Mutex::new(State::Closed(VecDeque::new())),
        })
    }

    /// Lets one question through.
    pub(crate) fn enter(self: &Arc<Self>, now: Duration) -> Result<Pass, Open> {
        self.with(|state| {
            let probe = match state {
                State::Closed(_) => false,
                State::Open { until, why } if *until > now => {
                    let left = *until - now;
                    let why = why.clone();
                    return Err(Open { left, why });
                }
                State::Probing { why } => {
                    let why = why.clone();
                    return Err(Open {
                        left: Duration::ZERO,
                        why,
                    });
                }
                State::Open { why, .. } => {
                    *state = State::Probing {
                        why: mem::take(why),
                    };
                    true
                }
            };
            Ok(Pass {
                breaker: Arc::clone(self),
                probe,
            })
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One question that was let through. Dropped without a word, it says nothing about the endpoint.
#[derive(Debug)]
pub(crate) struct Pass {
    breaker: Arc<Breaker>,
    probe: bool,
}

impl Pass {
    /// It was answered.
    pub(crate) fn succeeded(mut self) {
        let probe = mem::take(&mut self.probe);
        self.breaker.with(|state| match state {
            State::Closed(failures) => failures.clear(),
            State::Open { .. } | State::Probing { .. } if probe => {
                *state = State::Closed(VecDeque::new());
            }
            // Asked before the others failed: the probe decides.
            State::Open { .. } | State::Probing { .. } => {}
        });
    }

    /// It failed at `now`; `why` is for people.
    pub(crate) fn failed(mut self, now: Duration, why: &str) {
        let probe = mem::take(&mut self.probe);
        let breaker = &self.breaker;
        breaker.with(|state| {
            if let State::Closed(failures) = state {
                failures.push_back(now);
                while failures
                    .front()
                    .is_some_and(|it| *it + breaker.window < now)
                {
                    failures.pop_front();
                }
                if failures.len() < breaker.failures {
                    return;
                }
            } else if !probe {
                return;
            }
            let until = now + breaker.rest;
            let why = why.to_owned();
            *state = State::Open { until, why };
        });
    }

    /// The server asked at `now` to be left alone for this long.
    pub(crate) fn asked_to_wait(mut self, now: Duration, left: Duration, why: &str) {
        self.probe = false;
        self.breaker.with(|state| {
            let until = now + left;
            let why = why.to_owned();
            *state = State::Open { until, why };
        });
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.probe {
            self.breaker.with(|state| {
                if let State::Probing { why } = state {
                    let (until, why) = (Duration::ZERO, mem::take(why));
                    *state = State::Open { until, why };
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn breaker() -> Arc<Breaker> {
        Breaker::new(&Limits {
            failures: 3,
            failure_window: s(60),
            rest: s(30),
            ..Limits::default()
        })
    }

    #[track_caller]
    fn fails(breaker: &Arc<Breaker>, at: u64) {
        breaker
            .enter(s(at))
            .expect("let through")
            .failed(s(at), "x");
    }

    #[track_caller]
    fn turned_away(breaker: &Arc<Breaker>, at: u64, left: u64) {
        let why = "x".to_owned();
        let open = breaker.enter(s(at)).expect_err("turned away");
        assert_eq!(open, Open { left: s(left), why });
    }

    #[test]
    fn so_many_failures_in_a_row_open_it_for_a_while() {
        let breaker = breaker();
        for at in [1, 2, 3] {
            fails(&breaker, at);
        }
        turned_away(&breaker, 3, 30);
        turned_away(&breaker, 32, 1);
        assert!(breaker.enter(s(33)).is_ok());
    }

    #[test]
    fn a_good_answer_in_between_and_old_failures_do_not_count() {
        let breaker = breaker();
        fails(&breaker, 1);
        fails(&breaker, 2);
        breaker.enter(s(3)).expect("let through").succeeded();
        fails(&breaker, 4);
        fails(&breaker, 5);
        // 4 and 5 are too old by then.
        fails(&breaker, 66);
        assert!(breaker.enter(s(66)).is_ok());
    }

    #[test]
    fn one_probe_goes_through_and_decides() {
        let breaker = breaker();
        for at in [1, 2, 3] {
            fails(&breaker, at);
        }
        let probe = breaker.enter(s(40)).expect("the probe");
        turned_away(&breaker, 40, 0);
        probe.failed(s(41), "x");
        turned_away(&breaker, 42, 29);
        breaker.enter(s(71)).expect("the probe").succeeded();
        fails(&breaker, 72);
        assert!(breaker.enter(s(72)).is_ok());
    }

    #[test]
    fn a_probe_that_was_cancelled_makes_way_for_another() {
        let breaker = breaker();
        for at in [1, 2, 3] {
            fails(&breaker, at);
        }
        drop(breaker.enter(s(40)).expect("the probe"));
        assert!(breaker.enter(s(40)).is_ok());
    }

    #[test]
    fn who_was_asked_before_decides_nothing_when_it_is_open() {
        let breaker = breaker();
        let (late, other) = (breaker.enter(s(0)), breaker.enter(s(0)));
        for at in [1, 2, 3] {
            fails(&breaker, at);
        }
        late.expect("let through").succeeded();
        other.expect("let through").failed(s(9), "y");
        turned_away(&breaker, 10, 23);
    }

    #[test]
    fn a_server_can_ask_for_a_rest() {
        let breaker = breaker();
        let pass = breaker.enter(s(1)).expect("let through");
        pass.asked_to_wait(s(1), s(90), "x");
        turned_away(&breaker, 11, 80);
    }
}
