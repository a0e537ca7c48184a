//! The working tree: a gitignore-aware scan and a watcher.
//!
//! The one idea: *one walk decides what belongs*. The full scan, the look at a single saved file and the
//! rescan after lost events are the same walk with the same rules, only narrowed, so a file is never in
//! by one road and out by another.
//!
//! Nothing here opens a file but ignore files, knows a language, or keeps contents: paths, sizes and times only.

mod debounce;
mod ignored;
mod scan;
mod watcher;

pub use debounce::Debounce;
pub use ignored::Ignored;
pub use scan::{File, Never, Options, Problem, Reason, Scan, Skipped, Stamp, scan};
pub use watcher::{Event, Timing, Watcher};
