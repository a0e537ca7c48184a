//! How far each path of a repository may go, and what is masked in what is kept of it.
//!
//! The one idea: whoever reads a file of a repository, lists it or sends a piece of it asks this policy first. It is made of
//! what the settings say and of the ignore files in the tree; what cannot be read blocks everything.
//!
//! Deliberately absent: what a level means to each of those who ask.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use il_config::Privacy;
use il_privacy::{Because, Level, Mask, Policy, Rules, Switches};
use il_watch::Ignored;

use super::lock;
use crate::{failure::refused, settings};

/// What holds in one repository.
#[derive(Clone, Debug)]
pub(crate) struct Protection {
    pub(crate) policy: Arc<Policy>,
    /// Makes secrets unreadable in what is kept.
    pub(crate) mask: Arc<Mask>,
}

/// What holds in the repository at `root`, as it is said now.
pub(crate) fn of(root: &Path) -> Protection {
    let privacy = settings::read(Some(root), None).settings.privacy;
    let (mask, trouble) = match mask(&privacy) {
        Ok(mask) => (mask, None),
        Err(why) => (usual_mask(), Some(why)),
    };
    let policy = policy_with(&privacy, root);
    let policy = trouble.map_or(policy, Policy::unreadable);
    Protection {
        policy: Arc::new(policy),
        mask,
    }
}

/// What holds for files of no repository: what the user says.
pub(crate) fn of_nothing() -> Policy {
    settings::read(None, None).settings.privacy.policy()
}

/// What these settings and the ignore files in a tree say.
pub(crate) fn policy_with(privacy: &Privacy, root: &Path) -> Policy {
    let ignored = Ignored::new(root);
    let policy = match ignored.trouble() {
        Some(why) => privacy.policy().and(&Policy::unreadable(why)),
        None => privacy.policy().ignoring(Arc::new(ignored)),
    };
    policy.rooted_at(&root.to_string_lossy())
}

/// Why nothing may be done with a file of this repository, if so: an error that says so.
pub(crate) fn check(root: &Path, path: &str, what: &str) -> anyhow::Result<()> {
    let verdict = of(root).policy.verdict(path);
    match verdict.level {
        Level::Blocked => Err(refused(format!("{what}: {}", verdict.because))),
        _ => Ok(()),
    }
}

/// Why a scan leaves out a path, without the figures of the one file.
pub(crate) fn refusal(policy: &Policy, path: &str) -> Option<&'static str> {
    let verdict = policy.verdict(path);
    (verdict.level == Level::Blocked).then_some(match verdict.because {
        Because::Usual(_) => "its name says that it holds secrets",
        Because::Unreadable(_) => "the privacy policy cannot be read",
        _ => "blocked by the privacy policy",
    })
}

/// What a mask looks for.
type Kinds = (Switches, Option<String>);

/// The mask for these settings; why the user's own rules cannot be had.
fn mask(privacy: &Privacy) -> Result<Arc<Mask>, String> {
    static MADE: Mutex<Vec<(Kinds, Arc<Mask>)>> = Mutex::new(Vec::new());
    let own = privacy.rules.as_ref().map(|it| it.value.clone());
    let kinds = (privacy.switches(), own);
    let mut made = lock(&MADE);
    if let Some((_, mask)) = made.iter().find(|it| it.0 == kinds) {
        return Ok(Arc::clone(mask));
    }
    let mask = match &kinds.1 {
        None => Mask::new(Rules::shipped(), &kinds.0),
        Some(path) => {
            let unusable = |why: String| format!("cannot use the rules in `{path}`: {why}");
            let text = std::fs::read_to_string(path).map_err(|it| unusable(it.to_string()))?;
            let own = Rules::read(path, &text).map_err(unusable)?;
            Mask::new(&Rules::shipped().clone().and(own), &kinds.0)
        }
    };
    let mask = Arc::new(mask);
    made.push((kinds, Arc::clone(&mask)));
    Ok(mask)
}

fn usual_mask() -> Arc<Mask> {
    Arc::new(Mask::new(Rules::shipped(), &Switches::default()))
}
