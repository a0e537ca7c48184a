//! `eval lines`: runs the cases of a suite against engines and scores what comes back.
//!
//! The one idea: repositories one after another, each opened once for each contender through the caller's
//! closure; cases of one repository in parallel, results in the order of the cases, so that a run with
//! the same engine gives the same figures (but for the times).
//!
//! Scores are computed here, summed up in `report`, and drawn in `table`.

mod report;
mod table;

use std::{
    collections::HashMap,
    fmt, fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use il_complete::gate::GateConfig;
use il_engine::{Engine, Length};

pub use crate::statistics::{Interval, Latency, latency};
pub use report::{
    ContenderReport, Figures, Gated, Group, LineFigures, NonTrivial, Report, TypingFigures,
};
pub use table::render;

use crate::{
    Case, Kind, Similarity,
    answer::{Place, Took, ask},
    exact_match, same_lines, similarity,
    tokens::is_trivial,
    typing::{self, Typed},
};

/// Opens an engine on the folder of a repository.
pub type Open<'a> = dyn Fn(&Path) -> anyhow::Result<Arc<dyn Engine>> + 'a;

/// An engine that takes part, and how to get it.
pub struct Contender<'a> {
    /// As the report calls it.
    pub name: &'a str,
    pub open: &'a Open<'a>,
}

impl fmt::Debug for Contender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contender")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// How to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is shown of an answer.
    pub gate: GateConfig,
    /// Cases that run at the same time. Times are only worth reporting with 1.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            gate: GateConfig::default(),
            threads: 1,
        }
    }
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    pub contender: &'a str,
    pub repository: &'a str,
    /// Cases done, over all contenders.
    pub done: usize,
    pub total: usize,
}

/// Most lines of an answer to a case whose truth may span lines.
const MAX_LINES: usize = 6;

