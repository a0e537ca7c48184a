//! Known weaknesses: lines that a reviewer would not let pass, as data.
//!
//! The one idea: a weakness is a row of `vulnerable.toml`: words that must be there, a pattern over one line, what makes
//! it harmless, what it is called in the public list of weaknesses (CWE), and samples of both kinds. One pass over the
//! suggestion for the words of all rows; a pattern is compiled when its word is first seen.
//!
//! Most are remarked; few are so seldom meant that they are not shown.
//!
//! Deliberately absent: data flow. A line is judged by what stands on it.

use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::{Regex, RegexBuilder};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    candidate::Candidate,
    screener::{Because, Found, Remark, RemarkKind},
};

pub(crate) const NAME: &str = "weakness";

/// The table, as shipped.
const TABLE: &str = include_str!("../vulnerable.toml");

/// One row.
#[derive(Debug)]
pub struct Weakness {
    pub id: Arc<str>,
    /// In the public list of weaknesses: `CWE-89`.
    pub cwe: Arc<str>,
    /// For people: what it is.
    pub message: Arc<str>,
    /// What can come of it.
    pub why: Arc<str>,
    /// Languages by id or family; none for all.
    pub languages: Vec<String>,
    words: Vec<String>,
    pattern: Pattern,
    unless: Option<Pattern>,
    blocks: bool,
    /// Lines that have it, each with its language.
    pub positives: Vec<String>,
    /// Lines that only look like it.
    pub negatives: Vec<String>,
}

#[derive(Debug)]
struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(text: String) -> Self {
        Self {
            text,
            compiled: OnceLock::new(),
        }
    }

    /// `None` for a pattern that cannot be read; the tests demand that there is none.
    fn get(&self) -> Option<&Regex> {
        let compiled = self.compiled.get_or_init(|| {
            let mut builder = RegexBuilder::new(&self.text);
            builder.unicode(false).build().ok()
        });
        compiled.as_ref()
    }
}

/// All rows.
#[derive(Debug)]
pub struct Weaknesses {
    all: Vec<Weakness>,
    words: Option<AhoCorasick>,
    /// Which row each word is of.
    rows: Vec<usize>,
}

impl Weaknesses {
    /// The ones in the binary.
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Weaknesses> = OnceLock::new();
        // Rows that cannot be read are left out; the tests demand that there are none.
        SHIPPED.get_or_init(|| Self::new(read(TABLE).0))
    }

    fn new(all: Vec<Weakness>) -> Self {
        let mut words = Vec::new();
        let mut rows = Vec::new();
        for (row, weakness) in all.iter().enumerate() {
            for word in &weakness.words {
                words.push(word.as_str());
                rows.push(row);
            }
        }
        let mut builder = AhoCorasick::builder();
        let words = builder
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(words)
            .ok();
        Self { all, words, rows }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Weakness> {
        self.all.iter()
    }

    pub(crate) fn check(
        &self,
        candidate: &Candidate<'_>,
        remarks: &mut Vec<Remark>,
    ) -> Option<Found> {
        let words = self.words.as_ref()?;
        let head = candidate.head();
        let joined = [head, candidate.text].concat();
        let mut rows: Vec<usize> = words
            .find_overlapping_iter(&joined)
            .map(|it| self.rows[it.pattern().as_usize()])
            .collect();
        if rows.is_empty() {
            return None;
        }
        rows.sort_unstable();
        rows.dedup();
        let registry = il_lang::registry();
        let language = registry
            .by_id(candidate.language)
            .unwrap_or(registry.plaintext());
        let mut first: Option<Found> = None;
        for weakness in rows.iter().map(|&row| &self.all[row]) {
            if !weakness.is_of(language) {
                continue;
            }
            let mut start = 0;
            for line in joined.split('\n') {
                let end = start + line.len();
                let found = weakness.find(line, language);
                // What stood there before is the user's.
                if let Some(range) = found.filter(|it| start + it.end > head.len()) {
                    let at = (start + range.start).saturating_sub(head.len());
                    weakness.report(at, start + range.end - head.len(), &mut first, remarks);
                    break;
                }
                start = end + 1;
            }
        }
        first
    }
}

