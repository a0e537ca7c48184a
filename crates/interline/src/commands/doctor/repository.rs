//! The repository: what is admitted, what is learnt, and whether suggestions come.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use il_assist::Position;
use il_watch::Scan;
use serde_json::{Value, json};

use super::{Finding, index, privacy};
use crate::{
    engines::Wanted,
    repository::{Facts, How, Learn, tree},
    session::Session,
    terminal::{bytes, count},
};

/// How many problems are named; the rest is counted.
const NAMED: usize = 3;
/// How many languages are named; the rest is counted.
const NAMED_LANGUAGES: usize = 6;
/// Files that the self-test asks about, and places in each.
const TEST_FILES: usize = 6;
const TEST_PLACES: usize = 4;

pub(super) fn check(root: &Path) -> Vec<Finding> {
    let all = tree::scan_all(root);
    let scan = tree::learnable(all.clone());
    let mut findings = vec![
        root_found(root),
        privacy::check(root, &all),
        files(&scan),
        languages(root, &scan),
    ];
    match Session::open(root, Learn::Repository, Wanted::repo_model()) {
        Ok(session) => {
            findings.extend(session.facts().as_ref().map(model));
            findings.push(suggestions(root, &scan, &session));
        }
        Err(error) => findings.push(Finding::bad("model", format!("{error:#}"))),
    }
    findings.extend(index::check(root, &all));
    findings
}

fn root_found(root: &Path) -> Finding {
    const WHAT: &str = "repository";
    let shown = root.display();
    let figures = json!({"root": root.to_string_lossy()});
    if root.ancestors().any(|above| above.join(".git").exists()) {
        return Finding::good(WHAT, shown.to_string()).figures(figures);
    }
    Finding::note(WHAT, format!("{shown} is not under git"))
        .next("fine as it is; `.gitignore` files are respected all the same")
        .figures(figures)
}

fn files(scan: &Scan) -> Finding {
    const WHAT: &str = "files";
    let mut found = format!(
        "{} to learn from, {}",
        count(scan.files.len() as u64, "file"),
        bytes(scan.bytes())
    );
    let skipped = by_reason(scan);
    for (reason, n) in &skipped {
        found += &format!("\n{} skipped: {reason}", count(*n, "file"));
    }
    for problem in scan.problems.iter().take(NAMED) {
        found += &format!("\ncannot read `{}`: {}", problem.path, problem.what);
    }
    if scan.problems.len() > NAMED {
        found += &format!("\n… and {} more", scan.problems.len() - NAMED);
    }
    let figures = json!({
        "admitted": scan.files.len(),
        "bytes": scan.bytes(),
        "skipped": skipped,
        "problems": scan.problems.len(),
    });
    if scan.files.is_empty() {
        Finding::note(WHAT, format!("there is nothing to learn from\n{found}")).next(
            "look into `.gitignore`, `.ignore` and `.interlineignore`, or name another directory",
        )
    } else if scan.problems.is_empty() {
        Finding::good(WHAT, found)
    } else {
        Finding::note(WHAT, found).next("what cannot be read is left out; see its permissions")
    }
    .figures(figures)
}

/// How many files were skipped for each reason.
fn by_reason(scan: &Scan) -> BTreeMap<String, u64> {
    let mut reasons = BTreeMap::new();
    for skipped in &scan.skipped {
        *reasons.entry(tree::reason(skipped.reason)).or_insert(0) += 1;
    }
    reasons
}

fn languages(root: &Path, scan: &Scan) -> Finding {
    const WHAT: &str = "languages";
    let mut files: BTreeMap<&str, u64> = BTreeMap::new();
    for file in &scan.files {
        *files
            .entry(tree::language_of_file(root, &file.path))
            .or_default() += 1;
    }
    let mut files: Vec<(&str, u64)> = files.into_iter().collect();
    files.sort_by_key(|(id, n)| (std::cmp::Reverse(*n), *id));
    let with_grammar = |id: &str| {
        let grammar = il_lang::registry()
            .by_id(id)
            .and_then(|language| language.grammar);
        grammar.is_some_and(|grammar| il_syntax::grammars().any(|linked| linked == grammar))
    };
    let list = |wanted: bool| {
        let of: Vec<_> = files
            .iter()
            .filter(|(id, _)| with_grammar(id) == wanted)
            .collect();
        let mut list: Vec<String> = of
            .iter()
            .take(NAMED_LANGUAGES)
            .map(|(id, n)| format!("{} {n}", name(id)))
            .collect();
        if of.len() > NAMED_LANGUAGES {
            list.push(format!("{} more", of.len() - NAMED_LANGUAGES));
        }
        list.join(", ")
    };
    let (parsed, lexed) = (list(true), list(false));
    let mut found = Vec::new();
    if !parsed.is_empty() {
        found.push(format!("with grammar: {parsed}"));
    }
    if !lexed.is_empty() {
        found.push(format!("by words alone: {lexed}"));
    }
    if found.is_empty() {
        found.push("none".into());
    }
    let figures: Vec<Value> = files
        .iter()
        .map(|(id, n)| json!({"language": id, "files": n, "grammar": with_grammar(id)}))
        .collect();
    Finding::good(WHAT, found.join("\n")).figures(figures.into())
}

fn name(id: &str) -> &str {
    il_lang::registry()
        .by_id(id)
        .map_or(id, |language| language.name)
}

fn model(facts: &Facts) -> Finding {
    const WHAT: &str = "model";
    let mut found = facts.to_string();
    let saved = facts.cache.as_deref().and_then(saved);
    if let Some((size, age)) = saved {
        found += &format!("\nsaved for the next start: {}, {}", bytes(size), ago(age));
    }
    let finding = match (&facts.how, saved) {
        (How::Nothing, _) | (_, Some(_)) => Finding::good(WHAT, found),
        (_, None) => Finding::note(WHAT, found).next("it is not saved: see `cache` above"),
    };
    finding.figures(facts.document())
}

