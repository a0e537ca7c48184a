//! `interline search`: finds code by words, by what it means and by name; or what helps to write at a place.
//!
//! The one idea: the index is opened as it is and brought up to date before it is asked, so an answer is never about
//! files as they were.

mod at;
mod highlight;
mod language;
mod opening;
mod render;
mod roots;

use std::time::{Duration, Instant};

use il_index::{QueryVector, SearchError};
use il_retrieval::{Embedder, Hit, Mode, SearchQuery};
use serde_json::{Value, json};

use self::{opening::Ready, roots::Root};
use crate::{
    cli::Search,
    failure::{Exit, unavailable, usage},
    terminal::{self, FAINT, count, styled},
};

pub(crate) fn run(args: &Search) -> anyhow::Result<Exit> {
    match &args.at {
        Some(place) => at::run(args, place),
        None => search(args),
    }
}

/// A hit, and where it is.
struct Found<'a> {
    root: &'a Root,
    hit: Hit,
}

fn search(args: &Search) -> anyhow::Result<Exit> {
    let query = query(args)?;
    let roots = roots::all(args)?;
    let mut found = Vec::new();
    let mut took = Duration::ZERO;
    let mut files = 0;
    for root in &roots {
        let Some(ready) = opening::open(root, args)? else {
            return Ok(opening::stopped());
        };
        let started = Instant::now();
        let hits = hits(&ready, &query)?;
        took += started.elapsed();
        files += ready.opened.index.stats().files;
        found.extend(hits.into_iter().map(|hit| Found { root, hit }));
    }
    found.sort_by(|a, b| b.hit.score.total_cmp(&a.hit.score));
    found.truncate(query.most);
    if args.json {
        terminal::print_json(&document(&query, &found, took))?;
    } else {
        terminal::print(&render::hits(&query.text, &found))?;
        say_what_was_searched(args, &found, files, took);
    }
    Ok(if found.is_empty() {
        Exit::Nothing
    } else {
        Exit::Done
    })
}

/// What was typed, checked as far as no index is needed for it.
fn query(args: &Search) -> anyhow::Result<SearchQuery> {
    if args.tokens.is_some() {
        return Err(usage(
            "`--tokens` goes with `--at`; `-k` says how many hits",
        ));
    }
    let query = SearchQuery {
        text: args.query.join(" "),
        mode: args.mode.into(),
        most: usize::from(args.number),
        paths: args.paths.clone(),
        languages: language::all(&args.languages)?,
    };
    // An index of nothing knows as well what is no query.
    il_index::View::default()
        .search(&query, None)
        .map_err(usage)?;
    Ok(query)
}

fn hits(ready: &Ready, query: &SearchQuery) -> anyhow::Result<Vec<Hit>> {
    let vector = match query.mode {
        Mode::Hybrid | Mode::Semantic => vector(ready, query)?,
        Mode::Lexical | Mode::Symbol => None,
    };
    let found = ready.opened.index.view().search(query, vector.as_ref());
    found.map_err(|error: SearchError| usage(error))
}

/// What the query means. Without it a search goes on by words and names, if it may.
fn vector(ready: &Ready, query: &SearchQuery) -> anyhow::Result<Option<QueryVector>> {
    let is_needed = query.mode == Mode::Semantic;
    let Some(embedder) = ready.opened.embedder.as_deref() else {
        if is_needed {
            return Err(usage(
                "nothing can be found by meaning with `--embeddings none`: say `--embeddings static`",
            ));
        }
        return Ok(None);
    };
    let asked = match &ready.unreachable {
        Some(why) => Err(why.clone()),
        None => QueryVector::of(&query.text, embedder as &dyn Embedder),
    };
    match asked {
        Ok(vector) => Ok(Some(vector)),
        Err(why) if is_needed => Err(unavailable(format!("cannot search by meaning: {why}"))),
        Err(why) => {
            terminal::warning(&format!("searching by words and names alone: {why}"));
            Ok(None)
        }
    }
}

fn say_what_was_searched(args: &Search, found: &[Found<'_>], files: usize, took: Duration) {
    if found.is_empty() {
        terminal::say(&format!("nothing found in {}", count(files as u64, "file")));
        for hint in hints(args) {
            terminal::say(&styled(FAINT, &format!("→ {hint}")));
        }
        return;
    }
    let line = format!(
        "{} in {}, {:.1} ms",
        count(found.len() as u64, "hit"),
        count(files as u64, "file"),
        took.as_secs_f64() * 1e3
    );
    let gap = if terminal::stdout_is_terminal() {
        "\n"
    } else {
        ""
    };
    terminal::say(&format!("{gap}{}", styled(FAINT, &line)));
}

/// What may find something.
fn hints(args: &Search) -> Vec<&'static str> {
    let mut hints = Vec::new();
    if !args.paths.is_empty() || !args.languages.is_empty() {
        hints.push("leave out `--path` and `--language` to look everywhere");
    }
    if Mode::from(args.mode) != Mode::Hybrid {
        hints.push("leave out `--mode` to look by words, by meaning and by name");
    }
    if args.no_update {
        hints.push("leave out `--no-update` to see what changed since it was indexed");
    }
    if hints.is_empty() {
        hints.push("try other words, or part of a name with `--mode symbol`");
        hints.push("`interline index --verbose` lists the files that are left out");
    }
    hints
}

fn document(query: &SearchQuery, found: &[Found<'_>], took: Duration) -> Value {
    let hits = found.iter().map(|Found { root, hit }| {
        let ranks = hit
            .ranks
            .iter()
            .map(|(mode, rank)| (mode.name().to_owned(), json!(rank)));
        json!({
            "root": root.path.to_string_lossy(),
            "path": hit.path,
            "start_line": hit.lines.start + 1,
            "end_line": hit.lines.end.max(hit.lines.start + 1),
            "line": hit.line + 1,
            "symbol": hit.symbol,
            "kind": hit.kind,
            "score": hit.score,
            "ranks": Value::Object(ranks.collect()),
            "text": hit.text,
        })
    });
    json!({
        "query": query.text,
        "mode": query.mode.name(),
        "took_ms": (took.as_secs_f64() * 1e6).round() / 1e3,
        "hits": hits.collect::<Vec<_>>(),
    })
}
