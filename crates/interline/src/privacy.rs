//! What stands between this process and everybody else, made once.
//!
//! The one idea: all that leaves a repository goes through guards that share a redactor, so a secret has one placeholder
//! wherever it is sent. What finds secrets is made once for everybody who looks for the same kinds: guards, screens, and masks.
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

/// A guard towards one place, with the policy of a repository; why there can be none. What was taken out of one repository is
/// put back into answers there and nowhere else.
pub(crate) fn guard(
    privacy: &Privacy,
    policy: Arc<Policy>,
    reach: Reach,
    root: Option<&Path>,
) -> Result<Guard, String> {
    let restore = match *privacy.restore {
        true => Restore::Usual,
        false => Restore::Nothing,
    };
    let label = root.map(il_audit::repository_label);
    let redactor = redactor(privacy, label.as_deref())?;
    let guard = Guard::new(redactor, policy, reach).restoring(restore);
    Ok(match label {
        Some(label) => guard.for_repository(&label),
        None => guard,
    })
}

/// The redactor of a repository, one for all servers that it sends things to.
fn redactor(privacy: &Privacy, label: Option<&str>) -> Result<Arc<Redactor>, String> {
    type Owner = (Option<String>, Kinds);
    static MADE: Mutex<Vec<(Owner, Arc<Redactor>)>> = Mutex::new(Vec::new());
    let owner = (label.map(str::to_owned), Kinds::of(privacy));
    let mut made = lock(&MADE);
    if let Some((_, redactor)) = made.iter().find(|it| it.0 == owner) {
        return Ok(Arc::clone(redactor));
    }
    let redactor = Arc::new(Redactor::new(finder(privacy)?));
    made.push((owner, Arc::clone(&redactor)));
    Ok(redactor)
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

/// The redactor of what belongs to no repository: the log.
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

#[cfg(test)]
mod tests {
    use il_privacy::{Manifest, samples::expand};

    use super::*;

    #[test]
    fn what_was_taken_out_of_one_repository_is_put_back_there_alone() {
        let guard_of = |root: &str| {
            let policy = Arc::new(Policy::usual());
            let privacy = Privacy::default();
            guard(&privacy, policy, Reach::Anywhere, Some(Path::new(root))).unwrap()
        };
        let (here, elsewhere) = (guard_of("/src/here"), guard_of("/src/elsewhere"));
        let secret = expand("AKIA{base32:16}", 1);
        let json = format!("[\"{secret}\"]").into_bytes();
        here.seal(json, Manifest::default()).unwrap();
        let said = "<REDACTED:aws-access-key-1>";
        assert_eq!(guard_of("/src/here").restorer().push(said), secret);
        assert_eq!(elsewhere.restorer().push(said), said);
    }
}
