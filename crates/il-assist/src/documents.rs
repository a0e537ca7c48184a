//! Open documents with what the façade knows about them beyond their text.
//!
//! The store goes by URI, the pipeline by number, engines by path inside the repository; this is where
//! the three meet. Kept behind the one lock that an edit takes, so nothing here may wait or walk a text.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use il_complete::{DocId, Typed};
use il_docs::{Document, DocumentStore};
use il_text::{Edit, Encoding, LineCol, Text};
use rustc_hash::FxHashMap;

use crate::data::{self, DocumentStatus, Opened, Refusal, Surface};

/// All open documents.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    store: DocumentStore,
    known: FxHashMap<Arc<str>, Known>,
    opened: u64,
}

/// What is known about an open document beyond its text.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) doc: DocNumber,
    /// Where it is on disk, if it is.
    pub(crate) path: Option<Arc<Path>>,
}

/// A document's number. Opening it again gives another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DocNumber(u64);

impl DocNumber {
    /// Its name in the pipeline. The surfaces of a document are two documents there, so that an ask for
    /// one never replaces an ask for the other.
    pub(crate) fn on(self, surface: Surface) -> DocId {
        DocId(self.0 * 2 + u64::from(surface == Surface::List))
    }
}

/// What is at hand beside a document, the latest first.
#[derive(Debug)]
pub(crate) struct AtHand {
    pub(crate) tabs: Vec<Arc<Path>>,
    pub(crate) edits: Vec<HandEdit>,
}

/// Lines that were edited lately. `Debug` prints no text.
pub(crate) struct HandEdit {
    pub(crate) path: Arc<Path>,
    /// 0-based.
    pub(crate) line: usize,
    pub(crate) text: Arc<str>,
}

impl fmt::Debug for HandEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HandEdit({}, {} bytes)",
            self.path.display(),
            self.text.len()
        )
    }
}

/// An edit, as far as others have to know.
#[derive(Debug)]
pub(crate) struct Edited {
    pub(crate) doc: DocNumber,
    pub(crate) document: Document,
    pub(crate) edits: Vec<Edit>,
    pub(crate) typed: Typed,
}

impl Documents {
    /// Opens a document; also gives the number of what it replaces.
    pub(crate) fn open(
        &mut self,
        opened: &Opened,
        language: &str,
        text: Text,
        now: Duration,
    ) -> (Document, DocNumber, Option<DocNumber>) {
        self.opened += 1;
        let doc = DocNumber(self.opened);
        let uri = opened.uri.clone();
        self.store
            .open(&uri, version(opened.version), language, text, now);
        let known = Known {
            doc,
            path: opened.path.as_deref().map(Arc::from),
        };
        let replaced = self.known.insert(uri.clone(), known).map(|it| it.doc);
        let document = self.store.get(&uri).expect("it was opened a moment ago");
        (document, doc, replaced)
    }

    pub(crate) fn change(
        &mut self,
        uri: &str,
        version: Option<i64>,
        changes: Vec<data::Change>,
        encoding: Encoding,
        now: Duration,
    ) -> Result<Edited, Refusal> {
        let unknown = || Refusal::UnknownDocument(uri.into());
        let held = self.store.get(uri).ok_or_else(unknown)?;
        let doc = self.known.get(uri).ok_or_else(unknown)?.doc;
        // A version that does not grow is a client's slip. Dropping the edit would be worse: from then
        // on every position would be about another text.
        let next = held.version.saturating_add(1);
        let version = version.map_or(next, |it| self::version(it).max(next));
        let changes: Vec<_> = changes
            .into_iter()
            .map(|it| to_store(it, encoding))
            .collect();
        let changed = self
            .store
            .change(uri, version, &changes, now)
            .map_err(|why| Refusal::BadEdit(why.to_string()))?;
        let typed = typed(&changed.edits);
        Ok(Edited {
            doc,
            document: changed.document,
            edits: changed.edits,
            typed,
        })
    }

    pub(crate) fn close(&mut self, uri: &str) -> Option<DocNumber> {
        // Not being open is no harm: what is wanted is that it is closed.
        let _ = self.store.close(uri);
        self.known.remove(uri).map(|it| it.doc)
    }

    pub(crate) fn save(&mut self, uri: &str, now: Duration) -> Option<Arc<Path>> {
        self.store.save(uri, now).ok()?;
        self.known.get(uri)?.path.clone()
    }

    pub(crate) fn focus(&mut self, uri: &str, now: Duration) {
        if let Err(why) = self.store.touch(uri, now) {
            tracing::debug!(%why, "focus on a document");
        }
    }

    pub(crate) fn get(&self, uri: &str) -> Option<(Document, Known)> {
        Some((self.store.get(uri)?, self.known.get(uri)?.clone()))
    }

    /// What else is at hand to whoever writes in `uri`: the other tabs and the latest edits, with where they are on
    /// disk. What is nowhere on disk is left out.
    pub(crate) fn at_hand(&self, uri: &str) -> AtHand {
        let on_disk = |it: &str| self.known.get(it)?.path.clone();
        let tabs = self.store.tabs().filter(|it| &*it.path != uri);
        let edits = self.store.recent_edits().filter_map(|it| {
            let text = self.store.get(&it.path)?.text;
            Some(HandEdit {
                path: on_disk(&it.path)?,
                line: text
                    .line_col(it.range.start.min(text.len()), Encoding::Utf8)
                    .line,
                text: it.new.clone(),
            })
        });
        let mut edits: Vec<HandEdit> = edits.collect();
        edits.reverse();
        AtHand {
            tabs: tabs.filter_map(|it| on_disk(&it.path)).collect(),
            edits,
        }
    }

    pub(crate) fn status(&self) -> Vec<DocumentStatus> {
        let status = |it: Document| DocumentStatus {
            uri: it.path.clone(),
            language: it.language.clone(),
            version: i64::from(it.version),
            lines: it.text.line_count(),
            bytes: it.text.len(),
        };
        self.store.documents().map(status).collect()
    }
}

/// The store counts in 32 bits, as the protocol does.
fn version(it: i64) -> i32 {
    i32::try_from(it).unwrap_or(if it < 0 { i32::MIN } else { i32::MAX - 1 })
}

fn to_store(change: data::Change, encoding: Encoding) -> il_docs::Change {
    match change.range {
        None => il_docs::Change::All(change.text),
        Some(range) => {
            // An editor that gives the ends the wrong way round still means what is between them.
            let (start, end) = (range.start.min(range.end), range.start.max(range.end));
            let range = place(start)..place(end);
            il_docs::Change::Span {
                range,
                encoding,
                insert: change.text,
            }
        }
    }
}

/// An editor's position as the text's.
pub(crate) fn place(it: data::Position) -> LineCol {
    LineCol {
        line: it.line as usize,
        col: it.character as usize,
    }
}

/// What kind of edit a user made, as far as it matters to the wait.
fn typed(edits: &[Edit]) -> Typed {
    let [edit] = edits else { return Typed::Other };
    let mut inserted = edit.insert.chars();
    match (inserted.next(), inserted.next()) {
        (Some(key), None) if edit.range.is_empty() => Typed::Char(key),
        (Some(_), _) if edit.range.is_empty() => Typed::Insert,
        (None, _) => Typed::Delete,
        _ => Typed::Other,
    }
}
