//! From counts to probabilities: a learned back-off from general sources to particular ones.
//!
//! The sources are taken in a fixed order, short matches first, and each replaces a share of what was
//! believed so far by its own shares. How large a share is learned per source, match length, number of
//! occurrences and of different continuations.
//!
//! Deliberately absent: interactions between sources; the mixer adds those.

use crate::keys::{LINE_KEYS, SPARSE_KEYS};
use crate::sources::{
    Answers, CANDIDATE_DEAD, CANDIDATE_NEW, DIRECTORY, FILE, FILE_NAMES, FILE_SPARSE, LEVELS,
    LIKE_LINES, NEAR, REPOSITORY, REPOSITORY_NAMES, REPOSITORY_SPARSE, SOURCES,
};
use crate::vocabulary::{Id, NEWLINE, Words, is_newline};

const AMOUNTS: usize = 6;
const SPREADS: usize = 4;
/// How finely probabilities are compared.
const GRADES: f32 = (1 << 20) as f32;
/// Number of learned trusts.
pub(crate) const TRUSTS: usize = SOURCES * LEVELS * AMOUNTS * SPREADS * 2;

/// A possible next token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guess {
    pub(crate) token: Id,
    pub(crate) p: f32,
    pub(crate) space: u8,
    /// Index among the candidates of the step.
    pub(crate) candidate: u16,
}

/// One replacement, for learning: which trust it used, the share of the truth, the share of new names.
#[cfg_attr(
    not(feature = "lab"),
    expect(dead_code, reason = "read where weights are learned")
)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replacement {
    pub(crate) trust: u32,
    pub(crate) truth: f32,
    pub(crate) new: f32,
}

/// Probabilities of one step.
#[derive(Debug, Default)]
pub(crate) struct Beliefs {
    /// Most probable first; all newline tokens are one guess.
    pub(crate) guesses: Vec<Guess>,
    /// What is left for tokens that no source brought up.
    pub(crate) rest: f32,
    /// The newline tokens and what each got.
    pub(crate) newlines: Vec<(Id, f32)>,
    shares: Vec<f32>,
    /// Filled when the truth is known.
    pub(crate) replacements: Vec<Replacement>,
}

fn trust_index(source: usize, level: usize, amount: f32, spread: u16, deepest: bool) -> usize {
    let amount = match amount {
        n if n < 1.5 => 0,
        n if n < 2.5 => 1,
        n if n < 4.5 => 2,
        n if n < 8.5 => 3,
        n if n < 20.0 => 4,
        _ => 5,
    };
    let spread = match spread {
        0 | 1 => 0,
        2 => 1,
        3 | 4 => 2,
        _ => 3,
    };
    (((source * LEVELS + level) * AMOUNTS + amount) * SPREADS + spread) * 2 + usize::from(deepest)
}

impl Beliefs {
    /// Works the chain through. `trust` holds logits.
    pub(crate) fn form(
        &mut self,
        answers: &Answers,
        words: Words<'_>,
        trust: &[f32],
        truth: Option<Id>,
    ) {
        self.shares.clear();
        self.shares.resize(answers.candidates.tokens.len(), 0.0);
        self.replacements.clear();
        let truth = truth.map(|t| answers.candidates.find(t).unwrap_or(u16::MAX));
        // A candidate's probability is its share times `scale`: one replacement then costs its own entries only.
        let mut scale = 1.0f32;
        for l in 0..LEVELS {
            for source in [
                REPOSITORY,
                REPOSITORY_NAMES,
                DIRECTORY,
                NEAR,
                FILE_NAMES,
                FILE,
            ] {
                self.replace(answers, source, l, trust, &mut scale, truth);
            }
        }
        for k in 0..SPARSE_KEYS {
            self.replace(answers, REPOSITORY_SPARSE + k, 0, trust, &mut scale, truth);
        }
        for k in 0..SPARSE_KEYS {
            self.replace(answers, FILE_SPARSE + k, 0, trust, &mut scale, truth);
        }
        for k in (0..LINE_KEYS).rev() {
            self.replace(
                answers,
                LIKE_LINES + k,
                answers.in_line.min(3),
                trust,
                &mut scale,
                truth,
            );
        }
        self.gather(answers, words, scale);
    }

    fn replace(
        &mut self,
        answers: &Answers,
        source: usize,
        level: usize,
        trust: &[f32],
        scale: &mut f32,
        truth: Option<u16>,
    ) {
        let tally = &answers.tallies[source];
        let total = tally.total[level];
        if total <= 0.0 {
            return;
        }
        let index = trust_index(
            source,
            level,
            total,
            tally.distinct[level],
            level == tally.top,
        );
        let weight = 1.0 / (1.0 + (-trust[index]).exp());
        if *scale < 1e-20 {
            for share in &mut self.shares {
                *share *= *scale;
            }
            *scale = 1.0;
        }
        let end = if level == 0 {
            tally.counts.len()
        } else {
            tally.shallow_from
        };
        let new = tally.new[level] / total;
        if let Some(truth) = truth {
            let matching = tally.candidates[..end].iter().position(|&c| c == truth);
            let share = matching.map_or(0.0, |i| tally.counts[i][level] / total);
            self.replacements.push(Replacement {
                trust: index as u32,
                truth: share,
                new,
            });
        }
        // What a source gives to names it cannot tell is left as it was.
        let keep = 1.0 - weight * (1.0 - new);
        if keep < 1e-6 {
            return;
        }
        *scale *= keep;
        let unit = weight / total / *scale;
        for (counts, &candidate) in tally.counts[..end].iter().zip(&tally.candidates) {
            let count = counts[level];
            if count > 0.0 && candidate != CANDIDATE_NEW && candidate != CANDIDATE_DEAD {
                self.shares[usize::from(candidate)] += count * unit;
            }
        }
    }

    fn gather(&mut self, answers: &Answers, words: Words<'_>, scale: f32) {
        self.guesses.clear();
        self.newlines.clear();
        let (mut sum, mut newline) = (
            0.0,
            Guess {
                token: NEWLINE,
                p: 0.0,
                space: 0,
                candidate: CANDIDATE_DEAD,
            },
        );
        for (i, &token) in answers.candidates.tokens.iter().enumerate().skip(2) {
            let p = self.shares[i] * scale;
            sum += p;
            if is_newline(token) {
                newline.p += p;
                self.newlines.push((token, p));
            } else {
                self.guesses.push(Guess {
                    token,
                    p,
                    space: 0,
                    candidate: i as u16,
                });
            }
        }
        self.guesses.push(newline);
        self.rest = (1.0 - sum).max(0.0);
        // Ids depend on the order in which files were learnt; what is as good as equal is told apart by its text.
        let grade = |g: &Guess| (g.p * GRADES) as u32;
        let by_p = |a: &Guess, b: &Guess| {
            grade(b)
                .cmp(&grade(a))
                .then_with(|| words.text(a.token).cmp(words.text(b.token)))
        };
        let head = 24;
        if self.guesses.len() > head {
            self.guesses.select_nth_unstable_by(head, by_p);
        }
        let head = head.min(self.guesses.len());
        self.guesses[..head].sort_unstable_by(by_p);
        for guess in &mut self.guesses[..head] {
            guess.space = answers.candidates.space(usize::from(guess.candidate));
        }
    }
}
