//! Draws a report for people: a block a measure, a row for each group and contender.

use std::fmt::Write as _;

use super::{BUDGETS, Group, Measure, Report};
use crate::statistics::Interval;

const TITLES: [(&str, &str); 3] = [
    (
        "all",
        "X: names of the hidden statement that other files define",
    ),
    (
        "unseen",
        "U: those of them that stand nowhere else in the file",
    ),
    ("def", "def: the names of X whose defining line is shown"),
];

/// The report as text.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for (measure, title) in TITLES {
        let _ = writeln!(text, "{title}");
        text.push_str(&block(report, measure));
        text.push('\n');
    }
    text.push_str("% of names, mean over cases, ± half of the 95 % interval over repositories; @N: within the first N tokens; full: cases with nothing missing at the last\n");
    for it in &report.contenders {
        let _ = writeln!(
            text,
            "{}: p50 {:.1} ms, p99 {:.1} ms a case{}",
            it.name,
            it.took.p50_us as f64 / 1000.0,
            it.took.p99_us as f64 / 1000.0,
            match it.in_one_go {
                1 => String::new(),
                several => format!(", {several} in one go"),
            }
        );
    }
    text
}

fn block(report: &Report, measure: &str) -> String {
    let width = report.contenders.iter().map(|it| it.name.chars().count());
    let width = width.max().unwrap_or(0);
    let mut text = format!("  {:<12}{:<width$}{:>7}", "", "", "n");
    for budget in BUDGETS {
        let _ = write!(text, "{:>13}", format!("@{budget}"));
    }
    text.push_str("    full\n");
    let groups = report.contenders.first().map_or(&[][..], |it| &it.groups);
    for (number, group) in groups.iter().enumerate() {
        let mut shown = group.name.as_str();
        for contender in &report.contenders {
            let Some(it) = find(&contender.groups[number], measure) else {
                continue;
            };
            let _ = write!(
                text,
                "  {shown:<12}{:<width$}{:>7}",
                contender.name, it.cases
            );
            for covered in it.covered {
                let _ = write!(text, "{:>13}", with_interval(covered));
            }
            let _ = writeln!(text, "{:>8.1}", 100.0 * it.full);
            shown = "";
        }
    }
    text
}

fn find<'a>(group: &'a Group, measure: &str) -> Option<&'a Measure> {
    group.measures.iter().find(|it| it.measure == measure)
}

fn with_interval(it: Interval) -> String {
    let half = (it.high - it.low) / 2.0;
    format!("{:.1} ±{:.1}", 100.0 * it.value, 100.0 * half)
}
