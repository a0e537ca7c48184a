//! Learning the weights: first the chain's trusts, then the mixer on top of them.
//!
//! Lines are cut out of files of the repository the model was trained on; the engine leaves its copy of
//! the file out, so nothing is answered from the line itself. Some are asked with no text after the
//! cursor, some with a few files only, some with no repository at all, so that the weights hold there too.

use std::sync::Arc;

use rayon::prelude::*;

use super::corpus::{LineAt, Random, Repository, lines_of};
use crate::chain::{Replacement, TRUSTS};
use crate::decode::Workspace;
use crate::family::Family;
use crate::literals::literals;
use crate::mixer::{Activations, HIDDEN, HIDDEN2, Mixer, OWN, SHARED, WEIGHTS};
use crate::model::{Options, RepoModel, SourceFile, lexer};
use crate::session::{At, Session};
use crate::sheet::{Change, newline};
use crate::sources::Said;
use crate::vocabulary::{Id, NEWLINE, is_newline};
use crate::weights::Weights;
use il_engine::CancelToken;
use il_lang::lexer::Token;

/// What learning gave.
#[derive(Debug)]
pub struct Learned {
    /// The file to ship.
    pub file: Vec<u8>,
    pub examples: usize,
    /// Bits a token before and after the mixer, on examples it was not trained on.
    pub bits: (f32, f32),
}

/// One step: features and which of the weighed candidates was right.
#[derive(Debug)]
struct Example {
    shared: Vec<f32>,
    own: Vec<f32>,
    truth: usize,
}

/// Learns from repositories; `lines` from each.
pub fn learn(
    repositories: &[Repository],
    lines: usize,
    epochs: usize,
    log: &dyn Fn(String),
) -> Learned {
    let mut weights = Weights::untrained();
    let mut records: Vec<Vec<Replacement>> = Vec::new();
    let models: Vec<Models> = repositories.iter().map(Models::new).collect();
    log(format!("{} models", models.len()));
    for (i, (repository, models)) in repositories.iter().zip(&models).enumerate() {
        let cuts = cuts(repository, lines / 2, &mut Random(12_345 + i as u64));
        let of_repository: Vec<Vec<Vec<Replacement>>> = cuts
            .par_iter()
            .map_init(State::default, |s, c| {
                s.chain_records(repository, models, c, &weights)
            })
            .collect();
        records.extend(of_repository.into_iter().flatten());
    }
    let mut random = Random(5);
    for i in (1..records.len()).rev() {
        records.swap(i, random.below(i + 1));
    }
    let (trust, bits) = learn_trust(&records);
    log(format!("chain: {} steps, {bits:.3} bits", records.len()));
    drop(records);
    weights.trust = trust;
    let mut examples: Vec<Example> = Vec::new();
    let mut held: Vec<Example> = Vec::new();
    for (i, (repository, models)) in repositories.iter().zip(&models).enumerate() {
        let cuts = cuts(repository, lines, &mut Random(777 + i as u64));
        let of_repository: Vec<Vec<Example>> = cuts
            .par_iter()
            .map_init(State::default, |s, c| {
                s.examples(repository, models, c, &weights)
            })
            .collect();
        let into = if i % 10 == 9 {
            &mut held
        } else {
            &mut examples
        };
        into.extend(of_repository.into_iter().flatten());
    }
    log(format!("{} examples, {} held", examples.len(), held.len()));
    let mixer = learn_mixer(&examples, &held, epochs, log);
    let bits = evaluate(
        &Mixer::from_weights(&mixer).expect("the trainer keeps the number of weights"),
        &held,
    );
    Learned {
        file: weights.write(&mixer),
        examples: examples.len(),
        bits,
    }
}

/// A repository's model and what it is with few files and with none.
struct Models {
    full: RepoModel,
    few: Vec<RepoModel>,
    none: RepoModel,
}

