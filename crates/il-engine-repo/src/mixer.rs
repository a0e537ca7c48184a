//! The small network that weighs the candidates of one step against each other.
//!
//! The chain gives each candidate a probability; the mixer sees in addition how each source stands to
//! it, how recent it is, what brackets are open, where in the line it is and what the next line holds,
//! and moves the probability. It scores the best candidates and "something else" one by one and
//! normalises over them, so it is small, knows no words, and works for languages it never saw.
//!
//! Deliberately absent: learning from the user's repository. The weights are made by
//! `examples/train_mixer.rs` from other repositories and shipped.

use il_lang::lexer::TokenMode;

use crate::chain::Beliefs;
use crate::sheet::read_newline;
use crate::sources::{Answers, LEVELS, LIKE_LINES, SOURCES, Said, Tally};
use crate::view::{View, push_bracket};
use crate::vocabulary::{Id, Kind, Words, is_newline};

/// Candidates that are weighed; everything else is one more.
pub(crate) const WEIGHED: usize = 24;
/// Features that all candidates of a step share.
pub(crate) const SHARED: usize = SOURCES * 2 + 80;
/// Features of one candidate.
pub(crate) const OWN: usize = SOURCES * 4 + 42;
pub(crate) const HIDDEN: usize = 48;
pub(crate) const HIDDEN2: usize = 24;
/// Number of weights.
pub(crate) const WEIGHTS: usize =
    (SHARED + OWN) * HIDDEN + HIDDEN + HIDDEN * HIDDEN2 + HIDDEN2 + HIDDEN2 + 1;

/// Language families that the network may tell apart.
pub(crate) const TONGUES: usize = 5;

/// The number of a family among those, `None` for all others.
pub(crate) fn tongue(family: &str) -> Option<usize> {
    ["python", "rust", "ecmascript", "go", "java"]
        .iter()
        .position(|&f| f == family)
}

/// Slope of the units below zero.
const LEAK: f32 = 0.05;
/// The network moves the logarithm of the chain's probability, which is this feature times this factor.
const CHAIN_LOG: usize = SOURCES * 4;
const CHAIN_SCALE: f32 = 3.0;

/// The features of one step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features {
    pub(crate) shared: Vec<f32>,
    /// A row of [`OWN`] for each weighed candidate, then one for everything else.
    pub(crate) own: Vec<f32>,
    pub(crate) candidates: usize,
    slots: Vec<u8>,
    brackets: Vec<Kind>,
}

const UNWEIGHED: u8 = 255;
/// What being a source's favourite adds to the feature.
const FAVOURITE: f32 = 0.25;

fn flag(on: bool) -> f32 {
    f32::from(u8::from(on))
}

impl Features {
    pub(crate) fn fill(
        &mut self,
        view: &View,
        said: &Said,
        answers: &Answers,
        beliefs: &Beliefs,
        words: Words<'_>,
    ) {
        let n = beliefs.guesses.len().min(WEIGHED);
        self.candidates = n;
        self.shared.clear();
        self.shared.resize(SHARED, 0.0);
        self.own.clear();
        self.own.resize((n + 1) * OWN, 0.0);
        self.slots.clear();
        self.slots
            .resize(answers.candidates.tokens.len(), UNWEIGHED);
        for (i, guess) in beliefs.guesses[..n].iter().enumerate() {
            if is_newline(guess.token) {
                for &(token, _) in &beliefs.newlines {
                    if let Some(c) = answers.candidates.find(token) {
                        self.slots[usize::from(c)] = i as u8;
                    }
                }
            } else if let Some(slot) = self.slots.get_mut(usize::from(guess.candidate)) {
                *slot = i as u8;
            }
        }
        let in_text = self.follow_brackets(view, said, words);
        self.fill_shared(view, said, answers, beliefs, words, in_text);
        self.fill_sources(answers);
        for (i, guess) in beliefs.guesses[..n].iter().enumerate() {
            self.fill_candidate(i, guess.token, guess.p, view, said, words, in_text);
        }
        let tail: f32 = beliefs.guesses[n..].iter().map(|g| g.p).sum();
        let other = &mut self.own[n * OWN + SOURCES * 4..];
        other[0] = (beliefs.rest + tail).max(1e-6).ln() / CHAIN_SCALE;
        other[1] = beliefs.rest + tail;
        other[2] = tail;
        other[31] = 1.0;
    }

