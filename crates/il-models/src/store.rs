//! The folder of models that are here.
//!
//! The one idea: a model is there when its manifest is, and its manifest is written last. What a killed program leaves behind
//! is a part of a file, which the next download goes on with, or a manifest without its file, which is said.
//!
//! Deliberately absent: where the folder is.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use il_egress::CancelToken;

use crate::{
    gguf::{Strange, inspect},
    hash::{Checked, Hasher, eat_file},
    manifest::{Manifest, Origin, is_plain},
    table,
};

/// A folder of models.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A model with its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    pub manifest: Manifest,
    pub path: PathBuf,
}

/// Whether a file is still the one that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Same,
    /// Its hash is another one.
    Other {
        found: String,
    },
    /// Its size is another one.
    Size {
        found: u64,
    },
    Missing,
}

/// Why something cannot be done with the folder or a model in it.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("cannot {doing} `{path}`: {why}")]
    Disk {
        doing: &'static str,
        path: PathBuf,
        why: io::Error,
    },
    #[error("there is no model `{0}` here: `interline models list` shows what is")]
    NotHere(String),
    #[error("there is a model `{0}` already: `interline models rm {0}` makes room for another")]
    Taken(String),
    #[error("`{0}` is being downloaded or changed by another program: try again when it is done")]
    Busy(String),
    #[error("`{0}` cannot be a model's name: letters, digits, `.`, `-` and `_` can")]
    Name(String),
    #[error("`{path}` is no model: {why}")]
    NoModel { path: PathBuf, why: Strange },
    #[error("cancelled")]
    Cancelled,
}

