//! What a scan says: to people, and as one JSON document.
//!
//! The one idea: findings are the data, one place a line that editors and terminals can follow; what was looked at, and above
//! all what was not, is said beside them.
//!
//! Deliberately absent: anything of a secret but what an excerpt has; the document, which is kept and shared, has not even that.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use il_privacy::Category;
use serde_json::{Value, json};

use super::found::{Found, Shown};
use crate::terminal::{self, FAINT, FOUND, GOOD, PLACE, STRONG, WARNING, count, styled, visible};

/// What was looked at, and what was not.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) took: Duration,
    /// Files of folders that are no text.
    pub(super) binary: Vec<String>,
    pub(super) links: usize,
    /// What could not be looked at, and why.
    pub(super) problems: Vec<(String, String)>,
    /// Findings that comments allow.
    pub(super) allowed: usize,
    /// Findings of the baseline.
    pub(super) known: usize,
    /// Personal data that nobody asked for.
    pub(super) personal: usize,
}

/// Findings for people, two lines each.
pub(super) fn lines(found: &[(&str, &Found)]) -> String {
    let mut out = String::new();
    for (path, it) in found {
        let place = format!("{}:{}:{}", visible(path), it.line, it.column);
        let kind = format!("{} ({})", it.rule, it.category.word());
        let _ = writeln!(
            out,
            "{}  {}  {}",
            styled(PLACE, &place),
            styled(STRONG, &visible(&it.name)),
            styled(FAINT, &visible(&kind))
        );
        let mut excerpt = String::new();
        for part in &it.excerpt {
            match part {
                Shown::Plain(it) => excerpt += &visible(it).replace('\t', " "),
                Shown::Hidden(it) => excerpt += &styled(FOUND, &visible(it)),
            }
        }
        let _ = writeln!(out, "    {excerpt}");
    }
    out
}

/// What comes of it, for people.
pub(super) fn summary(found: &[(&str, &Found)], it: &Summary) -> String {
    let mut out = String::new();
    for (path, why) in &it.problems {
        let _ = writeln!(
            out,
            "{}: `{}` could not be read: {}",
            styled(WARNING, "warning"),
            visible(path),
            visible(why)
        );
    }
    if found.is_empty() {
        let sign = styled(GOOD, "✓");
        let nothing = match it.problems.is_empty() {
            true => "nothing found",
            false => "nothing found in what could be read",
        };
        let _ = writeln!(out, "{sign} {nothing}");
    } else {
        let _ = writeln!(out, "\n{}", styled(STRONG, &how_many(found)));
    }
    let _ = writeln!(out, "{}", styled(FAINT, &looked(it)));
    if let Some(not) = not_reported(it) {
        let _ = writeln!(out, "{}", styled(FAINT, &not));
    }
    let has = |of: fn(Category) -> bool| found.iter().any(|it| of(it.1.category));
    if has(|it| it != Category::Personal) {
        let _ = writeln!(
            out,
            "{}",
            styled(
                FAINT,
                "→ a secret that others could read is no longer one: revoke it first, then take it out"
            )
        );
    }
    out.truncate(out.trim_end().len());
    out
}

fn how_many(found: &[(&str, &Found)]) -> String {
    let mut of: BTreeMap<Category, u64> = BTreeMap::new();
    for (_, it) in found {
        *of.entry(it.category).or_default() += 1;
    }
    let kinds = of
        .iter()
        .map(|(category, number)| count(*number, noun(*category)));
    let mut files: Vec<&str> = found.iter().map(|it| it.0).collect();
    files.dedup();
    let kinds: Vec<String> = kinds.collect();
    format!("{} in {}", list(&kinds), count(files.len() as u64, "file"))
}

fn noun(category: Category) -> &'static str {
    match category {
        Category::Key => "key",
        Category::PrivateKey => "private key",
        Category::Connection => "connection string",
        Category::Password => "password",
        Category::Session => "session token",
        Category::Personal => "piece of personal data",
    }
}

/// `a, b and c`.
fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn looked(it: &Summary) -> String {
    let seconds = it.took.as_secs_f64();
    let speed = match it.bytes >= 1 << 20 && seconds > 0.0 {
        true => format!(" ({:.0} MB/s)", it.bytes as f64 / 1e6 / seconds),
        false => String::new(),
    };
    let mut out = format!(
        "looked at {}, {}, in {seconds:.2} s{speed}",
        count(it.files, "file"),
        terminal::bytes(it.bytes)
    );
    let mut not = Vec::new();
    match it.binary.len() as u64 {
        0 => {}
        1 => not.push("1 file that is no text".to_owned()),
        n => not.push(format!("{} that are no text", count(n, "file"))),
    }
    if it.links > 0 {
        not.push(count(it.links as u64, "symbolic link"));
    }
    if !not.is_empty() {
        let _ = write!(out, "; not at {}", list(&not));
    }
    out
}

fn not_reported(it: &Summary) -> Option<String> {
    let mut not = Vec::new();
    if it.allowed > 0 {
        not.push(format!("{} that a comment allows", it.allowed));
    }
    if it.known > 0 {
        not.push(format!("{} of the baseline", it.known));
    }
    if it.personal > 0 {
        let pieces = count(it.personal as u64, "piece");
        not.push(format!(
            "{pieces} of personal data (`--personal` reports them)"
        ));
    }
    (!not.is_empty()).then(|| format!("not reported: {}", list(&not)))
}

/// For programs, and as a baseline of later scans. It is the same for the same files.
pub(super) fn document(found: &[(&str, &Found)], summary: &Summary) -> Value {
    let findings = found.iter().map(|(path, it)| {
        json!({
            "path": path,
            "line": it.line,
            "column": it.column,
            "end_line": it.end_line,
            "end_column": it.end_column,
            "rule": &*it.rule,
            "name": &*it.name,
            "category": it.category.word(),
            "fingerprint": it.fingerprint,
        })
    });
    let binary = summary.binary.iter().map(|it| (it, "no text"));
    let problems = summary.problems.iter().map(|(path, why)| (path, &**why));
    let skipped = binary.chain(problems);
    json!({
        "version": 1,
        "findings": findings.collect::<Vec<_>>(),
        "files": summary.files,
        "bytes": summary.bytes,
        "not_looked_at": skipped.map(|(path, why)| json!({"path": path, "why": why})).collect::<Vec<_>>(),
        "links": summary.links,
        "not_reported": {
            "allowed": summary.allowed,
            "baseline": summary.known,
            "personal": summary.personal,
        },
    })
}
