//! The index: is it there, is it fresh, what made its vectors, and does that answer.
//!
//! Nothing is indexed here, and where there is no index none is made.

use std::path::Path;

use il_assist::CancelToken;
use il_retrieval::{EmbeddingChoice, Purpose};
use il_watch::Scan;
use serde_json::json;

use super::Finding;
use crate::{
    embedding,
    repository::index::{self, Opened, stamped},
    terminal::{bytes, count},
};

pub(super) fn check(root: &Path, scan: &Scan) -> Vec<Finding> {
    let mut findings = vec![found(root, scan)];
    findings.push(embeddings(root));
    findings
}

fn found(root: &Path, scan: &Scan) -> Finding {
    const WHAT: &str = "index";
    if !index::is_there(root) {
        return Finding::good(WHAT, "none yet")
            .next("`interline index` makes one; so do a search and the language server")
            .figures(json!({"there": false}));
    }
    match index::open(root, Some(&EmbeddingChoice::None)) {
        Ok(opened) => state(&opened, scan),
        Err(error) => Finding::note(WHAT, format!("{error:#}")),
    }
}

fn state(opened: &Opened, scan: &Scan) -> Finding {
    const WHAT: &str = "index";
    let stats = opened.index.stats();
    let difference = opened.index.difference(stamped(&scan.files));
    let differ = difference.changed.len() + difference.removed.len();
    let size = opened.directory.as_deref().map_or(0, index::disk_bytes);
    let freshness = match differ {
        0 => "up to date".to_owned(),
        n => format!("{} changed since", count(n as u64, "file")),
    };
    let mut found = format!(
        "{}, {}, {}, {} on disk; {freshness}",
        count(stats.files as u64, "file"),
        count(stats.chunks as u64, "chunk"),
        count(stats.symbols as u64, "symbol"),
        bytes(size)
    );
    for problem in &opened.problems {
        found += &format!("\n{problem}");
    }
    if opened.is_in_use {
        found += "\nkept up to date by another process at the moment";
    }
    let figures = json!({
        "there": true,
        "directory": opened.directory.as_ref().map(|it| it.to_string_lossy()),
        "files": stats.files,
        "chunks": stats.chunks,
        "symbols": stats.symbols,
        "differ": differ,
        "disk_bytes": size,
        "in_use": opened.is_in_use,
        "problems": opened.problems,
    });
    let finding = match (opened.problems.is_empty(), differ) {
        (false, _) => Finding::note(WHAT, found).next("`interline index` mends it"),
        (true, 0) => Finding::good(WHAT, found),
        (true, _) => Finding::good(WHAT, found)
            .next("the next search, the language server or `interline index` brings it up to date"),
    };
    finding.figures(figures)
}

/// Asks for one vector, as a test of the whole way.
fn embeddings(root: &Path) -> Finding {
    const WHAT: &str = "embeddings";
    let directory = index::directory_of(root).ok();
    let remembered = directory.as_deref().and_then(embedding::remembered);
    let choice = match embedding::chosen(None, remembered) {
        Ok(choice) => choice,
        Err(error) => {
            return Finding::bad(WHAT, format!("{error:#}"))
                .next("`interline index --help` says what there is");
        }
    };
    let figures = json!({"choice": choice.to_string(), "stays_here": choice.is_loopback()});
    let asked = embedding::embedder_of(&choice, None).and_then(|embedder| match embedder {
        None => Ok(None),
        Some(embedder) => embedder
            .embed(Purpose::Query, &["is it there"], &CancelToken::new())
            .map(|_| Some(embedder.model().to_owned())),
    });
    let leaves = if choice.is_loopback() {
        "nothing leaves this machine"
    } else {
        "code leaves this machine"
    };
    match asked {
        Ok(Some(model)) => Finding::good(WHAT, format!("{choice} answers as `{model}`; {leaves}")),
        Ok(None) => Finding::good(WHAT, "none: nothing is found by meaning"),
        Err(why) => Finding::note(WHAT, format!("{choice}: {why}")).next(
            "until it answers, code is found by words and names; `--embeddings static` needs no server",
        ),
    }
    .figures(figures)
}
