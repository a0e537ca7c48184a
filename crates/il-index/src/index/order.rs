//! The order of updates: of two readings of a file the newer one counts, whoever publishes first.
//!
//! The one idea: a file that is saved does not wait for the two thousand of a branch switch. Updates run side by
//! side; each reading has the number of its moment, and what is published is not replaced by what was read
//! before. While one update runs alone nothing is written down.
//!
//! Deliberately absent: the clock, which would be too coarse.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use rustc_hash::FxHashMap;

use super::lock;

#[derive(Default)]
pub(super) struct Order {
    moments: AtomicU64,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    updates: usize,
    /// The moment of the reading that was published last, by path.
    published: FxHashMap<String, u64>,
}

/// One update, while it runs.
pub(super) struct Turn<'a>(&'a Order);

impl Order {
    pub(super) fn begin(&self) -> Turn<'_> {
        lock(&self.running).updates += 1;
        Turn(self)
    }

    /// The number of this moment, to be taken before a file is looked at.
    pub(super) fn moment(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::Relaxed)
    }
}

impl Turn<'_> {
    /// Whether what was read at `moment` is the newest of `path`; then it is what is published now.
    pub(super) fn takes(&self, path: &str, moment: u64) -> bool {
        let mut running = lock(&self.0.running);
        let is_newest = running.published.get(path).is_none_or(|it| *it < moment);
        if is_newest && running.updates > 1 {
            running.published.insert(path.to_owned(), moment);
        }
        is_newest
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut running = lock(&self.0.running);
        running.updates -= 1;
        if running.updates == 0 {
            running.published = FxHashMap::default();
        }
    }
}
