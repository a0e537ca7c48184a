//! Letting time pass, and the chance that keeps many machines from coming back at the same moment.
//!
//! Deliberately absent: how long; whoever tries again knows.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use il_egress::CancelToken;

/// Waits and rolls dice.
pub trait Waiter: Send + Sync + fmt::Debug {
    /// Returns after `time`, or sooner when cancelled.
    fn wait(&self, time: Duration, cancel: &CancelToken);
    /// A number from 0 to 1.
    fn chance(&self) -> f64;
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

    /// From the keys that every hash map gets: not for secrets.
    fn chance(&self) -> f64 {
        let bits = RandomState::new().hash_one(0_u8) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}
