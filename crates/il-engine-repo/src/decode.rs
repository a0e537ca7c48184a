//! From one token after another to a line.
//!
//! A beam of three runs to the end of the line; each hypothesis carries the probability of everything
//! said so far after every token, which is what a gate needs to cut a line where sureness ends. A word
//! begun before the cursor filters the first step; what follows the cursor on its line ends the last.
//!
//! Deliberately absent: thresholds on what to show. All of the best line is given, however unsure.

use il_text::CancelToken;

use crate::chain::{Beliefs, Guess};
use crate::family::{Family, completes_words};
use crate::mixer::Features;
use crate::sources::{Answers, Said};
use crate::view::View;
use crate::vocabulary::{Id, Kind, Words, is_newline};
use crate::weights::Weights;

/// Hypotheses kept.
const BEAM: usize = 3;
/// Continuations of one hypothesis looked at.
const BRANCHES: usize = BEAM + 1;
/// Continuations less probable than this are not.
const BRANCH_FLOOR: f32 = 0.004;
/// Most tokens in a line.
const MOST_TOKENS: usize = 40;
/// Words taken from the vocabulary when a word is begun.
const FALLBACK: usize = 6;

/// One way to end the line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hypothesis {
    pub(crate) text: String,
    pub(crate) pieces: Vec<PieceEnd>,
    /// Logarithm of the probability of all of it, the end included if it was reached.
    pub(crate) log_p: f32,
    pub(crate) done: bool,
    pub(crate) said: Said,
    /// Which newline would follow, and how probable it is among newlines.
    pub(crate) newline: Option<(Id, f32)>,
}

/// Where a token's text ends, and the probability of everything up to there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PieceEnd {
    pub(crate) end: usize,
    pub(crate) log_p: f32,
}

/// What every step works in, kept between requests.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) answers: Answers,
    pub(crate) beliefs: Beliefs,
    pub(crate) features: Features,
    /// Steps taken, for tests.
    pub(crate) steps: usize,
}

/// A request ready to be decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) family: &'a Family,
    pub(crate) view: &'a View,
    pub(crate) words: Words<'a>,
    pub(crate) weights: &'a Weights,
    /// Hypotheses less probable than this, as a logarithm, are given up.
    pub(crate) log_floor: f32,
    /// Whether the line may end at the cursor, because more lines are wanted.
    pub(crate) may_end: bool,
}

