//! What stands between this process and everybody else, made once.
//!
//! The one idea: all that leaves goes through guards that share a redactor, so a secret has one placeholder wherever it is
//! sent. What finds secrets is made once for everybody who looks for the same kinds: guards, screens, and masks.
//!
//! Deliberately absent: what is a secret, and what a policy says (`il-privacy`).

use std::{
    fs,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

use il_config::Privacy;
use il_privacy::{Finder, Guard, Mask, Policy, Reach, Redactor, Restore, Rules, Switches};

use crate::repository::lock;

/// A guard towards one place, with the policy of a repository; why there can be none.
pub(crate) fn guard(privacy: &Privacy, policy: Arc<Policy>, reach: Reach) -> Result<Guard, String> {
    static MADE: Made<Arc<Redactor>> = Made::new();
    let restore = match *privacy.restore {
        true => Restore::Usual,
        false => Restore::Nothing,
    };
    let redactor = MADE.of(privacy, |kinds| match kinds.is_usual() {
        true => Ok(usual()),
        false => Ok(Arc::new(Redactor::new(finder(privacy)?))),
    })?;
    Ok(Guard::new(redactor, policy, reach).restoring(restore))
}

/// What finds the kinds that settings name; why the user's own rules cannot be had.
pub(crate) fn finder(privacy: &Privacy) -> Result<Arc<Finder>, String> {
    static MADE: Made<Arc<Finder>> = Made::new();
    MADE.of(privacy, |kinds| match kinds.is_usual() {
        true => Ok(Finder::shipped_shared()),
        false => Ok(Arc::new(Finder::new(&kinds.rules()?, &kinds.switches))),
    })
}

/// What masks these kinds in what is kept.
pub(crate) fn mask(privacy: &Privacy) -> Result<Arc<Mask>, String> {
    static MADE: Made<Arc<Mask>> = Made::new();
    MADE.of(privacy, |kinds| {
        Ok(Arc::new(Mask::new(&kinds.rules()?, &kinds.switches)))
    })
}

/// The redactor of somebody who sets nothing; also of what belongs to no repository, such as the log.
pub(crate) fn usual() -> Arc<Redactor> {
    static USUAL: LazyLock<Arc<Redactor>> =
        LazyLock::new(|| Arc::new(Redactor::new(Finder::shipped_shared())));
    Arc::clone(&USUAL)
}

/// The rules in the binary and those of a file.
pub(crate) fn rules_with(path: &Path) -> Result<Rules, String> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|why| format!("cannot read `{shown}`: {why}"))?;
    let own = Rules::read(&shown, &text)?;
    Ok(Rules::shipped().clone().and(own))
}

/// Which kinds settings name.
#[derive(Clone, PartialEq, Eq)]
struct Kinds {
    switches: Switches,
    /// A file with more rules.
    own: Option<String>,
}

impl Kinds {
    fn of(privacy: &Privacy) -> Self {
        Self {
            switches: privacy.switches(),
            own: privacy.rules.as_ref().map(|it| it.value.clone()),
        }
    }

    fn is_usual(&self) -> bool {
        self.own.is_none() && self.switches == Switches::default()
    }

    fn rules(&self) -> Result<Rules, String> {
        match &self.own {
            None => Ok(Rules::shipped().clone()),
            Some(path) => {
                let unusable = |why| format!("the rules that settings name cannot be used: {why}");
                rules_with(Path::new(path)).map_err(unusable)
            }
        }
    }
}

/// What was made, by what it is for.
struct Made<T>(Mutex<Vec<(Kinds, T)>>);

impl<T: Clone> Made<T> {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn of(
        &self,
        privacy: &Privacy,
        make: impl FnOnce(&Kinds) -> Result<T, String>,
    ) -> Result<T, String> {
        let kinds = Kinds::of(privacy);
        let mut made = lock(&self.0);
        if let Some((_, it)) = made.iter().find(|it| it.0 == kinds) {
            return Ok(it.clone());
        }
        let it = make(&kinds)?;
        made.push((kinds, it.clone()));
        Ok(it)
    }
}
