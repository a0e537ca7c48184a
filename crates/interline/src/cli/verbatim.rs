//! What can be typed to measure whether copies are noticed.

use std::path::PathBuf;

use clap::Args;

/// Plant copies of known code, and see whether they are noticed and ordinary suggestions are not
///
/// The packages in the folders are dealt out by name. Of three of five a reference is made; copies of their functions, with
/// other names, spacing and comments, must be found. Lines and blocks of the others, where they stand, must not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline eval verbatim ~/.cargo/registry/src/*        every folder in there is a package
  interline eval verbatim packages --copies 2000 --misses")]
pub(crate) struct EvalVerbatim {
    /// Folders of packages
    #[arg(value_name = "DIR", required = true)]
    pub(crate) dirs: Vec<PathBuf>,

    /// How many copies are planted
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) copies: u32,

    /// How many ordinary suggestions are looked at
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) suggestions: u32,

    /// Which ones
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Say which copies were missed and which suggestions were taken for copies
    #[arg(long)]
    pub(crate) misses: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
