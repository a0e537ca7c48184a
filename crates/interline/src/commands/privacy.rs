//! `interline privacy`: what is in force, what is kept, what left, and how to change either.
//!
//! The one idea: everything that is claimed about privacy can be looked at with one command, on one's own machine.
//!
//! Deliberately absent: changing the policy; that is what settings are for.

mod consent;
mod erase;
mod export;
mod log;
mod rules;
mod show;
mod sweep;

use crate::{cli::Privacy, failure::Exit};

pub(crate) fn run(args: &Privacy) -> anyhow::Result<Exit> {
    match args {
        Privacy::Show(args) => show::run(args),
        Privacy::Log(args) => log::run(args),
        Privacy::Export(args) => export::run(args),
        Privacy::Erase(args) => erase::run(args),
        Privacy::Sweep(args) => sweep::run(args),
        Privacy::Consent(args) => consent::run(args),
        Privacy::Rules(args) => rules::run(args),
    }
}
