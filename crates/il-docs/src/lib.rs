//! Document store: open buffers over the disk state, versions, recent edits, tabs.
//!
//! The one idea: whatever is asked about a document is answered by a snapshot that costs nothing to
//! take. Whoever shares a store holds its lock for one call, takes a [`Document`] out and works on that;
//! a change that arrives meanwhile waits for nobody.
//!
//! A document goes by its path inside the repository, `/`-separated, or by whatever else names it (an
//! untitled buffer has no path); the store compares names and never opens them.
//!
//! Deliberately absent: files, URIs, a clock (time is handed in), undo.

mod change;
mod disk;
mod document;
#[cfg(test)]
mod model_tests;
mod recent;
mod store;
mod tabs;

pub use change::{Change, ChangeError, Changed};
pub use disk::Disk;
pub use document::Document;
pub use recent::RecentEdit;
pub use store::{DocumentStore, NotOpen};
pub use tabs::Tab;
