//! `interline eval lines`: runs a cases file against engines, with a progress bar, and prints the figures.
//!
//! Measuring is `il-eval`'s; choosing and opening engines is ours.

use std::{fs, path::Path, sync::Arc};

use il_complete::gate::GateConfig;
use il_engine::Engine;
use il_eval::{
    Case, baseline, cases,
    lines::{self, Contender, Open, Options, Progress},
};

use crate::{
    cli::{EvalEngine, EvalLines},
    failure::{Exit, usage},
    repository::{model, tree},
    terminal::{self, ProgressBar},
};

pub(crate) fn run(args: &EvalLines) -> anyhow::Result<Exit> {
    let cases = chosen_cases(args)?;
    let repositories = tree::real_directory(&args.repos)?;
    let contenders: Vec<Contender<'_>> = args
        .engine
        .iter()
        .map(|engine| contender(*engine))
        .collect();
    let bar = ProgressBar::steps("completing", (cases.len() * contenders.len()) as u64);
    let mut progress = |progress: Progress<'_>| {
        bar.at(
            progress.done as u64,
            &format!("{} on {}", progress.contender, progress.repository),
        );
    };
    let report = lines::run(
        &cases,
        &repositories,
        &contenders,
        &options(args),
        &mut progress,
    )?;
    drop(bar);
    if args.json {
        terminal::print_json(&serde_json::to_value(&report)?)?;
    } else {
        terminal::print(&lines::render(&report))?;
    }
    Ok(Exit::Done)
}

fn chosen_cases(args: &EvalLines) -> anyhow::Result<Vec<Case>> {
    let mut cases = cases::read(&args.cases).map_err(|error| usage(format!("{error:#}")))?;
    if !args.language.is_empty() {
        cases.retain(|case| args.language.contains(&case.lang));
    }
    if let Some(limit) = args.limit {
        thin_out(&mut cases, limit);
    }
    if cases.is_empty() {
        return Err(usage(format!(
            "there are no such cases in `{}`",
            args.cases.display()
        )));
    }
    Ok(cases)
}

/// Keeps `limit` cases, evenly spread: the first ones would all be of one repository.
fn thin_out(cases: &mut Vec<Case>, limit: usize) {
    let all = cases.len();
    if limit < all {
        let mut n = 0;
        cases.retain(|_| {
            n += 1;
            n * limit / all != (n - 1) * limit / all
        });
    }
}

fn options(args: &EvalLines) -> Options {
    let mut gate = GateConfig::default();
    if let Some(threshold) = args.threshold {
        gate.threshold = threshold;
        gate.block_threshold = gate.block_threshold.max(threshold);
    }
    Options {
        gate,
        threads: usize::from(args.threads),
    }
}

fn contender(engine: EvalEngine) -> Contender<'static> {
    let open: &'static Open<'static> = match engine {
        EvalEngine::Repo => &learn,
        EvalEngine::RecentLine => &baseline::recent_line,
        EvalEngine::FiveGram => &baseline::repository_ngram,
        EvalEngine::FiveGramFile => &baseline::file_ngram,
    };
    Contender {
        name: engine.name(),
        open,
    }
}

/// The repo model, learnt now: a measurement must not depend on what was saved before.
fn learn(root: &Path) -> anyhow::Result<Arc<dyn Engine>> {
    let root = fs::canonicalize(root)?;
    let files = tree::scan(&root).files;
    let model = model::blank();
    model::learn(
        &model,
        &root,
        &files,
        &|_| {},
        &il_assist::CancelToken::new(),
    )?;
    Ok(Arc::new(model))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(count: usize) -> Vec<Case> {
        (0..count)
            .map(|n| Case {
                id: n.to_string(),
                repo: "r".into(),
                lang: "python".into(),
                path: "a.py".into(),
                kind: il_eval::Kind::Line,
                start: 0,
                end: 1,
            })
            .collect()
    }

    #[test]
    fn thinning_out_spreads_evenly() {
        let kept = |all, limit| {
            let mut cases = cases(all);
            thin_out(&mut cases, limit);
            cases
                .iter()
                .map(|case| case.id.parse::<usize>().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(kept(10, 3), [3, 6, 9]);
        assert_eq!(kept(3, 10), [0, 1, 2]);
        assert_eq!(kept(1000, 37).len(), 37);
    }
}
