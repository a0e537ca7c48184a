//! `eval verbatim`: whether copies of known code are noticed, and ordinary suggestions are not.
//!
//! The one idea: the packages of a folder are dealt out by name, so that all versions of one are on the same side. Of one
//! side a reference is made; its functions, rewritten as somebody would who does not want to be noticed (other names,
//! other spacing, other comments), are what must be found. Of the other side, which the reference has not seen, lines and
//! blocks are suggested where they stand; what is found of those is a false alarm.
//!
//! Deliberately absent: reading files, and the filter. Who asks gives sources and a function that looks.

mod plant;
mod table;

use std::{fmt, ops::Range, sync::Arc};

use il_screen::lexeme;
use serde::{Deserialize, Serialize};

pub use plant::rewritten;
pub use table::render;

use crate::{Random, sampling::stable_hash};

/// A source file of a package.
#[derive(Clone)]
pub struct Source {
    /// Without its version.
    pub package: String,
    pub path: String,
    pub language: &'static str,
    pub text: Arc<str>,
}

/// Something that an engine could say, and where.
#[derive(Clone)]
pub struct Case {
    pub language: &'static str,
    pub before: String,
    pub text: String,
    pub after: String,
    /// The package that it is taken from.
    pub package: String,
    pub path: String,
    /// Of `text`.
    pub lexemes: usize,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { package, path, .. } = self;
        write!(f, "{package} {path}, {} bytes", self.text.len())
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { package, path, .. } = self;
        write!(f, "{package} {path}, {} lexemes", self.lexemes)
    }
}

/// Everything that was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub reference: ReferenceFacts,
    /// By length of the copy.
    pub copies: Vec<Found>,
    /// The same copies as the buffer's going on: the first half stands before the cursor.
    pub halves: Vec<Found>,
    pub ordinary: Vec<Found>,
    /// What one look costs, in nanoseconds.
    pub lookup_ns: f64,
    /// What screening one suggestion costs, in microseconds: median and worst of a hundred, without and with the reference.
    pub screening_us: [[f64; 2]; 2],
}

/// What the reference is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReferenceFacts {
    pub packages: usize,
    pub files: usize,
    pub lines: u64,
    pub lexemes: u64,
    pub fingerprints: u64,
    pub bytes: u64,
    pub build_seconds: f64,
    /// Of ordinary suggestions' packages.
    pub held_out: usize,
}

/// Of so many, so many were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub what: String,
    pub cases: usize,
    pub found: usize,
    /// With the package that it is from, where that matters.
    pub right_origin: usize,
}

impl Found {
    pub fn share(&self) -> f64 {
        self.found as f64 / self.cases.max(1) as f64
    }
}

/// Which side a package is on: three of five are of the reference. Packages of one family (`time-macros` and `time`) share
/// code, so the first word of a name decides for all that begin with it.
pub fn is_of_reference(package: &str) -> bool {
    let family = package
        .trim_start_matches('@')
        .split(['-', '_', '.'])
        .next();
    stable_hash(family.unwrap_or(package)) % 5 < 3
}

