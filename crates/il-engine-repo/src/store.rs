//! What was learnt, as bytes: written once, read back in bulk.
//!
//! Saved are the words, the tokens, the lines and the two sorted orders, which are what takes time to
//! make; the rest is filled in again while loading. Numbers are in the machine's own order: a file from
//! another kind of machine, of another version or with a wrong sum is refused, and the caller learns anew.
//!
//! Layout: `ILREPO\n\0`, version, check sum of all that follows; the number of families; for each its
//! name, two layers of words and two segments, every array with its length first.
//!
//! Deliberately absent: a mapping of the file into memory, and reading old versions.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::context::ContextIndex;
use crate::family::{Family, Live};
use crate::literals::{literals, sum_of_literals};
use crate::model::{Options, RepoModel, kind_in};
use crate::segment::{FileEntry, Segment};
use crate::sheet::Line;
use crate::vocabulary::{FIRST_WORD, Id, Vocabulary};

const MAGIC: &[u8; 8] = b"ILREPO\n\0";
/// Grows with every change of the layout, of the lexer or of what ids mean.
const VERSION: u32 = 1;

/// Why saved bytes cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the model file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Not a failure: the caller learns anew.
    #[error("the model file is of another version")]
    Foreign,
    #[error("the model file is damaged: {0}")]
    Damaged(&'static str),
}

impl RepoModel {
    /// Writes what was learnt to a file, all or nothing.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}.tmp", std::process::id()));
        let written = fs::File::create(&temporary).and_then(|mut file| {
            file.write_all(&self.to_bytes())?;
            file.sync_all()
        });
        let done = written.and_then(|()| fs::rename(&temporary, path));
        if done.is_err() {
            // The first error is the one to tell.
            let _ = fs::remove_file(&temporary);
        }
        done
    }

    /// Reads a file that [`RepoModel::save`] wrote.
    pub fn load(path: &Path, options: Options) -> Result<Self, StoreError> {
        Self::from_bytes(&fs::read(path)?, options)
    }

    /// What was learnt, as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let snapshot = self.snapshot();
        let mut out = Writer(Vec::new());
        out.0.extend_from_slice(MAGIC);
        out.number(VERSION);
        let sum_at = out.0.len();
        out.0.extend_from_slice(&[0; 8]);
        out.0.extend_from_slice(&sum_of_literals().to_ne_bytes());
        let mut names: Vec<_> = snapshot.families.keys().collect();
        names.sort();
        out.number(names.len() as u32);
        for name in names {
            let family = &snapshot.families[name];
            out.bytes(name.as_bytes());
            out.words(&family.words);
            out.words(&family.overlay_words);
            out.segment(&family.base);
            out.segment(&family.overlay);
        }
        let sum = check_sum(&out.0[sum_at + 8..]);
        out.0[sum_at..sum_at + 8].copy_from_slice(&sum.to_ne_bytes());
        out.0
    }

    /// A model from bytes that [`RepoModel::to_bytes`] gave.
    pub fn from_bytes(bytes: &[u8], options: Options) -> Result<Self, StoreError> {
        let mut reader = Reader(bytes);
        if reader.take(MAGIC.len())? != MAGIC || reader.number()? != VERSION {
            return Err(StoreError::Foreign);
        }
        let sum = reader.long()?;
        if sum != check_sum(reader.0) {
            return Err(StoreError::Damaged("its check sum is wrong"));
        }
        if reader.long()? != sum_of_literals() {
            return Err(StoreError::Foreign);
        }
        let mut families = FxHashMap::default();
        for _ in 0..reader.number()? {
            let name = reader.text()?;
            let literals = literals(name);
            let words = reader.words(FIRST_WORD, &literals)?;
            let overlay_words = reader.words(words.end(), &literals)?;
            let (base_end, end) = (words.end(), overlay_words.end());
            let kind = |id: Id| {
                if id < base_end {
                    kind_in(&words, id)
                } else {
                    overlay_words.kind(id)
                }
            };
            let (base, dead) = reader.segment(base_end, &kind)?;
            let (overlay, overlay_dead) = reader.segment(end, &kind)?;
            let mut family = Family::with_base(Arc::new(words), Arc::new(base));
            family.overlay_words = Arc::new(overlay_words);
            family.base.set_dead(dead);
            family.overlay = Live::new(Arc::new(overlay));
            family.overlay.set_dead(overlay_dead);
            family.count();
            families.insert(Box::from(name), Arc::new(family));
        }
        if !reader.0.is_empty() {
            return Err(StoreError::Damaged("it is longer than it should be"));
        }
        let model = Self::new(options);
        model.publish(families);
        Ok(model)
    }
}

