//! What can be typed to see what was spent.

use clap::{Args, ValueEnum};
use il_ledger::By;

/// Show what answers of paid models cost
///
/// Days are UTC days. Exit code 1 if nothing was recorded.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline cost                           the last 7 days
  interline cost --days 30 --by model      which model costs how much
  interline cost --days 1 --json           today, for a program")]
pub(crate) struct Cost {
    /// How many days, today included
    #[arg(long, value_name = "N", default_value_t = 7,
          value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,

    /// One row for each
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = CostBy::Day)]
    pub(crate) by: CostBy,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CostBy {
    Day,
    User,
    Model,
    Task,
    Endpoint,
}

impl CostBy {
    /// The head of the first column.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::User => "user",
            Self::Model => "model",
            Self::Task => "task",
            Self::Endpoint => "endpoint",
        }
    }
}

impl From<CostBy> for By {
    fn from(by: CostBy) -> Self {
        match by {
            CostBy::Day => Self::Day,
            CostBy::User => Self::User,
            CostBy::Model => Self::Model,
            CostBy::Task => Self::Task,
            CostBy::Endpoint => Self::Endpoint,
        }
    }
}
