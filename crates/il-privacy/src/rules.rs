//! What a secret looks like, as data: the tables in `rules/*.toml`.
//!
//! The one idea: a kind of secret is a row and not code. A row has the words that must stand near it, so that its pattern
//! runs only there; the pattern; what tells it from what only looks like it; and made-up samples of both.
//!
//! Deliberately absent: running patterns (`finder`) and the checks that are no pattern (`personal`).

mod files;
mod reading;

use std::sync::{Arc, LazyLock};

use crate::finder::problem;

/// A kind of secret or of personal data.
#[derive(Clone, Debug)]
pub struct Rule {
    /// In placeholders and reports: `aws-access-key`.
    pub id: Arc<str>,
    /// For people: `AWS access key ID`.
    pub name: Arc<str>,
    pub category: Category,
    /// Which of two that find the same is right.
    pub(crate) rank: Rank,
    /// One of these must stand near it, in any case.
    pub(crate) keywords: Vec<String>,
    pub(crate) shape: Shape,
    /// Bits a byte that the secret has at least.
    pub(crate) entropy: Option<f32>,
    /// A check that is no pattern, by name.
    pub(crate) check: Option<Arc<str>>,
    /// Secrets that are none.
    pub(crate) allow: Vec<String>,
    /// Bytes before and behind a keyword in which all of a match lies.
    pub(crate) reach: usize,
    /// On where nobody says otherwise.
    pub(crate) on: bool,
    /// Templates of made-up ones, see `samples`.
    pub positives: Vec<String>,
    /// Templates of what only looks like it.
    pub negatives: Vec<String>,
    /// Where the format is published.
    pub source: Arc<str>,
}

/// How a secret of a kind is found beside a keyword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Where the first group, or all of it, is the secret. ASCII.
    Pattern(String),
    /// What is assigned to a name that holds the keyword.
    Assigned {
        /// All of the secret. ASCII.
        value: String,
        /// Words of which the name, or what is called, has one as well. None if there is no such list.
        also: Vec<String>,
        /// Whether it stands in quotes, where that matters.
        quoted: Option<bool>,
    },
    /// A pattern around what is no keyword.
    Anchored { anchor: Anchor, pattern: String },
    /// The body of a PEM block whose first line holds the keyword.
    Pem,
    /// Lines of base64 that belong to no block.
    Base64Lines,
}

/// What a pattern is run around, where it is no keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Eight digits or more.
    Digits,
    /// An `@`.
    At,
}

/// How much is known of what a rule finds. The first wins where two find the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// It gives itself away by its own form.
    Form,
    /// The name of its provider stands beside it.
    Service,
    /// It has a common form of no particular provider.
    Kind,
    /// A telling word stands beside it.
    Word,
    /// It belongs to a person.
    Person,
}

impl Rule {
    /// Whether it is looked for where nobody says otherwise.
    pub fn is_on(&self) -> bool {
        self.on
    }
}

/// What it is that leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// A key or token of a known provider.
    Key,
    /// A private key, or a file that holds one.
    PrivateKey,
    /// An address with a password in it.
    Connection,
    /// A password, secret or token that only its name gives away.
    Password,
    /// What proves a session: JWT, cookie, authorization header.
    Session,
    /// What belongs to a person: mail address, phone, card and account numbers, national ids.
    Personal,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Key,
        Self::PrivateKey,
        Self::Connection,
        Self::Password,
        Self::Session,
        Self::Personal,
    ];

    /// Stable, for programs: `private-key`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::PrivateKey => "private-key",
            Self::Connection => "connection",
            Self::Password => "password",
            Self::Session => "session",
            Self::Personal => "personal",
        }
    }
}

/// A rule of one finder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u16);

/// All kinds that are known.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) all: Vec<Rule>,
}

/// Which kinds are looked for, where it is not the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// Ids or categories that are looked for though they are off.
    pub on: Vec<String>,
    /// Ids or categories that are not looked for.
    pub off: Vec<String>,
}

impl Switches {
    /// Whether a rule is looked for. A rule's own id says more than its category, and `off` more than `on`.
    pub(crate) fn has(&self, rule: &Rule) -> bool {
        let names = |list: &[String], word: &str| list.iter().any(|it| it == word);
        let (id, category) = (&*rule.id, rule.category.word());
        if names(&self.off, id) {
            return false;
        }
        names(&self.on, id) || !names(&self.off, category) && (rule.on || names(&self.on, category))
    }
}

impl Rules {
    /// The ones in the binary.
    pub fn shipped() -> &'static Self {
        // A row that cannot be read is left out here; a test holds that there is none.
        static SHIPPED: LazyLock<Rules> = LazyLock::new(|| Rules {
            all: files::FILES
                .iter()
                .flat_map(|(name, text)| reading::read(name, text).0)
                .collect(),
        });
        &SHIPPED
    }

    /// The ones in a file of the user's. `name` is what problems are told with.
    pub fn read(name: &str, text: &str) -> Result<Self, String> {
        let (all, mut problems) = reading::read(name, text);
        problems.extend(
            all.iter()
                .filter_map(|rule| Some(format!("{name}: `{}`: {}", rule.id, problem(rule)?))),
        );
        match problems.is_empty() {
            true => Ok(Self { all }),
            false => Err(problems.join("\n")),
        }
    }

    /// These and others. Where two have an id it is the other's.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.all.retain(|it| others.by_id(&it.id).is_none());
        self.all.extend(others.all);
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.all.iter()
    }

    pub fn by_id(&self, id: &str) -> Option<&Rule> {
        self.all.iter().find(|it| &*it.id == id)
    }
}

#[cfg(test)]
mod tests {
    use rustc_hash::FxHashSet;

    use super::*;

    #[test]
    fn every_rule_in_the_binary_can_be_used() {
        let mut problems = Vec::new();
        let mut ids = FxHashSet::default();
        for (name, text) in files::FILES {
            let (rules, complaints) = reading::read(name, text);
            problems.extend(complaints);
            for rule in rules {
                if let Some(what) = problem(&rule) {
                    problems.push(format!("{name}: `{}`: {what}", rule.id));
                }
                if rule.positives.len() < 2 || rule.negatives.len() < 2 {
                    problems.push(format!(
                        "{name}: `{}`: two positives and two negatives are needed",
                        rule.id
                    ));
                }
                if !rule.source.starts_with("https://") {
                    problems.push(format!("{name}: `{}`: `source` is no address", rule.id));
                }
                if !ids.insert(rule.id.clone()) {
                    problems.push(format!("{name}: `{}`: there are two of it", rule.id));
                }
            }
        }
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    #[test]
    fn a_switch_for_a_rule_says_more_than_one_for_its_category() {
        let text = "[[rule]]\nid = 'a'\nname = 'A'\ncategory = 'personal'\nkeywords = ['abc']\npattern = 'abc'\non = false";
        let rules = Rules::read("test", text).expect("it can be read");
        let has = |on: &[&str], off: &[&str]| {
            let list = |of: &[&str]| of.iter().map(ToString::to_string).collect();
            Switches {
                on: list(on),
                off: list(off),
            }
            .has(&rules.all[0])
        };
        assert!(!has(&[], &[]));
        assert!(has(&["personal"], &[]));
        assert!(has(&["a"], &["personal"]));
        assert!(!has(&["a", "personal"], &["a"]));
    }
}
