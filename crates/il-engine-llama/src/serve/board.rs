//! Where the thread that reads orders and the one that computes meet.
//!
//! The one idea: what is running is written on the board together with the flag that llama.cpp looks at, under one lock,
//! so that a cancellation stops exactly the computation that it is meant for.
//!
//! Deliberately absent: pipes (`serve`).

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::wire::{Order, Secretive};

/// Shared by the two threads.
#[derive(Debug, Default)]
pub(super) struct Board {
    inner: Mutex<Inner>,
    news: Condvar,
    stop: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Not yet looked at.
    orders: VecDeque<Order>,
    /// Cancelled before they were done.
    cancelled: HashSet<u32>,
    /// Requests that are being computed, and whether somebody waits for one of them.
    running: (Vec<u32>, bool),
    drafts: HashMap<u32, Secretive>,
    /// The parent is gone.
    closed: bool,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What llama.cpp looks at while it computes.
    pub(super) fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// An order that the computing thread carries out. One that somebody waits for stops what nobody waits for.
    pub(super) fn put(&self, order: Order) {
        let mut inner = self.lock();
        let urgent = matches!(&order, Order::Generate { generation } if generation.interactive);
        if urgent && !inner.running.0.is_empty() && !inner.running.1 {
            self.stop.store(true, Ordering::Relaxed);
        }
        inner.orders.push_back(order);
        self.news.notify_all();
    }

    pub(super) fn cancel(&self, id: u32) {
        let mut inner = self.lock();
        inner.cancelled.insert(id);
        if inner.running.0.contains(&id) {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.news.notify_all();
    }

    pub(super) fn draft(&self, id: u32, text: Secretive) {
        self.lock().drafts.insert(id, text);
        self.news.notify_all();
    }

    pub(super) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        self.stop.store(true, Ordering::Relaxed);
        self.news.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// The orders that came in; waits for one when there is nothing else to do.
    pub(super) fn take(&self, wait: bool) -> Vec<Order> {
        let mut inner = self.lock();
        while wait && inner.orders.is_empty() && !inner.closed {
            inner = self
                .news
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
        inner.orders.drain(..).collect()
    }

    pub(super) fn is_cancelled(&self, id: u32) -> bool {
        self.lock().cancelled.contains(&id)
    }

    /// Before computing; `false` when one of these was cancelled or something came in that goes before them.
    pub(super) fn begin(&self, ids: &[u32], waited_for: bool) -> bool {
        let mut inner = self.lock();
        let urgent =
            |it: &Order| matches!(it, Order::Generate { generation } if generation.interactive);
        if inner.closed
            || ids.iter().any(|it| inner.cancelled.contains(it))
            || !waited_for && inner.orders.iter().any(urgent)
        {
            return false;
        }
        inner.running = (ids.to_vec(), waited_for);
        self.stop.store(false, Ordering::Relaxed);
        true
    }

    /// After computing.
    pub(super) fn end(&self) {
        self.lock().running.0.clear();
    }

    /// A request is answered: what is left of it is forgotten.
    pub(super) fn forget(&self, id: u32) {
        let mut inner = self.lock();
        inner.cancelled.remove(&id);
        inner.drafts.remove(&id);
    }

    /// The draft that was asked for, if it comes in time.
    pub(super) fn wait_for_draft(&self, id: u32, patience: Duration) -> Option<String> {
        let until = Instant::now() + patience;
        let mut inner = self.lock();
        loop {
            if let Some(text) = inner.drafts.remove(&id) {
                return Some(text.0);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || inner.closed || inner.cancelled.contains(&id) {
                return None;
            }
            let (guard, _) = self
                .news
                .wait_timeout(inner, left)
                .unwrap_or_else(PoisonError::into_inner);
            inner = guard;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancellation_stops_what_it_is_meant_for_and_nothing_else() {
        let board = Board::default();
        let stop = board.stop();
        assert!(board.begin(&[1, 2], true));
        board.cancel(3);
        assert!(!stop.load(Ordering::Relaxed));
        board.cancel(2);
        assert!(stop.load(Ordering::Relaxed));
        board.end();
        assert!(!board.begin(&[1, 2], true), "2 is cancelled");
        board.forget(2);
        assert!(board.begin(&[1], true));
        assert!(!stop.load(Ordering::Relaxed));
    }

    #[test]
    fn a_late_draft_is_none_and_is_forgotten_with_its_request() {
        let board = Board::default();
        assert_eq!(board.wait_for_draft(1, Duration::ZERO), None);
        board.draft(1, Secretive("x".to_owned()));
        assert_eq!(board.wait_for_draft(2, Duration::ZERO), None);
        board.forget(1);
        assert_eq!(board.wait_for_draft(1, Duration::ZERO), None);
    }
}
