//! What stands between this process and everybody else, made once.
//!
//! The one idea: all that leaves goes through guards that share a redactor, so a secret has one placeholder wherever it is
//! sent. Repositories that look for other kinds have one of their own.
//!
//! Deliberately absent: what is a secret, and what a policy says (`il-privacy`).

use std::{
    fs,
    sync::{Arc, LazyLock, Mutex},
};

use il_config::Privacy;
use il_privacy::{Finder, Guard, Policy, Reach, Redactor, Restore, Rules, Switches};

use crate::repository::lock;

/// A guard towards one place, with the policy of a repository; why there can be none.
pub(crate) fn guard(privacy: &Privacy, policy: Arc<Policy>, reach: Reach) -> Result<Guard, String> {
    let restore = match *privacy.restore {
        true => Restore::Usual,
        false => Restore::Nothing,
    };
    let guard = Guard::new(redactor(privacy)?, policy, reach);
    Ok(guard.restoring(restore))
}

/// What one redactor looks for.
#[derive(Clone, PartialEq, Eq)]
struct Kinds {
    switches: Switches,
    /// A file with more rules.
    own: Option<String>,
}

/// The redactor for these kinds; why the user's own rules cannot be had.
pub(crate) fn redactor(privacy: &Privacy) -> Result<Arc<Redactor>, String> {
    static MADE: Mutex<Vec<(Kinds, Arc<Redactor>)>> = Mutex::new(Vec::new());
    let kinds = Kinds {
        switches: privacy.switches(),
        own: privacy.rules.as_ref().map(|it| it.value.clone()),
    };
    if kinds.own.is_none() && kinds.switches == Switches::default() {
        return Ok(usual());
    }
    let mut made = lock(&MADE);
    if let Some((_, redactor)) = made.iter().find(|it| it.0 == kinds) {
        return Ok(Arc::clone(redactor));
    }
    let finder = match &kinds.own {
        None => Finder::new(Rules::shipped(), &kinds.switches),
        Some(path) => Finder::new(&with_own(path)?, &kinds.switches),
    };
    let redactor = Arc::new(Redactor::new(Arc::new(finder)));
    made.push((kinds, Arc::clone(&redactor)));
    Ok(redactor)
}

/// The redactor of somebody who sets nothing; also of what belongs to no repository, such as the log.
pub(crate) fn usual() -> Arc<Redactor> {
    static USUAL: LazyLock<Arc<Redactor>> =
        LazyLock::new(|| Arc::new(Redactor::new(Finder::shipped_shared())));
    Arc::clone(&USUAL)
}

/// The rules in the binary and those of a file.
fn with_own(path: &str) -> Result<Rules, String> {
    let unusable = |why: String| format!("cannot use the rules in `{path}`: {why}");
    let text = fs::read_to_string(path).map_err(|why| unusable(why.to_string()))?;
    let own = Rules::read(path, &text).map_err(unusable)?;
    Ok(Rules::shipped().clone().and(own))
}
