//! What is found in code that is there, per ten thousand lines.
//!
//! The one idea: published code holds hardly any secret, so what is found in it is printed for a person to judge, and the
//! judgement is kept in a file: what is not in it counts as a false alarm until somebody has looked.
//!
//! Deliberately absent: judging by itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, bail};

use il_privacy::{Category, Finder};
use serde::Serialize;

use crate::tree;

/// What ours is called in a file of judgements.
const OURS: &str = "interline";

/// What was found in a folder.
#[derive(Clone, Debug, Serialize)]
pub struct Survey {
    pub name: String,
    pub files: usize,
    pub lines: usize,
    pub findings: Vec<Sighting>,
    /// Findings by category.
    pub categories: BTreeMap<&'static str, usize>,
    /// Findings that nobody found to be right.
    pub false_alarms: usize,
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

/// What somebody looked at, and found to be what a scanner took it for.
#[derive(Clone, Debug, Default)]
pub struct Judged(BTreeSet<(String, String)>);

impl Judged {
    /// Lines of `right` or `wrong`, the scanner, and `FOLDER/PATH:LINE`; then for people.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("could not read `{shown}`"))?;
        let mut right = BTreeSet::new();
        for (number, line) in text.lines().enumerate() {
            let mut words = line.split_whitespace();
            match (words.next(), words.next(), words.next()) {
                (None, ..) => {}
                (Some(word), ..) if word.starts_with('#') => {}
                (Some("right"), Some(scanner), Some(place)) => {
                    right.insert((scanner.to_owned(), place.to_owned()));
                }
                (Some("wrong"), Some(_), Some(_)) => {}
                _ => bail!(
                    "line {} of `{shown}`: expected `right` or `wrong`, a scanner, and a place",
                    number + 1
                ),
            }
        }
        Ok(Self(right))
    }

    /// Whether it was found to be right at a place.
    pub fn is_right(&self, scanner: &str, place: &str) -> bool {
        self.0.contains(&(scanner.to_owned(), place.to_owned()))
    }
}

/// Looks through all source files under a folder.
pub fn survey(root: &Path, finder: &Finder, judged: &Judged) -> anyhow::Result<Survey> {
    let name = root.file_name().unwrap_or(root.as_os_str());
    let mut survey = Survey {
        name: name.to_string_lossy().into_owned(),
        files: 0,
        lines: 0,
        findings: Vec::new(),
        categories: BTreeMap::new(),
        false_alarms: 0,
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
            let place = format!("{}/{}:{line}", survey.name, file.path);
            survey.false_alarms += usize::from(!judged.is_right(OURS, &place));
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
    fn what_nobody_looked_at_is_a_false_alarm() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("judged.txt");
        let text = "# for people\nright ours a/b.py:3 an address\nwrong ours a/b.py:4\n";
        fs::write(&path, text).unwrap();
        let judged = Judged::read(&path).unwrap();
        assert!(judged.is_right("ours", "a/b.py:3"));
        for (scanner, place) in [
            ("ours", "a/b.py:4"),
            ("ours", "a/b.py:5"),
            ("x", "a/b.py:3"),
        ] {
            assert!(!judged.is_right(scanner, place));
        }
        fs::write(&path, "right a/b.py:3\n").unwrap();
        assert!(Judged::read(&path).is_err());
    }

    #[test]
    fn a_finding_is_shown_by_its_beginning() {
        assert_eq!(shown("abcdefghijklmnopqrstuvwxyz"), "abcd… (26)");
        assert_eq!(shown("abcdefgh"), "ab… (8)");
        assert_eq!(shown("abc"), "… (3)");
    }
}
