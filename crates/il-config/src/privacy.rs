//! What is kept private, as values.
//!
//! The one idea: the user says what they want, and a repository can only add to it. What either says in a way that cannot be read
//! blocks everything, since a slip in a wish for privacy must not be a licence.
//!
//! Deliberately absent: which kinds of secrets there are, and what is done with a path that may not go far.

use std::fmt;

use il_privacy::{Pattern, Policy, Switches};

use crate::{Origin, Sourced, layers::lay, reading::PrivacySaid};

/// The table `[privacy]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privacy {
    /// Nothing leaves this machine.
    pub air_gap: Sourced<bool>,
    /// Personal data is redacted, too.
    pub personal: Sourced<bool>,
    /// What was redacted is put back into answers that are shown here.
    pub restore: Sourced<bool>,
    /// Ids or categories that are looked for though they are off.
    pub rules_on: Vec<Sourced<String>>,
    /// Ids or categories that are not looked for.
    pub rules_off: Vec<Sourced<String>>,
    /// A file with rules of one's own.
    pub rules: Option<Sourced<String>>,
    /// What becomes of suggestions that are copies of reference code.
    pub matches: Sourced<Matches>,
    /// Copies under these are blocked whatever `matches` says; `*` stands for anything.
    pub block_licences: Vec<Sourced<String>>,
    /// The user's, in the order of the file: the last that matches counts.
    pub paths: Vec<Sourced<Pattern>>,
    /// The repository's: they only tighten.
    pub repository_paths: Vec<Sourced<Pattern>>,
    pub keep: Keep,
    /// Why nothing of this can be relied on, so that everything is blocked.
    pub unreadable: Option<String>,
}

/// How long things are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Days that the list of what left is kept.
    pub audit_days: Sourced<u32>,
}

/// What becomes of a suggestion that is a copy of reference code; a stricter one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matches {
    /// It is shown.
    Allow,
    /// It is shown with where it is from and under which licence.
    Annotate,
    /// It is not shown.
    Block,
}

impl Matches {
    pub(crate) const WORDS: [(&'static str, Self); 3] = [
        ("block", Self::Block),
        ("annotate", Self::Annotate),
        ("allow", Self::Allow),
    ];
}

impl fmt::Display for Matches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Annotate => "annotate",
            Self::Block => "block",
        })
    }
}

impl Default for Privacy {
    fn default() -> Self {
        Self {
            air_gap: Sourced::default_of(false),
            personal: Sourced::default_of(true),
            restore: Sourced::default_of(true),
            rules_on: Vec::new(),
            rules_off: Vec::new(),
            rules: None,
            matches: Sourced::default_of(Matches::Annotate),
            block_licences: Vec::new(),
            paths: Vec::new(),
            repository_paths: Vec::new(),
            keep: Keep {
                audit_days: Sourced::default_of(365),
            },
            unreadable: None,
        }
    }
}

impl Privacy {
    /// What the user says, in their file and outside of files.
    pub(crate) fn lay(&mut self, said: &PrivacySaid, air_gap: Option<Origin>) {
        lay(&mut self.air_gap, said.air_gap.clone());
        if let Some(origin) = air_gap.filter(|_| !*self.air_gap) {
            let value = true;
            self.air_gap = Sourced { value, origin };
        }
        lay(&mut self.personal, said.personal.clone());
        lay(&mut self.restore, said.restore.clone());
        lay(&mut self.matches, said.matches.clone());
        lay(&mut self.keep.audit_days, said.audit_days.clone());
        self.rules_off = said.rules_off.clone();
        self.rules = said.rules.clone();
        self.paths = said.paths.clone();
        self.add(said);
    }

    /// What a repository says on top: what would loosen was left out when it was read.
    pub(crate) fn tighten(&mut self, said: &PrivacySaid) {
        let flags = [
            (&mut self.air_gap, &said.air_gap, true),
            (&mut self.personal, &said.personal, true),
            (&mut self.restore, &said.restore, false),
        ];
        for (below, said, strict) in flags {
            let tightens = below.value != strict;
            lay(
                below,
                said.clone().filter(|it| tightens && it.value == strict),
            );
        }
        let stricter = said.matches.clone();
        let own = *self.matches;
        lay(&mut self.matches, stricter.filter(|it| it.value > own));
        self.repository_paths = said.paths.clone();
        self.add(said);
    }

    /// What both add to.
    fn add(&mut self, said: &PrivacySaid) {
        self.rules_on.extend(said.rules_on.iter().cloned());
        self.block_licences
            .extend(said.block_licences.iter().cloned());
        let unreadable = self.unreadable.take();
        self.unreadable = unreadable.or_else(|| said.unreadable.clone());
    }

    /// How far each path may go, but for what ignore files say.
    pub fn policy(&self) -> Policy {
        if let Some(why) = &self.unreadable {
            return Policy::unreadable(why.as_str());
        }
        let patterns = |all: &[Sourced<Pattern>]| -> Vec<Pattern> {
            all.iter().map(|it| it.value.clone()).collect()
        };
        Policy::by_user(&patterns(&self.paths))
            .and_then(|it| it.tightened(&patterns(&self.repository_paths)))
            .unwrap_or_else(|why| Policy::unreadable(why.to_string()))
    }

    /// Which kinds of secrets are looked for. What a repository wants to be looked for is, whatever the user turned off.
    pub fn switches(&self) -> Switches {
        const PERSONAL: &str = "personal";
        let is_repositorys = |origin: Origin| matches!(origin, Origin::Repository(_));
        let insisted = |word: &str| {
            let words = self.rules_on.iter();
            let by_name = words.filter(|it| is_repositorys(it.origin));
            by_name.map(|it| it.value.as_str()).any(|it| it == word)
                || word == PERSONAL && *self.personal && is_repositorys(self.personal.origin)
        };
        let mut off: Vec<String> = self.rules_off.iter().map(|it| it.value.clone()).collect();
        if !*self.personal {
            off.push(PERSONAL.to_owned());
        }
        off.retain(|it| !insisted(it));
        let on = self.rules_on.iter().map(|it| it.value.clone()).collect();
        Switches { on, off }
    }
}
