//! Draws a report for people: a row for each language or repository, a column for each search.

use std::fmt::Write as _;

use super::{ContenderReport, Group, Report};

/// The report as text.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    block(
        &mut text,
        report,
        "MRR",
        |it| &it.languages,
        |it| it.figures.mrr.value,
    );
    block(
        &mut text,
        report,
        "MRR@10",
        |it| &it.languages,
        |it| it.figures.mrr_at_10,
    );
    block(
        &mut text,
        report,
        "R@1",
        |it| &it.languages,
        |it| it.figures.recall_at_1,
    );
    block(
        &mut text,
        report,
        "R@10",
        |it| &it.languages,
        |it| it.figures.recall_at_10,
    );
    block(
        &mut text,
        report,
        "MRR",
        |it| &it.repositories,
        |it| it.figures.mrr.value,
    );
    for contender in &report.contenders {
        if let Some(all) = contender.languages.last() {
            let it = all.figures.mrr;
            let _ = writeln!(
                text,
                "{}: MRR {:.3} (95 % over repositories {:.3} to {:.3})",
                contender.name, it.value, it.low, it.high
            );
        }
    }
    text
}

fn block(
    text: &mut String,
    report: &Report,
    title: &str,
    groups: fn(&ContenderReport) -> &Vec<Group>,
    figure: fn(&Group) -> f64,
) {
    let Some(first) = report.contenders.first() else {
        return;
    };
    let width = groups(first).iter().map(|it| it.name.chars().count());
    let width = width.max().unwrap_or(0).max(title.len());
    let _ = write!(text, "{title:<width$}{:>7}", "n");
    for it in &report.contenders {
        let _ = write!(text, "{:>10}", it.name);
    }
    text.push('\n');
    for (number, group) in groups(first).iter().enumerate() {
        let _ = write!(text, "{:<width$}{:>7}", group.name, group.figures.queries);
        for it in &report.contenders {
            let _ = write!(text, "{:>10.3}", figure(&groups(it)[number]));
        }
        text.push('\n');
    }
    text.push('\n');
}
