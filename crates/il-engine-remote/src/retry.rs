//! How long to wait before asking again, and when not to.
//!
//! The one idea: a pure function from what was tried to a pause. Who waits at the cursor is asked again only while it
//! can still matter; what a server asks for is respected up to a limit.
//!
//! Deliberately absent: waiting.

use std::time::Duration;

use crate::{Limits, permits::Urgency};

/// What was tried so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tried {
    /// How often, from one.
    pub(crate) times: u32,
    /// Since the first.
    pub(crate) elapsed: Duration,
    /// What the server asked for.
    pub(crate) retry_after: Option<Duration>,
}

/// How long to wait before the next try, or nothing when it is enough. `chance` is from 0 to 1.
pub(crate) fn pause(
    limits: &Limits,
    urgency: Urgency,
    tried: Tried,
    chance: f32,
) -> Option<Duration> {
    if tried.times >= limits.tries {
        return None;
    }
    let pause = match tried.retry_after {
        Some(asked) if asked > limits.longest_pause => return None,
        // Those who were told the same moment do not all come at it.
        Some(asked) => asked + limits.first_pause.mul_f32(chance),
        None => {
            let doubled = 1 << (tried.times - 1).min(16);
            let longest = limits.first_pause.saturating_mul(doubled);
            longest
                .min(limits.longest_pause)
                .mul_f32(0.5 + chance / 2.0)
        }
    };
    let late = tried.elapsed + pause > limits.keystroke_deadline;
    (urgency != Urgency::Keystroke || !late).then_some(pause)
}

/// The value of `Retry-After`: seconds, or a date, of which `today` is the present in seconds since 1970.
pub(crate) fn retry_after(value: &str, today: u64) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = date(value)?;
    Some(Duration::from_secs(date.saturating_sub(today)))
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `Sun, 06 Nov 1994 08:49:37 GMT` in seconds since 1970. The two forms that HTTP retired are not read.
fn date(text: &str) -> Option<u64> {
    let words: Vec<&str> = text.split(' ').collect();
    let [weekday, day, month, year, time, "GMT"] = words[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|it| *it == month)?;
    let (day, year): (u64, u64) = (day.parse().ok()?, year.parse().ok()?);
    let clock: Vec<u64> = time
        .split(':')
        .map(|it| it.parse().ok())
        .collect::<Option<_>>()?;
    let [hour, minute, second] = clock[..] else {
        return None;
    };
    let whole = weekday.ends_with(',')
        && (1..=31).contains(&day)
        && (1970..10_000).contains(&year)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !whole {
        return None;
    }
    let days = days_before(year, month) + day - 1;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days from 1970 to the first of a month, which counts from zero.
fn days_before(year: u64, month: usize) -> u64 {
    let leap =
        |it: u64| it.is_multiple_of(4) && (!it.is_multiple_of(100) || it.is_multiple_of(400));
    let years = (1970..year).map(|it| if leap(it) { 366 } else { 365 });
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    years.sum::<u64>() + months.iter().take(month).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn pauses(urgency: Urgency, times: u32, elapsed: u64, asked: Option<u64>, millis: Option<u64>) {
        let limits = Limits {
            tries: 9,
            ..Limits::default()
        };
        let tried = Tried {
            times,
            elapsed: Duration::from_millis(elapsed),
            retry_after: asked.map(Duration::from_secs),
        };
        let found = pause(&limits, urgency, tried, 1.0);
        assert_eq!(found, millis.map(Duration::from_millis));
    }

    #[test]
    fn each_pause_is_twice_the_one_before_up_to_the_longest() {
        use Urgency::Conversation;
        pauses(Conversation, 1, 0, None, Some(250));
        pauses(Conversation, 2, 9000, None, Some(500));
        pauses(Conversation, 4, 0, None, Some(2000));
        pauses(Conversation, 8, 0, None, Some(20_000));
        pauses(Conversation, 9, 0, None, None);
    }

    #[test]
    fn jitter_is_up_to_half_of_a_pause() {
        let limits = Limits::default();
        let tried = Tried {
            times: 1,
            elapsed: Duration::ZERO,
            retry_after: None,
        };
        let at = |chance| pause(&limits, Urgency::Speculative, tried, chance);
        assert_eq!(at(0.0), Some(Duration::from_millis(125)));
        assert_eq!(at(0.5), Some(Duration::from_micros(187_500)));
    }

    #[test]
    fn what_the_server_asks_for_counts_unless_it_is_too_long() {
        use Urgency::Conversation;
        pauses(Conversation, 1, 0, Some(0), Some(250));
        pauses(Conversation, 1, 0, Some(7), Some(7250));
        pauses(Conversation, 1, 0, Some(21), None);
        pauses(Conversation, 9, 0, Some(1), None);
    }

    #[test]
    fn at_the_cursor_nobody_is_asked_again_when_it_is_too_late() {
        use Urgency::Keystroke;
        pauses(Keystroke, 1, 0, None, Some(250));
        pauses(Keystroke, 1, 1250, None, Some(250));
        pauses(Keystroke, 1, 1251, None, None);
        pauses(Keystroke, 1, 0, Some(2), None);
    }

    #[track_caller]
    fn asks(value: &str, seconds: Option<u64>) {
        // Sun, 06 Nov 1994 08:49:07 GMT
        let found = retry_after(value, 784_111_747);
        assert_eq!(found, seconds.map(Duration::from_secs), "{value}");
    }

    #[test]
    fn a_server_asks_in_seconds_or_by_a_date() {
        asks("120", Some(120));
        asks(" 0 ", Some(0));
        asks("Sun, 06 Nov 1994 08:49:37 GMT", Some(30));
        asks("Sun, 06 Nov 1994 08:49:00 GMT", Some(0));
        asks("Thu, 29 Feb 1996 00:00:00 GMT", Some(41_440_253));
        for nonsense in [
            "soon",
            "-1",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 99999999999 08:49:37 GMT",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "",
        ] {
            asks(nonsense, None);
        }
    }
}
