//! How good and how fast: lines of held-out files asked through the engine as the product asks.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use il_engine::{CancelToken, Chunk, Engine as _, Length, Priority, Request};
use il_lang::lexer::{Token, TokenMode};
use rayon::prelude::*;

use super::corpus::{LineAt, Random, Repository, held_out, is_held, lines_of};
use crate::model::{Options, RepoModel, lexer};
use crate::weights::Weights;

/// Where in a line the cursor is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    LineStart,
    /// Just after a character that editors ask after.
    Trigger,
    /// Anywhere, inside words too.
    Anywhere,
}

pub const TASKS: [Task; 3] = [Task::LineStart, Task::Trigger, Task::Anywhere];

/// One answered question.
#[derive(Clone, Debug)]
struct Answered {
    task: Task,
    exact: bool,
    similarity: f32,
    confidence: f32,
    micros: f32,
    /// For each piece of the answer its probability and whether the line starts with everything up to it.
    prefixes: Vec<(f32, bool)>,
}

/// What a family or a repository reached.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    answered: Vec<Answered>,
}

impl Figures {
    pub fn merge(&mut self, other: Self) {
        self.answered.extend(other.answered);
    }

    /// Exact match, edit similarity, precision at 20 % and 40 % coverage, p50 and p99 in µs, number.
    pub fn row(&self, task: Task) -> String {
        let mut all: Vec<&Answered> = self.answered.iter().filter(|a| a.task == task).collect();
        let n = all.len().max(1) as f32;
        let exact = |of: &[&Answered]| {
            100.0 * of.iter().filter(|a| a.exact).count() as f32 / of.len().max(1) as f32
        };
        let similarity = 100.0 * all.iter().map(|a| a.similarity).sum::<f32>() / n;
        all.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        let (at20, at40) = (
            exact(&all[..all.len() / 5]),
            exact(&all[..all.len() * 2 / 5]),
        );
        let total = exact(&all);
        let mut micros: Vec<f32> = all.iter().map(|a| a.micros).collect();
        micros.sort_by(f32::total_cmp);
        let at = |q: usize| micros.get(micros.len() * q / 100).copied().unwrap_or(0.0);
        format!(
            "{:9} n={:4} EM {total:5.1} ES {similarity:5.1} P@20 {at20:5.1} P@40 {at40:5.1} p50 {:6.0} p99 {:6.0} us",
            format!("{task:?}"),
            all.len(),
            at(50),
            at(99)
        )
    }
}

/// Predicted against actual probability that the line starts with a piece's prefix of the answer.
pub fn reliability(figures: &Figures) -> String {
    let mut bins = [(0usize, 0.0f32, 0usize); 10];
    for &(p, right) in figures.answered.iter().flat_map(|a| &a.prefixes) {
        let bin = &mut bins[((p * 10.0) as usize).min(9)];
        bin.0 += 1;
        bin.1 += p;
        bin.2 += usize::from(right);
    }
    bins.iter()
        .filter(|b| b.0 > 0)
        .map(|b| {
            format!(
                "  said {:.3} was {:.3} (n={})\n",
                b.1 / b.0 as f32,
                b.2 as f32 / b.0 as f32,
                b.0
            )
        })
        .collect()
}

/// A model of all but the held-out files, and those.
fn prepare(repository: &Repository, weights: Option<&[u8]>) -> (RepoModel, Vec<usize>) {
    let held = held_out(repository);
    let kept = (0..repository.files.len())
        .filter(|&i| !is_held(repository, i))
        .map(|i| repository.files[i].clone())
        .collect();
    let weights = weights
        .and_then(Weights::read)
        .map_or_else(Weights::shipped, Arc::new);
    let model = RepoModel::with_weights(Options::default(), weights);
    model.train(kept, &|_| (), &CancelToken::new());
    (model, held)
}

/// Asks `n` questions of each task about the held-out files of a repository.
pub fn measure(
    repository: &Repository,
    n: usize,
    weights: Option<&[u8]>,
    mut dump: Option<&mut dyn FnMut(String)>,
) -> Figures {
    let (model, held) = prepare(repository, weights);
    let mut lines: Vec<LineAt> = lines_of(&repository.files, &held);
    lines.retain(|l| l.code);
    let mut random = Random(4242);
    let mut figures = Figures::default();
    if lines.is_empty() {
        return figures;
    }
    for task in TASKS {
        let mut done = 0;
        for _ in 0..n * 60 {
            if done == n {
                break;
            }
            let line = &lines[random.below(lines.len())];
            let file = &repository.files[line.file];
            let Some(cursor) = place(task, &file.text, line, &file.language, &mut random) else {
                continue;
            };
            let text: Arc<str> =
                format!("{}{}", &file.text[..cursor], &file.text[line.end..]).into();
            let request = request(&file.path, &file.language, text, cursor);
            let start = Instant::now();
            let (said, pieces) = ask(&model, &request);
            let micros = start.elapsed().as_secs_f32() * 1e6;
            let truth = &file.text[cursor..line.end];
            let prefixes = pieces
                .iter()
                .filter(|p| p.0 < said.len())
                .chain(pieces.iter().rev().nth(1))
                .map(|&(end, p)| (p, truth.starts_with(&said[..end])))
                .collect();
            let confidence = pieces.last().map_or(0.0, |p| p.1);
            let exact = said.trim_end() == truth;
            if let Some(dump) = &mut dump {
                dump(format!(
                    "{task:?}\t{confidence:.3}\t{}\t{truth}\t|||\t{said}",
                    u8::from(exact)
                ));
            }
            figures.answered.push(Answered {
                task,
                exact,
                similarity: similarity(&said, truth),
                confidence,
                micros,
                prefixes,
            });
            done += 1;
        }
    }
    figures
}

