//! Reference filters: which code is known, whose it is, and under which licence, in one small file.
//!
//! The one idea: of reference trees nothing is kept but winnowed fingerprints, each with the files that have it, in a map
//! that is a filter at the same time ([`fuse`]): some four bytes a fingerprint, and a look-up reads three places. What
//! the fingerprints are is `il-screen`'s.
//!
//! ```text
//! trees ─▶ files ─▶ packages and licences ─▶ fingerprints ─▶ map ─▶ file ─▶ Filter: il_screen::Reference
//! ```
//!
//! The same trees give the same bytes, in whatever order they are read. A file that is damaged or of a later version is
//! an error with a name.
//!
//! Deliberately absent: any text of a reference, and what becomes of a match.

mod build;
mod filter;
mod fuse;
mod licences;
mod packages;
mod store;

pub use build::{Built, Licence, Problem, Progress, Tree, build};
pub use filter::{Filter, Match, Summary, installed};
pub use licences::Licences;
pub use store::{StoreError, write};
