//! The chat contract: messages in, pieces of one answer out.
//!
//! Same manners as a completion: asked on the caller's thread, pushing pieces, stopped through the sink or
//! the token.
//!
//! Deliberately absent: tools, and the dialects of providers.

use std::{fmt, ops::ControlFlow, sync::Arc};

use crate::{CancelToken, Capabilities, EngineError, Finish, Outcome};

/// A conversation that is to be continued.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// Instructions that stand above the conversation.
    pub system: Option<Said>,
    /// Turns, the oldest first; the last one is the user's.
    pub messages: Vec<Message>,
    /// Tokens of the answer at most.
    pub max_tokens: usize,
    /// 0 for the likeliest answer; `None` leaves it to the model.
    pub temperature: Option<f32>,
    /// Texts at which the answer ends; they are not part of it.
    pub stops: Vec<Arc<str>>,
    /// Paths inside the repository of the files whose text is in it, for whoever decides what may leave.
    pub files: Vec<Arc<str>>,
}

/// One turn.
#[derive(Clone, Debug)]
pub struct Message {
    pub role: Role,
    pub text: Said,
}

/// Text of a conversation. `Debug` prints its size only.
#[derive(Clone, PartialEq, Eq)]
pub struct Said(pub Arc<str>);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
}

/// What a chat model pushes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatChunk {
    /// More of the answer.
    Text(String),
    /// The answer is over.
    End(Finish),
}

/// Takes chunks; answers `Break` to stop the model.
pub type ChatSink<'a> = &'a mut dyn FnMut(ChatChunk) -> ControlFlow<()>;

/// A chat model.
pub trait Chat: Send + Sync {
    /// What it is and can do.
    fn capabilities(&self) -> Capabilities;

    /// Continues a conversation, pushing chunks.
    fn chat(
        &self,
        request: &ChatRequest,
        cancel: &CancelToken,
        sink: ChatSink<'_>,
    ) -> Result<Outcome, EngineError>;
}
