//! A reference filter as a file.
//!
//! Layout, in little-endian numbers: `ILREF\n\0\0`, version, check sum of all that follows; what it rests on (grain, sum of
//! the lexeme tables); name; counts; packages (name, licence); files (package, path, of which what is the same as in the
//! path before is left out); lists of files; the map's shape and bits.
//!
//! Written beside its place and renamed. Any wrong bit changes the check sum; a file of another version, or of lexemes
//! that are read otherwise by now, says so.
//!
//! Deliberately absent: reading old versions. A filter is built again from its trees.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    process,
};

use il_screen::{fingerprint::Grain, lexeme};

use crate::{
    filter::{Filter, Of},
    fuse::Shape,
};

const MAGIC: &[u8; 8] = b"ILREF\n\0\0";
/// Grows with every change of the layout, or of what a key means.
const VERSION: u32 = 1;

/// Why a file is no reference.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot read `{}`: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` is no reference filter", .0.display())]
    Foreign(PathBuf),
    #[error("`{}` was made by another version of Interline: build it again with `interline provenance build`", .0.display())]
    OtherVersion(PathBuf),
    #[error("`{}` is damaged ({why}): build it again with `interline provenance build`", .path.display())]
    Damaged { path: PathBuf, why: &'static str },
    #[error("cannot write `{}`: {source}", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
}

/// Writes a filter, all or nothing. Gives its size.
pub fn write(path: &Path, filter: &Filter) -> Result<u64, StoreError> {
    let bytes = to_bytes(filter);
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", process::id()));
    let temporary = PathBuf::from(temporary);
    let written = fs::File::create(&temporary).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&temporary, path));
    done.map(|()| bytes.len() as u64).map_err(|source| {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        StoreError::Unwritable {
            path: path.to_path_buf(),
            source,
        }
    })
}

