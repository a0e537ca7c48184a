//! Where candidates for the next token come from, and how often each source saw them.
//!
//! Every source answers the same question in its own way: what followed a context like this one? The
//! repository and the file answer by longest match, of the tokens and of their abstract forms; lines in
//! like places and tokens in like places answer by key. A tally keeps a source's answers apart by how
//! long the match was, so that whoever mixes them can trust the longer ones more.
//!
//! Deliberately absent: probabilities. Those are made in `chain` and `mixer`.

use crate::context::{DEPTH, Range};
use crate::family::{Family, Live};
use crate::keys::{LINE_KEYS, SPARSE_KEYS, SparseState};
use crate::names::Recent;
use crate::sheet::{Change, newline};
use crate::view::{IN_BUFFER, NAMES_SETTLE, SPARSE_SETTLE, View};
use crate::vocabulary::{BOS, Id, NEW_NAME, RANK, RANKS, Words, is_newline};

/// Match lengths that are told apart.
const LENGTHS: [usize; LEVELS] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 32];
pub(crate) const LEVELS: usize = 12;

/// The highest level whose length is not more than `matched`.
fn level(matched: usize) -> usize {
    match matched {
        0..=6 => matched,
        7 => 6,
        8..=9 => 7,
        10..=13 => 8,
        14..=19 => 9,
        20..=31 => 10,
        _ => 11,
    }
}

pub(crate) const REPOSITORY: usize = 0;
pub(crate) const REPOSITORY_NAMES: usize = 1;
pub(crate) const DIRECTORY: usize = 2;
pub(crate) const NEAR: usize = 3;
pub(crate) const FILE_NAMES: usize = 4;
pub(crate) const FILE: usize = 5;
pub(crate) const LIKE_LINES: usize = 6;
pub(crate) const REPOSITORY_SPARSE: usize = LIKE_LINES + LINE_KEYS;
pub(crate) const FILE_SPARSE: usize = REPOSITORY_SPARSE + SPARSE_KEYS;
pub(crate) const SOURCES: usize = FILE_SPARSE + SPARSE_KEYS;

/// Most entries looked at for one match length in the repository, and for one chain in the file.
const RING: usize = 64;
const CHAIN: usize = 600;
const SPARSE: usize = 128;

/// A candidate that stands for a name not among the recent ones.
pub(crate) const CANDIDATE_NEW: u16 = 0;
/// A candidate that stands for a recent name that does not exist here.
pub(crate) const CANDIDATE_DEAD: u16 = 1;
const ABSENT: u16 = u16::MAX;

/// The tokens that any source brought up in one step.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// Id, index and the step that wrote it.
    slots: Vec<(Id, u16, u32)>,
    step: u32,
    pub(crate) tokens: Vec<Id>,
    /// Votes for no space, one, two, more.
    votes: Vec<[f32; 4]>,
    wide: Vec<u8>,
}

const SLOTS: usize = 8192;
const MOST_CANDIDATES: usize = 4000;

impl Candidates {
    fn reset(&mut self) {
        if self.slots.is_empty() || self.step == u32::MAX {
            self.slots = vec![(0, 0, 0); SLOTS];
            self.step = 0;
        }
        self.step += 1;
        self.tokens.clear();
        self.votes.clear();
        self.wide.clear();
        for _ in 0..2 {
            self.tokens.push(BOS);
            self.votes.push([0.0; 4]);
            self.wide.push(3);
        }
    }

    fn slot(&self, token: Id) -> usize {
        let mut slot = (token.wrapping_mul(0x9E37_79B1) >> 12) as usize & (SLOTS - 1);
        while self.slots[slot].2 == self.step && self.slots[slot].0 != token {
            slot = (slot + 1) & (SLOTS - 1);
        }
        slot
    }

    fn add(&mut self, token: Id) -> u16 {
        let slot = self.slot(token);
        if self.slots[slot].2 == self.step {
            return self.slots[slot].1;
        }
        if self.tokens.len() >= MOST_CANDIDATES {
            return CANDIDATE_DEAD;
        }
        let index = self.tokens.len() as u16;
        self.slots[slot] = (token, index, self.step);
        self.tokens.push(token);
        self.votes.push([0.0; 4]);
        self.wide.push(3);
        index
    }

    pub(crate) fn find(&self, token: Id) -> Option<u16> {
        let slot = self.slots.get(self.slot(token))?;
        (slot.2 == self.step).then_some(slot.1)
    }

    /// The spacing that most occurrences have.
    pub(crate) fn space(&self, candidate: usize) -> u8 {
        let votes = &self.votes[candidate];
        let best = (1..4).fold(0, |b, i| if votes[i] > votes[b] { i } else { b });
        if best == 3 {
            self.wide[candidate]
        } else {
            best as u8
        }
    }
}

