//! From what was said to what is shown: fits drafts to a cursor, and keeps book of suggestions.

use std::{borrow::Cow, collections::VecDeque, sync::Arc};

use crate::{
    answer::{Reason, Source, Suggestion, SuggestionId},
    ask::DocId,
    cache::{Cache, EntryId},
    config::Config,
    dialect::Dialect,
    draft::Draft,
    gate,
    query::Query,
    shape::{self, Notes, Scene},
};
use il_engine::Length;

/// Suggestions that later events may still name.
const REMEMBERED: usize = 64;
/// Of everything that was said before, this many are looked at for one answer.
const MOST_CANDIDATES: usize = 16;
/// Of the latest of them, the text around is kept too.
const TEXTS: usize = 4;

/// A draft that may be shown, and how much of it is typed already.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Where it is kept; `None` on lines too long to remember.
    pub entry: Option<EntryId>,
    pub draft: Draft,
    pub typed: usize,
    pub source: Source,
}

/// What was suggested.
#[derive(Debug)]
pub(super) struct Suggested {
    pub id: SuggestionId,
    pub doc: DocId,
    pub entry: Option<EntryId>,
    /// What an editor was told to insert, after the selected entry.
    pub text: String,
    /// Bytes of the selected entry.
    pub lead: usize,
    pub covers: usize,
    /// What it was suggested for; `None` once it is long ago.
    pub query: Option<Arc<Query>>,
    pub seen: bool,
}

/// The suggestions made last.
#[derive(Debug, Default)]
pub(super) struct Book {
    last_id: u64,
    suggested: VecDeque<Suggested>,
}

impl Book {
    pub(super) fn find(&mut self, id: SuggestionId) -> Option<&mut Suggested> {
        self.suggested.iter_mut().rev().find(|it| it.id == id)
    }

    pub(super) fn forget(&mut self, doc: DocId) {
        self.suggested.retain(|it| it.doc != doc);
    }

    fn next_id(&mut self) -> SuggestionId {
        self.last_id += 1;
        SuggestionId(self.last_id)
    }

    /// The newest state of a suggestion takes the place of its older ones.
    fn write(&mut self, mut suggested: Suggested) {
        if let Some(at) = self.suggested.iter().position(|it| it.id == suggested.id) {
            suggested.seen = self.suggested[at].seen;
            self.suggested.remove(at);
        }
        self.suggested.push_back(suggested);
        if self.suggested.len() > REMEMBERED {
            self.suggested.pop_front();
        }
        // A query holds a window of text.
        let old = self.suggested.len().saturating_sub(TEXTS);
        for suggested in self.suggested.iter_mut().take(old) {
            suggested.query = None;
        }
    }
}

/// What a filter may look at, of a query.
pub(super) fn scene<'a>(
    query: &'a Query,
    dialect: &'a Dialect,
    length: Length,
    config: &'a Config,
    floor: usize,
) -> Scene<'a> {
    Scene {
        prefix: query.prefix(),
        suffix: query.suffix(),
        language: &query.ask.language,
        screen: &*query.ask.screen,
        dialect,
        indent: query.ask.indent,
        facts: query.ask.facts,
        length,
        gate: if query.invoked() {
            &config.invoked_gate
        } else {
            &config.gate
        },
        calibrated: query.is_calibrated(),
        floor,
    }
}

/// Fits candidates to the cursor, in order, and takes as many as are wanted. Errs with the reason why
/// the first one was not good enough.
pub(super) struct Presenter<'a> {
    pub config: &'a Config,
    pub cache: &'a mut Cache,
    pub book: &'a mut Book,
    pub dialect: &'a Dialect,
    pub query: &'a Arc<Query>,
    pub length: Length,
}

