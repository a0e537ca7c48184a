//! `cargo xtask eval-data`: the sources that the evaluation runs on, fetched by name and checked.
//!
//! The one idea: a suite is a file that pins each archive by registry, name, version and SHA-256; the
//! registries' own clients fetch (they know their mirrors and proxies), this module checks and unpacks.
//! Everything lands in `eval/data`, which git ignores; what is there already is left alone.
//!
//! Deliberately absent: downloading by address, and choosing versions.

mod fetch;
mod recipes;
mod suite;
mod unpack;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::{say, tools};
use recipes::Recipes;
use suite::{Repository, Suite};

const USAGE: &str = "\
usage: cargo xtask eval-data [--only SUITE]… [--language LANGUAGE]… [--recipes FOLDER]

Fetches the sources of the suites in eval/suites into eval/data/SUITE/REPOSITORY and makes the cases of
suites that have some: eval/data/SUITE.jsonl.

  --only SUITE          this suite alone, for example dev
  --language LANGUAGE   repositories in this language alone; Go and Java need Debian's apt-get
  --recipes FOLDER      run the published recipes' scripts of this folder as well, which make
                        eval/data/SUITE.completion.jsonl, SUITE.functions.jsonl and SUITE.docquery.jsonl
";

pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    let Some(wanted) = Wanted::parse(args)? else {
        say(USAGE);
        return Ok(());
    };
    let root = tools::workspace_root();
    let data = root.join("eval/data");
    let suites = read_suites(&root.join("eval/suites"), &wanted)?;
    fs::create_dir_all(&data)
        .with_context(|| format!("could not make the folder `{}`", data.display()))?;
    let recipes = wanted.recipes.as_deref();
    let recipes = recipes
        .map(|it| Recipes::open(it, &root, &data))
        .transpose()?;
    for suite in &suites {
        let folder = data.join(&suite.name);
        fs::create_dir_all(&folder)
            .with_context(|| format!("could not make the folder `{}`", folder.display()))?;
        for repository in &suite.repositories {
            if wanted.languages.is_empty() || wanted.languages.contains(&repository.language) {
                ensure(repository, suite, &data)
                    .with_context(|| format!("repository `{}`", repository.name))?;
            }
        }
        if suite.cases {
            make_cases(&folder, &data.join(format!("{}.jsonl", suite.name)))?;
        }
        if let Some(recipes) = &recipes {
            let what = || format!("the recipes' cases of `{}`", suite.name);
            recipes.make(suite, &data).with_context(what)?;
        }
        say(&format!(
            "`{}` is in `{}`",
            suite.name,
            crate::display(&folder, &root)
        ));
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Wanted {
    suites: Vec<String>,
    languages: Vec<String>,
    recipes: Option<PathBuf>,
}

impl Wanted {
    /// `None` when help was asked for.
    fn parse(args: &[String]) -> anyhow::Result<Option<Self>> {
        let mut wanted = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if matches!(arg.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            if !matches!(arg.as_str(), "--only" | "--language" | "--recipes") {
                bail!("unknown argument `{arg}`\n\n{USAGE}");
            }
            let value = args
                .next()
                .with_context(|| format!("`{arg}` needs a value\n\n{USAGE}"))?;
            match arg.as_str() {
                "--only" => wanted.suites.push(value.clone()),
                "--language" => wanted.languages.push(value.clone()),
                _ => wanted.recipes = Some(value.into()),
            }
        }
        if wanted.recipes.is_some() && !wanted.languages.is_empty() {
            bail!("the recipes draw from the whole suite: leave `--language` out");
        }
        Ok(Some(wanted))
    }
}

fn read_suites(folder: &Path, wanted: &Wanted) -> anyhow::Result<Vec<Suite>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("could not read the folder `{}`", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    let suites: anyhow::Result<Vec<Suite>> = paths.iter().map(|it| Suite::read(it)).collect();
    let mut suites = suites?;
    for name in &wanted.suites {
        if !suites.iter().any(|it| it.name == *name) {
            let known: Vec<&str> = suites.iter().map(|it| &*it.name).collect();
            bail!(
                "the suite `{name}` is unknown; known are {}",
                known.join(", ")
            );
        }
    }
    suites.retain(|it| wanted.suites.is_empty() || wanted.suites.contains(&it.name));
    Ok(suites)
}

/// Fetches and unpacks a repository unless exactly this is there already.
fn ensure(repository: &Repository, suite: &Suite, data: &Path) -> anyhow::Result<()> {
    let folder = data.join(&suite.name);
    let target = folder.join(&repository.name);
    // Beside the repository, not in it: an engine opens the folder as it is.
    let stamp = folder.join(format!(".{}.stamp", repository.name));
    let wanted = repository.fingerprint();
    if target.is_dir() && fs::read_to_string(&stamp).is_ok_and(|it| it == wanted) {
        return Ok(());
    }
    say(&format!("fetching `{}`", repository.name));
    let aside = folder.join(format!(".{}.partial", repository.name));
    remove(&aside)?;
    let mut files = 0;
    for archive in &repository.archives {
        let path = fetch::archive(archive, &suite.path, data)?;
        files += unpack::archive(archive, &path, &repository.language, &aside)
            .with_context(|| format!("could not unpack `{}`", path.display()))?;
    }
    if files == 0 {
        bail!(
            "no file in {} is left by `include` and `exclude` in `{}`",
            repository.language,
            suite.path.display()
        );
    }
    remove(&target)?;
    fs::rename(&aside, &target)
        .with_context(|| format!("could not move the sources to `{}`", target.display()))?;
    fs::write(&stamp, wanted).with_context(|| format!("could not write `{}`", stamp.display()))
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("could not remove `{}`", folder.display()))?;
    }
    Ok(())
}

fn make_cases(repositories: &Path, cases: &PathBuf) -> anyhow::Result<()> {
    let mut command = tools::cargo();
    command
        .args(["run", "--quiet", "-p", "il-eval", "--bin", "eval-cases"])
        .arg(repositories)
        .arg(cases);
    tools::run(&mut command)
}

#[cfg(test)]
mod tests;
