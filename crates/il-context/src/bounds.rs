//! What of a repository may be shown to one engine.
//!
//! The one idea: what goes into a prompt is asked about path by path before it is packed, so a prompt never holds what its
//! receiver may not have, and an engine is not asked at all about a file that may not go to it.
//!
//! Deliberately absent: secrets inside files that may go; these are taken out where things leave.

use std::sync::Arc;

use il_privacy::{Level, Policy, Reach};

/// What of a repository may be shown to an engine.
#[derive(Clone, Debug)]
pub struct Bounds {
    pub policy: Arc<Policy>,
    /// How far away the engine's model is.
    pub reach: Reach,
}

impl Bounds {
    pub(crate) fn allows(&self, path: &str) -> bool {
        self.policy.level(path).allows(self.reach)
    }

    /// Why the engine may not be asked about a file, if so.
    pub(crate) fn refusal(&self, path: &str) -> Option<String> {
        let verdict = self.policy.verdict(path);
        let where_to = match self.reach {
            Reach::ThisMachine => "a model",
            Reach::OwnServers => "a server of yours",
            Reach::Anywhere => "somebody else's server",
        };
        (!verdict.level.allows(self.reach)).then(|| match verdict.level {
            Level::Blocked => format!("`{path}` is blocked: {}", verdict.because),
            level => format!(
                "`{path}` is {level} and would go to {where_to}: {}",
                verdict.because
            ),
        })
    }
}
