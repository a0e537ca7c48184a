//! `interline index`: indexes a repository and says what is in the index.
//!
//! One repository after another; what can be told of one is told before the next begins.

mod report;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use il_index::Saved;
use serde_json::json;

use self::report::Account;
use crate::{
    cli::Index,
    failure::{Exit, unavailable},
    interrupt,
    progress::Steps,
    repository::{index, tree},
    terminal,
};

pub(crate) fn run(args: &Index) -> anyhow::Result<Exit> {
    let mut accounts = Vec::new();
    for root in roots(args)? {
        let account = index_one(args, &root)?;
        if !args.json {
            terminal::print(&account.table(args.verbose))?;
        }
        let stopped = !account.is_complete();
        accounts.push(account);
        if stopped {
            break;
        }
    }
    if args.json {
        let documents: Vec<_> = accounts
            .iter()
            .map(|it| it.document(args.verbose))
            .collect();
        terminal::print_json(&json!({ "repositories": documents }))?;
    }
    how_it_ended(&accounts)
}

/// Every one is looked at before work on the first begins.
fn roots(args: &Index) -> anyhow::Result<Vec<PathBuf>> {
    let roots: Vec<PathBuf> = match &args.dirs[..] {
        [] => vec![tree::repository(None)?],
        dirs => dirs
            .iter()
            .map(|dir| tree::real_directory(dir))
            .collect::<Result<_, _>>()?,
    };
    for root in &roots {
        index::check_root(root)?;
    }
    Ok(roots)
}

fn index_one(args: &Index, root: &Path) -> anyhow::Result<Account> {
    if args.rebuild {
        forget(root)?;
    }
    // From here on what is done is kept.
    let cancel = interrupt::token();
    let started = Instant::now();
    let opened = index::open(root, args.embeddings.as_ref())?;
    let loading = started.elapsed();
    for problem in &opened.problems {
        terminal::warning(problem);
    }
    let steps = Steps::new();
    let mut caught_up = opened.bring_up_to_date(&|step| steps.show(step), &cancel)?;
    drop(steps);
    caught_up.times.loading = loading;
    match &caught_up.saved {
        Err(problem) => terminal::warning(&problem.to_string()),
        Ok(Saved::InMemory) if opened.is_in_use => terminal::warning(&format!(
            "another process keeps the index of `{}` and brings it up to date: nothing is saved here",
            root.display()
        )),
        Ok(_) => {}
    }
    Ok(Account::new(&opened, caught_up))
}

/// Removes the index. Somebody else who has it open goes on with what is in memory.
fn forget(root: &Path) -> anyhow::Result<()> {
    let Ok(directory) = index::directory_of(root) else {
        return Ok(());
    };
    match fs::remove_dir_all(&directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound && directory.exists() => {
            let shown = directory.display();
            Err(unavailable(format!("cannot remove `{shown}`: {error}")))
        }
        _ => Ok(()),
    }
}

fn how_it_ended(accounts: &[Account]) -> anyhow::Result<Exit> {
    if accounts.iter().any(|it| it.is_stopped) {
        terminal::say("stopped: what was done is kept, the next run goes on from there");
        return Ok(Exit::Nothing);
    }
    match accounts.iter().find_map(|it| it.embedding_error.clone()) {
        Some(why) => Err(unavailable(format!(
            "not everything is embedded: {why}; what is indexed can be found by words and names"
        ))),
        None => Ok(Exit::Done),
    }
}
