//! Sums places up: for each search, language and repository. Serializable, for `--json`.

use serde::Serialize;

use crate::statistics::{Interval, interval_over};

/// Everything one run found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub contenders: Vec<ContenderReport>,
}

/// One search's figures.
#[derive(Clone, Debug, Serialize)]
pub struct ContenderReport {
    pub name: String,
    /// Languages, then `ALL`.
    pub languages: Vec<Group>,
    pub repositories: Vec<Group>,
}

/// The figures of a language or a repository.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    pub name: String,
    pub figures: Figures,
}

/// All 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    pub queries: usize,
    /// The mean of 1/place; what is not found stands last.
    pub mrr: Interval,
    /// The same with nothing for places after the tenth.
    pub mrr_at_10: f64,
    /// How often it comes first, and among the first ten.
    pub recall_at_1: f64,
    pub recall_at_10: f64,
}

/// Where the right function stood, by each search that was opened together.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) repo: String,
    pub(crate) lang: String,
    pub(crate) places: Vec<f64>,
}

impl Report {
    pub(crate) fn new(results: Vec<(&[String], Vec<Place>)>) -> Self {
        let mut contenders = Vec::new();
        for (names, places) in results {
            for (number, name) in names.iter().enumerate() {
                let mut languages = groups(&places, number, |it| &it.lang);
                let all: Vec<&Place> = places.iter().collect();
                languages.push(group("ALL", &all, number));
                contenders.push(ContenderReport {
                    name: name.clone(),
                    languages,
                    repositories: groups(&places, number, |it| &it.repo),
                });
            }
        }
        Self { contenders }
    }
}

fn groups(places: &[Place], number: usize, by: fn(&Place) -> &String) -> Vec<Group> {
    let mut sorted: Vec<&Place> = places.iter().collect();
    sorted.sort_by_key(|it| by(it));
    let groups = sorted.chunk_by(|a, b| by(a) == by(b));
    groups.map(|it| group(by(it[0]), it, number)).collect()
}

fn group(name: &str, places: &[&Place], number: usize) -> Group {
    let mean = |of: fn(f64) -> f64| {
        places.iter().map(|it| of(it.places[number])).sum::<f64>() / places.len() as f64
    };
    let units = places.iter();
    let units = units.map(|it| (it.repo.as_str(), (1.0 / it.places[number], 1.0)));
    let figures = Figures {
        queries: places.len(),
        mrr: interval_over(&units.collect::<Vec<_>>()),
        mrr_at_10: mean(|it| if it <= 10.0 { 1.0 / it } else { 0.0 }),
        recall_at_1: mean(|it| f64::from(u8::from(it <= 1.0))),
        recall_at_10: mean(|it| f64::from(u8::from(it <= 10.0))),
    };
    Group {
        name: name.to_owned(),
        figures,
    }
}
