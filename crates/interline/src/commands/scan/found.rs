//! What was found in one file, ready to be shown: where, of which kind, and the line without the secret.
//!
//! The one idea: from here on nobody has the secret. An excerpt is cut from a line in which every secret is hidden, also those
//! that are not reported.
//!
//! Deliberately absent: reading files.

use std::{fmt::Write as _, ops::Range, sync::Arc};

use il_privacy::{Category, Finder, Rule};
use sha2::{Digest as _, Sha256};

use super::windows::Piece;

/// Somebody meant it: comments that say so, ours and the usual ones of other scanners.
const ALLOW: [&str; 3] = [
    "interline:allow",
    "gitleaks:allow",
    "pragma: allowlist secret",
];
/// The same for the line below.
const ALLOW_NEXT: &str = "pragma: allowlist nextline secret";

/// Characters of an excerpt.
const WIDTH: usize = 96;

/// A later one of several that nothing tells apart.
pub(super) fn another(fingerprint: &str, number: usize) -> String {
    hex(Sha256::new().chain_update(format!("{fingerprint} {number}")))
}

fn hex(hash: Sha256) -> String {
    let mut out = String::new();
    for byte in &hash.finalize()[..16] {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// A secret that was found. Nothing of it is in here but its first and last characters, where it is long.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// All count from 1, columns in characters; `end_column` is behind the last one.
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
    pub(super) rule: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) source: Arc<str>,
    pub(super) category: Category,
    pub(super) excerpt: Vec<Shown>,
    /// See [`fingerprint`].
    pub(super) fingerprint: String,
}

/// A part of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Plain(String),
    /// What is left of a secret.
    Hidden(String),
}

/// What a piece of a file has.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) found: Vec<Found>,
    /// Findings that a comment allows.
    pub(super) allowed: usize,
    /// Of personal data, where that is not asked for.
    pub(super) personal: usize,
}

impl Counted {
    pub(super) fn add(&mut self, other: Self) {
        self.found.extend(other.found);
        self.allowed += other.allowed;
        self.personal += other.personal;
    }
}

/// Looks through a piece of a file.
pub(super) fn look(finder: &Finder, with_personal: bool, path: &str, piece: &Piece<'_>) -> Counted {
    let text = piece.text;
    let mut counted = Counted::default();
    // Every secret is hidden in excerpts, whatever is reported.
    let all = finder.find(text).into_iter();
    let hidden: Vec<(Range<usize>, &Rule)> =
        all.map(|it| (it.span, finder.rule(it.rule))).collect();
    let mut place = Places::new(piece);
    let mut next = 0;
    while next < hidden.len() {
        let at = next;
        next += 1;
        while next < hidden.len() && goes_on(text, &hidden[next - 1], &hidden[next]) {
            next += 1;
        }
        let rule = hidden[at].1;
        let span = hidden[at].0.start..hidden[next - 1].0.end;
        if !piece.own.contains(&span.start) {
            continue;
        }
        if is_allowed(text, &span) {
            counted.allowed += 1;
            continue;
        }
        if rule.category == Category::Personal && !with_personal {
            counted.personal += 1;
            continue;
        }
        let (line, column) = place.of(span.start);
        let (end_line, end_column) = place.of(span.end);
        let mut excerpt = excerpt(text, &hidden, at);
        if end_line > line {
            excerpt.push(Shown::Plain(format!(" ({} lines)", end_line - line + 1)));
        }
        counted.found.push(Found {
            line,
            column,
            end_line,
            end_column,
            rule: Arc::clone(&rule.id),
            name: Arc::clone(&rule.name),
            source: Arc::clone(&rule.source),
            category: rule.category,
            fingerprint: fingerprint(path, rule, &text[span], text, &hidden, at),
            excerpt,
        });
    }
    counted
}

/// Whether a key of several lines, each of which is hidden by itself, goes on: only what ends a line and begins the next stands
/// between both.
fn goes_on(text: &str, before: &(Range<usize>, &Rule), next: &(Range<usize>, &Rule)) -> bool {
    let is_one = before.1.id == next.1.id && before.1.category == Category::PrivateKey;
    let between = &text[before.0.end..next.0.start];
    is_one && between.len() < 64 && !between.replace("\\n", "").contains(char::is_alphanumeric)
}

/// Lines and columns of rising places.
struct Places<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    line_start: usize,
    columns_before: usize,
}

impl<'a> Places<'a> {
    fn new(piece: &Piece<'a>) -> Self {
        Self {
            text: piece.text,
            at: 0,
            line: piece.lines_before + 1,
            line_start: 0,
            columns_before: piece.columns_before,
        }
    }

    fn of(&mut self, offset: usize) -> (usize, usize) {
        // A secret over several lines may reach behind where the next one begins.
        if offset < self.at {
            self.line -= memchr::memchr_iter(b'\n', &self.text.as_bytes()[offset..self.at]).count();
            let start = memchr::memrchr(b'\n', &self.text.as_bytes()[..offset]);
            self.line_start = start.map_or(0, |it| it + 1);
        } else {
            for end in memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.at..offset]) {
                self.line += 1;
                self.line_start = self.at + end + 1;
            }
        }
        self.at = offset;
        let before = match self.line_start {
            0 => self.columns_before,
            _ => 0,
        };
        let column = self.text[self.line_start..offset].chars().count();
        (self.line, before + column + 1)
    }
}

fn line_around(text: &str, span: &Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let start = memchr::memrchr(b'\n', &bytes[..span.start]).map_or(0, |it| it + 1);
    let end = memchr::memchr(b'\n', &bytes[span.end..]).map_or(bytes.len(), |it| span.end + it);
    start..end
}

