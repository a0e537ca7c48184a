//! The privacy policy: whether it can be read, what it keeps out of this repository, and whether anything may leave.
//!
//! Deliberately absent: the policy itself (`interline privacy show`).

use std::path::Path;

use il_privacy::Level;
use il_watch::{Reason, Scan};
use serde_json::json;

use super::Finding;
use crate::{
    egress,
    repository::policy::{self, Protection},
    settings,
    terminal::count,
};

pub(super) fn check(root: &Path, scan: &Scan) -> Finding {
    const WHAT: &str = "privacy";
    let Protection { policy, .. } = policy::of(root);
    if let Some(why) = policy.trouble() {
        return Finding::bad(
            WHAT,
            format!("everything is blocked, for the policy cannot be read: {why}"),
        )
        .next("mend it: until then nothing is learnt, suggested or sent here");
    }
    let levels: Vec<Level> = scan.files.iter().map(|it| policy.level(&it.path)).collect();
    let of = |level: Level| levels.iter().filter(|it| **it == level).count() as u64;
    let blocked = scan.skipped.iter();
    let blocked = blocked.filter(|it| matches!(it.reason, Reason::Never(_)));
    let blocked = blocked.count() as u64;
    let (here, ours) = (of(Level::LocalOnly), of(Level::OwnServers));
    let mut found = format!("{} blocked", count(blocked, "file"));
    if here > 0 {
        found += &format!(", {here} never sent");
    }
    if ours > 0 {
        found += &format!(", {ours} sent to servers of yours alone");
    }
    let closed = egress::closed(&settings::read(Some(root), None).settings.privacy);
    if let Some(why) = &closed {
        found += &format!("\nnothing leaves this machine: {why}");
    }
    let figures = json!({
        "blocked": blocked,
        "local_only": here,
        "own_servers": ours,
        "closed": closed,
    });
    Finding::good(WHAT, found).figures(figures)
}
