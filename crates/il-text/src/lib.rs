//! Text: offsets, ranges, lines, columns in three encodings, edits, cancellation.
//!
//! The one idea: a position is a byte offset into UTF-8 text, everywhere. Lines and columns exist only
//! at the edges, where an editor's words are turned into offsets and back.
//!
//! A [`Text`] is a snapshot: cloning it costs nothing, editing it makes a new one in O(log n), and who
//! holds one is never in the way of who makes the next.
//!
//! Nothing here knows files, languages or engines.

mod cancel;
mod decode;
mod edit;
#[cfg(test)]
mod model_tests;
mod position;
mod text;
mod window;

pub use cancel::CancelToken;
pub use decode::{Charset, Decoded, decode};
pub use edit::{Bias, Edit, EditError, map_position, map_range};
pub use position::{Encoding, LineCol, LinePastEnd, PlaceError};
pub use text::Text;
pub use window::Window;
