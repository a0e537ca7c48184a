//! What left, as a table for people.
//!
//! The one idea: a day at a time, one request a line, and what is out of the ordinary (secrets that were taken out, what did not
//! leave) at its end, in colour.

use std::fmt::Write as _;

use il_audit::{Dropped, Event, Sending};

use super::{Shown, host_of};
use crate::terminal::{self, FAINT, GOOD, PLACE, STRONG, WARNING, count, styled, visible};

/// Characters of a list of files.
const FILES: usize = 48;

pub(super) fn table(shown: &[Shown<'_>]) -> String {
    let rows: Vec<Row> = shown.iter().map(Row::of).collect();
    let width = |cell: fn(&Row) -> &str| {
        rows.iter()
            .map(|it| cell(it).chars().count())
            .max()
            .unwrap_or(0)
    };
    let hosts = width(|it| &it.to).min(40);
    let (purposes, bytes) = (width(|it| &it.purpose), width(|it| &it.bytes));
    let files = width(|it| &it.files);
    let mut out = String::new();
    let mut last_day = "";
    for row in &rows {
        if row.day != last_day {
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = writeln!(
                out,
                "{gap}{}",
                styled(STRONG, &format!("{} (UTC)", row.day))
            );
            last_day = &row.day;
        }
        let mut line = format!("  {}", styled(FAINT, &row.time));
        if row.to.is_empty() {
            let _ = write!(line, "  {}", row.note);
        } else {
            let to = styled(PLACE, &format!("{:<hosts$}", row.to));
            let _ = write!(
                line,
                "  {to}  {:<purposes$}  {:>bytes$}  {:<files$}  {}",
                row.purpose, row.bytes, row.files, row.note
            );
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

#[derive(Default)]
struct Row {
    day: String,
    time: String,
    to: String,
    purpose: String,
    bytes: String,
    files: String,
    note: String,
}

impl Row {
    fn of(it: &Shown<'_>) -> Self {
        let moment = it.entry.time.map(|it| it.to_string());
        let (day, time) = match moment.as_deref().and_then(|it| it.split_once('T')) {
            Some((day, time)) => (day.to_owned(), time[..8].to_owned()),
            None => ("at an unknown time".to_owned(), "        ".to_owned()),
        };
        let mut row = match &it.entry.event {
            Event::Request(request) => Self::request(request, it.unsent),
            event => Self {
                note: note(event),
                ..Self::default()
            },
        };
        row.day = day;
        row.time = time;
        row
    }

    fn request(it: &Sending, unsent: Option<&str>) -> Self {
        let mut notes = Vec::new();
        if let Some(why) = unsent {
            let why = visible(&format!("did not leave: {}", words(why)));
            notes.push(styled(WARNING, &why));
        }
        let taken: Vec<String> = it
            .redacted
            .iter()
            .map(|(rule, times)| match times {
                1 => visible(rule),
                times => format!("{times} × {}", visible(rule)),
            })
            .collect();
        if !taken.is_empty() {
            notes.push(styled(GOOD, &format!("taken out: {}", taken.join(", "))));
        }
        Self {
            to: to(&it.to, it.endpoint.as_deref()),
            purpose: visible(&it.purpose),
            bytes: terminal::bytes(it.bytes),
            files: files(&it.files),
            note: notes.join("  "),
            ..Self::default()
        }
    }
}

fn to(to: &str, endpoint: Option<&str>) -> String {
    let host = visible(host_of(to));
    match endpoint {
        Some(name) => {
            let name = name.strip_prefix("endpoint:").unwrap_or(name);
            format!("{host} ({})", visible(name))
        }
        None => host,
    }
}

/// The words of a reason that programs read.
fn words(why: &str) -> String {
    match why {
        "forbidden" => "it was refused".to_owned(),
        "nothing-listens" => "nothing listens there".to_owned(),
        "unreachable" => "there is no way there".to_owned(),
        "tls" => "no secure connection".to_owned(),
        other => other.to_owned(),
    }
}

/// As many as there is room for, and how many more.
fn files(all: &[String]) -> String {
    let mut out = String::new();
    for (number, file) in all.iter().enumerate() {
        let file = visible(file);
        let gap = if number == 0 { "" } else { ", " };
        let more = all.len() - number;
        if number > 0 && out.chars().count() + gap.len() + file.chars().count() > FILES {
            let _ = write!(out, " and {more} more");
            return out;
        }
        out = out + gap + &file;
    }
    out
}

fn note(event: &Event) -> String {
    match event {
        Event::Consent {
            to,
            given,
            repository,
        } => {
            let state = if *given { "given" } else { "taken back" };
            format!(
                "consent to {} {state} for {}",
                visible(to),
                visible(repository)
            )
        }
        Event::Dropped(Dropped { why, records, .. }) => {
            let records = count(*records, "earlier record");
            match &**why {
                "erased" => styled(WARNING, &format!("{records} erased by hand")),
                _ => format!("{records} deleted, since they were too old"),
            }
        }
        Event::Repaired { bytes, kept } => styled(
            WARNING,
            &format!(
                "a crash left {} of a record, now in `{}`",
                count(*bytes, "byte"),
                visible(kept)
            ),
        ),
        _ => styled(FAINT, "written by a later version"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use expect_test::expect;
    use il_audit::Entry;
    use il_calendar::Moment;

    use super::*;

    #[test]
    fn a_day_is_a_block_and_what_is_unusual_stands_at_the_end() {
        let sending = |to: &str, bytes: u64| Sending {
            to: to.to_owned(),
            method: "post".to_owned(),
            purpose: "complete".to_owned(),
            bytes,
            ..Sending::default()
        };
        let many = (0..9).map(|n| format!("src/module_{n}.py")).collect();
        let events = [
            Event::Request(Sending {
                endpoint: Some("endpoint:work".to_owned()),
                files: vec!["src/app.py".to_owned()],
                ..sending("https://api.example.com:443", 8_123)
            }),
            Event::Request(Sending {
                files: many,
                redacted: [("aws-access-key".to_owned(), 2), ("jwt".to_owned(), 1)].into(),
                ..sending("http://gpu.example:8080", 123_456)
            }),
            Event::Request(sending("https://api.example.com:443", 10)),
            Event::Consent {
                to: "training".to_owned(),
                given: true,
                repository: "shop-12345678".to_owned(),
            },
            Event::Dropped(Dropped {
                why: "erased".to_owned(),
                records: 12,
                until: 12,
                last: String::new(),
            }),
        ];
        let entries: Vec<Entry> = (1u64..)
            .zip(events)
            .map(|(seq, event)| Entry {
                seq,
                time: Some(Moment::of(
                    UNIX_EPOCH + Duration::from_secs(1_795_881_446 + seq * 9000),
                )),
                event,
            })
            .collect();
        let shown: Vec<Shown<'_>> = entries
            .iter()
            .map(|entry| Shown {
                entry,
                unsent: (entry.seq == 3).then_some("forbidden"),
            })
            .collect();
        let plain = anstream::adapter::strip_str(&table(&shown)).to_string();
        expect![[r#"
            2026-11-28 (UTC)
              18:27:26  api.example.com (work)  complete    7.93 KiB  src/app.py
              20:57:26  gpu.example             complete  120.56 KiB  src/module_0.py, src/module_1.py and 7 more  taken out: 2 × aws-access-key, jwt
              23:27:26  api.example.com         complete        10 B                                               did not leave: it was refused

            2026-11-29 (UTC)
              01:57:26  consent to training given for shop-12345678
              04:27:26  12 earlier records erased by hand
        "#]].assert_eq(&plain);
    }
}
