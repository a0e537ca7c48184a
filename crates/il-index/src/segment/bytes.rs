//! A segment's tables as bytes, and back.
//!
//! The one idea: every table is its length and its numbers as they are in memory, each at a multiple of eight
//! bytes. Reading checks that all numbers point where something is, so that nothing later can miss; whether
//! the bytes are those that were written is the store's to check.

use bytemuck::Pod;

use super::{ChunkRow, FileRow, NONE, Postings, Segment, Str, SymbolRow};

/// Changes with every table.
const MAGIC: &[u8; 8] = b"ILSEG003";
/// Another byte order is another format.
const ORDER: u64 = 0x0102_0304_0506_0708;

/// Bytes that are no segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Damaged(pub(crate) &'static str);

pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn new() -> Self {
        let mut writer = Self { bytes: Vec::new() };
        writer.bytes.extend_from_slice(MAGIC);
        writer.slice(&[ORDER]);
        writer
    }

    pub(super) fn slice<T: Pod>(&mut self, items: &[T]) {
        self.bytes
            .extend_from_slice(&(items.len() as u64).to_ne_bytes());
        self.bytes.extend_from_slice(bytemuck::cast_slice(items));
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.slice(text.as_bytes());
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.bytes
    }
}

pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or(Damaged("it is no segment of this version"))?;
        let mut reader = Self { rest };
        match reader.array::<u64>()?[..] {
            [ORDER] => Ok(reader),
            _ => Err(Damaged("it comes from another kind of machine")),
        }
    }

    pub(super) fn array<T: Pod>(&mut self) -> Result<Vec<T>, Damaged> {
        let short = Damaged("it ends too early");
        let (length, rest) = self.rest.split_at_checked(8).ok_or(short)?;
        let length = u64::from_ne_bytes(length.try_into().expect("eight bytes"));
        let bytes = usize::try_from(length)
            .ok()
            .and_then(|it| it.checked_mul(size_of::<T>()))
            .ok_or(short)?;
        let padded = bytes.checked_next_multiple_of(8).ok_or(short)?;
        let (items, rest) = rest.split_at_checked(padded).ok_or(short)?;
        self.rest = rest;
        Ok(bytemuck::pod_collect_to_vec(&items[..bytes]))
    }

    pub(super) fn text(&mut self) -> Result<String, Damaged> {
        String::from_utf8(self.array()?).map_err(|_| Damaged("its text is not UTF-8"))
    }
}

impl Segment {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.text(&self.strings);
        out.slice(&self.bodies);
        out.slice(&self.files);
        out.slice(&self.by_path);
        out.slice(&self.chunks);
        out.slice(&self.symbols);
        out.slice(&self.by_name);
        out.slice(&self.follows);
        for postings in [&self.words, &self.terms, &self.name_terms] {
            out.slice(&postings.words);
            out.slice(&postings.frequency);
            out.slice(&postings.offsets);
            out.slice(&postings.bytes);
        }
        out.done()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut from = Reader::new(bytes)?;
        let mut segment = Self {
            strings: from.text()?,
            bodies: from.array()?,
            files: from.array()?,
            by_path: from.array()?,
            chunks: from.array()?,
            symbols: from.array()?,
            by_name: from.array()?,
            name_hashes: Vec::new(),
            follows: from.array()?,
            words: postings(&mut from)?,
            terms: postings(&mut from)?,
            name_terms: postings(&mut from)?,
        };
        if !segment.fits() {
            return Err(Damaged("its tables do not fit"));
        }
        segment.hash_names();
        Ok(segment)
    }

    /// Whether every number points where something is.
    fn fits(&self) -> bool {
        let within = |n: u32, count: usize| (n as usize) < count;
        let range =
            |range: [u32; 2], count: usize| range[0] <= range[1] && range[1] as usize <= count;
        let text = |it: Str| {
            let (start, end) = (it.start as usize, it.start as usize + it.len as usize);
            self.strings.get(start..end).is_some()
        };
        let file = |it: &FileRow| {
            range(it.chunks, self.chunks.len())
                && range(it.symbols, self.symbols.len())
                && text(it.path)
                && text(it.language)
                && text(it.imports)
        };
        let chunk = |it: &ChunkRow| within(it.file, self.files.len()) && text(it.symbol_path);
        let symbol = |it: &SymbolRow| {
            within(it.file, self.files.len())
                && (it.container == NONE || within(it.container, self.symbols.len()))
                && [it.spelling, it.owner, it.signature, it.doc]
                    .into_iter()
                    .all(text)
        };
        self.files.iter().all(file)
            && self.chunks.iter().all(chunk)
            && self.symbols.iter().all(symbol)
            && self.by_path.len() == self.files.len()
            && self.by_path.iter().all(|&it| within(it, self.files.len()))
            && self.by_name.len() == self.symbols.len()
            && self
                .by_name
                .iter()
                .all(|&it| within(it, self.symbols.len()))
            && self.words.fits(self.chunks.len())
            && self.terms.fits(self.chunks.len())
            && self.name_terms.fits(self.symbols.len())
    }
}

impl Postings {
    fn fits(&self, chunks: usize) -> bool {
        let words = self.words.len();
        self.frequency.len() == words
            && self.offsets.len() == words + 1
            && self.offsets.is_sorted()
            && self
                .offsets
                .last()
                .is_some_and(|&it| it as usize <= self.bytes.len())
            && self.words.iter().all(|&it| {
                self.of(il_retrieval::terms::Word(it))
                    .all(|it| (it.chunk as usize) < chunks)
            })
    }
}

fn postings(from: &mut Reader<'_>) -> Result<Postings, Damaged> {
    Ok(Postings {
        words: from.array()?,
        frequency: from.array()?,
        offsets: from.array()?,
        bytes: from.array()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Analyst, SourceFile, Stamp};

    fn segment() -> Segment {
        let file = |path: &str, text: &str| {
            Analyst::new().analyse(SourceFile {
                path: path.into(),
                stamp: Stamp {
                    size: 3,
                    mtime_ns: -4,
                },
                text: text.into(),
            })
        };
        let b = file(
            "src/b.py",
            "class A:\n    \"\"\"Doc.\"\"\"\n    def f(self):\n        self.x = 1\n",
        );
        let a = file("a.rs", "/// Says hello.\nfn hello() { world(1) }\n");
        Segment::build(vec![b, a])
    }

    #[test]
    fn a_segment_comes_back_as_it_went_out() {
        let built = segment();
        let bytes = built.to_bytes();
        let read = Segment::from_bytes(&bytes).expect("what was written");
        assert_eq!(read.to_bytes(), bytes);
        let file = read.find("src/b.py").expect("it is there");
        assert!(read.text(file).starts_with("class A:"));
        let names: Vec<&str> = read.symbols().iter().map(|it| read.spelling(it)).collect();
        assert_eq!(names, ["hello", "A", "f", "x"]);
    }

    #[test]
    fn no_damage_makes_it_panic() {
        let bytes = segment().to_bytes();
        for cut in 0..bytes.len() {
            assert!(Segment::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x55;
            if let Ok(read) = Segment::from_bytes(&bytes) {
                for (file, _, _) in read.files() {
                    read.text(file);
                }
            }
        }
    }
}
