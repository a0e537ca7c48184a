//! The steps, each in a process of its own.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use il_assist::CancelToken;
use il_eval::speed::{Built, Changed, Restarted, Searched, Spread};
use il_index::{Folder, Index, QueryVector, Stamp, View};
use il_retrieval::{
    Embedder, Mode, SearchQuery,
    cursor::{Limits, Network},
};
use il_syntax::Parser;
use serde_json::Value;

use super::{
    super::asking::Prepared,
    machine,
    pretend::Pretend,
    questions::{self, Place},
};
use crate::{
    cli::EvalIndex,
    failure::unavailable,
    repository::{
        index::{self, Opened, stamped},
        tree,
    },
};

/// Single files that are changed one after another.
const ONE_BY_ONE: u16 = 21;
/// Single words that other programs are asked as well.
const WORDS: usize = 50;
/// What is retrieved for a place.
const TOKENS: usize = 2048;

/// Runs the step of this name; what it measured is its parent's to read.
pub(super) fn run(name: &str, root: &Path, args: &EvalIndex) -> anyhow::Result<Value> {
    let started = Instant::now();
    let opened = index::open(root, args.embeddings.as_ref())?;
    let opening = started.elapsed();
    if let Some(problem) = opened.problems.first() {
        bail!("{problem}");
    }
    Ok(match name {
        "build" => serde_json::to_value(build(&opened)?)?,
        "restart" => serde_json::to_value(restart(&opened, opening))?,
        "search" => serde_json::to_value(search(&opened, usize::from(args.queries))?)?,
        "change" => serde_json::to_value(change(&opened, args)?)?,
        _ => bail!("there is no step `{name}`"),
    })
}

fn build(opened: &Opened) -> anyhow::Result<Built> {
    let cpu = machine::cpu();
    let done = opened.bring_up_to_date(&|_| {}, &CancelToken::new())?;
    let cpu = since(cpu);
    let peak_bytes = machine::peak_bytes();
    done.saved.context("cannot save the index")?;
    done.embedded.map_err(unavailable)?;
    let stats = opened.index.stats();
    let view = opened.index.view();
    let texts = view.paths().into_iter().filter_map(|it| view.text(&it));
    let embedded = opened.embedder.is_some().then_some(stats.chunks);
    let disk = opened.directory.as_deref().map_or(0, index::disk_bytes);
    Ok(Built {
        files: stats.files,
        bytes: done.report.bytes,
        lines: texts.map(|it| it.lines().count() as u64).sum(),
        chunks: stats.chunks,
        symbols: stats.symbols,
        vectors: embedded.map_or(0, |it| it - stats.pending),
        scanning: done.times.scanning.as_secs_f64(),
        indexing: done.times.indexing.as_secs_f64(),
        embedding: done.times.embedding.as_secs_f64(),
        saving: done.times.saving.as_secs_f64(),
        cpu,
        peak_bytes,
        memory_bytes: stats.memory_bytes as u64,
        disk_bytes: disk,
    })
}

fn since(cpu: Option<f64>) -> Option<f64> {
    Some(machine::cpu()? - cpu?)
}

/// All that this process did is a start: its figures are those of the whole process.
fn restart(opened: &Opened, opening: Duration) -> Restarted {
    let mut started = Instant::now();
    let scan = tree::scan_all(&opened.root);
    let scanning = started.elapsed();
    started = Instant::now();
    let difference = opened.index.difference(stamped(&scan.files));
    Restarted {
        opening: opening.as_secs_f64(),
        scanning: scanning.as_secs_f64(),
        comparing: started.elapsed().as_secs_f64(),
        cpu: machine::cpu(),
        read_bytes: machine::read_bytes(),
        index_bytes: opened.index.stats().loaded_bytes,
        peak_bytes: machine::peak_bytes(),
        different: difference.changed.len() + difference.removed.len(),
    }
}

fn search(opened: &Opened, queries: usize) -> anyhow::Result<Searched> {
    let view = opened.index.view();
    let asked = questions::searches(&view, queries);
    let mut modes = Vec::new();
    for mode in Mode::ALL {
        if mode == Mode::Semantic && opened.embedder.is_none() {
            continue;
        }
        let took = asked
            .iter()
            .map(|it| fastest(|| find(opened, &view, mode, it)));
        let took = took.collect::<anyhow::Result<Vec<u64>>>()?;
        modes.push((mode.name().to_owned(), Spread::of(took)));
    }
    let asked_words = questions::names(&view, WORDS);
    let words = asked_words
        .iter()
        .map(|it| fastest(|| find(opened, &view, Mode::Lexical, it)));
    let words = words.collect::<anyhow::Result<Vec<u64>>>()?;
    let (cursor, cursor_prepared) = cursors(&view, &questions::places(&view, queries))?;
    Ok(Searched {
        modes,
        cursor,
        cursor_prepared,
        words: Spread::of(words),
        asked_words,
        resident_bytes: machine::resident_bytes(),
    })
}

