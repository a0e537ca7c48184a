//! The store: one directory a repository, which a process may be killed over at any moment.
//!
//! The one idea: files are written once and never changed, and one file, the manifest, names the others. It is
//! renamed into its place after what it names is on the disk, so whoever reads finds an older state or a
//! newer one, whole. One process at a time writes: the one that holds the lock, which the system takes away
//! from the dead. All others read the same files and keep what they learn in memory.
//!
//! Deliberately absent: what the bytes mean, when to save, and reading other versions.

mod crash;
mod disk;
mod manifest;
mod problem;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

#[cfg(test)]
pub(crate) use self::crash::dies_at;
pub(crate) use self::manifest::{Blob, Manifest, SegmentRecord, segment_name, vectors_name};
pub use self::problem::{Damage, Problem};

const MANIFEST: &str = "manifest";
const LOCK: &str = "lock";
/// How often a reader begins again because the writer was quicker.
const ATTEMPTS: usize = 8;

/// What this process may do with the directory.
#[derive(Debug)]
enum Role {
    /// Nobody else writes while the file is locked.
    Writer { lock: disk::Lock },
    /// Somebody else writes, or did when we last asked.
    Reader,
    /// There is no directory, or none that can be written.
    Memory,
}

/// A directory with an index.
#[derive(Debug)]
pub(crate) struct Store {
    directory: Option<PathBuf>,
    identity: Vec<u8>,
    role: Role,
    next: u64,
    /// What the manifest on the disk names; unknown while it cannot be read.
    named: Option<BTreeSet<String>>,
}

/// What became of trying to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// We had the lock already.
    Ours,
    /// We have it since now: somebody else wrote what is there.
    New,
    /// Somebody else has it, or there is nothing to write to.
    No,
}

impl Store {
    /// Opens `directory` for the repository at `identity`, making it if needed. Always gives a store: one
    /// that cannot be written remembers nothing, and the problem says why.
    ///
    /// What was written under another `key` is of no use, as if it were another repository's.
    pub(crate) fn open(
        directory: Option<&Path>,
        identity: &Path,
        key: u64,
    ) -> (Self, Option<Problem>) {
        let mut identity = identity.as_os_str().as_encoded_bytes().to_vec();
        if key != 0 {
            identity.push(0);
            identity.extend(key.to_le_bytes());
        }
        let mut store = Self {
            directory: directory.map(Path::to_path_buf),
            identity,
            role: Role::Memory,
            next: 1,
            named: None,
        };
        let Some(directory) = directory else {
            return (store, None);
        };
        let locked =
            disk::make_directory(directory).and_then(|()| disk::lock(&directory.join(LOCK)));
        let problem = match locked {
            Ok(Some(lock)) => {
                store.role = Role::Writer { lock };
                None
            }
            Ok(None) => {
                store.role = Role::Reader;
                Some(Problem::InUse {
                    directory: directory.to_path_buf(),
                })
            }
            Err(error) => Some(Problem::unwritable(directory, &error)),
        };
        (store, problem)
    }

    /// Whether this process writes the directory.
    pub(crate) fn is_writer(&self) -> bool {
        matches!(self.role, Role::Writer { .. })
    }

    /// Reads the manifest, and with `take` everything that it names; begins again if the writer was
    /// quicker. `take` says what of it is damaged; what is told of the attempt that counted.
    pub(crate) fn load<T>(
        &mut self,
        take: impl Fn(&Manifest, &Self) -> (T, Vec<Problem>),
    ) -> (T, Vec<Problem>) {
        let mut attempt = 0;
        loop {
            let (manifest, problem) = self.manifest();
            let (taken, mut problems) = take(&manifest, self);
            attempt += 1;
            let moved = !problems.is_empty() && !self.is_writer() && {
                let now = self.manifest().0;
                now.next != manifest.next || now.segments != manifest.segments
            };
            if !moved || attempt == ATTEMPTS {
                self.begin_behind(&manifest, problem.as_ref());
                problems.splice(0..0, problem);
                return (taken, problems);
            }
        }
    }

    /// Takes over from whoever wrote `manifest`: its names are taken, what it does not name is swept.
    fn begin_behind(&mut self, manifest: &Manifest, problem: Option<&Problem>) {
        self.next = self.next.max(manifest.next);
        let is_unreadable = matches!(problem, Some(Problem::Unreadable { .. }));
        self.named = (!is_unreadable).then(|| manifest.names().collect());
        self.sweep();
    }

