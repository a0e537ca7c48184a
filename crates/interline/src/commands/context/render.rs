//! What a person sees of a prompt: where its tokens went, piece by piece in its order, and what had no place.

use std::fmt::Write as _;

use il_context::{Entry, Fate, Packed, Report, Total};
use il_engine::fim::{Part, Template};

use super::{Model, Shown, Subject};
use crate::terminal::{FAINT, GHOST, PLACE, STRONG, count, styled, visible};

/// The bar of the shares is so wide.
const BAR: usize = 40;

pub(super) fn pieces(subject: &Subject, model: &Model, shown: &Shown) -> String {
    let report = &shown.packed.report;
    let mut out = heading(subject, model, shown);
    out += &shares(report);
    out.push('\n');
    let (taken, left): (Vec<&Entry>, Vec<&Entry>) = report
        .entries
        .iter()
        .partition(|it| !matches!(it.fate, Fate::LeftOut(_)));
    for it in taken {
        out += &entry(it);
    }
    if !left.is_empty() {
        let _ = writeln!(out, "\n{}", styled(STRONG, "left out"));
        for it in left {
            out += &entry(it);
        }
    }
    out
}

fn heading(subject: &Subject, model: &Model, shown: &Shown) -> String {
    let report = &shown.packed.report;
    let place = format!("{}:{}:{}", subject.shown_path, subject.line, subject.column);
    let model = match &model.name {
        Some(name) => format!("{name}, template {}", model.window.template.id),
        None => format!("no model: template {}", model.window.template.id),
    };
    let counted = match report.exact {
        true => "counted by its tokenizer",
        false => "estimated at 3 bytes a token",
    };
    let facts = format!(
        "{} of {} tokens, {counted}; {model}; {:.1} ms",
        report.tokens,
        report.window,
        shown.took.as_secs_f64() * 1e3
    );
    format!(
        "{}\n{}\n\n",
        styled(PLACE, &visible(&place)),
        styled(FAINT, &visible(&facts))
    )
}

/// One line a share: what it was given, what it took.
fn shares(report: &Report) -> String {
    let mut out = String::new();
    for (name, total) in [
        ("stable", report.stable),
        ("volatile", report.volatile),
        ("prefix", report.prefix),
        ("suffix", report.suffix),
    ] {
        let _ = writeln!(out, "{name:>9} {}", bar(total, report.window));
    }
    out
}

fn bar(total: Total, window: usize) -> String {
    let width = |tokens: usize| (tokens * BAR).div_ceil(window.max(1)).min(BAR);
    let used = width(total.used.min(total.given));
    let free = width(total.given).saturating_sub(used);
    let empty = BAR - used - free;
    format!(
        "{}{}{} {:>5} of {}",
        styled(GHOST, &"█".repeat(used)),
        styled(FAINT, &"░".repeat(free)),
        " ".repeat(empty),
        total.used,
        total.given
    )
}

fn entry(entry: &Entry) -> String {
    let place = format!("{}{}", entry.path, lines(&entry.lines));
    let (fate, why) = fate(entry);
    let mut told = format!("{:>7}  {:<11}", entry.tokens, entry.kind.name());
    told = styled(FAINT, &told);
    let _ = write!(told, "  {}", styled(PLACE, &visible(&place)));
    if !entry.symbol.is_empty() {
        let _ = write!(told, "  {}", styled(STRONG, &visible(&entry.symbol)));
    }
    let mut remarks = Vec::new();
    if entry.score > 0.0 {
        remarks.push(format!("{:.2} names expected", entry.score));
    }
    if fate != "taken" {
        remarks.push(why);
    }
    if !remarks.is_empty() {
        let _ = write!(told, "  {}", styled(FAINT, &remarks.join(", ")));
    }
    told.push('\n');
    told
}

/// What became of it in a word, and why in a few.
pub(super) fn fate(entry: &Entry) -> (&'static str, String) {
    match entry.fate {
        Fate::Taken => ("taken", String::new()),
        Fate::Cut { lines } => {
            let kept = count(lines as u64, "line");
            // Of the text itself only the lines that stay are told.
            match entry.lines.len() {
                all if all > lines => ("cut", format!("{kept} of {all}, no room for more")),
                _ => ("cut", format!("cut to {kept}, no room for more")),
            }
        }
        Fate::LeftOut(why) => ("left out", why.name().to_owned()),
    }
}

/// `:3–7,12`, counted from 1.
fn lines(lines: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &line in lines {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => runs.push((line, line)),
        }
    }
    const MOST: usize = 4;
    let shown = runs.iter().take(MOST).map(|(first, last)| {
        if first == last {
            format!("{}", first + 1)
        } else {
            format!("{}–{}", first + 1, last + 1)
        }
    });
    let mut text = shown.collect::<Vec<_>>().join(",");
    if runs.len() > MOST {
        text += ",…";
    }
    if text.is_empty() {
        text
    } else {
        format!(":{text}")
    }
}

/// The prompt itself. Markers stand out, so that none in user code can be taken for one.
pub(super) fn prompt(template: &Template, packed: &Packed) -> String {
    let mut out = String::new();
    for part in template.render(&packed.context) {
        match part {
            Part::Marker(it) => out += &styled(GHOST, it),
            Part::Text(it) => {
                let lines: Vec<String> = it.split('\n').map(visible).collect();
                out += &lines.join("\n");
            }
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_as_runs() {
        assert_eq!(lines(&[2, 3, 4, 6, 11]), ":3–5,7,12");
        assert_eq!(lines(&[0, 2, 4, 6, 8]), ":1,3,5,7,…");
        assert_eq!(lines(&[]), "");
    }

    #[test]
    fn a_bar_is_as_wide_as_what_was_given() {
        let total = Total {
            given: 50,
            used: 25,
        };
        let plain = anstream::adapter::strip_str(&bar(total, 100)).to_string();
        assert_eq!(
            plain,
            format!(
                "{}{}{}    25 of 50",
                "█".repeat(10),
                "░".repeat(10),
                " ".repeat(20)
            )
        );
    }
}
