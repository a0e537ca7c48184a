//! Packs what a model is shown into its window.
//!
//! The one idea: a prompt is bought in tokens and paid again in every keystroke that changes it. So packing is a pure
//! function of the material *and of what was shown last*: what may stay as it was stays, byte for byte, and a cache of evaluated
//! prompts keeps its worth.
//!
//! - [`pack`] is the packer. Its plan is made in counts of single lines, which a [`Counts`] remembers; its result is counted
//!   as the engine will send it, text by text between markers, and made smaller until it fits.
//! - **Shares** ([`Shares`]): prefix 35 %, stable blocks 35 %, suffix 15 %, volatile blocks 15 %. What one does not need flows on,
//!   first to the stable blocks, then to the volatile ones, then to the prefix, then to the suffix: what was found for this
//!   place is worth more than what merely stands farther away.
//! - **Order**: stable blocks (definitions, what is imported), volatile ones (tabs, predictions, similar code, edits), the text.
//!   Pieces of one file share a block. Blocks that did not change keep their places, the others come behind them.
//! - **The blocks stay** as they are while they are worth nearly as much as what could be shown instead ([`Settings::settled`]).
//! - **The prefix's start** stays where it was until what is behind it outgrows its share or falls below half of it; then it
//!   moves to where three quarters of the share are used, so that it does not move again for a while.
//! - **The suffix** stays while the new one is nearly the same.
//! - **The hole** stays open where it was ([`Hold`]): what is typed becomes the beginning of the answer.
//!
//! For models without fill-in-the-middle there is [`hole_filling`]: the same context as a question to a chat model.
//!
//! Markers of models inside user code are left alone here: an engine that tokenises reads text with special tokens switched off,
//! and one that sends a string breaks them ([`il_engine::fim::neutralise`]).
//!
//! Deliberately absent: clocks, files, threads; what is worth showing (`il-retrieval`); markers of any model
//! (`il_engine::fim`).

mod alike;
mod around;
mod assembler;
mod bounds;
mod choice;
mod counts;
mod hole;
pub mod hole_filling;
mod material;
mod memory;
mod packing;
#[cfg(test)]
mod packing_tests;
mod pieces;
mod report;
mod shares;

pub use assembler::ContextEngine;
pub use bounds::Bounds;
pub use counts::Counts;
pub use material::{Hold, Material, Scope, Settings, Tab};
pub use memory::Memory;
pub use packing::{Packed, go_on, pack};
pub use report::{Entry, Fate, Kind, Report, Total, Why};
pub use shares::Shares;
