//! The code of a repository, as far as copies are concerned: what is in it already is nobody else's.
//!
//! The one idea: it costs nothing until the first suggestion looks like a copy. Then the runs of all files are gathered,
//! on a thread of its own where somebody types meanwhile, and kept; what was gathered long ago is gathered again when it
//! is asked for.
//!
//! Deliberately absent: the buffer that is being edited, which the screen itself looks at.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use il_screen::{
    Holding, Own,
    copies::mostly,
    fingerprint::{self, Grain},
    lexeme,
};

use crate::repository::{Mode, lock, tree};

/// Files change; a copy of what was written since is looked for anew after so long.
const STALE: Duration = Duration::from_secs(120);

/// The code of one repository.
pub(super) struct OwnCode {
    root: PathBuf,
    mode: Mode,
    gathered: Arc<Mutex<Gathered>>,
}

#[derive(Default)]
struct Gathered {
    /// Sorted, and of which grain they are.
    keys: Option<(Grain, Arc<[u64]>)>,
    at: Option<Instant>,
    under_way: bool,
}

impl fmt::Debug for OwnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnCode({})", self.root.display())
    }
}

impl OwnCode {
    pub(super) fn of(root: &Path, mode: Mode) -> Self {
        Self {
            root: root.to_path_buf(),
            mode,
            gathered: Arc::default(),
        }
    }

    /// What is known now, and whether it may be out of date.
    fn known(&self, grain: Grain) -> (Option<Arc<[u64]>>, bool) {
        let gathered = lock(&self.gathered);
        let keys = gathered.keys.as_ref().filter(|(it, _)| *it == grain);
        let stale = gathered.at.is_none_or(|at| at.elapsed() > STALE);
        (keys.map(|(_, keys)| Arc::clone(keys)), stale)
    }

    fn gather(&self, grain: Grain) {
        if std::mem::replace(&mut lock(&self.gathered).under_way, true) {
            return;
        }
        let (root, gathered) = (self.root.clone(), Arc::clone(&self.gathered));
        let work = move || {
            let keys = keys_of(&root, grain);
            *lock(&gathered) = Gathered {
                keys: Some((grain, keys)),
                at: Some(Instant::now()),
                under_way: false,
            };
        };
        match self.mode {
            // Asked once, from the command line: nobody types meanwhile.
            Mode::Once => work(),
            Mode::Watching => {
                let started = thread::Builder::new().name("own-code".into()).spawn(work);
                if let Err(error) = started {
                    tracing::warn!(%error, "cannot gather the repository's own code");
                    lock(&self.gathered).under_way = false;
                }
            }
        }
    }
}

impl Own for OwnCode {
    fn holds(&self, keys: &[u64], grain: Grain) -> Holding {
        let held = |known: &[u64]| mostly(keys, |key| known.binary_search(&key).is_ok());
        let (mut known, stale) = self.known(grain);
        if known.as_deref().is_some_and(held) {
            return Holding::Yes;
        }
        if known.is_none() || stale {
            self.gather(grain);
            if self.mode == Mode::Once {
                known = self.known(grain).0;
            }
        }
        match known {
            None => Holding::NotYet,
            Some(known) if held(&known) => Holding::Yes,
            Some(_) => Holding::No,
        }
    }
}

/// The runs of all files of a repository that may be read.
fn keys_of(root: &Path, grain: Grain) -> Arc<[u64]> {
    let mut keys: Vec<u64> = Vec::new();
    for file in tree::scan_all(root).files {
        let Some(text) = tree::read(root, &file.path) else {
            continue;
        };
        let language = tree::language(&file.path, &text);
        let lexemes = lexeme::of_language(language).read(&text);
        keys.extend(fingerprint::of(&lexemes, grain).iter().map(|it| it.key));
    }
    keys.sort_unstable();
    keys.dedup();
    keys.into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const CODE: &str = "pub fn sum(rows: &[Row]) -> Result<u64, Error> {\n    let mut all = 0;\n    for row in rows {\n        \
                        if row.is_empty() || row.width > 9 {\n            return Err(Error::Row(row.number));\n        }\n  \
                        all += row.cells.iter().map(|it| it.value).sum::<u64>();\n    }\n    Ok(all)\n}\n";

    fn keys(text: &str) -> Vec<u64> {
        let lexemes = lexeme::of_language("rust").read(text);
        let found = fingerprint::of(&lexemes, Grain::SHIPPED);
        found.iter().map(|it| it.key).collect()
    }

    #[test]
    fn what_the_repository_has_is_its_own_under_any_names() {
        let root = tempfile::tempdir().expect("a folder");
        fs::write(root.path().join("sum.rs"), CODE).expect("written");
        let own = OwnCode::of(root.path(), Mode::Once);
        let wanted = keys(&CODE.replace("all", "total").replace("row", "line"));
        assert!(wanted.len() >= 2);
        assert_eq!(own.holds(&wanted, Grain::SHIPPED), Holding::Yes);
        assert_eq!(own.holds(&[1, 2, 3], Grain::SHIPPED), Holding::No);
    }

    #[test]
    fn who_types_does_not_wait() {
        let root = tempfile::tempdir().expect("a folder");
        fs::write(root.path().join("sum.rs"), CODE).expect("written");
        let own = OwnCode::of(root.path(), Mode::Watching);
        assert_eq!(own.holds(&keys(CODE), Grain::SHIPPED), Holding::NotYet);
        while lock(&own.gathered).under_way {
            thread::yield_now();
        }
        assert_eq!(own.holds(&keys(CODE), Grain::SHIPPED), Holding::Yes);
    }
}
