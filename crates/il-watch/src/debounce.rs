//! Debounce as a value: collects what changed until it has been quiet for a while.
//!
//! It holds no clock and no timer. The caller says what time it is and asks when to come back, so a test
//! needs no sleep and a storm of saves becomes one batch by arithmetic.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    time::{Duration, Instant},
};

/// So few paths are a save and no branch switch.
const FEW: usize = 4;

/// Paths that changed, held until `quiet` has passed since the last of them, or `longest` since the first. A few that
/// come out of the quiet are held for `quick` alone: somebody saved, and looks at once.
#[derive(Debug)]
pub struct Debounce {
    quick: Duration,
    quiet: Duration,
    longest: Duration,
    /// When the last batch was taken.
    taken: Option<Instant>,
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
    pub fn new(quick: Duration, quiet: Duration, longest: Duration) -> Self {
        Self {
            quick,
            quiet,
            longest,
            taken: None,
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
        let since = self
            .taken
            .map(|it| pending.first.saturating_duration_since(it));
        let is_save = pending.paths.len() <= FEW && since.is_none_or(|it| it >= self.quiet);
        let quiet = if is_save { self.quick } else { self.quiet };
        Some((pending.last + quiet).min(pending.first + self.longest))
    }

    /// The batch, if it is due at `now`.
    pub fn take(&mut self, now: Instant) -> Option<BTreeSet<PathBuf>> {
        if self.due()? > now {
            return None;
        }
        self.taken = Some(now);
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
        let [quick, quiet, longest] = [30, 200, 2000].map(Duration::from_millis);
        let mut debounce = Debounce::new(quick, quiet, longest);
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
    fn a_save_comes_at_once() {
        check(&[(10, "a"), (20, "b")], &[(50, &["a", "b"])]);
    }

    #[test]
    fn many_at_once_come_after_the_quiet() {
        let all: [(u64, &str); 5] = [(0, "a"), (1, "b"), (2, "c"), (3, "d"), (4, "e")];
        check(&all, &[(204, &["a", "b", "c", "d", "e"])]);
    }

    #[test]
    fn a_burst_behind_a_save_is_one_batch_and_each_path_is_in_it_once() {
        check(
            &[(0, "a"), (50, "b"), (100, "a"), (299, "c")],
            &[(30, &["a"]), (499, &["a", "b", "c"])],
        );
    }

    #[test]
    fn a_storm_does_not_starve() {
        let storm: Vec<(u64, &str)> = (0..50).map(|n| (n * 100, "a")).collect();
        check(
            &storm,
            &[(30, &["a"]), (2100, &["a"]), (4200, &["a"]), (5100, &["a"])],
        );
    }

    #[test]
    fn two_saves_far_apart_are_two_batches() {
        check(&[(0, "a"), (401, "a")], &[(30, &["a"]), (431, &["a"])]);
    }
}
