//! Draws a report for people: one block a kind, a row for each language and contender, aligned.

use std::fmt::Write as _;

use super::{Figures, Interval, Latency, Report};

/// The report as text, without colours.
pub fn render(report: &Report) -> String {
    let mut kinds: Vec<crate::Kind> = Vec::new();
    for figures in all_figures(report) {
        if !kinds.contains(&kind(figures.2)) {
            kinds.push(kind(figures.2));
        }
    }
    kinds.sort_unstable();
    let mut text = String::new();
    for kind_shown in kinds {
        let rows: Vec<_> = all_figures(report)
            .filter(|it| kind(it.2) == kind_shown)
            .collect();
        let _ = writeln!(text, "{}", title(kind_shown));
        text.push_str(&block(rows));
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "EM exact match ± half of its 95 % interval; ES edit similarity; EM≥4 on lines of at least 4 tokens;\n\
         @20 @40 exact match among the surest 20 and 40 %; ECE calibration error; shown, prec: whole lines at confidence ≥ {:.2}, and how many are right;\n\
         cut, right, chars: where the gate shows the sure part of a line, how often it is right, and its share of the hidden characters.",
        report.gate_threshold
    );
    for contender in &report.contenders {
        let _ = write!(
            text,
            "{}: opened all repositories in {:.1} s",
            contender.name, contender.opening_seconds
        );
        if let Some(cpu) = contender.cpu.filter(|it| it.suggestions > 0) {
            let [p50, p95, p99] = milliseconds(cpu);
            let _ = write!(
                text,
                "; a line takes {p50} ms of CPU (p95 {p95}, p99 {p99}, {} requests)",
                cpu.suggestions
            );
        }
        text.push('\n');
    }
    text
}

type Row<'a> = (&'a str, &'a str, &'a Figures);

/// Language, contender and figures; all contenders of a language together.
fn all_figures(report: &Report) -> impl Iterator<Item = Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for contender in &report.contenders {
        for group in &contender.groups {
            rows.extend(
                group
                    .kinds
                    .iter()
                    .map(|figures| (&*group.language, &*contender.name, figures)),
            );
        }
    }
    // Stable, so contenders keep their order; `all` comes last.
    rows.sort_by_key(|row| (row.0 == "all", row.0));
    rows.into_iter()
}

fn kind(figures: &Figures) -> crate::Kind {
    match figures {
        Figures::Line(it) => it.kind,
        Figures::Typing(it) => it.kind,
    }
}

fn title(kind: crate::Kind) -> &'static str {
    use crate::Kind;
    match kind {
        Kind::Line => "line: the whole line is hidden",
        Kind::Trigger => "trigger: the rest of the line after a character such as `.` or `(`",
        Kind::Random => "random: the rest of the line from a random point",
        Kind::Api => "api: a statement that calls a function of another file",
        Kind::Xfile => "xfile: the rest of a statement from an identifier of another file",
        Kind::Block => {
            "block: 5 to 15 lines typed inside an existing file, accepting what is right"
        }
        Kind::New => "new: 40 lines typed at the end of a file, accepting what is right",
    }
}

fn block(rows: Vec<Row<'_>>) -> String {
    let mut cells: Vec<Vec<String>> = Vec::new();
    let mut previous = "";
    for (language, contender, figures) in rows {
        if cells.is_empty() {
            let names: &[&str] = match figures {
                Figures::Line(_) => &[
                    "", "", "n", "EM", "", "ES", "EM≥4", "@20", "@40", "ECE", "shown", "prec",
                    "cut", "right", "chars", "p50 ms", "p95", "p99",
                ],
                Figures::Typing(_) => &[
                    "",
                    "",
                    "n",
                    "saved",
                    "",
                    "by word",
                    "shown",
                    "accepted",
                    "chars each",
                    "p50 ms",
                    "p95",
                    "p99",
                ],
            };
            cells.push(names.iter().map(|&it| it.to_owned()).collect());
        }
        let language_shown = if language == previous { "" } else { language };
        previous = language;
        let mut row = vec![language_shown.to_owned(), contender.to_owned()];
        row.extend(figure_cells(figures));
        cells.push(row);
    }
    align(&cells)
}

fn figure_cells(figures: &Figures) -> Vec<String> {
    let mut cells = Vec::new();
    let latency = match figures {
        Figures::Line(it) => {
            cells.push(it.cases.to_string());
            cells.extend(with_interval(it.exact_match));
            let shares = [
                it.edit_similarity,
                it.non_trivial.exact_match,
                it.precision_at_20,
                it.precision_at_40,
                it.calibration_error,
                it.shown,
                it.shown_precision,
                it.gated.shown,
                it.gated.right,
                it.gated.characters,
            ];
            cells.extend(shares.map(percent));
            it.latency
        }
        Figures::Typing(it) => {
            cells.push(it.ranges.to_string());
            cells.extend(with_interval(it.saved));
            cells.extend([
                percent(it.saved_by_word),
                it.suggestions.to_string(),
                percent(it.accepted),
                format!("{:.1}", it.accepted_mean_characters),
            ]);
            it.latency
        }
    };
    cells.extend(milliseconds(latency));
    cells
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

fn with_interval(interval: Interval) -> [String; 2] {
    let half = (interval.high - interval.low) / 2.0;
    [percent(interval.value), format!("±{:.1}", half * 100.0)]
}

fn milliseconds(latency: Latency) -> [String; 3] {
    [latency.p50_us, latency.p95_us, latency.p99_us].map(|us| format!("{:.1}", us as f64 / 1000.0))
}

/// Words to the left, figures to the right.
fn align(cells: &[Vec<String>]) -> String {
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let lengths = cells.iter().filter_map(|row| row.get(column));
        lengths.map(|it| it.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in cells {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            let _ = if column < 2 {
                write!(line, "  {cell:<width$}")
            } else {
                write!(line, "  {cell:>width$}")
            };
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
