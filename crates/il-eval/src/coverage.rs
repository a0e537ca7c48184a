//! `eval coverage`: how many of the names that come next are in what a retriever shows.
//!
//! The one idea: a case hides a statement of a real file and knows which of its names other files define. What is
//! retrieved for the text around the hole is cut after a budget of simple tokens; the share of those names that
//! is in it is the score. No model is needed, and no model's taste is measured.
//!
//! The figures are those of the recipe's `coverage.py`, to the digit: a fixture with what it printed is a test here.
//!
//! Deliberately absent: any particular retriever. They come in through a closure that is given a folder.

mod baselines;
mod case;
mod contexts;
mod report;
mod score;
mod simple;
mod table;

use std::{collections::HashMap, fmt, fs, path::Path, time::Instant};

use anyhow::{Context as _, bail};

pub use self::{
    baselines::{BASELINES, open_baselines},
    case::{CoverageCase, read},
    contexts::Contexts,
    report::{ContenderReport, Group, Measure, Report},
    table::render,
};
use self::{report::Results, score::Score};

/// A budget of simple tokens: words, numbers and single punctuation characters.
pub const BUDGETS: [usize; 3] = [512, 1024, 2048];

/// Lines of a file that a retriever shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Chunk {
    pub path: String,
    /// Which lines of the file these are, from one on: one for each line of the text.
    pub lines: Vec<u32>,
    pub text: String,
}

/// Without the text: source code must not reach a log by accident.
impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({}, {} lines)", self.path, self.lines.len())
    }
}

/// What a retriever is asked: a file as it is without what is hidden.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub id: &'a str,
    pub path: &'a str,
    pub before: &'a str,
    pub after: &'a str,
}

impl fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Question").field(&self.id).finish()
    }
}

/// Answers for one repository: for each name of the contender its chunks, best first.
pub type Retrieve = dyn FnMut(&Question<'_>) -> anyhow::Result<Vec<Vec<Chunk>>>;

/// Opens a retriever on the folder of a repository in a language.
pub type Open<'a> = dyn Fn(&Path, &str) -> anyhow::Result<Box<Retrieve>> + 'a;

/// Retrievers that take part and are opened together.
pub struct Contender<'a> {
    /// As the report calls them: what is retrieved in one go, by several settings.
    pub names: Vec<String>,
    pub open: &'a Open<'a>,
}

impl fmt::Debug for Contender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contender")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    pub repository: &'a str,
    /// Questions answered, over all contenders.
    pub done: usize,
    pub total: usize,
}

/// Asks every contender every case. `repositories` holds a folder for each repository; `contexts` gets what the
/// first name of the first contender retrieved.
pub fn run(
    cases: &[CoverageCase],
    repositories: &Path,
    contenders: &[Contender<'_>],
    contexts: Option<&mut Contexts>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> anyhow::Result<Report> {
    let mut run = Run {
        contenders,
        contexts,
        results: contenders
            .iter()
            .map(|it| Results::new(&it.names))
            .collect(),
        done: 0,
        total: cases.len() * contenders.len(),
    };
    for (repository, cases) in by_repository(cases) {
        let root = repositories.join(repository);
        if !root.is_dir() {
            bail!(
                "the repository `{repository}` of the cases is not in `{}`: give the folder of repositories that the cases were made from, or fetch them with `cargo xtask eval-data`",
                repositories.display()
            );
        }
        run.repository(&root, &cases, progress)
            .with_context(|| format!("repository `{repository}`"))?;
    }
    Ok(Report::new(run.results))
}

struct Run<'a> {
    contenders: &'a [Contender<'a>],
    contexts: Option<&'a mut Contexts>,
    results: Vec<Results>,
    done: usize,
    total: usize,
}

impl Run<'_> {
    fn repository(
        &mut self,
        root: &Path,
        cases: &[&CoverageCase],
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> anyhow::Result<()> {
        let mut sources: HashMap<&str, String> = HashMap::new();
        for it in cases {
            let path = it.case.path.as_str();
            if !sources.contains_key(path) {
                let text = fs::read_to_string(root.join(path))
                    .with_context(|| format!("could not read `{path}`"))?;
                sources.insert(path, text);
            }
        }
        for (number, contender) in self.contenders.iter().enumerate() {
            let lang = cases.first().map_or("", |it| it.case.lang.as_str());
            let mut retrieve = (contender.open)(root, lang)
                .with_context(|| format!("could not open `{}`", contender.names.join(", ")))?;
            for case in cases {
                self.ask(
                    number,
                    case,
                    &sources[case.case.path.as_str()],
                    &mut *retrieve,
                )
                .with_context(|| format!("case `{}`", case.case.id))?;
                self.done += 1;
                progress(Progress {
                    repository: &case.case.repo,
                    done: self.done,
                    total: self.total,
                });
            }
        }
        Ok(())
    }

    fn ask(
        &mut self,
        contender: usize,
        case: &CoverageCase,
        source: &str,
        retrieve: &mut Retrieve,
    ) -> anyhow::Result<()> {
        let (before, _, after) = case.case.cut(source)?;
        let question = Question {
            id: &case.case.id,
            path: &case.case.path,
            before,
            after,
        };
        let started = Instant::now();
        let rankings = retrieve(&question)?;
        let took = started.elapsed().as_micros() as u64;
        if let (0, Some(contexts), Some(chunks)) =
            (contender, self.contexts.as_deref_mut(), rankings.first())
        {
            contexts.add(&case.case.id, chunks)?;
        }
        let scores = rankings.iter().map(|chunks| Score::of(case, chunks));
        self.results[contender].add(&case.case, scores.collect(), took)
    }
}

/// In alphabetical order; cases of a file together.
fn by_repository(cases: &[CoverageCase]) -> Vec<(&str, Vec<&CoverageCase>)> {
    let mut sorted: Vec<&CoverageCase> = cases.iter().collect();
    sorted.sort_by(|a, b| (&a.case.repo, &a.case.path).cmp(&(&b.case.repo, &b.case.path)));
    let groups = sorted.chunk_by(|a, b| a.case.repo == b.case.repo);
    groups
        .map(|it| (it[0].case.repo.as_str(), it.to_vec()))
        .collect()
}

#[cfg(test)]
mod tests;
