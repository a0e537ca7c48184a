//! What a repository, and the packages it has installed, say that helps to write at a place.
//!
//! The one idea: the text at hand replaces the stored copy of its file, so nothing the user deleted comes back.
//!
//! Deliberately absent: keeping the index fresh (`index::keeper`), and fitting what is found into a prompt.

mod packages;

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock},
};

use il_index::{Dependencies, Index, Places};
use il_retrieval::{
    Snippet,
    cursor::{self, CursorQuery, Limits, Network, Retriever, Sought},
    terms::Word,
};
use il_syntax::Parser;

use self::packages::Packages;
use super::lock;

/// Asks one index.
pub(crate) struct IndexRetriever {
    /// Empty until it is open.
    index: Arc<OnceLock<Arc<Index>>>,
    network: Network,
    dependencies: Mutex<Dependencies>,
    parser: Mutex<Parser>,
}

impl IndexRetriever {
    /// Asks an index that is open.
    pub(crate) fn new(root: &Path, index: &Arc<Index>) -> Self {
        Self::when_open(root, Arc::new(OnceLock::from(Arc::clone(index))))
    }

    /// Asks an index once it is open; until then there is nothing.
    pub(crate) fn when_open(root: &Path, index: Arc<OnceLock<Arc<Index>>>) -> Self {
        Self {
            index,
            network: Network::shipped(),
            dependencies: Mutex::new(Dependencies::new(root, Places::from_environment())),
            parser: Mutex::new(Parser::new()),
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
        let parsed = lock(&self.parser).parse(language, text);
        let symbols = parsed.symbols();
        let defined: Vec<Word> = symbols.iter().map(|it| Word::of(&it.name)).collect();
        let written = parsed.imports();
        let packages = Packages::of(
            &mut lock(&self.dependencies),
            &view,
            path,
            language,
            &written,
        );
        let query = CursorQuery {
            path,
            text,
            cursor,
            defined_here: &defined,
            imports: &view.resolve(path, language, &written),
            neighbours: &view.neighbours(path, language),
            packages: &packages.definitions(),
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
