//! The cache: one file per repository, holding what was learnt and the stamps of what it was learnt from.
//!
//! It is written beside its place and renamed, so a reader sees the old one or the new one. It can be deleted
//! at any time. A file of another version, of another repository or with a broken head is told apart and
//! leads to learning again, never to a failure.
//!
//! Deliberately absent: what the model's bytes mean, and any promise that the cache is there.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    fs::{self, File},
    hash::Hasher as _,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process,
};

use etcetera::BaseStrategy as _;
use il_watch::Stamp;

/// The environment variable that overrides where the cache is.
pub(crate) const DIRECTORY: &str = "INTERLINE_CACHE_DIR";

const MAGIC: &[u8; 8] = b"ILCACHE\n";
const VERSION: u32 = 2;

/// Where the caches of all repositories are.
pub(crate) fn directory() -> Result<PathBuf, String> {
    match env::var_os(DIRECTORY) {
        Some(dir) if !dir.is_empty() => Ok(PathBuf::from(dir)),
        _ => etcetera::choose_base_strategy()
            .map(|strategy| strategy.cache_dir().join("interline"))
            .map_err(|error| format!("no cache directory: {error}; set `{DIRECTORY}`")),
    }
}

/// The cache file of the repository at `root`, an absolute path without links.
pub(crate) fn file_of(directory: &Path, root: &Path) -> PathBuf {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(root.as_os_str().as_encoded_bytes());
    let name = root.file_name().and_then(OsStr::to_str).unwrap_or("root");
    let name: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    directory.join(format!("{name}-{:016x}.model", hasher.finish()))
}

/// A repository's saved model, and what it was learnt from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Saved {
    /// Differs where secrets inside files were masked otherwise: then it is of no use.
    pub(crate) mask: u64,
    /// Every file with the stamp that it had.
    pub(crate) files: BTreeMap<String, Stamp>,
    /// The engine's own bytes.
    pub(crate) model: Vec<u8>,
}

/// Why a cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("nothing is saved yet")]
    Absent,
    #[error("it was written by another version")]
    Foreign,
    #[error("it is damaged ({0})")]
    Damaged(String),
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // That there is no directory is said when something is to be saved.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Absent,
            _ => Self::Unreadable(error),
        }
    }
}

/// Reads the cache at `path` of the repository at `root`.
pub(crate) fn read(path: &Path, root: &Path) -> Result<Saved, Unusable> {
    let bytes = fs::read(path)?;
    let mut rest = Bytes(&bytes);
    if rest.take(MAGIC.len() as u64)? != MAGIC {
        return Err(Unusable::Damaged("it is not a cache".into()));
    }
    if rest.u32()? != VERSION {
        return Err(Unusable::Foreign);
    }
    let sum = rest.u64()?;
    if sum != check_sum(rest.0) {
        return Err(Unusable::Damaged("its check sum is wrong".into()));
    }
    if rest.string()? != root.to_string_lossy() {
        return Err(Unusable::Foreign);
    }
    let mask = rest.u64()?;
    let mut files = BTreeMap::new();
    for _ in 0..rest.u64()? {
        let path = rest.string()?.to_owned();
        files.insert(
            path,
            Stamp {
                size: rest.u64()?,
                mtime_ns: rest.u64()?.cast_signed(),
            },
        );
    }
    Ok(Saved {
        mask,
        files,
        model: rest.0.to_vec(),
    })
}

/// Takes numbers and strings off the front of a slice.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], Unusable> {
        let at = usize::try_from(length).ok();
        let split = at.and_then(|at| self.0.split_at_checked(at));
        let (taken, rest) = split.ok_or_else(|| Unusable::Damaged("it ends too early".into()))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unusable> {
        let taken = self.take(N as u64)?;
        Ok(taken.try_into().expect("`take` gives what was asked for"))
    }

    fn u32(&mut self) -> Result<u32, Unusable> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Unusable> {
        self.array().map(u64::from_le_bytes)
    }

    fn string(&mut self) -> Result<&'a str, Unusable> {
        let length = self.u64()?;
        let bytes = self.take(length)?;
        str::from_utf8(bytes).map_err(|_| Unusable::Damaged("a path is not UTF-8".into()))
    }
}

