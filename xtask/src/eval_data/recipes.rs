//! Cases by the published recipes: runs their scripts on a suite that was fetched.
//!
//! The one idea: the scripts are used as they are, in a scratch folder laid out as they want it and with the libraries
//! that they were written against, so that the cases are theirs to the byte. What was made is remembered by the checksums of
//! everything that it depends on; the same again is not made again.
//!
//! Deliberately absent: the scripts. Whoever has them names their folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{remove, suite::Suite};
use crate::{say, tools};

/// What decides about the cases; the first two are run.
const SCRIPTS: [&str; 3] = ["build_completion.py", "build_retrieval.py", "langs.py"];

/// What the scripts write, and what it is called in `eval/data`.
const RESULTS: [(&str, &str); 3] = [
    ("completion.dev.jsonl", "completion.jsonl"),
    ("functions.dev.jsonl", "functions.jsonl"),
    ("docquery.dev.jsonl", "docquery.jsonl"),
];

/// The scripts, and the Python that runs them.
#[derive(Debug)]
pub(super) struct Recipes {
    folder: PathBuf,
    python: PathBuf,
    /// Of the scripts and the libraries.
    checksum: String,
}

impl Recipes {
    /// Finds the scripts and gets what they need.
    pub(super) fn open(folder: &Path, root: &Path, data: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        let folder = fs::canonicalize(folder)
            .with_context(|| format!("could not open the recipes' folder `{shown}`"))?;
        let requirements = root.join("eval/recipes-requirements.txt");
        let mut hash = Sha256::new();
        for script in SCRIPTS {
            let path = folder.join(script);
            let text = fs::read(&path).with_context(|| {
                format!(
                    "could not read `{}`: `--recipes` names the folder that holds {}",
                    path.display(),
                    SCRIPTS.join(", ")
                )
            })?;
            hash.update(text);
        }
        let libraries = fs::read_to_string(&requirements)
            .with_context(|| format!("could not read `{}`", requirements.display()))?;
        hash.update(&libraries);
        Ok(Self {
            python: environment(&data.join(".venv"), &requirements, &libraries)?,
            folder,
            checksum: hexadecimal(hash),
        })
    }

    /// Makes the cases of a suite whose repositories are all there.
    pub(super) fn make(&self, suite: &Suite, data: &Path) -> anyhow::Result<()> {
        let target = |name: &str| data.join(format!("{}.{name}", suite.name));
        let stamp = data.join(format!(".{}.recipes.stamp", suite.name));
        let wanted = self.fingerprint(suite);
        let is_there = RESULTS.iter().all(|it| target(it.1).is_file());
        if is_there && fs::read_to_string(&stamp).is_ok_and(|it| it == wanted) {
            return Ok(());
        }
        let scratch = data.join(".recipes").join(&suite.name);
        remove(&scratch)?;
        lay_out(&scratch.join("build"), suite, data)?;
        for script in &SCRIPTS[..2] {
            let mut command = Command::new(&self.python);
            command
                .current_dir(&scratch)
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("PYTHONHASHSEED", "0")
                .arg(self.folder.join(script));
            tools::run(&mut command)?;
        }
        for (made, name) in RESULTS {
            let (made, target) = (scratch.join("build").join(made), target(name));
            fs::rename(&made, &target)
                .with_context(|| format!("could not keep `{}`", target.display()))?;
        }
        remove(&scratch)?;
        fs::write(&stamp, wanted)
            .with_context(|| format!("could not write `{}`", stamp.display()))?;
        say(&format!(
            "made the recipes' cases of `{}`: `{}`, …",
            suite.name,
            target(RESULTS[0].1).display()
        ));
        Ok(())
    }

    fn fingerprint(&self, suite: &Suite) -> String {
        let mut hash = Sha256::new();
        for repository in &suite.repositories {
            hash.update(repository.fingerprint());
        }
        format!("{} {}\n", self.checksum, hexadecimal(hash))
    }
}

/// The scratch folder as the scripts want it: a list of repositories in the suite's order, and a link to each.
pub(super) fn lay_out(build: &Path, suite: &Suite, data: &Path) -> anyhow::Result<()> {
    let repositories = build.join("repos");
    fs::create_dir_all(&repositories)
        .with_context(|| format!("could not make the folder `{}`", repositories.display()))?;
    let mut list = Vec::new();
    for it in &suite.repositories {
        let source = data.join(&suite.name).join(&it.name);
        if !source.is_dir() {
            bail!(
                "`{}` is missing: the recipes draw from the whole suite",
                source.display()
            );
        }
        link(&source, &repositories.join(&it.name))?;
        list.push(json!({
            "repo": it.name, "split": "dev", "lang": it.language, "kind": "dir", "src": source,
        }));
    }
    let path = build.join("repos.json");
    fs::write(&path, json!(list).to_string())
        .with_context(|| format!("could not write `{}`", path.display()))
}

#[cfg(unix)]
fn link(source: &Path, link: &Path) -> anyhow::Result<()> {
    std::os::unix::fs::symlink(source, link)
        .with_context(|| format!("could not make the link `{}`", link.display()))
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> anyhow::Result<()> {
    bail!("the recipes' scripts are run on Linux and macOS only")
}

/// The Python of an environment with exactly these libraries.
fn environment(folder: &Path, requirements: &Path, wanted: &str) -> anyhow::Result<PathBuf> {
    let python = folder.join("bin/python");
    let stamp = folder.join("requirements.txt");
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|it| it == wanted) {
        return Ok(python);
    }
    let system = tools::find_any(&["python3", "python"])
        .context("`python3` is missing: install Python 3.11 or later with venv")?;
    remove(folder)?;
    tools::run(Command::new(system).args(["-m", "venv"]).arg(folder))?;
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--only-binary=:all:"])
        .args(["--disable-pip-version-check", "-r"])
        .arg(requirements);
    tools::run(&mut install)?;
    fs::write(&stamp, wanted).with_context(|| format!("could not write `{}`", stamp.display()))?;
    Ok(python)
}

fn hexadecimal(hash: Sha256) -> String {
    let bytes = hash.finalize();
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}
