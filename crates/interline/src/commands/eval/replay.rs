//! `interline eval replay`: types a file through the real language server and prints what that saved.
//!
//! Typing is `il-lsp`'s; here a server is started in memory over the repository on disk.

use std::{fmt::Write as _, ops::Range, path::Path, sync::Arc, thread, time::Duration};

use anyhow::Context as _;
use il_lsp::replay::{self, Editor, Replayed, Script};
use lsp_server::Connection;
use serde_json::{Value, json};

use crate::{
    cli::EvalReplay,
    commands::lsp,
    engines::Wanted,
    failure::{Exit, usage},
    place::Place,
    repository::{Learn, Mode, WorkingTrees, root, tree},
    terminal::{self, STRONG, count, styled},
};

pub(crate) fn run(args: &EvalReplay) -> anyhow::Result<Exit> {
    let path = tree::real_file(&Place {
        file: args.file.clone(),
        line: None,
        column: None,
    })?;
    let root = match &args.repo {
        Some(repo) => tree::real_directory(repo)?,
        None => root::find(path.parent().unwrap_or(Path::new("/"))),
    };
    let text = tree::read_text(&path, &args.file)?;
    let typed = lines_between(&text, args.from, args.to).map_err(usage)?;
    let script = Script {
        path: &path,
        language: tree::language(&args.file, &text),
        text: &text,
        typed,
        hurry_percent: u64::from(args.hurry),
        seed: args.seed,
        accept_lines: true,
    };
    let learn = if args.blank {
        Learn::Nothing
    } else {
        Learn::Repository
    };
    let replayed = type_through_server(&root, &script, learn)?;
    if args.json {
        terminal::print_json(&document(&args.file, &replayed))?;
    } else {
        terminal::print(&render(&args.file, &replayed))?;
    }
    Ok(Exit::Done)
}

/// The bytes of the 1-based lines `from` to `to`, both included. The last line break is left where lines
/// follow: whoever writes between two lines has opened one first.
fn lines_between(text: &str, from: usize, to: Option<usize>) -> Result<Range<usize>, String> {
    let mut ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    if !text.is_empty() && !text.ends_with('\n') {
        ends.push(text.len());
    }
    let last = to.unwrap_or(ends.len());
    if from == 0 || from > last || last > ends.len() {
        let lines = count(ends.len() as u64, "line");
        return Err(format!(
            "there is nothing to type from line {from} to line {last}: the file has {lines}"
        ));
    }
    let start = if from == 1 { 0 } else { ends[from - 2] };
    let mut end = ends[last - 1];
    if end < text.len() {
        end -= if text[..end].ends_with("\r\n") { 2 } else { 1 };
    }
    Ok(start..end)
}

fn type_through_server(root: &Path, script: &Script<'_>, learn: Learn) -> anyhow::Result<Replayed> {
    let trees = Arc::new(WorkingTrees::new(Mode::Once, learn, Wanted::repo_model()));
    let (server, client) = Connection::memory();
    thread::scope(|scope| {
        let serving = scope.spawn(|| il_lsp::serve(server, lsp::ports(&trees)));
        let typed = type_as_editor(client, root, script);
        let served = serving
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let replayed = typed?;
        served.context("the server ended against the protocol")?;
        Ok(replayed)
    })
}

fn type_as_editor(
    client: Connection,
    root: &Path,
    script: &Script<'_>,
) -> anyhow::Result<Replayed> {
    let mut editor = Editor::new(client);
    replay::open(&mut editor, root)?;
    let replayed = replay::replay(&mut editor, script)?;
    editor.shut_down()?;
    Ok(replayed)
}

