//! Debounce as a value: collects what changed until it has been quiet for a while.
//!
//! It holds no clock and no timer. The caller says what time it is and asks when to come back, so a test
//! needs no sleep and a storm of saves becomes one batch by arithmetic.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    time::{Duration, Instant},
};

/// Paths that changed, held until `quiet` has passed since the last of them, or `longest` since the first.
#[derive(Debug)]
pub struct Debounce {
    quiet: Duration,
    longest: Duration,
    pending: Option<Pending>,
}

#[derive(Debug)]
struct Pending {
    first: Instant,
    last: Instant,
    paths: BTreeSet<PathBuf>,
}

impl Debounce {
    /// Nothing pending yet.
    pub fn new(quiet: Duration, longest: Duration) -> Self {
        Self {
            quiet,
            longest,
            pending: None,
        }
    }

    /// Something happened to `path` at `now`.
    pub fn push(&mut self, now: Instant, path: PathBuf) {
        let pending = self.pending.get_or_insert_with(|| Pending {
            first: now,
            last: now,
            paths: BTreeSet::new(),
        });
        pending.last = now;
        pending.paths.insert(path);
    }

    /// When the batch is to be taken; `None` while nothing is pending.
    pub fn due(&self) -> Option<Instant> {
        let pending = self.pending.as_ref()?;
        Some((pending.last + self.quiet).min(pending.first + self.longest))
    }

    /// The batch, if it is due at `now`.
    pub fn take(&mut self, now: Instant) -> Option<BTreeSet<PathBuf>> {
        if self.due()? > now {
            return None;
        }
        self.pending.take().map(|pending| pending.paths)
    }

    /// Forgets what is pending: a rescan is going to see it anyway.
    pub fn clear(&mut self) {
        self.pending = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `script`: events as `+ms path`; gives the batches as `@ms paths`, looking every millisecond.
    fn check(script: &[(u64, &str)], expected: &[(u64, &[&str])]) {
        let start = Instant::now();
        let mut debounce = Debounce::new(Duration::from_millis(200), Duration::from_millis(2000));
        let mut batches = Vec::new();
        for ms in 0..10_000 {
            let now = start + Duration::from_millis(ms);
            for (_, path) in script.iter().filter(|(at, _)| *at == ms) {
                debounce.push(now, PathBuf::from(path));
            }
            if let Some(paths) = debounce.take(now) {
                batches.push((ms, paths));
            }
        }
        let expected: Vec<(u64, BTreeSet<PathBuf>)> = expected
            .iter()
            .map(|(at, paths)| (*at, paths.iter().map(PathBuf::from).collect()))
            .collect();
        assert_eq!(batches, expected);
        assert_eq!(debounce.due(), None);
    }

    #[test]
    fn one_save_comes_after_the_quiet() {
        check(&[(10, "a")], &[(210, &["a"])]);
    }

    #[test]
    fn a_burst_is_one_batch_and_each_path_is_in_it_once() {
        check(
            &[(0, "a"), (50, "b"), (100, "a"), (299, "c")],
            &[(499, &["a", "b", "c"])],
        );
    }

    #[test]
    fn a_storm_does_not_starve() {
        let storm: Vec<(u64, &str)> = (0..50).map(|n| (n * 100, "a")).collect();
        check(&storm, &[(2000, &["a"]), (4100, &["a"]), (5100, &["a"])]);
    }

    #[test]
    fn two_saves_far_apart_are_two_batches() {
        check(&[(0, "a"), (201, "a")], &[(200, &["a"]), (401, &["a"])]);
    }
}
