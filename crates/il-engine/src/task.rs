//! What a model is asked for, in one word: settings, the registry and the books mean the same by it.
//!
//! Deliberately absent: how a task is done.

/// What a model is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Filling in at the cursor.
    Inline,
    /// Talking about code.
    Chat,
    /// Changing code as it is told to.
    Edit,
    /// Saying what code does.
    Explain,
    /// Making vectors to find code by.
    Embed,
}

impl Task {
    pub const ALL: [Self; 5] = [
        Self::Inline,
        Self::Chat,
        Self::Edit,
        Self::Explain,
        Self::Embed,
    ];

    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Chat => "chat",
            Self::Edit => "edit",
            Self::Explain => "explain",
            Self::Embed => "embed",
        }
    }
}
