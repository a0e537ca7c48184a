//! What holds where nobody says otherwise: the rules of `usual.toml`.
//!
//! The one idea: which files hold secrets by their name is data, and known in one place.
//!
//! Deliberately absent: what files hold inside; that is the finder's.

use std::sync::{Arc, LazyLock};

use toml::de::{DeTable, DeValue};

use super::{Level, Unreadable, globs::Globs};

/// The rules in the binary.
pub(super) static USUAL: LazyLock<Usual> =
    LazyLock::new(|| read(include_str!("usual.toml")).expect("a test reads it"));

#[derive(Debug)]
pub(super) struct Usual {
    rules: Vec<Rule>,
    /// The paths of all rules.
    paths: Globs,
    /// Which rule each of them is of.
    rule_of: Vec<usize>,
}

#[derive(Debug)]
struct Rule {
    what: Arc<str>,
    level: Level,
    unless: Globs,
}

impl Usual {
    /// The strictest rule for a plain path in small letters, with what such files are.
    pub(super) fn rule(&self, path: &str) -> Option<(Level, &Arc<str>)> {
        let rules = self
            .paths
            .matching(path)
            .map(|it| &self.rules[self.rule_of[it]]);
        let rules = rules.filter(|it| !it.unless.is_match(path));
        rules.map(|it| (it.level, &it.what)).min_by_key(|it| it.0)
    }
}

fn read(text: &str) -> Result<Usual, Unreadable> {
    let wrong = |what: &str| Unreadable(what.to_owned());
    let root = DeTable::parse(text).map_err(|error| Unreadable(error.to_string()))?;
    let root = root.get_ref();
    let code = words(root, "code")?
        .iter()
        .map(|it| format!("*.{it}"))
        .collect();
    let copies = words(root, "copies")?
        .iter()
        .flat_map(|it| {
            [
                it.to_string(),
                format!("*.{it}"),
                format!("{it}.*"),
                format!("*.{it}.*"),
            ]
        })
        .collect();
    let lists: [(&str, Vec<String>); 2] = [("code", code), ("copies", copies)];
    let list = |name: &str| {
        let found = lists.iter().find(|it| it.0 == name);
        found
            .map(|it| &it.1)
            .ok_or_else(|| Unreadable(format!("there is no list `{name}`")))
    };
    let (mut rules, mut rule_of, mut paths) = (Vec::new(), Vec::new(), Vec::new());
    let tables = root.get("rule").and_then(|it| it.get_ref().as_array());
    for table in tables.ok_or_else(|| wrong("there are no rules"))?.iter() {
        let DeValue::Table(table) = table.get_ref() else {
            return Err(wrong("a rule is a table"));
        };
        let text = |key: &str| {
            let value = table.get(key).and_then(|it| it.get_ref().as_str());
            value.ok_or_else(|| Unreadable(format!("a rule lacks `{key}`")))
        };
        let level = text("level")?;
        let mut unless = Vec::new();
        if table.contains_key("unless") {
            for name in words(table, "unless")? {
                unless.extend(list(name)?.iter().map(String::as_str));
            }
        }
        for path in words(table, "paths")? {
            paths.push(path);
            rule_of.push(rules.len());
        }
        rules.push(Rule {
            what: text("what")?.into(),
            level: Level::parse(level).ok_or_else(|| wrong(level))?,
            unless: Globs::of_files(unless)?,
        });
    }
    Ok(Usual {
        rules,
        paths: Globs::of_files(paths)?,
        rule_of,
    })
}

fn words<'t>(table: &'t DeTable<'_>, key: &str) -> Result<Vec<&'t str>, Unreadable> {
    let found = table.get(key).and_then(|it| it.get_ref().as_array());
    let found = found.into_iter().flat_map(|it| it.iter());
    let words: Option<Vec<&str>> = found.map(|it| it.get_ref().as_str()).collect();
    words
        .filter(|it| !it.is_empty())
        .ok_or_else(|| Unreadable(format!("`{key}` is a list of texts")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_binary_can_be_read() {
        let usual = read(include_str!("usual.toml")).expect("it is well formed");
        assert_eq!(usual.rules.len(), 11);
        assert!(usual.rules.iter().all(|it| it.level < Level::Anywhere));
    }

    #[test]
    fn a_slip_in_the_table_is_said() {
        let rule = |rest: &str| {
            format!("code = [\"c\"]\ncopies = [\"d\"]\n[[rule]]\nwhat = \"x\"\n{rest}")
        };
        for text in [
            String::new(),
            rule("level = \"blockd\"\npaths = [\"a\"]"),
            rule("level = \"blocked\"\npaths = []"),
            rule("level = \"blocked\"\npaths = [\"a[\"]"),
            rule("level = \"blocked\"\npaths = [\"a\"]\nunless = [\"coda\"]"),
        ] {
            assert!(read(&text).is_err(), "{text}");
        }
        read(&rule("level = \"blocked\"\npaths = [\"a\"]")).expect("the check can fail");
    }
}
