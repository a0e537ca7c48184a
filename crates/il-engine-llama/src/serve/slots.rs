//! What the sequences in memory hold, and which one a new prompt goes on from.
//!
//! The one idea: a sequence is its tokens and the adapters they were computed with, and it belongs to a document: typing
//! goes on in it. What two documents are shown in common is computed once and copied.
//!
//! Deliberately absent: the memory itself (`native::Context`).

use crate::native::Token;

/// Tokens that are worth a copy: a copy takes as long as computing some of them.
const WORTH_A_COPY: usize = 48;

/// Adapters by number with the bits of their weights: what was computed under one set is nothing to another.
pub(super) type AdapterSet = Vec<(u32, u32)>;

/// What one sequence holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    pub(super) tokens: Vec<Token>,
    pub(super) adapters: AdapterSet,
    /// Whose it is.
    document: u64,
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
    /// The sequence that holds it, when it must be copied first.
    pub(super) copied: Option<usize>,
}

impl Slots {
    pub(super) fn new(count: usize) -> Self {
        Self {
            slots: vec![Slot::default(); count],
            requests: 0,
        }
    }

    /// Takes a sequence for a prompt; `None` when all are busy. The last token is always computed, since its logits are wanted.
    pub(super) fn take(
        &mut self,
        document: u64,
        prompt: &[Token],
        adapters: &AdapterSet,
    ) -> Option<Place> {
        let known = |index: usize| {
            let shared = shared(&self.slots[index], prompt, adapters);
            shared.min(prompt.len().saturating_sub(1))
        };
        let all = || 0..self.slots.len();
        let free = || all().filter(|it| !self.slots[*it].busy);
        let own = free().filter(|it| {
            let slot = &self.slots[*it];
            slot.document == document && slot.adapters == *adapters && slot.used > 0
        });
        let slot = own
            .max_by_key(|it| known(*it))
            .or_else(|| free().min_by_key(|it| self.slots[*it].used))?;
        let best = all().max_by_key(|it| (known(*it), *it == slot))?;
        let place = if known(best) >= known(slot) + WORTH_A_COPY {
            Place {
                slot,
                reused: known(best),
                copied: Some(best),
            }
        } else {
            Place {
                slot,
                reused: known(slot),
                copied: None,
            }
        };
        self.requests += 1;
        let it = &mut self.slots[place.slot];
        it.busy = true;
        it.used = self.requests;
        it.tokens = prompt[..place.reused].to_vec();
        it.adapters.clone_from(adapters);
        it.document = document;
        Some(place)
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

    /// Gives prompts one after the other: the document, the runs of letters in it, and the adapter. Each is computed wholly and its
    /// sequence is free again. What comes back: the sequence, how much of the prompt it holds, and whence it was copied.
    #[track_caller]
    fn check(prompts: &[(u64, &[(u8, usize)], u32)], expected: &[(usize, usize, Option<usize>)]) {
        let mut slots = Slots::new(2);
        let mut places = Vec::new();
        for (document, prompt, adapter) in prompts {
            let run = |it: &(u8, usize)| vec![Token::from(it.0); it.1];
            let prompt: Vec<Token> = prompt.iter().flat_map(run).collect();
            let adapters = match adapter {
                0 => Vec::new(),
                it => vec![(*it, 5)],
            };
            let place = slots
                .take(*document, &prompt, &adapters)
                .expect("one is free");
            let slot = slots.get(place.slot);
            assert_eq!(slot.tokens, prompt[..place.reused]);
            slot.tokens = prompt;
            slot.busy = false;
            places.push((place.slot, place.reused, place.copied));
        }
        assert_eq!(places, expected);
    }

    #[test]
    fn a_document_goes_on_in_its_sequence() {
        check(
            &[
                (1, &[(b'a', 9)], 0),
                (2, &[(b'x', 9)], 0),
                (1, &[(b'a', 8), (b'b', 1)], 0),
                (2, &[(b'x', 9), (b'y', 1)], 0),
                (1, &[(b'c', 1)], 0),
            ],
            &[
                (0, 0, None),
                (1, 0, None),
                (0, 8, None),
                (1, 9, None),
                (0, 0, None),
            ],
        );
    }

    #[test]
    fn the_last_token_is_computed_again() {
        check(
            &[(1, &[(b'a', 9)], 0), (1, &[(b'a', 9)], 0)],
            &[(0, 0, None), (0, 8, None)],
        );
    }

    #[test]
    fn the_sequence_not_used_for_longest_gives_way() {
        check(
            &[
                (1, &[(b'a', 9)], 0),
                (2, &[(b'x', 9)], 0),
                (1, &[(b'a', 10)], 0),
                (3, &[(b'p', 9)], 0),
            ],
            &[(0, 0, None), (1, 0, None), (0, 9, None), (1, 0, None)],
        );
    }

    #[test]
    fn what_two_documents_have_in_common_is_copied_and_both_stay() {
        check(
            &[
                (1, &[(b'r', 100), (b'a', 100)], 0),
                (2, &[(b'r', 100), (b'b', 100)], 0),
                (1, &[(b'r', 100), (b'a', 101)], 0),
                (2, &[(b'r', 100), (b'b', 101)], 0),
                // So little is computed as quickly.
                (3, &[(b'r', 40)], 0),
            ],
            &[
                (0, 0, None),
                (1, 100, Some(0)),
                (0, 200, None),
                (1, 200, None),
                (0, 39, None),
            ],
        );
    }

    #[test]
    fn what_was_computed_under_other_adapters_is_never_reused() {
        let same: &[(u8, usize)] = &[(b'a', 90)];
        check(
            &[
                (1, same, 0),
                (1, same, 1),
                (1, same, 0),
                (1, same, 2),
                (1, same, 0),
            ],
            &[
                (0, 0, None),
                (1, 0, None),
                (0, 89, None),
                (1, 0, None),
                (0, 89, None),
            ],
        );
    }

    #[test]
    fn a_busy_sequence_is_left_alone_but_copied_from() {
        let mut slots = Slots::new(2);
        let none = Vec::new();
        let prompt = [1; 60];
        let first = slots.take(1, &prompt, &none).expect("free");
        slots.get(first.slot).tokens = prompt.to_vec();
        let second = slots.take(1, &prompt, &none).expect("free");
        assert_ne!(first.slot, second.slot);
        assert_eq!((second.reused, second.copied), (59, Some(first.slot)));
        assert_eq!(slots.take(1, &[9], &none), None);
    }
}
