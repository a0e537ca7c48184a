//! The few statistics that reports need: percentiles, and intervals by the bootstrap.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::sampling::Random;

/// A share with its 95 % bootstrap interval, all 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

const RESAMPLES: usize = 1000;

/// The ratio of sums, resampled over the units (cases or repositories) that the pairs come from.
///
/// `units` holds a numerator and a denominator each. The same units give the same interval.
fn interval(units: &[(f64, f64)]) -> Interval {
    let ratio = |numerator: f64, denominator: f64| match denominator {
        0.0 => 0.0,
        _ => numerator / denominator,
    };
    let (n, d) = units
        .iter()
        .fold((0.0, 0.0), |(n, d), unit| (n + unit.0, d + unit.1));
    let value = ratio(n, d);
    if units.len() < 2 {
        return Interval {
            value,
            low: value,
            high: value,
        };
    }
    let mut random = Random::new(units.len() as u64);
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let (mut n, mut d) = (0.0, 0.0);
            for _ in 0..units.len() {
                let unit = units[random.below(units.len())];
                n += unit.0;
                d += unit.1;
            }
            ratio(n, d)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    Interval {
        value,
        low: values[RESAMPLES * 25 / 1000],
        high: values[RESAMPLES * 975 / 1000 - 1],
    }
}

/// From so many repositories on, they are resampled and not the cases.
const REPOSITORIES_FOR_INTERVAL: usize = 8;

/// Resamples repositories where there are enough of them, single cases otherwise.
pub(crate) fn interval_over(units: &[(&str, (f64, f64))]) -> Interval {
    let mut repositories: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (repository, (n, d)) in units {
        let sum = repositories.entry(repository).or_default();
        *sum = (sum.0 + n, sum.1 + d);
    }
    if repositories.len() >= REPOSITORIES_FOR_INTERVAL {
        interval(&repositories.into_values().collect::<Vec<_>>())
    } else {
        interval(&units.iter().map(|unit| unit.1).collect::<Vec<_>>())
    }
}

/// How long suggestions took, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    pub suggestions: usize,
    pub p50_us: u64,
    pub p95_us: u64,
    pub p99_us: u64,
    pub max_us: u64,
}

/// Nearest-rank percentiles.
pub fn latency(mut micros: Vec<u64>) -> Latency {
    micros.sort_unstable();
    let Some(&max_us) = micros.last() else {
        return Latency::default();
    };
    let at = |percent: usize| micros[(micros.len() * percent).div_ceil(100).max(1) - 1];
    Latency {
        suggestions: micros.len(),
        p50_us: at(50),
        p95_us: at(95),
        p99_us: at(99),
        max_us,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let got = latency((1..=200).rev().collect());
        assert_eq!(
            (got.p50_us, got.p95_us, got.p99_us, got.max_us),
            (100, 190, 198, 200)
        );
        assert_eq!(latency(vec![7]).p99_us, 7);
        assert_eq!(latency(Vec::new()), Latency::default());
    }

    #[test]
    fn the_interval_holds_the_value_and_narrows_with_more_units() {
        let units = |n: usize| -> Vec<(f64, f64)> {
            (0..n)
                .map(|i| (f64::from(u8::from(i % 4 == 0)), 1.0))
                .collect()
        };
        let (few, many) = (interval(&units(40)), interval(&units(4000)));
        for it in [few, many] {
            assert!(
                (it.value - 0.25).abs() < 1e-9 && it.low <= 0.25 && it.high >= 0.25,
                "{it:?}"
            );
        }
        assert!(
            many.high - many.low < (few.high - few.low) / 5.0,
            "{few:?} {many:?}"
        );
        let one = interval(&[(3.0, 4.0)]);
        assert_eq!((one.low, one.value, one.high), (0.75, 0.75, 0.75));
    }
}