const TRIGGERS: &[&str] = &[
    ".", "(", "=", ",", "::", ":", "return", "let", "if", "import", "from", "->", "=>", "[", "&",
    "{", "==", "in", "await", "const", "for", ":=", "new",
];

fn place(
    task: Task,
    text: &str,
    line: &LineAt,
    language: &str,
    random: &mut Random,
) -> Option<usize> {
    let body = &text[line.start..line.end];
    match task {
        Task::LineStart => Some(line.start),
        Task::Trigger => {
            let mut tokens: Vec<Token> = Vec::new();
            lexer(language).line(body, &mut Default::default(), &mut tokens);
            let after: Vec<usize> = tokens
                .windows(2)
                .filter(|w| {
                    w[0].mode == TokenMode::Code
                        && TRIGGERS.contains(&&body[w[0].start as usize..w[0].end as usize])
                })
                .map(|w| w[1].start as usize)
                .collect();
            (!after.is_empty()).then(|| line.start + after[random.below(after.len())])
        }
        Task::Anywhere => {
            if body.len() < 4 {
                return None;
            }
            let mut at = line.start + 1 + random.below(body.len() - 3);
            while !text.is_char_boundary(at) {
                at += 1;
            }
            Some(at)
        }
    }
}

fn request(path: &Arc<str>, language: &Arc<str>, text: Arc<str>, cursor: usize) -> Request {
    Request {
        path: path.clone(),
        language: language.clone(),
        text,
        cursor,
        length: Length::Line,
        alternatives: 1,
        priority: Priority::Interactive,
        context: None,
        workspace: std::sync::Arc::default(),
    }
}

/// The best answer, with the end and probability of each piece.
fn ask(model: &RepoModel, request: &Request) -> (String, Vec<(usize, f32)>) {
    let (mut said, mut pieces) = (String::new(), Vec::new());
    let outcome = model.complete(request, &CancelToken::new(), &mut |chunk| {
        if let Chunk::Piece {
            text, probability, ..
        } = chunk
        {
            said.push_str(&text);
            pieces.push((said.len(), probability));
        }
        ControlFlow::Continue(())
    });
    debug_assert!(outcome.is_ok());
    (said, pieces)
}

fn similarity(a: &str, b: &str) -> f32 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let most = a.len().max(b.len());
    if most == 0 {
        return 1.0;
    }
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            row[j] = (above[j] + 1)
                .min(row[j - 1] + 1)
                .min(above[j - 1] + usize::from(a[i - 1] != b[j - 1]));
        }
        above = row;
    }
    1.0 - above[b.len()] as f32 / most as f32
}

/// Types blocks of held-out files with ghost text, accepting what is right: keys, characters, accepted, shown.
pub fn saved(repository: &Repository, blocks: usize, weights: Option<&[u8]>) -> [usize; 4] {
    let (model, held) = prepare(repository, weights);
    let lines: Vec<LineAt> = lines_of(&repository.files, &held);
    let mut random = Random(31_337);
    let mut jobs = Vec::new();
    for _ in 0..blocks * 20 {
        if jobs.len() == blocks || lines.len() < 20 {
            break;
        }
        let (at, n) = (random.below(lines.len() - 16), 5 + random.below(11));
        if lines[at].file == lines[at + n].file {
            jobs.push(at..at + n);
        }
    }
    let typed = jobs
        .par_iter()
        .map(|job| type_block(repository, &model, &lines[job.clone()]));
    typed.reduce(|| [0; 4], |a, b| std::array::from_fn(|i| a[i] + b[i]))
}

fn type_block(repository: &Repository, model: &RepoModel, lines: &[LineAt]) -> [usize; 4] {
    let file = &repository.files[lines[0].file];
    let suffix = &file.text[lines[lines.len() - 1].end..];
    let path: Arc<str> = file.path.clone();
    let [mut keys, mut characters, mut accepted, mut shown] = [0; 4];
    for line in lines.iter().filter(|l| l.end - l.start <= 200) {
        characters += file.text[line.start..line.end].chars().count() + 1;
        keys += 1;
        let mut at = line.start;
        let mut ghost = String::new();
        while at < line.end {
            let truth = &file.text[at..line.end];
            let text: Arc<str> = format!("{}{suffix}", &file.text[..at]).into();
            let (said, pieces) = ask(model, &request(&path, &file.language, text, at));
            let cut = worth(&said, &pieces);
            if let Some(cut) = cut {
                let new = said[..cut].trim_end();
                if new != ghost {
                    shown += 1;
                }
                if truth.starts_with(new) {
                    accepted += 1;
                    keys += 1;
                    at += new.len();
                    ghost.clear();
                    continue;
                }
                ghost = new.to_owned();
            } else {
                ghost.clear();
            }
            let c = truth.chars().next().map_or(1, char::len_utf8);
            ghost = ghost
                .get(c..)
                .filter(|_| ghost.starts_with(&truth[..c]))
                .unwrap_or("")
                .to_owned();
            keys += 1;
            at += c;
        }
    }
    [keys, characters, accepted, shown]
}

/// Where to cut an answer so that showing it saves most keys; `None` when nothing is worth it.
fn worth(said: &str, pieces: &[(usize, f32)]) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for &(end, p) in pieces {
        let n = said[..end].trim_end().chars().count() as f32;
        let utility = p * (n - 1.0) - (1.0 - p);
        if p >= 0.5 && n >= 2.0 && utility > 0.3 && best.is_none_or(|b| utility > b.1) {
            best = Some((end, utility));
        }
    }
    best.map(|b| b.0)
}
