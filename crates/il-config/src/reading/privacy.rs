//! The table `[privacy]`, of a user and of a repository.
//!
//! The one idea: it is read whatever else is wrong with the file, and whatever is wrong with it makes all of it unreadable: a
//! wish for privacy with a slip in it is no licence. Only where a repository wants to loosen something, that is said and
//! left out, for leaving it out is the stricter.
//!
//! Deliberately absent: what is done with paths.

use std::ops::Range;

use il_privacy::{Level, Pattern, Policy};

use super::{Found, Owner, Reader, Said, section::Section};
use crate::{Sourced, privacy::Matches};

/// What a file says about privacy.
#[derive(Clone, Debug, Default)]
pub(crate) struct PrivacySaid {
    pub(crate) air_gap: Option<Sourced<bool>>,
    pub(crate) personal: Option<Sourced<bool>>,
    pub(crate) restore: Option<Sourced<bool>>,
    pub(crate) rules_on: Vec<Sourced<String>>,
    pub(crate) rules_off: Vec<Sourced<String>>,
    pub(crate) rules: Option<Sourced<String>>,
    pub(crate) matches: Option<Sourced<Matches>>,
    pub(crate) block_licences: Vec<Sourced<String>>,
    pub(crate) paths: Vec<Sourced<Pattern>>,
    pub(crate) audit_days: Option<Sourced<u32>>,
    pub(crate) unreadable: Option<String>,
}

/// The name of the table.
const TABLE: &str = "privacy";
/// What only the user may say.
const USERS: [&str; 3] = ["rules_off", "rules", "keep"];
/// What a repository may say, too.
const EVERYBODYS: [&str; 7] = [
    "air_gap",
    "personal",
    "restore",
    "rules_on",
    "matches",
    "block_licences",
    "paths",
];

