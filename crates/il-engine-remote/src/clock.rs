//! Time and chance as something that is given, so that a test of a minute's patience takes no time and every jitter
//! can be said.
//!
//! Deliberately absent: how long to wait for what.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use il_engine::CancelToken;

/// What time it is, and how to let it pass.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Time since some fixed moment; never goes back.
    fn now(&self) -> Duration;

    /// Seconds since 1970, to understand a date in an answer.
    fn today(&self) -> u64;

    /// Returns after `time`, or sooner when cancelled.
    fn sleep(&self, time: Duration, cancel: &CancelToken);

    /// A number from 0 to 1, another one each time.
    fn chance(&self) -> f32;
}

/// The machine's own.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

/// How soon a cancelled sleep ends.
const SLICE: Duration = Duration::from_millis(10);

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn today(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |it| it.as_secs())
    }

    fn sleep(&self, time: Duration, cancel: &CancelToken) {
        let mut left = time;
        while !left.is_zero() && !cancel.is_cancelled() {
            let slice = left.min(SLICE);
            thread::sleep(slice);
            left -= slice;
        }
    }

    fn chance(&self) -> f32 {
        // Every `RandomState` has other keys: enough to keep a herd apart.
        let bits = RandomState::new().hash_one(0_u8) >> 40;
        #[expect(
            clippy::cast_precision_loss,
            reason = "24 bits fit a single precision number"
        )]
        let share = bits as f32 / (1_u32 << 24) as f32;
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_sleep_ends() {
        let cancel = CancelToken::new();
        cancel.cancel();
        // Would hang the test otherwise.
        SystemClock::default().sleep(Duration::from_secs(1 << 40), &cancel);
    }

    #[test]
    fn chance_is_a_share() {
        let clock = SystemClock::default();
        let dice: Vec<f32> = (0..16).map(|_| clock.chance()).collect();
        assert!(dice.iter().all(|it| (0.0..1.0).contains(it)), "{dice:?}");
        assert!(dice.windows(2).any(|it| it[0] != it[1]), "{dice:?}");
    }
}
