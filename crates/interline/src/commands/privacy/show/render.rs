//! What is in force, for people.

use std::{fmt::Write as _, path::Path, time::SystemTime};

use il_audit::Kind;
use il_calendar::Day;
use il_config::Origin;
use il_privacy::Category;

use super::{Kinds, Shown};
use crate::{
    records::Store,
    terminal::{self, ERROR, FAINT, GOOD, PLACE, STRONG, WARNING, count, styled, visible},
};

pub(super) fn text(it: &Shown<'_>) -> String {
    let mut out = String::new();
    let root = visible(&it.root.display().to_string());
    let _ = writeln!(
        out,
        "{}  {}",
        styled(STRONG, "Privacy in"),
        styled(PLACE, &root)
    );
    policy(&mut out, it);
    recipients(&mut out, it);
    stores(&mut out, &it.stores);
    consent(&mut out, it);
    out
}

fn head(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{}", styled(STRONG, text));
}

fn row(out: &mut String, what: &str, value: &str, note: &str) {
    let width = anstream::adapter::strip_str(value)
        .to_string()
        .chars()
        .count();
    let gap = " ".repeat(9usize.saturating_sub(width));
    let line = format!(
        "  {what:<14}  {value}{gap} {}",
        styled(FAINT, note.trim_end())
    );
    let _ = writeln!(out, "{}", line.trim_end());
}

fn from(origin: Origin) -> String {
    match origin {
        Origin::Default => String::new(),
        origin => format!("({origin})"),
    }
}

fn on_off(is_on: bool) -> String {
    match is_on {
        true => styled(GOOD, "on"),
        false => "off".to_owned(),
    }
}

fn policy(out: &mut String, it: &Shown<'_>) {
    let privacy = &it.settings.privacy;
    head(out, "What is taken out, and what may not go");
    if let Some(why) = &privacy.unreadable {
        let why = styled(ERROR, &visible(why));
        let _ = writeln!(
            out,
            "  {why}: until that is set right everything is blocked"
        );
    }
    let note = match &it.closed {
        Some(_) => format!(
            "nothing leaves this machine {}",
            from(privacy.air_gap.origin)
        ),
        None => "`air_gap = true` keeps everything on this machine".to_owned(),
    };
    row(out, "air gap", &on_off(it.closed.is_some()), &note);
    match &it.kinds {
        Ok(kinds) => row(
            out,
            "redaction",
            &on_off(!kinds.on.is_empty()),
            &looked_for(kinds),
        ),
        Err(why) => row(
            out,
            "redaction",
            &styled(ERROR, "broken"),
            &format!("{}: no model behind HTTP is asked", visible(why)),
        ),
    }
    let note = match *privacy.personal {
        true => "mail addresses, card and phone numbers, … are taken out, too",
        false => "mail addresses, card and phone numbers, … are sent as they are",
    };
    row(
        out,
        "personal data",
        &on_off(*privacy.personal),
        &format!("{note} {}", from(privacy.personal.origin)),
    );
    let note = match *privacy.restore {
        true => "what was taken out is put back into answers, on this machine",
        false => "what was taken out stays out of answers",
    };
    row(
        out,
        "put back",
        &on_off(*privacy.restore),
        &format!("{note} {}", from(privacy.restore.origin)),
    );
    let matches = privacy.matches.to_string();
    row(
        out,
        "copies",
        &matches,
        &format!(
            "of reference code in suggestions {}",
            from(privacy.matches.origin)
        ),
    );
    let own = privacy.paths.iter().chain(&privacy.repository_paths);
    let (yours, theirs) = (privacy.paths.len(), privacy.repository_paths.len());
    let note = match yours + theirs {
        0 => {
            "keys, `.env`, credentials and the like are blocked; `.interlineignore` keeps more out"
                .to_owned()
        }
        _ => format!(
            "the usual ones, {} of yours, {theirs} of the repository's, which can only tighten",
            count(yours as u64, "pattern")
        ),
    };
    row(out, "paths", "by level", &note);
    for it in own {
        let (level, glob) = (it.value.level.word(), visible(&it.value.glob));
        let line = format!("{level:<11}  {glob}  {}", styled(FAINT, &from(it.origin)));
        let _ = writeln!(out, "{:28}{}", "", line.trim_end());
    }
}

fn looked_for(kinds: &Kinds) -> String {
    let all: u64 = kinds.on.values().sum();
    let parts: Vec<String> = kinds
        .on
        .iter()
        .map(|(it, n)| format!("{n} {}", plural(*it)))
        .collect();
    let off = match kinds.off {
        0 => String::new(),
        n => format!("; {n} are off"),
    };
    format!("{}: {}{off}", count(all, "kind"), parts.join(", "))
}

