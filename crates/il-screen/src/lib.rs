//! What an engine said is looked through before anybody sees it.
//!
//! The one idea: a suggestion is text from a stranger. A table of small named checks in one order says where it has to
//! end, or that nothing of it may be shown, and what is remarked on the rest: secrets and placeholders that came back,
//! characters that nobody sees, known weaknesses, copies of known code.
//!
//! ```text
//! candidate ─▶ placeholders ─▶ characters ─▶ secrets ─▶ weaknesses ─▶ copies ─▶ verdict
//! ```
//!
//! The same candidate gets the same verdict; what is known of other code comes through two ports, [`Reference`] and [`Own`].
//!
//! Deliberately absent: files, threads, clocks, and whether a suggestion is any good, which is `il-complete`'s.

mod candidate;
mod characters;
pub mod copies;
pub mod fingerprint;
pub mod lexeme;
pub mod licence;
mod placeholders;
mod policy;
mod screener;
mod secrets;
mod weaknesses;

pub use candidate::Candidate;
pub use copies::{Holding, Origin, Own, Reference};
pub use policy::{Matches, Policy};
pub use screener::{Because, NoScreen, Outcome, Remark, RemarkKind, Screen, Screener, Verdict};
pub use weaknesses::{Weakness, Weaknesses};
