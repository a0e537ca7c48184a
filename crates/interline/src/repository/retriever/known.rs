//! What is known of the files that somebody writes in: what they define, what they import, and from which packages.
//!
//! The one idea: who types never waits for what takes long. A package that nobody imported yet has to be found and read, and a
//! large file to be parsed again; until that is done, what was known the last time is good enough, for neither changes much with a key.
//!
//! Deliberately absent: what is made of it.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher as _},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use il_index::{Dependencies, Places, View};
use il_lang::Language;
use il_retrieval::terms::Word;
use il_syntax::{Import, Parser};

use super::packages::Packages;
use crate::repository::{lock, policy::Protection};

/// Files that are remembered.
const FILES: usize = 64;
/// A text up to this long is parsed in a millisecond.
const SMALL: usize = 16 << 10;

/// What is known of files, by path.
pub(super) struct Known {
    dependencies: Mutex<Dependencies>,
    parser: Mutex<Parser>,
    files: Mutex<HashMap<String, Facts>>,
    /// Something is being read in the background.
    busy: AtomicBool,
}

/// What is known of one file.
#[derive(Clone)]
pub(super) struct Facts {
    /// Of which text.
    text: u64,
    pub(super) defined: Arc<[Word]>,
    pub(super) imports: Arc<[Import]>,
    /// Of which imports the packages are.
    imported: u64,
    pub(super) packages: Arc<Packages>,
}

/// A file as it is now.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) view: &'a View,
    pub(super) path: &'a str,
    pub(super) language: &'static Language,
    pub(super) text: &'a str,
}

impl Known {
    pub(super) fn new(root: &Path, protection: &Protection) -> Self {
        let dependencies = Dependencies::new(root, Places::from_environment());
        let policy = Arc::clone(&protection.policy);
        Self {
            dependencies: Mutex::new(dependencies.guarded_by(policy)),
            parser: Mutex::new(Parser::new()),
            files: Mutex::default(),
            busy: AtomicBool::new(false),
        }
    }

    /// Everything, as of now.
    pub(super) fn now(&self, subject: Subject<'_>) -> Facts {
        let last = lock(&self.files).get(subject.path).cloned();
        let mut facts = match last {
            Some(facts) if facts.text == key(subject.text) => facts,
            last => self.parse(subject, last),
        };
        let imported = key(&facts.imports);
        if facts.imported != imported {
            let mut dependencies = lock(&self.dependencies);
            let Subject {
                view,
                path,
                language,
                ..
            } = subject;
            facts.packages = Arc::new(Packages::of(
                &mut dependencies,
                view,
                path,
                language,
                &facts.imports,
            ));
            facts.imported = imported;
        }
        self.remember(subject.path, &facts);
        facts
    }

    /// What can be said at once; the rest is found out for the next time.
    pub(super) fn at_once(self: &Arc<Self>, subject: Subject<'_>) -> Facts {
        let last = lock(&self.files).get(subject.path).cloned();
        let facts = match last {
            Some(facts) if facts.text == key(subject.text) => facts,
            Some(facts) if subject.text.len() > SMALL => facts,
            last => {
                let facts = self.parse(subject, last);
                self.remember(subject.path, &facts);
                facts
            }
        };
        let is_complete = facts.text == key(subject.text) && facts.imported == key(&facts.imports);
        if !is_complete {
            self.find_out(subject);
        }
        facts
    }

    /// What the text says; the packages of last time.
    fn parse(&self, subject: Subject<'_>, last: Option<Facts>) -> Facts {
        let parsed = lock(&self.parser).parse(subject.language, subject.text);
        let symbols = parsed.symbols();
        let imports: Arc<[Import]> = parsed.imports().into();
        let (imported, packages) = match last {
            Some(it) => (it.imported, it.packages),
            // Of nothing there is nothing to find.
            None => (key::<[Import]>(&[]), Arc::default()),
        };
        Facts {
            text: key(subject.text),
            defined: symbols.iter().map(|it| Word::of(&it.name)).collect(),
            imports,
            imported,
            packages,
        }
    }

    fn find_out(self: &Arc<Self>, subject: Subject<'_>) {
        if self.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        let reader = Reader(Arc::clone(self));
        let Subject { language, .. } = subject;
        let (view, path, text) = (
            subject.view.clone(),
            subject.path.to_owned(),
            subject.text.to_owned(),
        );
        let reading = move || {
            reader.0.now(Subject {
                view: &view,
                path: &path,
                language,
                text: &text,
            });
        };
        let thread = thread::Builder::new().name("imports".into());
        if let Err(error) = thread.spawn(reading) {
            tracing::debug!(%error, "what a file imports is not read");
        }
    }

    fn remember(&self, path: &str, facts: &Facts) {
        let mut files = lock(&self.files);
        if files.len() >= FILES && !files.contains_key(path) {
            files.clear();
        }
        files.insert(path.to_owned(), facts.clone());
    }
}

/// Whoever reads in the background; when it is gone the next may.
struct Reader(Arc<Known>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

fn key<T: Hash + ?Sized>(of: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn names(facts: &Facts, names: &[&str]) -> Vec<bool> {
        let has = |it: &&str| facts.defined.contains(&Word::of(it));
        names.iter().map(has).collect()
    }

    #[test]
    fn a_large_file_is_parsed_for_the_next_time() {
        let root = tempfile::tempdir().unwrap();
        let protection = crate::repository::policy::of(root.path());
        let known = Arc::new(Known::new(root.path(), &protection));
        let view = View::of(Vec::new(), None).unwrap();
        let language = il_lang::registry().by_id("python").unwrap();
        let subject = |text| Subject {
            view: &view,
            path: "a.py",
            language,
            text,
        };
        let long = format!("def first():\n    pass\n{}", "x = 1\n".repeat(4096));
        let longer = format!("{long}def second():\n    pass\n");
        let wanted = ["first", "second"];
        assert_eq!(
            names(&known.at_once(subject(&long)), &wanted),
            [true, false]
        );
        assert_eq!(
            names(&known.at_once(subject(&longer)), &wanted),
            [true, false]
        );
        let started = Instant::now();
        while names(&known.at_once(subject(&longer)), &wanted) != [true, true] {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "it was never parsed"
            );
            thread::yield_now();
        }
        assert_eq!(names(&known.now(subject(&long)), &wanted), [true, false]);
    }
}
