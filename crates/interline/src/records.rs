//! Everything that is kept on this machine, in one table: what, where, how long, who reads it.
//!
//! The one idea: showing, exporting, erasing and sweeping go through this table, so a store that is missing in one is missing in
//! all, and a test counts what is in the folders against it.
//!
//! Deliberately absent: what is not kept at all: prompts, answers, and how the tool is used.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::SystemTime,
};

use il_audit::{AuditLog, Consent, Swept};
use il_config::Settings;
use il_ledger::Day;

use crate::{
    costs, models,
    repository::{cache, lock},
    screening, settings, terminal,
};

/// Something that is kept.
pub(crate) struct Store {
    pub(crate) what: What,
    /// `None` where this machine has no place for it.
    pub(crate) path: Option<PathBuf>,
    /// How long, for people.
    pub(crate) kept: String,
    pub(crate) measured: Measured,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Cache,
    Costs,
    Audit,
    Consent,
    Settings,
    Models,
    Provenance,
}

impl What {
    pub(crate) const ALL: [Self; 7] = [
        Self::Cache,
        Self::Costs,
        Self::Audit,
        Self::Consent,
        Self::Settings,
        Self::Models,
        Self::Provenance,
    ];

    /// Stable, for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Costs => "costs",
            Self::Audit => "audit",
            Self::Consent => "consent",
            Self::Settings => "settings",
            Self::Models => "models",
            Self::Provenance => "provenance",
        }
    }

    /// What is in it.
    pub(crate) fn holds(self) -> &'static str {
        match self {
            Self::Cache => {
                "what was learnt from your repositories: pieces of code, without secrets"
            }
            Self::Costs => "what answers of paid models cost: names, times, numbers",
            Self::Audit => "what left this machine: hosts, times, numbers, paths of files",
            Self::Consent => "what you agreed to, and for which repositories",
            Self::Settings => "your settings; keys are named in them, never written",
            Self::Models => "models that were fetched; nothing of yours",
            Self::Provenance => "fingerprints of reference code that you installed",
        }
    }

    /// It was made of somebody's source code.
    pub(crate) fn is_of_source(self) -> bool {
        self == Self::Cache
    }

    /// It says something about a person.
    pub(crate) fn is_personal(self) -> bool {
        matches!(
            self,
            Self::Costs | Self::Audit | Self::Consent | Self::Settings
        )
    }

    pub(crate) fn read_by(self) -> &'static str {
        match self {
            Self::Cache => "completion and search",
            Self::Costs => "`interline cost`, and the caps on it",
            Self::Audit => "`interline privacy log`",
            Self::Consent => "whatever would need it",
            Self::Settings => "every command",
            Self::Models => "completion",
            Self::Provenance => "the screening of suggestions",
        }
    }

    /// So many of its records, in words.
    pub(crate) fn counted(self, records: u64) -> String {
        match (self, records) {
            (Self::Cache, n) => terminal::count(n, "model and index file"),
            (Self::Consent, 1) => "1 repository".to_owned(),
            (Self::Consent, n) => format!("{n} repositories"),
            (Self::Costs, n) => terminal::count(n, "answer"),
            (Self::Audit, n) => terminal::count(n, "record"),
            (Self::Settings, n) => terminal::count(n, "file"),
            (Self::Models, n) => terminal::count(n, "model"),
            (Self::Provenance, n) => terminal::count(n, "reference"),
        }
    }

    fn path(self, user: Option<&Path>) -> Option<PathBuf> {
        match self {
            Self::Cache => cache::directory().ok(),
            Self::Costs => costs::directory().ok(),
            Self::Audit => audit_directory().ok(),
            Self::Consent => consent().ok().map(|it| it.path()),
            Self::Settings => user.map(Path::to_path_buf),
            Self::Models => models::store().ok().map(|it| it.folder().to_owned()),
            Self::Provenance => screening::directory().ok(),
        }
    }

    fn kept(self, settings: &Settings) -> String {
        let days = |days: u32| match days {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        match self {
            Self::Cache => "until erased".to_owned(),
            Self::Costs => days(settings.budget.keep_days.value),
            Self::Audit => days(settings.privacy.keep.audit_days.value),
            Self::Consent => "until taken back".to_owned(),
            Self::Settings => "it is yours".to_owned(),
            Self::Models | Self::Provenance => "until removed".to_owned(),
        }
    }

    /// Whether a name in its folder is one of its own: somebody may have pointed it at a folder with other things.
    fn owns(self, name: &str) -> bool {
        match self {
            Self::Cache => is_of_cache(name),
            Self::Costs => name.ends_with(".jsonl"),
            _ => true,
        }
    }
}

