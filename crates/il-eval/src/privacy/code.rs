//! What is found in code that is there, per ten thousand lines.
//!
//! The one idea: published code holds hardly any secret, so nearly all that is found in it is a false alarm; every one is
//! printed, for a person to judge.
//!
//! Deliberately absent: the judgement.

use std::{collections::BTreeMap, path::Path};

use il_privacy::{Category, Finder};
use serde::Serialize;

use crate::tree;

/// What was found in a folder.
#[derive(Clone, Debug, Serialize)]
pub struct Survey {
    pub name: String,
    pub files: usize,
    pub lines: usize,
    pub findings: Vec<Sighting>,
    /// Findings by category.
    pub categories: BTreeMap<&'static str, usize>,
}

/// Something found, as far as it may be shown.
#[derive(Clone, Debug, Serialize)]
pub struct Sighting {
    pub path: String,
    pub line: usize,
    pub rule: String,
    pub category: &'static str,
    /// The first signs and how many there are.
    pub shown: String,
}

impl Survey {
    /// Findings in ten thousand lines.
    pub fn rate(&self, findings: usize) -> f64 {
        findings as f64 * 10_000.0 / self.lines.max(1) as f64
    }
}

/// Looks through all source files under a folder.
pub fn survey(root: &Path, finder: &Finder) -> anyhow::Result<Survey> {
    let name = root.file_name().unwrap_or(root.as_os_str());
    let mut survey = Survey {
        name: name.to_string_lossy().into_owned(),
        files: 0,
        lines: 0,
        findings: Vec::new(),
        categories: BTreeMap::new(),
    };
    for file in tree::read(root)? {
        survey.files += 1;
        survey.lines += file.text.lines().count();
        let mut last = None;
        for found in finder.find(&file.text) {
            let rule = finder.rule(found.rule);
            let line = file.text[..found.span.start].matches('\n').count() + 1;
            // A key of several lines is one finding.
            let is_key = rule.category == Category::PrivateKey;
            let goes_on = is_key && last == Some((line - 1, found.rule));
            last = Some((line, found.rule));
            if goes_on {
                continue;
            }
            *survey.categories.entry(rule.category.word()).or_default() += 1;
            survey.findings.push(Sighting {
                path: file.path.clone(),
                line,
                rule: rule.id.to_string(),
                category: Category::word(rule.category),
                shown: shown(&file.text[found.span]),
            });
        }
    }
    Ok(survey)
}

/// A quarter of it, four signs at most.
fn shown(secret: &str) -> String {
    let count = secret.chars().count();
    let signs = secret.chars().take((count / 4).min(4));
    let signs: String = signs.filter(|it| !it.is_control()).collect();
    format!("{signs}… ({count})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_shown_by_its_beginning() {
        assert_eq!(shown("abcdefghijklmnopqrstuvwxyz"), "abcd… (26)");
        assert_eq!(shown("abcdefgh"), "ab… (8)");
        assert_eq!(shown("abc"), "… (3)");
    }
}
