//! A reference that can be asked.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use il_screen::{
    Origin, Reference,
    copies::{self, Files},
    fingerprint::Grain,
    lexeme,
};

use crate::{
    fuse::Shape,
    store::{self, StoreError},
};

/// What reference files are called.
const ENDING: &str = "ilref";

/// Code that is known, in one piece of memory.
pub struct Filter {
    pub(crate) name: String,
    pub(crate) grain: Grain,
    pub(crate) lines: u64,
    pub(crate) lexemes: u64,
    pub(crate) keys: u64,
    /// Names and licences.
    pub(crate) packages: Vec<(Arc<str>, Arc<str>)>,
    pub(crate) files: Vec<Of>,
    /// Files of keys that several have; the empty one is of keys that very many have.
    pub(crate) lists: Vec<Vec<u32>>,
    /// 0, 1, 2 …: lists of one.
    pub(crate) numbers: Vec<u32>,
    pub(crate) shape: Shape,
    pub(crate) bits: Box<[u8]>,
}

/// A file of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Of {
    pub package: u32,
    /// Inside of the package.
    pub path: Arc<str>,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter")
            .field("name", &self.name)
            .field("keys", &self.keys)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

/// What a reference holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub name: String,
    pub packages: usize,
    pub files: usize,
    pub lines: u64,
    pub lexemes: u64,
    pub fingerprints: u64,
    /// Files of each licence.
    pub licences: BTreeMap<String, usize>,
}

/// A part of a text that a reference has, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Lines of the text, counted from 1.
    pub lines: std::ops::RangeInclusive<usize>,
    /// So many lexemes at least.
    pub lexemes: usize,
    pub origin: Origin,
}

impl Filter {
    /// Reads a file.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        store::read(path)
    }

    pub fn summary(&self) -> Summary {
        let mut licences = BTreeMap::new();
        for file in &self.files {
            let (_, licence) = &self.packages[file.package as usize];
            *licences.entry(licence.to_string()).or_insert(0) += 1;
        }
        let mut names: Vec<&str> = self.packages.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        names.dedup();
        Summary {
            name: self.name.clone(),
            packages: names.len(),
            files: self.files.len(),
            lines: self.lines,
            lexemes: self.lexemes,
            fingerprints: self.keys,
            licences,
        }
    }

    /// What of a text is known, place by place: for each the longest.
    pub fn matches(&self, language: &str, text: &str, least: usize) -> Vec<Match> {
        let lexemes = lexeme::of_language(language).read(text);
        let mut found: Vec<(std::ops::Range<usize>, Match)> = Vec::new();
        for stretch in copies::stretches(self, &lexemes, least) {
            // The longest come first; what lies within one of them is the same place.
            let within = |(it, _): &(std::ops::Range<usize>, Match)| {
                it.start <= stretch.lexemes.start && stretch.lexemes.end <= it.end
            };
            if found.iter().any(within) {
                continue;
            }
            let line = |at: u32| text[..at as usize].matches('\n').count() + 1;
            let first = line(lexemes[stretch.lexemes.start].start);
            let last = line(lexemes[stretch.lexemes.end - 1].start);
            let known = Match {
                lines: first..=last,
                lexemes: stretch.lexemes.len(),
                origin: self.origin(stretch.file),
            };
            found.push((stretch.lexemes, known));
        }
        found.sort_by_key(|(it, _)| it.start);
        found.into_iter().map(|(_, known)| known).collect()
    }
}

impl Reference for Filter {
    fn grain(&self) -> Grain {
        self.grain
    }

    fn files(&self, key: u64) -> Files<'_> {
        let Some(number) = self.shape.get(&self.bits, key) else {
            return Files::None;
        };
        let number = number as usize;
        if number < self.numbers.len() {
            return Files::Some(&self.numbers[number..=number]);
        }
        match self.lists.get(number - self.numbers.len()) {
            // A number that nobody was given: a key that is not there passed.
            None => Files::None,
            Some(list) if list.is_empty() => Files::Many,
            Some(list) => Files::Some(list),
        }
    }

    fn origin(&self, file: u32) -> Origin {
        let of = &self.files[file as usize];
        let (name, licence) = &self.packages[of.package as usize];
        Origin {
            name: Arc::clone(name),
            licence: Arc::clone(licence),
            path: Arc::clone(&of.path),
        }
    }
}

/// The reference files of a folder, by name; none where there is no folder.
pub fn installed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|it| it == ENDING))
        .collect();
    files.sort();
    Ok(files)
}
