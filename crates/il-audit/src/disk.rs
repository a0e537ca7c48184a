//! The folder of the log: one file a day, a head beside them, and a lock.
//!
//! The one idea: everything is opened anew for every record, under a lock that the system drops with the process, so any
//! number of processes write one chain, and the folder may be copied at any time.
//!
//! Deliberately absent: what lines mean.

use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    str::FromStr,
    thread,
    time::{Duration, Instant},
};

use il_calendar::Day;
use serde::{Deserialize, Serialize};

use crate::chain::Head;

const ENDING: &str = ".jsonl";
pub(crate) const HEAD: &str = "head.json";
/// What marks bytes that a crash left.
const TORN: &str = ".torn-";

/// A writer is done in well under a millisecond; one that takes this long is stopped or hangs on its disk.
const PATIENCE: Duration = Duration::from_secs(2);

/// A file of the log. They are ordered as the chain goes through them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    /// Nothing in it is of a later day.
    pub(crate) day: Day,
    /// 1 for the first one of its day.
    pub(crate) number: u32,
}

impl Segment {
    pub(crate) fn after(self, day: Day) -> Self {
        match day > self.day {
            true => Self { day, number: 1 },
            false => Self {
                day: self.day,
                number: self.number + 1,
            },
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            1 => write!(f, "{}{ENDING}", self.day),
            n => write!(f, "{}.{n}{ENDING}", self.day),
        }
    }
}

impl FromStr for Segment {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let stem = name.strip_suffix(ENDING).ok_or(())?;
        let (day, number) = match stem.split_once('.') {
            None => (stem, 1),
            Some((day, number)) => (day, number.parse().map_err(|_| ())?),
        };
        let day = day.parse().map_err(|_| ())?;
        let found = Self { day, number };
        // The round trip refuses every other way to write a number.
        match found.to_string() == name {
            true => Ok(found),
            false => Err(()),
        }
    }
}

/// The head as it is kept: the last record, and where its file ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) version: u32,
    #[serde(flatten)]
    pub(crate) head: Head,
    pub(crate) file: String,
    pub(crate) length: u64,
}

/// The lock of a folder; dropped, somebody else may write.
#[derive(Debug)]
pub(crate) struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // Closing would do, but for a process that another thread is starting at this moment.
        let _ = self.0.unlock();
    }
}

/// Makes the folder and waits until nobody else holds this lock in it.
pub(crate) fn hold(directory: &Path, lock: &str) -> io::Result<Held> {
    let path = directory.join(lock);
    let open = || private().create(true).truncate(false).open(&path);
    let file = match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_directory(directory)?;
            open()?
        }
        opened => opened?,
    };
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Held(file)),
            Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_micros(200));
            }
            Err(TryLockError::WouldBlock) => {
                let why = "another process is writing it and does not come to an end";
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Makes a folder for its owner alone.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens files for their owner alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The files of the log, in the order of the chain.
pub(crate) fn segments(directory: &Path) -> io::Result<Vec<Segment>> {
    let mut found: Vec<Segment> = names(directory)?
        .iter()
        .filter_map(|it| it.parse().ok())
        .collect();
    found.sort_unstable();
    Ok(found)
}

/// What crashes left, put aside.
pub(crate) fn torn(directory: &Path) -> io::Result<Vec<String>> {
    let mut found = names(directory)?;
    found.retain(|it| it.contains(TORN));
    found.sort_unstable();
    Ok(found)
}

fn names(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

/// The head as it was written last. `Some(None)` for one that is damaged.
pub(crate) fn read_head(directory: &Path) -> io::Result<Option<Option<Kept>>> {
    match fs::read(directory.join(HEAD)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).ok())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn write_head(directory: &Path, kept: &Kept) -> io::Result<()> {
    // Strings and numbers alone: nothing in it can fail to be JSON.
    let text = serde_json::to_string(kept).unwrap_or_default() + "\n";
    write_whole(&directory.join(HEAD), text.as_bytes(), false)
}

/// Writes a file so that under its name there is all of it or what was there before.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], to_disk: bool) -> io::Result<()> {
    let beside = path.with_extension("new");
    let written = private()
        .create(true)
        .truncate(true)
        .open(&beside)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            if to_disk { file.sync_all() } else { Ok(()) }
        });
    written
        .and_then(|()| fs::rename(&beside, path))
        .inspect_err(|_| {
            // On a full disk nothing may be left that takes room.
            let _ = fs::remove_file(&beside);
        })
}

/// Appends to a file that ends at `length`, in one call; what does not fit whole is taken back.
pub(crate) fn append(path: &Path, length: u64, line: &str) -> io::Result<()> {
    let mut file = private().create(true).truncate(false).open(path)?;
    file.seek(SeekFrom::Start(length))?;
    file.write_all(line.as_bytes()).inspect_err(|_| {
        let _ = file.set_len(length);
    })
}

/// How long a file is; 0 for one that is not there.
pub(crate) fn length(path: &Path) -> io::Result<u64> {
    match fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// A file's bytes from `start` on; none for one that is not there.
pub(crate) fn read_from(path: &Path, start: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(mut file) => {
            file.seek(SeekFrom::Start(start))?;
            file.read_to_end(&mut bytes)?;
            Ok(bytes)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(bytes),
        Err(error) => Err(error),
    }
}

/// Moves a file's bytes from `start` on into a file beside it, and tells its name.
pub(crate) fn put_aside(directory: &Path, segment: Segment, start: u64) -> io::Result<String> {
    let path = directory.join(segment.to_string());
    let bytes = read_from(&path, start)?;
    let mut number = 1;
    loop {
        let name = format!("{segment}{TORN}{number}");
        match private().create_new(true).open(directory.join(&name)) {
            Ok(mut file) => {
                file.write_all(&bytes)?;
                private().open(&path)?.set_len(start)?;
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Deletes a file with what was put aside of it.
pub(crate) fn remove(directory: &Path, segment: Segment) -> io::Result<()> {
    let prefix = format!("{segment}{TORN}");
    let aside = torn(directory)?;
    for name in aside.iter().filter(|it| it.starts_with(&prefix)) {
        fs::remove_file(directory.join(name))?;
    }
    fs::remove_file(directory.join(segment.to_string()))
}

pub(crate) fn path_of(directory: &Path, segment: Segment) -> PathBuf {
    directory.join(segment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_ordered_as_the_chain_goes() {
        let mut names = [
            "2026-11-28.10.jsonl",
            "2026-11-28.2.jsonl",
            "2026-12-01.jsonl",
            "2026-11-28.jsonl",
        ]
        .map(|it| it.parse::<Segment>().unwrap());
        names.sort_unstable();
        assert_eq!(
            names.map(|it| it.to_string()).join(" "),
            "2026-11-28.jsonl 2026-11-28.2.jsonl 2026-11-28.10.jsonl 2026-12-01.jsonl"
        );
        for name in [
            "head.json",
            "2026-11-28.1.jsonl",
            "2026-11-28.02.jsonl",
            "x.jsonl",
            "2026-11-28.jsonl.torn-1",
        ] {
            assert_eq!(name.parse::<Segment>(), Err(()), "{name}");
        }
    }

    #[test]
    fn a_day_that_is_no_later_continues_the_last_one() {
        let day = |it: &str| it.parse::<Day>().unwrap();
        let segment = Segment {
            day: day("2026-11-28"),
            number: 3,
        };
        assert_eq!(
            segment.after(day("2026-11-29")).to_string(),
            "2026-11-29.jsonl"
        );
        assert_eq!(
            segment.after(day("2026-11-27")).to_string(),
            "2026-11-28.4.jsonl"
        );
    }
}
