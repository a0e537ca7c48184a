//! What was taken out, kept so that it can be put back.
//!
//! Deliberately absent: any way to list or print it.

use std::sync::Arc;

/// Secrets by placeholder. `Debug` prints how many.
#[derive(Debug, Default)]
pub struct Vault;

/// What is put back into an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restore {
    /// Everything but private keys: an answer is shown to whoever's file it was taken from.
    #[default]
    Usual,
    /// Nothing: a placeholder that comes back stays one, and is screened away.
    Nothing,
}

/// Undoes redaction in a text that comes in pieces.
#[derive(Debug)]
pub struct Restorer {
    vault: Arc<Vault>,
    restore: Restore,
}

impl Restorer {
    pub(crate) fn new(vault: Arc<Vault>, restore: Restore) -> Self {
        Self { vault, restore }
    }

    /// What is certain by now; the beginning of a placeholder is held back.
    pub fn push(&mut self, text: &str) -> String {
        let _ = (&self.vault, self.restore);
        text.to_owned()
    }

    /// What was held back.
    pub fn finish(&mut self) -> String {
        String::new()
    }
}
