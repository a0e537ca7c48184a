//! `interline eval`: how good suggestions are.

mod lines;
mod replay;

use crate::{cli::Eval, failure::Exit};

pub(crate) fn run(args: &Eval) -> anyhow::Result<Exit> {
    match args {
        Eval::Lines(args) => lines::run(args),
        Eval::Replay(args) => replay::run(args),
    }
}
