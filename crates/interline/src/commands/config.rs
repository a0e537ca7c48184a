//! `interline config`: the settings in force, and what is wrong with them.
//!
//! The one idea: it reads what every other command reads, in the same way, so what it shows is what happens.
//!
//! Deliberately absent: writing settings, and asking a server whether it likes a key.

use std::{fmt::Write as _, path::Path};

use il_config::{Origin, Problem, Row, Settings};
use il_engine_remote::KeySource;
use serde_json::{Value, json};

use crate::{
    cli::{Config, ConfigCheck, ConfigShow},
    failure::Exit,
    repository::tree,
    settings::{self, InForce},
    terminal::{self, ERROR, FAINT, GOOD, STRONG, styled},
};

pub(crate) fn run(args: &Config) -> anyhow::Result<Exit> {
    match args {
        Config::Show(args) => show(args),
        Config::Check(args) => check(args),
    }
}

fn in_force(dir: Option<&Path>) -> anyhow::Result<InForce> {
    let root = tree::repository(dir)?;
    Ok(settings::read(Some(&root), None))
}

fn show(args: &ConfigShow) -> anyhow::Result<Exit> {
    let found = in_force(args.dir.as_deref())?;
    let rows = found.settings.rows();
    if args.json {
        let document = json!({
            "user_file": found.user.as_ref().map(|it| it.to_string_lossy()),
            "settings": rows.iter().map(row_document).collect::<Vec<_>>(),
            "problems": found.problems.iter().map(problem_document).collect::<Vec<_>>(),
        });
        terminal::print_json(&document)?;
    } else {
        terminal::print(&table(&rows, found.user.as_deref()))?;
        for problem in &found.problems {
            terminal::say_error(&visible(&problem.to_string()));
        }
    }
    Ok(Exit::Done)
}

/// One block a table of the file.
fn table(rows: &[Row], user: Option<&Path>) -> String {
    let width = |of: fn(&Row) -> &str| rows.iter().map(|it| of(it).chars().count()).max();
    let keys = width(|it| &it.key).unwrap_or(0);
    let values = width(|it| &it.value).unwrap_or(0).min(60);
    let mut out = String::new();
    if let Some(path) = user {
        let missing = if path.exists() {
            ""
        } else {
            "  (not there yet)"
        };
        let _ = writeln!(
            out,
            "{} {}{missing}",
            styled(FAINT, "your file:"),
            path.display()
        );
    }
    let (mut last_table, mut last_key) = ("", "");
    for row in rows {
        if row.table != last_table {
            let _ = writeln!(out, "\n{}", styled(STRONG, &format!("[{}]", row.table)));
            last_key = "";
        }
        let key = if row.key == last_key { "" } else { &row.key };
        let key = terminal::visible(key);
        let value = terminal::visible(&row.value);
        let origin = styled(FAINT, &row.origin.to_string());
        let _ = writeln!(out, "  {key:<keys$}  {value:<values$}  {origin}");
        (last_table, last_key) = (&row.table, &row.key);
    }
    out
}

/// A problem's lines, as a terminal may have them.
fn visible(problem: &str) -> String {
    let lines: Vec<String> = problem.lines().map(terminal::visible).collect();
    lines.join("\n")
}

fn row_document(row: &Row) -> Value {
    let (origin, line) = match row.origin {
        Origin::Default => ("default", None),
        Origin::User(place) => ("user", Some(place.line)),
        Origin::Repository(place) => ("repository", Some(place.line)),
        Origin::Environment(_) => ("environment", None),
        Origin::Flag(_) => ("flag", None),
    };
    json!({
        "table": row.table,
        "key": row.key,
        "value": row.value,
        "origin": origin,
        "line": line,
    })
}

fn problem_document(problem: &Problem) -> Value {
    json!({
        "file": problem.file,
        "line": problem.place.map(|it| it.line),
        "column": problem.place.map(|it| it.column),
        "message": problem.message,
        "allowed": problem.allowed,
    })
}

fn check(args: &ConfigCheck) -> anyhow::Result<Exit> {
    let found = in_force(args.dir.as_deref())?;
    let missing = missing(&found.settings);
    let is_good = found.problems.is_empty() && missing.is_empty();
    if args.json {
        let mut problems: Vec<Value> = found.problems.iter().map(problem_document).collect();
        problems.extend(missing.iter().map(|it| json!({ "message": it })));
        terminal::print_json(&json!({ "good": is_good, "problems": problems }))?;
    } else {
        let mut out = String::new();
        let wrong = found
            .problems
            .iter()
            .map(ToString::to_string)
            .chain(missing);
        for problem in wrong {
            let problem = visible(&problem);
            let _ = writeln!(out, "{} {problem}\n", styled(ERROR, "✗"));
        }
        if is_good {
            let count = found.settings.rows().len();
            let _ = writeln!(
                out,
                "{} {count} settings, nothing is wrong",
                styled(GOOD, "✓")
            );
        }
        terminal::print(&out)?;
    }
    Ok(if is_good { Exit::Done } else { Exit::Nothing })
}

/// Keys and files that are not where the settings say.
fn missing(settings: &Settings) -> Vec<String> {
    let mut missing = Vec::new();
    for (name, endpoint) in &settings.endpoints {
        if let Some(kept) = &endpoint.key {
            // Fetched and forgotten: only whether it is there counts.
            let read = kept
                .to_string()
                .parse::<KeySource>()
                .and_then(|it| it.read());
            if let Err(why) = read {
                missing.push(format!("`[endpoint.{name}]` ({}): {why}", kept.origin));
            }
        }
        if let Some(path) = endpoint.authorities.as_ref().filter(|it| is_gone(it)) {
            missing.push(no_file(&format!("endpoint.{name}"), path));
        }
    }
    for (name, local) in &settings.locals {
        if let Some(path) = local.file.as_ref().filter(|it| is_gone(it)) {
            missing.push(no_file(&format!("local.{name}"), path));
        }
    }
    missing
}

/// Of paths that mean the same everywhere.
fn is_gone(path: &str) -> bool {
    let path = Path::new(path);
    path.is_absolute() && !path.is_file()
}

fn no_file(table: &str, path: &il_config::Sourced<String>) -> String {
    format!(
        "`[{table}]` ({}): there is no file `{}`",
        path.origin, path.value
    )
}
