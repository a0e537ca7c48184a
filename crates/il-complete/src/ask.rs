//! What the pipeline is asked: a cursor in a window of text, and what the syntax says about it.
//!
//! Plain data, filled in by the façade. All offsets are bytes; `Debug` prints no text.

use std::{fmt, ops::Range, sync::Arc};

use il_engine::Capabilities;
use il_screen::Screen;

/// Names a document for the pipeline; whoever asks chooses the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocId(pub u64);

/// Names a request; whoever asks chooses the number and never uses it twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What made an editor ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The user typed or moved; nobody asked.
    Automatic,
    /// The user pressed the key for it: no wait, more alternatives, a lower gate.
    Invoked,
}

/// One request for suggestions.
#[derive(Clone)]
pub struct Ask {
    /// Gets exactly one [`Answer`](crate::Answer).
    pub id: RequestId,
    /// The document.
    pub doc: DocId,
    /// Path inside the repository, `/`-separated.
    pub path: Arc<str>,
    /// Language id from the registry.
    pub language: Arc<str>,
    /// Version of the document that `text` is a window of.
    pub version: i64,
    /// A window of the document that starts at the start of a line and reaches far on both sides.
    pub text: Arc<str>,
    /// Offset of the window in the document; what an answer replaces is counted in the document.
    pub window_start: usize,
    /// The cursor, as an offset into `text`.
    pub cursor: usize,
    /// Who asked.
    pub trigger: Trigger,
    /// What is selected in the editor's own completion list, if that is open.
    pub selected: Option<Selected>,
    /// What the syntax tree says about the cursor.
    pub facts: SyntaxFacts,
    /// How the buffer is indented.
    pub indent: IndentStyle,
    /// How many different suggestions are wanted at most; 0 is read as 1.
    pub alternatives: usize,
    /// The engine that will answer; `None` when there is none.
    pub engine: Option<Capabilities>,
    /// What looks through everything that is said before it is shown. The same text in the same place gets the same
    /// verdict, as far as what it knows of other code stays the same.
    pub screen: Arc<dyn Screen>,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("id", &self.id)
            .field("doc", &self.doc)
            .field("language", &self.language)
            .field("version", &self.version)
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .field("cursor", &self.cursor)
            .field("trigger", &self.trigger)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

/// An entry of the editor's own completion list that would be inserted.
#[derive(Clone, PartialEq, Eq)]
pub struct Selected {
    /// What it replaces, as offsets into [`Ask::text`]; the cursor is inside or at its end.
    pub range: Range<usize>,
    /// What it inserts.
    pub text: String,
}

impl fmt::Debug for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selected")
            .field("range", &self.range)
            .field("text", &format_args!("<{} bytes>", self.text.len()))
            .finish()
    }
}

/// What only a syntax tree (or the lexer) knows about the cursor. All false when nobody knows.
///
/// Whether the line is blank or the cursor at its end is read off the text and not asked here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyntaxFacts {
    /// Inside a string literal.
    pub in_string: bool,
    /// Inside a comment.
    pub in_comment: bool,
    /// In the body of a block that has no statement yet.
    pub empty_block: bool,
    /// At the end of a line that opens a block (`{`, `:`, `do`), the body of which has yet to be written.
    pub after_block_opener: bool,
}

/// How a buffer is indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndentStyle {
    /// Tabs rather than spaces.
    pub tabs: bool,
    /// Columns of one level, and of one tab.
    pub width: usize,
}

impl Default for IndentStyle {
    fn default() -> Self {
        Self {
            tabs: false,
            width: 4,
        }
    }
}
