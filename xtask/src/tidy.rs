//! The house rules, checked: a rule that nothing checks rots.
//!
//! Each rule is a function from plain data (the crate graph, a file's path and text) to problems, so
//! that every rule has a test that shows it can fail. Reading the tree and running `cargo metadata` is done here, once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::{display, say};

mod documents;
mod graph;
mod sources;

/// A broken rule: where, and what to do about it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    place: String,
    text: String,
}

impl Problem {
    fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            text: text.into(),
        }
    }
}

/// One file of the tree, its path relative to the root.
#[derive(Debug)]
struct SourceFile {
    path: String,
    text: String,
}

pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let graph = graph::Graph::read(root)?;
    let files = read_tree(root)?;
    let mut problems = graph::check(&graph);
    for file in &files {
        problems.extend(sources::check(file, &graph));
    }
    problems.extend(sources::unused(&files, &graph));
    problems.extend(documents::check(&files, &graph, &|path| {
        root.join(path).exists()
    }));
    problems.sort();
    problems.dedup();
    for problem in &problems {
        say(&format!("{}: {}", problem.place, problem.text));
    }
    if !problems.is_empty() {
        bail!(
            "tidy found {} problem{}",
            problems.len(),
            if problems.len() == 1 { "" } else { "s" }
        );
    }
    say(&format!(
        "tidy: {} crates and {} files are in order",
        graph.crates.len(),
        files.len()
    ));
    Ok(())
}

/// Every file git knows or would add, as text; binary ones are left out.
fn read_tree(root: &Path) -> anyhow::Result<Vec<SourceFile>> {
    let mut git = std::process::Command::new("git");
    git.current_dir(root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let listed = git
        .output()
        .context("could not start `git`: tidy looks at the files that git tracks")?;
    if !listed.status.success() {
        bail!(
            "`git ls-files` failed in `{}`: tidy needs a git checkout",
            root.display()
        );
    }
    let mut files = Vec::new();
    for path in listed
        .stdout
        .split(|&byte| byte == 0)
        .filter(|it| !it.is_empty())
    {
        let path = PathBuf::from(String::from_utf8_lossy(path).into_owned());
        let full = root.join(&path);
        // Deleted but still in the index: nothing to check.
        let Ok(bytes) = fs::read(&full) else { continue };
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(SourceFile {
                path: display(&full, root),
                text,
            });
        }
    }
    Ok(files)
}
