//! The log: whatever is to leave is appended first.
//!
//! The one idea: the last record is found without reading the log: the head says where its file ended. What lies behind
//! that is what another process or a crash left: whole records that follow are taken up, anything else is put aside.
//!
//! Deliberately absent: reading it all (`verify`), and what happens where it cannot be written (`transport`).

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use il_calendar::{Day, Moment};

use crate::{
    Dropped, Entry, Event, Head, Verdict, chain,
    disk::{self, Held, Kept, Segment},
    verify::{self, Line},
};

/// What time it is.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A file that is larger is followed by another one of its day.
const LARGEST: u64 = 16 << 20;

/// Whoever writes holds it.
const LOCK: &str = "lock";

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("the audit log in `{path}` cannot be written: {why}")]
    Unwritable { path: PathBuf, why: io::Error },
    #[error("the audit log in `{path}` cannot be read: {why}")]
    Unreadable { path: PathBuf, why: io::Error },
    #[error("the audit log in `{path}` is of version {version}: update Interline")]
    Later { path: PathBuf, version: u32 },
}

/// All records that are there.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// In the order of the files.
    pub entries: Vec<Entry>,
    /// Lines that are no records.
    pub damaged: usize,
}

/// What was dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub files: usize,
    pub records: u64,
    pub bytes: u64,
}

/// The log of a folder. Several may have the same one.
pub struct AuditLog {
    directory: PathBuf,
    clock: Clock,
    largest: u64,
    /// Held by the thread that writes; the lock in the folder is for other processes.
    writing: Mutex<()>,
    /// Somebody was told that it cannot be written.
    has_warned: AtomicBool,
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// Where the chain ends.
struct End {
    head: Head,
    segment: Option<Segment>,
    /// Of its file.
    length: u64,
    /// What a crash left: bytes, and where they are now.
    put_aside: Vec<(u64, String)>,
}

impl AuditLog {
    /// The log in a folder. Nothing is opened or made before something is recorded.
    pub fn new(directory: &Path, clock: Clock) -> Self {
        Self {
            directory: directory.to_owned(),
            clock,
            largest: LARGEST,
            writing: Mutex::default(),
            has_warned: AtomicBool::new(false),
        }
    }

