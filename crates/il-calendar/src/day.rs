//! Days, counted in UTC.
//!
//! Deliberately absent: time zones. A cap that opens when the sun rises somewhere else is one nobody can foresee; UTC
//! is the same in every file, on every machine, and through every change of the clocks.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const DAY: u64 = 86_400;

/// A UTC day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u64);

impl Day {
    /// The day of a moment; the first of all days for what is before it.
    pub fn of(time: SystemTime) -> Self {
        Self(seconds(time) / DAY)
    }

    /// This many days before it.
    pub fn before(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days.into()))
    }

    /// The first moment of it.
    pub fn start(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0 * DAY)
    }

    /// How long it goes on after a moment in it.
    pub fn left(self, now: SystemTime) -> Duration {
        Duration::from_secs(((self.0 + 1) * DAY).saturating_sub(seconds(now)))
    }

    /// Year, month and day, by the Gregorian rules: eras of 400 years that begin in March.
    fn civil(self) -> (u64, u64, u64) {
        let days = self.0 + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        let year = year + era * 400 + u64::from(month <= 2);
        (year, month, of_year - (153 * shifted + 2) / 5 + 1)
    }
}

/// Seconds since 1970.
pub fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs())
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        f.pad(&format!("{year:04}-{month:02}-{day:02}"))
    }
}

/// Why a text is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a day is written `2026-11-24`")]
pub struct NoDay;

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let mut parts = text
            .split('-')
            .map(|it| it.parse::<u64>().map_err(|_| NoDay));
        let mut next = || parts.next().unwrap_or(Err(NoDay));
        let (year, month, day) = (next()?, next()?, next()?);
        if !(1970..10_000).contains(&year) || !(1..=12).contains(&month) || day > 31 {
            return Err(NoDay);
        }
        let year = year - u64::from(month <= 2);
        let shifted = if month > 2 { month - 3 } else { month + 9 };
        let of_era = year % 400;
        let of_year = (153 * shifted + 2) / 5 + day.checked_sub(1).ok_or(NoDay)?;
        let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        let days = year / 400 * 146_097 + of_era;
        let found = Self(days.checked_sub(719_468).ok_or(NoDay)?);
        // The round trip refuses the 31st of April and every other way to write a day.
        if found.to_string() == text {
            Ok(found)
        } else {
            Err(NoDay)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_they_are_read() {
        for (days, text) in [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_781, "2026-11-24"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Day(days).to_string(), text);
            assert_eq!(text.parse(), Ok(Day(days)));
        }
        for text in [
            "",
            "2026-11",
            "2026-1-1",
            "2026-02-29",
            "2026-04-31",
            "2026-11-00",
            "1969-12-31",
        ] {
            assert_eq!(text.parse::<Day>(), Err(NoDay), "{text}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        for days in 0..100_000 {
            assert_eq!(Day(days).to_string().parse(), Ok(Day(days)));
        }
    }
}
