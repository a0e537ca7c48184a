//! What suggestions are looked through with: the screen of each repository, and the references that are installed.
//!
//! The one idea: references are read once a process, and a screen is made once a repository, from the settings that hold
//! there. A reference that cannot be read is said once and missing; everything else is screened as ever.
//!
//! Deliberately absent: the checks (`il-screen`), and what a reference is (`il-provenance`).

mod own;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex},
};

use il_assist::Screen;
use il_config::Privacy;
use il_privacy::Finder;
use il_provenance::Filter;
use il_screen::{Own, Policy, Reference, Screener, copies::Nothing};

use self::own::OwnCode;
use crate::{
    costs, privacy,
    repository::{Mode, lock},
    settings, terminal,
};

/// Where references are installed.
pub(crate) fn directory() -> Result<PathBuf, String> {
    Ok(costs::data_directory()?.join("provenance"))
}

/// The screens of all repositories.
pub(crate) struct Screening {
    mode: Mode,
    made: Mutex<HashMap<Option<PathBuf>, Arc<dyn Screen>>>,
}

impl Screening {
    pub(crate) fn new(mode: Mode) -> Self {
        Self {
            mode,
            made: Mutex::default(),
        }
    }

    /// The screen of a repository, or of files that are in none.
    pub(crate) fn of(&self, root: Option<&Path>) -> Arc<dyn Screen> {
        let key = root.map(Path::to_path_buf);
        if let Some(made) = lock(&self.made).get(&key) {
            return Arc::clone(made);
        }
        // Not under the lock: the first one compiles rules and reads references.
        let made = self.make(root);
        Arc::clone(lock(&self.made).entry(key).or_insert(made))
    }

    fn make(&self, root: Option<&Path>) -> Arc<dyn Screen> {
        let privacy = settings::read(root, None).settings.privacy;
        let screener = Screener::default().with_finder(finder(&privacy));
        let references = references();
        if references.is_empty() {
            return Arc::new(screener);
        }
        let own: Arc<dyn Own> = match root {
            Some(root) => Arc::new(OwnCode::of(root, self.mode)),
            None => Arc::new(Nothing),
        };
        Arc::new(screener.with_references(references.to_vec(), own, policy(&privacy)))
    }
}

/// What the settings want of copies.
pub(crate) fn policy(privacy: &Privacy) -> Policy {
    let licences = privacy.block_licences.iter();
    Policy {
        matches: match *privacy.matches {
            il_config::Matches::Block => il_screen::Matches::Block,
            il_config::Matches::Annotate => il_screen::Matches::Annotate,
            il_config::Matches::Allow => il_screen::Matches::Allow,
        },
        block_licences: licences.map(|it| it.value.clone()).collect(),
        ..Policy::default()
    }
}

/// What finds the secrets that the settings name.
fn finder(privacy: &Privacy) -> Arc<Finder> {
    privacy::finder(privacy).unwrap_or_else(|why| {
        terminal::warning(&format!(
            "suggestions are screened for the usual secrets: {why}"
        ));
        Finder::shipped_shared()
    })
}

/// The references that are installed, read when they are first wanted.
fn references() -> &'static [Arc<dyn Reference>] {
    static READ: LazyLock<Vec<Arc<dyn Reference>>> = LazyLock::new(|| {
        let files = directory().and_then(|it| {
            let shown = it.display().to_string();
            il_provenance::installed(&it).map_err(|why| format!("`{shown}`: {why}"))
        });
        let files = files.unwrap_or_else(|why| {
            terminal::warning(&format!(
                "suggestions are not compared with known code: {why}"
            ));
            Vec::new()
        });
        files.iter().filter_map(|it| reference(it)).collect()
    });
    &READ
}

fn reference(path: &Path) -> Option<Arc<dyn Reference>> {
    match Filter::open(path) {
        Ok(filter) => Some(Arc::new(filter)),
        Err(why) => {
            terminal::warning(&format!(
                "suggestions are not compared with all known code: {why}"
            ));
            None
        }
    }
}