/// `NAME-0123456789abcdef.model`, `….index`, and what a crash left of one.
fn is_of_cache(name: &str) -> bool {
    let name = name.strip_prefix('.').unwrap_or(name);
    let name = name
        .strip_suffix(".tmp")
        .and_then(|it| it.rsplit_once('.'))
        .map_or(name, |it| it.0);
    let stem = name
        .strip_suffix(".model")
        .or_else(|| name.strip_suffix(".index"));
    let hash = stem.and_then(|it| it.rsplit_once('-')).map(|it| it.1);
    hash.is_some_and(|it| it.len() == 16 && it.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) bytes: u64,
    pub(crate) records: u64,
    /// When the oldest file was written last.
    pub(crate) oldest: Option<SystemTime>,
}

/// Everything that is kept.
pub(crate) fn stores() -> Vec<Store> {
    let found = settings::read(None, None);
    let stores = What::ALL.into_iter().map(|what| {
        let path = what.path(found.user.as_deref());
        let mut measured = Measured::default();
        if let Some(path) = &path {
            // What cannot be read counts as not there; the commands that need it say so.
            let _ = measure(what, path, &mut measured);
        }
        Store {
            what,
            path,
            kept: what.kept(&found.settings),
            measured,
        }
    });
    stores.collect()
}

fn measure(what: What, path: &Path, into: &mut Measured) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() {
        into.bytes = metadata.len();
        into.oldest = metadata.modified().ok();
        into.records = match what {
            What::Consent => consent()
                .ok()
                .and_then(|it| it.all().ok())
                .map_or(0, |it| it.len() as u64),
            _ => 1,
        };
        return Ok(());
    }
    for entry in fs::read_dir(path)?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !what.owns(&name) {
            continue;
        }
        into.records += records_in(what, &entry.path(), &name);
        add_sizes(&entry.path(), into);
    }
    Ok(())
}

fn records_in(what: What, path: &Path, name: &str) -> u64 {
    let lines_with = |word: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().filter(|it| it.contains(word)).count() as u64
    };
    match what {
        What::Cache => u64::from(!name.starts_with('.')),
        What::Costs => lines_with("\"is\":\"answer\""),
        What::Audit if name.ends_with(".jsonl") => lines_with("\"seq\":"),
        What::Models => u64::from(name.ends_with(".gguf")),
        What::Provenance => 1,
        What::Audit | What::Consent | What::Settings => 0,
    }
}

fn add_sizes(path: &Path, into: &mut Measured) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    if metadata.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            add_sizes(&entry.path(), into);
        }
        return;
    }
    into.bytes += metadata.len();
    // A lock says nothing about when something was written.
    if metadata.len() > 0
        && let Ok(written) = metadata.modified()
    {
        into.oldest = Some(into.oldest.map_or(written, |it| it.min(written)));
    }
}

/// Where the record of what left is.
pub(crate) fn audit_directory() -> Result<PathBuf, String> {
    Ok(costs::data_directory()?.join("audit"))
}

/// The record of what left, opened once.
pub(crate) fn audit() -> Result<Arc<AuditLog>, String> {
    static OPEN: Mutex<Option<Arc<AuditLog>>> = Mutex::new(None);
    let mut open = lock(&OPEN);
    if let Some(log) = &*open {
        return Ok(Arc::clone(log));
    }
    let log = AuditLog::new(&audit_directory()?, Arc::new(SystemTime::now));
    let log = Arc::new(log);
    *open = Some(Arc::clone(&log));
    Ok(log)
}

/// What was agreed to.
pub(crate) fn consent() -> Result<Consent, String> {
    Ok(Consent::new(&costs::data_directory()?))
}

/// What a sweep deleted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sweeping {
    pub(crate) audit: Swept,
    /// Days of costs.
    pub(crate) costs: usize,
    /// What could not be swept, and why.
    pub(crate) problems: Vec<String>,
}

