//! `interline privacy log`: what left this machine.
//!
//! The one idea: a request counts as sent unless a later record says that it was not, so what is shown errs on the side of
//! having left.
//!
//! Deliberately absent: content; there is none in the record.

mod render;

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, SystemTime},
};

use il_audit::{Entry, Event, Head, Verdict};
use il_calendar::Moment;
use serde_json::{Value, json};

use crate::{
    cli::{PrivacyLog, Since},
    failure::Exit,
    records,
    terminal::{self, ERROR, FAINT, GOOD, WARNING, count, styled, visible},
};

/// What is shown where nobody says since when.
const USUAL: Duration = Duration::from_secs(7 * 86_400);

pub(super) fn run(args: &PrivacyLog) -> anyhow::Result<Exit> {
    let log = records::audit().map_err(anyhow::Error::msg)?;
    if args.head {
        return head(&log.head()?, args.json);
    }
    if args.verify {
        return verdict(&log.verify(args.against.as_ref())?, args);
    }
    let contents = log.contents()?;
    let now = SystemTime::now();
    let since = match args.since {
        Some(Since::Ago(ago)) => now.checked_sub(ago),
        Some(Since::Day(day)) => Some(day.start()),
        None => now.checked_sub(USUAL),
    };
    let since = since.map(Moment::of);
    let shown = chosen(&contents.entries, since, args.host.as_deref());
    if args.json {
        terminal::print_json(&json!({
            "records": shown.iter().map(Shown::document).collect::<Vec<_>>(),
            "damaged_lines": contents.damaged,
        }))?;
    } else {
        terminal::print(&render::table(&shown))?;
        terminal::say(&styled(
            FAINT,
            &summary(&shown, args, contents.entries.len()),
        ));
    }
    if contents.damaged > 0 {
        let lines = count(contents.damaged as u64, "line");
        terminal::warning(&format!(
            "{lines} could not be read: see `interline privacy log --verify`"
        ));
    }
    Ok(match shown.is_empty() {
        true => Exit::Nothing,
        false => Exit::Done,
    })
}

/// A record, and what became of it.
struct Shown<'a> {
    entry: &'a Entry,
    /// Why a request did not leave.
    unsent: Option<&'a str>,
}

fn chosen<'a>(entries: &'a [Entry], since: Option<Moment>, host: Option<&str>) -> Vec<Shown<'a>> {
    let unsent: HashMap<u64, &str> = entries
        .iter()
        .filter_map(|it| match &it.event {
            Event::Unsent(it) => Some((it.of, &*it.why)),
            _ => None,
        })
        .collect();
    let wanted = entries.iter().filter(|it| {
        let is_young = since.is_none_or(|since| it.time.is_none_or(|time| time >= since));
        let is_told = !matches!(it.event, Event::Unsent(_));
        let to = match &it.event {
            Event::Request(it) => Some(&*it.to),
            _ => None,
        };
        let is_theirs =
            host.is_none_or(|host| to.is_some_and(|to| host_of(to).eq_ignore_ascii_case(host)));
        is_young && is_told && is_theirs
    });
    wanted
        .map(|entry| Shown {
            entry,
            unsent: unsent.get(&entry.seq).copied(),
        })
        .collect()
}

/// The host of `https://host:443`.
fn host_of(to: &str) -> &str {
    let rest = to.split_once("://").map_or(to, |it| it.1);
    let host = rest.rsplit_once(':').map_or(rest, |it| it.0);
    host.trim_start_matches('[').trim_end_matches(']')
}

impl Shown<'_> {
    fn document(&self) -> Value {
        let mut document = serde_json::to_value(&self.entry.event).unwrap_or_default();
        document["seq"] = json!(self.entry.seq);
        document["time"] = json!(self.entry.time.map(|it| it.to_string()));
        if let Event::Request(_) = &self.entry.event {
            document["left"] = json!(self.unsent.is_none());
            document["why"] = json!(self.unsent);
        }
        document
    }
}

fn summary(shown: &[Shown<'_>], args: &PrivacyLog, all: usize) -> String {
    if shown.is_empty() {
        let period = match (args.since, &args.host) {
            (None, None) => " in the last 7 days",
            _ => " of that",
        };
        return match all {
            0 => "nothing left this machine: nothing was ever recorded".to_owned(),
            _ => format!(
                "nothing{period} is in the record of what left; `--since 365d` looks further back"
            ),
        };
    }
    let (mut sent, mut kept, mut bytes, mut secrets) = (0, 0, 0, 0);
    let mut hosts = BTreeSet::new();
    for it in shown {
        match &it.entry.event {
            Event::Request(request) if it.unsent.is_none() => {
                sent += 1;
                bytes += request.bytes;
                secrets += request.redacted.values().sum::<u64>();
                hosts.insert(host_of(&request.to));
            }
            Event::Request(_) => kept += 1,
            _ => {}
        }
    }
    let mut out = match sent {
        0 => "nothing left".to_owned(),
        sent => format!(
            "{}, {}, to {}",
            count(sent, "request"),
            terminal::bytes(bytes),
            count(hosts.len() as u64, "host")
        ),
    };
    if kept > 0 {
        out += &format!("; {} did not leave", count(kept, "request"));
    }
    if secrets > 0 {
        out += &format!("; {} taken out first", count(secrets, "secret"));
    }
    out
}

fn head(head: &Head, is_json: bool) -> anyhow::Result<Exit> {
    match is_json {
        true => terminal::print_json(&json!({"seq": head.seq, "hash": head.hash}))?,
        false => terminal::print_raw(&format!("{head}\n"))?,
    }
    Ok(Exit::Done)
}

fn verdict(it: &Verdict, args: &PrivacyLog) -> anyhow::Result<Exit> {
    let is_good = it.problems.is_empty();
    if args.json {
        terminal::print_json(&json!({
            "good": is_good,
            "records": it.records,
            "first": it.first,
            "head": {"seq": it.head.seq, "hash": it.head.hash},
            "problems": it.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "put_aside": it.put_aside,
        }))?;
    } else {
        let mut out = String::new();
        for problem in &it.problems {
            out += &format!("{} {}\n", styled(ERROR, "✗"), visible(&problem.to_string()));
        }
        if is_good {
            let kept = match &args.against {
                Some(_) => "; the one that you kept is among them",
                None => "",
            };
            out += &match it.records {
                0 => format!("{} nothing was recorded yet\n", styled(GOOD, "✓")),
                records => format!(
                    "{} {}, numbers {} to {}: nothing was changed, taken out, put in or moved{kept}\n",
                    styled(GOOD, "✓"),
                    count(records, "record"),
                    it.first,
                    it.head.seq
                ),
            };
        }
        for name in &it.put_aside {
            out += &format!(
                "{} a crash left part of a record, now in `{}`\n",
                styled(WARNING, "!"),
                visible(name)
            );
        }
        terminal::print(&out)?;
        if is_good && it.records > 0 && args.against.is_none() {
            terminal::say(&styled(
                FAINT,
                "whoever can write to this folder could write the whole chain anew: keep what `--head` prints elsewhere, and \
                 compare with `--verify --against`",
            ));
        }
    }
    Ok(match is_good {
        true => Exit::Done,
        false => Exit::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_stands_between_scheme_and_port() {
        for (to, host) in [
            ("https://api.example.com:443", "api.example.com"),
            ("http://[::1]:80", "::1"),
            ("no URL", "no URL"),
        ] {
            assert_eq!(host_of(to), host);
        }
    }
}
