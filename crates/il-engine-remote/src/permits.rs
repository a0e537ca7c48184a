//! How many requests a provider is sent at the same time, and who goes first.
//!
//! The one idea: a counter, and a queue in which who waits at the cursor stands before who works ahead. Waiting is
//! given up when nobody wants the answer any more.
//!
//! Deliberately absent: rates. A provider says itself when there are too many.

use std::{
    mem,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use il_engine::{CancelToken, Priority};

/// Who waits for the answer. The later one goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// Nobody yet.
    Speculative,
    /// Somebody who reads an answer as it comes.
    Conversation,
    /// Somebody who types.
    Keystroke,
}

impl From<Priority> for Urgency {
    fn from(it: Priority) -> Self {
        match it {
            Priority::Speculative => Self::Speculative,
            Priority::Interactive => Self::Keystroke,
        }
    }
}

/// One provider's.
#[derive(Debug)]
pub(crate) struct Permits {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    free: usize,
    next: u64,
    waiting: Vec<(Urgency, u64)>,
}

impl State {
    /// Whether a permit is free and nobody who waits stands before `me`.
    fn is_turn_of(&self, me: (Urgency, u64)) -> bool {
        let before = |it: &(Urgency, u64)| it.0 > me.0 || (it.0 == me.0 && it.1 < me.1);
        self.free > 0 && !self.waiting.iter().any(before)
    }
}

/// How soon who waits sees that nobody wants the answer any more.
const SLICE: Duration = Duration::from_millis(5);

impl Permits {
    pub(crate) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                free: count.max(1),
                next: 0,
                waiting: Vec::new(),
            }),
            changed: Condvar::new(),
        })
    }

    /// Waits for a permit; `None` when cancelled.
    pub(crate) fn wait(self: &Arc<Self>, urgency: Urgency, cancel: &CancelToken) -> Option<Permit> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let me = (urgency, state.next);
        state.next += 1;
        state.waiting.push(me);
        let got = loop {
            if cancel.is_cancelled() {
                break false;
            }
            if state.is_turn_of(me) {
                state.free -= 1;
                break true;
            }
            let waited = self.changed.wait_timeout(state, SLICE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        state.waiting.retain(|it| *it != me);
        drop(state);
        // Whoever stood behind this one may be next.
        self.changed.notify_all();
        got.then(|| Permit(Arc::clone(self)))
    }

    /// A permit if one is free and nobody waits for it.
    pub(crate) fn try_now(self: &Arc<Self>) -> Option<Permit> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let free = state.free > 0 && state.waiting.is_empty();
        state.free -= usize::from(free);
        drop(state);
        free.then(|| Permit(Arc::clone(self)))
    }

    /// How many wait, for tests.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.len()
    }
}

/// The right to have one request open; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Permits>);

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.free += 1;
        mem::drop(state);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn who_waits_at_the_cursor_goes_before_who_works_ahead() {
        let permits = Permits::new(1);
        let held = permits.try_now().expect("free");
        let (tell, hear) = mpsc::channel();
        let mut threads = Vec::new();
        for (urgency, name) in [
            (Urgency::Speculative, "ahead"),
            (Urgency::Keystroke, "first at the cursor"),
            (Urgency::Conversation, "chat"),
            (Urgency::Keystroke, "second at the cursor"),
        ] {
            let before = permits.waiting();
            let (mine, tell) = (Arc::clone(&permits), tell.clone());
            threads.push(thread::spawn(move || {
                let permit = mine.wait(urgency, &CancelToken::new());
                tell.send(name).expect("heard");
                drop(permit);
            }));
            while permits.waiting() == before {
                thread::yield_now();
            }
        }
        assert!(permits.try_now().is_none());
        drop(held);
        let order: Vec<&str> = hear.iter().take(4).collect();
        let expected = [
            "first at the cursor",
            "second at the cursor",
            "chat",
            "ahead",
        ];
        assert_eq!(order, expected);
        for it in threads {
            it.join().expect("no panic");
        }
        assert!(permits.try_now().is_some());
    }

    #[test]
    fn who_is_cancelled_waits_no_more_and_holds_nobody_up() {
        let permits = Permits::new(1);
        let held = permits.try_now();
        let cancel = CancelToken::new();
        let (mine, token) = (Arc::clone(&permits), cancel.clone());
        let waiting = thread::spawn(move || mine.wait(Urgency::Keystroke, &token).is_none());
        while permits.waiting() == 0 {
            thread::yield_now();
        }
        cancel.cancel();
        assert!(waiting.join().expect("no panic"));
        drop(held);
        assert!(permits.try_now().is_some());
    }
}