    /// The brackets open after what was said; whether that is inside a string.
    fn follow_brackets(&mut self, view: &View, said: &Said, words: Words<'_>) -> bool {
        self.brackets.clone_from(&view.brackets);
        let mut in_text = view.mode == Some(TokenMode::Text);
        for &token in &said.tokens {
            match words.kind(token) {
                Kind::Quote => in_text = !in_text,
                kind if !in_text => push_bracket(&mut self.brackets, kind),
                _ => {}
            }
        }
        in_text
    }

    fn fill_shared(
        &mut self,
        view: &View,
        said: &Said,
        answers: &Answers,
        beliefs: &Beliefs,
        words: Words<'_>,
        in_text: bool,
    ) {
        let x = &mut self.shared;
        for (s, tally) in answers.tallies.iter().enumerate() {
            if !tally.is_empty() {
                x[s * 2] = (tally.top as f32 + 1.0) / 6.0;
                x[s * 2 + 1] = (1.0 + tally.total[tally.top]).ln() / 5.0;
            }
        }
        let next = &view.sheet.tokens[view.next.clone()];
        let entropy: f32 = beliefs.guesses[..self.candidates]
            .iter()
            .map(|g| if g.p > 1e-5 { -g.p * g.p.ln() } else { 0.0 })
            .sum();
        let x = &mut x[SOURCES * 2..];
        x[0] = beliefs.rest.max(1e-4).ln() / 5.0;
        x[1] = beliefs.guesses.first().map_or(0.0, |g| g.p);
        x[2] = (answers.in_line as f32).min(30.0) / 10.0;
        x[3] = (self.brackets.len() as f32).min(8.0) / 4.0;
        x[4] = flag(in_text);
        x[5] = flag(next.first().is_some_and(|&t| words.kind(t).is_close()));
        x[6] = flag(answers.in_line == 0);
        x[7] = flag(next.is_empty());
        x[8] = entropy / 2.0;
        x[9] = 1.0;
        x[10] = flag(view.mode == Some(TokenMode::Comment));
        x[11] = flag(!view.rest.is_empty());
        x[12] = flag(answers.tallies[crate::sources::REPOSITORY].total[0] > 0.0);
        x[13] = (1.0 + view.cursor as f32).ln() / 8.0;
        if view.begun(said) {
            x[15] = (view.partial.len() as f32).min(10.0) / 5.0;
        }
        x[14] = flag(view.like_lines[..2].iter().any(|l| !l.is_empty()));
        let last = said
            .tokens
            .last()
            .or_else(|| view.sheet.tokens[..view.cursor].last());
        if let Some(&last) = last {
            x[16 + words.kind(last) as usize % 16] = 1.0;
        }
        // Where the line stands: how it is indented, what ends the line above and begins the line below.
        let newline = view.sheet.tokens[view.sheet.lines[view.line].start as usize - 1];
        if is_newline(newline) {
            let (change, at_margin, blank) = read_newline(newline);
            x[32 + change as usize] = 1.0;
            x[37] = flag(at_margin);
            x[38] = flag(blank);
        }
        if let Some(tongue) = view.tongue {
            x[39 + tongue.min(TONGUES - 1)] = 1.0;
        }
        if let Some(&above) = view.sheet.tokens[view.previous.clone()].last() {
            x[48 + words.kind(above) as usize % 16] = 1.0;
        }
        if let Some(&below) = next.first() {
            x[64 + words.kind(below) as usize % 16] = 1.0;
        }
    }

    fn fill_sources(&mut self, answers: &Answers) {
        for (s, tally) in answers.tallies.iter().enumerate() {
            self.fill_favourite(tally);
            for (counts, &candidate) in tally.counts.iter().zip(&tally.candidates) {
                let slot = self.slots[usize::from(candidate)];
                if slot == UNWEIGHED {
                    continue;
                }
                let mut longest = tally.top;
                while longest > 0 && counts[longest] <= 0.0 {
                    longest -= 1;
                }
                let count = counts[longest];
                if count <= 0.0 {
                    continue;
                }
                let x = &mut self.own[usize::from(slot) * OWN + s * 4..][..4];
                let length = (longest as f32 + 1.0) / 6.0;
                let share = count / tally.total[longest];
                if length > x[0] {
                    x[0] = length;
                    x[1] = share;
                    x[3] = (1.0 + count).ln() / 4.0;
                } else if length == x[0] {
                    x[1] += share;
                }
                x[2] += counts[tally.top] / tally.total[tally.top];
            }
        }
    }