/// Writes a cache, all or nothing. Gives its size.
pub(crate) fn write(path: &Path, root: &Path, saved: &Saved) -> io::Result<u64> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = directory.join(format!(".{name}.{}.tmp", process::id()));
    let written = write_to(&temporary, root, saved)
        .and_then(|size| fs::rename(&temporary, path).map(|()| size));
    if written.is_err() {
        // What is left of it takes room on a disk that may be full.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_to(path: &Path, root: &Path, saved: &Saved) -> io::Result<u64> {
    let mut body = Vec::with_capacity(saved.model.len() + saved.files.len() * 64);
    put_string(&mut body, &root.to_string_lossy());
    body.extend(saved.mask.to_le_bytes());
    body.extend((saved.files.len() as u64).to_le_bytes());
    for (path, stamp) in &saved.files {
        put_string(&mut body, path);
        body.extend(stamp.size.to_le_bytes());
        body.extend(stamp.mtime_ns.to_le_bytes());
    }
    body.extend(&saved.model);

    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600); // it holds pieces of source code
    let mut file = options.open(path)?;
    file.write_all(MAGIC)?;
    file.write_all(&VERSION.to_le_bytes())?;
    file.write_all(&check_sum(&body).to_le_bytes())?;
    file.write_all(&body)?;
    file.sync_data()?; // a full disk may show only here
    Ok((MAGIC.len() + size_of_val(&VERSION) + size_of::<u64>() + body.len()) as u64)
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn check_sum(bytes: &[u8]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn saved() -> Saved {
        let stamp = Stamp {
            size: 7,
            mtime_ns: -3,
        };
        let files = BTreeMap::from([("src/a.rs".into(), stamp), ("b.py".into(), stamp)]);
        Saved {
            mask: 3,
            files,
            model: b"the model".to_vec(),
        }
    }

    /// Writes a cache, lets `spoil` at its bytes, and reads it again.
    #[track_caller]
    fn check(spoil: impl FnOnce(&mut Vec<u8>), expected: &str) {
        let dir = TempDir::new().unwrap();
        let root = Path::new("/home/me/app");
        let path = file_of(dir.path(), root);
        let size = write(&path, root, &saved()).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        assert_eq!(bytes.len() as u64, size);
        spoil(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let got = read(&path, root).map(|read| assert_eq!(read, saved()));
        assert_eq!(
            got.map_or_else(|why| why.to_string(), |()| "fine".into()),
            expected
        );
    }

    #[test]
    fn what_is_written_is_read() {
        check(|_| {}, "fine");
    }

    #[test]
    fn damage_anywhere_is_seen() {
        check(|bytes| bytes.clear(), "it is damaged (it ends too early)");
        check(|bytes| bytes[0] = b'x', "it is damaged (it is not a cache)");
        check(
            |bytes| *bytes.last_mut().unwrap() ^= 1,
            "it is damaged (its check sum is wrong)",
        );
        check(
            |bytes| bytes[30] ^= 1,
            "it is damaged (its check sum is wrong)",
        );
        check(
            |bytes| bytes.truncate(40),
            "it is damaged (its check sum is wrong)",
        );
        check(
            |bytes| bytes.extend(b"more"),
            "it is damaged (its check sum is wrong)",
        );
    }

    #[test]
    fn another_version_is_told_apart() {
        check(|bytes| bytes[8] = 99, "it was written by another version");
    }

    #[test]
    fn another_repository_is_told_apart() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("x.model");
        write(&path, Path::new("/a"), &saved()).unwrap();
        assert!(matches!(
            read(&path, Path::new("/b")),
            Err(Unusable::Foreign)
        ));
        assert!(matches!(
            read(&dir.path().join("y"), Path::new("/b")),
            Err(Unusable::Absent)
        ));
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind_and_the_old_one_in_place() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("x.model");
        fs::create_dir(&path).unwrap(); // a file cannot be renamed over a directory
        fs::write(path.join("inside"), "").unwrap();
        write(&path, Path::new("/a"), &saved()).unwrap_err();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn file_names_can_be_recognised_and_do_not_collide() {
        let name = |root: &str| {
            file_of(Path::new(""), Path::new(root))
                .to_string_lossy()
                .into_owned()
        };
        assert!(name("/home/me/my app").starts_with("my-app-"));
        assert_ne!(name("/a/app"), name("/b/app"));
    }
}
