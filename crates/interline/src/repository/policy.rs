//! How far each path of a repository may go, and what is masked in what is kept of it.
//!
//! The one idea: whoever reads a file of a repository, lists it or sends a piece of it asks this policy first. It is made of
//! what the settings say and of the ignore files in the tree; what cannot be read blocks everything.
//!
//! Deliberately absent: what a level means to each of those who ask.

use std::{path::Path, sync::Arc};

use il_config::Privacy;
use il_privacy::{Because, Level, Mask, Policy, Rules, Switches};
use il_watch::Ignored;

use crate::{failure::refused, privacy, settings};

/// What holds in one repository.
#[derive(Clone, Debug)]
pub(crate) struct Protection {
    pub(crate) policy: Arc<Policy>,
    /// Makes secrets unreadable in what is kept.
    pub(crate) mask: Arc<Mask>,
}

/// What holds in the repository at `root`, as it is said now.
pub(crate) fn of(root: &Path) -> Protection {
    let in_force = settings::read(Some(root), None).settings.privacy;
    let (mask, trouble) = match privacy::mask(&in_force) {
        Ok(mask) => (mask, None),
        Err(why) => (usual_mask(), Some(why)),
    };
    let policy = policy_with(&in_force, root);
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

fn usual_mask() -> Arc<Mask> {
    Arc::new(Mask::new(Rules::shipped(), &Switches::default()))
}
