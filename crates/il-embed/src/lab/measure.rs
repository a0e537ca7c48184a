//! Measuring: documentation → function, by words, by vectors and by both.
//!
//! The one idea: a question is the first sentence of a function's documentation, the candidates are all
//! functions of its repository without theirs; what counts is the place of the right one.
//!
//! Deliberately absent: making the cases. They come as JSON lines from a recipe that others run too.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use il_retrieval::Purpose;
use il_syntax::Parser;

use super::lexical::{Anchor, Fields, Lexical};
use super::pairs::around;
use crate::{StaticEmbedder, passage_text};

/// A candidate.
#[derive(Clone)]
pub struct Function {
    pub name: String,
    pub path: String,
    /// What it is in, where somebody looked: see [`read_scopes`].
    pub scope: String,
    pub code: String,
    pub is_test: bool,
    start: usize,
    end: usize,
}

/// Without its code.
impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Function({} bytes)", self.code.len())
    }
}

/// The candidates and questions of one repository.
#[derive(Clone, Debug)]
pub struct Cases {
    pub repository: String,
    pub language: String,
    pub functions: Vec<Function>,
    /// Each with the index of the function that answers it.
    pub queries: Vec<(String, usize)>,
}

/// Reads `functions.*.jsonl` and `docquery.*.jsonl`.
pub fn read_cases(
    functions: &Path,
    queries: &Path,
) -> Result<Vec<Cases>, Box<dyn std::error::Error>> {
    let mut cases: BTreeMap<String, Cases> = BTreeMap::new();
    for line in BufReader::new(File::open(functions)?).lines() {
        let value: Value = serde_json::from_str(&line?)?;
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| value[key].as_u64().unwrap_or_default() as usize;
        let entry = cases.entry(text("repo")).or_insert_with(|| Cases {
            repository: text("repo"),
            language: text("lang"),
            functions: Vec::new(),
            queries: Vec::new(),
        });
        entry.functions.push(Function {
            name: text("name"),
            path: text("path"),
            scope: String::new(),
            code: text("code"),
            is_test: value["is_test"].as_bool().unwrap_or_default(),
            start: number("start"),
            end: number("end"),
        });
    }
    for line in BufReader::new(File::open(queries)?).lines() {
        let value: Value = serde_json::from_str(&line?)?;
        let target = value["target"].as_str().and_then(|t| t.rsplit_once('#'));
        let (Some((repo, index)), Some(query)) = (target, value["query"].as_str()) else {
            continue;
        };
        if let Some(entry) = cases.get_mut(repo) {
            entry.queries.push((query.to_owned(), index.parse()?));
        }
    }
    Ok(cases
        .into_values()
        .filter(|c| !c.queries.is_empty())
        .collect())
}

/// Looks up in the sources what every function is in.
pub fn read_scopes(cases: &mut [Cases], repositories: &Path) {
    cases.par_iter_mut().for_each(|cases| {
        let root = repositories.join(&cases.repository);
        let mut by_file: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, function) in cases.functions.iter().enumerate() {
            by_file.entry(function.path.clone()).or_default().push(i);
        }
        let mut parser = Parser::new();
        for (path, indices) in by_file {
            let Ok(text) = std::fs::read_to_string(root.join(&path)) else {
                continue;
            };
            let language = il_lang::registry().detect(&path, None);
            let symbols = parser.parse(language, text.as_str()).symbols();
            for i in indices {
                let function = &mut cases.functions[i];
                let own = symbols.iter().position(|s| {
                    s.name == function.name
                        && (function.start..function.end).contains(&s.name_range.start)
                });
                function.scope = own.map_or(String::new(), |own| around(&symbols, own));
            }
        }
    });
}

/// How one question is answered by every candidate.
#[derive(Clone, Debug)]
pub struct Scores {
    pub anchor: Vec<f32>,
    pub lexical: Vec<f32>,
    pub semantic: Vec<f32>,
    pub target: usize,
}