/// One source's counts, by candidate and level.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Candidate to index in `counts`.
    index: Vec<u16>,
    pub(crate) candidates: Vec<u16>,
    pub(crate) counts: Vec<[f32; LEVELS]>,
    /// Totals of a level and all above it.
    pub(crate) total: [f32; LEVELS],
    /// Different candidates at a level or above it.
    pub(crate) distinct: [u16; LEVELS],
    /// The part of `total` that went to a new name.
    pub(crate) new: [f32; LEVELS],
    pub(crate) top: usize,
    /// Entries from here on have counts at level 0 alone.
    pub(crate) shallow_from: usize,
}

impl Tally {
    fn reset(&mut self) {
        self.index.clear();
        self.candidates.clear();
        self.counts.clear();
        self.total = [0.0; LEVELS];
        self.distinct = [0; LEVELS];
        self.new = [0.0; LEVELS];
        self.top = 0;
        self.shallow_from = usize::MAX;
    }

    fn add(&mut self, candidate: u16, level: usize, weight: f32) {
        let c = usize::from(candidate);
        if c >= self.index.len() {
            self.index.resize(c + 16, ABSENT);
        }
        let mut i = self.index[c];
        if i == ABSENT {
            i = self.candidates.len() as u16;
            self.index[c] = i;
            self.candidates.push(candidate);
            self.counts.push([0.0; LEVELS]);
        }
        self.counts[usize::from(i)][level] += weight;
        self.top = self.top.max(level);
    }

