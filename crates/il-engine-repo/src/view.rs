//! What one request sees of the file being edited.
//!
//! The buffer's lines around the cursor are laid out as one run of tokens, the text before the cursor
//! and the text after it, and everything that every decoding step asks of them is worked out once:
//! chains of positions with equal contexts, counts with recency, open brackets, lines in like places.
//!
//! Deliberately absent: what was at the cursor. The hole is not in the buffer, and no context that
//! reaches across it counts.

use il_lang::lexer::TokenMode;

use crate::buffer::{BufferLine, Cut};
use crate::family::Family;
use crate::keys::{LINE_KEYS, SPARSE_KEYS, SparseState, line_keys};
use crate::names::Recent;
use crate::sheet::{Line, Sheet, parents};
use crate::sources::Said;
use crate::vocabulary::{BOS, Id, Kind, Words};

/// How many tokens of the buffer are looked at before and after the cursor.
const BEFORE: usize = 8000;
const AFTER: usize = 4000;
/// How far behind the cursor names and sparse contexts are still those of before it.
pub(crate) const NAMES_SETTLE: usize = 48;
pub(crate) const SPARSE_SETTLE: usize = 24;
/// Most lines taken for a line key from the repository.
const LINES_A_KEY: usize = 300;
/// How many files count as near, and how often a name may occur to be rare.
const NEAR_FILES: usize = 8;
const RARE: u32 = 50;
/// Most recent words of the file that are candidates anywhere.
const RECENT_WORDS: usize = 250;

/// Counts of a token in the file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Occurrences weighted by nearness to the cursor.
    pub(crate) weight: f32,
    pub(crate) space: u8,
    pub(crate) before: u32,
    /// Position of the last one before the cursor.
    pub(crate) last_before: u32,
    pub(crate) after: u32,
    /// Position of the first one after the cursor.
    pub(crate) first_after: u32,
}

/// A map from token ids, kept between requests and cleared in no time.
#[derive(Debug, Default)]
pub(crate) struct SeenMap {
    /// Id and index + 1 into `entries`, with the generation that wrote it.
    slots: Vec<(Id, u32, u32)>,
    generation: u32,
    pub(crate) entries: Vec<(Id, Seen)>,
}

impl SeenMap {
    fn reset(&mut self, tokens: usize) {
        let size = (tokens * 2).next_power_of_two().max(1024);
        if self.slots.len() < size || self.generation == u32::MAX {
            self.slots = vec![(0, 0, 0); size];
            self.generation = 0;
        }
        self.generation += 1;
        self.entries.clear();
    }

    fn slot(&self, id: Id) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (id.wrapping_mul(0x9E37_79B1) >> 8) as usize & mask;
        while self.slots[slot].2 == self.generation && self.slots[slot].0 != id {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn entry(&mut self, id: Id) -> &mut Seen {
        let slot = self.slot(id);
        if self.slots[slot].2 != self.generation {
            self.entries.push((id, Seen::default()));
            self.slots[slot] = (id, self.entries.len() as u32, self.generation);
        }
        let i = self.slots[slot].1 as usize - 1;
        &mut self.entries[i].1
    }

    pub(crate) fn get(&self, id: Id) -> Option<&Seen> {
        let slot = self.slots.get(self.slot(id))?;
        (slot.2 == self.generation).then(|| &self.entries[slot.1 as usize - 1].1)
    }
}

/// Positions with equal keys, linked from the last to the first.
#[derive(Debug)]
pub(crate) struct Chain {
    heads: Vec<u32>,
    keys: Vec<u32>,
    links: Vec<u32>,
}

const NONE: u32 = u32::MAX;
const HEADS: usize = 4096;

impl Default for Chain {
    fn default() -> Self {
        Self {
            heads: vec![NONE; HEADS],
            keys: Vec::new(),
            links: Vec::new(),
        }
    }
}

impl Chain {
    fn clear(&mut self) {
        self.heads.fill(NONE);
        self.keys.clear();
        self.links.clear();
    }

    fn head(key: u32) -> usize {
        (key.wrapping_mul(0x9E37_79B1) >> 20) as usize % HEADS
    }

    /// Adds the next position.
    fn push(&mut self, key: u32) {
        let head = &mut self.heads[Self::head(key)];
        self.links.push(*head);
        *head = self.keys.len() as u32;
        self.keys.push(key);
    }

