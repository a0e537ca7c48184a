//! What can be typed to see a prompt.

use std::path::PathBuf;

use clap::Args;

use super::{Context, Hide};
use crate::place::Place;

/// Show what a model would be shown at a place: every piece, why it is there, what was left out
///
/// The prompt is the one that `interline complete` and an editor would send, packed for the first model that the settings
/// name. Without a model it is packed for one of 2048 tokens, which are estimated.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline context src/main.rs:12:5
  interline context src/main.rs:12:5 --budget 512            what stays when there is less room
  interline context src/main.rs:12:5 --prompt                the prompt itself, with its markers
  interline context src/main.rs:12:5 --context line          starved on purpose
  interline context src/main.rs:12:5 --json | jq '.pieces[] | [.tokens, .path, .why]'")]
pub(crate) struct ShowContext {
    /// Where: LINE and COL count from 1, COL in characters
    #[arg(value_name = "FILE:LINE:COL")]
    pub(crate) place: Place,

    /// The repository to look into [default: the one that holds FILE]
    #[arg(long, value_name = "DIR")]
    pub(crate) repo: Option<PathBuf>,

    /// Tokens of the whole prompt at most [default: what the model has]
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(16..=1_000_000))]
    pub(crate) budget: Option<u32>,

    /// For which model: see `interline complete --help`
    #[arg(long, value_name = "ENGINE")]
    pub(crate) engine: Option<String>,

    /// For models of this family: its markers, and tokens are estimated
    #[arg(long, value_name = "ID", conflicts_with = "engine")]
    pub(crate) template: Option<String>,

    /// What may be shown
    #[arg(long, value_enum, value_name = "CONTEXT", default_value_t = Context::Full)]
    pub(crate) context: Context,

    /// Pretend that part of the file is not yet written
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) hide: Option<Hide>,

    /// Print the prompt itself
    #[arg(long)]
    pub(crate) prompt: bool,

    /// Print one JSON document, texts included
    #[arg(long)]
    pub(crate) json: bool,
}
