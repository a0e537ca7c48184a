//! Which documents were used, latest first: the open ones, and some that were closed.

use std::{sync::Arc, time::Duration};

/// Closed documents remembered; the one that was used longest ago goes first.
const CLOSED: usize = 32;

/// A document that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    pub path: Arc<str>,
    /// Language id.
    pub language: Arc<str>,
    /// Still open.
    pub is_open: bool,
    /// When it was last opened, changed, saved or looked at.
    pub used: Duration,
}

/// Tabs in order of use, latest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tabs(Vec<Tab>);

impl Tabs {
    /// Latest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Tab> {
        self.0.iter()
    }

    /// Puts an open document first.
    pub(crate) fn used(&mut self, path: &Arc<str>, language: &Arc<str>, now: Duration) {
        let tab = Tab {
            path: path.clone(),
            language: language.clone(),
            is_open: true,
            used: now,
        };
        match self.0.iter().position(|tab| tab.path == *path) {
            Some(at) => {
                self.0[..=at].rotate_right(1);
                self.0[0] = tab;
            }
            None => self.0.insert(0, tab),
        }
    }

    /// Keeps a closed document in its place, and no more than a few such.
    pub(crate) fn closed(&mut self, path: &str) {
        if let Some(tab) = self.0.iter_mut().find(|tab| &*tab.path == path) {
            tab.is_open = false;
        }
        let is_closed = |tab: &Tab| !tab.is_open;
        if self.0.iter().filter(|tab| is_closed(tab)).count() > CLOSED
            && let Some(oldest) = self.0.iter().rposition(is_closed)
        {
            self.0.remove(oldest);
        }
    }
}
