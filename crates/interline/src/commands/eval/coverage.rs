//! `interline eval coverage`: runs the recipes' cases through the retrieval for a cursor, and prints the figures.
//!
//! Measuring is `il-eval`'s. The index of a repository is made in memory from what a scan admits; the text with the hole
//! replaces the stored copy of its file, as in an editor.

mod packed;

use std::path::Path;

use il_eval::coverage::{
    self, BASELINES, Chunk, Contender, Contexts, CoverageCase, Progress, Retrieve,
};
use il_index::{SourceFile, Stamp, View};
use il_retrieval::{
    Snippet, Source,
    cursor::{Limits, Network},
};
use il_syntax::Parser;

use super::asking::Prepared;
use crate::{
    cli::EvalCoverage,
    failure::{Exit, usage},
    repository::tree,
    terminal::{self, ProgressBar},
};

/// More than the largest budget: what is retrieved is counted in tokens that are a little different.
const TOKENS: usize = 2304;

pub(crate) fn run(args: &EvalCoverage) -> anyhow::Result<Exit> {
    let cases = chosen_cases(args)?;
    let repositories = tree::real_directory(&args.repos)?;
    let settings = settings(args)?;
    let open = |root: &Path, _: &str| open(root, &settings, args.packed);
    let mut names: Vec<String> = settings.iter().map(|it| it.name.clone()).collect();
    if args.packed {
        names.extend(packed::names());
    }
    let mut contenders = vec![Contender { names, open: &open }];
    if args.baselines {
        contenders.push(Contender {
            names: BASELINES.map(str::to_owned).to_vec(),
            open: &coverage::open_baselines,
        });
    }
    let mut contexts = args.contexts.as_deref().map(Contexts::create).transpose()?;
    let bar = ProgressBar::steps("retrieving", (cases.len() * contenders.len()) as u64);
    let mut progress = |it: Progress<'_>| bar.at(it.done as u64, it.repository);
    let report = coverage::run(
        &cases,
        &repositories,
        &contenders,
        contexts.as_mut(),
        &mut progress,
    )?;
    drop(bar);
    contexts.map_or(Ok(()), Contexts::finish)?;
    if args.json {
        terminal::print_json(&serde_json::to_value(&report)?)?;
    } else {
        terminal::print(&coverage::render(&report))?;
    }
    Ok(Exit::Done)
}

fn chosen_cases(args: &EvalCoverage) -> anyhow::Result<Vec<CoverageCase>> {
    let cases = coverage::read(&args.cases, args.limit);
    let mut cases = cases.map_err(|error| usage(format!("{error:#}")))?;
    if !args.language.is_empty() {
        cases.retain(|it| args.language.contains(&it.case.lang));
    }
    if cases.is_empty() {
        let shown = args.cases.display();
        return Err(usage(format!("there are no such cases in `{shown}`")));
    }
    Ok(cases)
}

/// What may be retrieved, and what the report calls that.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    name: String,
    sources: Vec<Source>,
}

impl Setting {
    fn new(name: impl Into<String>, is_in: impl Fn(Source) -> bool) -> Self {
        Self {
            name: name.into(),
            sources: Source::ALL.into_iter().filter(|it| is_in(*it)).collect(),
        }
    }
}

/// What there can be here: nothing is installed or edited.
const OCCURRING: [Source; 4] = [
    Source::Definition,
    Source::Import,
    Source::Prediction,
    Source::Similar,
];

fn settings(args: &EvalCoverage) -> anyhow::Result<Vec<Setting>> {
    let chosen = Setting::new("interline", |it| {
        (args.only.is_empty() || args.only.contains(&it)) && !args.without.contains(&it)
    });
    if chosen.sources.is_empty() {
        return Err(usage("no source of snippets is left"));
    }
    let mut settings = vec![chosen];
    if args.ablation {
        for source in OCCURRING {
            settings.push(Setting::new(format!("only {}", source.name()), |it| {
                it == source
            }));
        }
        for source in OCCURRING {
            settings.push(Setting::new(format!("without {}", source.name()), |it| {
                it != source
            }));
        }
    }
    Ok(settings)
}

