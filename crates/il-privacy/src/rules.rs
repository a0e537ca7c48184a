//! What a secret looks like, as data: the tables in `rules/*.toml`.
//!
//! The one idea: a kind of secret is a row and not code. A row has the words that must stand near it, so that its pattern
//! runs only there; the pattern; what tells it from what only looks like it; and made-up samples of both.
//!
//! Deliberately absent: running patterns (`finder`) and the checks that are no pattern (`personal`).

use std::sync::Arc;

/// A kind of secret or of personal data.
#[derive(Clone, Debug)]
pub struct Rule {
    /// In placeholders and reports: `aws-access-key`.
    pub id: Arc<str>,
    /// For people: `AWS access key ID`.
    pub name: Arc<str>,
    pub category: Category,
    /// One of these must stand near it, in any case.
    pub(crate) keywords: Vec<String>,
    /// Where the first group, or all of it, is the secret. ASCII.
    pub(crate) pattern: String,
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

impl Rules {
    /// The ones in the binary.
    pub fn shipped() -> &'static Self {
        todo!()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.all.iter()
    }

    pub fn by_id(&self, id: &str) -> Option<&Rule> {
        self.all.iter().find(|it| &*it.id == id)
    }
}
