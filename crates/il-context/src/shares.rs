//! How a budget is shared out.
//!
//! The one idea: every part gets the smaller of its need and its share; what is left flows to those that need more, in
//! one fixed order.
//!
//! Deliberately absent: what the parts hold.

/// Percent of the window for each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Text before the cursor.
    pub prefix: usize,
    /// Definitions and what is imported.
    pub stable: usize,
    /// Text behind the cursor.
    pub suffix: usize,
    /// Similar code, predictions, edits, tabs.
    pub volatile: usize,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            prefix: 35,
            stable: 35,
            suffix: 15,
            volatile: 15,
        }
    }
}

/// Tokens of each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) prefix: usize,
    pub(crate) stable: usize,
    pub(crate) suffix: usize,
    pub(crate) volatile: usize,
}

impl Shares {
    /// What each part gets of `tokens` when it needs `need`.
    pub(crate) fn allot(self, tokens: usize, need: Parts) -> Parts {
        let whole = (self.prefix + self.stable + self.suffix + self.volatile).max(100);
        let share = |percent: usize, need: usize| need.min(tokens * percent / whole);
        let mut got = Parts {
            prefix: share(self.prefix, need.prefix),
            stable: share(self.stable, need.stable),
            suffix: share(self.suffix, need.suffix),
            volatile: share(self.volatile, need.volatile),
        };
        let mut left = tokens - got.prefix - got.stable - got.suffix - got.volatile;
        for (got, need) in [
            (&mut got.stable, need.stable),
            (&mut got.volatile, need.volatile),
            (&mut got.prefix, need.prefix),
            (&mut got.suffix, need.suffix),
        ] {
            let more = left.min(need - *got);
            *got += more;
            left -= more;
        }
        got
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(prefix: usize, stable: usize, suffix: usize, volatile: usize) -> Parts {
        Parts {
            prefix,
            stable,
            suffix,
            volatile,
        }
    }

    #[test]
    fn who_needs_more_gets_its_share_and_what_the_others_leave() {
        let allot = |need| Shares::default().allot(1000, need);
        assert_eq!(
            allot(parts(9999, 9999, 9999, 9999)),
            parts(350, 350, 150, 150)
        );
        assert_eq!(allot(parts(100, 100, 50, 50)), parts(100, 100, 50, 50));
        // Stable first, then volatile, then prefix, then suffix.
        assert_eq!(allot(parts(9999, 420, 50, 160)), parts(370, 420, 50, 160));
        assert_eq!(allot(parts(9999, 0, 9999, 0)), parts(850, 0, 150, 0));
        assert_eq!(allot(parts(0, 0, 9999, 0)), parts(0, 0, 1000, 0));
    }

    #[test]
    fn shares_above_the_whole_are_made_smaller() {
        let shares = Shares {
            prefix: 100,
            stable: 100,
            suffix: 0,
            volatile: 0,
        };
        assert_eq!(
            shares.allot(100, parts(999, 999, 999, 999)),
            parts(50, 50, 0, 0)
        );
    }
}
