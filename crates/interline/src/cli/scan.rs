//! What can be typed to look for secrets in files.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Look for secrets in files and folders
///
/// What is found is shown with where it is, and with the secret itself hidden. Of a folder all files are looked at but those
/// that git ignores; hidden files, `.env` and keys too. Exit code 1 if anything was found.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline scan .                                          before the first commit
  interline scan .env deploy/ --personal                    and mail addresses, card numbers, …
  git diff --cached -U0 | interline scan -                  what is about to be committed
  interline scan . --format sarif > secrets.sarif           for code hosts and editors
  interline scan . --json > known.json                      what is there now …
  interline scan . --baseline known.json                    … and what has come since

A secret that is meant to be there, as in a test: put the comment `interline:allow` at the end of its line.")]
pub(crate) struct Scan {
    /// Files and folders; `-` is the standard input. What is named is read, whatever it is
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// What is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ScanFormat::Text)]
    pub(crate) format: ScanFormat,

    /// Print one JSON document: the same as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    /// Report personal data, too: mail addresses, phone and card numbers, accounts, national ids
    #[arg(long)]
    pub(crate) personal: bool,

    /// More rules, in a file; see `interline privacy rules`
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,

    /// Leave out what is in an earlier `--json` output
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Look at what git ignores, too
    #[arg(long)]
    pub(crate) no_ignore: bool,
}

impl Scan {
    pub(crate) fn format(&self) -> ScanFormat {
        match self.json {
            true => ScanFormat::Json,
            false => self.format,
        }
    }
}

/// What a scan prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// Lines for people
    Text,
    /// One JSON document
    Json,
    /// One SARIF 2.1.0 document
    Sarif,
}
