//! The open documents, and what became of them.

use std::{sync::Arc, time::Duration};

use il_text::Text;
use rustc_hash::FxHashMap;

use crate::{
    Change, ChangeError, Changed, Disk, Document, RecentEdit, Tab, recent::RecentEdits, tabs::Tabs,
};

/// Open buffers, recent edits and tabs. A clone is a snapshot of all three; it copies no text.
///
/// `now` is the time since whatever start the caller chose; it only ever orders and spaces things.
#[derive(Clone, Debug, Default)]
pub struct DocumentStore {
    open: FxHashMap<Arc<str>, Document>,
    edits: RecentEdits,
    tabs: Tabs,
}

/// A document that nobody opened, or that is closed already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not open")]
pub struct NotOpen {
    pub path: String,
}

impl DocumentStore {
    /// A store with nothing open.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a document. What was open at `path` is replaced and given back: an editor that opens twice
    /// means the later text.
    pub fn open(
        &mut self,
        path: &str,
        version: i32,
        language: &str,
        text: Text,
        now: Duration,
    ) -> Option<Document> {
        let document = Document {
            path: path.into(),
            language: language.into(),
            version,
            text,
            dirty: false,
        };
        self.tabs.used(&document.path, &document.language, now);
        self.open.insert(document.path.clone(), document)
    }

    /// Brings a document to `version`. All `changes` are made, or on an error none.
    pub fn change(
        &mut self,
        path: &str,
        version: i32,
        changes: &[Change],
        now: Duration,
    ) -> Result<Changed, ChangeError> {
        let Some(document) = self.open.get_mut(path) else {
            return Err(ChangeError::NotOpen { path: path.into() });
        };
        let steps = resolve(document, version, changes)?;
        let before = document.text.clone();
        let skipped = version.abs_diff(document.version) - 1;
        document.version = version;
        document.dirty |= !steps.is_empty();

        let mut edits = Vec::with_capacity(steps.len());
        for (edit, after) in steps {
            self.edits
                .record(&document.path, &document.text, &after, &edit, now);
            document.text = after;
            edits.push(edit);
        }
        self.tabs.used(&document.path, &document.language, now);
        Ok(Changed {
            before,
            document: document.clone(),
            edits,
            skipped,
        })
    }

    /// The buffer is on disk now.
    pub fn save(&mut self, path: &str, now: Duration) -> Result<(), NotOpen> {
        self.touch(path, now)?;
        if let Some(document) = self.open.get_mut(path) {
            document.dirty = false;
        }
        Ok(())
    }

    /// Someone looks at an open document: it becomes the latest tab.
    pub fn touch(&mut self, path: &str, now: Duration) -> Result<(), NotOpen> {
        let document = self.open.get(path).ok_or_else(|| not_open(path))?;
        self.tabs.used(&document.path, &document.language, now);
        Ok(())
    }

    /// Closes a document and gives back its last state. From here on the disk has the word.
    pub fn close(&mut self, path: &str) -> Result<Document, NotOpen> {
        let document = self.open.remove(path).ok_or_else(|| not_open(path))?;
        self.tabs.closed(path);
        Ok(document)
    }

    /// A snapshot of an open document.
    pub fn get(&self, path: &str) -> Option<Document> {
        self.open.get(path).cloned()
    }

    /// What is at `path`: the open buffer, else what is saved.
    pub fn text(&self, path: &str, disk: &dyn Disk) -> Option<Text> {
        match self.open.get(path) {
            Some(document) => Some(document.text.clone()),
            None => disk.read(path),
        }
    }

    /// Snapshots of all open documents, latest used first.
    pub fn documents(&self) -> impl Iterator<Item = Document> {
        self.tabs.iter().filter_map(|tab| self.get(&tab.path))
    }

    /// Tabs, latest used first: the open ones and some closed ones.
    pub fn tabs(&self) -> impl Iterator<Item = &Tab> {
        self.tabs.iter()
    }

    /// Recent edits of all documents, latest first.
    pub fn recent_edits(&self) -> impl Iterator<Item = &RecentEdit> {
        self.edits.iter().rev()
    }
}

fn not_open(path: &str) -> NotOpen {
    NotOpen {
        path: path.to_owned(),
    }
}

