//! A plan: what is shown when lines cost what they cost alone.
//!
//! Deliberately absent: what it costs in truth.

use il_engine::Block;
use rustc_hash::FxHashSet;

use super::{Packing, Scope};
use crate::{
    alike::alike,
    choice::{Chosen, Group, choose, group, rank},
    pieces::{Piece, Shown},
    report::{Kind, Why},
    shares::Parts,
};

/// Needs of the prefix are rounded up to so many tokens, so that the blocks' room does not change with every keystroke.
const STEP: usize = 64;

/// What is shown.
#[derive(Default)]
pub(super) struct Plan {
    /// Where the prefix begins, in the text that the scope allows.
    pub(super) start: usize,
    pub(super) suffix: Suffix,
    pub(super) blocks: Blocks,
    /// Why a piece is not shown.
    pub(super) fates: Vec<Option<Why>>,
    /// Tokens of stable and of volatile blocks.
    pub(super) used_blocks: [usize; 2],
    pub(super) given: Parts,
    pub(super) used_prefix: usize,
    pub(super) used_suffix: usize,
    /// Tokens of all of it.
    pub(super) cost: usize,
    /// More could be shown if there were room.
    pub(super) left_out: bool,
}

/// What is shown of other files.
pub(super) enum Blocks {
    /// What was shown last.
    Stay,
    /// In the order in which they are shown.
    Chosen(Vec<Group>),
}

impl Default for Blocks {
    fn default() -> Self {
        Self::Chosen(Vec::new())
    }
}

/// What is shown of the text behind the cursor.
#[derive(Clone, Copy)]
pub(super) enum Suffix {
    /// What was shown last.
    Stays,
    /// The text up to there.
    UpTo(usize),
}

impl Default for Suffix {
    fn default() -> Self {
        Self::UpTo(0)
    }
}

impl Plan {
    /// Nothing but text.
    pub(super) fn bare(start: usize, end: usize, tokens: usize, pieces: usize) -> Self {
        Self {
            start,
            suffix: Suffix::UpTo(end),
            fates: vec![Some(Why::Budget); pieces],
            cost: tokens,
            left_out: true,
            ..Self::default()
        }
    }
}

impl Packing<'_, '_> {
    /// What to show when there is room for `room` tokens of lines.
    pub(super) fn plan(&self, room: usize) -> Plan {
        let room = room.saturating_sub(self.frame);
        if self.settings.scope != Scope::Full || self.pieces.is_empty() {
            let mut plan = self.around(room, [0, 0]);
            plan.fates = vec![Some(Why::Scope); self.pieces.len()];
            return plan;
        }
        let room = room.saturating_sub(self.frame_of_blocks);
        // What stands around the cursor anyhow is known only when that is cut, and needs no room then.
        let mut hidden: Vec<bool> = vec![false; self.pieces.len()];
        let mut plan = Plan::default();
        for _ in 0..2 {
            let need = [true, false].map(|stable| self.need(stable, &hidden));
            plan = self.around(room, need);
            hidden = self.visible(&plan);
        }
        self.blocks(&mut plan, &hidden);
        plan.cost += self.frame_of_blocks;
        plan
    }

    /// Tokens that all stable, or all volatile, blocks need.
    fn need(&self, stable: bool, hidden: &[bool]) -> usize {
        let mut open: FxHashSet<(u8, &str)> = FxHashSet::default();
        let mut need = 0;
        for (idx, piece) in self.pieces.iter().enumerate() {
            if piece.kind.is_stable() != stable || hidden[idx] {
                continue;
            }
            let cost = &self.costs[idx];
            let is_first = open.insert((rank(piece.kind), &piece.path));
            need += if is_first {
                cost.all()
            } else {
                cost.all() - cost.head
            };
        }
        need
    }

    /// Cuts the text around the hole; `need`: tokens of all stable and all volatile blocks.
    fn around(&self, room: usize, need: [usize; 2]) -> Plan {
        let whole = self.before.starts.first() == Some(&0);
        let before = self.before.need();
        let suffix = self.after.need();
        let given = self.settings.shares.allot(
            room,
            Parts {
                prefix: if whole {
                    before.next_multiple_of(STEP)
                } else {
                    before
                },
                stable: need[0],
                suffix,
                volatile: need[1],
            },
        );
        let mut plan = Plan {
            given,
            ..Plan::default()
        };
        let last = self.last.map(|it| it.start.wrapping_sub(self.from));
        match self.before.start(given.prefix, last) {
            Some(start) => {
                plan.start = start;
                plan.used_prefix = self.before.cost(start).unwrap_or_default();
            }
            None => {
                // Not even the current line fits: its end does.
                let text = &self.material.text[self.from..self.hole];
                let bytes = text.len().saturating_sub(given.prefix * 2);
                plan.start = text.ceil_char_boundary(bytes);
                plan.used_prefix = given.prefix;
            }
        }
        self.suffix(&mut plan);
        plan.cost = self.frame + plan.used_prefix + plan.used_suffix;
        plan.left_out = plan.start > 0 || plan.used_suffix < suffix;
        plan
    }

    fn suffix(&self, plan: &mut Plan) {
        let room = plan.given.suffix;
        let stays = self
            .last
            .is_some_and(|it| alike(&it.context.suffix, self.behind))
            && self.last_suffix <= room + room / 8
            && self.last_suffix >= room / 2;
        if stays {
            plan.suffix = Suffix::Stays;
            plan.used_suffix = self.last_suffix;
            return;
        }
        let (end, used) = self.after.end(room);
        if end == 0 && room > 0 && !self.behind.is_empty() {
            // Not even the rest of the line fits: its beginning does.
            plan.suffix = Suffix::UpTo(self.behind.floor_char_boundary(room * 2));
            plan.used_suffix = room;
            return;
        }
        plan.suffix = Suffix::UpTo(end);
        plan.used_suffix = used;
    }

