//! What a repository, and the packages it has installed, say that helps to write at a place.
//!
//! The one idea: the text at hand replaces the stored copy of its file, so nothing the user deleted comes back.
//!
//! An installed package that nobody imported yet has to be found and read first, which takes longer than anybody who types
//! waits; then the next time has it.
//!
//! Deliberately absent: keeping the index fresh (`index::keeper`), and fitting what is found into a prompt.

mod packages;

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use il_index::{Dependencies, Index, Places, View};
use il_lang::Language;
use il_retrieval::{
    Snippet,
    cursor::{self, CursorQuery, Limits, Network, Retriever, Sought},
    terms::Word,
};
use il_syntax::{Import, Parser};

use self::packages::Packages;
use super::lock;

/// Files whose packages are remembered.
const FILES: usize = 64;

/// Asks one index.
pub(crate) struct IndexRetriever {
    /// Empty until it is open.
    index: Arc<OnceLock<Arc<Index>>>,
    network: Network,
    packages: Arc<Known>,
    /// Somebody types: what takes long is done for the next time.
    impatient: bool,
    parser: Mutex<Parser>,
}

/// What files import from installed packages.
struct Known {
    dependencies: Mutex<Dependencies>,
    /// By path: what it imported, and what that is.
    files: Mutex<HashMap<String, (u64, Arc<Packages>)>>,
    /// Something is being read.
    busy: AtomicBool,
}

impl IndexRetriever {
    /// Asks an index that is open, for somebody who waits for everything.
    pub(crate) fn new(root: &Path, index: &Arc<Index>) -> Self {
        let index = Arc::new(OnceLock::from(Arc::clone(index)));
        Self::made(root, index, false)
    }

    /// Asks an index once it is open, for somebody who types; until then there is nothing.
    pub(crate) fn when_open(root: &Path, index: Arc<OnceLock<Arc<Index>>>) -> Self {
        Self::made(root, index, true)
    }

    fn made(root: &Path, index: Arc<OnceLock<Arc<Index>>>, impatient: bool) -> Self {
        Self {
            index,
            network: Network::shipped(),
            packages: Arc::new(Known {
                dependencies: Mutex::new(Dependencies::new(root, Places::from_environment())),
                files: Mutex::default(),
                busy: AtomicBool::new(false),
            }),
            impatient,
            parser: Mutex::new(Parser::new()),
        }
    }

    /// What a file imports from packages, or what it did the last time while that is being found out.
    fn packages(
        &self,
        view: &View,
        path: &str,
        language: &'static Language,
        imports: &[Import],
    ) -> Arc<Packages> {
        let key = key(imports);
        let last = lock(&self.packages.files).get(path).cloned();
        match last {
            Some((of, known)) if of == key => return known,
            _ if imports.is_empty() => return Arc::default(),
            _ => {}
        }
        if !self.impatient {
            return self.packages.find(view, path, language, imports);
        }
        if !self.packages.busy.swap(true, Ordering::AcqRel) {
            let known = Arc::clone(&self.packages);
            let (view, path, imports) = (view.clone(), path.to_owned(), imports.to_vec());
            let reading = move || {
                let reader = Reader(known);
                reader.0.find(&view, &path, language, &imports);
            };
            let thread = thread::Builder::new().name("packages".into());
            if let Err(error) = thread.spawn(reading) {
                tracing::debug!(%error, "packages are not read");
                self.packages.busy.store(false, Ordering::Release);
            }
        }
        last.map(|it| it.1).unwrap_or_default()
    }
}

/// Whoever reads packages at the moment; when it is gone the next may.
struct Reader(Arc<Known>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

impl Known {
    fn find(
        &self,
        view: &View,
        path: &str,
        language: &'static Language,
        imports: &[Import],
    ) -> Arc<Packages> {
        let found = Packages::of(&mut lock(&self.dependencies), view, path, language, imports);
        let found = Arc::new(found);
        let mut files = lock(&self.files);
        if files.len() >= FILES {
            files.clear();
        }
        files.insert(path.to_owned(), (key(imports), Arc::clone(&found)));
        found
    }
}

fn key(imports: &[Import]) -> u64 {
    let mut hasher = DefaultHasher::new();
    imports.hash(&mut hasher);
    hasher.finish()
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
        let packages = self.packages(&view, path, language, &written);
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