    /// Positions with this key, last first.
    pub(crate) fn get(&self, key: u32) -> impl Iterator<Item = usize> {
        let mut at = self.heads[Self::head(key)];
        std::iter::from_fn(move || {
            while at != NONE {
                let here = at as usize;
                at = self.links[here];
                if self.keys[here] == key {
                    return Some(here);
                }
            }
            None
        })
    }
}

/// Where a line in a like place stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineRef {
    /// Index of a segment of the family, or [`IN_BUFFER`].
    pub(crate) source: u8,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

pub(crate) const IN_BUFFER: u8 = 255;

/// The file around the cursor, ready to be asked. Kept between requests for its allocations.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) sheet: Sheet,
    /// Abstract forms of the tokens.
    pub(crate) names: Vec<Id>,
    /// Index of the first token after the cursor.
    pub(crate) cursor: usize,
    /// Index of the cursor's line.
    pub(crate) line: usize,
    /// Widths of the indentations that enclose the cursor's line, its own last.
    pub(crate) indents: Vec<u32>,
    pub(crate) recent: Recent,
    pub(crate) sparse: SparseState,
    pub(crate) by_token: Chain,
    pub(crate) by_name: Chain,
    pub(crate) by_sparse: [Chain; SPARSE_KEYS],
    pub(crate) like_lines: [Vec<LineRef>; LINE_KEYS],
    pub(crate) seen: SeenMap,
    pub(crate) recent_words: Vec<(Id, f32, u8)>,
    /// Brackets open at the cursor.
    pub(crate) brackets: Vec<Kind>,
    pub(crate) mode: Option<TokenMode>,
    /// The next line that is not blank, after the cursor's.
    pub(crate) next: std::ops::Range<usize>,
    pub(crate) previous: std::ops::Range<usize>,
    /// What follows the cursor on its own line.
    pub(crate) rest: Vec<Id>,
    pub(crate) partial: String,
    pub(crate) spaced: bool,
    /// Each segment's own copy of this file, never to be answered from.
    pub(crate) excluded: Vec<Option<u32>>,
    pub(crate) directory: u32,
    /// In each segment, the files that share most rare names with this one.
    pub(crate) near: Vec<Vec<u32>>,
    scores: Vec<f32>,
    stamps: Vec<u32>,
    /// Snapshot and path that `own` was counted for.
    own_is_of: (u64, String),
    /// Counts of the tokens in those copies.
    pub(crate) own: rustc_hash::FxHashMap<Id, f32>,
    /// Which of the families the mixer knows this is.
    pub(crate) tongue: Option<usize>,
    parent: std::ops::Range<usize>,
    above: Vec<Option<u32>>,
}

impl View {
    /// Lays out the lines around the cursor, whose own line comes in two pieces.
    pub(crate) fn lay_out(
        &mut self,
        lines: &[BufferLine],
        cursor_line: usize,
        cut: Cut,
        words: Words<'_>,
    ) {
        let mut first = cursor_line.min(lines.len());
        let mut budget = BEFORE;
        while first > 0 && budget > lines[first - 1].tokens.len() {
            first -= 1;
            budget -= lines[first].tokens.len() + 1;
        }
        self.sheet.clear();
        self.brackets.clear();
        for (row, line) in lines[..cursor_line.min(lines.len())]
            .iter()
            .enumerate()
            .skip(first)
        {
            push(&mut self.sheet, line, row);
            self.track_brackets(line, words);
        }
        let before = &cut.before;
        self.sheet.push_line(
            before.indent,
            cursor_line as u32,
            &before.tokens,
            &before.space,
        );
        self.track_brackets(before, words);
        self.line = self.sheet.lines.len() - 1;
        self.indents.clear();
        self.indents.extend_from_slice(self.sheet.indents());
        self.cursor = self.sheet.tokens.len();
        self.sheet.push_loose(&cut.after.tokens, &cut.after.space);
        self.rest.clone_from(&cut.after.tokens);
        let mut budget = AFTER;
        for (row, line) in lines.iter().enumerate().skip(cursor_line + 1) {
            push(&mut self.sheet, line, row);
            if budget <= line.tokens.len() {
                break;
            }
            budget -= line.tokens.len() + 1;
        }
        self.mode = Some(before.mode_after());
        self.partial = cut.partial;
        self.spaced = cut.spaced;
        let range = |l: Option<&Line>| l.map_or(0..0, |l| l.start as usize..l.end as usize);
        self.previous = range(self.line.checked_sub(1).map(|i| &self.sheet.lines[i]));
        self.next = range(self.sheet.lines.get(self.line + 1));
        self.link(words);
    }

    fn track_brackets(&mut self, line: &BufferLine, words: Words<'_>) {
        for (&token, &mode) in line.tokens.iter().zip(&line.modes) {
            let kind = words.kind(token);
            if mode == TokenMode::Code {
                push_bracket(&mut self.brackets, kind);
            }
        }
    }

