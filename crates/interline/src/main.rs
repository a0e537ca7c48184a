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
mod place;
mod progress;
mod repository;
mod session;
mod settings;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{cli::Cli, failure::Exit};

fn main() -> ExitCode {
    diagnostics::install_panic_hook();
    diagnostics::install_log();
    let cli = Cli::parse();
    let exit = match commands::run(cli.command) {
        Ok(exit) => exit,
        Err(error) if failure::is_broken_pipe(&error) => Exit::Done,
        Err(error) => {
            terminal::error(&error);
            Exit::of(&error)
        }
    };
    exit.into()
}
