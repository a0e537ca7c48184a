//! `interline privacy consent`: what is agreed to, a repository at a time.
//!
//! Deliberately absent: agreeing for all repositories at once.

use std::{fmt::Write as _, path::Path, time::SystemTime};

use anyhow::Context as _;
use il_audit::{Event, Given, Kind, repository_label};
use il_calendar::Moment;
use serde_json::{Map, Value, json};

use crate::{
    cli::{OnOff, PrivacyConsent},
    failure::Exit,
    records,
    repository::tree,
    terminal::{self, FAINT, GOOD, STRONG, styled},
};

pub(super) fn run(args: &PrivacyConsent) -> anyhow::Result<Exit> {
    let root = tree::repository(args.repo.as_deref())?;
    let consent = records::consent().map_err(anyhow::Error::msg)?;
    if let (Some(kind), Some(state)) = (args.kind, args.state) {
        let (kind, is_on) = (Kind::from(kind), state == OnOff::On);
        let now = Moment::of(SystemTime::now());
        let has_changed = consent.set(kind, &root, is_on, now)?;
        if has_changed {
            note(kind, &root, is_on);
        }
    }
    let given = consent.given(&root)?;
    let asked = args.kind.map(Kind::from);
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|it| asked.is_none_or(|asked| asked == *it))
        .collect();
    match args.json {
        true => terminal::print_json(&document(&root, given.as_ref(), &kinds))?,
        false => terminal::print(&text(&root, given.as_ref(), &kinds))?,
    }
    Ok(Exit::Done)
}

/// Turning something off must work whatever else does not, so a record that cannot be written is no failure.
fn note(kind: Kind, root: &Path, is_on: bool) {
    let event = Event::Consent {
        to: kind.word().to_owned(),
        given: is_on,
        repository: repository_label(root),
    };
    let noted = records::audit().and_then(|it| it.record(&event).map_err(|why| why.to_string()));
    if let Err(why) = noted
        .map_err(anyhow::Error::msg)
        .context("this was not recorded")
    {
        terminal::warning(&format!("{why:#}"));
    }
}

/// What it means, for people.
pub(super) fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Training => "models may be trained on this repository, on this machine",
        Kind::Telemetry => {
            "figures on how Interline is used may leave; nothing collects any so far"
        }
    }
}

fn text(root: &Path, given: Option<&Given>, kinds: &[Kind]) -> String {
    let shown = terminal::visible(&root.display().to_string());
    let mut out = format!("{}\n", styled(STRONG, &shown));
    for kind in kinds {
        let state = match given.and_then(|it| it.since(*kind)) {
            Some(since) => {
                let day = since.split('T').next().unwrap_or(since);
                format!("{}  since {}", styled(GOOD, "on "), terminal::visible(day))
            }
            None => "off".to_owned(),
        };
        let meaning = styled(FAINT, meaning(*kind));
        let _ = writeln!(out, "  {:<9}  {state}  {meaning}", kind.word());
    }
    out
}

fn document(root: &Path, given: Option<&Given>, kinds: &[Kind]) -> Value {
    let states = kinds.iter().map(|kind| {
        let since = given.and_then(|it| it.since(*kind));
        let state = json!({"given": since.is_some(), "since": since});
        (kind.word().to_owned(), state)
    });
    json!({
        "repository": root.to_string_lossy(),
        "consent": states.collect::<Map<_, _>>(),
    })
}
