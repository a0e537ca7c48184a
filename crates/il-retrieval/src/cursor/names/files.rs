//! How near each file of the repository is to the one that is being edited.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    cursor::{CursorQuery, Definition, names::words_of, nearby::Nearby},
    is_test_path,
    terms::Word,
};

/// How many files, beside those that are imported, have all their names considered.
const READ: usize = 12;
/// How many imported files.
const READ_IMPORTED: usize = 24;

/// What is known of one file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) imported: bool,
    pub(crate) neighbour: bool,
    pub(crate) tab: bool,
    pub(crate) edited: bool,
    pub(crate) test: bool,
    pub(crate) distance: usize,
    /// By how much the words around are defined in it: one for the file that defines the most.
    pub(crate) affinity: f32,
}

/// What is known of the files around the one that is being edited.
pub(crate) struct Files<'a> {
    path: &'a str,
    imported: FxHashSet<&'a str>,
    imports: Vec<&'a str>,
    neighbours: FxHashSet<&'a str>,
    tabs: FxHashSet<&'a str>,
    edited: FxHashSet<&'a str>,
    edited_words: FxHashSet<Word>,
    imported_names: FxHashSet<Word>,
    /// What does not depend on the words around, by path, looked up once.
    said: RefCell<FxHashMap<&'a str, Said>>,
    /// By how much the words around the cursor are defined in a file.
    affinity: FxHashMap<&'a str, f32>,
    /// The same for what names belong to.
    owners: FxHashMap<(&'a str, &'a str), f32>,
    most: f32,
}

impl<'a> Files<'a> {
    pub(crate) fn new(query: &CursorQuery<'a>) -> Self {
        let imports: Vec<&str> = query.imports.iter().map(|it| it.path.as_str()).collect();
        let names = query.imports.iter().flat_map(|it| &it.names);
        Self {
            path: query.path,
            imported: imports
                .iter()
                .copied()
                .chain(query.packages.iter().map(|it| it.path))
                .collect(),
            imports,
            neighbours: query.neighbours.iter().map(String::as_str).collect(),
            tabs: query.tabs.iter().map(String::as_str).collect(),
            edited: query.edits.iter().map(|it| it.path.as_str()).collect(),
            edited_words: query
                .edits
                .iter()
                .flat_map(|it| words_of(&it.text))
                .collect(),
            imported_names: names.map(|it| Word::of(it)).collect(),
            said: RefCell::default(),
            affinity: FxHashMap::default(),
            owners: FxHashMap::default(),
            most: 1e-6,
        }
    }

    /// A word of the text, and where it is defined.
    pub(crate) fn used(&mut self, word: Word, found: &[Definition<'a>], nearby: &Nearby<'_>) {
        let Some(place) = nearby.place(word) else {
            return;
        };
        let lines = place.lines_before.min(place.lines_after) as f32;
        let often = (place.before + place.after).min(5) as f32 / 5.0;
        let weight = (1.0 / (1.0 + lines / 10.0) + 0.3 * often) / found.len() as f32;
        for it in found {
            let affinity = self.affinity.entry(it.path).or_default();
            *affinity += weight;
            self.most = self.most.max(*affinity);
            if !it.owner.is_empty() {
                *self.owners.entry((it.path, it.owner)).or_default() += weight;
            }
        }
    }

    /// The files all of whose names may come next.
    pub(crate) fn worth_reading(&self) -> Vec<&'a str> {
        let mut near: Vec<(&str, f32)> = self.affinity.iter().map(|it| (*it.0, *it.1)).collect();
        near.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        let mut worth: Vec<&str> = self.imports.iter().copied().take(READ_IMPORTED).collect();
        worth.extend(near.iter().map(|it| it.0).take(READ));
        let mut neighbours: Vec<&str> = self.neighbours.iter().copied().collect();
        neighbours.sort_unstable();
        worth.extend(neighbours.into_iter().take(READ));
        worth.extend(self.tabs.iter().copied().take(READ));
        worth.sort_unstable();
        worth.dedup();
        worth
    }

    /// What is known of a file.
    pub(crate) fn said(&self, path: &'a str) -> Said {
        let mut said = self.said.borrow_mut();
        *said.entry(path).or_insert_with(|| Said {
            imported: self.imported.contains(path),
            neighbour: self.neighbours.contains(path),
            tab: self.tabs.contains(path),
            edited: self.edited.contains(path),
            test: is_test_path(path),
            distance: self.distance(path),
            affinity: self.affinity.get(path).map_or(0.0, |it| it / self.most),
        })
    }

    pub(crate) fn is_imported_name(&self, word: Word) -> bool {
        self.imported_names.contains(&word)
    }

    /// Whether a word is in what was edited lately.
    pub(crate) fn is_edited_word(&self, word: Word) -> bool {
        self.edited_words.contains(&word)
    }

    /// The words of what was edited lately.
    pub(crate) fn edited_words(&self) -> impl Iterator<Item = Word> {
        self.edited_words.iter().copied()
    }

    /// The same for what a name belongs to.
    pub(crate) fn owner_affinity(&self, path: &str, owner: &str) -> f32 {
        let known = self.owners.get(&(path, owner));
        known.map_or(0.0, |it| it / self.most)
    }

    /// How many folders lie between `path` and the file.
    fn distance(&self, path: &str) -> usize {
        let folders = |path: &'_ str| {
            path.rsplit_once('/')
                .map_or(0, |it| it.0.split('/').count())
        };
        let same = self
            .path
            .split('/')
            .zip(path.split('/'))
            .take_while(|(a, b)| a == b)
            .count();
        let same = same.min(folders(self.path)).min(folders(path));
        folders(self.path) + folders(path) - 2 * same
    }
}
