//! A working tree on the disk with a place for its index, and what an index says of it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use il_index::{Folder, Index, Options, Problem, Source as _, Stamp, Stats};
use il_retrieval::{EmbedError, Embedder, Purpose};
use il_text::CancelToken;
use tempfile::TempDir;

pub(crate) struct World {
    _dir: TempDir,
    pub(crate) tree: PathBuf,
    pub(crate) store: PathBuf,
}

impl World {
    pub(crate) fn empty() -> Self {
        let dir = TempDir::new().unwrap();
        let (tree, store) = (dir.path().join("tree"), dir.path().join("store"));
        fs::create_dir(&tree).unwrap();
        Self {
            _dir: dir,
            tree,
            store,
        }
    }

    /// With this many small files.
    pub(crate) fn with(files: usize) -> Self {
        let world = Self::empty();
        for n in 0..files {
            write(&world.tree, n, 0);
        }
        world
    }

    pub(crate) fn open(&self) -> (Index, Vec<Problem>) {
        open(&self.store, &self.tree, Options::default())
    }

    /// What a fresh index says of the tree.
    pub(crate) fn fresh(&self) -> Dump {
        let (index, _) = Index::open(None, &self.tree, Some(embedder()), Options::default());
        update(&index, &self.tree);
        dump(&index)
    }

    /// Brings an index up to date and checks that it is what a fresh one is, also after it is saved.
    #[track_caller]
    pub(crate) fn check(&self, index: Index) {
        update(&index, &self.tree);
        let fresh = self.fresh();
        assert!(dump(&index) == fresh, "it is not what a fresh index is");
        index.maintain(&CancelToken::new());
        index.save().unwrap();
        drop(index);
        let (again, problems) = self.open();
        assert_eq!(problems, []);
        assert!(dump(&again) == fresh, "it is not what was saved");
    }
}

/// Writes the file of a number as it is in a generation; a few go away and come back.
pub(crate) fn write(tree: &Path, n: usize, generation: usize) {
    let path = tree.join(path(n));
    if (n + generation) % 11 == 10 {
        let _ = fs::remove_file(path);
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text(n, generation)).unwrap();
}

pub(crate) fn path(n: usize) -> String {
    let ending = ["rs", "py", "go"][n % 3];
    format!("part{}/file{n}.{ending}", n % 7)
}

pub(crate) fn text(n: usize, generation: usize) -> String {
    let mut text = String::new();
    for f in 0..1 + (n + generation) % 5 {
        let _ = match n % 3 {
            0 => writeln!(
                text,
                "fn load_{n}_{f}(x: u32) -> u32 {{\n    x + {generation}\n}}\n"
            ),
            1 => writeln!(text, "def load_{n}_{f}(x):\n    return x + {generation}\n"),
            _ => writeln!(
                text,
                "func Load{n}_{f}(x int) int {{\n\treturn x + {generation}\n}}\n"
            ),
        };
    }
    text
}

pub(crate) fn open(store: &Path, tree: &Path, options: Options) -> (Index, Vec<Problem>) {
    Index::open(Some(store), tree, Some(embedder()), options)
}

/// Every file below a directory, with its stamp.
pub(crate) fn scan(tree: &Path) -> Vec<(String, Stamp)> {
    let source = Folder {
        root: tree.to_path_buf(),
    };
    let mut found = Vec::new();
    let mut open = vec![tree.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
                continue;
            }
            let path = entry.path();
            let path = path.strip_prefix(tree).unwrap().to_str().unwrap();
            found.extend(source.stamp(path).map(|stamp| (path.to_owned(), stamp)));
        }
    }
    found
}

pub(crate) fn update(index: &Index, tree: &Path) -> il_index::Report {
    let difference = index.difference(scan(tree));
    let source = Folder {
        root: tree.to_path_buf(),
    };
    let (changed, removed) = (difference.changed, difference.removed);
    index.update(&changed, &removed, &source, &|_| {}, &CancelToken::new())
}

/// All that an index says: stamps, texts, and how much was found in them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dump {
    known: BTreeMap<String, Stamp>,
    texts: BTreeMap<String, String>,
    files_chunks_symbols: [usize; 3],
}

#[track_caller]
pub(crate) fn dump(index: &Index) -> Dump {
    let view = index.view();
    let paths = view.paths();
    assert!(paths.is_sorted_by(|a, b| a < b), "a path is alive twice");
    let text = |path: String| {
        let text = view.text(&path).expect("it is alive");
        (path, text)
    };
    let Stats {
        files,
        chunks,
        symbols,
        ..
    } = index.stats();
    Dump {
        known: index.known(),
        texts: paths.into_iter().map(text).collect(),
        files_chunks_symbols: [files, chunks, symbols],
    }
}

/// Vectors from the first bytes of a passage: they are on the disk like everything else.
#[derive(Debug)]
struct Bytes;

pub(crate) fn embedder() -> Arc<dyn Embedder> {
    Arc::new(Bytes)
}

impl Embedder for Bytes {
    fn model(&self) -> &str {
        "bytes-1"
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn embed(
        &self,
        _: Purpose,
        texts: &[&str],
        _: &CancelToken,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let vector = |text: &&str| {
            let bytes = text.bytes().chain(std::iter::repeat(1));
            bytes.take(16).map(f32::from).collect()
        };
        Ok(texts.iter().map(vector).collect())
    }
}

/// Whether the slow tests are wanted.
pub(crate) fn slow() -> bool {
    std::env::var_os("RUN_SLOW_TESTS").is_some()
}

/// Says that a check was left out, or what it found; nothing may be left out silently.
#[expect(clippy::print_stderr, reason = "a check left out must be visible")]
pub(crate) fn say(what: &str) {
    eprintln!("{what}");
}
