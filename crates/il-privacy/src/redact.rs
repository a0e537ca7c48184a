//! Takes secrets out of a text and puts placeholders in.
//!
//! The one idea: the same secret has the same placeholder as long as the process lives, `<REDACTED:aws-access-key-1>`, so
//! a prompt stays as it was and the model can tell two secrets apart. Where angle brackets would break the syntax the
//! placeholder is a name, `REDACTED_aws_access_key_1`. Nothing but the secrets themselves changes, and a text keeps its lines.
//!
//! Deliberately absent: which texts.

mod cursor;
mod json;
mod shape;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use crate::{Finder, Finding, Manifest, Outbound, Rule, RuleId, vault::Vault};

/// Redacts texts. One a process.
#[derive(Debug)]
pub struct Redactor {
    finder: Arc<Finder>,
    vault: Arc<Vault>,
}

/// A text without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted<'a> {
    pub text: Cow<'a, str>,
    /// Which rules fired, in the order of the text.
    pub fired: Vec<RuleId>,
}

impl Redactor {
    pub fn new(finder: Arc<Finder>) -> Self {
        Self {
            finder,
            vault: Arc::default(),
        }
    }

    pub fn finder(&self) -> &Finder {
        &self.finder
    }

    pub fn redact<'a>(&self, text: &'a str) -> Redacted<'a> {
        let findings = self.finder.find(text);
        if findings.is_empty() {
            return Redacted {
                text: Cow::Borrowed(text),
                fired: Vec::new(),
            };
        }
        // A text that speaks of placeholders keeps them, so their numbers are nobody else's.
        self.vault.leave_out(text);
        let mut out = String::with_capacity(text.len() + findings.len() * 32);
        let mut done = 0;
        for Finding { rule, span } in &findings {
            let kind = self.finder.rule(*rule);
            let placeholder = self.vault.placeholder(kind, &text[span.clone()]);
            out.push_str(&text[done..span.start]);
            shape::of(text, span).write(&placeholder, &mut out);
            done = span.end;
        }
        out.push_str(&text[done..]);
        Redacted {
            text: Cow::Owned(out),
            fired: findings.iter().map(|it| it.rule).collect(),
        }
    }

    pub(crate) fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// The secret that stands, or is about to be written, at a cursor between two texts.
    pub(crate) fn at_cursor(&self, before: &str, after: &str) -> Option<&Rule> {
        let rule = cursor::secret_at(&self.finder, before, after)?;
        Some(self.finder.rule(rule))
    }

    pub(crate) fn seal(&self, json: Vec<u8>, mut manifest: Manifest) -> Outbound {
        let mut counts: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        let mut redact = |text: &str| {
            let Redacted { text, fired } = self.redact(text);
            for rule in fired {
                *counts
                    .entry(Arc::clone(&self.finder.rule(rule).id))
                    .or_default() += 1;
            }
            match text {
                Cow::Borrowed(_) => None,
                Cow::Owned(text) => Some(text),
            }
        };
        let bytes = json::redacted(json, &mut redact);
        for path in &mut manifest.files {
            if let Some(redacted) = redact(path) {
                *path = redacted.into();
            }
        }
        manifest.redacted = counts.into_iter().collect();
        Outbound {
            bytes: bytes.into(),
            manifest,
        }
    }
}

#[cfg(test)]
mod tests;
