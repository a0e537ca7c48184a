//! Reports for people.

use std::fmt::Write as _;

use super::{
    Report,
    code::Survey,
    score::{Figures, Row, Scored},
};

/// So many kinds are named.
const WORST: usize = 20;

/// All sets, one below the other.
pub fn render(reports: &[Report]) -> String {
    let mut text = String::new();
    for report in reports {
        let _ = writeln!(
            text,
            "{} set: {} kinds in {} files, {} lines",
            report.set, report.kinds, report.files, report.lines
        );
        text.push('\n');
        recall(&mut text, report);
        alarms(&mut text, report);
        if let Some(first) = report.scanners.first() {
            worst(&mut text, first);
        }
    }
    text
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

fn recall(text: &mut String, report: &Report) {
    let width = 14;
    let _ = write!(text, "{:<width$}{:>7}", "%", "n");
    for scanner in &report.scanners {
        let _ = write!(text, "  | {}: recall, gone, precision", scanner.scanner);
    }
    text.push('\n');
    let mut names: Vec<&str> = Vec::new();
    for row in report.scanners.iter().flat_map(|it| &it.categories) {
        if !names.contains(&&*row.name) {
            names.push(&row.name);
        }
    }
    for name in names.into_iter().chain(["all"]) {
        let of = |it: &Scored| -> Figures {
            let mut rows = it.categories.iter();
            match name {
                "all" => it.all,
                _ => rows
                    .find(|it| it.name == name)
                    .map_or_else(Figures::default, |it| it.figures),
            }
        };
        let most = report.scanners.iter().map(|it| of(it).secrets).max();
        let _ = write!(text, "{name:<width$}{:>7}", most.unwrap_or_default());
        for scanner in &report.scanners {
            let it = of(scanner);
            let says_bytes = scanner.all.whole > 0;
            let says_kinds = scanner.all.named_right > 0;
            let gone = if says_bytes {
                percent(it.whole())
            } else {
                "–".to_owned()
            };
            // Another scanner's alarms have none of our categories.
            let precision = if name == "all" || says_kinds {
                percent(it.precision())
            } else {
                "–".to_owned()
            };
            let head = scanner.scanner.chars().count() + 2;
            let _ = write!(
                text,
                "  | {:>width$} {gone:>5} {precision:>9}",
                percent(it.recall()),
                width = head + 7
            );
        }
        text.push('\n');
    }
    text.push('\n');
}

fn alarms(text: &mut String, report: &Report) {
    let Some(most) = report.scanners.iter().map(|it| it.all.near_misses).max() else {
        return;
    };
    let _ = write!(text, "{:<20}{most:>7}", "near-misses");
    for scanner in &report.scanners {
        let _ = write!(text, "  | {}: alarms", scanner.scanner);
    }
    text.push('\n');
    let mut names: Vec<&str> = Vec::new();
    for row in report.scanners.iter().flat_map(|it| &it.near_misses) {
        if row.figures.false_alarms > 0 && !names.contains(&&*row.name) {
            names.push(&row.name);
        }
    }
    for name in names {
        let of = |it: &Scored| -> Figures {
            let mut rows = it.near_misses.iter();
            rows.find(|it| it.name == name)
                .map_or_else(Figures::default, |it| it.figures)
        };
        let most = report.scanners.iter().map(|it| of(it).near_misses).max();
        let _ = write!(text, "{name:<20}{:>7}", most.unwrap_or_default());
        for scanner in &report.scanners {
            let width = scanner.scanner.chars().count() + 8;
            let _ = write!(text, "  | {:>width$}", of(scanner).false_alarms);
        }
        text.push('\n');
    }
    text.push('\n');
}

fn worst(text: &mut String, scored: &Scored) {
    let is_short = |it: &&Row| it.figures.whole < it.figures.secrets;
    let rows: Vec<&Row> = scored.worst.iter().filter(is_short).take(WORST).collect();
    if rows.is_empty() {
        return;
    }
    let name = &scored.scanner;
    let _ = writeln!(text, "{name}, worst kinds: found, gone, of");
    for Row { name, figures } in rows {
        let _ = writeln!(
            text,
            "{name:<40}{:>5}{:>5}{:>5}",
            figures.hit, figures.whole, figures.secrets
        );
    }
    text.push('\n');
}

/// What is found in code, a folder a line, and every finding.
pub fn render_code(surveys: &[Survey], beside: &[(String, Vec<usize>)]) -> String {
    let mut text = String::new();
    for survey in surveys {
        for it in &survey.findings {
            let _ = writeln!(
                text,
                "{}/{}:{} {} {}",
                survey.name, it.path, it.line, it.rule, it.shown
            );
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let names = surveys.iter().map(|it| it.name.chars().count());
    let width = names.max().unwrap_or(0).max(8) + 2;
    let mut categories: Vec<&str> = Vec::new();
    for survey in surveys {
        for name in survey.categories.keys() {
            if !categories.contains(name) {
                categories.push(name);
            }
        }
    }
    categories.sort_unstable();
    let _ = write!(
        text,
        "{:<width$}{:>9}{:>10}",
        "in 10 000 lines", "lines", "all"
    );
    for name in &categories {
        let _ = write!(text, "{name:>13}");
    }
    for (name, _) in beside {
        let _ = write!(text, "  | {name}");
    }
    text.push('\n');
    for (number, survey) in surveys.iter().enumerate() {
        let all = survey.rate(survey.findings.len());
        let _ = write!(
            text,
            "{:<width$}{:>9}{all:>10.2}",
            survey.name, survey.lines
        );
        for name in &categories {
            let count = survey.categories.get(name).copied().unwrap_or_default();
            let _ = write!(text, "{:>13.2}", survey.rate(count));
        }
        for (name, counts) in beside {
            let width = name.chars().count().max(5);
            let count = counts.get(number).copied().unwrap_or_default();
            let _ = write!(text, "  | {:>width$.2}", survey.rate(count));
        }
        text.push('\n');
    }
    text
}