/// A search as the product does it: what it means is found out first.
fn find(opened: &Opened, view: &View, mode: Mode, text: &str) -> anyhow::Result<()> {
    let vector = match (mode, opened.embedder.as_deref()) {
        (Mode::Hybrid | Mode::Semantic, Some(embedder)) => {
            Some(QueryVector::of(text, embedder as &dyn Embedder)?)
        }
        _ => None,
    };
    let query = SearchQuery {
        mode,
        ..SearchQuery::new(text)
    };
    view.search(&query, vector.as_ref())?;
    Ok(())
}

fn cursors(view: &View, places: &[Place]) -> anyhow::Result<(Spread, Spread)> {
    let network = Network::shipped();
    let limits = Limits {
        tokens: TOKENS,
        ..Limits::default()
    };
    let mut parser = Parser::new();
    let (mut whole, mut prepared) = (Vec::new(), Vec::new());
    for it in places {
        whole.push(fastest(|| {
            Prepared::new(view, &mut parser, &it.path, &it.text, it.cursor)
                .retrieve(&network, &limits);
            Ok(())
        })?);
        let asked = Prepared::new(view, &mut parser, &it.path, &it.text, it.cursor);
        prepared.push(fastest(|| {
            asked.retrieve(&network, &limits);
            Ok(())
        })?);
    }
    Ok((Spread::of(whole), Spread::of(prepared)))
}

/// The shorter of two runs, in microseconds: the first may wait for what the second finds warm.
fn fastest(mut run: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<u64> {
    Ok(timed(&mut run)?.min(timed(&mut run)?))
}

fn timed(mut run: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<u64> {
    let started = Instant::now();
    run()?;
    Ok(started.elapsed().as_micros() as u64)
}

fn change(opened: &Opened, args: &EvalIndex) -> anyhow::Result<Changed> {
    let index = &opened.index;
    let folder = Folder {
        root: opened.root.clone(),
    };
    let view = index.view();
    let known = index.known();
    let mut files: Vec<(String, Stamp)> = view
        .paths()
        .into_iter()
        .filter_map(|path| known.get(&path).map(|&stamp| (path, stamp)))
        .collect();
    files.sort_by_key(|it| it.1.size);
    let (update, save) = one_by_one(index, &folder, &files)?;
    let asked = questions::searches(&view, usize::from(args.queries));
    let before = asked
        .iter()
        .map(|it| timed(|| find(opened, &index.view(), Mode::Hybrid, it)));
    let before = before.collect::<anyhow::Result<Vec<u64>>>()?;
    let many = spread_over(&files, usize::from(args.changed));
    let pretend = Pretend::new(&folder, &many, ONE_BY_ONE + 1);
    let changed = pretend.stamped(&many);
    let is_done = AtomicBool::new(false);
    let (report, seconds, meanwhile) = std::thread::scope(|scope| {
        let updating = scope.spawn(|| {
            let started = Instant::now();
            let report = index.update(&changed, &[], &pretend, &|_| {}, &CancelToken::new());
            is_done.store(true, Ordering::Release);
            (report, started.elapsed().as_secs_f64())
        });
        let mut meanwhile = Vec::new();
        for it in asked.iter().cycle() {
            meanwhile.push(timed(|| find(opened, &index.view(), Mode::Hybrid, it)));
            if is_done.load(Ordering::Acquire) {
                break;
            }
        }
        let (report, seconds) = updating.join().expect("an update catches what fails in it");
        (report, seconds, meanwhile)
    });
    Ok(Changed {
        update,
        save,
        files: report.files,
        bytes: report.bytes,
        seconds,
        searches_before: Spread::of(before),
        searches_meanwhile: Spread::of(meanwhile.into_iter().collect::<anyhow::Result<_>>()?),
    })
}

/// Changes and saves single files of all sizes; how long each took.
fn one_by_one(
    index: &Index,
    folder: &Folder,
    files: &[(String, Stamp)],
) -> anyhow::Result<(Spread, Spread)> {
    let (mut updates, mut saves) = (Vec::new(), Vec::new());
    for (file, round) in spread_over(files, usize::from(ONE_BY_ONE))
        .into_iter()
        .zip(1..)
    {
        let one = [file];
        let pretend = Pretend::new(folder, &one, round);
        let changed = pretend.stamped(&one);
        updates.push(timed(|| {
            let report = index.update(&changed, &[], &pretend, &|_| {}, &CancelToken::new());
            if report.files != 1 {
                bail!("`{}` was not indexed again", one[0].0);
            }
            Ok(())
        })?);
        saves.push(timed(|| {
            index.save().context("cannot save the index")?;
            Ok(())
        })?);
    }
    Ok((Spread::of(updates), Spread::of(saves)))
}

/// As many of all, evenly spread.
fn spread_over(files: &[(String, Stamp)], most: usize) -> Vec<(String, Stamp)> {
    let count = most.min(files.len());
    (0..count)
        .map(|it| files[it * files.len() / count].clone())
        .collect()
}
