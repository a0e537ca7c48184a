//! What stands between a repository and one place that things are sent to.
//!
//! The one idea: whoever sends something hands a guard the bytes and says of what they were made; it gets back an
//! [`Outbound`], redacted, or the reason why nothing may be sent. There is no other way to one.
//!
//! Deliberately absent: sending.

use std::sync::Arc;

use crate::{
    Finder, Level, Manifest, Outbound, Policy, Reach, Redactor, Restore, Restorer, vault::Vault,
};

/// The policy of one repository and the redaction of one process, towards one place.
#[derive(Clone, Debug)]
pub struct Guard {
    redactor: Arc<Redactor>,
    policy: Arc<Policy>,
    reach: Reach,
    restore: Restore,
    repository: Option<Arc<str>>,
}

/// Why something may not be sent. Texts hold paths and names of rules, no content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    #[error("`{path}` is {level} and would leave for {place}", place = place(*.reach))]
    Path {
        path: Arc<str>,
        level: Level,
        reach: Reach,
    },
    #[error("the cursor stands inside what looks like a secret: {0}")]
    AtCursor(Arc<str>),
    #[error("the privacy policy cannot be read: {0}")]
    Unreadable(Arc<str>),
}

fn place(reach: Reach) -> &'static str {
    match reach {
        Reach::ThisMachine => "another program on this machine",
        Reach::OwnServers => "a server of yours",
        Reach::Anywhere => "somebody else's server",
    }
}

impl Guard {
    pub fn new(redactor: Arc<Redactor>, policy: Arc<Policy>, reach: Reach) -> Self {
        let restore = Restore::default();
        Self {
            redactor,
            policy,
            reach,
            restore,
            repository: None,
        }
    }

    /// The rules in the binary and the policy of somebody who sets nothing.
    pub fn usual(reach: Reach) -> Self {
        let redactor = Redactor::new(Finder::shipped_shared());
        Self::new(Arc::new(redactor), Arc::new(Policy::usual()), reach)
    }

    /// What is put back into what comes back.
    #[must_use]
    pub fn restoring(mut self, restore: Restore) -> Self {
        self.restore = restore;
        self
    }

    /// What the record calls the repository whose files it guards.
    #[must_use]
    pub fn for_repository(mut self, name: &str) -> Self {
        self.repository = Some(name.into());
        self
    }

    /// Whether a path's text may be sent there.
    pub fn allows(&self, path: &str) -> Result<(), Withheld> {
        if let Some(why) = self.policy.trouble() {
            return Err(Withheld::Unreadable(why.into()));
        }
        let level = self.policy.level(path);
        match level.allows(self.reach) {
            true => Ok(()),
            false => Err(Withheld::Path {
                path: path.into(),
                level,
                reach: self.reach,
            }),
        }
    }

    /// Whether a secret stands, or is being typed, at the cursor: half of one is one that no rule knows.
    pub fn allows_cursor(&self, before: &str, after: &str) -> Result<(), Withheld> {
        match self.redactor.at_cursor(before, after) {
            Some(rule) => Err(Withheld::AtCursor(Arc::clone(&rule.name))),
            None => Ok(()),
        }
    }

    /// JSON as it goes on the wire: every text in it redacted. `manifest` says what it was made of.
    pub fn seal(&self, json: Vec<u8>, mut manifest: Manifest) -> Result<Outbound, Withheld> {
        for path in &manifest.files {
            self.allows(path)?;
        }
        manifest.repository = manifest.repository.or_else(|| self.repository.clone());
        Ok(self.redactor.seal(json, manifest))
    }

    /// Undoes redaction in an answer as it comes.
    pub fn restorer(&self) -> Restorer {
        Restorer::new(Arc::clone(self.vault()), self.restore)
    }

    /// Redacts a text that is no request: a line of a log, a path.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    fn vault(&self) -> &Arc<Vault> {
        self.redactor.vault()
    }
}
