//! What can be typed about privacy: what is in force, what is kept, what left.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use il_audit::{Head, Kind};
use il_calendar::Day;

/// What leaves this machine, what is kept on it, and how to change either
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  interline privacy show                   what is in force here, and everything that is kept
  interline privacy log --since 7d         what left in the last week, to whom
  interline privacy log --verify           was anything changed or taken out of that log
  interline privacy export ~/interline     everything that is about you, as plain files
  interline privacy erase --all            and then nothing of it is left
  interline scan .                         secrets in your files")]
pub(crate) enum Privacy {
    Show(PrivacyShow),
    Log(PrivacyLog),
    Export(PrivacyExport),
    Erase(PrivacyErase),
    Sweep(PrivacySweep),
    Consent(PrivacyConsent),
    Rules(PrivacyRules),
}

/// Show the policy that is in force, who is sent code, and everything that is kept
#[derive(Debug, Args)]
pub(crate) struct PrivacyShow {
    /// The repository [default: the one around the current directory]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what left this machine: when, to whom, how much, of which files
///
/// Every request is recorded before it is sent: never its text, only names and numbers. The records are chained, each holding a
/// hash of the one before. Exit code 1 if nothing was recorded or, with `--verify`, if the chain is broken.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline privacy log
  interline privacy log --since 7d --host api.example.com
  interline privacy log --json | jq '[.records[].bytes] | add'
  interline privacy log --head > ~/elsewhere/head         keep it where nobody can change it …
  interline privacy log --verify --against \"$(cat ~/elsewhere/head)\"   … and compare")]
pub(crate) struct PrivacyLog {
    /// Only what is younger: `90m`, `24h`, `7d`, or a day such as `2026-11-28`
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["verify", "head"])]
    pub(crate) since: Option<Since>,

    /// Only what went to this host
    #[arg(long, value_name = "HOST", conflicts_with_all = ["verify", "head"])]
    pub(crate) host: Option<String>,

    /// Check that nothing was changed, taken out, put in or moved
    #[arg(long, conflicts_with = "head")]
    pub(crate) verify: bool,

    /// With `--verify`: the head that you kept must still be in the chain
    #[arg(long, value_name = "HEAD", requires = "verify")]
    pub(crate) against: Option<Head>,

    /// Print the number and hash of the last record, to be kept elsewhere
    #[arg(long)]
    pub(crate) head: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    Ago(Duration),
    Day(Day),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(day) = text.parse() {
            return Ok(Self::Day(day));
        }
        let unit = text.chars().last().unwrap_or_default();
        let seconds: u64 = match unit {
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => 0,
        };
        let number = text
            .strip_suffix(unit)
            .and_then(|it| it.parse::<u32>().ok());
        match number {
            Some(number) if seconds > 0 => {
                Ok(Self::Ago(Duration::from_secs(seconds * u64::from(number))))
            }
            _ => Err("write `90m`, `24h`, `7d` or a day such as `2026-11-28`".to_owned()),
        }
    }
}

/// Copy everything that is about you into a new folder, as plain files
///
/// Costs, the record of what left, consents, and your settings, in which no key is. What can be made again from your files
/// (models and indexes of repositories) is left out.
#[derive(Debug, Args)]
pub(crate) struct PrivacyExport {
    /// The folder; it must not be there yet, or be empty
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

/// Delete what is kept
///
/// Asks before it does. Of the record of what left one line remains, which says that it was erased and when. Models, references and
/// your settings stay: see `interline models rm`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline privacy erase --cache --repo .       what was learnt from this repository
  interline privacy erase --costs --audit        what was spent, and what left
  interline privacy erase --all --yes            everything, without asking")]
pub(crate) struct PrivacyErase {
    /// What answers of paid models cost
    #[arg(long)]
    pub(crate) costs: bool,

    /// The record of what left
    #[arg(long)]
    pub(crate) audit: bool,

    /// What was learnt from repositories: models and indexes. They are made again when they are needed
    #[arg(long)]
    pub(crate) cache: bool,

    /// What was agreed to
    #[arg(long)]
    pub(crate) consent: bool,

    /// All of it
    #[arg(long)]
    pub(crate) all: bool,

    /// Only of this repository: its cache and its consents
    #[arg(long, value_name = "DIR", conflicts_with_all = ["costs", "audit"])]
    pub(crate) repo: Option<PathBuf>,

    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Delete what is older than the settings say it is kept
///
/// The language server and the playground do this whenever they start.
#[derive(Debug, Args)]
pub(crate) struct PrivacySweep {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what is agreed to in a repository, or change it
///
/// Everything is off until you turn it on here, for one repository at a time. A repository's own files cannot turn anything on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline privacy consent                     what is agreed to here
  interline privacy consent training on         models may be trained on this repository
  interline privacy consent training off")]
pub(crate) struct PrivacyConsent {
    /// What it is about
    #[arg(value_enum, value_name = "WHAT")]
    pub(crate) kind: Option<ConsentKind>,

    /// Give it or take it back; without this, what it is now is shown
    #[arg(value_enum, value_name = "STATE", requires = "kind")]
    pub(crate) state: Option<OnOff>,

    /// The repository [default: the one around the current directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) repo: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConsentKind {
    /// Models may be trained on the repository, on this machine
    Training,
    /// Figures on how Interline is used may leave; nothing collects any so far
    Telemetry,
}

impl From<ConsentKind> for Kind {
    fn from(kind: ConsentKind) -> Self {
        match kind {
            ConsentKind::Training => Self::Training,
            ConsentKind::Telemetry => Self::Telemetry,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnOff {
    On,
    Off,
}

/// List the kinds of secrets and personal data that are looked for
#[derive(Debug, Args)]
pub(crate) struct PrivacyRules {
    /// The repository whose settings hold [default: the one around the current directory]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