/// A sum that any changed, missing or moved bytes change.
fn check_sum(bytes: &[u8]) -> u64 {
    let mut lanes = [0x9E37_79B9_7F4A_7C15u64, 1, 2, 3];
    let (words, rest) = bytes.as_chunks::<32>();
    for word in words {
        for (lane, part) in lanes.iter_mut().zip(word.as_chunks::<8>().0) {
            *lane = (*lane ^ u64::from_le_bytes(*part))
                .wrapping_mul(0xD6E8_FEB8_6659_FD93)
                .rotate_left(29);
        }
    }
    let tail = rest.iter().fold(bytes.len() as u64, |h, &b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    lanes.iter().fold(tail, |h, &l| {
        (h ^ l).wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(31)
    })
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, n: u32) {
        self.0.extend_from_slice(&n.to_ne_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u32);
        self.0.extend_from_slice(bytes);
    }

    fn numbers(&mut self, numbers: &[u32]) {
        self.number(numbers.len() as u32);
        self.0.extend_from_slice(bytemuck::cast_slice(numbers));
    }

    fn words(&mut self, words: &Vocabulary) {
        let (text, ends, kinds) = words.parts();
        self.bytes(text.as_bytes());
        self.numbers(ends);
        self.bytes(&kinds);
    }

    fn segment(&mut self, live: &Live) {
        let segment = &live.segment;
        self.number(segment.files.len() as u32);
        for (i, file) in segment.files.iter().enumerate() {
            self.bytes(file.path.as_bytes());
            self.number(file.first_token);
            self.number(file.first_line);
            self.0.extend_from_slice(&file.hash.to_ne_bytes());
            self.number(u32::from(!live.is_live(i as u32)));
        }
        self.numbers(&segment.tokens);
        self.bytes(&segment.space);
        self.numbers(bytemuck::cast_slice(&segment.lines));
        for index in [&segment.exact, &segment.abstracted] {
            self.numbers(&index.order);
            self.numbers(&index.bucket);
        }
    }
}

const SHORT: StoreError = StoreError::Damaged("it ends too early");

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], StoreError> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, StoreError> {
        let taken = self.take(4)?;
        Ok(u32::from_ne_bytes(taken.try_into().map_err(|_| SHORT)?))
    }

    fn long(&mut self) -> Result<u64, StoreError> {
        let taken = self.take(8)?;
        Ok(u64::from_ne_bytes(taken.try_into().map_err(|_| SHORT)?))
    }

    fn bytes(&mut self) -> Result<&'a [u8], StoreError> {
        let n = self.number()? as usize;
        self.take(n)
    }

    fn text(&mut self) -> Result<&'a str, StoreError> {
        str::from_utf8(self.bytes()?).map_err(|_| StoreError::Damaged("a name is not text"))
    }

    fn numbers(&mut self) -> Result<Vec<u32>, StoreError> {
        let n = self.number()? as usize;
        let bytes = self.take(n.checked_mul(4).ok_or(SHORT)?)?;
        let mut out = vec![0u32; n];
        bytemuck::cast_slice_mut::<u32, u8>(&mut out).copy_from_slice(bytes);
        Ok(out)
    }

    fn words(
        &mut self,
        first: Id,
        literals: &Arc<crate::vocabulary::Literals>,
    ) -> Result<Vocabulary, StoreError> {
        let text = self.text()?.to_owned();
        let ends = self.numbers()?;
        let kinds = self.bytes()?;
        Vocabulary::from_parts(first, text, ends, kinds, literals.clone())
            .ok_or(StoreError::Damaged("its words do not fit together"))
    }

    /// A segment and which of its files no longer count.
    fn segment(
        &mut self,
        vocabulary: Id,
        kind: &(dyn Fn(Id) -> crate::vocabulary::Kind + Sync),
    ) -> Result<(Segment, Vec<bool>), StoreError> {
        let (mut files, mut dead) = (Vec::new(), Vec::new());
        for _ in 0..self.number()? {
            let path: Arc<str> = self.text()?.into();
            let (first_token, first_line) = (self.number()?, self.number()?);
            let hash = self.long()?;
            dead.push(self.number()? != 0);
            let directory = crate::segment::directory(&path);
            files.push(FileEntry {
                path,
                directory,
                first_token,
                first_line,
                hash,
            });
        }
        let tokens = self.numbers()?;
        let space = self.bytes()?.to_vec();
        let lines = self.numbers()?;
        let lines: Vec<Line> = lines
            .chunks_exact(4)
            .map(|l| Line {
                start: l[0],
                end: l[1],
                indent: l[2],
                row: l[3],
            })
            .collect();
        let mut orders = Vec::new();
        for _ in 0..2 {
            let (order, bucket) = (self.numbers()?, self.numbers()?);
            orders.push(ContextIndex {
                order,
                bucket,
                ..ContextIndex::default()
            });
        }
        let (Some(abstracted), Some(exact)) = (orders.pop(), orders.pop()) else {
            return Err(SHORT);
        };
        let segment = Segment {
            files,
            tokens,
            space,
            lines,
            exact,
            abstracted,
            ..Segment::default()
        };
        if !fits(&segment, vocabulary) {
            return Err(StoreError::Damaged("its parts do not fit together"));
        }
        Ok((segment.completed(vocabulary, kind), dead))
    }
}