    /// The manifest that is on the disk; an empty one where there is none that is ours.
    fn manifest(&self) -> (Manifest, Option<Problem>) {
        let Some(path) = self.path(MANIFEST) else {
            return (Manifest::default(), None);
        };
        let problem = match fs::read(&path) {
            Ok(bytes) => match Manifest::from_bytes(&bytes, &self.identity) {
                Ok(Some(manifest)) => return (manifest, None),
                Ok(None) => None,
                Err(damage) => Some(Problem::Damaged { path, damage }),
            },
            Err(error) if is_absent(&error) => None,
            Err(error) => Some(Problem::Unreadable {
                path,
                error: error.to_string(),
            }),
        };
        (Manifest::default(), problem)
    }

    /// The bytes of a file that the manifest names.
    pub(crate) fn read(&self, name: &str, blob: Blob) -> Result<Vec<u8>, Problem> {
        let path = self.path(name).unwrap_or_default();
        match fs::read(&path) {
            Ok(bytes) => match blob.check(&bytes) {
                Ok(()) => Ok(bytes),
                Err(damage) => Err(Problem::Damaged { path, damage }),
            },
            Err(error) if is_absent(&error) => Err(self.damaged(name, Damage::Missing)),
            Err(error) => Err(Problem::Unreadable {
                path,
                error: error.to_string(),
            }),
        }
    }

    /// Whether this process may write, trying to get the lock if it has none. When the turn is new, gives
    /// what the last writer left: its names are taken.
    pub(crate) fn turn(&mut self) -> (Turn, Manifest) {
        if let (Role::Writer { lock }, Some(path)) = (&self.role, self.path(LOCK)) {
            if disk::is_in_place(lock, &path) {
                return (Turn::Ours, Manifest::default());
            }
            self.role = Role::Reader;
        }
        let lock = self.directory.as_deref().map(|directory| {
            disk::make_directory(directory).and_then(|()| disk::lock(&directory.join(LOCK)))
        });
        let Some(Ok(Some(lock))) = lock else {
            return (Turn::No, Manifest::default());
        };
        self.role = Role::Writer { lock };
        let (manifest, problem) = self.manifest();
        self.begin_behind(&manifest, problem.as_ref());
        (Turn::New, manifest)
    }

    /// A number that names no file yet.
    pub(crate) fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Writes a file, all or nothing.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<Blob, Problem> {
        self.put(name, bytes).map(|()| Blob::of(bytes))
    }

    /// Makes `manifest` what the next start finds, and removes what it does not name.
    pub(crate) fn commit(&mut self, mut manifest: Manifest) -> Result<u64, Problem> {
        manifest.next = self.next;
        let bytes = manifest.to_bytes(&self.identity);
        self.sync()?;
        self.put(MANIFEST, &bytes)?;
        self.sync()?;
        self.named = Some(manifest.names().collect());
        self.sweep();
        Ok(bytes.len() as u64)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        let directory = self.directory.as_deref().unwrap_or(Path::new(""));
        debug_assert!(self.is_writer(), "only the holder of the lock writes");
        disk::write_whole(directory, name, bytes)
            .map_err(|error| Problem::unwritable(directory, &error))
    }

    fn sync(&self) -> Result<(), Problem> {
        let directory = self.directory.as_deref().unwrap_or(Path::new(""));
        disk::sync_directory(directory).map_err(|error| Problem::unwritable(directory, &error))
    }

    /// Removes files of ours that the manifest does not name: older states, and what a killed or a failed
    /// writer left. A reader that still wants one of them finds the new manifest instead.
    pub(crate) fn sweep(&self) {
        let (Some(directory), Some(named), true) = (&self.directory, &self.named, self.is_writer())
        else {
            return;
        };
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if is_ours(name) && !named.contains(name) {
                disk::remove(&entry.path());
            }
        }
    }

    /// That a file which the manifest names cannot be used.
    pub(crate) fn damaged(&self, name: &str, damage: Damage) -> Problem {
        Problem::Damaged {
            path: self.path(name).unwrap_or_default(),
            damage,
        }
    }

    /// Whether the manifest on the disk names a file.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.named
            .as_ref()
            .is_some_and(|named| named.contains(name))
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(name))
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Whether a name is one that a writer gives, but for the manifest and the lock.
fn is_ours(name: &str) -> bool {
    let name = name.strip_suffix(disk::UNFINISHED).map_or(name, |whole| {
        if whole == MANIFEST { "0.seg" } else { whole }
    });
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    name.strip_suffix(".seg").is_some_and(digits)
        || name
            .strip_suffix(".vec")
            .and_then(|name| name.split_once('.'))
            .is_some_and(|(segment, number)| digits(segment) && digits(number))
}

#[cfg(test)]
mod tests;
