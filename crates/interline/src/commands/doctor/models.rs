//! The models above the repo model: what the settings name, and whether each can be had.
//!
//! Deliberately absent: asking a server anything; that would send it something.

use std::path::Path;

use serde_json::json;

use super::Finding;
use crate::{
    engines::{Engines, Patience, Wanted},
    settings,
};

pub(super) fn check(root: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let problems = settings::read(Some(root), None).problems;
    if !problems.is_empty() {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let found = Finding::bad("settings", problems.join("\n"));
        findings.push(found.next("`interline config check` shows them again"));
    }
    findings.push(ladder(root));
    findings
}

fn ladder(root: &Path) -> Finding {
    let engines = Engines::new(Wanted::default(), Patience::Wait);
    let rungs = engines.rungs(root);
    let figures = rungs.iter().map(|(name, state)| {
        json!({"model": name, "ready": state.is_ok(), "problem": state.as_ref().err()})
    });
    let figures = json!({"ladder": figures.collect::<Vec<_>>()});
    if rungs.is_empty() {
        let next = "a bigger one: `interline models list`, and docs/models.md";
        return Finding::good("models", "the repo model alone")
            .next(next)
            .figures(figures);
    }
    let lines: Vec<String> = rungs
        .iter()
        .map(|(name, state)| match state {
            Ok(how) => format!("{name}: {how}"),
            Err(why) => format!("{name}: {why}"),
        })
        .chain(["repo: answers when none of them can".to_owned()])
        .collect();
    let found = lines.join("\n");
    if rungs.iter().any(|it| it.1.is_err()) {
        Finding::note("models", found).figures(figures)
    } else {
        Finding::good("models", found).figures(figures)
    }
}
