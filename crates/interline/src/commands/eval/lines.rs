//! `interline eval lines`: runs a cases file against engines, with a progress bar, and prints the figures.
//!
//! Measuring is `il-eval`'s; choosing and opening engines is ours.

mod starved;

use std::{fs, path::Path, sync::Arc};

use il_complete::gate::GateConfig;
use il_context::Scope;
use il_engine::Engine;
use il_eval::{
    Case, baseline, cases,
    lines::{self, Contender, Open, Options, Progress},
};

use self::starved::LineAlone;
use crate::{
    cli::{EvalEngine, EvalLines},
    failure::{Exit, usage},
    repository::{model, tree},
    terminal::{self, ProgressBar},
};

pub(crate) fn run(args: &EvalLines) -> anyhow::Result<Exit> {
    let cases = chosen_cases(args)?;
    let repositories = tree::real_directory(&args.repos)?;
    let opened = openers(args);
    let contenders: Vec<Contender<'_>> = opened
        .iter()
        .map(|(name, open)| Contender {
            name: name.as_str(),
            open: &**open,
        })
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

/// Everybody who takes part, as the report calls them.
fn openers(args: &EvalLines) -> Vec<(String, Box<Open<'static>>)> {
    let mut openers: Vec<(String, Box<Open<'static>>)> = Vec::new();
    // A model is asked for by its word; then the engines take part only when they are named, too.
    let engines = match (&args.engine[..], args.model.is_empty()) {
        ([], true) => &[EvalEngine::Repo][..],
        (named, _) => named,
    };
    let scopes: Vec<Scope> = args.context.iter().map(|it| Scope::from(*it)).collect();
    for &engine in engines {
        match engine {
            EvalEngine::Repo => openers.extend(scopes.iter().map(|&scope| repo(scope, args))),
            EvalEngine::RecentLine => openers.push(named(engine, &baseline::recent_line)),
            EvalEngine::FiveGram => openers.push(named(engine, &baseline::repository_ngram)),
            EvalEngine::FiveGramFile => openers.push(named(engine, &baseline::file_ngram)),
        }
    }
    for model in &args.model {
        for &scope in &scopes {
            let word = model.clone();
            let name = format!("{} {}", short(model), scope.name());
            openers.push((
                name,
                Box::new(move |root: &Path| starved::model(&word, root, scope)),
            ));
        }
    }
    openers
}

/// The last part of what a model is called.
fn short(model: &str) -> &str {
    model.rsplit(['/', ':']).next().unwrap_or(model)
}

fn named(engine: EvalEngine, open: &'static Open<'static>) -> (String, Box<Open<'static>>) {
    (engine.name().to_owned(), Box::new(open))
}

/// The repo model with so much to draw from. Alone and with everything it is called what it always was.
fn repo(scope: Scope, args: &EvalLines) -> (String, Box<Open<'static>>) {
    let name = match &args.context[..] {
        [crate::cli::Context::Full] => EvalEngine::Repo.name().to_owned(),
        _ => format!("{} {}", EvalEngine::Repo.name(), scope.name()),
    };
    let open: Box<Open<'static>> = match scope {
        Scope::Full => Box::new(learn),
        Scope::File => Box::new(|_: &Path| Ok(Arc::new(model::blank()) as _)),
        Scope::Line => Box::new(|_: &Path| Ok(Arc::new(LineAlone(Arc::new(model::blank()))) as _)),
    };
    (name, open)
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
