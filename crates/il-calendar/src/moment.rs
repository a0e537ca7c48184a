//! A moment, to the millisecond.
//!
//! Deliberately absent: offsets other than `Z`.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::Day;

/// Milliseconds since 1970; written `2026-11-28T15:57:26.123Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

/// What is past this is no year of four digits.
const END: u64 = 253_402_300_800_000;

impl Moment {
    /// The millisecond of a time; the first of all for what is before 1970.
    pub fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Self(millis.min(END - 1))
    }

    pub fn time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.0)
    }

    pub fn day(self) -> Day {
        Day::of(self.time())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_day = self.0 % 86_400_000;
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, millis) = (of_day / 1000 % 60, of_day % 1000);
        let day = self.day();
        f.pad(&format!(
            "{day}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
        ))
    }
}

/// Why a text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a moment is written `2026-11-28T15:57:26.123Z`")]
pub struct NoMoment;

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let (day, clock) = text.split_once('T').ok_or(NoMoment)?;
        let day: Day = day.parse().map_err(|_| NoMoment)?;
        let number = |from: usize, to: usize| {
            let digits = clock.get(from..to).ok_or(NoMoment)?;
            digits.parse::<u64>().map_err(|_| NoMoment)
        };
        let (hour, minute) = (number(0, 2)?, number(3, 5)?);
        let (second, millis) = (number(6, 8)?, number(9, 12)?);
        if hour > 23 || minute > 59 || second > 59 {
            return Err(NoMoment);
        }
        let of_day = ((hour * 60 + minute) * 60 + second) * 1000 + millis;
        let found = Self::of(day.start() + Duration::from_millis(of_day));
        // The round trip refuses signs, spaces and every other way to write it.
        match found.to_string() == text {
            true => Ok(found),
            false => Err(NoMoment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_they_are_read() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (1_795_881_446_123, "2026-11-28T15:57:26.123Z"),
            (END - 1, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Moment(millis).to_string(), text);
            assert_eq!(text.parse(), Ok(Moment(millis)));
            assert_eq!(Moment::of(Moment(millis).time()), Moment(millis));
        }
        for text in [
            "",
            "2026-11-28",
            "2026-11-28T15:57:26Z",
            "2026-11-28T24:00:00.000Z",
            "2026-11-28T15:57:26.123+00:00",
            "2026-11-28T15:57:26.+12Z",
            "2026-11-28 15:57:26.123Z",
            "2026-11-28T15:57:é.123Z",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(NoMoment), "{text}");
        }
    }

    #[test]
    fn what_no_file_can_hold_is_the_last_moment() {
        let late = UNIX_EPOCH + Duration::from_secs(300_000_000_000);
        assert_eq!(Moment::of(late), Moment(END - 1));
        assert_eq!(
            Moment::of(UNIX_EPOCH - Duration::from_secs(1)).to_string(),
            "1970-01-01T00:00:00.000Z"
        );
    }
}
