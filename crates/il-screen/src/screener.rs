//! The table of checks, in their order, and what comes of them.

use std::{fmt, ops::Range, sync::Arc};

use il_privacy::Finder;

use crate::{
    candidate::Candidate,
    characters,
    copies::{self, Nothing, Own, Reference},
    placeholders,
    policy::{Matches, Policy},
    secrets,
    weaknesses::{self, Weaknesses},
};

/// Looks suggestions through.
pub trait Screen: fmt::Debug + Send + Sync {
    fn screen(&self, candidate: &Candidate<'_>) -> Verdict;
}

/// Lets everything through: for measuring an engine, and for tests of others.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoScreen;

impl Screen for NoScreen {
    fn screen(&self, _: &Candidate<'_>) -> Verdict {
        Verdict::default()
    }
}

/// What came of looking through a suggestion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    pub outcome: Outcome,
    /// On what may be shown, in the order of the text.
    pub remarks: Vec<Remark>,
}

/// How much of a suggestion may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// All of it.
    #[default]
    Pass,
    /// What comes before this byte.
    Cut { at: usize, because: Because },
    /// Nothing.
    Drop(Because),
}

/// Why something may not be shown. No text of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// The name of the check.
    pub check: &'static str,
    /// For people.
    pub why: &'static str,
    /// Which secret, which character, whose code.
    pub detail: Option<String>,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

/// Something to know of a suggestion that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub kind: RemarkKind,
    /// Which bytes of the suggestion it is about.
    pub range: Range<usize>,
    /// For people. No text of a document.
    pub text: Arc<str>,
    /// `CWE-89`, or the kind of personal data.
    pub rule: Option<Arc<str>>,
    /// Of what it is a copy of: an SPDX expression.
    pub licence: Option<Arc<str>>,
    /// Of what it is a copy: name and path.
    pub origin: Option<Arc<str>>,
}

/// What a remark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemarkKind {
    /// A known weakness.
    Weakness,
    /// A copy of known code.
    Copy,
    /// Personal data.
    Personal,
}

impl RemarkKind {
    /// Stable, for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Weakness => "weakness",
            Self::Copy => "copy",
            Self::Personal => "personal",
        }
    }
}

/// Something that may not be shown, from this byte of the suggestion on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub at: usize,
    pub because: Because,
}

/// The checks that ship.
#[derive(Clone, Debug)]
pub struct Screener {
    finder: Arc<Finder>,
    weaknesses: &'static Weaknesses,
    references: Vec<Arc<dyn Reference>>,
    own: Arc<dyn Own>,
    policy: Policy,
}

struct Check {
    name: &'static str,
    apply: fn(&Screener, &Candidate<'_>, &mut Vec<Remark>) -> Option<Found>,
}

/// Every check, in order: what may not be shown is cut off before the next one looks.
const CHECKS: &[Check] = &[
    Check {
        name: placeholders::NAME,
        apply: |_, candidate, _| placeholders::check(candidate),
    },
    Check {
        name: characters::NAME,
        apply: |_, candidate, _| characters::check(candidate),
    },
    Check {
        name: secrets::NAME,
        apply: |it, candidate, remarks| secrets::check(&it.finder, candidate, remarks),
    },
    Check {
        name: weaknesses::NAME,
        apply: |it, candidate, remarks| it.weaknesses.check(candidate, remarks),
    },
    Check {
        name: COPY,
        apply: Screener::copies,
    },
];

const COPY: &str = "copy";

impl Default for Screener {
    fn default() -> Self {
        Self {
            finder: Finder::shipped_shared(),
            weaknesses: Weaknesses::shipped(),
            references: Vec::new(),
            own: Arc::new(Nothing),
            policy: Policy::default(),
        }
    }
}

impl Screener {
    /// Looks for these secrets.
    #[must_use]
    pub fn with_finder(mut self, finder: Arc<Finder>) -> Self {
        self.finder = finder;
        self
    }

    /// Looks for copies of known code, too.
    #[must_use]
    pub fn with_references(
        mut self,
        references: Vec<Arc<dyn Reference>>,
        own: Arc<dyn Own>,
        policy: Policy,
    ) -> Self {
        self.references = references;
        self.own = own;
        self.policy = policy;
        self
    }

    fn copies(&self, candidate: &Candidate<'_>, remarks: &mut Vec<Remark>) -> Option<Found> {
        if self.references.is_empty() || self.policy.is_indifferent() {
            return None;
        }
        let least = self.policy.lexemes;
        let copied = copies::find(&self.references, &*self.own, candidate, least)?;
        // Whoever may be bound is told of the strictest.
        let strictness = |licence: &str| match self.policy.of(licence) {
            Matches::Block => 0,
            Matches::Annotate => 1,
            Matches::Allow => 2,
        };
        let origin = copied
            .origins
            .iter()
            .min_by_key(|it| strictness(&it.licence))?;
        let others = match copied.origins.len() - 1 {
            0 => String::new(),
            1 => ", and one other place".to_owned(),
            n => format!(", and {n} other places"),
        };
        let perhaps = if copied.perhaps_own {
            "; whether it is your own is not known yet"
        } else {
            ""
        };
        let text = format!("{} lexemes as in {origin}{others}{perhaps}", copied.lexemes);
        match self.policy.of(&origin.licence) {
            Matches::Allow => None,
            Matches::Annotate => {
                remarks.push(Remark {
                    kind: RemarkKind::Copy,
                    range: copied.range,
                    text: text.into(),
                    rule: None,
                    licence: Some(Arc::clone(&origin.licence)),
                    origin: Some(format!("{}, {}", origin.name, origin.path).into()),
                });
                None
            }
            Matches::Block => Some(Found {
                at: copied.range.start,
                because: Because {
                    check: COPY,
                    why: "it is a copy of known code",
                    detail: Some(text),
                },
            }),
        }
    }
}

impl Screen for Screener {
    fn screen(&self, candidate: &Candidate<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        let mut left = *candidate;
        for check in CHECKS {
            let Some(found) = (check.apply)(self, &left, &mut verdict.remarks) else {
                continue;
            };
            debug_assert_eq!(found.because.check, check.name, "a check has one name");
            // A line of which the end is missing is no use to anybody.
            let line = left.line_of(found.at.min(left.text.len()));
            let kept = line.filter(|&at| !left.text[..at].trim().is_empty());
            let Some(at) = kept else {
                return Verdict {
                    outcome: Outcome::Drop(found.because),
                    remarks: Vec::new(),
                };
            };
            left.text = &left.text[..at];
            verdict.outcome = Outcome::Cut {
                at,
                because: found.because,
            };
        }
        let shown = left.text.len();
        verdict.remarks.retain(|it| it.range.start < shown);
        for remark in &mut verdict.remarks {
            remark.range.end = remark.range.end.min(shown);
        }
        verdict
            .remarks
            .sort_by_key(|it| (it.range.start, it.range.end, it.kind));
        verdict
    }
}

#[cfg(test)]
mod tests;
