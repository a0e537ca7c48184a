//! One settings file: TOML in, what it says out, or everything that is wrong with it.
//!
//! The one idea: reading goes on after a problem, so one run says all of them; but what was read counts only when
//! there are none.
//!
//! It uses `toml`'s parse tree directly: below the rim there is no serde.

mod models;
mod money;
mod privacy;
mod section;
mod tasks;

use std::{collections::BTreeMap, ops::Range};

use toml::de::DeTable;

pub(crate) use self::privacy::PrivacySaid;
use self::section::{Section, quoted};
use crate::{
    Amount, File, Known, Origin, Price, Problem, Rung, Scope, Sourced, Task,
    excerpt::Excerpt,
    nearest::nearest,
    settings::{Endpoint, Local},
};

/// The version of the settings that this code reads.
const VERSION: u32 = 1;

/// Whose file it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner<'a> {
    User,
    /// May choose among what the user's file says.
    Repository(&'a Said),
}

/// What a file says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) tasks: BTreeMap<Task, TaskSaid>,
    pub(crate) endpoints: BTreeMap<String, Endpoint>,
    /// All that have a table, also a wrong one: what is wrong with it is said once.
    pub(crate) endpoint_names: Vec<String>,
    pub(crate) locals: BTreeMap<String, Local>,
    pub(crate) prices: BTreeMap<String, Price>,
    pub(crate) budget: BudgetSaid,
    /// Also where there is a problem elsewhere in the file.
    pub(crate) privacy: PrivacySaid,
}

impl Said {
    /// Whether some task may be served by this.
    pub(crate) fn names(&self, rung: &Rung) -> bool {
        let ladders = self.tasks.values().filter_map(|it| it.ladder.as_ref());
        ladders.flatten().any(|it| it.value == *rung)
    }
}

/// What a file says about a task.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskSaid {
    pub(crate) ladder: Option<Vec<Sourced<Rung>>>,
    pub(crate) context: Option<Sourced<Scope>>,
    pub(crate) speculate: Option<Sourced<bool>>,
    pub(crate) answer_tokens: Option<Sourced<u32>>,
}

/// What a file says about money.
#[derive(Clone, Debug, Default)]
pub(crate) struct BudgetSaid {
    pub(crate) per_day: Option<Sourced<Amount>>,
    pub(crate) per_user_per_day: Option<Sourced<Amount>>,
    pub(crate) currency: Option<Sourced<String>>,
    pub(crate) allow_unpriced: Option<Sourced<bool>>,
    pub(crate) keep_days: Option<Sourced<u32>>,
}

/// Reads a file. Where there are problems, only what it says about privacy counts.
pub(crate) fn read(file: File<'_>, owner: Owner<'_>, known: Known<'_>) -> (Said, Vec<Problem>) {
    let text = match file.text {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(why) => return closed(file.name, why),
    };
    let mut reader = Reader {
        text,
        name: file.name,
        owner,
        known,
        problems: Vec::new(),
        loosening: 0,
        is_toml: true,
        is_later: false,
    };
    let (root, errors) = DeTable::parse_recoverable(text);
    reader.is_toml = errors.is_empty();
    for error in errors {
        let span = error.span().unwrap_or_default();
        reader.problem(&span, format!("this is no TOML: {}", error.message()));
    }
    let mut said = Said::default();
    if reader.is_toml {
        let root = Section {
            title: "the file".to_owned(),
            header: 0..0,
            table: root.get_ref(),
        };
        if version_is_read(&mut reader, &root) {
            said = reader.root(&root);
        } else if reader.is_later || privacy::is_there(&root) {
            said.privacy.unreadable = Some(reader.first_problem(0));
        }
    } else {
        said.privacy.unreadable = Some(reader.first_problem(0));
    }
    if !reader.problems.is_empty() {
        said = Said {
            privacy: said.privacy,
            ..Said::default()
        };
    }
    // In the order of the file, whatever was read first.
    let place = |it: &Problem| it.place.map(|it| (it.line, it.column));
    reader.problems.sort_by_key(place);
    (said, reader.problems)
}

/// A file that is there and cannot be read: what it says about privacy may be anything.
fn closed(name: &str, why: &str) -> (Said, Vec<Problem>) {
    let mut said = Said::default();
    said.privacy.unreadable = Some(format!("{name}: {why}"));
    let problem = Problem {
        file: Some(name.to_owned()),
        place: None,
        message: format!("the settings cannot be read: {why}"),
        allowed: Vec::new(),
        excerpt: None,
    };
    (said, vec![problem])
}

