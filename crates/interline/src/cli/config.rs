//! What can be typed to look at settings.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Show the settings in force, or check them
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  interline config show              every setting, its value, and who said so
  interline config check             what is wrong, where, and what to do

Your settings are in `config.toml` in the configuration directory, or where INTERLINE_CONFIG says;
a repository's are in `.interline.toml`. See docs/configuration.md.")]
pub(crate) enum Config {
    Show(ConfigShow),
    Check(ConfigCheck),
}

/// Show every setting in force, and who said so
///
/// What is built in comes first, then your file, the repository's, the environment; the later one wins.
#[derive(Debug, Args)]
pub(crate) struct ConfigShow {
    /// The repository [default: the one around the current directory]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Check the settings: the files, and whether keys are where they say
///
/// Nothing is sent anywhere. Exit code 1 if something is wrong.
#[derive(Debug, Args)]
pub(crate) struct ConfigCheck {
    /// The repository [default: the one around the current directory]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
