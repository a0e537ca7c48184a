//! Interline: the binary. Command line and wiring.
//!
//! The one idea: this is the only place that chooses. It picks the engine, gives the façade its ports
//! (repositories on disk, the clock), and hands the result to whoever speaks to people or editors.
//!
//! Deliberately absent: anything that a second program could want. That belongs below.

mod cli;
mod commands;
mod costs;
mod diagnostics;
mod egress;
mod embedding;
mod engines;
mod failure;
mod interrupt;
mod models;
mod place;
mod privacy;
mod progress;
mod records;
mod repository;
mod screening;
mod session;
mod settings;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{cli::Cli, engines::WORKER, failure::Exit};

fn main() -> ExitCode {
    diagnostics::install_panic_hook();
    diagnostics::install_log();
    // Not for people, so it is no command: stdin and stdout are the parent's pipes.
    if std::env::args_os().nth(1).is_some_and(|it| it == WORKER) {
        return work();
    }
    let cli = Cli::parse();
    let done = commands::run(cli.command);
    costs::settle();
    let exit = match done {
        Ok(exit) => exit,
        Err(error) if failure::is_broken_pipe(&error) => Exit::Done,
        Err(error) => {
            terminal::error(&error);
            Exit::of(&error)
        }
    };
    exit.into()
}

/// Runs a model for the process that started this one.
fn work() -> ExitCode {
    match il_engine_llama::work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            terminal::error(&anyhow::Error::new(why).context("the worker stopped"));
            ExitCode::FAILURE
        }
    }
}