fn saved(path: &Path) -> Option<(u64, Duration)> {
    let metadata = fs::metadata(path).ok()?;
    let age = SystemTime::now()
        .duration_since(metadata.modified().ok()?)
        .unwrap_or_default();
    Some((metadata.len(), age))
}

fn ago(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..120 => "just now".into(),
        120..7200 => format!("{} minutes ago", seconds / 60),
        7200..172_800 => format!("{} hours ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// Hides the end of some lines and asks for it, as a self-test of the whole way.
fn suggestions(root: &Path, scan: &Scan, session: &Session) -> Finding {
    const WHAT: &str = "suggestions";
    let places = places(root, scan);
    if places.is_empty() {
        return Finding::note(
            WHAT,
            "nothing to try: there is no file of more than a few lines",
        );
    }
    let mut times = Vec::new();
    let (mut suggested, mut right) = (0, 0);
    for place in &places {
        let asked = session.complete(
            &root.join(&place.path),
            place.text.clone(),
            place.position,
            1,
        );
        match asked {
            Ok(answer) => {
                times.push(answer.elapsed);
                if let Some(suggestion) = answer.suggestions.first() {
                    suggested += 1;
                    right += usize::from(place.hidden.starts_with(&suggestion.text));
                }
            }
            Err(error) => {
                return Finding::bad(WHAT, format!("{error:#}"))
                    .next("please report this, with `INTERLINE_LOG=debug interline doctor`");
            }
        }
    }
    times.sort_unstable();
    let median = times[times.len() / 2];
    let slowest = times[times.len() - 1];
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let found = format!(
        "tried {} lines of your own: {suggested} suggestions, {right} of them right; median {}, slowest {}",
        places.len(),
        milliseconds(median),
        milliseconds(slowest)
    );
    let figures = json!({
        "places": places.len(),
        "suggested": suggested,
        "right": right,
        "median_ms": median.as_secs_f64() * 1e3,
        "slowest_ms": slowest.as_secs_f64() * 1e3,
    });
    if suggested == 0 {
        return Finding::note(WHAT, found)
            .next("`interline complete FILE:LINE:COL --explain` says why nothing comes")
            .figures(figures);
    }
    Finding::good(WHAT, found).figures(figures)
}

/// Where the self-test asks, and what stands there.
struct TestPlace {
    path: String,
    /// The file without `hidden`.
    text: String,
    position: Position,
    hidden: String,
}

/// Some lines in the middle of the largest files: the same ones every time.
fn places(root: &Path, scan: &Scan) -> Vec<TestPlace> {
    let mut files: Vec<_> = scan.files.iter().collect();
    files.sort_by_key(|file| (std::cmp::Reverse(file.stamp.size), &file.path));
    let code = files
        .iter()
        .filter(|file| is_code(&file.path))
        .take(TEST_FILES);
    code.filter_map(|file| Some((&file.path, tree::read(root, &file.path)?)))
        .flat_map(|(path, text)| places_in(path, &text))
        .collect()
}

fn is_code(path: &str) -> bool {
    let language = il_lang::registry().detect(path, None);
    !language.line_comments.is_empty() && language.grammar.is_some()
}

fn places_in(path: &str, text: &str) -> Vec<TestPlace> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let wanted: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.trim().chars().count() >= 12)
        .map(|(n, _)| n)
        .collect();
    let step = (wanted.len() / (TEST_PLACES + 1)).max(1);
    let chosen = wanted.iter().skip(step).step_by(step).take(TEST_PLACES);
    chosen.map(|&n| place_in(path, &lines, n)).collect()
}

/// Hides the second half of a line.
fn place_in(path: &str, lines: &[&str], n: usize) -> TestPlace {
    let line = lines[n].trim_end_matches(['\r', '\n']);
    let shown = line.chars().count() - line.trim_start().chars().count() / 2;
    let at = line
        .char_indices()
        .nth(shown)
        .map_or(line.len(), |(at, _)| at);
    let end = &lines[n][line.len()..];
    TestPlace {
        path: path.into(),
        text: format!(
            "{}{}{end}{}",
            lines[..n].concat(),
            &line[..at],
            lines[n + 1..].concat()
        ),
        position: Position {
            line: u32::try_from(n).unwrap_or(u32::MAX),
            character: u32::try_from(shown).unwrap_or(u32::MAX),
        },
        hidden: line[at..].into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_half_of_a_line_is_hidden() {
        let place = place_in("a.rs", &["one\n", "    let é = two;\r\n", "three"], 1);
        assert_eq!(place.text, "one\n    let é \r\nthree");
        assert_eq!(place.hidden, "= two;");
        assert_eq!(
            place.position,
            Position {
                line: 1,
                character: 10
            }
        );
    }

    #[test]
    fn places_are_spread_over_the_file() {
        let text: String = (0..100)
            .map(|n| format!("let number_{n} = {n};\n"))
            .collect();
        let lines: Vec<u32> = places_in("a.rs", &text)
            .iter()
            .map(|place| place.position.line)
            .collect();
        assert_eq!(lines, [20, 40, 60, 80]);
        assert!(places_in("a.rs", "short\n").is_empty());
        assert_eq!(places_in("a.rs", "a line that is long enough\n").len(), 0);
    }

    #[test]
    fn ages_are_for_people() {
        let ago = |seconds| ago(Duration::from_secs(seconds));
        assert_eq!(ago(3), "just now");
        assert_eq!(ago(600), "10 minutes ago");
        assert_eq!(ago(3 * 86_400), "3 days ago");
    }
}