    /// Everything that depends on the tokens alone.
    fn link(&mut self, words: Words<'_>) {
        let tokens = &self.sheet.tokens;
        self.names.clear();
        self.by_token.clear();
        self.by_name.clear();
        for chain in &mut self.by_sparse {
            chain.clear();
        }
        self.seen.reset(tokens.len());
        let mut recent = Recent::default();
        let mut sparse = SparseState::default();
        let (mut token_before, mut name_before) = (NONE, NONE);
        for (i, &token) in tokens.iter().enumerate() {
            if i == self.cursor {
                self.recent = recent;
                self.sparse = sparse.clone();
            }
            let kind = words.kind(token);
            let name = recent.push(token, kind);
            self.names.push(name);
            self.by_token.push(token_before);
            self.by_name.push(name_before);
            (token_before, name_before) = (token, name);
            for (chain, key) in self.by_sparse.iter_mut().zip(sparse.keys()) {
                chain.push(key);
            }
            sparse.push(token, kind);
            if token != BOS {
                let seen = self.seen.entry(token);
                let distance = if i < self.cursor {
                    seen.before += 1;
                    seen.last_before = i as u32;
                    self.cursor - i
                } else {
                    seen.after += 1;
                    if seen.after == 1 {
                        seen.first_after = i as u32;
                    }
                    i - self.cursor
                };
                if seen.weight == 0.0 {
                    seen.space = self.sheet.space[i];
                }
                seen.weight += 1.0 / (1.0 + distance as f32 / 150.0);
            }
        }
        if self.cursor == tokens.len() {
            self.recent = recent;
            self.sparse = sparse;
        }
        self.recent_words.clear();
        self.recent_words.extend(
            self.seen
                .entries
                .iter()
                .map(|&(id, s)| (id, s.weight, s.space)),
        );
        if self.recent_words.len() > RECENT_WORDS {
            self.recent_words
                .select_nth_unstable_by(RECENT_WORDS, |a, b| {
                    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
                });
            self.recent_words.truncate(RECENT_WORDS);
        }
    }

    /// Finds the files that share most of this one's rare recent names.
    fn find_near(&mut self, family: &Family, words: Words<'_>) {
        let mut best: Vec<(f32, usize, u32)> = Vec::new();
        for (source, live) in family.segments().enumerate() {
            let (segment, excluded) = (&live.segment, self.excluded[source]);
            self.scores.clear();
            self.scores.resize(segment.files.len(), 0.0);
            self.stamps.clear();
            self.stamps.resize(segment.files.len(), NONE);
            for (i, &(id, _, _)) in self.recent_words.iter().enumerate() {
                let bounds = segment.exact.bucket.get(id as usize..id as usize + 2);
                let Some(&[from, to]) = bounds else { continue };
                if to - from > RARE || words.kind(id) != Kind::Name {
                    continue;
                }
                let files = &segment.exact.file[from as usize..to as usize];
                for &file in files {
                    if std::mem::replace(&mut self.stamps[file as usize], i as u32) != i as u32 {
                        self.scores[file as usize] += 1.0 / (1.0 + files.len() as f32).ln();
                    }
                }
            }
            let scored = self.scores.iter().enumerate().filter(|(_, s)| **s > 0.0);
            let eligible =
                scored.filter(|(f, _)| excluded != Some(*f as u32) && live.is_live(*f as u32));
            best.extend(eligible.map(|(f, &s)| (s, source, f as u32)));
        }
        let path =
            |b: &(f32, usize, u32)| &family.segment(b.1 as u8).segment.files[b.2 as usize].path;
        // Sums of the same numbers in another order are as good as equal.
        let grade = |b: &(f32, usize, u32)| (b.0 * 1024.0) as u32;
        let by_score = |a: &(f32, usize, u32), b: &(f32, usize, u32)| {
            grade(b).cmp(&grade(a)).then_with(|| path(a).cmp(path(b)))
        };
        if best.len() > NEAR_FILES {
            best.select_nth_unstable_by(NEAR_FILES, by_score);
            best.truncate(NEAR_FILES);
        }
        self.near.iter_mut().for_each(Vec::clear);
        self.near.resize(self.excluded.len(), Vec::new());
        for (_, source, file) in best {
            self.near[source].push(file);
        }
    }

