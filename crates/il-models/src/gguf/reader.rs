//! Numbers, texts and lists as GGUF writes them.
//!
//! The one idea: what is left of the file is counted down, and nothing longer than that is believed.
//!
//! Deliberately absent: keeping lists. They are walked over; of the vocabulary the tokens that look like markers are kept.

use std::{
    collections::BTreeSet,
    io::{self, BufRead},
};

use super::Strange;

/// What a key has; lists of anything but tokens have nothing.
#[derive(Debug)]
pub(super) enum Value {
    Number(u64),
    Text(String),
    Tokens {
        count: u64,
        markers: BTreeSet<String>,
    },
    Other,
}

/// A longer text is skipped and not kept: a chat template is no fact.
const KEPT_TEXT: u64 = 4096;
/// A marker is no longer than this.
const MARKER: usize = 64;
/// A vocabulary has no more of them.
const MARKERS: usize = 1 << 16;

pub(super) struct Reader<R> {
    source: R,
    size: u64,
    at: u64,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(source: R, size: u64) -> Self {
        Self {
            source,
            size,
            at: 0,
        }
    }

    /// How many bytes have been read.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Strange> {
        let mut bytes = [0; N];
        self.exactly(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Strange> {
        self.bytes().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Strange> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// A text that is kept, of `most` bytes.
    pub(super) fn text(&mut self, most: u64) -> Result<String, Strange> {
        let length = self.u64()?;
        self.believe(length, 1)?;
        if length > most {
            return Err(Strange::Nonsense("a name is longer than any name"));
        }
        self.text_of(length)
    }

    /// A value of a kind; of a vocabulary, the markers are kept.
    pub(super) fn value(&mut self, kind: u32, vocabulary: bool) -> Result<Value, Strange> {
        Ok(match kind {
            0 | 1 | 7 => Value::Number(self.bytes::<1>()?[0].into()),
            2 | 3 => Value::Number(u16::from_le_bytes(self.bytes()?).into()),
            4 | 5 => Value::Number(self.u32()?.into()),
            10 | 11 => Value::Number(self.u64()?),
            6 | 12 => {
                self.skip(if kind == 6 { 4 } else { 8 })?;
                Value::Other
            }
            8 => {
                let length = self.u64()?;
                self.believe(length, 1)?;
                if length <= KEPT_TEXT {
                    Value::Text(self.text_of(length)?)
                } else {
                    self.skip(length)?;
                    Value::Other
                }
            }
            9 => self.list(vocabulary, 0)?,
            _ => return Err(Strange::Nonsense("a value is of no known kind")),
        })
    }

    fn list(&mut self, vocabulary: bool, depth: u32) -> Result<Value, Strange> {
        if depth > 3 {
            return Err(Strange::Nonsense("its lists are nested too deep"));
        }
        let kind = self.u32()?;
        let count = self.u64()?;
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => {
                self.believe(count, 8)?;
                return self.texts(count, vocabulary);
            }
            9 => {
                self.believe(count, 12)?;
                for _ in 0..count {
                    self.list(false, depth + 1)?;
                }
                return Ok(Value::Other);
            }
            _ => return Err(Strange::Nonsense("a list is of no known kind")),
        };
        self.believe(count, width)?;
        self.skip(count * width)?;
        Ok(Value::Other)
    }

    fn texts(&mut self, count: u64, vocabulary: bool) -> Result<Value, Strange> {
        let mut markers = BTreeSet::new();
        for _ in 0..count {
            let length = self.u64()?;
            self.believe(length, 1)?;
            if !vocabulary || length > MARKER as u64 {
                self.skip(length)?;
                continue;
            }
            let token = self.text_of(length)?;
            if looks_like_a_marker(&token) && markers.len() < MARKERS {
                markers.insert(token);
            }
        }
        Ok(if vocabulary {
            Value::Tokens { count, markers }
        } else {
            Value::Other
        })
    }

    /// Whether `count` things of `width` bytes can still be there.
    pub(super) fn believe(&self, count: u64, width: u64) -> Result<(), Strange> {
        match count.checked_mul(width) {
            Some(bytes) if bytes <= self.size.saturating_sub(self.at) => Ok(()),
            _ => Err(Strange::TooShort(self.size)),
        }
    }

    fn text_of(&mut self, length: u64) -> Result<String, Strange> {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.exactly(&mut bytes)?;
        // A vocabulary has tokens that are half a character; none of them is a marker.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn exactly(&mut self, bytes: &mut [u8]) -> Result<(), Strange> {
        self.believe(bytes.len() as u64, 1)?;
        self.source
            .read_exact(bytes)
            .map_err(|error| self.ends(error))?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Strange> {
        self.believe(bytes, 1)?;
        let skipped = io::copy(
            &mut io::Read::take(&mut self.source, bytes),
            &mut io::sink(),
        )?;
        self.at += skipped;
        if skipped < bytes {
            return Err(Strange::TooShort(self.at));
        }
        Ok(())
    }

    fn ends(&self, error: io::Error) -> Strange {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Strange::TooShort(self.at),
            _ => Strange::Disk(error),
        }
    }
}

/// `<|fim_prefix|>`, `[SUFFIX]`, `▁<PRE>`, `<｜fim▁begin｜>`.
fn looks_like_a_marker(token: &str) -> bool {
    let begins = |it: &str| it.starts_with(['<', '[', '{', '#', '|']);
    token.chars().count() > 2 && (begins(token) || token.strip_prefix('▁').is_some_and(begins))
}
