//! A clock that stands still until a test moves it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Time since the start of a test. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct FakeClock(Arc<AtomicU64>);

impl FakeClock {
    /// A clock at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Time since the start.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }

    /// Lets time pass; gives the new time.
    pub fn advance(&self, by: Duration) -> Duration {
        let nanos = u64::try_from(by.as_nanos()).expect("a test that lasts less than 500 years");
        Duration::from_nanos(self.0.fetch_add(nanos, Ordering::SeqCst) + nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_the_same_clock_and_only_advance_moves_it() {
        let clock = FakeClock::new();
        let other = clock.clone();
        assert_eq!(clock.now(), Duration::ZERO);
        assert_eq!(
            clock.advance(Duration::from_millis(150)),
            Duration::from_millis(150)
        );
        assert_eq!(other.now(), Duration::from_millis(150));
    }
}