fn plural(category: Category) -> &'static str {
    match category {
        Category::Key => "keys",
        Category::PrivateKey => "private keys",
        Category::Connection => "connection strings",
        Category::Password => "passwords",
        Category::Session => "session tokens",
        Category::Personal => "of personal data",
    }
}

fn recipients(out: &mut String, it: &Shown<'_>) {
    head(out, "Who is sent code");
    if let Some(why) = &it.closed {
        let _ = writeln!(
            out,
            "  {}",
            styled(
                FAINT,
                &format!("nobody outside this machine: {}", visible(why))
            )
        );
    }
    let names: Vec<String> = it.recipients.iter().map(|it| visible(&it.name)).collect();
    let width = names.iter().map(|it| it.chars().count()).max().unwrap_or(0);
    for (recipient, name) in it.recipients.iter().zip(&names) {
        let place = recipient.place.as_deref().unwrap_or_default();
        let gets = match recipient.leaves() && it.closed.is_some() {
            true => "nothing: the way out is closed",
            false => recipient.gets(),
        };
        let style = if recipient.leaves() && it.closed.is_none() {
            WARNING
        } else {
            FAINT
        };
        let place = match place {
            "" => String::new(),
            place => format!("{}  ", styled(PLACE, &visible(place))),
        };
        let _ = writeln!(
            out,
            "  {:<8}  {name:<width$}  {place}{}",
            recipient.task,
            styled(style, gets)
        );
    }
    if !it.recipients.iter().any(super::Recipient::leaves) {
        let _ = writeln!(out, "  {}", styled(GOOD, "no code leaves this machine"));
    }
}

fn stores(out: &mut String, stores: &[Store]) {
    head(out, "What is kept on this machine");
    let cells: Vec<[String; 4]> = stores
        .iter()
        .map(|it| {
            let oldest = it.measured.oldest.map_or_else(|| "–".to_owned(), age);
            let size = terminal::bytes(it.measured.bytes);
            let records = indicatif::HumanCount(it.measured.records).to_string();
            [records, size, oldest, it.kept.clone()]
        })
        .collect();
    let titles = ["records", "size", "oldest", "kept"].map(str::to_owned);
    let mut widths = [0; 4];
    for row in cells.iter().chain([&titles]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |word: &str, cells: &[String; 4], note: &str| {
        let mut line = format!("  {word:<10}");
        for (number, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let _ = match number {
                3 => write!(line, "  {cell:<width$}"),
                _ => write!(line, "  {cell:>width$}"),
            };
        }
        format!("{line}  {note}").trim_end().to_owned()
    };
    let _ = writeln!(out, "{}", styled(FAINT, &line("", &titles, "what")));
    for (store, cells) in stores.iter().zip(&cells) {
        let note = styled(FAINT, store.what.holds());
        let _ = writeln!(out, "{}", line(store.what.word(), cells, &note));
    }
    let _ = writeln!(
        out,
        "  {}",
        styled(
            FAINT,
            "not kept: prompts, answers, and how you use Interline"
        )
    );
    for folder in folders(stores) {
        let _ = writeln!(out, "  {}", styled(FAINT, &format!("in {folder}")));
    }
}

/// Where it all is, each folder once.
fn folders(stores: &[Store]) -> Vec<String> {
    let mut folders: Vec<(String, Vec<&str>)> = Vec::new();
    for store in stores {
        let Some(path) = &store.path else { continue };
        let folder = match store.what {
            crate::records::What::Cache => Some(path.as_path()),
            _ => path.parent(),
        };
        let folder = folder.unwrap_or(Path::new("")).display().to_string();
        match folders.iter_mut().find(|it| it.0 == folder) {
            Some((_, words)) => words.push(store.what.word()),
            None => folders.push((folder, vec![store.what.word()])),
        }
    }
    let lines = folders
        .iter()
        .map(|(folder, words)| format!("{}: {}", visible(folder), words.join(", ")));
    lines.collect()
}

fn age(written: SystemTime) -> String {
    Day::of(written).to_string()
}

fn consent(out: &mut String, it: &Shown<'_>) {
    head(out, "What you agreed to here");
    for kind in Kind::ALL {
        let since = it.given.and_then(|it| it.since(kind));
        let note = super::super::consent::meaning(kind);
        row(out, kind.word(), &on_off(since.is_some()), note);
    }
}
