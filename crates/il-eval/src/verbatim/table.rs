//! The report as a person reads it.

use std::fmt::Write as _;

use super::{Found, Report};

/// The report as text.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    let it = &report.reference;
    let lines = it.lines as f64 / 1e6;
    let _ = writeln!(
        out,
        "reference  {} packages, {} files, {:.2} million lines, {:.1} million lexemes, {} fingerprints",
        it.packages,
        it.files,
        lines,
        it.lexemes as f64 / 1e6,
        it.fingerprints
    );
    let _ = writeln!(
        out,
        "           {} bytes: {:.2} MB a million lines, {:.1} bits a fingerprint; built in {:.1} s, {:.2} million lines a second",
        it.bytes,
        it.bytes as f64 / 1e6 / lines.max(1e-9),
        it.bytes as f64 * 8.0 / it.fingerprints.max(1) as f64,
        it.build_seconds,
        lines / it.build_seconds.max(1e-9)
    );
    let _ = writeln!(out, "held out   {} packages\n", it.held_out);
    for (title, rows, wanted) in [
        ("copies, rewritten", &report.copies, true),
        ("the second half of them", &report.halves, true),
        ("ordinary suggestions", &report.ordinary, false),
    ] {
        let _ = writeln!(out, "{title}");
        for row in rows {
            let _ = writeln!(out, "{}", line(row, wanted));
        }
        out.push('\n');
    }
    let [without, with] = report.screening_us;
    let _ = writeln!(out, "a look-up            {:>8.0} ns", report.lookup_ns);
    let _ = writeln!(
        out,
        "screening, µs        {:>8.1} p50  {:>8.1} p99   without the reference",
        without[0], without[1]
    );
    let _ = writeln!(
        out,
        "                     {:>8.1} p50  {:>8.1} p99   with it",
        with[0], with[1]
    );
    out
}

fn line(row: &Found, wanted: bool) -> String {
    let share = row.share() * 100.0;
    let mut line = format!(
        "  {:<20} {:>6} cases  {:>6} found  {share:>7.2} %",
        row.what, row.cases, row.found
    );
    if wanted {
        let _ = write!(line, "  {:>6} as of their package", row.right_origin);
    }
    line
}
