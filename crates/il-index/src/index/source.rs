//! Where texts come from: the working tree, or what a test says is one.
//!
//! The one idea: a text is worth indexing only with the stamp that belongs to it. It is asked for before and
//! after reading; where both agree, nobody wrote in between. A file that never holds still is indexed as it
//! was last seen and remembered with a stamp that no file has, so the next scan finds it changed.
//!
//! Deliberately absent: which files there are.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read as _},
    path::PathBuf,
    time::UNIX_EPOCH,
};

use il_admission::{MAX_BYTES, Refusal};
use il_privacy::Level;
use il_text::decode;

use super::Options;
use crate::analysis::{SourceFile, Stamp};

/// How often a file is read again that was written meanwhile.
const ATTEMPTS: usize = 3;
/// A stamp that no file has: whoever compares finds it changed.
const UNSETTLED: Stamp = Stamp {
    size: u64::MAX,
    mtime_ns: i64::MIN,
};

/// Gives the texts of files by their path inside the root, `/`-separated.
pub trait Source: Sync {
    /// What the file looks like now; nothing when there is none.
    fn stamp(&self, path: &str) -> Option<Stamp>;

    /// Its text; nothing when it is not text.
    fn text(&self, path: &str) -> io::Result<Option<String>>;
}

/// The files below a directory.
#[derive(Clone, Debug)]
pub struct Folder {
    pub root: PathBuf,
}

impl Source for Folder {
    fn stamp(&self, path: &str) -> Option<Stamp> {
        let metadata = fs::symlink_metadata(self.root.join(path)).ok()?;
        metadata.is_file().then(|| stamp_of(&metadata))
    }

    fn text(&self, path: &str) -> io::Result<Option<String>> {
        // A file may have grown since its stamp was taken.
        let mut bytes = Vec::new();
        let file = File::open(self.root.join(path))?;
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(decode(bytes).into_text())
    }
}

fn stamp_of(metadata: &fs::Metadata) -> Stamp {
    let nanoseconds = |time: std::time::SystemTime| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => {
            i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, i64::saturating_neg)
        }
    };
    Stamp {
        size: metadata.len(),
        mtime_ns: metadata.modified().map_or(0, nanoseconds),
    }
}

/// Why a file is not in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It teaches nothing, or must not be learnt from.
    Refused(Refusal),
    NotText,
    /// The system does not let us.
    Unreadable(String),
    /// It was written while it was read, again and again; what was last read is indexed.
    Changing,
    /// Its analysis failed: a mistake of ours.
    Failed,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NotText => f.write_str("is not text"),
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::Changing => f.write_str("is being written"),
            Self::Failed => f.write_str("cannot be analysed"),
        }
    }
}

/// What became of reading a file.
pub(super) enum Reading {
    /// Its text, and whether it held still.
    Text(SourceFile, Option<Why>),
    /// Not to be indexed, and not to be read again while it looks like this.
    Refused(Stamp, Why),
    Gone,
}

/// Reads a file so that its text and its stamp belong together.
pub(super) fn read(source: &dyn Source, path: &str, options: &Options) -> Reading {
    if options.policy.level(path) == Level::Blocked {
        return match source.stamp(path) {
            Some(stamp) => Reading::Refused(stamp, Why::Refused(Refusal::Private)),
            None => Reading::Gone,
        };
    }
    let mut last = Reading::Refused(UNSETTLED, Why::Changing);
    for _ in 0..ATTEMPTS {
        let Some(before) = source.stamp(path) else {
            return Reading::Gone;
        };
        if let Err(refusal) = il_admission::admit_size(before.size) {
            return Reading::Refused(before, Why::Refused(refusal));
        }
        let read = source.text(path);
        let Some(after) = source.stamp(path) else {
            return Reading::Gone;
        };
        if after == before {
            return judge(path, before, read, options);
        }
        if let Ok(Some(text)) = read {
            last = match judge(path, UNSETTLED, Ok(Some(text)), options) {
                Reading::Text(file, _) => Reading::Text(file, Some(Why::Changing)),
                refused => refused,
            };
        }
    }
    last
}

fn judge(path: &str, stamp: Stamp, read: io::Result<Option<String>>, options: &Options) -> Reading {
    match read {
        Ok(Some(text)) => match il_admission::admit(&text) {
            Ok(()) => {
                let path = path.to_owned();
                let text = options.masked(text);
                Reading::Text(SourceFile { path, stamp, text }, None)
            }
            Err(refusal) => Reading::Refused(stamp, Why::Refused(refusal)),
        },
        Ok(None) => Reading::Refused(stamp, Why::NotText),
        // Rights change without the stamp: it is tried again at the next start.
        Err(error) => Reading::Refused(UNSETTLED, Why::Unreadable(error.to_string())),
    }
}