/// Whether a comment on its first or last line, or on the line above, says that it is meant.
fn is_allowed(text: &str, span: &Range<usize>) -> bool {
    // In a file of one line a comment anywhere would allow everything; nobody writes one that far away.
    const FAR: usize = 1000;
    let lines = line_around(text, span);
    let from = text.ceil_char_boundary(lines.start.max(span.start.saturating_sub(FAR)));
    let to = text.floor_char_boundary(lines.end.min(span.end + FAR));
    let around = text[from..to].to_ascii_lowercase();
    let says =
        |line: Option<&str>| line.is_some_and(|it| ALLOW.iter().any(|word| it.contains(word)));
    if says(around.split('\n').next()) || says(around.rsplit('\n').next()) {
        return true;
    }
    let above = text[..lines.start].trim_end_matches(['\n', '\r']);
    let above = &above[above.rfind('\n').map_or(0, |it| it + 1)..];
    above.len() < FAR && above.to_ascii_lowercase().contains(ALLOW_NEXT)
}

/// What is shown of a secret: of long ones the ends, by which its owner knows it again.
fn hide(rule: &Rule, secret: &str) -> String {
    let length = secret.chars().count();
    let shown = match rule.category {
        Category::Key | Category::Session if length >= 32 => 4,
        Category::Key | Category::Session if length >= 20 => 2,
        _ => return "…".to_owned(),
    };
    let first: String = secret.chars().take(shown).collect();
    let last: String = secret.chars().skip(length - shown).collect();
    format!("{first}…{last}")
}

/// The line in which a secret begins, every secret in it hidden.
fn excerpt(text: &str, hidden: &[(Range<usize>, &Rule)], at: usize) -> Vec<Shown> {
    let span = &hidden[at].0;
    let line = line_around(text, &(span.start..span.start));
    let mut parts: Vec<(Shown, bool)> = Vec::new();
    let mut from = line.start;
    let overlapping = hidden.partition_point(|it| it.0.end <= line.start);
    for (number, (secret, rule)) in hidden.iter().enumerate().skip(overlapping) {
        if secret.start >= line.end {
            break;
        }
        if secret.start > from {
            parts.push((Shown::Plain(text[from..secret.start].to_owned()), false));
        }
        parts.push((
            Shown::Hidden(hide(rule, &text[secret.clone()])),
            number == at,
        ));
        from = secret.end.max(from);
    }
    if from < line.end {
        parts.push((Shown::Plain(text[from..line.end].to_owned()), false));
    }
    cut(parts)
}

/// As much around the secret as a terminal shows on a line.
fn cut(mut parts: Vec<(Shown, bool)>) -> Vec<Shown> {
    if let Some((Shown::Plain(first), _)) = parts.first_mut() {
        *first = first.trim_start().to_owned();
    }
    if let Some((Shown::Plain(last), _)) = parts.last_mut() {
        *last = last.trim_end().to_owned();
    }
    let length = |it: &Shown| match it {
        Shown::Plain(it) | Shown::Hidden(it) => it.chars().count(),
    };
    let middle = parts.iter().position(|it| it.1).unwrap_or(0);
    let before: usize = parts[..middle].iter().map(|it| length(&it.0)).sum();
    let total: usize = parts.iter().map(|it| length(&it.0)).sum();
    if total <= WIDTH {
        return parts.into_iter().map(|it| it.0).collect();
    }
    let from = before
        .saturating_sub(WIDTH / 2)
        .min(total.saturating_sub(WIDTH));
    let (mut at, mut shown) = (0, Vec::new());
    if from > 0 {
        shown.push(Shown::Plain("…".to_owned()));
    }
    for (part, _) in parts {
        let size = length(&part);
        let (skip, take) = (from.saturating_sub(at), (from + WIDTH).saturating_sub(at));
        at += size;
        let clip = |it: &str| it.chars().take(take).skip(skip).collect::<String>();
        match part {
            Shown::Plain(it) if skip < size && take > 0 => shown.push(Shown::Plain(clip(&it))),
            Shown::Hidden(it) if skip < size && take > 0 => shown.push(Shown::Hidden(it)),
            _ => {}
        }
    }
    if from + WIDTH < total {
        shown.push(Shown::Plain("…".to_owned()));
    }
    shown
}

/// What stays the same when lines move: the file, the kind, and the line around the secret.
///
/// It stands in reports and baselines that others read, so a secret that could be guessed is no part of it: of a password, which
/// can be, only the line around counts, and of a key, which cannot, the key too.
fn fingerprint(
    path: &str,
    rule: &Rule,
    secret: &str,
    text: &str,
    hidden: &[(Range<usize>, &Rule)],
    at: usize,
) -> String {
    let span = &hidden[at].0;
    let line = line_around(text, &(span.start..span.start));
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    add(path);
    add(&rule.id);
    let is_guessed = match rule.category {
        Category::Key | Category::PrivateKey | Category::Session => secret.len() < 20,
        Category::Connection | Category::Password | Category::Personal => true,
    };
    match is_guessed {
        false => add(secret),
        true => {
            let mut from = line.start;
            for (secret, _) in hidden
                .iter()
                .filter(|it| it.0.start < line.end && it.0.end > line.start)
            {
                add(text.get(from..secret.start).unwrap_or_default().trim());
                from = secret.end.max(from);
            }
            add(text.get(from..line.end).unwrap_or_default().trim());
            // Which of several on the line.
            let before = hidden[..at]
                .iter()
                .filter(|it| it.0.start >= line.start)
                .count();
            add(&before.to_string());
        }
    }
    hex(hash)
}

#[cfg(test)]
mod tests;
