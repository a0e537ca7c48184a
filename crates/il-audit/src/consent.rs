//! What a user agreed to, a repository at a time.
//!
//! The one idea: nothing is agreed to until somebody says so here, on this machine. The file is in the user's own data
//! folder, so what comes with a repository cannot turn anything on; and a yes is for the repository that was there: where
//! another one lies in its place, or the file cannot be read, it counts for nothing.
//!
//! Deliberately absent: asking, and what is done with a yes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use il_calendar::Moment;
use serde::{Deserialize, Serialize};

use crate::{chain, disk};

const FILE: &str = "consent.json";
const LOCK: &str = "consent.lock";
const VERSION: u32 = 1;

/// What can be agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// That a model is trained on the repository's text.
    Training,
    /// That figures on how the tool is used leave this machine.
    Telemetry,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Training, Self::Telemetry];

    /// Stable, for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Telemetry => "telemetry",
        }
    }
}

/// What is known of one repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Where it is, absolute and without links.
    pub root: String,
    /// A hash of where it was cloned from.
    pub remote: Option<String>,
    /// Since when.
    #[serde(default)]
    pub training: Option<String>,
    #[serde(default)]
    pub telemetry: Option<String>,
}

impl Given {
    /// Since when it is given.
    pub fn since(&self, kind: Kind) -> Option<&str> {
        match kind {
            Kind::Training => self.training.as_deref(),
            Kind::Telemetry => self.telemetry.as_deref(),
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    version: u32,
    repositories: Vec<Given>,
}

/// Why a consent cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    #[error("there is no repository at `{0}`")]
    NoRepository(PathBuf),
    #[error("the consents in `{path}` cannot be read: {why}; until then none is given")]
    Unreadable { path: PathBuf, why: String },
    #[error("the consents in `{path}` cannot be written: {why}")]
    Unwritable { path: PathBuf, why: io::Error },
}

/// The consents of a user on this machine.
#[derive(Clone, Debug)]
pub struct Consent {
    directory: PathBuf,
}

impl Consent {
    /// `data` is the user's data folder. Nothing is made before somebody agrees to something.
    pub fn new(data: &Path) -> Self {
        Self {
            directory: data.to_owned(),
        }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// Whether it is given for what lies at `repository` now. Never where that is uncertain.
    pub fn is_given(&self, kind: Kind, repository: &Path) -> bool {
        self.given(repository)
            .is_ok_and(|it| it.is_some_and(|it| it.since(kind).is_some()))
    }

    /// What is given for what lies at `repository` now.
    pub fn given(&self, repository: &Path) -> Result<Option<Given>, ConsentError> {
        let (root, remote) = identity(repository)?;
        let found = self.read()?.repositories;
        Ok(found
            .into_iter()
            .find(|it| it.root == root && it.remote == remote))
    }

    /// What is known of all repositories.
    pub fn all(&self) -> Result<Vec<Given>, ConsentError> {
        Ok(self.read()?.repositories)
    }

    /// Gives it or takes it back. Tells whether that changed anything.
    pub fn set(
        &self,
        kind: Kind,
        repository: &Path,
        is_on: bool,
        now: Moment,
    ) -> Result<bool, ConsentError> {
        let (root, remote) = identity(repository)?;
        let unwritable = |why| ConsentError::Unwritable {
            path: self.path(),
            why,
        };
        let _held = disk::hold(&self.directory, LOCK).map_err(unwritable)?;
        let mut content = self.read()?;
        // Of another repository that lay there before.
        content
            .repositories
            .retain(|it| it.root != root || it.remote == remote);
        let at = content.repositories.iter().position(|it| it.root == root);
        let mut entry = match at {
            Some(at) => content.repositories.remove(at),
            None => Given {
                root,
                remote,
                ..Given::default()
            },
        };
        let since = match kind {
            Kind::Training => &mut entry.training,
            Kind::Telemetry => &mut entry.telemetry,
        };
        let has_changed = since.is_some() != is_on;
        if has_changed {
            *since = is_on.then(|| now.to_string());
        }
        if Kind::ALL.into_iter().any(|it| entry.since(it).is_some()) {
            content.repositories.push(entry);
        }
        content.repositories.sort_by(|a, b| a.root.cmp(&b.root));
        self.write(&content).map_err(unwritable)?;
        Ok(has_changed)
    }

    /// Forgets what is known of a repository, or of all. Tells of how many.
    pub fn forget(&self, repository: Option<&Path>) -> Result<usize, ConsentError> {
        let unwritable = |why| ConsentError::Unwritable {
            path: self.path(),
            why,
        };
        if !self.path().exists() {
            return Ok(0);
        }
        let _held = disk::hold(&self.directory, LOCK).map_err(unwritable)?;
        let Some(repository) = repository else {
            // Also one that cannot be read.
            let known = self.read().map_or(0, |it| it.repositories.len());
            fs::remove_file(self.path()).map_err(unwritable)?;
            return Ok(known);
        };
        let (root, _) = identity(repository)?;
        let mut content = self.read()?;
        let before = content.repositories.len();
        content.repositories.retain(|it| it.root != root);
        self.write(&content).map_err(unwritable)?;
        Ok(before - content.repositories.len())
    }

    fn read(&self) -> Result<Content, ConsentError> {
        let unreadable = |why: String| ConsentError::Unreadable {
            path: self.path(),
            why,
        };
        let bytes = match fs::read(self.path()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::default()),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let content: Content =
            serde_json::from_slice(&bytes).map_err(|_| unreadable("it is damaged".to_owned()))?;
        match content.version {
            VERSION => Ok(content),
            other => Err(unreadable(format!("it is of version {other}"))),
        }
    }

    fn write(&self, content: &Content) -> io::Result<()> {
        if content.repositories.is_empty() {
            return match fs::remove_file(self.path()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                done => done,
            };
        }
        let content = Content {
            version: VERSION,
            repositories: content.repositories.clone(),
        };
        // Strings alone: nothing in it can fail to be JSON.
        let text = serde_json::to_string_pretty(&content).unwrap_or_default() + "\n";
        disk::write_whole(&self.path(), text.as_bytes(), true)
    }
}

/// Where a repository is, and a hash of where it came from.
fn identity(repository: &Path) -> Result<(String, Option<String>), ConsentError> {
    let gone = |_| ConsentError::NoRepository(repository.to_owned());
    let root = fs::canonicalize(repository).map_err(gone)?;
    let remote = fs::read_to_string(root.join(".git/config"));
    let remote = remote.ok().and_then(|it| remote_of(&it));
    Ok((
        root.to_string_lossy().into_owned(),
        remote.map(|it| chain::hex(it.as_bytes())),
    ))
}

/// Where a clone came from: the URL of `origin`, without the password that may stand in it.
fn remote_of(config: &str) -> Option<String> {
    let mut lines = config.lines().map(str::trim);
    lines.find(|it| *it == "[remote \"origin\"]")?;
    let found = lines
        .take_while(|it| !it.starts_with('['))
        .filter_map(|it| it.split_once('='))
        .find(|(key, _)| key.trim() == "url")?;
    let said = found.1.trim();
    let Ok(mut url) = url::Url::parse(said) else {
        return Some(said.to_owned());
    };
    // Fails for what has no user anyway.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(url.into())
}

#[cfg(test)]
mod tests;
