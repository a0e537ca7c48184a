//! One module a command. Each reads its arguments, does its work, and says how it ended.

mod complete;
mod config;
mod context;
mod cost;
mod doctor;
mod eval;
mod index;
mod lsp;
mod models;
mod playground;
mod privacy;
mod provenance;
mod scan;
mod search;

use crate::{cli::Command, failure::Exit};

/// Runs what was typed.
pub(crate) fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Complete(args) => complete::run(&args),
        Command::Context(args) => context::run(&args),
        Command::Lsp(args) => lsp::run(&args),
        Command::Playground(args) => playground::run(&args),
        Command::Index(args) => index::run(&args),
        Command::Search(args) => search::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Cost(args) => cost::run(&args),
        Command::Privacy(args) => privacy::run(&args),
        Command::Scan(args) => scan::run(&args),
        Command::Models(args) => models::run(&args),
        Command::Provenance(args) => provenance::run(&args),
        Command::Eval(args) => eval::run(&args),
    }
}
