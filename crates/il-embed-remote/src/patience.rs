//! How long to wait before asking again.
//!
//! The one idea: waiting is somebody else's, so that a test of an hour's patience takes no time.
//!
//! Deliberately absent: jitter (one editor is no herd), and dates in `Retry-After`, which need a clock.

use std::{fmt, time::Duration};

use il_text::CancelToken;

use crate::Limits;

/// Lets time pass.
pub trait Waiter: Send + Sync + fmt::Debug {
    /// Returns after `time`, or sooner when cancelled.
    fn wait(&self, time: Duration, cancel: &CancelToken);
}

/// Really waits.
#[derive(Clone, Copy, Debug)]
pub struct Sleep;

/// How soon a cancelled wait ends.
const SLICE: Duration = Duration::from_millis(50);

impl Waiter for Sleep {
    fn wait(&self, time: Duration, cancel: &CancelToken) {
        let mut left = time;
        while !left.is_zero() && !cancel.is_cancelled() {
            let slice = left.min(SLICE);
            std::thread::sleep(slice);
            left -= slice;
        }
    }
}

/// How long to wait after the `tried`-th try (from one), or nothing when it is enough.
pub(crate) fn pause(limits: &Limits, tried: u32, asked: Option<Duration>) -> Option<Duration> {
    if tried >= limits.tries {
        return None;
    }
    match asked {
        Some(asked) => (asked <= limits.longest_wait).then_some(asked),
        None => {
            let doubled = limits.first_wait.saturating_mul(1 << (tried - 1).min(16));
            Some(doubled.min(limits.longest_wait))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tried: u32, asked: Option<u64>, millis: Option<u64>) {
        let limits = Limits {
            tries: 9,
            ..Limits::default()
        };
        let found = pause(&limits, tried, asked.map(Duration::from_secs));
        assert_eq!(found, millis.map(Duration::from_millis));
    }

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_the_longest() {
        check(1, None, Some(500));
        check(2, None, Some(1000));
        check(4, None, Some(4000));
        check(8, None, Some(30_000));
        check(9, None, None);
    }

    #[test]
    fn what_the_server_asks_for_counts_unless_it_is_too_long() {
        check(1, Some(0), Some(0));
        check(1, Some(7), Some(7000));
        check(1, Some(31), None);
        check(9, Some(1), None);
    }

    #[test]
    fn a_cancelled_wait_ends() {
        let cancel = CancelToken::new();
        cancel.cancel();
        // Would hang the test otherwise.
        Sleep.wait(Duration::from_secs(1 << 40), &cancel);
    }
}