impl Models {
    fn new(repository: &Repository) -> Self {
        let trained = |files: Vec<SourceFile>| {
            let model = RepoModel::new(Options::default());
            model.train(files, &|_| (), &CancelToken::new());
            model
        };
        let mut random = Random(99);
        let few = (0..3).map(|i| {
            let n = [3, 8, 20][i].min(repository.files.len());
            trained(
                (0..n)
                    .map(|_| repository.files[random.below(repository.files.len())].clone())
                    .collect(),
            )
        });
        Self {
            full: trained(repository.files.clone()),
            few: few.collect(),
            none: RepoModel::new(Options::default()),
        }
    }
}

/// A question with its answer.
#[derive(Clone, Debug)]
struct Cut {
    line: LineAt,
    cursor: usize,
    /// Where the text goes on after what was cut out.
    resume: usize,
    suffix: bool,
    /// 0 the whole repository, 1..=3 a few files, 4 nothing.
    model: usize,
    seed: u64,
}

fn cuts(repository: &Repository, n: usize, random: &mut Random) -> Vec<Cut> {
    let all: Vec<usize> = (0..repository.files.len()).collect();
    let lines = lines_of(&repository.files, &all);
    if lines.is_empty() {
        return Vec::new();
    }
    let mut out = Vec::with_capacity(n);
    for _ in 0..n * 4 {
        if out.len() == n {
            break;
        }
        let line = lines[random.below(lines.len())].clone();
        let file = &repository.files[line.file];
        let body = &file.text[line.start..line.end];
        if !line.code && random.unit() < 0.7 {
            continue;
        }
        let mut tokens: Vec<Token> = Vec::new();
        lexer(&file.language).line(body, &mut Default::default(), &mut tokens);
        let token = tokens[random.below(tokens.len())];
        let cursor = match random.unit() {
            u if u < 0.45 => 0,
            u if u < 0.75 => token.start as usize,
            _ => {
                // Inside a word, or at its end.
                let mut at =
                    token.start as usize + 1 + random.below((token.end - token.start) as usize);
                while !body.is_char_boundary(at) {
                    at += 1;
                }
                at
            }
        };
        let closer = tokens
            .iter()
            .rev()
            .take_while(|t| ")]};,:{".contains(&body[t.start as usize..t.end as usize]));
        let closer = closer
            .last()
            .map(|t| t.start as usize)
            .filter(|&c| c > cursor);
        let resume = match closer {
            Some(c) if random.unit() < 0.12 => line.start + c,
            _ => line.end,
        };
        let model = match random.unit() {
            u if u < 0.74 => 0,
            u if u < 0.88 => 1 + random.below(3),
            _ => 4,
        };
        out.push(Cut {
            cursor: line.start + cursor,
            resume,
            suffix: random.unit() < 0.75,
            model,
            seed: random.number(),
            line,
        });
    }
    out
}

#[derive(Default)]
struct State {
    session: Session,
    family: Option<(String, Arc<Family>)>,
    work: Workspace,
}

