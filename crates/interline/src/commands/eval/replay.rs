//! `interline eval replay`: types a file through the real language server.

use crate::{cli::EvalReplay, failure::Exit};

pub(crate) fn run(_: &EvalReplay) -> anyhow::Result<Exit> {
    anyhow::bail!("being written")
}