/// Whether the file is of a version that can be read.
fn version_is_read(reader: &mut Reader<'_>, root: &Section<'_>) -> bool {
    if root.table.is_empty() {
        return true;
    }
    if root.find("version").is_none() {
        reader.problem(
            &(0..0),
            "`version` is missing: begin the file with `version = 1`",
        );
        return false;
    }
    let Some(version) = root.count(reader, "version", 1..=u32::MAX) else {
        return false;
    };
    if version.value > VERSION {
        reader.is_later = true;
        reader.problem(
            &version.span,
            format!(
                "this file is of version {}, and this Interline reads version {VERSION}: update Interline",
                version.value
            ),
        );
    }
    version.value == VERSION
}

/// What is being read, and what was wrong so far.
#[derive(Debug)]
struct Reader<'a> {
    text: &'a str,
    name: &'a str,
    owner: Owner<'a>,
    known: Known<'a>,
    problems: Vec<Problem>,
    /// How many of them are about what a repository may not loosen.
    loosening: usize,
    is_toml: bool,
    /// Of a version that is not known here.
    is_later: bool,
}

/// A value and the bytes of the file that say it.
#[derive(Clone, Debug)]
struct Found<T> {
    value: T,
    span: Range<usize>,
}

impl<'a> Reader<'a> {
    fn problem(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.problem_among(span, message, &[]);
    }

    fn problem_among(&mut self, span: &Range<usize>, message: impl Into<String>, allowed: &[&str]) {
        let (place, excerpt) = Excerpt::cut(self.text, span, self.is_toml);
        self.problems.push(Problem {
            file: Some(self.name.to_owned()),
            place: Some(place),
            message: message.into(),
            allowed: allowed.iter().map(|it| (*it).to_owned()).collect(),
            excerpt: Some(excerpt),
        });
    }

    /// The same, with the word that was perhaps meant.
    fn unknown(&mut self, span: &Range<usize>, message: &str, word: &str, allowed: &[&str]) {
        let meant = nearest(word, allowed.iter().copied());
        let meant = meant.map_or(String::new(), |it| format!(": did you mean `{it}`?"));
        self.problem_among(span, format!("{message}{meant}"), allowed);
    }

    fn sourced<T>(&self, found: Found<T>) -> Sourced<T> {
        let (place, _) = Excerpt::cut(self.text, &found.span, true);
        let origin = match self.owner {
            Owner::User => Origin::User(place),
            Owner::Repository(_) => Origin::Repository(place),
        };
        Sourced {
            value: found.value,
            origin,
        }
    }

    fn root(&mut self, root: &Section<'_>) -> Said {
        let privacy = self.privacy(root);
        let said = self.all_but_privacy(root);
        Said { privacy, ..said }
    }

    fn all_but_privacy(&mut self, root: &Section<'_>) -> Said {
        let tasks = Task::ALL.map(Task::word);
        let mut allowed = vec!["version"];
        allowed.extend(tasks);
        allowed.extend(["budget", "privacy"]);
        let users = ["endpoint", "local", "price"];
        match self.owner {
            Owner::User => allowed.extend(users),
            Owner::Repository(_) => {
                let (theirs, ours): (Vec<_>, Vec<_>) =
                    root.keys().partition(|it| users.contains(&it.value));
                for found in theirs {
                    let message = format!(
                        "a repository may not say what `{}` is: endpoints, keys, models and prices belong \
                         into your own settings, see `interline config show`",
                        found.value
                    );
                    self.problem(&found.span, message);
                }
                if ours.len() < root.table.len() {
                    return Said::default();
                }
            }
        }
        root.only_but(self, &allowed, privacy::misspelt(root).map(|it| it.value));

        let endpoints = root.find("endpoint").and_then(|it| it.value.as_table());
        let names = endpoints.into_iter().flat_map(|it| it.iter());
        let mut said = Said {
            endpoint_names: names.map(|it| it.0.get_ref().to_string()).collect(),
            endpoints: self.each(root, "endpoint", Self::endpoint),
            locals: self.each(root, "local", Self::local),
            prices: self.each(root, "price", Self::price),
            budget: self.budget(root),
            ..Said::default()
        };
        for task in Task::ALL {
            if let Some(section) = root.section(self, task.word()) {
                let read = self.task(task, &section, &said);
                said.tasks.insert(task, read);
            }
        }
        said
    }

    /// The tables `[WORD.NAME]`, by name.
    fn each<T>(
        &mut self,
        root: &Section<'_>,
        word: &str,
        read: fn(&mut Self, &str, &Section<'_>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let mut all = BTreeMap::new();
        let Some(parent) = root.section(self, word) else {
            return all;
        };
        for name in parent.keys() {
            let title = format!("[{word}.{}]", quoted(name.value));
            let Some(section) = parent.section_called(self, name.value, title) else {
                continue;
            };
            if let Some(it) = read(self, name.value, &section) {
                all.insert(name.value.to_owned(), it);
            }
        }
        all
    }
}

#[cfg(test)]
mod privacy_tests;
#[cfg(test)]
mod tests;
