//! Words to numbers and back.
//!
//! A vocabulary is a layer: it owns a run of consecutive ids and knows nothing of the layers below.
//! The repository's base is one layer, the files changed since are a second, the buffer being edited a
//! third; each is immutable once published, so readers share them without locks.
//!
//! Deliberately absent: frequencies, and removal. A word once interned keeps its id for the layer's life.

use std::hash::Hasher as _;
use std::sync::Arc;

use rustc_hash::{FxHashSet, FxHasher};

/// A token id. Small ids have fixed meanings; words start at [`FIRST_WORD`].
pub(crate) type Id = u32;

/// Start of a file.
pub(crate) const BOS: Id = 0;
/// First of the newline tokens, which carry the change of indentation and whether blank lines follow.
pub(crate) const NEWLINE: Id = 1;
pub(crate) const NEWLINES: u32 = 20;
/// First of the abstract identifiers: how recently this name was used, most recent first.
pub(crate) const RANK: Id = 21;
/// How many recent names an abstract identifier can refer to.
pub(crate) const RANKS: usize = 10;
/// An abstract identifier that was not among the recent names.
pub(crate) const NEW_NAME: Id = RANK + RANKS as u32;
pub(crate) const FIRST_WORD: Id = 32;

pub(crate) fn is_newline(id: Id) -> bool {
    (NEWLINE..NEWLINE + NEWLINES).contains(&id)
}

/// What a token is, as far as structure goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    RoundOpen = 1,
    SquareOpen = 2,
    CurlyOpen = 3,
    RoundClose = 4,
    SquareClose = 5,
    CurlyClose = 6,
    Comma = 7,
    Member = 8,
    Quote = 9,
    Operator = 10,
    /// A name, abstracted away in the abstract order.
    Name = 11,
    /// A keyword or a word as common as one.
    Literal = 12,
    Newline = 13,
    Semicolon = 14,
    Colon = 15,
}

impl Kind {
    pub(crate) fn is_open(self) -> bool {
        (self as u8) <= 3
    }

    pub(crate) fn is_close(self) -> bool {
        (4..=6).contains(&(self as u8))
    }

    pub(crate) fn is_word(self) -> bool {
        matches!(self, Self::Name | Self::Literal)
    }

    /// Whether `self` opens what `close` closes.
    pub(crate) fn opens(self, close: Self) -> bool {
        self.is_open() && self as u8 + 3 == close as u8
    }

    fn of(text: &str, word: bool, literals: &Literals) -> Self {
        if word {
            return if literals.contains(text) {
                Self::Literal
            } else {
                Self::Name
            };
        }
        match text {
            "(" => Self::RoundOpen,
            "[" | "#[" | "#![" => Self::SquareOpen,
            "{" | "${" | "#{" => Self::CurlyOpen,
            ")" => Self::RoundClose,
            "]" => Self::SquareClose,
            "}" => Self::CurlyClose,
            "," => Self::Comma,
            "." | "?." | "::" => Self::Member,
            "\"" | "'" | "`" | "\"\"\"" | "'''" => Self::Quote,
            ";" => Self::Semicolon,
            ":" => Self::Colon,
            _ => Self::Operator,
        }
    }
}

/// The words of a language family that count as part of its syntax.
#[derive(Clone, Debug, Default)]
pub(crate) struct Literals(FxHashSet<Box<str>>);

impl Literals {
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }

    pub(crate) fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}

/// One layer of words.
#[derive(Clone, Debug)]
pub(crate) struct Vocabulary {
    first: Id,
    text: String,
    /// End of each word in `text`.
    ends: Vec<u32>,
    kinds: Vec<Kind>,
    /// Open addressing: index + 1 of a word, 0 when empty; a power of two.
    table: Vec<u32>,
    literals: Arc<Literals>,
}

impl Vocabulary {
    pub(crate) fn new(first: Id, literals: Arc<Literals>) -> Self {
        Self {
            first,
            text: String::new(),
            ends: Vec::new(),
            kinds: Vec::new(),
            table: vec![0; 64],
            literals,
        }
    }