/// While it lives, nobody else changes this model. The lock ends with the process, however it ends.
#[derive(Debug)]
pub(crate) struct Held(#[expect(dead_code, reason = "it is held, not used")] File);

pub(crate) fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Unusable {
    let path = path.to_owned();
    move |why| match why.kind() {
        io::ErrorKind::Interrupted => Unusable::Cancelled,
        _ => Unusable::Disk { doing, path, why },
    }
}

impl Store {
    /// The folder need not be there yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is here, by name, and what is wrong with the rest.
    pub fn list(&self) -> Result<(Vec<Installed>, Vec<String>), Unusable> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            Err(error) => return Err(disk("read", &self.folder)(error)),
        };
        let mut ids: Vec<String> = entries
            .flatten()
            .filter_map(|it| it.file_name().into_string().ok())
            .filter_map(|it| it.strip_suffix(".json").map(str::to_owned))
            .filter(|it| is_plain(it) && !it.ends_with(".partial"))
            .collect();
        ids.sort();
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for id in ids {
            match self.read(&id) {
                Ok(model) => found.push(model),
                Err(why) => problems.push(why),
            }
        }
        Ok((found, problems))
    }

    /// One model that is here.
    pub fn find(&self, id: &str) -> Result<Installed, Unusable> {
        self.named(id)?;
        if !self.manifest_of(id).exists() {
            return Err(Unusable::NotHere(id.to_owned()));
        }
        self.read(id).map_err(|_| Unusable::NotHere(id.to_owned()))
    }

    fn read(&self, id: &str) -> Result<Installed, String> {
        let path = self.manifest_of(id);
        let again = "`interline models rm` removes it, and it can be got again";
        let said = |why: &str| format!("`{}` cannot be used: {why}; {again}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| said(&error.to_string()))?;
        let manifest = Manifest::of_json(&text).map_err(|why| said(&why))?;
        if manifest.id != id {
            return Err(said("it belongs to another model"));
        }
        let file = self.folder.join(&manifest.file);
        match fs::metadata(&file) {
            Err(_) => Err(said(&format!("its file `{}` is gone", manifest.file))),
            Ok(it) if it.len() != manifest.size => Err(said(&format!(
                "`{}` has {} bytes and should have {}",
                manifest.file,
                it.len(),
                manifest.size
            ))),
            Ok(_) => Ok(Installed {
                manifest,
                path: file,
            }),
        }
    }

    /// How many bytes of a model are here that was not downloaded to its end.
    pub fn unfinished(&self, id: &str) -> Option<u64> {
        let partial = fs::metadata(self.partial_of(id)).ok()?;
        Some(partial.len()).filter(|it| *it > 0)
    }

    /// Removes a model, whole or unfinished; tells how many bytes that gives back.
    pub fn remove(&self, id: &str) -> Result<u64, Unusable> {
        self.named(id)?;
        let manifest = self.manifest_of(id);
        let (file, partial) = (self.file_of(id), self.partial_of(id));
        if ![&manifest, &file, &partial].iter().any(|it| it.exists()) {
            return Err(Unusable::NotHere(id.to_owned()));
        }
        let _held = self.hold(id)?;
        let mut freed = 0;
        // The manifest last: while it is there, what is missing is said.
        for path in [partial, self.note_of(id), file, manifest] {
            let bytes = fs::metadata(&path).map_or(0, |it| it.len());
            match fs::remove_file(&path) {
                Ok(()) => freed += bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(disk("remove", &path)(error)),
            }
        }
        Ok(freed)
    }

    /// Takes a file of this machine in, by a hard link where that can be and as a copy otherwise. `tell` hears how many
    /// bytes have been looked at.
    pub fn add(
        &self,
        from: &Path,
        id: &str,
        since: &str,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(u64),
    ) -> Result<Installed, Unusable> {
        self.named(id)?;
        inspect(from).map_err(|why| Unusable::NoModel {
            path: from.to_owned(),
            why,
        })?;
        let _held = self.hold(id)?;
        if self.manifest_of(id).exists() {
            return Err(Unusable::Taken(id.to_owned()));
        }
        let partial = self.folder.join(format!("{id}.gguf.added"));
        drop(fs::remove_file(&partial));
        if fs::hard_link(from, &partial).is_err() {
            fs::copy(from, &partial).map_err(disk("copy", from))?;
        }
        let hashed = hash_of(&partial, cancel, tell);
        if hashed.is_err() {
            drop(fs::remove_file(&partial));
        }
        let (size, sha256) = hashed?;
        let known = table::find(id);
        let as_known = known.and_then(|it| it.sha256.as_deref()) == Some(sha256.as_str());
        let absolute = std::path::absolute(from).unwrap_or_else(|_| from.to_owned());
        let manifest = Manifest {
            id: id.to_owned(),
            file: format!("{id}.gguf"),
            origin: Origin::Path(absolute.to_string_lossy().into_owned()),
            size,
            sha256,
            checked: if as_known {
                Checked::Table
            } else {
                Checked::Nothing
            },
            since: since.to_owned(),
            licence: known.map(|it| it.licence.name.clone()),
        };
        self.settle(&partial, manifest)
    }

    /// Looks at every byte of a model again.
    pub fn verify(
        &self,
        id: &str,
        cancel: &CancelToken,
        tell: &mut dyn FnMut(u64),
    ) -> Result<Verdict, Unusable> {
        self.named(id)?;
        let text = fs::read_to_string(self.manifest_of(id));
        let manifest = text.ok().and_then(|it| Manifest::of_json(&it).ok());
        let manifest = manifest.ok_or_else(|| Unusable::NotHere(id.to_owned()))?;
        let path = self.folder.join(&manifest.file);
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Verdict::Missing),
            Err(error) => return Err(disk("read", &path)(error)),
            Ok(it) if it.len() != manifest.size => return Ok(Verdict::Size { found: it.len() }),
            Ok(_) => {}
        }
        let (_, found) = hash_of(&path, cancel, tell)?;
        Ok(if found == manifest.sha256 {
            Verdict::Same
        } else {
            Verdict::Other { found }
        })
    }

    /// Gives a file that is whole its name, and writes its manifest.
    pub(crate) fn settle(&self, whole: &Path, manifest: Manifest) -> Result<Installed, Unusable> {
        let path = self.folder.join(&manifest.file);
        File::open(whole)
            .and_then(|it| it.sync_all())
            .map_err(disk("write", whole))?;
        fs::rename(whole, &path).map_err(disk("rename", whole))?;
        let text = format!("{:#}\n", manifest.to_json());
        self.write(&self.manifest_of(&manifest.id), &text)?;
        Ok(Installed { manifest, path })
    }

    /// Writes a small file beside its place and renames it.
    pub(crate) fn write(&self, path: &Path, text: &str) -> Result<(), Unusable> {
        let beside = path.with_extension("json.new");
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written
            .and_then(|()| fs::rename(&beside, path))
            .map_err(disk("write", path))?;
        // A folder cannot be synced everywhere; where it can, the new names survive a power cut.
        if let Ok(folder) = File::open(&self.folder) {
            drop(folder.sync_all());
        }
        Ok(())
    }

    /// Keeps everybody else from changing a model; makes the folder if there is none.
    pub(crate) fn hold(&self, id: &str) -> Result<Held, Unusable> {
        fs::create_dir_all(&self.folder).map_err(disk("make", &self.folder))?;
        let path = self.folder.join(format!(".{id}.lock"));
        let file = File::create(&path).map_err(disk("write", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Held(file)),
            Err(TryLockError::WouldBlock) => Err(Unusable::Busy(id.to_owned())),
            // A disk that knows no locks: two at once are unlikely, and the hash would tell.
            Err(TryLockError::Error(_)) => Ok(Held(file)),
        }
    }

    /// Bytes that are free where the folder is, if that can be told.
    pub fn free(&self) -> Option<u64> {
        free(self.folder.ancestors().find(|it| it.exists())?)
    }

    fn named(&self, id: &str) -> Result<(), Unusable> {
        match is_plain(id) {
            true => Ok(()),
            false => Err(Unusable::Name(id.to_owned())),
        }
    }

    fn file_of(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.gguf"))
    }

    fn manifest_of(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    pub(crate) fn partial_of(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.gguf.partial"))
    }

    /// What is known of an unfinished download.
    pub(crate) fn note_of(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.gguf.partial.json"))
    }
}

fn hash_of(
    path: &Path,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(u64),
) -> Result<(u64, String), Unusable> {
    let mut hasher = Hasher::default();
    let mut file = File::open(path).map_err(disk("read", path))?;
    let size = eat_file(&mut hasher, &mut file, cancel, tell).map_err(disk("read", path))?;
    Ok((size, hasher.hex()))
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests;
