//! `interline models`: what is known, what is here, and how the one becomes the other.
//!
//! The one idea: every way to a model ends in the same folder with the same manifest, whether a hub, a mirror or a stick was
//! the way.
//!
//! Deliberately absent: running a model to see whether it answers.

mod check;
mod list;
mod pull;

use il_egress::Trouble;
use il_models::{Impossible, Unusable};

use crate::{
    cli::models::{Add, Models, Remove},
    failure::{Exit, refused, unavailable, usage},
    interrupt, models,
    progress::Bytes,
    terminal,
};

pub(crate) fn run(command: &Models) -> anyhow::Result<Exit> {
    match command {
        Models::List(args) => list::run(args),
        Models::Pull(args) => pull::run(args),
        Models::Add(args) => add(args),
        Models::Rm(args) => remove(args),
        Models::Check(args) => check::run(args),
    }
}

fn add(args: &Add) -> anyhow::Result<Exit> {
    let store = models::store()?;
    let stem = args.file.file_stem().and_then(|it| it.to_str());
    let name = args.name.as_deref().or(stem);
    let name = name.ok_or_else(|| usage("the file has no name to call it by: say `--as NAME`"))?;
    let total = std::fs::metadata(&args.file).map_or(0, |it| it.len());
    let bar = Bytes::new("looking at it");
    let added = store.add(
        &args.file,
        name,
        &models::today(),
        &interrupt::token(),
        &mut |done| bar.at(done, Some(total), None),
    );
    drop(bar);
    let added = added.map_err(unusable)?;
    terminal::print_raw(&format!("{}\n", added.path.display()))?;
    match il_models::find(name) {
        Some(known)
            if known
                .sha256
                .as_ref()
                .is_some_and(|it| *it != added.manifest.sha256) =>
        {
            terminal::warning(&format!(
                "this is another file than the `{name}` of the table: its hash is `{}`",
                added.manifest.sha256
            ));
        }
        _ => {}
    }
    Ok(Exit::Done)
}

fn remove(args: &Remove) -> anyhow::Result<Exit> {
    let store = models::store()?;
    let mut freed = 0;
    for id in &args.ids {
        freed += store.remove(id).map_err(unusable)?;
    }
    terminal::say(&format!("{} free again", terminal::bytes(freed)));
    Ok(Exit::Done)
}

/// An error of the folder, with its exit code.
fn unusable(error: Unusable) -> anyhow::Error {
    match error {
        Unusable::Name(_) | Unusable::Taken(_) => usage(error),
        other => other.into(),
    }
}

/// An error of a download, with its exit code: 4 where there is no way to the hub.
fn impossible(error: Impossible) -> anyhow::Error {
    match error {
        Impossible::Store(error) => unusable(error),
        Impossible::Origin(_) => usage(error),
        Impossible::Offline {
            trouble: Trouble::Forbidden(_),
            ..
        } => refused(error),
        Impossible::Offline { .. }
        | Impossible::Status { .. }
        | Impossible::Later { .. }
        | Impossible::BrokeOff { .. } => unavailable(error),
        other => other.into(),
    }
}
