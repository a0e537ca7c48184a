//! After the answer: what was seen, taken or turned down, and asking ahead of need.
//!
//! The one idea: once a suggestion is on the screen, the likeliest next request is the one after it was
//! accepted; asked while nobody waits, its answer is there when the key is pressed.

use std::sync::Arc;

use il_engine::Priority;

use super::{Pipeline, Presenter};
use crate::{answer::SuggestionId, event::Extent, extent::next_line, query::Query};

/// Of what was accepted, this much at its end is remembered.
const LONGEST: usize = 256;

impl Pipeline {
    pub(super) fn shown(&mut self, id: SuggestionId) {
        let Some(suggested) = self.book.find(id) else {
            return;
        };
        if std::mem::replace(&mut suggested.seen, true) {
            return;
        }
        let Some(query) = suggested.query.clone() else {
            return;
        };
        let next = query.after(&suggested.text, suggested.covers);
        self.ask_ahead(&query, next);
    }

    fn ask_ahead(&mut self, query: &Query, next: Query) {
        let costs = query
            .ask
            .engine
            .as_ref()
            .is_none_or(|engine| engine.remote && engine.metered);
        let busy = !self.requests.is_empty() || !self.jobs.is_empty();
        if !self.config.speculate || costs || busy || next.is_inside_word() {
            return;
        }
        let next = Arc::new(next);
        if self.knows(&next) {
            return;
        }
        let length = self.length_after_accept(&next);
        self.start(&next, length, 1, Priority::Speculative);
    }

    /// Whether something can be shown there without asking anyone.
    fn knows(&mut self, query: &Arc<Query>) -> bool {
        let length = self.length_after_accept(query);
        let candidates = self.kept_for(query);
        let dialect = self.dialects.get(&query.ask.language);
        let presenter = Presenter {
            config: &self.config,
            cache: &mut self.cache,
            book: &mut self.book,
            dialect: &dialect,
            query,
            length,
        };
        presenter.could_present(candidates)
    }

    fn length_after_accept(&self, query: &Query) -> il_engine::Length {
        let at = crate::length::Surroundings {
            facts: query.ask.facts,
            trigger: query.ask.trigger,
            tail: query.tail(),
            after_accept: true,
        };
        crate::length::decide(at, self.config.max_block_lines).0
    }

    pub(super) fn accepted(&mut self, id: SuggestionId, extent: Extent) {
        self.rhythm.accepted(self.now);
        let Some(suggested) = self.book.find(id) else {
            return;
        };
        let mut end = match extent {
            Extent::Whole => suggested.text.len(),
            Extent::Part(bytes) => bytes
                .saturating_sub(suggested.lead)
                .min(suggested.text.len()),
        };
        while !suggested.text.is_char_boundary(end) {
            end -= 1;
        }
        let taken = &suggested.text[..end];
        let line = last_line(taken);
        let doc = suggested.doc;
        self.doc(doc).accepted = line;
    }

    pub(super) fn dismissed(&mut self, id: SuggestionId) {
        self.rhythm.dismissed(self.now);
        let Some(suggested) = self.book.find(id) else {
            return;
        };
        let doc = suggested.doc;
        if let Some(entry) = suggested.entry {
            self.cache.remove(entry);
        }
        let doc = self.doc(doc);
        doc.shown.retain(|&shown| shown != id);
        doc.accepted = None;
    }
}

/// The end of what was taken, by which the place after it is recognised.
fn last_line(taken: &str) -> Option<String> {
    let taken = taken.trim_end();
    let mut at = 0;
    let mut line = "";
    while at < taken.len() {
        let len = next_line(&taken[at..]);
        line = taken[at..at + len].trim();
        at += len;
    }
    let start = line
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| line.len() - at <= LONGEST)?;
    Some(line[start..].to_owned())
}
