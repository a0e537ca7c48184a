//! What was said before and may still be right: a prefix trie over places, bounded by bytes.
//!
//! The one idea: an answer is kept under the whole line it would make (what stood before the cursor and
//! what was said), so everything that may follow what is typed now lies in one contiguous range of a
//! sorted map. What follows the cursor must be as it was then, but for what an editor closed by itself.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    answer::SuggestionId,
    ask::DocId,
    draft::Draft,
    place::{Anchor, Place, Spot, tails_agree},
};

/// Names something kept.
pub(crate) type EntryId = u64;

/// A draft, and where it was said.
#[derive(Debug)]
pub(crate) struct Entry {
    spot: Spot,
    /// The line up to the cursor, then the draft.
    line: Arc<str>,
    head: usize,
    tail: Box<str>,
    pub draft: Draft,
    /// Alternatives that were asked for along with it.
    pub breadth: usize,
    /// It was said ahead of need.
    pub ahead: bool,
    /// Bytes of the draft that have been on the screen.
    pub shown_to: usize,
    pub suggestion: Option<SuggestionId>,
    used: u64,
    bytes: usize,
}

/// Something kept that goes on with what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub entry: EntryId,
    /// Bytes of the draft that are typed already.
    pub typed: usize,
}

/// Everything kept.
#[derive(Debug)]
pub(crate) struct Cache {
    entries: BTreeMap<EntryId, Entry>,
    lines: BTreeMap<(Spot, Arc<str>, usize), EntryId>,
    by_use: BTreeMap<u64, EntryId>,
    bytes: usize,
    most_bytes: usize,
    next_id: EntryId,
    clock: u64,
}

/// What an entry costs beside its text.
const OVERHEAD: usize = 320;