    /// Rebuilds a layer from its saved parts; `None` when they do not fit together.
    pub(crate) fn from_parts(
        first: Id,
        text: String,
        ends: Vec<u32>,
        words: &[u8],
        literals: Arc<Literals>,
    ) -> Option<Self> {
        let mut layer = Self::new(first, literals);
        if ends.len() != words.len() || ends.last().copied().unwrap_or(0) as usize != text.len() {
            return None;
        }
        layer.table = vec![0; (ends.len() * 2).next_power_of_two().max(64)];
        let mut start = 0;
        for (i, (&end, &word)) in ends.iter().zip(words).enumerate() {
            let word_text = text.get(start..end as usize)?;
            layer
                .kinds
                .push(Kind::of(word_text, word != 0, &layer.literals));
            let mut slot = hash(word_text) as usize & (layer.table.len() - 1);
            while layer.table[slot] != 0 {
                slot = (slot + 1) & (layer.table.len() - 1);
            }
            layer.table[slot] = i as u32 + 1;
            start = end as usize;
        }
        layer.text = text;
        layer.ends = ends;
        Some(layer)
    }

    /// The id after the last.
    pub(crate) fn end(&self) -> Id {
        self.first + self.ends.len() as u32
    }

    pub(crate) fn first(&self) -> Id {
        self.first
    }

    pub(crate) fn text(&self, id: Id) -> &str {
        let i = (id - self.first) as usize;
        let start = if i == 0 { 0 } else { self.ends[i - 1] as usize };
        &self.text[start..self.ends[i] as usize]
    }

    pub(crate) fn kind(&self, id: Id) -> Kind {
        self.kinds[(id - self.first) as usize]
    }

    /// The parts to save: text, ends, and one byte a word that is not 0 for words.
    pub(crate) fn parts(&self) -> (&str, &[u32], Vec<u8>) {
        (
            &self.text,
            &self.ends,
            self.kinds.iter().map(|k| u8::from(k.is_word())).collect(),
        )
    }

    pub(crate) fn get(&self, word: &str) -> Option<Id> {
        self.find(word, hash(word)).ok()
    }

    pub(crate) fn intern(&mut self, word: &str, is_word: bool) -> Id {
        let slot = match self.find(word, hash(word)) {
            Ok(id) => return id,
            Err(slot) => slot,
        };
        self.text.push_str(word);
        self.ends.push(self.text.len() as u32);
        self.kinds.push(Kind::of(word, is_word, &self.literals));
        self.table[slot] = self.ends.len() as u32;
        if self.ends.len() * 2 > self.table.len() {
            self.grow();
        }
        self.end() - 1
    }

    fn find(&self, word: &str, hash: u64) -> Result<Id, usize> {
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.table[slot] {
                0 => return Err(slot),
                n if self.text(self.first + n - 1) == word => return Ok(self.first + n - 1),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    fn grow(&mut self) {
        let size = self.table.len() * 4;
        let mut table = vec![0; size];
        for i in 0..self.ends.len() as u32 {
            let mut slot = hash(self.text(self.first + i)) as usize & (size - 1);
            while table[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            table[slot] = i + 1;
        }
        self.table = table;
    }

    pub(crate) fn literals(&self) -> &Arc<Literals> {
        &self.literals
    }

    pub(crate) fn memory(&self) -> usize {
        self.text.capacity()
            + self.ends.capacity() * 4
            + self.kinds.capacity()
            + self.table.capacity() * 4
    }
}

fn hash(word: &str) -> u64 {
    let mut h = FxHasher::default();
    h.write(word.as_bytes());
    let h = h.finish();
    h ^ (h >> 29)
}

/// The layers that one request sees, lowest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'a> {
    pub(crate) base: &'a Vocabulary,
    pub(crate) overlay: &'a Vocabulary,
    pub(crate) local: &'a Vocabulary,
}

impl Words<'_> {
    fn layer(&self, id: Id) -> &Vocabulary {
        if id < self.overlay.first {
            self.base
        } else if id < self.local.first {
            self.overlay
        } else {
            self.local
        }
    }

    #[cfg(feature = "lab")]
    pub(crate) fn find(&self, text: &str) -> Option<Id> {
        self.base
            .get(text)
            .or_else(|| self.overlay.get(text))
            .or_else(|| self.local.get(text))
    }

    pub(crate) fn text(&self, id: Id) -> &str {
        if id < FIRST_WORD {
            ""
        } else {
            self.layer(id).text(id)
        }
    }

    pub(crate) fn kind(&self, id: Id) -> Kind {
        match id {
            id if is_newline(id) => Kind::Newline,
            id if id < FIRST_WORD => Kind::Operator,
            id => self.layer(id).kind(id),
        }
    }
}
