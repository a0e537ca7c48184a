//! `eval docstrings`: does a search for what a function's documentation says find the function?
//!
//! The one idea: the query is the first sentence of a documentation without the function's own name, the candidates
//! are all functions of the repository without their documentation, and one of them is right. What counts is at
//! which place it stands: the mean of 1/place (MRR), how often it comes first, how often among the first ten.
//!
//! Deliberately absent: any particular search. It comes in through a closure that is given the functions.

mod case;
mod report;
mod subwords;
mod table;

use anyhow::{Context as _, bail};
use rustc_hash::FxHashMap;

use self::report::Place;
pub use self::{
    case::{Function, Query, read_functions, read_queries},
    report::{ContenderReport, Figures, Group, Report},
    subwords::open_bm25,
    table::render,
};

/// Answers for one repository: for each name of the contender where the right function stands.
pub type Ask = dyn FnMut(&Asked<'_>) -> anyhow::Result<Vec<Found>>;

/// Opens a search over the functions of a repository.
pub type Open<'a> = dyn Fn(&[Function]) -> anyhow::Result<Box<Ask>> + 'a;

/// What is looked for. Who answers with a list does not look at `target`.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub text: &'a str,
    pub target: usize,
}

impl std::fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asked({} bytes)", self.text.len())
    }
}

/// What an answer was.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Functions by number, best first; of one that is there several times the first time counts.
    List(Vec<usize>),
    /// The place of the right one, from one on; between two places where it ties.
    Place(f64),
}

/// Searches that take part and are opened together.
pub struct Contender<'a> {
    pub names: Vec<String>,
    pub open: &'a Open<'a>,
}

impl std::fmt::Debug for Contender<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contender")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// Asks every contender every query; `progress` hears of each repository with how many queries are done.
pub fn run(
    functions: &[Function],
    queries: &[Query],
    contenders: &[Contender<'_>],
    progress: &mut dyn FnMut(&str, usize),
) -> anyhow::Result<Report> {
    let mut places: Vec<Vec<Place>> = vec![Vec::new(); contenders.len()];
    let mut done = 0;
    for functions in functions.chunk_by(|a, b| a.repo == b.repo) {
        let repository = functions[0].repo.as_str();
        let queries: Vec<&Query> = queries.iter().filter(|it| it.repo == repository).collect();
        if queries.is_empty() {
            continue;
        }
        let targets = targets(functions, &queries)?;
        for (contender, places) in contenders.iter().zip(&mut places) {
            let mut ask = (contender.open)(functions).with_context(|| {
                format!(
                    "could not open {} on `{repository}`",
                    contender.names.join(", ")
                )
            })?;
            for (query, &target) in queries.iter().zip(&targets) {
                let text = query.text.as_str();
                let found = ask(&Asked { text, target })
                    .with_context(|| format!("query `{}`", query.id))?;
                if found.len() != contender.names.len() {
                    bail!(
                        "{} answers for {} names",
                        found.len(),
                        contender.names.len()
                    );
                }
                let all = functions.len();
                places.push(Place {
                    repo: query.repo.clone(),
                    lang: query.lang.clone(),
                    places: found.iter().map(|it| place(it, target, all)).collect(),
                });
            }
        }
        done += queries.len();
        progress(repository, done);
    }
    if done < queries.len() {
        bail!(
            "{} queries are of repositories that the functions file does not have: give the two files of one suite",
            queries.len() - done
        );
    }
    let names = contenders.iter().map(|it| it.names.as_slice());
    Ok(Report::new(names.zip(places).collect()))
}

/// The number of each query's function.
fn targets(functions: &[Function], queries: &[&Query]) -> anyhow::Result<Vec<usize>> {
    let numbers: FxHashMap<&str, usize> = functions
        .iter()
        .zip(0..)
        .map(|(it, number)| (it.id.as_str(), number))
        .collect();
    let target = |query: &&Query| {
        let number = numbers.get(query.target.as_str()).copied();
        number.with_context(|| format!("query `{}`: no function `{}`", query.id, query.target))
    };
    queries.iter().map(target).collect()
}

/// A function that is not found stands last, as the recipe has it.
fn place(found: &Found, target: usize, all: usize) -> f64 {
    match found {
        Found::Place(place) => *place,
        Found::List(list) => {
            let mut seen = rustc_hash::FxHashSet::default();
            let mut distinct = list.iter().filter(|it| seen.insert(**it));
            let place = distinct.position(|&it| it == target);
            place.map_or(all as f64, |it| it as f64 + 1.0)
        }
    }
}

#[cfg(test)]
mod tests;
