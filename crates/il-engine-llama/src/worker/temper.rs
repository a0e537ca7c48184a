//! How soon a process that died is started again.
//!
//! The one idea: at once the first time, more slowly each time after, and not at all when it dies again and again: then it is
//! the model or the machine, and starting it only makes noise.
//!
//! Deliberately absent: clocks.

use std::time::{Duration, Instant};

/// Deaths that are longer ago are forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(600);
/// Before the second process, the third one, and so on.
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
];

#[derive(Debug, Default)]
pub(super) struct Temper {
    deaths: Vec<Instant>,
}

impl Temper {
    /// It died: how long to wait; `None` to give up.
    pub(super) fn died(&mut self, now: Instant) -> Option<Duration> {
        self.deaths
            .retain(|it| now.saturating_duration_since(*it) < FORGIVEN_AFTER);
        self.deaths.push(now);
        PAUSES.get(self.deaths.len() - 1).copied()
    }

    /// Deaths that are not forgiven.
    pub(super) fn times(&self) -> usize {
        self.deaths.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_started_ever_more_slowly_and_then_no_more() {
        let (start, mut temper) = (Instant::now(), Temper::default());
        let pauses: Vec<_> = (0..6)
            .map(|it| temper.died(start + Duration::from_secs(it)))
            .map(|it| it.map(|it| it.as_secs()))
            .collect();
        assert_eq!(pauses, [Some(0), Some(1), Some(5), Some(30), None, None]);
    }

    #[test]
    fn old_deaths_are_forgiven() {
        let (start, mut temper) = (Instant::now(), Temper::default());
        for _ in 0..3 {
            temper.died(start);
        }
        let later = start + FORGIVEN_AFTER;
        assert_eq!(temper.died(later), Some(Duration::ZERO));
        assert_eq!(temper.times(), 1);
    }
}
