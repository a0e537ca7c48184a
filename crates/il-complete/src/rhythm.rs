//! The typist: how fast the keys come, and whether what was shown lately was wanted.
//!
//! The one idea: wait a little more than one key takes this typist, so that a pause is noticed as soon
//! as it is one; wait longer for someone who keeps turning suggestions down, less for one who takes them.
//! Old verdicts fade.

use std::time::Duration;

use crate::config::Debounce;

/// Longer pauses are thought, not rhythm.
const PAUSE: Duration = Duration::from_millis(1500);
const SMOOTHING: f64 = 0.15;
const WAIT_PER_KEY: f64 = 1.1;
const ACCEPTED: f64 = 0.8;
const DISMISSED: f64 = 1.5;
const PATIENCE: (f64, f64) = (0.5, 4.0);
/// Half of a verdict is forgotten after this long.
const HALF_LIFE: Duration = Duration::from_secs(300);

/// What is known about the typist.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rhythm {
    last_key: Option<Duration>,
    /// Seconds between two keys, smoothed.
    interval: Option<f64>,
    /// Above 1 after dismissals, below after accepts; as of `judged`.
    reluctance: Option<(f64, Duration)>,
}

impl Rhythm {
    /// A key was pressed.
    pub(crate) fn key(&mut self, now: Duration) {
        if let Some(last) = self.last_key {
            let gap = now.saturating_sub(last);
            // One key may be told for several views of a document.
            if gap > Duration::ZERO && gap < PAUSE {
                let gap = gap.as_secs_f64();
                let smoothed = self
                    .interval
                    .map_or(gap, |interval| interval + SMOOTHING * (gap - interval));
                self.interval = Some(smoothed);
            }
        }
        self.last_key = Some(now);
    }

    pub(crate) fn accepted(&mut self, now: Duration) {
        self.judge(now, ACCEPTED);
    }

    pub(crate) fn dismissed(&mut self, now: Duration) {
        self.judge(now, DISMISSED);
    }

    fn judge(&mut self, now: Duration, factor: f64) {
        let reluctance = (self.reluctance(now) * factor).clamp(PATIENCE.0, PATIENCE.1);
        self.reluctance = Some((reluctance, now));
    }

    fn reluctance(&self, now: Duration) -> f64 {
        self.reluctance.map_or(1.0, |(reluctance, judged)| {
            let ages = now.saturating_sub(judged).as_secs_f64() / HALF_LIFE.as_secs_f64();
            1.0 + (reluctance - 1.0) * (-ages).exp2()
        })
    }

    /// How long to wait after a key.
    pub(crate) fn delay(&self, now: Duration, config: &Debounce) -> Duration {
        let base = self.interval.map_or(config.base.as_secs_f64(), |interval| {
            interval * WAIT_PER_KEY
        });
        let wait = Duration::from_secs_f64(base * self.reluctance(now));
        wait.min(config.max).max(config.min.min(config.max))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `k120` a key after 120 ms, `a` an accept, `d` a dismissal, `s60` sixty seconds of nothing.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "inline snapshots read best by value"
    )]
    fn check(history: &str, expected: Expect) {
        let mut rhythm = Rhythm::default();
        let mut now = Duration::ZERO;
        for event in history.split_whitespace() {
            let number = || event[1..].parse().expect("a number");
            match &event[..1] {
                "k" => {
                    now += Duration::from_millis(number());
                    rhythm.key(now);
                }
                "s" => now += Duration::from_secs(number()),
                "a" => rhythm.accepted(now),
                _ => rhythm.dismissed(now),
            }
        }
        let delay = rhythm.delay(now, &Debounce::default());
        expected.assert_eq(&format!("{} ms", delay.as_millis()));
    }

    #[test]
    fn follows_the_typist() {
        check("", expect!["75 ms"]);
        check("k0 k100 k100 k100", expect!["110 ms"]);
        check("k0 k300 k300", expect!["300 ms"]);
        check("k0 k100 k5000 k100", expect!["110 ms"]);
        check("k0 k0 k100 k0 k100 k0", expect!["110 ms"]);
        check("k0 k10 k10", expect!["25 ms"]);
    }

    #[test]
    fn verdicts_count_and_fade() {
        check("d", expect!["112 ms"]);
        check("d d d d d d d d", expect!["300 ms"]);
        check("a a", expect!["48 ms"]);
        check("d s300", expect!["93 ms"]);
        check("d s6000", expect!["75 ms"]);
    }
}
