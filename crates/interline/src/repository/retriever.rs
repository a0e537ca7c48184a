//! What a repository, and the packages it has installed, say that helps to write at a place.
//!
//! The one idea: the text at hand replaces the stored copy of its file, so nothing the user deleted comes back.
//!
//! Deliberately absent: keeping the index fresh (`index::keeper`), and fitting what is found into a prompt.

mod known;
mod packages;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use il_index::Index;
use il_retrieval::{
    Snippet,
    cursor::{self, CursorQuery, Limits, Network, Retriever, Sought},
};

use self::known::{Known, Subject};
use super::policy::Protection;

/// Asks one index.
pub(crate) struct IndexRetriever {
    /// Empty until it is open.
    index: Arc<OnceLock<Arc<Index>>>,
    network: Network,
    known: Arc<Known>,
    /// Somebody types.
    impatient: bool,
}

impl IndexRetriever {
    /// Asks an index that is open, for somebody who waits for everything.
    pub(crate) fn new(root: &Path, protection: &Protection, index: &Arc<Index>) -> Self {
        let index = Arc::new(OnceLock::from(Arc::clone(index)));
        Self::made(root, protection, index, false)
    }

    /// Asks an index once it is open, for somebody who types; until then there is nothing.
    pub(crate) fn when_open(
        root: &Path,
        protection: &Protection,
        index: Arc<OnceLock<Arc<Index>>>,
    ) -> Self {
        Self::made(root, protection, index, true)
    }

    fn made(
        root: &Path,
        protection: &Protection,
        index: Arc<OnceLock<Arc<Index>>>,
        impatient: bool,
    ) -> Self {
        Self {
            index,
            network: Network::shipped(),
            known: Arc::new(Known::new(root, protection)),
            impatient,
        }
    }
}

impl Retriever for IndexRetriever {
    fn snippets(&self, sought: &Sought<'_>) -> Vec<Snippet> {
        let Some(index) = self.index.get() else {
            return Vec::new();
        };
        let view = index.view();
        let &Sought {
            path, text, cursor, ..
        } = sought;
        let language = il_lang::registry().detect(path, text.lines().next());
        let subject = Subject {
            view: &view,
            path,
            language,
            text,
        };
        let facts = match self.impatient {
            true => self.known.at_once(subject),
            false => self.known.now(subject),
        };
        let query = CursorQuery {
            path,
            text,
            cursor,
            defined_here: &facts.defined,
            imports: &view.resolve(path, language, &facts.imports),
            neighbours: &view.neighbours(path, language),
            packages: &facts.packages.definitions(),
            tabs: sought.tabs,
            edits: sought.edits,
        };
        let limits = Limits {
            tokens: sought.tokens,
            ..Limits::default()
        };
        let corpus = view.for_file(path, text);
        cursor::retrieve(&corpus, &query, &self.network, &limits)
    }
}
