//! One open buffer, as it was at one moment.

use std::sync::Arc;

use il_text::Text;

/// A snapshot of an open buffer. Cloning it copies no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Path inside the repository, or another name that the editor gave.
    pub path: Arc<str>,
    /// Language id.
    pub language: Arc<str>,
    /// The editor's number for this state; grows with every change.
    pub version: i32,
    /// What is in the buffer.
    pub text: Text,
    /// Changed since it was opened or saved.
    pub dirty: bool,
}
