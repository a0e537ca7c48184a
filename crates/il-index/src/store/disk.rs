//! Files of the store: private, written whole or not at all, and a lock that dies with its holder.
//!
//! The one idea: what has its final name is complete. It is written beside its place, brought to the disk,
//! and renamed.
//!
//! Deliberately absent: what is in the files.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::Path,
};

use super::crash;

/// Ends the name of a file that is being written.
pub(super) const UNFINISHED: &str = ".new";

/// Makes a directory that only its owner looks into.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A locked file; the system unlocks it when the process dies.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing would do, but for a process that another thread is starting at this moment: until it has
        // begun its own program it holds all our files.
        let _ = self.0.unlock();
    }
}

/// Locks a file; `None` if somebody else has it.
pub(super) fn lock(path: &Path) -> io::Result<Option<Lock>> {
    let file = private().create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a locked file still is what others find under its name. A cache may be deleted at any time.
pub(super) fn is_in_place(locked: &Lock, path: &Path) -> bool {
    let (Ok(locked), Ok(found)) = (locked.0.metadata(), fs::metadata(path)) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (locked.dev(), locked.ino()) == (found.dev(), found.ino())
    }
    #[cfg(not(unix))]
    {
        locked.is_file() && found.is_file()
    }
}

/// Writes a file so that under its name there is all of it or what was there before.
pub(super) fn write_whole(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = directory.join(format!("{name}{UNFINISHED}"));
    let written =
        write_new(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, directory.join(name)));
    if written.is_err() {
        // What is left of it takes room on a disk that may be full.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    crash::point();
    let mut file = private().create(true).truncate(true).open(path)?;
    crash::point();
    let (first, last) = bytes.split_at(bytes.len() / 2);
    file.write_all(first)?;
    crash::point();
    file.write_all(last)?;
    crash::point();
    file.sync_all()?; // a full disk may show only here
    crash::point();
    Ok(())
}

/// Removes a file that nobody needs.
pub(super) fn remove(path: &Path) {
    crash::point();
    // If it cannot be done now, the next sweep tries again.
    let _ = fs::remove_file(path);
}

/// Brings the names in a directory to the disk.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

/// How to open what holds pieces of source code.
fn private() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