    /// Which pieces stand around the hole.
    fn visible(&self, plan: &Plan) -> Vec<bool> {
        let prefix = self.prefix(plan.start);
        let suffix = match plan.suffix {
            Suffix::Stays => self.last.map_or("", |it| it.context.suffix.as_ref()),
            Suffix::UpTo(end) => &self.behind[..end],
        };
        let first = self.line_at(self.from + plan.start);
        let last = self.line_at(self.material.cursor)
            + super::count(suffix.trim_end_matches('\n').matches('\n').count());
        let shown = Shown::new(first, last, [prefix, suffix]);
        let pieces = self.pieces.iter();
        pieces
            .map(|it| it.is_visible(self.material.path, &shown))
            .collect()
    }

    /// Chooses blocks and puts them in order, or leaves them as they are.
    fn blocks(&self, plan: &mut Plan, hidden: &[bool]) {
        let candidates = |kinds: &dyn Fn(Kind) -> bool| -> Vec<usize> {
            let all = 0..self.pieces.len();
            all.filter(|it| !hidden[*it] && kinds(self.pieces[*it].kind))
                .collect()
        };
        let take = |kinds: &dyn Fn(Kind) -> bool, room: usize, taken: &mut Vec<Chosen>| {
            let used: usize = taken.iter().map(|it| it.cost).sum();
            let left = candidates(kinds).into_iter();
            let left = left.filter(|it| !taken.iter().any(|taken| taken.piece == *it));
            let left = left.collect();
            choose(
                &self.pieces,
                &self.costs,
                left,
                room.saturating_sub(used),
                taken,
            );
        };
        let mut stable = Vec::new();
        take(&Kind::is_stable, plan.given.stable, &mut stable);
        // Edits may have a third of the room before anything else; of the rest, tabs have what nobody else needs.
        let mut volatile = Vec::new();
        let is_snippet = |it: Kind| !it.is_stable() && matches!(it, Kind::Snippet(_));
        let is_edit = |it: Kind| it == Kind::Edit;
        take(&is_edit, plan.given.volatile / 3, &mut volatile);
        take(&is_snippet, plan.given.volatile, &mut volatile);
        take(&is_edit, plan.given.volatile, &mut volatile);
        take(&|it| it == Kind::Tab, plan.given.volatile, &mut volatile);

        let cost = |of: &[Chosen]| of.iter().map(|it| it.cost).sum();
        plan.used_blocks = [cost(&stable), cost(&volatile)];
        let chosen = [stable, volatile].concat();
        plan.fates = hidden
            .iter()
            .map(|it| Some(if *it { Why::Visible } else { Why::Budget }))
            .collect();
        match self.settled(plan, &chosen) {
            Some(shown) => {
                plan.blocks = Blocks::Stay;
                for (fate, shown) in plan.fates.iter_mut().zip(shown) {
                    if *fate == Some(Why::Budget) {
                        *fate = (!shown).then_some(Why::Settled);
                    }
                }
            }
            None => {
                let last = self
                    .last
                    .map(|it| it.ranks.iter().copied().zip(&it.context.blocks));
                let last: Vec<(u8, &Block)> = last.into_iter().flatten().collect();
                plan.blocks = Blocks::Chosen(group(&self.pieces, &chosen, &last));
                for it in &chosen {
                    plan.fates[it.piece] = None;
                    plan.left_out |= it.rows < self.pieces[it.piece].rows.len();
                }
                plan.left_out |= plan.fates.contains(&Some(Why::Budget));
            }
        }
        plan.cost += plan.used_blocks.iter().sum::<usize>();
    }

    /// Whether the blocks that were shown last are worth about as much as `chosen`: then which pieces they show.
    fn settled(&self, plan: &mut Plan, chosen: &[Chosen]) -> Option<Vec<bool>> {
        let fresh = self.settings.hold.is_some_and(|it| it.fresh_blocks);
        let last = self
            .last
            .filter(|it| it.supplied && !it.ranks.is_empty() && !fresh)?;
        // In a file that is edited, what was shown of it may be visible now.
        let mut blocks = last.context.blocks.iter();
        let own = blocks.any(|it| *it.path == *self.material.path);
        let costs = last.block_costs;
        let fits = costs[0] + costs[1] <= plan.given.stable + plan.given.volatile;
        if own || !fits {
            return None;
        }
        let mut lines: FxHashSet<(&str, &str)> = FxHashSet::default();
        for block in &last.context.blocks {
            lines.extend(block.text.lines().map(|it| (block.path.as_ref(), it)));
        }
        let is_shown = |piece: &Piece<'_>| {
            let mut rows = piece.rows.iter();
            rows.all(|row| lines.contains(&(piece.path.as_ref(), row.text.as_ref())))
        };
        let shown: Vec<bool> = self.pieces.iter().map(is_shown).collect();
        let score = |idx: usize| f64::from(self.pieces[idx].score);
        let found: f64 = chosen.iter().map(|it| score(it.piece)).sum();
        // Nobody scored edits and tabs: one is taken for worth a part of all that was found.
        let part = |of: f64| if found > 0.0 { found / of } else { 1.0 };
        let score = |idx: usize| match self.pieces[idx].kind {
            Kind::Edit => part(20.0),
            Kind::Tab => part(50.0),
            _ => score(idx),
        };
        let worth: f64 = chosen.iter().map(|it| score(it.piece)).sum();
        let still: f64 = (0..shown.len()).filter(|it| shown[*it]).map(score).sum();
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let enough = still * 100.0 >= worth * self.settings.settled as f64;
        if !enough {
            return None;
        }
        plan.used_blocks = costs;
        Some(shown)
    }
}