/// Reads a filter.
pub(crate) fn read(path: &Path) -> Result<Filter, StoreError> {
    let bytes = fs::read(path).map_err(|source| StoreError::Unreadable {
        path: path.to_path_buf(),
        source,
    })?;
    from_bytes(&bytes).map_err(|why| {
        let path = path.to_path_buf();
        match why {
            Wrong::Foreign => StoreError::Foreign(path),
            Wrong::OtherVersion => StoreError::OtherVersion(path),
            Wrong::Damaged(why) => StoreError::Damaged { path, why },
        }
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Foreign,
    OtherVersion,
    Damaged(&'static str),
}

pub(crate) fn to_bytes(filter: &Filter) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.0.extend_from_slice(MAGIC);
    out.number(VERSION);
    let sum_at = out.0.len();
    out.long(0);
    out.long(lexeme::sum_of_tables());
    for number in [filter.grain.run, filter.grain.window, filter.grain.kinds] {
        out.number(number as u32);
    }
    out.text(&filter.name);
    for count in [filter.lines, filter.lexemes, filter.keys] {
        out.long(count);
    }
    out.number(filter.packages.len() as u32);
    for (name, licence) in &filter.packages {
        out.text(name);
        out.text(licence);
    }
    out.number(filter.files.len() as u32);
    let mut before = "";
    for Of { package, path } in &filter.files {
        let same = before
            .bytes()
            .zip(path.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let same = (0..=same.min(255))
            .rev()
            .find(|&at| path.is_char_boundary(at))
            .unwrap_or(0);
        out.number(*package);
        out.0.push(same as u8);
        out.text(&path[same..]);
        before = path;
    }
    out.number(filter.lists.len() as u32);
    for list in &filter.lists {
        out.0.push(list.len() as u8);
        list.iter().for_each(|&file| out.number(file));
    }
    out.long(filter.shape.seed);
    for number in [filter.shape.segment, filter.shape.span, filter.shape.bits] {
        out.number(number);
    }
    out.0.extend_from_slice(&filter.bits);
    let sum = check_sum(&out.0[sum_at + 8..]);
    out.0[sum_at..sum_at + 8].copy_from_slice(&sum.to_le_bytes());
    out.0
}

pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Filter, Wrong> {
    let mut reader = Reader(bytes);
    if reader.take(MAGIC.len()).map_err(|_| Wrong::Foreign)? != MAGIC {
        return Err(Wrong::Foreign);
    }
    if reader.number()? != VERSION {
        return Err(Wrong::OtherVersion);
    }
    if reader.long()? != check_sum(reader.0) {
        return Err(Wrong::Damaged("its check sum is wrong"));
    }
    if reader.long()? != lexeme::sum_of_tables() {
        return Err(Wrong::OtherVersion);
    }
    let grain = Grain {
        run: reader.number()? as usize,
        window: reader.number()? as usize,
        kinds: reader.number()? as usize,
    };
    if grain.run == 0 || grain.window == 0 || grain.run > 1 << 16 || grain.window > 1 << 16 {
        return Err(Wrong::Damaged("its grain makes no sense"));
    }
    let name = reader.text()?.to_owned();
    let (lines, lexemes, keys) = (reader.long()?, reader.long()?, reader.long()?);
    let mut packages = Vec::new();
    for _ in 0..reader.number()? {
        packages.push((reader.text()?.into(), reader.text()?.into()));
    }
    let mut files: Vec<Of> = Vec::new();
    for _ in 0..reader.number()? {
        let package = reader.number()?;
        if package as usize >= packages.len() {
            return Err(Wrong::Damaged("a file is of no package"));
        }
        let same = usize::from(reader.take(1)?[0]);
        let before = files.last().map_or("", |it| &*it.path);
        let same = before.get(..same).ok_or(Wrong::Damaged("a path"))?;
        let path = [same, reader.text()?].concat().into();
        files.push(Of { package, path });
    }
    let mut lists: Vec<Vec<u32>> = Vec::new();
    for _ in 0..reader.number()? {
        let mut list = Vec::new();
        for _ in 0..reader.take(1)?[0] {
            let file = reader.number()?;
            if file as usize >= files.len() {
                return Err(Wrong::Damaged("a list names no file"));
            }
            list.push(file);
        }
        lists.push(list);
    }
    let shape = Shape {
        seed: reader.long()?,
        segment: reader.number()?,
        span: reader.number()?,
        bits: reader.number()?,
    };
    if !shape.makes_sense() || shape.bytes() != reader.0.len() {
        return Err(Wrong::Damaged("its map does not fit"));
    }
    Ok(Filter {
        name,
        grain,
        lines,
        lexemes,
        keys,
        packages,
        numbers: (0..files.len() as u32).collect(),
        files,
        lists,
        shape,
        bits: reader.0.into(),
    })
}

/// Every word moves it to another sum, whatever comes after.
fn check_sum(bytes: &[u8]) -> u64 {
    let step = |sum: u64, word: u64| {
        let x = (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x ^ (x >> 29)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(bytes.len() as u64, |sum, word| {
        step(sum, u64::from_le_bytes(*word))
    });
    rest.iter()
        .fold(sum, |sum, &byte| step(sum, u64::from(byte)))
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn long(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        let mut end = text.len().min(usize::from(u16::MAX));
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.0.extend_from_slice(&(end as u16).to_le_bytes());
        self.0.extend_from_slice(&text.as_bytes()[..end]);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Wrong> {
        let split = self.0.split_at_checked(count);
        let (taken, rest) = split.ok_or(Wrong::Damaged("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Wrong> {
        Ok(self.take(N)?.try_into().expect("so many were taken"))
    }

    fn number(&mut self) -> Result<u32, Wrong> {
        self.array().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Result<u64, Wrong> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Result<&'a str, Wrong> {
        let length = u16::from_le_bytes(self.array()?);
        let bytes = self.take(usize::from(length))?;
        str::from_utf8(bytes).map_err(|_| Wrong::Damaged("a name is not UTF-8"))
    }
}

#[cfg(test)]
mod tests;
