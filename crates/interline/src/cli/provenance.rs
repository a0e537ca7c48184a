//! `interline provenance` as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const ENVIRONMENT: &str = "\
Environment:
  INTERLINE_DATA_DIR       references are installed in `provenance` there [default: your data directory]";

/// Known code, and which of it a text repeats: build a reference, show what is installed, check a file
#[derive(Debug, Subcommand)]
#[command(after_help = ENVIRONMENT)]
pub(crate) enum Provenance {
    Build(Build),
    Show(Show),
    Check(Check),
}

/// Make a reference of source trees
///
/// Each folder may hold one package or many; whose a file is and under which licence is read from manifests, licence texts
/// and the files themselves. No text is kept, only fingerprints. The same trees give the same file, byte by byte.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline provenance build ~/src/reference --name reference     installs it
  interline provenance build linux --licence GPL-2.0-only -o linux.ilref")]
pub(crate) struct Build {
    /// The folders
    #[arg(value_name = "DIR", required = true)]
    pub(crate) dirs: Vec<PathBuf>,

    /// Write the reference here instead of installing it
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// The licence of everything, as an SPDX expression; `auto` finds it out
    #[arg(long, value_name = "LICENCE", default_value = "auto")]
    pub(crate) licence: String,

    /// What the reference is called [default: as the first folder]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// List the files that are left out, each with its reason
    #[arg(long)]
    pub(crate) verbose: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show which references are installed, what they hold, and under which licences
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// References that are not installed
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Say what of a text is known, from where, and under which licence
///
/// The exit code is 1 when anything is. Other names, spacing and comments make no difference.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline provenance check src/queue.rs
  pbpaste | interline provenance check - --language rust --json")]
pub(crate) struct Check {
    /// The file; `-` reads stdin
    #[arg(value_name = "FILE")]
    pub(crate) file: String,

    /// The language of stdin, by id [default: by the file's name]
    #[arg(long, value_name = "ID")]
    pub(crate) language: Option<String>,

    /// Compare with these references instead of the installed ones
    #[arg(long = "with", value_name = "FILE")]
    pub(crate) with: Vec<PathBuf>,

    /// From so many lexemes on it is a copy
    #[arg(long, value_name = "N", default_value_t = 65, value_parser = clap::value_parser!(u16).range(40..))]
    pub(crate) lexemes: u16,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
