//! The file of a day.
//!
//! The one idea: it is opened for every write and every look, so it can be deleted, copied or written by another
//! process at any time. A write is one call in append mode; what was cut off before it gets its line end first, so
//! damage never spreads to the next line.
//!
//! Deliberately absent: locks, and what lines mean.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    Day,
    line::{self, Line, Lines, VERSION},
};

const ENDING: &str = ".jsonl";

/// A day's file, and how much of it was read.
#[derive(Debug)]
pub(crate) struct DayFile {
    path: PathBuf,
    read: u64,
}

/// What is new in a file.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) lines: Lines,
    /// It was deleted or cut: what was read before is no longer in it.
    pub(crate) is_another: bool,
}

impl DayFile {
    pub(crate) fn new(directory: &Path, day: Day) -> Self {
        Self {
            path: directory.join(format!("{day}{ENDING}")),
            read: 0,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends lines that end in line ends.
    pub(crate) fn append(&self, lines: &str) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = match (options.open(&self.path), self.path.parent()) {
            (Err(error), Some(directory)) if error.kind() == io::ErrorKind::NotFound => {
                make_directory(directory)?;
                options.open(&self.path)?
            }
            (opened, _) => opened?,
        };
        let length = file.metadata()?.len();
        let text = if length == 0 {
            line::write(&Line::Header { version: VERSION }) + lines
        } else if ends_a_line(&mut file, length)? {
            lines.to_owned()
        } else {
            format!("\n{lines}")
        };
        // One call, so that lines of two processes never mix; the rest of a short one must not follow another's line.
        loop {
            match file.write(text.as_bytes()) {
                Ok(written) if written == text.len() => return Ok(()),
                Ok(_) => return Err(io::ErrorKind::StorageFull.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What was appended since the last look, by whomever.
    pub(crate) fn news(&mut self) -> io::Result<News> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_another = self.read > 0;
                self.read = 0;
                return Ok(News {
                    is_another,
                    ..News::default()
                });
            }
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        let is_another = length < self.read;
        if is_another {
            self.read = 0;
        }
        let mut bytes = Vec::new();
        if length > self.read {
            file.seek(SeekFrom::Start(self.read))?;
            file.read_to_end(&mut bytes)?;
        }
        let lines = line::read(&bytes);
        self.read += lines.read as u64;
        Ok(News { lines, is_another })
    }

    /// Forces it to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_data()
    }
}

fn ends_a_line(file: &mut File, length: u64) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::Start(length - 1))?;
    // What another process cuts off in this moment ends no line.
    Ok(file.read(&mut last)? == 1 && last == *b"\n")
}

/// Makes the directory, for its owner alone.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The days that have a file, the oldest first.
pub(crate) fn days(directory: &Path) -> io::Result<Vec<Day>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut days = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let day = name
            .to_str()
            .and_then(|it| it.strip_suffix(ENDING))
            .map(str::parse::<Day>);
        days.extend(day.and_then(Result::ok));
    }
    days.sort_unstable();
    Ok(days)
}

/// Deletes the files of days before `oldest`, or of all; tells how many.
pub fn forget(directory: &Path, oldest: Option<Day>) -> io::Result<usize> {
    let is_old = |it: &Day| oldest.is_none_or(|oldest| *it < oldest);
    let old: Vec<Day> = days(directory)?.into_iter().filter(is_old).collect();
    for day in &old {
        match fs::remove_file(DayFile::new(directory, *day).path) {
            // Another process was quicker.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    Ok(old.len())
}