/// How scores become one order.
#[derive(Clone, Copy, Debug)]
pub enum Mix {
    /// BM25 as the anchors have it.
    Anchor,
    Lexical,
    Semantic,
    /// Reciprocal ranks, with what the semantic one counts.
    Ranks(f32),
    /// The lexical score as a share of the best, and the cosine so many times.
    Linear(f32),
    /// The anchor's share of the best, and the cosine so many times.
    AnchorLinear(f32),
}

impl Cases {
    /// Scores every question. The longest part of measuring.
    pub fn scores(&self, fields: &Fields, embedder: Option<&StaticEmbedder>) -> Vec<Scores> {
        let anchor = Lexical::anchor(&self.functions, Anchor { k1: 1.2, b: 0.75 });
        let lexical = Lexical::fields(&self.functions, fields);
        let vectors: Vec<Vec<f32>> = self
            .functions
            .par_iter()
            .map(|f| {
                let text = passage_text(&f.path, &format!("{}.{}", f.scope, f.name), &f.code);
                vector(embedder, Purpose::Passage, &text)
            })
            .collect();
        self.queries
            .par_iter()
            .map(|(query, target)| {
                let asked = vector(embedder, Purpose::Query, query);
                Scores {
                    anchor: anchor.scores_of_anchor(query),
                    lexical: lexical.scores_of(query, fields),
                    semantic: vectors.iter().map(|v| dot(v, &asked)).collect(),
                    target: *target,
                }
            })
            .collect()
    }
}

fn vector(embedder: Option<&StaticEmbedder>, purpose: Purpose, text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; embedder.map_or(0, StaticEmbedder::dim)];
    if let Some(embedder) = embedder {
        embedder.embed_into(purpose, text, &mut vector);
    }
    vector
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Scores {
    /// The place of the right answer; between equals the middle.
    pub fn place(&self, mix: Mix) -> f32 {
        match mix {
            Mix::Anchor => place(&self.anchor, self.target),
            Mix::Lexical => place(&self.lexical, self.target),
            Mix::Semantic => place(&self.semantic, self.target),
            Mix::Ranks(weight) => {
                let (a, b) = (ranks(&self.lexical), ranks(&self.semantic));
                let both: Vec<f32> = a
                    .iter()
                    .zip(&b)
                    .map(|(a, b)| 1.0 / (60.0 + a) + weight / (60.0 + b))
                    .collect();
                place(&both, self.target)
            }
            Mix::Linear(weight) => {
                place(&linear(&self.lexical, &self.semantic, weight), self.target)
            }
            Mix::AnchorLinear(weight) => {
                place(&linear(&self.anchor, &self.semantic, weight), self.target)
            }
        }
    }
}

fn linear(lexical: &[f32], semantic: &[f32], weight: f32) -> Vec<f32> {
    let most = lexical.iter().fold(1e-9_f32, |m, &x| m.max(x));
    lexical
        .iter()
        .zip(semantic)
        .map(|(l, s)| l / most + weight * s)
        .collect()
}

fn place(scores: &[f32], target: usize) -> f32 {
    let own = scores[target];
    if own == 0.0 {
        return scores.len() as f32;
    }
    let above = scores.iter().filter(|&&s| s > own).count();
    let equal = scores.iter().filter(|&&s| s == own).count();
    1.0 + above as f32 + (equal - 1) as f32 / 2.0
}

fn ranks(scores: &[f32]) -> Vec<f32> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let mut ranks = vec![0.0; scores.len()];
    for (rank, i) in order.into_iter().enumerate() {
        ranks[i] = rank as f32 + 1.0;
    }
    ranks
}

/// Means over questions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    pub queries: usize,
    pub mrr: f32,
    /// With 0 for what is below the tenth place.
    pub mrr_10: f32,
    pub recall_10: f32,
}

impl Figures {
    pub fn of(places: &[f32]) -> Self {
        let mean = |of: &dyn Fn(f32) -> f32| {
            places.iter().map(|&p| of(p)).sum::<f32>() / places.len().max(1) as f32
        };
        Self {
            queries: places.len(),
            mrr: mean(&|p| 1.0 / p),
            mrr_10: mean(&|p| if p <= 10.0 { 1.0 / p } else { 0.0 }),
            recall_10: mean(&|p| if p <= 10.0 { 1.0 } else { 0.0 }),
        }
    }
}