/// `changes` as edits in byte offsets, each with the text that it leaves.
fn resolve(
    document: &Document,
    version: i32,
    changes: &[Change],
) -> Result<Vec<(il_text::Edit, Text)>, ChangeError> {
    if version <= document.version {
        return Err(ChangeError::Stale {
            path: document.path.clone(),
            have: document.version,
            got: version,
        });
    }
    let mut text = document.text.clone();
    let mut steps = Vec::with_capacity(changes.len());
    for change in changes {
        let edit = change.on(&text);
        text = text.apply(&edit).map_err(|why| ChangeError::Misfit {
            path: document.path.clone(),
            version,
            why,
        })?;
        steps.push((edit, text.clone()));
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use il_text::{Edit, Encoding, LineCol};

    use super::*;

    const START: Duration = Duration::ZERO;

    fn store(text: &str) -> DocumentStore {
        let mut store = DocumentStore::new();
        store.open("src/a.py", 3, "python", Text::from(text), START);
        store
    }

    fn refused(version: i32, changes: &[Change]) -> String {
        let mut store = store("ab\n");
        let error = store
            .change("src/a.py", version, changes, START)
            .unwrap_err();
        let document = store.get("src/a.py").unwrap();
        assert_eq!(
            (document.text.contents(), document.version, document.dirty),
            ("ab\n".into(), 3, false)
        );
        assert_eq!(store.recent_edits().count(), 0);
        error.to_string()
    }

    #[test]
    fn a_refused_change_says_why_and_changes_nothing() {
        assert_eq!(
            refused(3, &[Change::All("x".into())]),
            "change to version 3 of `src/a.py` is stale: version 3 is already here"
        );
        let (good, bad) = (Edit::insert(0, "x"), Edit::insert(9, "y"));
        assert_eq!(
            refused(4, &[Change::Edit(good), Change::Edit(bad)]),
            "change to version 4 of `src/a.py` does not fit: \
             edit of bytes 9..9 is past the end: the text has 4 bytes"
        );
        let place = |line, col| LineCol { line, col };
        let backwards = Change::Span {
            range: place(1, 0)..place(0, 1),
            encoding: Encoding::Utf16,
            insert: String::new(),
        };
        assert_eq!(
            refused(4, &[backwards]),
            "change to version 4 of `src/a.py` does not fit: edit of bytes 3..1 ends before it starts"
        );
    }

    #[test]
    fn what_is_not_open_is_named() {
        let mut store = store("");
        let change = store.change("b.py", 1, &[], START).unwrap_err();
        assert_eq!(
            change.to_string(),
            "`b.py` is not open: open it before changing it"
        );
        assert_eq!(
            store.close("b.py").unwrap_err().to_string(),
            "`b.py` is not open"
        );
    }

    #[test]
    fn a_jump_in_versions_is_made_and_reported() {
        let mut store = store("");
        let mut skipped = |version| {
            store
                .change("src/a.py", version, &[], START)
                .unwrap()
                .skipped
        };
        assert_eq!((skipped(4), skipped(7)), (0, 2));
    }

    #[test]
    fn a_snapshot_stays_as_it_was() {
        let mut store = store("ab");
        let (all, one) = (store.clone(), store.get("src/a.py").unwrap());
        let change = [Change::Edit(Edit::insert(1, "x"))];
        store.change("src/a.py", 4, &change, START).unwrap();
        store.close("src/a.py").unwrap();
        assert_eq!(one.text, "ab");
        assert_eq!(all.get("src/a.py"), Some(one));
    }

    #[test]
    fn only_so_many_closed_tabs_are_kept_and_every_open_one() {
        let mut store = store("");
        for number in 0..100 {
            let path = format!("{number}");
            store.open(&path, 1, "plaintext", Text::new(), START);
            if number % 2 == 0 {
                store.close(&path).unwrap();
            }
        }
        let (open, closed): (Vec<_>, Vec<_>) = store.tabs().partition(|tab| tab.is_open);
        assert_eq!((open.len(), closed.len()), (51, 32));
        assert_eq!((&*closed[0].path, &*closed[31].path), ("98", "36"));
    }
}
