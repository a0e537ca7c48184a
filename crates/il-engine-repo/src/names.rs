//! Abstract identifiers: a name stands for how recently it was used.
//!
//! `for (k, v) in xs { k` and `for (a, b) in ys { a` are the same run of tokens once names are ranks in a
//! move-to-front list; what one teaches, the other is completed with.
//!
//! Deliberately absent: scopes and kinds of names.

use crate::vocabulary::{BOS, Id, Kind, NEW_NAME, RANK, RANKS};

/// The most recently used names, most recent first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recent {
    names: [Id; RANKS],
    len: u8,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            names: [BOS; RANKS],
            len: 0,
        }
    }
}

impl Recent {
    /// The abstract form of a token, which then becomes the most recent name if it is one.
    pub(crate) fn push(&mut self, token: Id, kind: Kind) -> Id {
        if token == BOS {
            self.len = 0;
            return token;
        }
        if kind != Kind::Name {
            return token;
        }
        let len = usize::from(self.len);
        let (rank, abstracted) = match self.names[..len].iter().position(|&n| n == token) {
            Some(rank) => (rank, RANK + rank as u32),
            None => {
                if len < RANKS {
                    self.len += 1;
                }
                (usize::from(self.len) - 1, NEW_NAME)
            }
        };
        self.names.copy_within(..rank, 1);
        self.names[0] = token;
        abstracted
    }

    /// The name at a rank.
    pub(crate) fn name(&self, rank: usize) -> Option<Id> {
        self.names[..usize::from(self.len)].get(rank).copied()
    }
}
