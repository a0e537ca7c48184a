//! What the index knows after what happened, on a tree in memory and a store on a real disk.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use il_text::CancelToken;
use tempfile::TempDir;

use super::*;

mod any_order;
mod embedding;
mod freshness;
mod merging;
mod private;
mod saving;

const ROOT: &str = "/home/me/app";

/// A tree in memory that counts what is read of it.
#[derive(Default)]
struct Tree {
    files: Mutex<BTreeMap<String, (Stamp, String)>>,
    clock: AtomicUsize,
    read: AtomicUsize,
}

impl Tree {
    fn of(files: &[(&str, &str)]) -> Self {
        let tree = Self::default();
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    fn write(&self, path: &str, text: &str) {
        let mtime_ns = self.clock.fetch_add(1, Ordering::Relaxed) as i64;
        let stamp = Stamp {
            size: text.len() as u64,
            mtime_ns,
        };
        lock(&self.files).insert(path.into(), (stamp, text.into()));
    }

    fn remove(&self, path: &str) {
        lock(&self.files).remove(path);
    }

    fn scan(&self) -> Vec<(String, Stamp)> {
        let files = lock(&self.files);
        files.iter().map(|it| (it.0.clone(), it.1.0)).collect()
    }

    /// How many texts were read since it was last asked.
    fn reads(&self) -> usize {
        self.read.swap(0, Ordering::Relaxed)
    }
}

impl Source for Tree {
    fn stamp(&self, path: &str) -> Option<Stamp> {
        lock(&self.files).get(path).map(|it| it.0)
    }

    fn text(&self, path: &str) -> io::Result<Option<String>> {
        self.read.fetch_add(1, Ordering::Relaxed);
        let files = lock(&self.files);
        let (_, text) = files.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok((!text.starts_with("binary")).then(|| text.clone()))
    }
}

fn open(dir: &TempDir) -> Index {
    let options = Options::default();
    let (index, problems) = Index::open(Some(dir.path()), Path::new(ROOT), None, options);
    assert_eq!(problems, []);
    index
}

fn in_memory() -> Index {
    Index::open(None, Path::new(ROOT), None, Options::default()).0
}

/// Brings the index up to date with the tree.
fn update(index: &Index, tree: &Tree) -> Report {
    let Difference { changed, removed } = index.difference(tree.scan());
    index.update(&changed, &removed, tree, &|_| {}, &CancelToken::new())
}

/// Every file with its text, each path once.
#[track_caller]
fn texts(view: &View) -> BTreeMap<String, String> {
    let paths = view.paths();
    assert!(
        paths.is_sorted_by(|a, b| a < b),
        "a path is alive twice: {paths:?}"
    );
    let text = |path: String| {
        let text = view.text(&path).expect("it is alive");
        (path, text)
    };
    paths.into_iter().map(text).collect()
}

/// The same, as text.
#[track_caller]
fn shown(view: &View) -> String {
    let lines: Vec<String> = texts(view)
        .into_iter()
        .map(|(path, text)| format!("{path}: {text}"))
        .collect();
    lines.join("; ")
}
