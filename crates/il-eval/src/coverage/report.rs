//! Sums scores up: for each contender, language and kind. Serializable, for `--json`.

use anyhow::bail;
use serde::Serialize;

use super::{BUDGETS, score::Score, score::Shares};
use crate::{
    Case,
    statistics::{Interval, Latency, interval_over, latency},
};

/// Everything one run found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub budgets: [usize; BUDGETS.len()],
    pub contenders: Vec<ContenderReport>,
}

/// One retriever's figures.
#[derive(Clone, Debug, Serialize)]
pub struct ContenderReport {
    pub name: String,
    /// Languages, kinds, then `ALL`.
    pub groups: Vec<Group>,
    /// By the wall clock, of all that were retrieved in one go.
    pub took: Latency,
    pub in_one_go: usize,
}

/// The figures of one language or kind.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    pub name: String,
    pub repositories: usize,
    /// Names that other files define (`all`), those that stand nowhere else in the file (`unseen`), and of all those
    /// whose defining line is shown (`def`), as `coverage.py` calls them.
    pub measures: Vec<Measure>,
}

/// Means over cases, 0 to 1.
#[derive(Clone, Debug, Serialize)]
pub struct Measure {
    pub measure: &'static str,
    pub cases: usize,
    /// At each budget.
    pub covered: [Interval; BUDGETS.len()],
    /// The share of cases where nothing is missing at the largest budget.
    pub full: f64,
}

/// The scores of retrievers that were opened together.
pub(crate) struct Results {
    names: Vec<String>,
    rows: Vec<Row>,
    took: Vec<u64>,
}

struct Row {
    repo: String,
    lang: String,
    kind: &'static str,
    /// One for each name.
    scores: Vec<Score>,
}

impl Results {
    pub(crate) fn new(names: &[String]) -> Self {
        Self {
            names: names.to_vec(),
            rows: Vec::new(),
            took: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, case: &Case, scores: Vec<Score>, took: u64) -> anyhow::Result<()> {
        if scores.len() != self.names.len() {
            bail!("{} rankings for {} names", scores.len(), self.names.len());
        }
        self.took.push(took);
        self.rows.push(Row {
            repo: case.repo.clone(),
            lang: case.lang.clone(),
            kind: case.kind.name(),
            scores,
        });
        Ok(())
    }

    fn reports(self) -> impl Iterator<Item = ContenderReport> {
        let mut languages: Vec<&str> = self.rows.iter().map(|it| it.lang.as_str()).collect();
        languages.sort_unstable();
        languages.dedup();
        let mut kinds: Vec<&str> = self.rows.iter().map(|it| it.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let took = latency(self.took.clone());
        let reports: Vec<ContenderReport> = (0..self.names.len())
            .map(|number| {
                let group = |name: &str, is_in: &dyn Fn(&Row) -> bool| {
                    let rows = self.rows.iter().filter(|it| is_in(it));
                    Group::of(name, &rows.collect::<Vec<_>>(), number)
                };
                let mut groups = Vec::new();
                groups.extend(languages.iter().map(|it| group(it, &|row| row.lang == *it)));
                groups.extend(kinds.iter().map(|it| group(it, &|row| row.kind == *it)));
                groups.push(group("ALL", &|_| true));
                ContenderReport {
                    name: self.names[number].clone(),
                    groups,
                    took,
                    in_one_go: self.names.len(),
                }
            })
            .collect();
        reports.into_iter()
    }
}

impl Report {
    pub(crate) fn new(results: Vec<Results>) -> Self {
        Self {
            budgets: BUDGETS,
            contenders: results.into_iter().flat_map(Results::reports).collect(),
        }
    }
}

impl Group {
    fn of(name: &str, rows: &[&Row], number: usize) -> Self {
        let mut repositories: Vec<&str> = rows.iter().map(|it| it.repo.as_str()).collect();
        repositories.sort_unstable();
        repositories.dedup();
        let shares = |of: fn(&Score) -> Option<Shares>| -> Vec<(&str, Shares)> {
            let rows = rows.iter();
            rows.filter_map(|it| Some((it.repo.as_str(), of(&it.scores[number])?)))
                .collect()
        };
        let measures = [
            Measure::of("all", &shares(|it| Some(it.names))),
            Measure::of("unseen", &shares(|it| it.unseen)),
            Measure::of("def", &shares(|it| Some(it.defined))),
        ];
        Self {
            name: name.to_owned(),
            repositories: repositories.len(),
            measures: measures.into_iter().flatten().collect(),
        }
    }
}

impl Measure {
    fn of(measure: &'static str, shares: &[(&str, Shares)]) -> Option<Self> {
        if shares.is_empty() {
            return None;
        }
        let covered = std::array::from_fn(|budget| {
            let units = shares.iter().map(|it| (it.0, (it.1[budget], 1.0)));
            interval_over(&units.collect::<Vec<_>>())
        });
        let full = shares
            .iter()
            .filter(|it| it.1[BUDGETS.len() - 1] >= 1.0 - 1e-9);
        Some(Self {
            measure,
            cases: shares.len(),
            covered,
            full: full.count() as f64 / shares.len() as f64,
        })
    }
}