impl Question<'_> {
    /// Fills `work.beliefs` with what comes after `said`.
    pub(crate) fn step(&self, said: &Said, work: &mut Workspace) {
        self.believe(said, work);
        if let Some(mixer) = &self.weights.mixer {
            work.features
                .fill(self.view, said, &work.answers, &work.beliefs, self.words);
            mixer.weigh(&work.features, &mut work.beliefs);
        }
    }

    /// The same before the mixer.
    pub(crate) fn believe(&self, said: &Said, work: &mut Workspace) {
        work.steps += 1;
        work.answers.ask(self.family, self.view, said, self.words);
        work.beliefs
            .form(&work.answers, self.words, &self.weights.trust, None);
        if self.view.begun(said) {
            self.keep_begun(&mut work.beliefs);
        }
    }

    /// The most probable ways to end the line, best first; `None` when cancelled.
    pub(crate) fn line(
        &self,
        work: &mut Workspace,
        cancel: &CancelToken,
    ) -> Option<Vec<Hypothesis>> {
        let start = Hypothesis {
            said: Said::nothing(self.view),
            ..Hypothesis::default()
        };
        let mut active = vec![start];
        let mut finished: Vec<Hypothesis> = Vec::new();
        for step in 0..MOST_TOKENS {
            let so_far = active.first().cloned();
            let mut next = Vec::new();
            for hypothesis in active.drain(..) {
                if cancel.is_cancelled() {
                    return None;
                }
                self.step(&hypothesis.said, work);
                self.branch(
                    &hypothesis,
                    step == 0,
                    &work.beliefs,
                    &mut next,
                    &mut finished,
                );
            }
            next.sort_by(|a, b| b.log_p.total_cmp(&a.log_p));
            next.truncate(BEAM);
            let best = finished
                .iter()
                .map(|h| h.log_p)
                .fold(f32::NEG_INFINITY, f32::max);
            let furthest = next.first().cloned().or(so_far);
            next.retain(|h| h.log_p > best && h.log_p > self.log_floor);
            if next.is_empty() && finished.is_empty() {
                // Nothing came to the end: the way there was sure for a while, and is worth saying.
                finished.extend(furthest);
            }
            active = next;
            if active.is_empty() {
                break;
            }
        }
        finished.extend(active);
        finished.sort_by(|a, b| b.done.cmp(&a.done).then(b.log_p.total_cmp(&a.log_p)));
        Some(finished)
    }

    fn branch(
        &self,
        from: &Hypothesis,
        first: bool,
        beliefs: &Beliefs,
        next: &mut Vec<Hypothesis>,
        finished: &mut Vec<Hypothesis>,
    ) {
        let mut taken = 0;
        for guess in &beliefs.guesses {
            if guess.p < BRANCH_FLOOR || taken == BRANCHES {
                break;
            }
            let ends_line = is_newline(guess.token);
            // To say nothing is no answer, and a line that goes on behind the cursor does not end here.
            let nothing_said = from.text.is_empty();
            let blank = nothing_said && !(self.may_end && first && !self.view.typed().is_empty());
            if ends_line && (blank || !self.view.rest.is_empty()) {
                continue;
            }
            taken += 1;
            let log_p = from.log_p + guess.p.ln();
            let meets_rest = self.meets_rest(from, guess.token);
            if meets_rest && nothing_said {
                continue;
            }
            if ends_line || meets_rest {
                let mut done = Hypothesis {
                    log_p,
                    done: true,
                    ..from.clone()
                };
                if ends_line {
                    let sum: f32 = beliefs.newlines.iter().map(|n| n.1).sum();
                    let best = beliefs.newlines.iter().max_by(|a, b| a.1.total_cmp(&b.1));
                    done.newline = best.map(|&(id, p)| (id, p / sum.max(1e-9)));
                }
                finished.push(done);
            } else {
                next.push(self.extend(from, guess, first, log_p));
            }
        }
    }

    /// Whether a token is where the text after the cursor goes on, outside any bracket said since.
    fn meets_rest(&self, from: &Hypothesis, token: Id) -> bool {
        if self.view.rest.first() != Some(&token) {
            return false;
        }
        let kind = self.words.kind(token);
        let mut depth = 0i32;
        for &t in &from.said.tokens {
            match self.words.kind(t) {
                k if k.is_open() => depth += 1,
                k if k.is_close() => depth -= 1,
                _ => {}
            }
        }
        depth <= 0 || !kind.is_close()
    }

    fn extend(&self, from: &Hypothesis, guess: &Guess, first: bool, log_p: f32) -> Hypothesis {
        let mut next = Hypothesis {
            log_p,
            ..from.clone()
        };
        let word = self.words.text(guess.token);
        let partial = self.view.partial.as_str();
        if first && !partial.is_empty() {
            next.text
                .push_str(word.get(partial.len()..).unwrap_or_default());
        } else {
            if !(first && self.view.spaced) {
                next.text
                    .extend(std::iter::repeat_n(' ', usize::from(guess.space.min(8))));
            }
            next.text.push_str(word);
        }
        next.pieces.push(PieceEnd {
            end: next.text.len(),
            log_p,
        });
        next.said.push(guess.token, self.words);
        next
    }

    /// Keeps the guesses that go on with the word begun before the cursor, and adds words that do.
    fn keep_begun(&self, beliefs: &mut Beliefs) {
        let partial = self.view.partial.as_str();
        let words = self.words;
        beliefs.guesses.retain(|g| {
            let kind = words.kind(g.token);
            kind != Kind::Newline
                && completes_words(kind)
                && words.text(g.token).starts_with(partial)
        });
        let rest = beliefs.rest.max(0.002);
        for (token, count) in self.words_begun(beliefs) {
            let p = rest * 0.5 * count / self.family.total * 4.0;
            beliefs.guesses.push(Guess {
                token,
                p,
                space: 1,
                candidate: u16::MAX,
            });
        }
        let unknown = rest * 0.05 * 0.15f32.powi(partial.len() as i32 - 1);
        let sum: f32 = beliefs.guesses.iter().map(|g| g.p).sum::<f32>() + unknown;
        for guess in &mut beliefs.guesses {
            guess.p /= sum;
        }
        beliefs.rest = unknown / sum;
        beliefs.newlines.clear();
        let by_p = |a: &Guess, b: &Guess| {
            b.p.total_cmp(&a.p)
                .then_with(|| words.text(a.token).cmp(words.text(b.token)))
        };
        beliefs.guesses.sort_unstable_by(by_p);
    }

    /// The most frequent words with the begun prefix that are not guesses already.
    fn words_begun(&self, beliefs: &Beliefs) -> Vec<(Id, f32)> {
        let partial = self.view.partial.as_str();
        let family = self.family;
        let base = &family.sorted;
        let from = base.partition_point(|&id| self.words.text(id) < partial);
        let len = base[from..].partition_point(|&id| self.words.text(id).starts_with(partial));
        let stride = (len / 2000).max(1);
        let in_base = base[from..from + len].iter().copied().step_by(stride);
        let layer = self.words.overlay;
        let in_overlay = (layer.first()..layer.end())
            .filter(|&id| layer.kind(id).is_word() && layer.text(id).starts_with(partial));
        let mut found: Vec<(Id, f32)> = in_base
            .chain(in_overlay)
            .filter_map(|id| {
                let count = family.counts.get(id as usize).copied().unwrap_or(0) as f32;
                let count = count - self.view.own.get(&id).copied().unwrap_or(0.0);
                (count > 0.0).then_some((id, count))
            })
            .collect();
        // Words of the file that the recent list had no room for.
        for &(id, seen) in &self.view.seen.entries {
            if completes_words(self.words.kind(id)) && self.words.text(id).starts_with(partial) {
                match found.iter_mut().find(|f| f.0 == id) {
                    Some(f) => f.1 += seen.weight,
                    None => found.push((id, seen.weight)),
                }
            }
        }
        found.retain(|&(id, _)| beliefs.guesses.iter().all(|g| g.token != id));
        found.sort_by(|a, b| {
            b.1.total_cmp(&a.1)
                .then_with(|| self.words.text(a.0).cmp(self.words.text(b.0)))
        });
        found.truncate(FALLBACK);
        found
    }
}

impl Question<'_> {
    /// Where the longest match that supports a line stands in the repository: path and 0-based row.
    pub(crate) fn origin(
        &self,
        line: &Hypothesis,
        work: &mut Workspace,
    ) -> Option<(std::sync::Arc<str>, u32)> {
        let mut best: Option<(usize, std::sync::Arc<str>, u32)> = None;
        for said in 0..line.said.tokens.len() {
            let found = work.answers.longest(
                self.family,
                self.view,
                &line.said.tokens[..said],
                line.said.tokens[said],
            );
            if let Some((matched, source, position)) = found
                && best.as_ref().is_none_or(|b| matched > b.0)
            {
                let segment = &self.family.segment(source).segment;
                let row = segment.line_at(position).map_or(0, |l| l.row);
                best = Some((
                    matched,
                    segment.files[segment.file_at(position)].path.clone(),
                    row,
                ));
            }
        }
        best.map(|(_, path, row)| (path, row))
    }
}
