//! What a model is shown: the text around the cursor and pieces of other files, cut to its budget.
//!
//! The one idea: what was chosen and in which order is plain data, so that a token template, an HTTP body
//! and a chat message are three renderings of one thing, and `interline context` can print it.
//!
//! Deliberately absent: choosing and cutting (`il-context`), and markers of any model ([`crate::fim`]).

use std::{fmt, sync::Arc};

/// Everything that goes into one prompt. Blocks come first, the stable ones before those that change.
///
/// `Debug` prints sizes: source code must not reach a log by accident.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The repository's name, for formats that want one.
    pub repository: Arc<str>,
    /// The current file's path inside the repository, `/`-separated.
    pub path: Arc<str>,
    /// Language id from the registry.
    pub language: Arc<str>,
    /// What begins a line comment in it, for formats that show blocks as comments: `//`.
    pub comment: Arc<str>,
    /// Pieces of other files, in the order in which they are shown.
    pub blocks: Vec<Block>,
    /// Text before the hole, whole lines from some line on.
    pub prefix: Arc<str>,
    /// What was written since the hole was opened: the model is given it as the beginning of its own
    /// answer. Empty when the hole is at the cursor.
    pub begun: Arc<str>,
    /// Text behind the cursor, up to the end of some line. Empty: there is none, go from left to right.
    pub suffix: Arc<str>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("path", &self.path)
            .field("blocks", &self.blocks)
            .field("prefix", &format_args!("<{} bytes>", self.prefix.len()))
            .field("begun", &format_args!("<{} bytes>", self.begun.len()))
            .field("suffix", &format_args!("<{} bytes>", self.suffix.len()))
            .finish_non_exhaustive()
    }
}

impl Context {
    /// Paths of all files whose text is in it, the current one first.
    pub fn files(&self) -> Vec<Arc<str>> {
        let mut files = vec![Arc::clone(&self.path)];
        for block in &self.blocks {
            if !files.contains(&block.path) {
                files.push(Arc::clone(&block.path));
            }
        }
        files
    }
}

/// A piece of another file.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    /// Path inside the repository, `/`-separated.
    pub path: Arc<str>,
    /// Whole lines, without the end of the last one.
    pub text: Arc<str>,
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({}, {} bytes)", self.path, self.text.len())
    }
}

/// What a user has at hand beside the text at the cursor. `Debug` prints sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workspace {
    /// Paths of the other open tabs inside the repository, the last used first.
    pub tabs: Vec<Arc<str>>,
    /// What was edited lately, also in the same file, the latest first.
    pub edits: Vec<Edited>,
}

/// Lines that were edited lately, as they are now.
#[derive(Clone, PartialEq, Eq)]
pub struct Edited {
    /// Path inside the repository, `/`-separated.
    pub path: Arc<str>,
    /// The line of its beginning, 0-based.
    pub line: u32,
    /// The lines as they are now.
    pub text: Arc<str>,
}

impl fmt::Debug for Edited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edited({}, {} bytes)", self.path, self.text.len())
    }
}

/// Counts a model's tokens.
pub trait Tokenizer: Send + Sync {
    /// How many tokens each text has when it stands alone and its markers are ordinary text.
    /// Several at once, since the one who knows may be another process.
    fn count(&self, texts: &[&str]) -> Vec<usize>;

    /// The model's own count; otherwise an estimate.
    fn exact(&self) -> bool;
}

/// An estimate for models whose tokenizer is not here: so many bytes a token.
///
/// Code has 3 to 3.5 bytes a token in the vocabularies of current code models; the lower figure makes a
/// prompt rather too short than too long.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    /// Bytes of one token, at least 1.
    pub bytes_per_token: f32,
}

impl Default for Estimate {
    fn default() -> Self {
        Self {
            bytes_per_token: 3.0,
        }
    }
}

impl Tokenizer for Estimate {
    fn count(&self, texts: &[&str]) -> Vec<usize> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "lengths of prompts; an estimate anyhow"
        )]
        let count = |it: &&str| (it.len() as f32 / self.bytes_per_token.max(1.0)).ceil() as usize;
        texts.iter().map(count).collect()
    }

    fn exact(&self) -> bool {
        false
    }
}

/// How a prompt for an engine is to be made.
#[derive(Clone)]
pub struct Window {
    /// Tokens of the whole prompt, markers included; room for the answer is already taken off.
    pub tokens: usize,
    /// Who counts them.
    pub tokenizer: Arc<dyn Tokenizer>,
    /// How it is written down; it says what every block costs beside its text.
    pub template: Arc<crate::fim::Template>,
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window")
            .field("tokens", &self.tokens)
            .field("exact", &self.tokenizer.exact())
            .field("template", &self.template.id)
            .finish_non_exhaustive()
    }
}