impl Presenter<'_> {
    pub(super) fn present(
        &mut self,
        candidates: Vec<Candidate>,
        notes: &mut Notes,
    ) -> Result<Vec<Suggestion>, Reason> {
        let wanted = self.query.wanted(self.config);
        let mut fitted: Vec<(Candidate, usize)> = Vec::new();
        let mut first_reason = None;
        for mut candidate in candidates.into_iter().take(MOST_CANDIDATES.max(wanted)) {
            let shown_to = candidate
                .entry
                .and_then(|id| self.cache.get(id))
                .map_or(0, |entry| entry.shown_to);
            let floor = shown_to.saturating_sub(candidate.typed);
            let scene = scene(self.query, self.dialect, self.length, self.config, floor);
            candidate.draft = candidate.draft.typed_through(candidate.typed);
            match shape::fit_to(&mut candidate.draft, &scene, notes) {
                Err(reason) => drop(first_reason.get_or_insert(reason)),
                Ok(())
                    if fitted
                        .iter()
                        .any(|(other, _)| same(&other.draft, &candidate.draft)) =>
                {
                    notes.push(("alternatives", Cow::Borrowed("an equal one was dropped")));
                }
                Ok(()) => fitted.push((candidate, floor)),
            }
        }
        if fitted.is_empty() {
            return Err(first_reason.unwrap_or(Reason::NothingLearnt));
        }
        if self.query.is_calibrated() {
            // What is on the screen stays first; then what saves most, not what is surest: two letters
            // are always surer than a line.
            let gain = |draft: &Draft| {
                gate::expected_gain(gate::keystrokes(draft.shown()), draft.probability())
            };
            fitted.sort_by(|(a, a_floor), (b, b_floor)| {
                let on_screen = (*b_floor > 0).cmp(&(*a_floor > 0));
                on_screen.then_with(|| gain(&b.draft).total_cmp(&gain(&a.draft)))
            });
        }
        fitted.truncate(wanted);
        Ok(fitted
            .into_iter()
            .map(|(candidate, floor)| self.suggest(candidate, floor))
            .collect())
    }

    /// Whether any of the candidates fits.
    pub(super) fn could_present(self, candidates: Vec<Candidate>) -> bool {
        candidates.into_iter().any(|candidate| {
            let mut draft = candidate.draft.typed_through(candidate.typed);
            let scene = scene(self.query, self.dialect, self.length, self.config, 0);
            shape::fit_to(&mut draft, &scene, &mut Vec::new()).is_ok()
        })
    }

    fn suggest(&mut self, candidate: Candidate, floor: usize) -> Suggestion {
        let Candidate {
            entry,
            draft,
            typed,
            source,
        } = candidate;
        let id = self.name(entry, floor, typed + draft.shown().len());
        let (text, range) = self.query.insertion(draft.shown(), draft.covers);
        let lead = text.len() - draft.shown().len();
        self.book.write(Suggested {
            id,
            doc: self.query.ask.doc,
            entry,
            text: draft.shown().to_owned(),
            lead,
            covers: draft.covers,
            query: Some(Arc::clone(self.query)),
            seen: false,
        });
        let remarks = draft.remarks().map(|mut remark| {
            remark.range = remark.range.start + lead..remark.range.end + lead;
            remark
        });
        Suggestion {
            id,
            remarks: remarks.collect(),
            text,
            range,
            probability: draft.probability(),
            origin: draft.origin,
            source,
        }
    }

    /// What is still the same ghost text keeps its name; a later piece of a draft gets its own.
    fn name(&mut self, entry: Option<EntryId>, floor: usize, shown_to: usize) -> SuggestionId {
        let Some(entry) = entry.and_then(|id| self.cache.touch(id)) else {
            return self.book.next_id();
        };
        let id = match entry.suggestion {
            Some(id) if floor > 0 => id,
            _ => self.book.next_id(),
        };
        entry.suggestion = Some(id);
        entry.shown_to = entry.shown_to.max(shown_to);
        id
    }
}

fn same(a: &Draft, b: &Draft) -> bool {
    a.shown().trim_end() == b.shown().trim_end() && a.covers == b.covers
}