/// Deletes what is older than the settings say.
pub(crate) fn sweep() -> Sweeping {
    let found = settings::read(None, None);
    let mut done = Sweeping::default();
    // A file with a mistake in it counts as absent, and what it says may be to keep things longer.
    if !found.problems.is_empty() || found.settings.privacy.unreadable.is_some() {
        let why = "nothing is deleted while something is wrong with the settings: see `interline config check`";
        done.problems.push(why.to_owned());
        return done;
    }
    let keep_days = found.settings.budget.keep_days.value;
    let oldest = Day::of(SystemTime::now()).before(keep_days);
    let swept = costs::directory()
        .and_then(|it| il_ledger::forget(&it, Some(oldest)).map_err(|why| why.to_string()));
    match swept {
        Ok(days) => done.costs = days,
        Err(why) => done.problems.push(format!("costs: {why}")),
    }
    let days = found.settings.privacy.keep.audit_days.value;
    let swept = audit().and_then(|it| it.sweep(days).map_err(|why| why.to_string()));
    match swept {
        Ok(swept) => done.audit = swept,
        Err(why) => done.problems.push(why),
    }
    done
}

/// The same beside whatever else this process does; what goes wrong is logged and nothing more.
pub(crate) fn sweep_in_background() {
    let sweep = || {
        let done = sweep();
        for problem in &done.problems {
            tracing::warn!("old records stay: {problem}");
        }
        if done.costs > 0 || done.audit.files > 0 {
            tracing::info!(
                "deleted {} days of costs and {} of the record of what left: they are older than the settings say",
                done.costs,
                done.audit.files
            );
        }
    };
    if let Err(why) = thread::Builder::new().name("sweep".into()).spawn(sweep) {
        tracing::warn!("old records stay: {why}");
    }
}

/// Deletes everything of a store that is its own; tells how many bytes.
pub(crate) fn erase(what: What) -> Result<u64, String> {
    let failed = |why: io::Error| format!("{}: {why}", what.word());
    match what {
        What::Audit => {
            let swept = audit()?.erase().map_err(|why| why.to_string())?;
            Ok(swept.bytes)
        }
        What::Consent => {
            let consent = consent()?;
            let bytes = fs::metadata(consent.path()).map_or(0, |it| it.len());
            consent.forget(None).map_err(|why| why.to_string())?;
            Ok(bytes)
        }
        What::Costs => {
            let directory = costs::directory()?;
            let mut measured = Measured::default();
            add_sizes(&directory, &mut measured);
            il_ledger::forget(&directory, None).map_err(failed)?;
            Ok(measured.bytes)
        }
        What::Cache => erase_cache(|_| true).map_err(failed),
        What::Settings | What::Models | What::Provenance => Ok(0),
    }
}

/// Deletes what was learnt from one repository; tells how many bytes.
pub(crate) fn erase_cache_of(root: &Path) -> Result<u64, String> {
    let directory = cache::directory()?;
    let model = cache::file_of(&directory, root);
    let stem = model.file_stem().unwrap_or_default().to_string_lossy();
    // The hash at its end makes it one repository's.
    let is_its = |name: &str| name.trim_start_matches('.').starts_with(&*stem);
    erase_cache(is_its).map_err(|why| why.to_string())
}

fn erase_cache(is_meant: impl Fn(&str) -> bool) -> io::Result<u64> {
    let Ok(directory) = cache::directory() else {
        return Ok(0);
    };
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut measured = Measured::default();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !is_of_cache(&name) || !is_meant(&name) {
            continue;
        }
        add_sizes(&entry.path(), &mut measured);
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(measured.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_cache_folder_only_its_own_files_are_erased() {
        for name in [
            "app-0123456789abcdef.model",
            "my-app-0123456789abcdef.index",
            ".app-0123456789abcdef.model.123.tmp",
        ] {
            assert!(is_of_cache(name), "{name}");
        }
        for name in [
            "notes.txt",
            "app.model",
            "my-thesis.index",
            "model",
            "app-0123.index",
            ".tmp",
        ] {
            assert!(!is_of_cache(name), "{name}");
        }
    }
}
