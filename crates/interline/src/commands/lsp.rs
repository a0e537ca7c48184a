//! `interline lsp`: the language server on stdin and stdout.

use std::{io::IsTerminal as _, sync::Arc};

use il_assist::SystemClock;
use il_lsp::Ports;

use crate::{
    cli::Lsp,
    engines::Wanted,
    failure::Exit,
    records,
    repository::{Learn, Mode, WorkingTrees},
    terminal,
};

pub(crate) fn run(_: &Lsp) -> anyhow::Result<Exit> {
    if std::io::stdin().is_terminal() {
        terminal::say(
            "this is a language server: it talks to an editor on stdin and stdout \
             (`interline doctor` says how to set one up; Ctrl+C ends it)",
        );
    }
    records::sweep_in_background();
    let trees = Arc::new(WorkingTrees::new(
        Mode::Watching,
        Learn::Repository,
        Wanted::default(),
    ));
    let (connection, threads) = il_lsp::stdio()?;
    let served = il_lsp::serve(connection, ports(&trees));
    trees.save();
    threads.join()?;
    served?;
    Ok(Exit::Done)
}

/// What a server needs, over repositories on disk.
pub(crate) fn ports(trees: &Arc<WorkingTrees>) -> Ports {
    Ports {
        repositories: Arc::clone(trees) as _,
        clock: Arc::new(SystemClock::new()),
        version: env!("INTERLINE_VERSION").into(),
        workers: 0,
    }
}