fn open(root: &Path, settings: &[Setting], pack: bool) -> anyhow::Result<Box<Retrieve>> {
    let view = View::of(files(root), None)?;
    let network = Network::shipped();
    let limits: Vec<Limits> = settings
        .iter()
        .map(|it| Limits {
            tokens: TOKENS,
            sources: it.sources.clone(),
            ..Limits::default()
        })
        .collect();
    let mut parser = Parser::new();
    Ok(Box::new(move |question| {
        let text = [question.before, question.after].concat();
        let cursor = question.before.len();
        let asked = Prepared::new(&view, &mut parser, question.path, &text, cursor);
        let found: Vec<Vec<Snippet>> = limits
            .iter()
            .map(|it| asked.retrieve(&network, it))
            .collect();
        let ranking = |snippets: &Vec<Snippet>| snippets.iter().map(chunk).collect();
        let mut rankings: Vec<Vec<Chunk>> = found.iter().map(ranking).collect();
        if let (true, Some(snippets)) = (pack, found.first()) {
            rankings.extend(packed::rankings(question, snippets));
        }
        Ok(rankings)
    }))
}

fn chunk(snippet: &Snippet) -> Chunk {
    Chunk {
        path: snippet.path.clone(),
        lines: snippet.lines.iter().map(|line| line + 1).collect(),
        text: snippet.text.clone(),
    }
}

fn files(root: &Path) -> Vec<SourceFile> {
    let files = tree::scan_all(root).files.into_iter();
    let files = files.filter_map(|file| {
        let text = tree::read(root, &file.path)?;
        il_admission::admit(&text).ok()?;
        Some(SourceFile {
            path: file.path,
            stamp: Stamp::default(),
            text,
        })
    });
    files.collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use il_eval::{Case, coverage::Question};

    use super::*;

    fn ask(root: &Path, case: &CoverageCase, text: &str) -> Vec<Vec<Chunk>> {
        let settings = [Setting::new("interline", |_| true)];
        let mut retrieve = open(root, &settings, false).unwrap();
        let question = Question {
            id: &case.case.id,
            path: &case.case.path,
            before: &text[..case.case.start],
            after: &text[case.case.end..],
        };
        retrieve(&question).unwrap()
    }

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }

    /// The names of the case that are in what is retrieved, in the order of their first places.
    fn shown<'a>(case: &'a CoverageCase, chunks: &[Chunk]) -> Vec<&'a str> {
        let text: Vec<&str> = chunks.iter().map(|it| it.text.as_str()).collect();
        let text = text.join("\n");
        let places = case
            .names
            .iter()
            .filter_map(|it| Some((text.find(it.as_str())?, it)));
        let mut places: Vec<(usize, &String)> = places.collect();
        places.sort_unstable();
        places.iter().map(|it| it.1.as_str()).collect()
    }

    /// The stored copy with other names in the hidden statement finds the same. (Not the same to the last tie: how
    /// long an average piece is and how rare a word, that is of all files.)
    #[test]
    fn what_is_hidden_helps_to_find_nothing() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../il-eval/fixtures/coverage");
        let mut found = 0;
        for case in coverage::read(&folder.join("cases.jsonl"), None).unwrap() {
            let Case {
                repo,
                path,
                start,
                end,
                ..
            } = &case.case;
            let root = folder.join("repos").join(repo);
            let text = fs::read_to_string(root.join(path)).unwrap();
            let mut hidden = text[*start..*end].to_owned();
            for name in &case.names {
                hidden = hidden.replace(name.as_str(), &"q".repeat(name.len()));
            }
            let dir = tempfile::tempdir().unwrap();
            copy(&root, dir.path());
            let other = [&text[..*start], &hidden, &text[*end..]].concat();
            fs::write(dir.path().join(path), other).unwrap();
            let here = ask(&root, &case, &text);
            let there = ask(dir.path(), &case, &text);
            assert_eq!(
                shown(&case, &here[0]),
                shown(&case, &there[0]),
                "{}",
                case.case.id
            );
            found += shown(&case, &here[0]).len();
        }
        assert!(found > 20, "{found} names");
    }
}
