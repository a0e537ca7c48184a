//! `interline eval privacy`: what of the secrets that are there is found, and what is found that is none.
//!
//! Measuring is `il-eval`'s; the finder is the product's.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use il_eval::privacy::{self, Beside, Hit, Judged, Scored, Set};
use serde_json::json;

use crate::{
    cli::EvalPrivacy,
    failure::{Exit, usage},
    terminal,
};

/// What ours is called: as it is shipped, and with every kind on.
const SHIPPED: &str = "interline";
const EVERYTHING: &str = "all on";

pub(crate) fn run(args: &EvalPrivacy) -> anyhow::Result<Exit> {
    let as_usage = |error: anyhow::Error| usage(format!("{error:#}"));
    let mut beside = Vec::new();
    for (name, file) in &args.beside {
        let hits = privacy::read_findings(file).map_err(as_usage)?;
        beside.push((name.clone(), hits));
    }
    if args.code.is_empty() {
        sets(args, &beside)
    } else {
        code(args, &beside)
    }
}

fn sets(args: &EvalPrivacy, beside: &[(String, Vec<Hit>)]) -> anyhow::Result<Exit> {
    let sets = privacy::sets(usize::from(args.samples), args.seed);
    let off = privacy::off();
    let some_are_off = !off.is_empty();
    let mut finders = vec![(SHIPPED, privacy::shipped(), off)];
    if some_are_off {
        finders.push((EVERYTHING, privacy::everything(), BTreeSet::new()));
    }
    if let Some(folder) = &args.write {
        privacy::write(folder, &sets)?;
    }
    let mut reports = Vec::new();
    for set in &sets {
        let mut report = privacy::report(set);
        for (name, finder, off) in &finders {
            let hits = privacy::scan(finder, set);
            let scored = scored(name, set, &hits, off, args.write.as_deref())?;
            report.scanners.push(scored);
        }
        for (name, hits) in beside {
            let off = BTreeSet::new();
            let scored = scored(name, set, hits, &off, args.write.as_deref())?;
            report.scanners.push(scored);
        }
        reports.push(report);
    }
    if args.json {
        terminal::print_json(&serde_json::to_value(&reports)?)?;
    } else {
        terminal::print(&privacy::render(&reports))?;
    }
    Ok(Exit::Done)
}

fn scored(
    name: &str,
    set: &Set,
    hits: &[Hit],
    off: &BTreeSet<std::sync::Arc<str>>,
    folder: Option<&Path>,
) -> anyhow::Result<Scored> {
    let (scored, mistakes) = privacy::score(name, set, hits, off);
    if let Some(folder) = folder {
        let file = format!("{}.{}", set.name, name.replace(' ', "-"));
        privacy::write_mistakes(folder, &file, &mistakes)?;
    }
    Ok(scored)
}

fn code(args: &EvalPrivacy, beside: &[(String, Vec<Hit>)]) -> anyhow::Result<Exit> {
    let finder = if args.all {
        privacy::everything()
    } else {
        privacy::shipped()
    };
    let judged = match &args.judged {
        None => Judged::default(),
        Some(file) => Judged::read(file).map_err(|error| usage(format!("{error:#}")))?,
    };
    let mut surveys = Vec::new();
    for folder in &args.code {
        if !folder.is_dir() {
            let shown = folder.display();
            return Err(usage(format!("`{shown}` is no folder")));
        }
        surveys.push(privacy::survey(folder, &finder, &judged)?);
    }
    let beside = beside.iter().map(|(name, hits)| {
        let counts = surveys.iter().map(|survey| {
            let here = hits
                .iter()
                .filter(|it| it.path.split('/').next() == Some(&*survey.name));
            let right = here.clone().filter(|it| {
                let place = format!("{}:{}", it.path, it.line);
                judged.is_right(name, &place)
            });
            let (all, right) = (here.count(), right.count());
            (all, all - right)
        });
        Beside {
            name: name.clone(),
            counts: counts.collect(),
        }
    });
    let beside: Vec<Beside> = beside.collect();
    if args.json {
        let others = beside.into_iter().map(|it| (it.name, it.counts));
        let others: BTreeMap<String, _> = others.collect();
        terminal::print_json(&json!({ "folders": surveys, "beside": others }))?;
    } else {
        terminal::print(&privacy::render_code(&surveys, &beside))?;
    }
    Ok(Exit::Done)
}
