//! `interline eval index`: how long it takes to index a tree, to keep it indexed, and to search it.
//!
//! The one idea: each step is a process of its own, this binary again, which prints what it measured; so the memory that
//! is reported is of that step alone, and a start is a start. Indexes are in a cache that is removed at the end, and the
//! tree is only read: changes to it are pretended.
//!
//! Deliberately absent: a verdict. How the figures are drawn is `il-eval`'s.

mod beside;
mod machine;
mod pretend;
mod questions;
mod steps;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use il_eval::speed::{self, Searched, Tree};
use serde_json::Value;

use crate::{
    cli::EvalIndex,
    embedding,
    failure::{Exit, usage},
    repository::{index, tree},
    terminal::{self, ProgressBar},
};

pub(crate) fn run(args: &EvalIndex) -> anyhow::Result<Exit> {
    if let (Some(step), [dir]) = (&args.step, &args.dirs[..]) {
        let measured = steps::run(step, dir, args)?;
        terminal::print_json(&measured)?;
        return Ok(Exit::Done);
    }
    let mut roots = Vec::new();
    for dir in &args.dirs {
        let root = tree::real_directory(dir)?;
        index::check_root(&root)?;
        roots.push((dir.display().to_string(), root));
    }
    let bar = ProgressBar::steps("measuring", (roots.len() * STEPS) as u64);
    let mut trees = Vec::new();
    for (name, root) in roots {
        let mut done = trees.len() * STEPS;
        let mut say = |what: &str| {
            bar.at(done as u64, &format!("{what} {name}"));
            done += 1;
        };
        trees.push(measure(&name, &root, args, &mut say)?);
    }
    drop(bar);
    if args.json {
        terminal::print_json(&serde_json::to_value(&trees)?)?;
    } else {
        terminal::print(&speed::render(&trees))?;
    }
    Ok(Exit::Done)
}

const STEPS: usize = 5;

fn measure(
    name: &str,
    root: &Path,
    args: &EvalIndex,
    say: &mut dyn FnMut(&str),
) -> anyhow::Result<Tree> {
    let store = Store::new()?;
    say("indexing");
    let built = serde_json::from_value(step("build", root, &store, args)?)?;
    say("restarting on");
    let restarted = serde_json::from_value(step("restart", root, &store, args)?)?;
    say("searching");
    let searched: Searched = serde_json::from_value(step("search", root, &store, args)?)?;
    say("changing");
    let changed = serde_json::from_value(step("change", root, &store, args)?)?;
    say("running other programs on");
    Ok(Tree {
        name: name.to_owned(),
        embeddings: embedding::chosen(args.embeddings.as_ref(), None)?.to_string(),
        built,
        restarted,
        ripgrep: beside::ripgrep(root, &searched.asked_words)?,
        ctags: beside::ctags(root)?,
        searched,
        changed,
    })
}

/// Runs a step as a process of its own.
fn step(name: &str, root: &Path, store: &Store, args: &EvalIndex) -> anyhow::Result<Value> {
    let program = env::current_exe().context("cannot find the program itself")?;
    let mut command = Command::new(program);
    command
        .env("INTERLINE_CACHE_DIR", &store.0)
        .args(["eval", "index", "--step", name])
        .args(["--queries", &args.queries.to_string()])
        .args(["--changed", &args.changed.to_string()]);
    if let Some(choice) = &args.embeddings {
        command.args(["--embeddings", &choice.to_string()]);
    }
    command
        .arg("--")
        .arg(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = command
        .output()
        .with_context(|| format!("cannot start the step `{name}`"))?;
    if !output.status.success() {
        bail!(
            "the step `{name}` on `{}` ended with {}",
            root.display(),
            output.status
        );
    }
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("cannot read what the step `{name}` measured"))
}

/// A cache of this run alone.
struct Store(PathBuf);

impl Store {
    fn new() -> anyhow::Result<Self> {
        let folder = env::temp_dir();
        for number in 0..1000 {
            let path = folder.join(format!("interline-eval-{}-{number}", std::process::id()));
            if fs::create_dir(&path).is_ok() {
                return Ok(Self(path));
            }
        }
        Err(usage(format!(
            "cannot make a folder for the index in `{}`: set TMPDIR",
            folder.display()
        )))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "cannot remove the index that was measured");
        }
    }
}
