//! What an engine said, and where.

use std::fmt;

/// A text that is about to be suggested. `Debug` prints sizes.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// Language id from the registry.
    pub language: &'a str,
    /// The buffer up to the cursor, as much of it as is known.
    pub before: &'a str,
    /// What the engine said.
    pub text: &'a str,
    /// The buffer from the cursor on.
    pub after: &'a str,
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("language", &self.language)
            .field("before", &self.before.len())
            .field("text", &self.text.len())
            .field("after", &self.after.len())
            .finish()
    }
}

impl<'a> Candidate<'a> {
    /// The cursor's line up to the cursor.
    pub(crate) fn head(&self) -> &'a str {
        let start = self.before.rfind('\n').map_or(0, |at| at + 1);
        &self.before[start..]
    }

    /// Where the line of the text starts that byte `at` is in; `None` on the cursor's line.
    pub(crate) fn line_of(&self, at: usize) -> Option<usize> {
        self.text.as_bytes()[..at]
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map(|newline| newline + 1)
    }

    /// Whether the buffer has this text already.
    pub(crate) fn buffer_has(&self, text: &str) -> bool {
        self.before.contains(text) || self.after.contains(text)
    }
}

/// The last `most` bytes of a text, from a character on.
pub(crate) fn tail(text: &str, most: usize) -> &str {
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}
