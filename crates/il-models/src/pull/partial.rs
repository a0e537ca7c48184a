//! A file that is not whole yet.
//!
//! The one idea: its length says how far it is, and a note beside it which file it is the beginning of. Without the note, or
//! with one of another file, it is the beginning of nothing.
//!
//! Deliberately absent: asking for the rest.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use il_egress::CancelToken;
use serde_json::{Value, json};

use super::Wanted;
use crate::{
    hash::{Hasher, eat_file},
    store::{Store, Unusable, disk},
};

pub(super) struct Partial {
    path: PathBuf,
    store: Store,
    note_path: PathBuf,
    file: File,
    hasher: Hasher,
    have: u64,
    /// Bytes that came over the wire.
    received: u64,
    note: Note,
}

/// What is known of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Note {
    /// Where it comes from.
    origin: String,
    /// What the last answer called this version of it.
    pub(super) tag: Option<String>,
    /// The hash that the hub announced.
    pub(super) sha256: Option<String>,
    pub(super) size: Option<u64>,
}

impl Partial {
    /// Goes on with what is here of the same file.
    pub(super) fn open(
        store: &Store,
        wanted: &Wanted,
        cancel: &CancelToken,
    ) -> Result<Self, Unusable> {
        let path = store.partial_of(&wanted.id);
        let note_path = store.note_of(&wanted.id);
        let origin = format!("{:?}", wanted.origin);
        let note = fs::read_to_string(&note_path).ok();
        let note = note.and_then(|it| Note::of_json(&it));
        let note = note.filter(|it| it.origin == origin);
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&path)
            .map_err(disk("write", &path))?;
        let mut partial = Self {
            path,
            store: store.clone(),
            note_path,
            file,
            hasher: Hasher::default(),
            have: 0,
            received: 0,
            note: Note {
                origin,
                ..Note::default()
            },
        };
        match note {
            None => partial.discard()?,
            Some(note) => {
                let hasher = &mut partial.hasher;
                let eaten = eat_file(hasher, &mut partial.file, cancel, &mut |_| {});
                partial.have = eaten.map_err(disk("read", &partial.path))?;
                partial.note = note;
                if partial.total().is_some_and(|total| partial.have > total) {
                    partial.discard()?;
                }
            }
        }
        Ok(partial)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn have(&self) -> u64 {
        self.have
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    pub(super) fn total(&self) -> Option<u64> {
        self.note.size
    }

    pub(super) fn is_whole(&self) -> bool {
        self.have > 0 && self.note.size == Some(self.have)
    }

    pub(super) fn note(&self) -> &Note {
        &self.note
    }

    /// The hash that the hub announced.
    pub(super) fn announced(&self) -> Option<&String> {
        self.note.sha256.as_ref()
    }

    /// Of what is here.
    pub(super) fn hash(&self) -> String {
        self.hasher.clone().hex()
    }

    /// Begins at nothing again.
    pub(super) fn discard(&mut self) -> Result<(), Unusable> {
        self.file.set_len(0).map_err(disk("write", &self.path))?;
        self.hasher = Hasher::default();
        self.have = 0;
        self.note = Note {
            origin: std::mem::take(&mut self.note.origin),
            ..Note::default()
        };
        Ok(())
    }

    /// Writes down what an answer says of the whole, before the first byte of it.
    pub(super) fn learn(
        &mut self,
        tag: Option<String>,
        sha256: Option<String>,
        size: Option<u64>,
    ) -> Result<(), Unusable> {
        let note = Note {
            origin: self.note.origin.clone(),
            tag,
            sha256: sha256.or_else(|| self.note.sha256.clone()),
            size: size.or(self.note.size),
        };
        if note != self.note {
            self.store.write(&self.note_path, &note.to_json())?;
            self.note = note;
        }
        Ok(())
    }

    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), Unusable> {
        self.file
            .write_all(piece)
            .map_err(disk("write", &self.path))?;
        self.hasher.eat(piece);
        self.have += piece.len() as u64;
        self.received += piece.len() as u64;
        Ok(())
    }

    /// Removes what is left of it. That it cannot be removed is no matter: the next download writes over it.
    pub(super) fn remove(&self) {
        for path in [&self.path, &self.note_path] {
            let removed: io::Result<()> = fs::remove_file(path);
            drop(removed);
        }
    }
}

impl Note {
    fn to_json(&self) -> String {
        let note = json!({
            "version": 1,
            "origin": self.origin,
            "tag": self.tag,
            "sha256": self.sha256,
            "size": self.size,
        });
        note.to_string()
    }

    fn of_json(text: &str) -> Option<Self> {
        let note: Value = serde_json::from_str(text).ok()?;
        let text = |key: &str| note.get(key).and_then(Value::as_str).map(str::to_owned);
        let known = note.get("version").and_then(Value::as_u64) == Some(1);
        known.then_some(())?;
        Some(Self {
            origin: text("origin")?,
            tag: text("tag"),
            sha256: text("sha256"),
            size: note.get("size").and_then(Value::as_u64),
        })
    }
}