/// Whether every number of a segment points to where there is something.
fn fits(segment: &Segment, vocabulary: Id) -> bool {
    let (n, lines) = (segment.tokens.len() as u32, segment.lines.len() as u32);
    let files = &segment.files;
    let orders = [&segment.exact, &segment.abstracted]
        .into_iter()
        .all(|index| {
            index.order.iter().all(|&p| p > 0 && p < n)
                && index.bucket.is_sorted()
                && index
                    .bucket
                    .last()
                    .is_none_or(|&end| end as usize == index.order.len())
        });
    segment.space.len() == segment.tokens.len()
        && segment.tokens.iter().all(|&t| t < vocabulary)
        && segment
            .lines
            .iter()
            .all(|l| l.start > 0 && l.start <= l.end && l.end <= n)
        && files.is_sorted_by_key(|f| f.first_token)
        && files.is_sorted_by_key(|f| f.first_line)
        && files
            .iter()
            .all(|f| f.first_token < n && f.first_line <= lines)
        && files
            .first()
            .is_none_or(|f| f.first_token == 0 && f.first_line == 0)
        && (!files.is_empty() || n == 0)
        && orders
}

#[cfg(test)]
mod tests {
    use il_engine::CancelToken;

    use super::*;
    use crate::SourceFile;

    fn trained() -> RepoModel {
        let model = RepoModel::new(Options::default());
        let text = "fn main() {\n    let size = compute(1, 2);\n\n    print(size);\n}\n";
        let files = ["src/a.rs", "src/b.rs", "tools/c.py"].map(|path| SourceFile {
            path: path.into(),
            language: il_lang::registry().detect(path, None).id.into(),
            text: text.into(),
        });
        model.train(files.into(), &|_| (), &CancelToken::new());
        model.update(
            "src/b.rs",
            "rust",
            Some("fn other() {\n    unheard_of()\n}\n"),
        );
        model.update("src/d.rs", "rust", Some("mod a;\n"));
        model
    }

    fn refused(bytes: &[u8]) -> StoreError {
        RepoModel::from_bytes(bytes, Options::default()).expect_err("the bytes are wrong")
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let model = trained();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("model");
        model.save(&path).expect("the folder is writable");
        let loaded = RepoModel::load(&path, Options::default()).expect("the file is whole");
        let (mut a, mut b) = (model.files(), loaded.files());
        a.sort_by(|x, y| x.path.cmp(&y.path));
        b.sort_by(|x, y| x.path.cmp(&y.path));
        assert_eq!(a, b);
        assert_eq!(loaded.to_bytes(), model.to_bytes());
        let (old, new) = (model.snapshot(), loaded.snapshot());
        for (name, family) in &old.families {
            let other = &new.families[name];
            assert_eq!(family.base.segment.names, other.base.segment.names);
            assert_eq!(
                family.base.segment.exact.next,
                other.base.segment.exact.next
            );
            assert_eq!(family.counts, other.counts);
            assert_eq!(family.sorted, other.sorted);
        }
        assert_eq!(
            std::fs::read_dir(folder.path())
                .expect("it is there")
                .count(),
            1,
            "no temporary file stays"
        );
    }

    #[test]
    fn every_damage_is_noticed() {
        let bytes = trained().to_bytes();
        for at in (0..bytes.len()).step_by(7) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x20;
            refused(&damaged);
        }
        for len in (0..bytes.len()).step_by(13) {
            refused(&bytes[..len]);
        }
        let mut longer = bytes.clone();
        longer.push(0);
        refused(&longer);
    }

    #[test]
    fn another_version_is_told_apart_from_damage() {
        let mut bytes = trained().to_bytes();
        bytes[8] = bytes[8].wrapping_add(1);
        assert!(matches!(refused(&bytes), StoreError::Foreign));
        assert!(matches!(
            refused(b"something else entirely"),
            StoreError::Foreign
        ));
        let missing = RepoModel::load(Path::new("/nowhere/model"), Options::default());
        assert!(matches!(missing, Err(StoreError::Io(_))));
    }
}
