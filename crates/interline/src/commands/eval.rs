//! `interline eval`: how good suggestions, searches and redaction are, and how fast.

mod asking;
mod coverage;
mod docstrings;
mod index;
mod lines;
mod overhead;
mod privacy;
mod replay;
mod verbatim;

use crate::{cli::Eval, failure::Exit};

pub(crate) fn run(args: &Eval) -> anyhow::Result<Exit> {
    match args {
        Eval::Lines(args) => lines::run(args),
        Eval::Replay(args) => replay::run(args),
        Eval::Coverage(args) => coverage::run(args),
        Eval::Docstrings(args) => docstrings::run(args),
        Eval::Index(args) => index::run(args),
        Eval::Overhead(args) => overhead::run(args),
        Eval::Verbatim(args) => verbatim::run(args),
        Eval::Privacy(args) => privacy::run(args),
    }
}
