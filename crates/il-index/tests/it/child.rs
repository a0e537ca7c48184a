//! This binary as another process: it works on an index until it is killed or has done its rounds.
//!
//! The parent says by the environment what to do; without it the test that is the child's body does nothing.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use il_index::{Folder, Options};
use il_text::CancelToken;

use crate::world::{open, scan, update, write};

const WORK: &str = "IL_INDEX_TEST_WORK";
const TREE: &str = "IL_INDEX_TEST_TREE";
const STORE: &str = "IL_INDEX_TEST_STORE";
const SEED: &str = "IL_INDEX_TEST_SEED";
/// Precedes what is meant for the parent; the test harness prints too.
const MARK: &str = "step:";

/// A process at work.
pub(crate) struct Worker {
    process: Child,
    lines: BufReader<ChildStdout>,
}

/// The command that does `work` on a tree and a store.
pub(crate) fn command(work: &str, tree: &Path, store: &Path, seed: usize) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "child::works_if_it_is_told_to", "--nocapture"])
        .env(WORK, work)
        .env(TREE, tree)
        .env(STORE, store)
        .env(SEED, seed.to_string());
    command
}

impl Worker {
    pub(crate) fn start(work: &str, tree: &Path, store: &Path, seed: usize) -> Self {
        let mut command = command(work, tree, store, seed);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    /// Waits until it has done so many steps. Gives the last one.
    pub(crate) fn wait_for(&mut self, steps: usize) -> String {
        let mut last = String::new();
        let mut seen = 0;
        while seen < steps {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended after {seen} steps: {last}");
            if let Some((_, step)) = line.split_once(MARK) {
                last = step.trim().to_owned();
                seen += 1;
            }
        }
        last
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) {
        assert_eq!(
            self.process.try_wait().unwrap(),
            None,
            "it was still at work"
        );
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits for its end, which must be a good one.
    #[track_caller]
    pub(crate) fn end(mut self) {
        // Nothing may wait for a full pipe.
        std::io::copy(&mut self.lines, &mut std::io::sink()).unwrap();
        assert!(self.process.wait().unwrap().success());
    }
}

#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub(crate) fn step(what: &str) {
    println!("{MARK}{what}");
    std::io::stdout().flush().unwrap();
}

#[test]
fn works_if_it_is_told_to() {
    let Some(work) = env::var_os(WORK) else {
        return;
    };
    let path = |name: &str| PathBuf::from(env::var_os(name).unwrap());
    let (tree, store) = (path(TREE), path(STORE));
    let seed: usize = env::var(SEED).unwrap().parse().unwrap();
    match work.to_str().unwrap() {
        "index" => index(&tree, &store),
        "update" => change(&tree, &store, seed, usize::MAX),
        "share" => change(&tree, &store, seed, 12),
        "full disk" => crate::disk::fill(&tree, &store),
        "read-only disk" => crate::disk::read_only(&tree, &store),
        other => panic!("no such work: {other}"),
    }
}

/// Indexes the tree in many slices, saving at each; then again with what is there, for ever.
fn index(tree: &Path, store: &Path) {
    let options = Options {
        slice_bytes: 300,
        ..Options::default()
    };
    loop {
        let (index, _) = open(store, tree, options.clone());
        step("opened");
        let source = Folder {
            root: tree.to_path_buf(),
        };
        let difference = index.difference(scan(tree));
        let save = |_| {
            index.save().unwrap();
            step("saved");
        };
        let (changed, removed) = (difference.changed, difference.removed);
        index.update(&changed, &removed, &source, &save, &CancelToken::new());
        index.maintain(&CancelToken::new());
        index.save().unwrap();
        step("done");
        // All of it once more: as a tree whose every file was touched.
        for (path, _) in scan(tree) {
            let text = std::fs::read(tree.join(&path)).unwrap();
            std::fs::write(tree.join(&path), text).unwrap();
        }
    }
}

/// Changes some files, updates, saves; so many times.
fn change(tree: &Path, store: &Path, seed: usize, rounds: usize) {
    let (index, _) = open(store, tree, Options::default());
    step("opened");
    for round in 0..rounds {
        for n in 0..7 {
            write(tree, (seed + round * 13 + n * 5) % 60, seed + round);
        }
        update(&index, tree);
        step("updated");
        index.save().unwrap();
        step("saved");
        index.maintain(&CancelToken::new());
        step("merged");
    }
}