    /// Makes counts cumulative: a match of a length is also one of every shorter length.
    fn finish(&mut self) {
        self.shallow_from = self.shallow_from.min(self.counts.len());
        for (counts, &candidate) in self.counts.iter_mut().zip(&self.candidates) {
            for l in (0..self.top).rev() {
                counts[l] += counts[l + 1];
            }
            let longest = counts[..=self.top].iter().take_while(|c| **c > 0.0);
            for (l, count) in longest.enumerate() {
                self.total[l] += count;
                self.distinct[l] += 1;
                if candidate == CANDIDATE_NEW {
                    self.new[l] += count;
                }
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// What has been said so far after the cursor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) tokens: Vec<Id>,
    pub(crate) names: Vec<Id>,
    pub(crate) recent: Recent,
}

impl Said {
    pub(crate) fn nothing(view: &View) -> Self {
        Self {
            tokens: Vec::new(),
            names: Vec::new(),
            recent: view.recent,
        }
    }

    pub(crate) fn push(&mut self, token: Id, words: Words<'_>) {
        self.names.push(self.recent.push(token, words.kind(token)));
        self.tokens.push(token);
    }
}

/// The answers of all sources in one step, with the room they need.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) candidates: Candidates,
    pub(crate) tallies: [Tally; SOURCES],
    context: Vec<Id>,
    name_context: Vec<Id>,
    ranges: Vec<Range>,
    matches: Vec<usize>,
    /// Tokens on the line before the one asked for.
    pub(crate) in_line: usize,
}

impl Answers {
    /// Asks every source what comes after the cursor and `said`.
    pub(crate) fn ask(&mut self, family: &Family, view: &View, said: &Said, words: Words<'_>) {
        self.candidates.reset();
        for tally in &mut self.tallies {
            tally.reset();
        }
        collect_context(
            &mut self.context,
            &said.tokens,
            &view.sheet.tokens[..view.cursor],
        );
        collect_context(
            &mut self.name_context,
            &said.names,
            &view.names[..view.cursor],
        );
        self.in_line = view.typed().len() + said.tokens.len();
        for (source, live) in family.segments().enumerate() {
            if !live.segment.tokens.is_empty() {
                self.ask_repository(live, view, source, said);
                self.ask_sparse(live, view, view.excluded[source], said, words);
            }
        }
        self.ask_file(view, said);
        self.ask_lines(family, view, said);
        self.ask_file_sparse(view, said, words);
        self.tallies[REPOSITORY].shallow_from = self.tallies[REPOSITORY].counts.len();
        for &(token, count) in &family.frequent {
            let own = view.own.get(&token).copied().unwrap_or(0.0);
            if count > own {
                add(
                    &mut self.candidates,
                    &mut self.tallies[REPOSITORY],
                    token,
                    0,
                    count - own,
                    1,
                    1.0,
                );
            }
        }
        self.tallies[FILE].shallow_from = self.tallies[FILE].counts.len();
        for &(token, weight, space) in &view.recent_words {
            add(
                &mut self.candidates,
                &mut self.tallies[FILE],
                token,
                0,
                weight,
                space,
                4.0,
            );
        }
        for tally in &mut self.tallies {
            tally.finish();
        }
    }

    fn ask_repository(&mut self, live: &Live, view: &View, source: usize, said: &Said) {
        let segment = &*live.segment;
        let (excluded, near) = (view.excluded[source], &view.near[source]);
        for abstracted in [false, true] {
            let (index, tokens, context) = if abstracted {
                (&segment.abstracted, &segment.names, &self.name_context)
            } else {
                (&segment.exact, &segment.tokens, &self.context)
            };
            index.lookup(tokens, context, &mut self.ranges);
            let mut inner = Range { lo: 0, hi: 0 };
            for l in (1..=level(self.ranges.len())).rev() {
                let range = self.ranges[LENGTHS[l] - 1];
                let left = if inner.hi > inner.lo {
                    inner.lo - range.lo
                } else {
                    range.hi - range.lo
                };
                let ring = (range.hi - range.lo) - (inner.hi - inner.lo);
                let stride = (ring as f32 / RING as f32).max(1.0);
                let mut at = 0.0f32;
                while (at as u32) < ring {
                    let i = at as u32;
                    at += stride;
                    let i = if i < left {
                        range.lo + i
                    } else {
                        inner.hi + (i - left)
                    } as usize;
                    let file = index.file[i];
                    if excluded == Some(file) || (live.has_dead() && !live.is_live(file)) {
                        continue;
                    }
                    let space = index.space[i];
                    let token = index.next[i];
                    if abstracted {
                        let candidate = resolve(&mut self.candidates, token, &said.recent);
                        vote(&mut self.candidates, candidate, l, stride, space, 0.5);
                        self.tallies[REPOSITORY_NAMES].add(candidate, l, stride);
                    } else {
                        let candidate = self.candidates.add(token);
                        vote(&mut self.candidates, candidate, l, stride, space, 1.0);
                        self.tallies[REPOSITORY].add(candidate, l, stride);
                        if near.contains(&file) {
                            self.tallies[NEAR].add(candidate, l, stride);
                        }
                        if segment.files[file as usize].directory == view.directory {
                            self.tallies[DIRECTORY].add(candidate, l, stride);
                        }
                    }
                }
                inner = range;
            }
        }
    }

    fn ask_file(&mut self, view: &View, said: &Said) {
        for abstracted in [false, true] {
            let (chain, tokens, context, settle) = if abstracted {
                (&view.by_name, &view.names, &self.name_context, NAMES_SETTLE)
            } else {
                (&view.by_token, &view.sheet.tokens, &self.context, 0)
            };
            let Some(&nearest) = context.first() else {
                continue;
            };
            self.matches.clear();
            self.matches.extend(chain.get(nearest));
            // Positions come last first; of too many the nearest to the cursor count.
            let behind = self.matches.partition_point(|&p| p >= view.cursor);
            let first = behind.saturating_sub(CHAIN / 2);
            let last = (first + CHAIN).min(self.matches.len());
            for &p in &self.matches[first..last] {
                let reach = if p < view.cursor {
                    p
                } else {
                    p.saturating_sub(view.cursor + settle)
                };
                let matched = context
                    .iter()
                    .take(reach)
                    .zip(tokens[..p].iter().rev())
                    .take_while(|(a, b)| a == b)
                    .count();
                if matched == 0 {
                    continue;
                }
                let (l, space) = (level(matched), view.sheet.space[p]);
                if abstracted {
                    let candidate = resolve(&mut self.candidates, tokens[p], &said.recent);
                    vote(&mut self.candidates, candidate, l, 1.0, space, 0.5);
                    self.tallies[FILE_NAMES].add(candidate, l, 1.0);
                } else {
                    add(
                        &mut self.candidates,
                        &mut self.tallies[FILE],
                        tokens[p],
                        l,
                        1.0,
                        space,
                        4.0,
                    );
                }
            }
        }
    }

    fn ask_lines(&mut self, family: &Family, view: &View, said: &Said) {
        if said.tokens.iter().any(|&t| is_newline(t)) {
            return;
        }
        let typed = view.typed().len();
        let l = self.in_line.min(3);
        for (k, lines) in view.like_lines.iter().enumerate() {
            for line in lines {
                let (tokens, space) = if line.source == IN_BUFFER {
                    (&view.sheet.tokens, &view.sheet.space)
                } else {
                    let segment = &family.segment(line.source).segment;
                    (&segment.tokens, &segment.space)
                };
                let (start, end) = (line.start as usize + typed, line.end as usize);
                if !tokens[start..end].starts_with(&said.tokens) {
                    continue;
                }
                let at = start + said.tokens.len();
                let (token, space) = if at < end {
                    (tokens[at], space[at])
                } else {
                    match tokens.get(end) {
                        Some(&t) if t != BOS => (t, 0),
                        _ => (newline(Change::Same, false, false), 0),
                    }
                };
                add(
                    &mut self.candidates,
                    &mut self.tallies[LIKE_LINES + k],
                    token,
                    l,
                    1.0,
                    space,
                    4.0,
                );
            }
        }
    }

    fn ask_sparse(
        &mut self,
        live: &Live,
        view: &View,
        excluded: Option<u32>,
        said: &Said,
        words: Words<'_>,
    ) {
        let segment = &*live.segment;
        let own = excluded.map_or(0..0, |file| segment.tokens_of(file as usize));
        for (k, key) in sparse_state(view, said, words)
            .keys()
            .into_iter()
            .enumerate()
        {
            let found = segment.sparse_keys[k].get(key);
            let stride = (found.len() as f32 / SPARSE as f32).max(1.0);
            let mut at = 0.0f32;
            while (at as usize) < found.len() {
                let p = found[at as usize];
                at += stride;
                let dead = live.has_dead() && !live.is_live(segment.file_at(p) as u32);
                if dead || own.contains(&p) {
                    continue;
                }
                let (token, space) = (segment.tokens[p as usize], segment.space[p as usize]);
                add(
                    &mut self.candidates,
                    &mut self.tallies[REPOSITORY_SPARSE + k],
                    token,
                    0,
                    stride,
                    space,
                    1.0,
                );
            }
        }
    }

    fn ask_file_sparse(&mut self, view: &View, said: &Said, words: Words<'_>) {
        for (k, key) in sparse_state(view, said, words)
            .keys()
            .into_iter()
            .enumerate()
        {
            if key == 0 {
                continue;
            }
            for p in view.by_sparse[k].get(key).take(CHAIN) {
                if p > 0 && (p < view.cursor || p > view.cursor + SPARSE_SETTLE) {
                    let (token, space) = (view.sheet.tokens[p], view.sheet.space[p]);
                    add(
                        &mut self.candidates,
                        &mut self.tallies[FILE_SPARSE + k],
                        token,
                        0,
                        1.0,
                        space,
                        4.0,
                    );
                }
            }
        }
    }
}

fn sparse_state(view: &View, said: &Said, words: Words<'_>) -> SparseState {
    let mut state = view.sparse.clone();
    for &t in &said.tokens {
        state.push(t, words.kind(t));
    }
    state
}

/// The last tokens of `before` and `said`, nearest first.
fn collect_context(out: &mut Vec<Id>, said: &[Id], before: &[Id]) {
    out.clear();
    out.extend(said.iter().rev().chain(before.iter().rev()).take(DEPTH));
}

/// The candidate that an abstract token means here.
fn resolve(candidates: &mut Candidates, token: Id, recent: &Recent) -> u16 {
    match token {
        NEW_NAME => CANDIDATE_NEW,
        t if (RANK..RANK + RANKS as u32).contains(&t) => recent
            .name((t - RANK) as usize)
            .map_or(CANDIDATE_DEAD, |name| candidates.add(name)),
        t => candidates.add(t),
    }
}

fn vote(
    candidates: &mut Candidates,
    candidate: u16,
    level: usize,
    weight: f32,
    space: u8,
    trust: f32,
) {
    let c = usize::from(candidate);
    candidates.votes[c][usize::from(space.min(3))] +=
        weight.min(4.0) * (1u32 << (2 * level.min(8))) as f32 * trust;
    if space >= 3 {
        candidates.wide[c] = space;
    }
}

fn add(
    candidates: &mut Candidates,
    tally: &mut Tally,
    token: Id,
    level: usize,
    weight: f32,
    space: u8,
    trust: f32,
) {
    let candidate = candidates.add(token);
    vote(candidates, candidate, level, weight, space, trust);
    tally.add(candidate, level, weight);
}

/// A match shorter than this is no origin.
const ORIGIN: usize = 3;

impl Answers {
    /// The longest context in the repository that was followed by `token`: its length, segment and position.
    pub(crate) fn longest(
        &mut self,
        family: &Family,
        view: &View,
        said: &[Id],
        token: Id,
    ) -> Option<(usize, u8, u32)> {
        collect_context(&mut self.context, said, &view.sheet.tokens[..view.cursor]);
        let mut best: Option<(usize, u8, u32)> = None;
        for (source, live) in family.segments().enumerate() {
            let index = &live.segment.exact;
            index.lookup(&live.segment.tokens, &self.context, &mut self.ranges);
            for (matched, range) in self
                .ranges
                .iter()
                .enumerate()
                .map(|(i, r)| (i + 1, r))
                .rev()
            {
                if matched < ORIGIN || best.is_some_and(|b| b.0 >= matched) {
                    break;
                }
                let entries =
                    range.lo as usize..(range.hi as usize).min(range.lo as usize + RING * 4);
                let found = entries.into_iter().find(|&i| {
                    let file = index.file[i];
                    index.next[i] == token
                        && view.excluded[source] != Some(file)
                        && live.is_live(file)
                });
                if let Some(i) = found {
                    best = Some((matched, source as u8, index.order[i]));
                    break;
                }
            }
        }
        best
    }
}
