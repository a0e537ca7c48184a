//! Secrets in what an engine said: somebody's key, learnt by heart or taken from another file.
//!
//! The one idea: a secret that stands in this buffer is the user's own to repeat; any other one is not theirs, or not
//! meant to be here, and is not shown. That holds for secrets of the same repository, too: a suggestion that copies a
//! password from one file into another spreads it.
//!
//! Personal data alone is remarked and not cut: the author's address in the head of a file is wanted.

use std::sync::Arc;

use il_privacy::{Category, Finder};

use crate::{
    candidate::{Candidate, tail},
    screener::{Because, Found, Remark, RemarkKind},
};

pub(crate) const NAME: &str = "secret";

/// Of the buffer before the cursor so many bytes are looked at: where an assignment or a key begins.
const BEFORE: usize = 512;

pub(crate) fn check(
    finder: &Finder,
    candidate: &Candidate<'_>,
    remarks: &mut Vec<Remark>,
) -> Option<Found> {
    let before = tail(candidate.before, BEFORE);
    let joined = [before, candidate.text].concat();
    let mut first: Option<Found> = None;
    for finding in finder.find(&joined) {
        let secret = &joined[finding.span.clone()];
        if finding.span.end <= before.len() || candidate.buffer_has(secret) {
            continue;
        }
        let rule = finder.rule(finding.rule);
        let at = finding.span.start.saturating_sub(before.len());
        if rule.category == Category::Personal {
            remarks.push(Remark {
                kind: RemarkKind::Personal,
                range: at..finding.span.end - before.len(),
                text: format!("personal data: {}", rule.name).into(),
                rule: Some(Arc::clone(&rule.id)),
                licence: None,
                origin: None,
            });
        } else if first.is_none() {
            first = Some(Found {
                at,
                because: Because {
                    check: NAME,
                    why: "it holds a secret that is not in this file",
                    detail: Some(rule.name.to_string()),
                },
            });
        }
    }
    first
}