/// Runs every case against every contender. `repositories` holds a folder for each repository.
pub fn run(
    cases: &[Case],
    repositories: &Path,
    contenders: &[Contender<'_>],
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> anyhow::Result<Report> {
    let by_repository = group_by_repository(cases);
    let mut results: Vec<Vec<Scored>> = vec![Vec::new(); contenders.len()];
    let mut opening: Vec<Duration> = vec![Duration::ZERO; contenders.len()];
    let total = cases.len() * contenders.len();
    let mut done = 0;
    for (repository, cases) in &by_repository {
        let root = repositories.join(repository);
        if !root.is_dir() {
            bail!(
                "the repository `{repository}` of the cases is not in `{}`: give the folder of repositories that the cases were made from, or fetch them with `cargo xtask eval-data`",
                repositories.display()
            );
        }
        let sources = read_sources(&root, cases)?;
        for (index, contender) in contenders.iter().enumerate() {
            let started = Instant::now();
            let engine = (contender.open)(&root).with_context(|| {
                format!("could not open `{}` on `{repository}`", contender.name)
            })?;
            opening[index] += started.elapsed();
            let scored = score_all(&*engine, cases, &sources, options, &mut || {
                done += 1;
                progress(Progress {
                    contender: contender.name,
                    repository,
                    done,
                    total,
                });
            })
            .with_context(|| format!("`{}` on `{repository}`", contender.name))?;
            results[index].extend(scored);
        }
    }
    let contenders = contenders.iter().map(|it| it.name).zip(opening);
    Ok(Report::new(contenders.zip(&results).collect(), options))
}

/// Repositories in the order in which the cases name them first.
fn group_by_repository(cases: &[Case]) -> Vec<(&str, Vec<&Case>)> {
    let mut groups: Vec<(&str, Vec<&Case>)> = Vec::new();
    let mut index: HashMap<&str, usize> = HashMap::new();
    for case in cases {
        let at = *index.entry(&case.repo).or_insert_with(|| {
            groups.push((&case.repo, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(case);
    }
    groups
}

type Sources = HashMap<String, String>;

/// The files that cases hide something in; every case is checked against its file before any is run.
fn read_sources(root: &Path, cases: &[&Case]) -> anyhow::Result<Sources> {
    let mut sources = Sources::new();
    for case in cases {
        let id = || format!("case `{}`", case.id);
        if !sources.contains_key(&case.path) {
            let path = root.join(&case.path);
            let bytes = fs::read(&path)
                .with_context(|| format!("could not read `{}`", path.display()))
                .with_context(id)?;
            let text = String::from_utf8(bytes)
                .ok()
                .with_context(|| format!("`{}` is not UTF-8", path.display()))
                .with_context(id)?;
            sources.insert(case.path.clone(), text);
        }
        case.cut(&sources[&case.path]).with_context(id)?;
    }
    Ok(sources)
}

/// What came of one case.
#[derive(Clone, Debug)]
pub(crate) struct Scored {
    repo: String,
    lang: String,
    kind: Kind,
    outcome: Outcome,
}

#[derive(Clone, Debug)]
enum Outcome {
    Asked(Asked),
    Typed(Typed),
}

#[derive(Clone, Debug)]
struct Asked {
    exact: bool,
    similarity: Similarity,
    confidence: f32,
    /// Whether the whole line has few tokens.
    trivial: bool,
    /// Whether anything was said at all.
    answered: bool,
    gated: Option<Shown>,
    hidden_characters: usize,
    took: Took,
}

/// The part of an answer that the gate lets through.
#[derive(Clone, Copy, Debug)]
struct Shown {
    right: bool,
    characters: usize,
}

fn score_all(
    engine: &dyn Engine,
    cases: &[&Case],
    sources: &Sources,
    options: &Options,
    case_done: &mut dyn FnMut(),
) -> anyhow::Result<Vec<Scored>> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let (send, receive) = mpsc::channel();
    let mut results: Vec<Option<Scored>> = vec![None; cases.len()];
    std::thread::scope(|scope| {
        for _ in 0..options.threads.clamp(1, cases.len().max(1)) {
            let (send, next, stop) = (send.clone(), &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { break };
                    let scored = score(engine, case, &sources[&case.path], options)
                        .with_context(|| format!("case `{}`", case.id));
                    if send.send((index, scored)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut failed = None;
        for (index, scored) in receive {
            match scored {
                Ok(scored) => {
                    results[index] = Some(scored);
                    case_done();
                }
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    failed.get_or_insert(error);
                }
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(()),
        }
    })?;
    Ok(results.into_iter().flatten().collect())
}

fn score(
    engine: &dyn Engine,
    case: &Case,
    source: &str,
    options: &Options,
) -> anyhow::Result<Scored> {
    let (before, hidden, after) = case.cut(source)?;
    let outcome = if case.kind.is_typed() {
        let after = if case.kind == Kind::New { "" } else { after };
        let text = (before, hidden, after);
        Outcome::Typed(typing::type_range(engine, &options.gate, &case.path, text)?)
    } else {
        Outcome::Asked(score_asked(engine, case, (before, hidden, after), options)?)
    };
    Ok(Scored {
        repo: case.repo.clone(),
        lang: case.lang.clone(),
        kind: case.kind,
        outcome,
    })
}

fn score_asked(
    engine: &dyn Engine,
    case: &Case,
    (before, hidden, after): (&str, &str, &str),
    options: &Options,
) -> anyhow::Result<Asked> {
    let length = if case.kind.may_span_lines() {
        Length::Block {
            max_lines: MAX_LINES,
        }
    } else {
        Length::Line
    };
    let answer = ask(
        engine,
        Place {
            path: &case.path,
            before,
            after,
            length,
        },
    )?;
    let said = if case.kind.may_span_lines() {
        &answer.text
    } else {
        answer.first_line()
    };
    let exact = match case.kind {
        Kind::Trigger | Kind::Random => exact_match(said, hidden),
        _ => same_lines(said, hidden),
    };
    let gated = answer.gated(&options.gate).and_then(|(text, _)| {
        let text = text.trim_end();
        (!text.is_empty()).then(|| Shown {
            right: hidden.starts_with(text),
            characters: text.chars().count(),
        })
    });
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = hidden.split('\n').next().unwrap_or_default();
    Ok(Asked {
        exact,
        similarity: similarity(said, hidden),
        confidence: answer.confidence(),
        trivial: is_trivial(&format!("{}{rest}", &before[line_start..])),
        answered: !said.trim().is_empty(),
        gated,
        hidden_characters: hidden.chars().count(),
        took: answer.took,
    })
}

#[cfg(test)]
mod tests;
