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

/// What another scanner found in the same folders.
#[derive(Clone, Debug)]
pub struct Beside {
    pub name: String,
    /// By folder: findings, and those that nobody found to be right.
    pub counts: Vec<(usize, usize)>,
}

/// What is found in code: every finding, and a folder a line.
pub fn render_code(surveys: &[Survey], beside: &[Beside]) -> String {
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
    let width = names.max().unwrap_or(0).max(15) + 2;
    let mut categories: Vec<&str> = Vec::new();
    for survey in surveys {
        for name in survey.categories.keys() {
            if !categories.contains(name) {
                categories.push(name);
            }
        }
    }
    categories.sort_unstable();
    let title = "in 10 000 lines";
    let _ = write!(
        text,
        "{title:<width$}{:>9}{:>8}{:>8}",
        "lines", "found", "false"
    );
    for name in &categories {
        let _ = write!(text, "{name:>13}");
    }
    for it in beside {
        let _ = write!(text, "  | {}: found, false", it.name);
    }
    text.push('\n');
    let all = 0..surveys.len();
    for number in all.clone() {
        line(
            &mut text,
            width,
            &surveys[number].name,
            surveys,
            number..number + 1,
            &categories,
            beside,
        );
    }
    line(&mut text, width, "all", surveys, all, &categories, beside);
    text
}

fn line(
    text: &mut String,
    width: usize,
    name: &str,
    surveys: &[Survey],
    which: std::ops::Range<usize>,
    categories: &[&str],
    beside: &[Beside],
) {
    let here = || surveys[which.clone()].iter();
    let lines: usize = here().map(|it| it.lines).sum();
    let rate = |count: usize| count as f64 * 10_000.0 / lines.max(1) as f64;
    let found = here().map(|it| it.findings.len()).sum();
    let wrong = here().map(|it| it.false_alarms).sum();
    let _ = write!(
        text,
        "{name:<width$}{lines:>9}{:>8.2}{:>8.2}",
        rate(found),
        rate(wrong)
    );
    for name in categories {
        let count = here().map(|it| it.categories.get(name).copied().unwrap_or_default());
        let _ = write!(text, "{:>13.2}", rate(count.sum()));
    }
    for it in beside {
        let counts = || it.counts.get(which.clone()).unwrap_or_default().iter();
        let found = rate(counts().map(|it| it.0).sum());
        let wrong = rate(counts().map(|it| it.1).sum());
        let width = it.name.chars().count() + 8;
        let _ = write!(text, "  | {found:>width$.2} {wrong:>5.2}");
    }
    text.push('\n');
}
