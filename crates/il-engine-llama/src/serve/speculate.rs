//! How many tokens to check at once.
//!
//! The one idea: a step that checks w tokens costs what it was measured to cost and yields what drafts have been worth so
//! far; the width with the most tokens a millisecond is taken, and one is checked from time to time where that is one
//! token, since drafts get better in other places of a file.
//!
//! Deliberately absent: clocks (times are given) and drafts.

use crate::wire::Speculation;

/// Widths that llama.cpp has fast paths for; 3, 5 and 6 cost clearly more than 4 a token.
pub(super) const WIDTHS: [usize; 5] = [1, 2, 4, 8, 16];
/// Cost of each width in single steps before anything was measured, on a CPU.
const GUESSED: [f32; 5] = [1.0, 1.35, 1.6, 2.6, 5.2];
/// Steps without a draft after which one is tried again.
const TRY_AGAIN: u32 = 12;
/// How much of the newest measurement goes into a mean.
const NEWEST: f32 = 0.15;

/// What was measured and accepted, over all requests of a model.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    /// Milliseconds of a step of each width; 0: not measured.
    cost: [f32; 5],
    /// Share of drafted tokens that are accepted, given that the ones before them were.
    accepted: f32,
    /// Steps since the last draft.
    without: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            cost: [0.0; 5],
            accepted: 0.7,
            without: 0,
        }
    }
}

impl Pace {
    /// Whether a draft is worth asking for.
    pub(super) fn wants_draft(&self, how: Speculation) -> bool {
        match how {
            Speculation::Off => false,
            Speculation::Width(width) => width > 1,
            Speculation::Adaptive => self.best(usize::MAX) > 1 || self.without >= TRY_AGAIN,
        }
    }

    /// How many tokens to check, one sure and the others drafted, when `drafted` are there.
    pub(super) fn width(&mut self, how: Speculation, drafted: usize) -> usize {
        let width = match how {
            Speculation::Off => 1,
            Speculation::Width(width) => (width as usize).clamp(1, drafted + 1),
            Speculation::Adaptive => {
                let best = self.best(drafted + 1);
                if best == 1 && drafted > 0 && self.without >= TRY_AGAIN {
                    2
                } else {
                    best
                }
            }
        };
        self.without = if width > 1 {
            0
        } else {
            self.without.saturating_add(1)
        };
        width
    }

    /// The width that yields most, of those that `most` tokens fill.
    fn best(&self, most: usize) -> usize {
        let mut best = (1, 1.0 / self.cost_of(0));
        for (index, width) in WIDTHS.iter().enumerate().skip(1) {
            // A draft that fills three of four rows is checked at that width: the step costs no more for being shorter.
            if most.min(*width) <= WIDTHS[index - 1] {
                break;
            }
            let filled = most.min(*width);
            let pays = self.tokens(filled) / self.cost_of(index);
            if pays > best.1 * 1.02 {
                best = (filled, pays);
            }
        }
        best.0
    }

    /// Tokens that a step of this width yields.
    fn tokens(&self, width: usize) -> f32 {
        let mut chance = 1.0;
        let mut tokens = 1.0;
        for _ in 1..width {
            chance *= self.accepted;
            tokens += chance;
        }
        tokens
    }

    fn cost_of(&self, index: usize) -> f32 {
        if self.cost[index] > 0.0 {
            return self.cost[index];
        }
        // From the nearest width that was measured, by the guessed ratio.
        let measured = (0..WIDTHS.len())
            .filter(|it| self.cost[*it] > 0.0)
            .min_by_key(|it| it.abs_diff(index));
        let unit = measured.map_or(1.0, |it| self.cost[it] / GUESSED[it]);
        unit * GUESSED[index]
    }

    /// A step of `width` took so long.
    pub(super) fn took(&mut self, width: usize, milliseconds: f32) {
        let index = WIDTHS.iter().position(|it| width <= *it);
        let Some(cost) = index.map(|it| &mut self.cost[it]) else {
            return;
        };
        if *cost == 0.0 {
            *cost = milliseconds;
        }
        // One step that something else held up is no news.
        let believed = milliseconds.min(*cost * 2.0);
        *cost += (believed - *cost) * NEWEST;
    }

    /// Of `checked` drafted tokens the first `accepted` were what the model says.
    pub(super) fn checked(&mut self, checked: usize, accepted: usize) {
        for index in 0..checked.min(accepted + 1) {
            let hit = if index < accepted { 1.0 } else { 0.0 };
            self.accepted += (hit - self.accepted) * NEWEST;
        }
        self.accepted = self.accepted.clamp(0.02, 0.98);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The width taken for a long draft after so many drafted tokens were right or wrong.
    fn after(right: usize, wrong: usize, drafted: usize) -> usize {
        let mut pace = Pace::default();
        for _ in 0..right {
            pace.checked(1, 1);
        }
        for _ in 0..wrong {
            pace.checked(1, 0);
        }
        pace.width(Speculation::Adaptive, drafted)
    }

    #[test]
    fn good_drafts_are_checked_many_at_once_and_bad_ones_not_at_all() {
        assert_eq!(after(40, 0, 20), 8);
        assert_eq!(after(0, 0, 20), 4);
        assert_eq!(after(0, 40, 20), 1);
    }

    #[test]
    fn a_short_draft_is_not_filled_up() {
        assert_eq!(after(40, 0, 2), 3);
        assert_eq!(after(40, 0, 0), 1);
    }

    #[test]
    fn what_a_step_costs_decides() {
        let mut pace = Pace::default();
        (0..40).for_each(|_| pace.checked(1, 1));
        // Here two tokens cost twice as much as one, and so on.
        for width in WIDTHS {
            (0..60).for_each(|_| pace.took(width, 10.0 * width as f32));
        }
        assert_eq!(pace.width(Speculation::Adaptive, 20), 1);
    }

    #[test]
    fn bad_drafts_get_another_chance_after_a_while() {
        let mut pace = Pace::default();
        (0..40).for_each(|_| pace.checked(1, 0));
        let widths: Vec<usize> = (0..26)
            .map(|_| pace.width(Speculation::Adaptive, 9))
            .collect();
        assert_eq!(widths.iter().filter(|it| **it == 2).count(), 2);
        assert_eq!(widths.iter().filter(|it| **it == 1).count(), 24);
    }

    #[test]
    fn a_fixed_width_is_taken_as_far_as_the_draft_goes() {
        let mut pace = Pace::default();
        assert_eq!(pace.width(Speculation::Width(4), 9), 4);
        assert_eq!(pace.width(Speculation::Width(4), 1), 2);
        assert_eq!(pace.width(Speculation::Off, 9), 1);
        assert!(!pace.wants_draft(Speculation::Off) && pace.wants_draft(Speculation::Width(2)));
    }
}