impl Cache {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            lines: BTreeMap::new(),
            by_use: BTreeMap::new(),
            bytes: 0,
            most_bytes,
            next_id: 0,
            clock: 0,
        }
    }

    /// Keeps a draft said at `anchor`, before `tail`. Takes the place of an equal one.
    pub(crate) fn insert(
        &mut self,
        anchor: Anchor<'_>,
        tail: &str,
        draft: Draft,
        breadth: usize,
        ahead: bool,
    ) -> EntryId {
        let line: Arc<str> = [anchor.said, draft.text()].concat().into();
        let head = anchor.said.len();
        let key = (anchor.spot, Arc::clone(&line), head);
        if let Some(&equal) = self.lines.get(&key) {
            self.remove(equal);
        }
        let id = self.next_id;
        self.next_id += 1;
        self.clock += 1;
        let bytes = OVERHEAD + line.len() + tail.len() + draft.bytes();
        self.lines.insert(key, id);
        self.by_use.insert(self.clock, id);
        self.bytes += bytes;
        self.entries.insert(
            id,
            Entry {
                spot: anchor.spot,
                line,
                head,
                tail: tail.into(),
                draft,
                breadth,
                ahead,
                shown_to: 0,
                suggestion: None,
                used: self.clock,
                bytes,
            },
        );
        self.evict(id);
        id
    }

    /// Everything that goes on with what is typed at `place`, latest used first.
    pub(crate) fn find(&self, place: &Place<'_>) -> Vec<Hit> {
        let mut hits: Vec<(u64, Hit)> = Vec::new();
        for anchor in &place.anchors {
            let from = (anchor.spot, Arc::from(anchor.said), 0);
            let below = self.lines.range(from..);
            let below = below.take_while(|((spot, line, _), _)| {
                *spot == anchor.spot && line.starts_with(anchor.said)
            });
            for ((_, line, head), &id) in below {
                let Some(entry) = self.entries.get(&id) else {
                    continue;
                };
                let goes_on = *head <= anchor.said.len() && line.len() > anchor.said.len();
                if goes_on && tails_agree(place.tail, &entry.tail, &anchor.said[*head..]) {
                    let typed = anchor.said.len() - head;
                    hits.push((entry.used, Hit { entry: id, typed }));
                }
            }
        }
        hits.sort_by_key(|(used, _)| std::cmp::Reverse(*used));
        hits.into_iter().map(|(_, hit)| hit).collect()
    }

    pub(crate) fn get(&self, id: EntryId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// For writing down that it was shown; counts as a use.
    pub(crate) fn touch(&mut self, id: EntryId) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(&id)?;
        self.clock += 1;
        self.by_use.remove(&entry.used);
        self.by_use.insert(self.clock, id);
        entry.used = self.clock;
        Some(entry)
    }

    pub(crate) fn remove(&mut self, id: EntryId) {
        if let Some(entry) = self.entries.remove(&id) {
            self.lines.remove(&(entry.spot, entry.line, entry.head));
            self.by_use.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }

    /// Forgets a document, or everything.
    pub(crate) fn forget(&mut self, doc: Option<DocId>) {
        let gone = |entry: &Entry| doc.is_none_or(|doc| entry.spot.doc() == doc);
        let ids: Vec<EntryId> = self
            .entries
            .iter()
            .filter(|(_, entry)| gone(entry))
            .map(|(&id, _)| id)
            .collect();
        for id in ids {
            self.remove(id);
        }
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Drops what was not used for longest; never `keep`, which is about to be shown.
    fn evict(&mut self, keep: EntryId) {
        while self.bytes > self.most_bytes {
            let Some((_, &oldest)) = self.by_use.iter().find(|(_, id)| **id != keep) else {
                return;
            };
            self.remove(oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::place::tests::spot;

    fn draft(text: &str) -> Draft {
        let mut draft = Draft::default();
        draft.push(text, 0.9);
        draft
    }

    fn place<'a>(spot: Spot, said: &'a str, tail: &'a str) -> Place<'a> {
        Place {
            anchors: vec![Anchor { spot, said }],
            tail,
        }
    }

    proptest! {
        /// Against a list that is looked through from one end to the other.
        #[test]
        fn finds_what_a_list_finds(
            kept in prop::collection::vec((0..2_u64, "[ab(]{0,3}", "[ab()é]{1,4}", "[)]{0,1}"), 0..24),
            asked in prop::collection::vec((0..2_u64, "[ab()é]{0,5}", "[)]{0,2}"), 1..12),
        ) {
            let mut cache = Cache::new(usize::MAX);
            let mut list: Vec<(Spot, String, String, String, EntryId)> = Vec::new();
            for (at, head, text, tail) in kept {
                let spot = spot(at);
                let id = cache.insert(Anchor { spot, said: &head }, &tail, draft(&text), 1, false);
                let line = format!("{head}{text}");
                list.retain(|(s, h, l, _, _)| !(*s == spot && *h == head && *l == line));
                list.push((spot, head, line, tail, id));
            }
            for (at, said, tail) in asked {
                let spot = spot(at);
                let goes_on = |(s, head, line, then, _): &&(Spot, String, String, String, EntryId)| {
                    *s == spot
                        && said.starts_with(head.as_str())
                        && line.starts_with(&said)
                        && line.len() > said.len()
                        && tails_agree(&tail, then, &said[head.len()..])
                };
                let listed: Vec<Hit> = list
                    .iter()
                    .rev()
                    .filter(goes_on)
                    .map(|(_, head, _, _, id)| Hit { entry: *id, typed: said.len() - head.len() })
                    .collect();
                prop_assert_eq!(cache.find(&place(spot, &said, &tail)), listed);
            }
        }

        #[test]
        fn stays_within_its_bytes_and_drops_the_oldest(texts in prop::collection::vec("[a-z]{1,200}", 1..60)) {
            let most = 4096;
            let mut cache = Cache::new(most);
            for text in &texts {
                let last = cache.insert(Anchor { spot: spot(1), said: "" }, "", draft(text), 1, false);
                prop_assert!(cache.bytes() <= most);
                prop_assert!(cache.get(last).is_some());
            }
            cache.forget(None);
            prop_assert_eq!((cache.bytes(), cache.lines.len(), cache.by_use.len()), (0, 0, 0));
        }
    }
}