    /// Notes which candidate a source would have chosen; equals share.
    fn fill_favourite(&mut self, tally: &Tally) {
        let top = tally.top;
        let most = tally.counts.iter().map(|c| c[top]).fold(0.0, f32::max);
        let equals = |c: &[f32; LEVELS]| c[top] >= most * 0.9999;
        let share = FAVOURITE / tally.counts.iter().filter(|c| equals(c)).count().max(1) as f32;
        for (_, &candidate) in tally
            .counts
            .iter()
            .zip(&tally.candidates)
            .filter(|(c, _)| equals(c))
        {
            let slot = self.slots[usize::from(candidate)];
            if slot != UNWEIGHED {
                self.own[usize::from(slot) * OWN + SOURCES * 4 + 35] += share;
            }
        }
    }

    fn fill_candidate(
        &mut self,
        i: usize,
        token: Id,
        p: f32,
        view: &View,
        said: &Said,
        words: Words<'_>,
        in_text: bool,
    ) {
        let kind = words.kind(token);
        let next = &view.sheet.tokens[view.next.clone()];
        let previous = &view.sheet.tokens[view.previous.clone()];
        let typed = view.typed();
        let next_close = next
            .first()
            .map(|&t| words.kind(t))
            .filter(|k| k.is_close());
        let open = self.brackets.last().copied();
        let closes_open = kind.is_close() && !in_text && open.is_some_and(|o| o.opens(kind));
        let in_line = typed.len() + said.tokens.len();
        let last = said
            .tokens
            .last()
            .or_else(|| view.sheet.tokens[..view.cursor].last());
        let repeats = |line: &[Id]| {
            let so_far = line.len() >= in_line
                && line[..typed.len()] == *typed
                && line[typed.len()..in_line] == said.tokens[..];
            let goes_on = if kind == Kind::Newline {
                line.len() == in_line
            } else {
                line.get(in_line) == Some(&token)
            };
            flag(so_far && goes_on) * (1.0 + in_line as f32 / 4.0).min(3.0)
        };
        let repeats_next = repeats(next);
        let repeats_previous = repeats(previous);
        let cursor = view.cursor as f32;
        let seen = view.seen.get(token);
        let x = &mut self.own[i * OWN + SOURCES * 4..(i + 1) * OWN];
        x[0] = p.max(1e-6).ln() / CHAIN_SCALE;
        x[1] = p;
        x[2] = i as f32 / 8.0;
        x[3] = flag(kind == Kind::Name);
        x[4] = flag(kind == Kind::Literal);
        x[5] = flag(kind == Kind::Newline);
        x[6] = flag(kind.is_open());
        x[7] = flag(closes_open);
        x[8] = flag(kind.is_close() && !closes_open);
        x[9] = flag(kind == Kind::Comma);
        x[10] = flag(kind == Kind::Member);
        x[11] = flag(kind == Kind::Quote);
        x[12] = flag(kind == Kind::Operator);
        x[13] = flag(matches!(kind, Kind::Semicolon | Kind::Colon));
        if let Some(seen) = seen {
            if seen.before > 0 {
                x[14] = (1.0 + seen.before as f32).ln() / 4.0;
                x[15] = 1.0 - (1.0 + (cursor - seen.last_before as f32)).ln() / 9.0;
            }
            if seen.after > 0 {
                x[16] = (1.0 + seen.after as f32).ln() / 4.0;
                x[17] = 1.0 - (1.0 + (seen.first_after as f32 - cursor)).ln() / 9.0;
            }
        }
        x[18] = repeats_next;
        x[19] = repeats_previous;
        x[20] = flag(last == Some(&token));
        x[21] = flag(kind.is_word() && (typed.contains(&token) || said.tokens.contains(&token)));
        x[22] = flag(kind == Kind::Newline && open.is_some());
        x[23] = flag(kind == Kind::Newline && in_text);
        x[24] = flag(kind.is_close() && next_close == Some(kind));
        x[25] = flag(next.first() == Some(&token));
        x[26] = flag(next.contains(&token));
        x[27] = flag(previous.contains(&token));
        x[28] = flag(
            kind == Kind::Newline && next_close.is_some_and(|c| open.is_some_and(|o| o.opens(c))),
        );
        x[29] = flag(closes_open && next_close == Some(kind));
        x[30] = 1.0;
        x[32] = flag(view.rest.first() == Some(&token));
        x[33] = flag(kind == Kind::Newline && !view.rest.is_empty());
        x[34] = flag(view.like_lines[..LIKE_KEYS].iter().all(|l| l.is_empty()));
        if kind.is_word() {
            let text = words.text(token);
            x[36] = (text.len() as f32).min(30.0) / 10.0;
            x[37] = flag(text.as_bytes()[0].is_ascii_uppercase());
            x[38] = flag(text.as_bytes()[0].is_ascii_digit());
        }
        x[39] = flag(previous.first() == Some(&token));
        x[40] = flag(view.parent_line().contains(&token));
        x[41] = flag(view.parent_line().first() == Some(&token));
    }
}

