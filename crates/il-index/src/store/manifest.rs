//! The manifest: which files make the index, which of their entries count, and what was refused.
//!
//! The one idea: whatever a file says of itself is checked against what the manifest says of it, and the
//! manifest against its own sum, so damage shows before anything is believed.
//!
//! Layout: magic, version, length and sum of what follows; the repository; the next free number; segments;
//! refused files. Numbers are little-endian. Another version or repository reads as no manifest.
//!
//! Deliberately absent: the bytes of segments and vectors.

use std::{collections::BTreeMap, hash::Hasher as _};

use super::Damage;
use crate::analysis::Stamp;

const MAGIC: &[u8; 8] = b"ILINDEX\n";
/// Grows with every change of any layout, of the analysis or of what hashes mean.
const VERSION: u32 = 1;

/// All that is saved, but for the bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// No file has this number or a greater one.
    pub(crate) next: u64,
    pub(crate) segments: Vec<SegmentRecord>,
    /// Files that were read and not indexed.
    pub(crate) refused: BTreeMap<String, Stamp>,
}

/// A segment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentRecord {
    pub(crate) id: u64,
    pub(crate) blob: Blob,
    /// Entries that are replaced or removed, rising.
    pub(crate) dead: Vec<u32>,
    /// The file with its vectors, by number.
    pub(crate) vectors: Option<(u64, Blob)>,
}

impl SegmentRecord {
    pub(crate) fn name(&self) -> String {
        segment_name(self.id)
    }

    pub(crate) fn vectors_name(&self) -> Option<String> {
        self.vectors
            .map(|(number, _)| vectors_name(self.id, number))
    }
}

pub(crate) fn segment_name(id: u64) -> String {
    format!("{id}.seg")
}

pub(crate) fn vectors_name(segment: u64, number: u64) -> String {
    format!("{segment}.{number}.vec")
}

/// What a file must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) bytes: u64,
    pub(crate) sum: u64,
}

impl Blob {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.len() as u64,
            sum: sum(bytes),
        }
    }

    pub(crate) fn check(self, bytes: &[u8]) -> Result<(), Damage> {
        if (bytes.len() as u64) < self.bytes {
            return Err(Damage::Short);
        }
        if Self::of(bytes) != self {
            return Err(Damage::Sum);
        }
        Ok(())
    }
}

fn sum(bytes: &[u8]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

impl Manifest {
    /// The files that it names.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        let segments = self.segments.iter();
        segments.flat_map(|record| {
            [Some(record.name()), record.vectors_name()]
                .into_iter()
                .flatten()
        })
    }

    pub(super) fn to_bytes(&self, identity: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        put_bytes(&mut body, identity);
        put(&mut body, self.next);
        put(&mut body, self.segments.len() as u64);
        for record in &self.segments {
            put(&mut body, record.id);
            put_blob(&mut body, record.blob);
            put(&mut body, record.dead.len() as u64);
            body.extend(record.dead.iter().flat_map(|file| file.to_le_bytes()));
            let (number, blob) = record.vectors.unwrap_or((0, Blob { bytes: 0, sum: 0 }));
            put(&mut body, number);
            put_blob(&mut body, blob);
        }
        put(&mut body, self.refused.len() as u64);
        for (path, stamp) in &self.refused {
            put_bytes(&mut body, path.as_bytes());
            put(&mut body, stamp.size);
            put(&mut body, stamp.mtime_ns.cast_unsigned());
        }
        let mut out = Vec::with_capacity(body.len() + 32);
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        put_blob(&mut out, Blob::of(&body));
        out.extend(body);
        out
    }

    /// Nothing when it is of another version or of another repository.
    pub(super) fn from_bytes(bytes: &[u8], identity: &[u8]) -> Result<Option<Self>, Damage> {
        let mut rest = Bytes(bytes);
        if rest.take(MAGIC.len() as u64)? != MAGIC {
            return Err(Damage::NotAnIndex);
        }
        if rest.array().map(u32::from_le_bytes)? != VERSION {
            return Ok(None);
        }
        rest.blob()?.check(rest.0)?;
        if rest.bytes()? != identity {
            return Ok(None);
        }
        let mut manifest = Self {
            next: rest.u64()?,
            ..Self::default()
        };
        for _ in 0..rest.u64()? {
            manifest.segments.push(rest.segment()?);
        }
        for _ in 0..rest.u64()? {
            let path = str::from_utf8(rest.bytes()?).map_err(|_| Damage::Nonsense)?;
            let stamp = Stamp {
                size: rest.u64()?,
                mtime_ns: rest.u64()?.cast_signed(),
            };
            manifest.refused.insert(path.to_owned(), stamp);
        }
        Ok(Some(manifest))
    }
}

fn put(out: &mut Vec<u8>, number: u64) {
    out.extend(number.to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend(bytes);
}

fn put_blob(out: &mut Vec<u8>, blob: Blob) {
    put(out, blob.bytes);
    put(out, blob.sum);
}

/// Takes what was put off the front of a slice.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], Damage> {
        let at = usize::try_from(length).ok();
        let split = at.and_then(|at| self.0.split_at_checked(at));
        let (taken, rest) = split.ok_or(Damage::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let taken = self.take(N as u64)?;
        Ok(taken.try_into().expect("`take` gives what was asked for"))
    }

    fn u64(&mut self) -> Result<u64, Damage> {
        self.array().map(u64::from_le_bytes)
    }

    fn bytes(&mut self) -> Result<&'a [u8], Damage> {
        let length = self.u64()?;
        self.take(length)
    }

    fn blob(&mut self) -> Result<Blob, Damage> {
        Ok(Blob {
            bytes: self.u64()?,
            sum: self.u64()?,
        })
    }

    fn segment(&mut self) -> Result<SegmentRecord, Damage> {
        let (id, blob) = (self.u64()?, self.blob()?);
        let dead = self.u64()?.checked_mul(4).ok_or(Damage::Nonsense)?;
        let dead = self.take(dead)?.as_chunks().0;
        let dead = dead.iter().map(|&it| u32::from_le_bytes(it)).collect();
        let (number, vectors) = (self.u64()?, self.blob()?);
        Ok(SegmentRecord {
            id,
            blob,
            dead,
            vectors: (number != 0).then_some((number, vectors)),
        })
    }
}
