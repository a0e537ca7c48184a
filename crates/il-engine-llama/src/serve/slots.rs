//! What the sequences in memory hold, and which one a new prompt goes on from.
//!
//! The one idea: a sequence is its tokens and the adapters they were computed with. A prompt goes where the longest
//! beginning of it already stands, under the same adapters; where nothing of it stands, the sequence that was not used
//! for longest gives way.
//!
//! Deliberately absent: the memory itself (`native::Context`).

use crate::native::Token;

/// Of a prompt, what must already be there for its sequence to be gone on with although another one is free.
const WORTH_KEEPING: usize = 8;

/// Adapters by number with the bits of their weights: what was computed under one set is nothing to another.
pub(super) type AdapterSet = Vec<(u32, u32)>;

/// What one sequence holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    pub(super) tokens: Vec<Token>,
    pub(super) adapters: AdapterSet,
    /// Somebody computes in it.
    pub(super) busy: bool,
    /// When it was last used, in requests.
    used: u64,
}

#[derive(Debug)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    requests: u64,
}

/// Where a prompt goes, and how much of it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) slot: usize,
    pub(super) reused: usize,
}

impl Slots {
    pub(super) fn new(count: usize) -> Self {
        Self {
            slots: vec![Slot::default(); count],
            requests: 0,
        }
    }

    /// Takes a sequence for a prompt; `None` when all are busy. The last token is always computed, since its logits are wanted.
    pub(super) fn take(&mut self, prompt: &[Token], adapters: &AdapterSet) -> Option<Place> {
        let free = self.slots.iter().enumerate().filter(|it| !it.1.busy);
        let best = free.max_by_key(|(_, slot)| {
            let same = shared(slot, prompt, adapters);
            // What is only the beginning that every prompt has is no reason to overwrite a long sequence.
            let worth = if same * WORTH_KEEPING >= prompt.len() {
                same
            } else {
                0
            };
            (worth, std::cmp::Reverse(slot.used))
        });
        let slot = best?.0;
        self.requests += 1;
        let it = &mut self.slots[slot];
        let reused = shared(it, prompt, adapters).min(prompt.len().saturating_sub(1));
        it.busy = true;
        it.used = self.requests;
        it.tokens.truncate(reused);
        it.adapters.clone_from(adapters);
        Some(Place { slot, reused })
    }

    pub(super) fn get(&mut self, slot: usize) -> &mut Slot {
        &mut self.slots[slot]
    }
}

/// How many tokens of a prompt a sequence begins with.
fn shared(slot: &Slot, prompt: &[Token], adapters: &AdapterSet) -> usize {
    if slot.adapters != *adapters {
        return 0;
    }
    let pairs = slot.tokens.iter().zip(prompt);
    pairs.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives prompts one after the other; each is computed wholly and its sequence is free again.
    #[track_caller]
    fn check(prompts: &[(&str, &[(u32, u32)])], expected: &[(usize, usize)]) {
        let mut slots = Slots::new(2);
        let mut places = Vec::new();
        for (prompt, adapters) in prompts {
            let prompt: Vec<Token> = prompt.bytes().map(Token::from).collect();
            let place = slots
                .take(&prompt, &adapters.to_vec())
                .expect("one is free");
            let slot = slots.get(place.slot);
            assert_eq!(slot.tokens, prompt[..place.reused]);
            slot.tokens = prompt;
            slot.busy = false;
            places.push((place.slot, place.reused));
        }
        // Which of two empty sequences comes first is of no interest.
        let first = places[0].0;
        let seen: Vec<_> = places.iter().map(|it| (it.0 ^ first, it.1)).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn goes_on_where_the_longest_beginning_stands() {
        check(
            &[("abcd", &[]), ("xy", &[]), ("abce", &[]), ("xyz", &[])],
            &[(0, 0), (1, 0), (0, 3), (1, 2)],
        );
    }

    #[test]
    fn the_last_token_is_computed_again() {
        check(&[("abcd", &[]), ("abcd", &[])], &[(0, 0), (0, 3)]);
    }

    #[test]
    fn the_sequence_not_used_for_longest_gives_way() {
        check(
            &[("abcd", &[]), ("xy", &[]), ("abcde", &[]), ("pq", &[])],
            &[(0, 0), (1, 0), (0, 4), (1, 0)],
        );
    }

    #[test]
    fn one_common_token_is_no_reason_to_overwrite() {
        check(
            &[("abcdefghij", &[]), ("a123456789", &[])],
            &[(0, 0), (1, 0)],
        );
    }

    #[test]
    fn what_was_computed_under_other_adapters_is_never_reused() {
        check(
            &[
                ("abcd", &[]),
                ("abcd", &[(1, 5)]),
                ("abcd", &[]),
                ("abcd", &[(1, 6)]),
                ("abcd", &[]),
            ],
            &[(0, 0), (1, 0), (0, 3), (1, 0), (0, 3)],
        );
    }

    #[test]
    fn a_busy_sequence_is_left_alone() {
        let mut slots = Slots::new(2);
        let none = Vec::new();
        let first = slots.take(&[1, 2, 3], &none).expect("free");
        slots.get(first.slot).tokens = vec![1, 2, 3];
        let second = slots.take(&[1, 2, 3], &none).expect("free");
        assert_ne!(first.slot, second.slot);
        assert_eq!(second.reused, 0);
        assert_eq!(slots.take(&[9], &none), None);
    }
}