    /// Finds the repository's copies of this file and the lines in like places.
    pub(crate) fn find_lines(
        &mut self,
        family: &Family,
        words: Words<'_>,
        path: &str,
        generation: u64,
    ) {
        self.excluded.clear();
        self.excluded
            .extend(family.segments().map(|s| s.find(path)));
        self.directory = crate::segment::directory(path);
        if self.own_is_of.0 != generation || self.own_is_of.1 != path {
            self.own_is_of = (generation, path.to_owned());
            self.own.clear();
            for (live, file) in family.segments().zip(&self.excluded) {
                for &token in file.map_or(&[][..], |f| live.tokens(f as usize)) {
                    *self.own.entry(token).or_default() += 1.0;
                }
            }
        }
        self.find_near(family, words);
        parents(&self.sheet.lines, &mut self.above);
        self.parent = self.above[self.line].map_or(0..0, |i| {
            let line = self.sheet.lines[i as usize];
            line.start as usize..line.end as usize
        });
        let text = |range: std::ops::Range<usize>| &self.sheet.tokens[range];
        let line_text = |i: Option<usize>| {
            i.and_then(|i| self.sheet.lines.get(i))
                .map_or(&[][..], |l| text(l.start as usize..l.end as usize))
        };
        let newline = self.sheet.tokens[self.sheet.lines[self.line].start as usize - 1];
        let parent = line_text(self.above[self.line].map(|i| i as usize));
        let wanted = line_keys(
            text(self.previous.clone()),
            text(self.next.clone()),
            parent,
            newline,
        );
        let typed = self.sheet.lines[self.line].start as usize..self.cursor;
        for like in &mut self.like_lines {
            like.clear();
        }
        for i in (0..self.sheet.lines.len()).rev() {
            let line = self.sheet.lines[i];
            // Lines whose neighbours are not all in view have keys that mean nothing.
            if i == self.line || i == self.line + 1 || self.above[i] == Some(self.line as u32) {
                continue;
            }
            let newline = self.sheet.tokens[line.start as usize - 1];
            let keys = line_keys(
                line_text(i.checked_sub(1)),
                line_text(Some(i + 1)),
                line_text(self.above[i].map(|i| i as usize)),
                newline,
            );
            for k in 0..LINE_KEYS {
                let looks_ahead = k < 2 && i + 1 == self.line;
                if keys[k] == wanted[k]
                    && keys[k] != 0
                    && !looks_ahead
                    && self.sheet.tokens[line.start as usize..line.end as usize]
                        .starts_with(text(typed.clone()))
                {
                    self.like_lines[k].push(LineRef {
                        source: IN_BUFFER,
                        start: line.start,
                        end: line.end,
                    });
                }
            }
        }
        for (k, &key) in wanted.iter().enumerate() {
            for (source, live) in family.segments().enumerate() {
                let found = live.segment.line_keys[k].get(key);
                let found = &found[..found.len().min(4000)];
                for &i in found.iter().step_by((found.len() / LINES_A_KEY).max(1)) {
                    let line = live.segment.lines[i as usize];
                    let tokens = &live.segment.tokens[line.start as usize..line.end as usize];
                    if !tokens.starts_with(text(typed.clone())) {
                        continue;
                    }
                    let file = live.segment.file_at(line.start) as u32;
                    if live.is_live(file) && self.excluded[source] != Some(file) {
                        let at = LineRef {
                            source: source as u8,
                            start: line.start,
                            end: line.end,
                        };
                        self.like_lines[k].push(at);
                    }
                }
            }
        }
    }

    /// Whether the next token is the rest of a word that is already begun.
    pub(crate) fn begun(&self, said: &Said) -> bool {
        said.tokens.is_empty() && !self.partial.is_empty()
    }

    /// The nearest line above that is less indented.
    pub(crate) fn parent_line(&self) -> &[Id] {
        &self.sheet.tokens[self.parent.clone()]
    }

    /// The tokens of the cursor's line before the cursor.
    pub(crate) fn typed(&self) -> &[Id] {
        &self.sheet.tokens[self.sheet.lines[self.line].start as usize..self.cursor]
    }
}

/// Opens or closes a bracket on a stack; a close without its opening closes down to it, or nothing.
pub(crate) fn push_bracket(stack: &mut Vec<Kind>, kind: Kind) {
    if kind.is_open() {
        stack.push(kind);
    } else if kind.is_close()
        && let Some(at) = stack.iter().rposition(|open| open.opens(kind))
    {
        stack.truncate(at);
    }
}

fn push(sheet: &mut Sheet, line: &BufferLine, row: usize) {
    if line.tokens.is_empty() {
        sheet.push_blank();
    } else {
        sheet.push_line(line.indent, row as u32, &line.tokens, &line.space);
    }
}