fn document(file: &str, replayed: &Replayed) -> Value {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    json!({
        "file": file,
        "lines": replayed.lines,
        "characters": replayed.characters,
        "keys": replayed.keys(),
        "saved": replayed.saved(),
        "typed": replayed.typed,
        "accepts": replayed.accepts,
        "line_accepts": replayed.line_accepts,
        "characters_accepted": replayed.accepted,
        "requests": replayed.requests,
        "answered": replayed.answered,
        "empty": replayed.empty,
        "cancels_sent": replayed.cancels_sent,
        "cancelled": replayed.cancelled,
        "errors": replayed.errors,
        "right": replayed.right,
        "wrong": replayed.wrong,
        "reasons": replayed.reasons,
        "sources": replayed.sources,
        "wait_ms": {
            "p50": milliseconds(replayed.wait(0.5)),
            "p99": milliseconds(replayed.wait(0.99)),
            "max": milliseconds(replayed.wait(1.0)),
        },
        "took_ms": milliseconds(replayed.took),
        "server": replayed.server,
    })
}

fn render(file: &str, replayed: &Replayed) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: String| {
        let _ = writeln!(out, "{} {value}", styled(STRONG, &format!("{name:<10}")));
    };
    let number = |n: usize| indicatif::HumanCount(n as u64).to_string();
    let served = |name: &str| number(replayed.server.get(name).map_or(0, |&n| n as usize));
    let ms = |share| format!("{:.1} ms", replayed.wait(share).as_secs_f64() * 1e3);
    fact(
        "file",
        format!(
            "{file}, {} typed in {:.1} s",
            count(replayed.lines as u64, "line"),
            replayed.took.as_secs_f64()
        ),
    );
    fact(
        "saved",
        format!(
            "{:.1} % of {}: {} keys, {} of them to accept",
            replayed.saved() * 100.0,
            count(replayed.characters as u64, "character"),
            number(replayed.keys()),
            number(replayed.accepts + replayed.line_accepts)
        ),
    );
    fact(
        "shown",
        format!(
            "{} of {} requests answered; {} right, {} not what came next",
            number(replayed.answered),
            number(replayed.requests),
            number(replayed.right),
            number(replayed.wrong)
        ),
    );
    fact(
        "cancelled",
        format!(
            "{} sent by the typist, {} came in time, {} errors",
            number(replayed.cancels_sent),
            number(replayed.cancelled),
            number(replayed.errors)
        ),
    );
    fact(
        "reused",
        format!(
            "{} while typed through, {} from the cache, {} in flight",
            served("typeThroughHits"),
            served("cacheHits"),
            served("inFlightReuses")
        ),
    );
    fact(
        "engine",
        format!(
            "{} calls, {} ahead of need, {} stopped",
            served("engineCalls"),
            served("speculativeCalls"),
            served("engineCancels")
        ),
    );
    fact(
        "waits",
        format!("p50 {}, p99 {}, longest {}", ms(0.5), ms(0.99), ms(1.0)),
    );
    if !replayed.reasons.is_empty() {
        let mut reasons: Vec<_> = replayed.reasons.iter().collect();
        reasons.sort_by_key(|(code, n)| (std::cmp::Reverse(**n), (*code).clone()));
        let list: Vec<String> = reasons
            .iter()
            .map(|(code, n)| format!("{code} {n}"))
            .collect();
        fact("nothing", list.join(", "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one_and_both_ends_are_typed() {
        let text = "one\ntwo\nthree";
        let check = |from, to| lines_between(text, from, to).map(|range| &text[range]);
        assert_eq!(check(1, None), Ok(text));
        assert_eq!(check(2, Some(2)), Ok("two"));
        assert_eq!(lines_between("one\r\ntwo\r\n", 1, Some(1)), Ok(0..3));
        assert_eq!(check(3, None), Ok("three"));
        let nothing = |from, to| {
            Err(format!(
                "there is nothing to type from line {from} to line {to}: the file has 3 lines"
            ))
        };
        assert_eq!(check(0, Some(1)), nothing(0, 1));
        assert_eq!(check(3, Some(2)), nothing(3, 2));
        assert_eq!(check(1, Some(4)), nothing(1, 4));
        assert!(lines_between("", 1, None).is_err());
    }
}