    #[cfg(test)]
    pub(crate) fn with_largest(mut self, largest: u64) -> Self {
        self.largest = largest;
        self
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Appends a record and tells its number.
    pub fn record(&self, event: &Event) -> Result<u64, AuditError> {
        let _writing = self.writing();
        let held = disk::hold(&self.directory, LOCK).map_err(|why| self.unwritable(why))?;
        let mut end = self.end(&held)?;
        self.append(&held, &mut end, event, false)
    }

    /// The last record. Number 0 where there is none.
    pub fn head(&self) -> Result<Head, AuditError> {
        if disk::segments(&self.directory).is_ok_and(|it| it.is_empty()) {
            return Ok(Head::default());
        }
        let held = disk::hold(&self.directory, LOCK).map_err(|why| self.unwritable(why))?;
        Ok(self.end(&held)?.head)
    }

    /// Everything that is there, whether or not it is intact.
    pub fn contents(&self) -> Result<Contents, AuditError> {
        let mut contents = Contents::default();
        for line in self.lines()? {
            match line.link {
                Some(link) => contents.entries.push(Entry {
                    seq: link.seq,
                    time: link.time.parse().ok(),
                    event: link.event,
                }),
                None => contents.damaged += 1,
            }
        }
        Ok(contents)
    }

    /// Whether anything was changed, taken out, put in or moved. `kept` is a head that was kept elsewhere.
    pub fn verify(&self, kept: Option<&Head>) -> Result<Verdict, AuditError> {
        // Without a lock, as on a disk that only can be read, a record may be half written at this moment: said as torn.
        let _held = match disk::segments(&self.directory) {
            Ok(found) if found.is_empty() => None,
            _ => disk::hold(&self.directory, LOCK).ok(),
        };
        let head = disk::read_head(&self.directory).map_err(|why| self.unreadable(why))?;
        let torn = disk::torn(&self.directory).map_err(|why| self.unreadable(why))?;
        let mut verdict = verify::verify(&self.lines()?, head.as_ref(), kept);
        verdict.put_aside = torn;
        Ok(verdict)
    }

    /// Drops the files of days before the last `days`. What remains can still be verified.
    pub fn sweep(&self, days: u32) -> Result<Swept, AuditError> {
        let oldest = Day::of((self.clock)()).before(days);
        let expired = |it: &Segment| it.day < oldest;
        // Most of the time there is nothing to do, which needs no lock.
        let found = disk::segments(&self.directory).map_err(|why| self.unreadable(why))?;
        match found.first() {
            Some(first) if expired(first) => self.drop_files("retention", expired),
            _ => Ok(Swept::default()),
        }
    }

    /// Drops everything. One record remains, which says so.
    pub fn erase(&self) -> Result<Swept, AuditError> {
        let found = disk::segments(&self.directory).map_err(|why| self.unreadable(why))?;
        match found.is_empty() {
            true => Ok(Swept::default()),
            false => self.drop_files("erased", |_| true),
        }
    }

    fn drop_files(
        &self,
        why: &str,
        is_old: impl Fn(&Segment) -> bool,
    ) -> Result<Swept, AuditError> {
        let _writing = self.writing();
        let held = disk::hold(&self.directory, LOCK).map_err(|why| self.unwritable(why))?;
        let mut end = self.end(&held)?;
        self.note_repairs(&held, &mut end)?;
        let found = disk::segments(&self.directory).map_err(|why| self.unreadable(why))?;
        let (old, kept): (Vec<Segment>, Vec<Segment>) = found.into_iter().partition(is_old);
        let mut swept = Swept::default();
        let (mut first, mut last) = (None, None);
        for segment in &old {
            let bytes = self.read(*segment)?;
            swept.files += 1;
            swept.bytes += bytes.len() as u64;
            for link in verify::lines(&segment.to_string(), &bytes).filter_map(|it| it.link) {
                swept.records += 1;
                first.get_or_insert(link.seq);
                last = Some(link.head());
            }
        }
        // The first record that remains says itself what it follows.
        let follows = match kept.first() {
            Some(segment) => {
                let bytes = self.read(*segment)?;
                let next = verify::lines("", &bytes).find_map(|it| it.link);
                next.map(|it| Head {
                    seq: it.seq.saturating_sub(1),
                    hash: it.prev,
                })
            }
            None => Some(end.head.clone()),
        };
        let Some(last) = follows.or(last) else {
            return Ok(Swept::default());
        };
        let event = Event::Dropped(Dropped {
            why: why.to_owned(),
            records: swept.records,
            until: last.seq,
            last: last.hash,
        });
        // Said first: a crash in between leaves files that the next sweep drops.
        self.append(&held, &mut end, &event, kept.is_empty())?;
        for segment in old {
            disk::remove(&self.directory, segment).map_err(|why| self.unwritable(why))?;
        }
        Ok(swept)
    }

    /// Where the chain ends, and the file after it cleared of what is no record.
    fn end(&self, _: &Held) -> Result<End, AuditError> {
        let kept = disk::read_head(&self.directory)
            .map_err(|why| self.unreadable(why))?
            .flatten();
        if let Some(kept) = kept.as_ref().filter(|it| it.version > chain::VERSION) {
            return Err(AuditError::Later {
                path: self.directory.clone(),
                version: kept.version,
            });
        }
        let kept = kept.and_then(|it| Some((it.file.parse::<Segment>().ok()?, it)));
        let Some((last, kept)) = kept else {
            return self.found_anew();
        };
        let path = disk::path_of(&self.directory, last);
        let length = disk::length(&path).map_err(|why| self.unreadable(why))?;
        let mut end = End {
            head: kept.head,
            segment: Some(last),
            length: kept.length,
            put_aside: Vec::new(),
        };
        if length < kept.length {
            self.cut_short(&mut end, last, length)?;
        } else if length > kept.length {
            self.take_up(&mut end, last, kept.length)?;
        }
        Ok(end)
    }

    /// The end of a chain whose head is lost: the last record of its files.
    fn found_anew(&self) -> Result<End, AuditError> {
        let segments = disk::segments(&self.directory).map_err(|why| self.unreadable(why))?;
        let mut end = End {
            head: Head::default(),
            segment: None,
            length: 0,
            put_aside: Vec::new(),
        };
        for segment in segments.iter().rev() {
            let bytes = self.read(*segment)?;
            let mut whole = 0;
            for line in verify::lines("", &bytes) {
                if let Some(link) = line.link.filter(|it| it.is_intact && line.is_whole) {
                    end.head = link.head();
                    whole = line.end;
                }
            }
            if end.segment.is_none() {
                end.segment = Some(*segment);
                end.length = bytes.len() as u64;
                if whole < bytes.len() {
                    self.set_aside(&mut end, *segment, whole as u64)?;
                }
            }
            if end.head.seq > 0 {
                break;
            }
        }
        Ok(end)
    }

    /// Somebody cut the file off, which verifying says. The chain goes on behind the last whole line.
    fn cut_short(&self, end: &mut End, segment: Segment, length: u64) -> Result<(), AuditError> {
        end.length = length;
        let bytes = self.read(segment)?;
        let whole = bytes
            .iter()
            .rposition(|it| *it == b'\n')
            .map_or(0, |it| it + 1);
        match whole < bytes.len() {
            true => self.set_aside(end, segment, whole as u64),
            false => Ok(()),
        }
    }

    /// Takes up the records behind the end, whether or not they follow: that is for verifying to say. What stands behind the
    /// last of them is put aside.
    fn take_up(&self, end: &mut End, segment: Segment, known: u64) -> Result<(), AuditError> {
        let path = disk::path_of(&self.directory, segment);
        let bytes = disk::read_from(&path, known).map_err(|why| self.unreadable(why))?;
        let mut whole = 0;
        for line in verify::lines("", &bytes) {
            if let Some(link) = line.link.filter(|it| it.is_intact && line.is_whole) {
                end.head = link.head();
                whole = line.end;
            }
        }
        end.segment = Some(segment);
        end.length = known + bytes.len() as u64;
        if whole < bytes.len() {
            self.set_aside(end, segment, known + whole as u64)?;
        }
        Ok(())
    }

    fn set_aside(&self, end: &mut End, segment: Segment, start: u64) -> Result<(), AuditError> {
        let name =
            disk::put_aside(&self.directory, segment, start).map_err(|why| self.unwritable(why))?;
        tracing::warn!(
            "the audit log in `{}` ended in what is no record; it is in `{name}` now, and the log goes on",
            self.directory.display()
        );
        end.put_aside.push((end.length - start, name));
        end.length = start;
        Ok(())
    }

    fn note_repairs(&self, held: &Held, end: &mut End) -> Result<(), AuditError> {
        for (bytes, kept) in std::mem::take(&mut end.put_aside) {
            self.append(held, end, &Event::Repaired { bytes, kept }, false)?;
        }
        Ok(())
    }

    fn append(
        &self,
        held: &Held,
        end: &mut End,
        event: &Event,
        in_new_file: bool,
    ) -> Result<u64, AuditError> {
        self.note_repairs(held, end)?;
        let now = Moment::of((self.clock)());
        let day = now.day();
        let segment = match end.segment {
            Some(last) if in_new_file || day > last.day || end.length >= self.largest => {
                end.length = 0;
                last.after(day)
            }
            Some(last) => last,
            None => Segment { day, number: 1 },
        };
        // The head names a new file before it is there, so that whoever comes after a crash knows where to look.
        if end.segment != Some(segment) {
            end.segment = Some(segment);
            self.write_head(end, segment)
                .map_err(|why| self.unwritable(why))?;
        }
        let (line, head) = chain::seal(&end.head, now, event);
        let path = disk::path_of(&self.directory, segment);
        disk::append(&path, end.length, &line).map_err(|why| self.unwritable(why))?;
        end.head = head;
        end.length += line.len() as u64;
        // The record is written: whoever writes next finds it behind the head that is there.
        if let Err(why) = self.write_head(end, segment) {
            self.warn_once(&format!("its head cannot be written: {why}"));
        }
        Ok(end.head.seq)
    }

    fn write_head(&self, end: &End, segment: Segment) -> io::Result<()> {
        let kept = Kept {
            version: chain::VERSION,
            head: end.head.clone(),
            file: segment.to_string(),
            length: end.length,
        };
        disk::write_head(&self.directory, &kept)
    }

    fn lines(&self) -> Result<Vec<Line>, AuditError> {
        let mut lines = Vec::new();
        for segment in disk::segments(&self.directory).map_err(|why| self.unreadable(why))? {
            let bytes = self.read(segment)?;
            lines.extend(verify::lines(&segment.to_string(), &bytes));
        }
        Ok(lines)
    }

    fn read(&self, segment: Segment) -> Result<Vec<u8>, AuditError> {
        let path = disk::path_of(&self.directory, segment);
        disk::read_from(&path, 0).map_err(|why| self.unreadable(why))
    }

    fn unwritable(&self, why: io::Error) -> AuditError {
        let path = self.directory.clone();
        AuditError::Unwritable { path, why }
    }

    fn unreadable(&self, why: io::Error) -> AuditError {
        let path = self.directory.clone();
        AuditError::Unreadable { path, why }
    }

    /// Says once a process that something is wrong with the log.
    pub(crate) fn warn_once(&self, why: &str) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!("audit log in `{}`: {why}", self.directory.display());
        }
    }

    fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
