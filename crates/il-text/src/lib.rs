//! Text: offsets, ranges, lines, columns in three encodings, edits, cancellation.
//!
//! The one idea: a position is a byte offset into UTF-8 text, everywhere. Lines and columns exist only
//! at the edges, where an editor's words are turned into offsets and back.
//!
//! Nothing here knows files, languages or engines.

mod cancel;

pub use cancel::CancelToken;