impl State {
    /// Asks about a cut and gives every step of its line to `each`.
    fn walk(
        &mut self,
        repository: &Repository,
        models: &Models,
        cut: &Cut,
        weights: &Weights,
        share: f32,
        mut each: impl FnMut(&mut Workspace, &crate::decode::Question<'_>, &Said, Id),
    ) {
        let model = match cut.model {
            0 => &models.full,
            4 => &models.none,
            m => &models.few[m - 1],
        };
        let file = &repository.files[cut.line.file];
        let snapshot = model.snapshot();
        let family = match snapshot.families.get(repository.family) {
            Some(family) => family.clone(),
            None => Arc::new(Family::empty(literals(repository.family))),
        };
        let key = format!("{}/{}", repository.name, cut.model);
        if self.family.as_ref().is_none_or(|(k, _)| *k != key) {
            self.session = Session::default();
            self.family = Some((key, family.clone()));
        }
        let suffix = if cut.suffix {
            &file.text[cut.resume..]
        } else {
            ""
        };
        let text = format!("{}{suffix}", &file.text[..cut.cursor]);
        let at = At {
            path: &file.path,
            language: &file.language,
            text: &text,
            cursor: cut.cursor,
        };
        self.session.look(at, &family, snapshot.generation + 1);
        // Now and then the language is not told, as it will not be for languages never seen here.
        if cut.seed.is_multiple_of(7) {
            self.session.view.tongue = None;
        }
        // The truth, cut into tokens in its own line.
        let line_start = file.text[..cut.cursor].rfind('\n').map_or(0, |n| n + 1);
        let line = &file.text[line_start..cut.line.end];
        let mut state = self.session.state_before_cursor_line(&text, cut.cursor);
        let mut tokens = Vec::new();
        lexer(&file.language).line(line, &mut state, &mut tokens);
        let (from, to) = (cut.cursor - line_start, cut.resume - line_start);
        let begun = tokens
            .iter()
            .find(|t| (t.start as usize) < from && t.end as usize >= from);
        let hidden = tokens
            .iter()
            .filter(|t| t.start as usize >= from && (t.start as usize) < to);
        let known = self.session.question(&family, weights).map(|(q, _)| {
            let id = |t: &Token| {
                q.words
                    .find(&line[t.start as usize..t.end as usize])
                    .unwrap_or(u32::MAX)
            };
            hidden.map(id).collect::<Vec<Id>>()
        });
        let Some(mut truth) = known else { return };
        let after = tokens.iter().find(|t| t.start as usize >= to);
        if !self.session.view.partial.is_empty() {
            let Some(begun) = begun else { return };
            let word = &line[begun.start as usize..begun.end as usize];
            let Some((question, _)) = self.session.question(&family, weights) else {
                return;
            };
            truth.insert(0, question.words.find(word).unwrap_or(u32::MAX));
        }
        // A symbol cut in two is neither begun nor left.
        if self.session.view.partial.is_empty() && begun.is_some_and(|t| t.end as usize > from) {
            return;
        }
        let Some((question, _)) = self.session.question(&family, weights) else {
            return;
        };
        truth.push(match after {
            Some(t) if cut.suffix => question
                .words
                .find(&line[t.start as usize..t.end as usize])
                .unwrap_or(u32::MAX),
            Some(_) => return,
            None => newline(Change::Same, false, false),
        });
        let mut random = Random(cut.seed | 1);
        let mut said = Said::nothing(question.view);
        for &token in &truth {
            if random.unit() < share {
                each(&mut self.work, &question, &said, token);
            }
            // A word that nobody knows cannot be said; the line ends here for the learner.
            if token == u32::MAX || is_newline(token) {
                break;
            }
            said.push(token, question.words);
        }
    }

    fn chain_records(
        &mut self,
        repository: &Repository,
        models: &Models,
        cut: &Cut,
        weights: &Weights,
    ) -> Vec<Vec<Replacement>> {
        let mut out = Vec::new();
        self.walk(
            repository,
            models,
            cut,
            weights,
            0.5,
            |work, question, said, truth| {
                if question.view.begun(said) {
                    return;
                }
                work.answers
                    .ask(question.family, question.view, said, question.words);
                work.beliefs
                    .form(&work.answers, question.words, &weights.trust, Some(truth));
                out.push(work.beliefs.replacements.clone());
            },
        );
        out
    }

    fn examples(
        &mut self,
        repository: &Repository,
        models: &Models,
        cut: &Cut,
        weights: &Weights,
    ) -> Vec<Example> {
        let mut out = Vec::new();
        self.walk(
            repository,
            models,
            cut,
            weights,
            0.7,
            |work, question, said, truth| {
                question.believe(said, work);
                work.features.fill(
                    question.view,
                    said,
                    &work.answers,
                    &work.beliefs,
                    question.words,
                );
                let truth = if is_newline(truth) { NEWLINE } else { truth };
                let n = work.features.candidates;
                let truth = work.beliefs.guesses[..n]
                    .iter()
                    .position(|g| g.token == truth)
                    .unwrap_or(n);
                out.push(Example {
                    shared: work.features.shared.clone(),
                    own: work.features.own.clone(),
                    truth,
                });
            },
        );
        out
    }
}

/// Online gradient descent on the logits, with steps that shrink where gradients were large.
fn learn_trust(records: &[Vec<Replacement>]) -> (Vec<f32>, f32) {
    let mut logits = vec![-1.0f32; TRUSTS];
    let mut squares = vec![1e-3f32; TRUSTS];
    let mut bits = 0.0;
    for _ in 0..6 {
        let mut loss = 0.0f64;
        for record in records {
            let mut p = 1e-6f32;
            let mut path = Vec::with_capacity(record.len());
            for r in record {
                let w = 1.0 / (1.0 + (-logits[r.trust as usize]).exp());
                path.push((p, w));
                p = p * (1.0 - w * (1.0 - r.new)) + w * r.truth;
            }
            loss -= f64::from(p.max(1e-9).log2());
            let mut gradient = -1.0 / p.max(1e-9);
            for (r, &(p, w)) in record.iter().zip(&path).rev() {
                let by_weight = gradient * (r.truth - p * (1.0 - r.new));
                let by_logit = (by_weight * w * (1.0 - w)).clamp(-2.0, 2.0);
                let i = r.trust as usize;
                squares[i] += by_logit * by_logit;
                logits[i] -= 0.15 * by_logit / squares[i].sqrt();
                gradient *= 1.0 - w * (1.0 - r.new);
            }
        }
        bits = (loss / records.len().max(1) as f64) as f32;
    }
    (logits, bits)
}

const BATCH: usize = 128;
const CHUNK: usize = 32;
const RATE: f32 = 0.003;

/// Adam on the cross-entropy over the weighed candidates and "something else".
fn learn_mixer(
    examples: &[Example],
    held: &[Example],
    epochs: usize,
    log: &dyn Fn(String),
) -> Vec<f32> {
    let mut random = Random(99);
    let first = (SHARED + OWN) * HIDDEN;
    let second = first + HIDDEN;
    let mut w = vec![0.0f32; WEIGHTS];
    w[..first]
        .iter_mut()
        .for_each(|x| *x = (random.unit() * 2.0 - 1.0) * 0.12);
    w[second..second + HIDDEN * HIDDEN2]
        .iter_mut()
        .for_each(|x| *x = (random.unit() * 2.0 - 1.0) * 0.25);
    let (mut mean, mut square) = (vec![0.0f32; WEIGHTS], vec![0.0f32; WEIGHTS]);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let steps = (epochs * examples.len() / BATCH).max(1) as f32;
    let mut step = 0;
    for epoch in 0..epochs {
        for i in (1..order.len()).rev() {
            order.swap(i, random.below(i + 1));
        }
        let mut loss = 0.0f64;
        for batch in order.chunks(BATCH) {
            let mixer = Mixer::from_weights(&w).expect("the trainer keeps the number of weights");
            let parts: Vec<(Vec<f32>, f64)> = batch
                .par_chunks(CHUNK)
                .map(|c| gradient(&mixer, c.iter().map(|&i| &examples[i])))
                .collect();
            step += 1;
            let rate = RATE * (1.0 - step as f32 / steps).max(0.02);
            let (c1, c2) = (1.0 - 0.9f32.powi(step), 1.0 - 0.999f32.powi(step));
            for i in 0..WEIGHTS {
                let g =
                    parts.iter().map(|p| p.0[i]).sum::<f32>() / batch.len() as f32 + 1e-5 * w[i];
                mean[i] = 0.9 * mean[i] + 0.1 * g;
                square[i] = 0.999 * square[i] + 0.001 * g * g;
                w[i] -= rate * (mean[i] / c1) / ((square[i] / c2).sqrt() + 1e-8);
            }
            loss += parts.iter().map(|p| p.1).sum::<f64>();
        }
        let mixer = Mixer::from_weights(&w).expect("the trainer keeps the number of weights");
        let (before, after) = evaluate(&mixer, held);
        let trained = loss / examples.len().max(1) as f64 / std::f64::consts::LN_2;
        log(format!(
            "epoch {epoch}: {trained:.4} bits, held out {after:.4} (chain {before:.4})"
        ));
    }
    w
}

/// Scores of an example's candidates, and what the network computed for each.
fn run(mixer: &Mixer, example: &Example) -> Vec<(f32, Activations)> {
    let base = mixer.first_layer_shared(&example.shared);
    example
        .own
        .chunks_exact(OWN)
        .map(|own| mixer.score(&base, own))
        .collect()
}

fn softmax(scores: &[(f32, Activations)]) -> Vec<f32> {
    let most = scores.iter().map(|s| s.0).fold(f32::MIN, f32::max);
    let powers: Vec<f32> = scores.iter().map(|s| (s.0 - most).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|p| p / sum).collect()
}

fn evaluate(mixer: &Mixer, examples: &[Example]) -> (f32, f32) {
    let sums = examples.par_iter().map(|e| {
        let p = softmax(&run(mixer, e))[e.truth];
        let chain = (e.own[e.truth * OWN + crate::sources::SOURCES * 4] * 3.0).exp();
        (-chain.min(1.0).log2(), -p.max(1e-9).log2())
    });
    let (chain, mixed) = sums.reduce(|| (0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    let n = examples.len().max(1) as f32;
    (chain / n, mixed / n)
}

/// Sum of gradients and losses of some examples.
fn gradient<'a>(mixer: &Mixer, examples: impl Iterator<Item = &'a Example>) -> (Vec<f32>, f64) {
    let mut g = vec![0.0f32; WEIGHTS];
    let mut loss = 0.0;
    let b1 = (SHARED + OWN) * HIDDEN;
    let w2 = b1 + HIDDEN;
    let b2 = w2 + HIDDEN * HIDDEN2;
    let w3 = b2 + HIDDEN2;
    let leak = |x: f32| if x < 0.0 { 0.05 } else { 1.0 };
    for example in examples {
        let scores = run(mixer, example);
        let p = softmax(&scores);
        loss -= f64::from(p[example.truth].max(1e-9).ln());
        let mut shared = [0.0f32; HIDDEN];
        for (i, (_, a)) in scores.iter().enumerate() {
            let d = p[i] - f32::from(u8::from(i == example.truth));
            if d.abs() < 1e-5 {
                continue;
            }
            g[WEIGHTS - 1] += d;
            let mut d2 = [0.0f32; HIDDEN2];
            for k in 0..HIDDEN2 {
                g[w3 + k] += d * a.second[k];
                d2[k] = d * mixer.w3[k] * leak(a.second[k]);
                g[b2 + k] += d2[k];
            }
            let mut d1 = [0.0f32; HIDDEN];
            for j in 0..HIDDEN {
                let row = &mixer.w2[j * HIDDEN2..(j + 1) * HIDDEN2];
                let into = &mut g[w2 + j * HIDDEN2..w2 + (j + 1) * HIDDEN2];
                let mut sum = 0.0;
                for k in 0..HIDDEN2 {
                    sum += d2[k] * row[k];
                    into[k] += d2[k] * a.first[j];
                }
                d1[j] = sum * leak(a.first[j]);
                shared[j] += d1[j];
            }
            add_rows(
                &mut g[SHARED * HIDDEN..b1],
                &example.own[i * OWN..(i + 1) * OWN],
                &d1,
            );
        }
        add_rows(&mut g[..SHARED * HIDDEN], &example.shared, &shared);
        for j in 0..HIDDEN {
            g[b1 + j] += shared[j];
        }
    }
    (g, loss)
}

fn add_rows(rows: &mut [f32], features: &[f32], d: &[f32; HIDDEN]) {
    for (&x, row) in features.iter().zip(rows.chunks_exact_mut(HIDDEN)) {
        if x != 0.0 {
            for (r, d) in row.iter_mut().zip(d) {
                *r += x * d;
            }
        }
    }
}
