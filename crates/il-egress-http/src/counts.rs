//! What went through the door, by host.
//!
//! Deliberately absent: what it was, and when.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// One host's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// As in the URL, with the port if it is not the scheme's own.
    pub host: String,
    pub requests: u64,
    /// Requests that may not leave.
    pub refused: u64,
    /// Bytes of bodies.
    pub sent: u64,
    pub received: u64,
}

#[derive(Debug, Default)]
struct Numbers {
    requests: AtomicU64,
    refused: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<BTreeMap<String, Line>>);

/// The line of one host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<Numbers>);

impl Ledger {
    pub(crate) fn line(&self, host: &str) -> Line {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.entry(host.to_owned()).or_default().clone()
    }

    pub(crate) fn counts(&self) -> Vec<Count> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines
            .iter()
            .map(|(host, Line(numbers))| Count {
                host: host.clone(),
                requests: numbers.requests.load(Relaxed),
                refused: numbers.refused.load(Relaxed),
                sent: numbers.sent.load(Relaxed),
                received: numbers.received.load(Relaxed),
            })
            .collect()
    }
}

impl Line {
    pub(crate) fn refuse(&self) {
        self.0.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn send(&self, bytes: usize) {
        self.0.requests.fetch_add(1, Relaxed);
        self.0.sent.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn receive(&self, bytes: usize) {
        self.0.received.fetch_add(bytes as u64, Relaxed);
    }
}
