//! Replay: what came of typing a whole file through the real server, as figures.
//!
//! The one idea: whoever drives the server notes one [`Keystroke`] for every key and the server's own
//! counters at the end; what the session amounts to is computed here, the same way for every driver.
//!
//! Deliberately absent: the driving. It needs the server, which is not below this crate.

use serde::Serialize;

use crate::statistics::{Latency, latency};

/// One key that was pressed, and what it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keystroke {
    /// Characters that appeared in the document: 1, or those of what was accepted.
    pub characters: usize,
    /// Whether the key accepted a suggestion.
    pub accepted: bool,
    /// Whether a suggestion appeared after it that was not there before.
    pub shown: bool,
    /// From the request to its answer, where there was one.
    pub answered_in_us: Option<u64>,
}

/// What the server counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Requests that the client sent.
    pub requests: usize,
    /// Requests that were cancelled, by the client or by a newer one.
    pub cancels: usize,
    /// Answers that came from what was known already.
    pub cache_hits: usize,
    /// Times an engine was asked, speculation included.
    pub engine_calls: usize,
}

/// What a session amounts to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplayReport {
    pub characters: usize,
    pub keys: usize,
    /// Share of the characters that needed no key.
    pub saved: f64,
    pub suggestions: usize,
    /// Share of the suggestions that were accepted.
    pub accepted: f64,
    #[serde(flatten)]
    pub counters: Counters,
    /// Of the requests that were answered.
    pub latency: Latency,
}

/// Sums a session up.
pub fn summarize(keystrokes: &[Keystroke], counters: Counters) -> ReplayReport {
    let count = |is: fn(&Keystroke) -> bool| keystrokes.iter().filter(|it| is(it)).count();
    let characters: usize = keystrokes.iter().map(|it| it.characters).sum();
    let keys = keystrokes.len();
    let (suggestions, accepted) = (count(|it| it.shown), count(|it| it.accepted));
    let share = |n: f64, of: usize| if of == 0 { 0.0 } else { n / of as f64 };
    ReplayReport {
        characters,
        keys,
        saved: share(characters as f64 - keys as f64, characters),
        suggestions,
        accepted: share(accepted as f64, suggestions),
        counters,
        latency: latency(
            keystrokes
                .iter()
                .filter_map(|it| it.answered_in_us)
                .collect(),
        ),
    }
}

/// The report as lines for people.
pub fn render(report: &ReplayReport) -> String {
    let Counters {
        requests,
        cancels,
        cache_hits,
        engine_calls,
    } = report.counters;
    format!(
        "characters saved  {:.1} % ({} keys for {} characters)\n\
         suggestions       {}, {:.1} % accepted\n\
         requests          {requests}, {cancels} cancelled, {cache_hits} from the cache, {engine_calls} engine calls\n\
         answered in       p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms\n",
        report.saved * 100.0,
        report.keys,
        report.characters,
        report.suggestions,
        report.accepted * 100.0,
        report.latency.p50_us as f64 / 1000.0,
        report.latency.p95_us as f64 / 1000.0,
        report.latency.p99_us as f64 / 1000.0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn sums_a_session_up() {
        let key = |characters, accepted, shown, answered_in_us| Keystroke {
            characters,
            accepted,
            shown,
            answered_in_us,
        };
        let keys = [
            key(1, false, true, Some(1500)),
            key(8, true, false, None),
            key(1, false, true, Some(2500)),
        ];
        let counters = Counters {
            requests: 3,
            cancels: 1,
            cache_hits: 1,
            engine_calls: 2,
        };
        expect![[r#"
            characters saved  70.0 % (3 keys for 10 characters)
            suggestions       2, 50.0 % accepted
            requests          3, 1 cancelled, 1 from the cache, 2 engine calls
            answered in       p50 1.5 ms, p95 2.5 ms, p99 2.5 ms
        "#]]
        .assert_eq(&render(&summarize(&keys, counters)));
        let nothing = summarize(&[], Counters::default());
        assert_eq!((nothing.saved, nothing.accepted), (0.0, 0.0));
    }
}
