//! The index of a working tree: chunks, symbols, terms, vectors; searched in milliseconds, updated as files change.
//!
//! The one idea: immutable segments. A file's text, chunks, symbols and words are built once into a segment; a
//! change makes a small new segment and marks the old file dead. So whoever searches holds a view that nobody
//! can change, updates never wait for searches, and the disk holds whole segments or none.
//!
//! Deliberately absent: walking and watching the tree (whoever does that hands paths and stamps in), and
//! where on the machine an index is kept.

mod analysis;
mod corpus;
mod dependencies;
mod graph;
mod imports;
mod index;
mod ranked;
mod references;
mod search;
mod segment;
mod store;
mod view;
mod weights;

pub use analysis::{SourceFile, Stamp};
pub use corpus::{FamilyView, name_kind};
pub use dependencies::{Dependencies, Dependency, Outline, Places, Signature, Work};
pub use imports::{Manifests, Names, Paths, Target, Tree, neighbours, resolve, resolves};
pub use index::{
    Difference, EmbedProgress, Folder, Index, Options, Progress, Report, Saved, Skipped, Source,
    Stats, Why,
};
pub use references::Reference;
pub use search::{QueryVector, SearchError};
pub use store::{Damage, Problem};
pub use view::View;
