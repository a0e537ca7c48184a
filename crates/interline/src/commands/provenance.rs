//! `interline provenance`: known code, and which of it a text repeats.
//!
//! Deliberately absent: fingerprints and files (`il-provenance`), and what becomes of a suggestion (`il-screen`).

mod render;

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Instant,
};

use il_provenance::{Filter, Licence, Match, Problem, Tree};
use il_screen::fingerprint::Grain;
use serde_json::json;

use crate::{
    cli::{Provenance, ProvenanceBuild, ProvenanceCheck, ProvenanceShow},
    failure::{Exit, usage},
    repository::tree,
    screening,
    terminal::{self, ProgressBar},
};

pub(crate) fn run(args: &Provenance) -> anyhow::Result<Exit> {
    match args {
        Provenance::Build(args) => build(args),
        Provenance::Show(args) => show(args),
        Provenance::Check(args) => check(args),
    }
}

/// A reference, and what became of its building.
struct Made<'a> {
    path: &'a Path,
    bytes: u64,
    seconds: f64,
}

fn build(args: &ProvenanceBuild) -> anyhow::Result<Exit> {
    let licence = match args.licence.as_str() {
        "auto" => Licence::Auto,
        named => Licence::Is(named.to_owned()),
    };
    let mut trees = Vec::new();
    for dir in &args.dirs {
        trees.push(Tree {
            folder: tree::real_directory(dir)?,
            licence: licence.clone(),
        });
    }
    let first = trees[0].folder.file_name();
    let name = args.name.clone().unwrap_or_else(|| {
        first.map_or_else(|| "reference".to_owned(), |it| it.to_string_lossy().into())
    });
    let path = match &args.output {
        Some(path) => path.clone(),
        None => {
            let folder = screening::directory().map_err(anyhow::Error::msg)?;
            fs::create_dir_all(&folder)
                .map_err(|why| anyhow::anyhow!("cannot make `{}`: {why}", folder.display()))?;
            folder.join(format!("{}.ilref", file_name(&name)))
        }
    };
    let started = Instant::now();
    let bar: OnceLock<ProgressBar> = OnceLock::new();
    let progress = |it: il_provenance::Progress| {
        let bar = bar.get_or_init(|| ProgressBar::steps("reading", it.files as u64));
        bar.at(it.done as u64, "reading");
    };
    let built = il_provenance::build(&name, &trees, Grain::SHIPPED, &progress);
    drop(bar);
    let built = built.map_err(|why| match why {
        Problem::TooLarge => anyhow::anyhow!("{why}"),
        Problem::NoFolder(_) | Problem::NoLicence(_) => usage(why),
    })?;
    let summary = built.filter.summary();
    if summary.fingerprints == 0 {
        terminal::say("no reference: there is no code in there that could be told from other code");
        return Ok(Exit::Nothing);
    }
    let bytes = il_provenance::write(&path, &built.filter)?;
    let made = Made {
        path: &path,
        bytes,
        seconds: started.elapsed().as_secs_f64(),
    };
    if args.verbose {
        for (file, why) in &built.left_out {
            terminal::say(&format!("`{}` {why}", file.display()));
        }
    }
    if args.json {
        let mut document = render::document(&path, &summary);
        document["bytes"] = json!(bytes);
        document["seconds"] = json!(made.seconds);
        document["left_out"] = json!(built.left_out.len());
        terminal::print_json(&document)?;
    } else {
        terminal::print(&render::built(&made, &summary, built.left_out.len()))?;
    }
    Ok(Exit::Done)
}

/// A name as a file can have it.
fn file_name(name: &str) -> String {
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = name
        .chars()
        .map(|c| if sound(c) { c } else { '-' })
        .take(60)
        .collect();
    let name = name.trim_matches(['.', '-']);
    if name.is_empty() { "reference" } else { name }.to_owned()
}

/// These files, or the installed ones.
fn wanted(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let folder = screening::directory().map_err(anyhow::Error::msg)?;
    il_provenance::installed(&folder)
        .map_err(|why| anyhow::anyhow!("cannot list `{}`: {why}", folder.display()))
}

const HOW: &str = "make one with `interline provenance build DIR…`";

fn show(args: &ProvenanceShow) -> anyhow::Result<Exit> {
    let files = wanted(&args.files)?;
    let mut all_well = true;
    let mut read = Vec::new();
    for path in &files {
        match Filter::open(path) {
            Ok(filter) => read.push((path, filter.summary())),
            Err(why) => {
                all_well = false;
                terminal::warning(&why.to_string());
            }
        }
    }
    if args.json {
        let rows = read.iter().map(|(path, it)| render::document(path, it));
        terminal::print_json(&json!({ "references": rows.collect::<Vec<_>>() }))?;
    } else {
        for (path, summary) in &read {
            terminal::print(&render::summary(path, summary))?;
        }
    }
    if files.is_empty() {
        terminal::say(&format!("no reference is installed: {HOW}"));
    }
    Ok(if all_well && !read.is_empty() {
        Exit::Done
    } else {
        Exit::Nothing
    })
}

fn check(args: &ProvenanceCheck) -> anyhow::Result<Exit> {
    let (text, language) = subject(args)?;
    let files = wanted(&args.with)?;
    if files.is_empty() {
        return Err(usage(format!("no reference is installed: {HOW}")));
    }
    let mut matches: Vec<Match> = Vec::new();
    for path in &files {
        let filter = Filter::open(path)?;
        matches.extend(filter.matches(language, &text, usize::from(args.lexemes)));
    }
    matches.sort_by_key(|it| (*it.lines.start(), std::cmp::Reverse(it.lexemes)));
    if args.json {
        let rows: Vec<_> = matches.iter().map(render::found).collect();
        terminal::print_json(&json!({ "file": args.file, "language": language, "matches": rows }))?;
    } else {
        for it in &matches {
            terminal::print(&render::line(&args.file, it))?;
        }
    }
    if matches.is_empty() {
        terminal::say("nothing of it is known");
        return Ok(Exit::Done);
    }
    Ok(Exit::Nothing)
}

/// The text to check, and its language.
fn subject(args: &ProvenanceCheck) -> anyhow::Result<(String, &'static str)> {
    let text = if args.file == "-" {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|why| usage(format!("cannot read stdin: {why}")))?;
        text
    } else {
        tree::read_text(Path::new(&args.file), &args.file)?
    };
    let Some(named) = &args.language else {
        if args.file == "-" {
            return Err(usage(
                "the language of stdin is not known: name it with `--language`",
            ));
        }
        return Ok((text.clone(), tree::language(&args.file, &text)));
    };
    match il_lang::registry().by_id(named) {
        Some(language) => Ok((text, language.id)),
        None => Err(usage(format!("no such language: `{named}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_makes_a_file_name() {
        assert_eq!(file_name("registry/src"), "registry-src");
        assert_eq!(file_name("../.."), "reference");
        assert_eq!(file_name("crates.io 2026"), "crates.io-2026");
    }
}