const LIKE_KEYS: usize = crate::keys::LINE_KEYS;
const _: () = assert!(LIKE_LINES + LIKE_KEYS <= SOURCES);

/// The trained network.
#[derive(Clone, Debug)]
pub(crate) struct Mixer {
    /// Rows of [`HIDDEN`], shared features first.
    pub(crate) w1: Vec<f32>,
    pub(crate) b1: Vec<f32>,
    pub(crate) w2: Vec<f32>,
    pub(crate) b2: Vec<f32>,
    pub(crate) w3: Vec<f32>,
    pub(crate) b3: f32,
}

/// What the network computed for one candidate, kept for learning.
#[cfg_attr(
    not(feature = "lab"),
    expect(dead_code, reason = "read where weights are learned")
)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Activations {
    pub(crate) first: [f32; HIDDEN],
    pub(crate) second: [f32; HIDDEN2],
}

impl Mixer {
    /// From all weights in order; `None` when their number is wrong.
    pub(crate) fn from_weights(w: &[f32]) -> Option<Self> {
        if w.len() != WEIGHTS {
            return None;
        }
        let (w1, w) = w.split_at((SHARED + OWN) * HIDDEN);
        let (b1, w) = w.split_at(HIDDEN);
        let (w2, w) = w.split_at(HIDDEN * HIDDEN2);
        let (b2, w) = w.split_at(HIDDEN2);
        let (w3, w) = w.split_at(HIDDEN2);
        Some(Self {
            w1: w1.into(),
            b1: b1.into(),
            w2: w2.into(),
            b2: b2.into(),
            w3: w3.into(),
            b3: w[0],
        })
    }

    /// Changes the beliefs of a step.
    pub(crate) fn weigh(&self, features: &Features, beliefs: &mut Beliefs) {
        let n = features.candidates;
        let base = self.first_layer_shared(&features.shared);
        let mut scores = [0.0f32; WEIGHED + 1];
        for (i, score) in scores[..=n].iter_mut().enumerate() {
            *score = self.score(&base, &features.own[i * OWN..(i + 1) * OWN]).0;
        }
        let most = scores[..=n].iter().copied().fold(f32::MIN, f32::max);
        let sum: f32 = scores[..=n].iter().map(|s| (s - most).exp()).sum();
        let other = (scores[n] - most).exp() / sum;
        let tail: f32 = beliefs.guesses[n..].iter().map(|g| g.p).sum();
        let scale = other / (tail + beliefs.rest.max(1e-6));
        for (guess, score) in beliefs.guesses[..n].iter_mut().zip(&scores) {
            guess.p = (score - most).exp() / sum;
        }
        for guess in &mut beliefs.guesses[n..] {
            guess.p *= scale;
        }
        beliefs.rest = beliefs.rest.max(1e-6) * scale;
        let head = n.min(beliefs.guesses.len());
        beliefs.guesses[..head].sort_by(|a, b| b.p.total_cmp(&a.p));
    }

    pub(crate) fn first_layer_shared(&self, shared: &[f32]) -> [f32; HIDDEN] {
        let mut sums = [0.0; HIDDEN];
        sums.copy_from_slice(&self.b1);
        accumulate(&mut sums, shared, &self.w1);
        sums
    }

    pub(crate) fn score(&self, base: &[f32; HIDDEN], own: &[f32]) -> (f32, Activations) {
        let mut first = *base;
        accumulate(&mut first, own, &self.w1[SHARED * HIDDEN..]);
        let mut second = [0.0; HIDDEN2];
        second.copy_from_slice(&self.b2);
        for (h, row) in first.iter_mut().zip(self.w2.chunks_exact(HIDDEN2)) {
            if *h < 0.0 {
                *h *= LEAK;
            }
            for (s, w) in second.iter_mut().zip(row) {
                *s += *h * w;
            }
        }
        let mut score = self.b3 + own[CHAIN_LOG] * CHAIN_SCALE;
        for (s, w) in second.iter_mut().zip(&self.w3) {
            if *s < 0.0 {
                *s *= LEAK;
            }
            score += *s * w;
        }
        (score, Activations { first, second })
    }
}

/// Adds each feature times its row of weights; most features are 0.
fn accumulate(sums: &mut [f32; HIDDEN], features: &[f32], rows: &[f32]) {
    for (&x, row) in features.iter().zip(rows.chunks_exact(HIDDEN)) {
        if x != 0.0 {
            for (s, w) in sums.iter_mut().zip(row) {
                *s += x * w;
            }
        }
    }
}
