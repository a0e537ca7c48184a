//! A plan: what is shown when lines cost what they cost alone.
//!
//! Deliberately absent: what it costs in truth.

use super::{Packing, Scope};
use crate::{
    alike::alike,
    choice::{Chosen, arrange, choose, wanted},
    pieces::Shown,
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
    /// In the order in which they are shown.
    pub(super) blocks: Vec<Chosen>,
    /// Why a piece is not shown.
    pub(super) fates: Vec<Option<Why>>,
    pub(super) given: Parts,
    pub(super) used_prefix: usize,
    pub(super) used_suffix: usize,
    /// Tokens of all of it.
    pub(super) cost: usize,
    /// More could be shown if there were room.
    pub(super) left_out: bool,
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
            let need = [true, false].map(|stable| {
                let pieces = self.pieces.iter().zip(&self.costs).zip(&hidden);
                let wanted =
                    pieces.filter(|((it, _), hidden)| it.kind.is_stable() == stable && !**hidden);
                wanted.map(|((_, cost), _)| cost.all()).sum()
            });
            plan = self.around(room, need);
            hidden = self.visible(&plan);
        }
        self.blocks(&mut plan, &hidden);
        plan.cost += self.frame_of_blocks;
        plan
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

    /// Chooses blocks and puts them in order.
    fn blocks(&self, plan: &mut Plan, hidden: &[bool]) {
        let none = Vec::new();
        let last = self.last.map_or(&none, |it| &it.blocks);
        let wanted = |stable| {
            let mut wanted = wanted(&self.pieces, last, stable);
            wanted.retain(|it| !hidden[*it]);
            wanted
        };
        let mut stable = choose(&self.pieces, &self.costs, wanted(true), plan.given.stable);
        let mut volatile = self.volatile(&wanted(false), plan.given.volatile);
        arrange(&self.pieces, &mut stable, last);
        arrange(&self.pieces, &mut volatile, last);
        plan.fates = hidden
            .iter()
            .map(|it| Some(if *it { Why::Visible } else { Why::Budget }))
            .collect();
        stable.extend(volatile);
        plan.blocks = stable;
        for it in &plan.blocks {
            plan.fates[it.piece] = None;
            plan.cost += it.cost;
            plan.left_out |= it.rows < self.pieces[it.piece].rows.len();
        }
        plan.left_out |= plan.fates.contains(&Some(Why::Budget));
    }

    /// Edits may have a third of the room before anything else; what is left of it is for all.
    fn volatile(&self, wanted: &[usize], room: usize) -> Vec<Chosen> {
        let is_edit = |it: &&usize| self.pieces[**it].kind == Kind::Edit;
        let edits = wanted.iter().filter(is_edit).copied();
        let mut chosen = choose(&self.pieces, &self.costs, edits, room / 3);
        let used: usize = chosen.iter().map(|it| it.cost).sum();
        let taken = |it: &&usize| !chosen.iter().any(|chosen| chosen.piece == **it);
        let rest: Vec<usize> = wanted.iter().filter(taken).copied().collect();
        chosen.extend(choose(&self.pieces, &self.costs, rest, room - used));
        chosen
    }
}