impl Weakness {
    fn is_of(&self, language: &il_lang::Language) -> bool {
        self.languages.is_empty()
            || self
                .languages
                .iter()
                .any(|it| it == language.id || it == language.family)
    }

    /// Where a line has it.
    fn find(&self, line: &str, language: &il_lang::Language) -> Option<std::ops::Range<usize>> {
        let code = line.trim_start();
        let comment = |mark: &&str| code.starts_with(*mark);
        if language.line_comments.iter().any(comment) || code.starts_with("* ") {
            return None;
        }
        let found = self.pattern.get()?.find(line.as_bytes())?;
        let harmless = self.unless.as_ref().and_then(Pattern::get);
        if harmless.is_some_and(|it| it.is_match(line.as_bytes())) {
            return None;
        }
        Some(found.range())
    }

    fn report(&self, at: usize, end: usize, first: &mut Option<Found>, remarks: &mut Vec<Remark>) {
        if !self.blocks {
            remarks.push(Remark {
                kind: RemarkKind::Weakness,
                range: at..end,
                text: format!("{} ({}): {}", self.message, self.cwe, self.why).into(),
                rule: Some(Arc::clone(&self.cwe)),
                licence: None,
                origin: None,
            });
        } else if first.as_ref().is_none_or(|first| at < first.at) {
            *first = Some(Found {
                at,
                because: Because {
                    check: NAME,
                    why: "it has a known weakness",
                    detail: Some(format!("{} ({})", self.message, self.cwe)),
                },
            });
        }
    }
}

/// The rows of a table, and what is wrong with those that are left out.
fn read(table: &str) -> (Vec<Weakness>, Vec<String>) {
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    let document = match DeTable::parse(table) {
        Ok(document) => document.into_inner(),
        Err(error) => return (rows, vec![error.to_string()]),
    };
    let Some(DeValue::Array(list)) = document.get("rule").map(Spanned::get_ref) else {
        return (rows, vec!["no rules".into()]);
    };
    for (n, value) in list.iter().enumerate() {
        let row = match value.get_ref() {
            DeValue::Table(table) => row(table),
            _ => Err("it is no table".into()),
        };
        match row {
            Ok(row) => rows.push(row),
            Err(why) => problems.push(format!("rule {n}: {why}")),
        }
    }
    (rows, problems)
}

fn row(table: &DeTable<'_>) -> Result<Weakness, String> {
    let value = |name: &str| table.get(name).map(Spanned::get_ref);
    let text = |name: &str| match value(name) {
        Some(DeValue::String(text)) => Ok(text.clone().into_owned()),
        _ => Err(format!("`{name}` is missing, or is no text")),
    };
    let texts = |name: &str| -> Vec<String> {
        let Some(DeValue::Array(list)) = value(name) else {
            return Vec::new();
        };
        let texts = list.iter().filter_map(|it| match it.get_ref() {
            DeValue::String(text) => Some(text.clone().into_owned()),
            _ => None,
        });
        texts.collect()
    };
    let blocks = match text("action").as_deref() {
        Err(_) | Ok("annotate") => false,
        Ok("block") => true,
        Ok(other) => return Err(format!("`{other}` is no action")),
    };
    Ok(Weakness {
        id: text("id")?.into(),
        cwe: text("cwe")?.into(),
        message: text("message")?.into(),
        why: text("why")?.into(),
        languages: texts("languages"),
        words: texts("words"),
        pattern: Pattern::new(text("pattern")?),
        unless: text("unless").ok().map(Pattern::new),
        blocks,
        positives: texts("positives"),
        negatives: texts("negatives"),
    })
}

#[cfg(test)]
mod tests;
