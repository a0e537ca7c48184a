//! A repository as the published retrievers cut it: ten lines that are not blank, one after another.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use rustc_hash::FxHashMap;

use crate::coverage::{Chunk, simple};

const LINES: usize = 10;

/// Which files count, by language.
const ENDINGS: [(&str, &[&str]); 5] = [
    ("python", &[".py"]),
    ("rust", &[".rs"]),
    ("typescript", &[".ts", ".tsx"]),
    ("go", &[".go"]),
    ("java", &[".java"]),
];

/// A repository in pieces.
pub(super) struct Repository {
    pub(super) paths: Vec<String>,
    /// One for each path.
    pub(super) texts: Vec<String>,
    pub(super) pieces: Vec<Piece>,
    numbers: FxHashMap<String, u32>,
}

/// Some lines of a file.
pub(super) struct Piece {
    pub(super) file: usize,
    /// From one on.
    pub(super) lines: Vec<u32>,
    pub(super) text: String,
    /// Each word's number and how often it is here, in the order of the text.
    pub(super) words: Vec<(u32, u32)>,
    /// How many words there are.
    pub(super) len: u32,
}

impl Repository {
    pub(super) fn read(root: &Path, lang: &str) -> anyhow::Result<Self> {
        let Some((_, endings)) = ENDINGS.iter().find(|it| it.0 == lang) else {
            bail!("the baselines know no language `{lang}`");
        };
        let mut repository = Self {
            paths: Vec::new(),
            texts: Vec::new(),
            pieces: Vec::new(),
            numbers: FxHashMap::default(),
        };
        repository.walk(root, root, endings)?;
        for file in 0..repository.paths.len() {
            repository.cut(file);
        }
        Ok(repository)
    }

    /// In the order of Python's `os.walk`, sorted: a folder's files, then its folders. Equal scores keep this order.
    fn walk(&mut self, root: &Path, folder: &Path, endings: &[&str]) -> anyhow::Result<()> {
        let cannot = || format!("could not read the folder `{}`", folder.display());
        let mut entries: Vec<(String, PathBuf)> = Vec::new();
        for entry in fs::read_dir(folder).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            entries.push((entry.file_name().to_string_lossy().into(), entry.path()));
        }
        entries.sort();
        for (name, path) in &entries {
            let counts = endings.iter().any(|it| name.ends_with(it)) && !name.ends_with(".d.ts");
            if counts && path.is_file() {
                let bytes = fs::read(path)
                    .with_context(|| format!("could not read `{}`", path.display()))?;
                let inside = path.strip_prefix(root).unwrap_or(path);
                self.paths.push(inside.to_string_lossy().replace('\\', "/"));
                // As Python opens a text.
                let text = String::from_utf8_lossy(&bytes);
                self.texts
                    .push(text.replace("\r\n", "\n").replace('\r', "\n"));
            }
        }
        for (_, path) in &entries {
            if path.is_dir() && !path.is_symlink() {
                self.walk(root, path, endings)?;
            }
        }
        Ok(())
    }

    fn cut(&mut self, file: usize) {
        let text = std::mem::take(&mut self.texts[file]);
        let lines = (1..)
            .zip(text.split('\n'))
            .filter(|it| !simple::is_blank(it.1));
        let lines: Vec<(u32, &str)> = lines.collect();
        for lines in lines.chunks(LINES) {
            let text: Vec<&str> = lines.iter().map(|it| it.1).collect();
            let text = text.join("\n");
            let (words, len) = self.count(&text);
            if len > 0 {
                self.pieces.push(Piece {
                    file,
                    lines: lines.iter().map(|it| it.0).collect(),
                    text,
                    words,
                    len,
                });
            }
        }
        self.texts[file] = text;
    }

    /// Each word's number and count, new words included, and how many words there are.
    pub(super) fn count(&mut self, text: &str) -> (Vec<(u32, u32)>, u32) {
        let mut counter = Counter::default();
        for word in simple::words(text) {
            let next = self.numbers.len() as u32;
            let number = match self.numbers.get(word) {
                Some(&number) => number,
                None => *self.numbers.entry(word.to_owned()).or_insert(next),
            };
            counter.add(number);
        }
        counter.done()
    }

    /// The same of a query: words that are nowhere are left out.
    pub(super) fn count_known(&self, text: &str) -> (Vec<(u32, u32)>, u32) {
        let mut counter = Counter::default();
        let words = simple::words(text).filter_map(|it| self.numbers.get(it));
        words.for_each(|&it| counter.add(it));
        counter.done()
    }

    /// How many words there are.
    pub(super) fn word_count(&self) -> usize {
        self.numbers.len()
    }

    pub(super) fn chunk(&self, piece: &Piece) -> Chunk {
        Chunk {
            path: self.paths[piece.file].clone(),
            lines: piece.lines.clone(),
            text: piece.text.clone(),
        }
    }
}

/// Python's `Counter`: in the order of first places.
#[derive(Default)]
struct Counter {
    at: FxHashMap<u32, usize>,
    counts: Vec<(u32, u32)>,
    all: u32,
}

impl Counter {
    fn add(&mut self, number: u32) {
        let at = *self.at.entry(number).or_insert(self.counts.len());
        if at == self.counts.len() {
            self.counts.push((number, 0));
        }
        self.counts[at].1 += 1;
        self.all += 1;
    }

    fn done(self) -> (Vec<(u32, u32)>, u32) {
        (self.counts, self.all)
    }
}