impl Reader<'_> {
    /// Nothing is said where there is no such table.
    pub(super) fn privacy(&mut self, root: &Section<'_>) -> PrivacySaid {
        self.loosening = 0;
        let before = self.problems.len();
        let mut said = PrivacySaid::default();
        if let Some(section) = root.section(self, TABLE) {
            self.privacy_in(&section, &mut said);
        }
        if let Some(meant) = misspelt(root) {
            let message = format!(
                "unknown key `{}` in the file: did you mean `{TABLE}`?",
                meant.value
            );
            self.problem(&meant.span, message);
        }
        if self.problems.len() - before > self.loosening {
            said.unreadable = Some(self.first_problem(before));
        }
        said
    }

    /// The problem that makes it unreadable, in one line.
    pub(super) fn first_problem(&self, from: usize) -> String {
        let problem = self.problems.get(from);
        problem.map_or_else(String::new, |it| {
            let line = it.place.map_or(1, |it| it.line);
            format!("{}:{line}: {}", self.name, it.message)
        })
    }

    fn privacy_in(&mut self, section: &Section<'_>, said: &mut PrivacySaid) {
        let users = match self.owner {
            Owner::User => None,
            Owner::Repository(users) => Some(users),
        };
        // Problems that leave everything readable come last, so that the first one is the one to tell.
        let mut allowed = EVERYBODYS.to_vec();
        allowed.extend(USERS);
        section.only(self, &allowed);
        said.air_gap = section.flag(self, "air_gap");
        said.personal = section.flag(self, "personal");
        said.restore = section.flag(self, "restore");
        said.rules_on = self.rules(section, "rules_on");
        said.block_licences = self.sourced_words(section, "block_licences");
        let matches = section.one_of(self, "matches", &Matches::WORDS);
        said.matches = matches.map(|it| self.sourced(it));
        if let Some(paths) = section.section_called(self, "paths", "[privacy.paths]".to_owned()) {
            said.paths = self.paths(&paths);
        }
        match users {
            None => {
                said.rules_off = self.rules(section, "rules_off");
                said.rules = self.absolute(section, "rules");
                if let Some(keep) =
                    section.section_called(self, "keep", "[privacy.keep]".to_owned())
                {
                    keep.only(self, &["audit_days"]);
                    said.audit_days = keep.number(self, "audit_days", 1..=36_500);
                }
            }
            Some(users) => self.keep_what_tightens(section, users, said),
        }
    }

    /// Leaves out of what a repository says what would loosen what the user says.
    fn keep_what_tightens(&mut self, section: &Section<'_>, users: &Said, said: &mut PrivacySaid) {
        let users = &users.privacy;
        let span = |key: &str| section.find(key).map_or(0..0, |it| it.span);
        let is =
            |said: &Option<Sourced<bool>>, usual: bool| said.as_ref().map_or(usual, |it| it.value);
        let flags = [
            (
                "air_gap",
                &mut said.air_gap,
                is(&users.air_gap, false),
                true,
            ),
            (
                "personal",
                &mut said.personal,
                is(&users.personal, true),
                true,
            ),
            (
                "restore",
                &mut said.restore,
                is(&users.restore, true),
                false,
            ),
        ];
        for (key, flag, own, strict) in flags {
            // What is the user's word already stays the user's.
            if flag.take_if(|it| it.value != strict).is_some() && own == strict {
                let turn = if strict { "on, not off" } else { "off, not on" };
                self.loosens(&span(key), format!("a repository may turn `{key}` {turn}"));
            }
        }
        let own = users
            .matches
            .as_ref()
            .map_or(Matches::Annotate, |it| it.value);
        if said.matches.take_if(|it| it.value < own).is_some() {
            let message = format!(
                "a repository may be stricter with `matches`, not laxer: your own settings say `{own}`"
            );
            self.loosens(&span("matches"), message);
        }
        for key in section.keys().filter(|it| USERS.contains(&it.value)) {
            let message = format!(
                "a repository may not say `{}`: it belongs into your own settings",
                key.value
            );
            self.loosens(&key.span, message);
        }
    }

    /// A problem that is left out and nothing else: what holds without it is stricter.
    fn loosens(&mut self, span: &Range<usize>, message: String) {
        self.loosening += 1;
        self.problem(span, message);
    }

    fn paths(&mut self, section: &Section<'_>) -> Vec<Sourced<Pattern>> {
        let mut paths = Vec::new();
        for key in section.keys() {
            let Some(found) = section.find(key.value) else {
                continue;
            };
            // The value is not repeated: it may be anything.
            let level = found.value.as_str().map(str::trim);
            let Some(level) = level.and_then(Level::parse) else {
                let words = Level::ALL.map(Level::word);
                let message = format!("`{}` is of no such level", key.value);
                self.unknown(&found.span, &message, level.unwrap_or_default(), &words);
                continue;
            };
            let pattern = Pattern {
                glob: key.value.to_owned(),
                level,
            };
            match Policy::by_user(std::slice::from_ref(&pattern)) {
                Ok(_) => paths.push(self.sourced(Found {
                    value: pattern,
                    span: key.span,
                })),
                Err(why) => self.problem(&key.span, why.to_string()),
            }
        }
        paths
    }

    /// Ids and categories of rules; where the user has rules of their own, nobody here knows all of them.
    fn rules(&mut self, section: &Section<'_>, key: &str) -> Vec<Sourced<String>> {
        let known = self.known.rules;
        let has_own = section.find("rules").is_some()
            || matches!(self.owner, Owner::Repository(users) if users.privacy.rules.is_some());
        let mut words = Vec::new();
        for found in section.words(self, key).unwrap_or_default() {
            if known.is_empty() || has_own || known.contains(&found.value.as_str()) {
                words.push(self.sourced(found));
            } else {
                let message = format!("`{key}` names no rule: there is no `{}`", found.value);
                let meant = crate::nearest(&found.value, known.iter().copied());
                let meant = meant.map_or(String::new(), |it| format!(": did you mean `{it}`?"));
                self.problem(&found.span, message + &meant);
            }
        }
        words
    }

    fn sourced_words(&mut self, section: &Section<'_>, key: &str) -> Vec<Sourced<String>> {
        let words = section.words(self, key).unwrap_or_default();
        words.into_iter().map(|it| self.sourced(it)).collect()
    }

    /// A path that means the same wherever the program is started.
    fn absolute(&mut self, section: &Section<'_>, key: &str) -> Option<Sourced<String>> {
        let found = section.string(self, key)?;
        let is_absolute = std::path::Path::new(&found.value).is_absolute();
        if !is_absolute {
            self.problem(
                &found.span,
                format!("`{key}` is the path of a file, from the root of the disk on"),
            );
            return None;
        }
        Some(self.sourced(found))
    }
}

/// Whether a file has a table for privacy.
pub(super) fn is_there(root: &Section<'_>) -> bool {
    root.find(TABLE).is_some() || misspelt(root).is_some()
}

/// A key of the file that was surely meant to be this table: what it says is not known.
pub(super) fn misspelt<'t>(root: &Section<'t>) -> Option<Found<&'t str>> {
    let is_slip =
        |it: &Found<&str>| it.value != TABLE && crate::nearest(it.value, [TABLE]).is_some();
    root.keys().find(is_slip)
}
