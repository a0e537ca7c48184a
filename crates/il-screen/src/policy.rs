//! What becomes of a copy of known code.

use crate::licence;

/// What becomes of a copy, where its licence says nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matches {
    /// It is not shown.
    Block,
    /// It is shown, with origin and licence.
    #[default]
    Annotate,
    /// It is shown.
    Allow,
}

impl Matches {
    pub const ALL: [Self; 3] = [Self::Block, Self::Annotate, Self::Allow];

    /// As settings have it: `annotate`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Annotate => "annotate",
            Self::Allow => "allow",
        }
    }
}

/// What a person, a repository and a gateway want of copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub matches: Matches,
    /// Licences of which no copy is shown, whatever else is said; `*` stands for anything: `GPL-*`.
    pub block_licences: Vec<String>,
    /// From so many lexemes in common on it is a copy.
    pub lexemes: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            matches: Matches::default(),
            block_licences: Vec::new(),
            lexemes: 65,
        }
    }
}

impl Policy {
    /// What becomes of a copy of code under this licence, an SPDX expression.
    pub fn of(&self, licence: &str) -> Matches {
        if licence::is_any_of(licence, &self.block_licences) {
            Matches::Block
        } else {
            self.matches
        }
    }

    /// Whether nothing could come of looking.
    pub(crate) fn is_indifferent(&self) -> bool {
        self.matches == Matches::Allow && self.block_licences.is_empty()
    }
}
