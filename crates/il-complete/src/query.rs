//! An ask, read: the text and the cursor as they would be with the selected entry inserted.
//!
//! The one idea: an entry selected in the editor's own list counts as typed. Everything after this
//! module sees one text and one cursor; only what is handed back knows of the selection.

use std::{fmt, ops::Range, sync::Arc};

use crate::{
    answer::Reason,
    ask::{Ask, Trigger},
    config::Config,
    dialect::is_word,
};

/// Nobody looks at more.
const MOST_ALTERNATIVES: usize = 16;

/// A request that makes sense.
#[derive(Clone)]
pub(crate) struct Query {
    pub ask: Ask,
    text: Arc<str>,
    cursor: usize,
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("ask", &self.ask)
            .finish_non_exhaustive()
    }
}

impl Query {
    /// Reads an ask, or says what is wrong with it.
    pub(crate) fn read(ask: Ask) -> Result<Self, Reason> {
        if !ask.text.is_char_boundary(ask.cursor) {
            return Err(Reason::BadRequest(
                "the cursor is not between two characters of the text",
            ));
        }
        let Some(selected) = &ask.selected else {
            let (text, cursor) = (Arc::clone(&ask.text), ask.cursor);
            return Ok(Self { ask, text, cursor });
        };
        let Range { start, end } = selected.range;
        let around = start <= ask.cursor && ask.cursor <= end;
        let boundaries = ask.text.is_char_boundary(start) && ask.text.is_char_boundary(end);
        if !around || !boundaries || ask.text[start..end].contains('\n') {
            return Err(Reason::BadRequest(
                "the selected entry does not replace text at the cursor",
            ));
        }
        if !selected.text.starts_with(&ask.text[start..ask.cursor]) {
            return Err(Reason::Filtered {
                filter: "selected",
                why: "the selected entry does not go on with what is typed",
            });
        }
        let text = [&ask.text[..start], &selected.text, &ask.text[end..]].concat();
        let cursor = start + selected.text.len();
        Ok(Self {
            text: text.into(),
            cursor,
            ask,
        })
    }

    /// What it would be once `written` stood at the cursor, in the place of `covers` bytes.
    pub(crate) fn after(&self, written: &str, covers: usize) -> Self {
        let text = [self.prefix(), written, &self.suffix()[covers..]].concat();
        let cursor = self.cursor + written.len();
        let text: Arc<str> = text.into();
        let mut ask = self.ask.clone();
        ask.text = Arc::clone(&text);
        ask.cursor = cursor;
        ask.selected = None;
        ask.trigger = Trigger::Automatic;
        ask.facts = crate::SyntaxFacts::default();
        Self { ask, text, cursor }
    }

    /// With the selected entry inserted.
    pub(crate) fn text(&self) -> &Arc<str> {
        &self.text
    }

    pub(crate) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.text[..self.cursor]
    }

    pub(crate) fn suffix(&self) -> &str {
        &self.text[self.cursor..]
    }

    /// The cursor's line up to the cursor.
    pub(crate) fn head(&self) -> &str {
        let prefix = self.prefix();
        &prefix[prefix.rfind('\n').map_or(0, |at| at + 1)..]
    }

    /// The cursor's line from the cursor on.
    pub(crate) fn tail(&self) -> &str {
        crate::shape::first_line(self.suffix())
    }

    /// Whether letters stand on both sides of the cursor.
    pub(crate) fn is_inside_word(&self) -> bool {
        self.prefix().ends_with(is_word) && self.suffix().starts_with(is_word)
    }

    /// Whether two people ask the same.
    pub(crate) fn is_at(&self, other: &Self) -> bool {
        self.ask.doc == other.ask.doc
            && self.ask.version == other.ask.version
            && self.cursor == other.cursor
    }

    pub(crate) fn invoked(&self) -> bool {
        self.ask.trigger == Trigger::Invoked
    }

    /// How many alternatives are wanted.
    pub(crate) fn wanted(&self, config: &Config) -> usize {
        let least = if self.invoked() {
            config.invoked_alternatives
        } else {
            1
        };
        self.ask.alternatives.max(least).clamp(1, MOST_ALTERNATIVES)
    }

    /// How many alternatives are asked for. An engine that answers within a keystroke and says how sure it
    /// is gives several to choose from: the surest whole line is not always what saves most.
    pub(crate) fn asked_for(&self, wanted: usize, config: &Config) -> usize {
        if self.is_calibrated() && self.is_instant() {
            wanted.max(config.compared_alternatives)
        } else {
            wanted
        }
    }

    pub(crate) fn is_calibrated(&self) -> bool {
        self.ask
            .engine
            .as_ref()
            .is_some_and(|engine| engine.calibrated)
    }

    pub(crate) fn is_instant(&self) -> bool {
        self.ask
            .engine
            .as_ref()
            .is_some_and(|engine| engine.instant)
    }

    /// What an editor must insert for `shown`, and what that replaces in the document.
    pub(crate) fn insertion(&self, shown: &str, covers: usize) -> (String, Range<usize>) {
        let at = |offset: usize| self.ask.window_start + offset;
        match &self.ask.selected {
            None => (
                shown.to_owned(),
                at(self.ask.cursor)..at(self.ask.cursor + covers),
            ),
            Some(selected) => {
                let text = [selected.text.as_str(), shown].concat();
                (
                    text,
                    at(selected.range.start)..at(selected.range.end + covers),
                )
            }
        }
    }
}
