//! Reading packages: bounded, counted, remembered.
//!
//! The one idea: whatever is read goes through here, so that what an answer cost can be counted, and no file or folder,
//! however large, costs more than its bound.
//!
//! Deliberately absent: watching. A file that changed is read again, since its size or time differs.

use std::{
    cell::{Cell, RefCell},
    fmt, fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use il_privacy::{Level, Policy};
use il_syntax::Import;
use rustc_hash::FxHashMap;

use super::Outline;
use crate::imports::Tree;

/// How much of a file is read.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// How many entries of a folder are looked at.
const MAX_ENTRIES: usize = 20_000;

/// How many outlines are kept, and how much memory they may take.
const MAX_OUTLINES: usize = 256;
const MAX_OUTLINE_BYTES: usize = 24 << 20;

/// How many manifests and lists of folders are kept before all are forgotten.
const MAX_MANIFESTS: usize = 64;
const MAX_FOLDERS: usize = 64;

/// What was read, for whoever wants to know what an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    pub files_read: usize,
    pub bytes_read: usize,
    pub folders_listed: usize,
    pub outlines_kept: usize,
    pub outline_bytes: usize,
}

#[derive(Default)]
pub(super) struct Disk {
    work: Cell<Work>,
    kept: RefCell<FxHashMap<PathBuf, Kept>>,
    manifests: RefCell<FxHashMap<PathBuf, (FileStamp, Option<Arc<str>>)>>,
    folders: RefCell<FxHashMap<PathBuf, (Option<SystemTime>, Vec<PathBuf>)>>,
    now: Cell<u64>,
    policy: Arc<Policy>,
}

/// Size and time of the last change.
type FileStamp = (u64, Option<SystemTime>);

struct Kept {
    stamp: FileStamp,
    outline: Arc<Outline>,
    bytes: usize,
    used: u64,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Disk({:?})", self.work.get())
    }
}

impl Disk {
    pub(super) fn guarded_by(self, policy: Arc<Policy>) -> Self {
        Self { policy, ..self }
    }

    pub(super) fn work(&self) -> Work {
        self.work.get()
    }

    fn count(&self, add: impl FnOnce(&mut Work)) {
        let mut work = self.work.get();
        add(&mut work);
        self.work.set(work);
    }

    /// The beginning of a text file, whole lines.
    fn read(&self, path: &Path) -> Option<String> {
        if self.policy.level(&path.to_string_lossy()) == Level::Blocked {
            return None;
        }
        let file = fs::File::open(path).ok().filter(|file| {
            // Not a pipe, not a device.
            file.metadata().is_ok_and(|it| it.is_file())
        })?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).ok()?;
        self.count(|work| {
            work.files_read += 1;
            work.bytes_read += bytes.len();
        });
        if bytes.len() as u64 == MAX_FILE_BYTES {
            let end = bytes.iter().rposition(|&byte| byte == b'\n')?;
            bytes.truncate(end + 1);
        }
        String::from_utf8(bytes).ok()
    }

    /// The text of a manifest or lock file, which is asked for with every import.
    pub(super) fn manifest(&self, path: &Path) -> Option<Arc<str>> {
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let stamp = (metadata.len(), metadata.modified().ok());
        if let Some((known, text)) = self.manifests.borrow().get(path)
            && *known == stamp
        {
            return text.clone();
        }
        let text: Option<Arc<str>> = self.read(path).map(Into::into);
        let mut kept = self.manifests.borrow_mut();
        if kept.len() >= MAX_MANIFESTS {
            kept.clear();
        }
        kept.insert(path.to_owned(), (stamp, text.clone()));
        text
    }

    /// The entries of a folder, sorted.
    pub(super) fn list(&self, folder: &Path) -> Vec<PathBuf> {
        let metadata = fs::metadata(folder).ok().filter(fs::Metadata::is_dir);
        let Some(metadata) = metadata else {
            return Vec::new();
        };
        let stamp = metadata.modified().ok();
        if let Some((known, paths)) = self.folders.borrow().get(folder)
            && *known == stamp
        {
            return paths.clone();
        }
        self.count(|work| work.folders_listed += 1);
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.take(MAX_ENTRIES).map(|it| it.path()).collect();
        paths.sort_unstable();
        let mut kept = self.folders.borrow_mut();
        if kept.len() >= MAX_FOLDERS {
            kept.clear();
        }
        kept.insert(folder.to_owned(), (stamp, paths.clone()));
        paths
    }

    pub(super) fn outline(&self, path: &Path) -> Option<Arc<Outline>> {
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let stamp = (metadata.len(), metadata.modified().ok());
        self.now.set(self.now.get() + 1);
        if let Some(kept) = self.kept.borrow_mut().get_mut(path)
            && kept.stamp == stamp
        {
            kept.used = self.now.get();
            return Some(Arc::clone(&kept.outline));
        }
        let text = self.read(path)?;
        let outline = Arc::new(Outline::of(&path.to_string_lossy(), &text));
        self.keep(path, stamp, &outline);
        Some(outline)
    }

    fn keep(&self, path: &Path, stamp: FileStamp, outline: &Arc<Outline>) {
        let mut kept = self.kept.borrow_mut();
        let entry = Kept {
            stamp,
            bytes: outline.bytes(),
            outline: Arc::clone(outline),
            used: self.now.get(),
        };
        let mut total = self.work.get().outline_bytes + entry.bytes;
        if let Some(old) = kept.insert(path.to_owned(), entry) {
            total -= old.bytes;
        }
        while kept.len() > MAX_OUTLINES || (total > MAX_OUTLINE_BYTES && kept.len() > 1) {
            let oldest = kept.iter().min_by_key(|(_, it)| it.used);
            let Some(oldest) = oldest.map(|(path, _)| path.clone()) else {
                break;
            };
            total -= kept.remove(&oldest).map_or(0, |it| it.bytes);
        }
        self.count(|work| {
            work.outlines_kept = kept.len();
            work.outline_bytes = total;
        });
    }
}

/// A folder of installed sources, as a tree that imports lead through.
#[derive(Debug)]
pub(super) struct Package<'a> {
    pub(super) disk: &'a Disk,
    pub(super) folder: PathBuf,
}

impl<'a> Package<'a> {
    pub(super) fn new(disk: &'a Disk, folder: PathBuf) -> Self {
        Self { disk, folder }
    }
}

impl Tree for Package<'_> {
    fn has_file(&self, path: &str) -> bool {
        self.folder.join(path).is_file()
    }

    fn children(&self, folder: &str) -> Vec<String> {
        let inside = |path: PathBuf| {
            let path = path.strip_prefix(&self.folder).ok()?.to_str()?;
            Some(path.replace('\\', "/"))
        };
        let paths = self.disk.list(&self.folder.join(folder));
        paths.into_iter().filter_map(inside).collect()
    }

    fn read(&self, path: &str) -> Option<String> {
        let text = self.disk.manifest(&self.folder.join(path));
        text.map(|text| text.to_string())
    }

    fn imports(&self, path: &str) -> Vec<Import> {
        let outline = self.disk.outline(&self.folder.join(path));
        outline.map(|it| it.imports.clone()).unwrap_or_default()
    }

    fn defines(&self, path: &str, name: &str) -> bool {
        let outline = self.disk.outline(&self.folder.join(path));
        outline.is_some_and(|it| it.defines(name))
    }
}