/// The name of a folder without a version: `serde-1.0.228` is `serde`.
pub fn unversioned(folder: &str) -> &str {
    let version = folder
        .char_indices()
        .find(|&(at, c)| c == '-' && folder[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    version.map_or(folder, |(at, _)| &folder[..at])
}

/// Shorter ones say nothing; longer ones nobody suggests.
const LENGTHS: Range<usize> = 65..500;
/// A suggestion has so many lines at most, as in the product.
const MOST_LINES: usize = 12;
/// Of what stands before a suggestion.
const BEFORE: usize = 8 << 10;

/// Functions of these sources, rewritten, in random order.
pub fn copies(sources: &[Source], count: usize, seed: u64) -> Vec<Case> {
    let mut random = Random::new(seed);
    let mut out = Vec::new();
    let mut tries = 0;
    while out.len() < count && tries < count * 200 && !sources.is_empty() {
        tries += 1;
        let source = &sources[random.below(sources.len())];
        let functions = functions(&source.text);
        if functions.is_empty() {
            continue;
        }
        let range = functions[random.below(functions.len())].clone();
        let text = rewritten(&source.text[range], source.language, &mut random);
        let lexemes = lexeme::of_language(source.language).read(&text).len();
        if !LENGTHS.contains(&lexemes) {
            continue;
        }
        out.push(Case {
            language: source.language,
            before: String::new(),
            text,
            after: String::new(),
            package: source.package.clone(),
            path: source.path.clone(),
            lexemes,
        });
    }
    out
}

/// The same copies, of which the first half of the lines stands in the buffer.
pub fn in_halves(copies: &[Case]) -> Vec<Case> {
    copies
        .iter()
        .map(|case| {
            let breaks: Vec<usize> = case
                .text
                .match_indices('\n')
                .map(|(at, _)| at + 1)
                .collect();
            let half = breaks.get(breaks.len() / 2).copied().unwrap_or(0);
            let (before, text) = case.text.split_at(half);
            Case {
                before: before.to_owned(),
                text: text.to_owned(),
                ..case.clone()
            }
        })
        .collect()
}

/// Rests of lines and blocks of these sources, where they stand.
pub fn ordinary(sources: &[Source], count: usize, seed: u64) -> Vec<Case> {
    let mut random = Random::new(seed);
    let mut out = Vec::new();
    let mut tries = 0;
    while out.len() < count && tries < count * 50 && !sources.is_empty() {
        tries += 1;
        let source = &sources[random.below(sources.len())];
        let text: &str = &source.text;
        let starts: Vec<usize> = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let line = random.below(starts.len());
        // Every other one is a block, as long as the product's are at most.
        let lines = if out.len() % 2 == 0 {
            1
        } else {
            2 + random.below(MOST_LINES - 1)
        };
        let start = starts[line];
        let end = starts.get(line + lines).copied().unwrap_or(text.len());
        let indented =
            text[start..end].len() - text[start..end].trim_start_matches([' ', '\t']).len();
        let cursor = start + indented;
        if text[cursor..end].trim().len() < 4 {
            continue;
        }
        let mut from = cursor.saturating_sub(BEFORE);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let said = text[cursor..end].trim_end();
        let lexemes = lexeme::of_language(source.language).read(said).len();
        out.push(Case {
            language: source.language,
            before: text[from..cursor].to_owned(),
            text: said.to_owned(),
            // What follows is not known to be there: it may hold the suggestion.
            after: String::new(),
            package: source.package.clone(),
            path: source.path.clone(),
            lexemes,
        });
    }
    out
}

/// How a line begins that begins a function.
const BEGINS: &[&str] = &[
    "fn ",
    "pub fn ",
    "pub(crate) fn ",
    "pub(super) fn ",
    "pub const fn ",
    "pub unsafe fn ",
    "unsafe fn ",
    "async fn ",
    "pub async fn ",
    "def ",
    "async def ",
    "func ",
    "function ",
    "export function ",
    "async function ",
    "export async function ",
    "export default function ",
    "static ",
    "public ",
    "private ",
    "protected ",
    "internal ",
];

/// The functions of a text: from such a line to where the indentation is back.
fn functions(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        lines.push((at, line));
        at += line.len();
    }
    let depth = |line: &str| line.len() - line.trim_start().len();
    for (n, (start, line)) in lines.iter().enumerate() {
        let code = line.trim_start();
        if !BEGINS.iter().any(|it| code.starts_with(it)) || !code.contains('(') {
            continue;
        }
        let below = &lines[n + 1..];
        let back = below
            .iter()
            .position(|(_, it)| !it.trim().is_empty() && depth(it) <= depth(line));
        let Some(back) = back else { continue };
        let (at, last) = below[back];
        let closes = last.trim_start().starts_with(['}', ')']) || last.trim() == "end";
        let end = if closes { at + last.len() } else { at };
        if back > 1 {
            out.push(*start..end);
        }
    }
    out
}

/// Counts what is found, in rows by length.
pub fn by_length(
    cases: &[Case],
    rows: &[(&str, Range<usize>)],
    found: impl Fn(&Case) -> Option<String>,
) -> Vec<Found> {
    let answers: Vec<Option<String>> = cases.iter().map(found).collect();
    rows.iter()
        .map(|(what, lengths)| {
            let mut row = Found {
                what: (*what).to_owned(),
                ..Found::default()
            };
            for (case, answer) in cases.iter().zip(&answers) {
                if !lengths.contains(&case.lexemes) {
                    continue;
                }
                row.cases += 1;
                row.found += usize::from(answer.is_some());
                let right = answer
                    .as_ref()
                    .is_some_and(|origin| unversioned(&origin.replace(' ', "-")) == case.package);
                row.right_origin += usize::from(right);
            }
            row
        })
        .collect()
}

#[cfg(test)]
mod tests;
