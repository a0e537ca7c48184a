//! What a remote embedder is told: the server, the key, the words of its model, and how much and how long.
//!
//! Deliberately absent: reading any of it from somewhere.

use std::{fmt, sync::Arc, time::Duration};

use il_egress::{Secret, Transport};
use il_privacy::Guard;
use il_retrieval::{Instruction, ServerChoice};

use crate::{Sleep, Waiter};

/// A server and how to treat it.
pub struct Settings {
    pub server: ServerChoice,
    /// The way there.
    pub transport: Arc<dyn Transport>,
    /// Who takes secrets out of what goes there.
    pub guard: Guard,
    pub key: Option<Secret>,
    /// Words before queries and passages.
    pub instruction: Instruction,
    pub limits: Limits,
    pub waiter: Box<dyn Waiter>,
}

impl Settings {
    /// No key, the words that the model's family was trained with, ordinary limits.
    pub fn new(server: ServerChoice, transport: Arc<dyn Transport>, guard: Guard) -> Self {
        Self {
            instruction: Instruction::of_model(&server.model),
            server,
            transport,
            guard,
            key: None,
            limits: Limits::default(),
            waiter: Box::new(Sleep),
        }
    }

    #[must_use]
    pub fn with_key(mut self, key: Option<Secret>) -> Self {
        self.key = key;
        self
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("server", &self.server)
            .field("key", &self.key)
            .field("instruction", &self.instruction)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How much at once, and how long.
#[derive(Clone, Debug)]
pub struct Limits {
    /// To open a connection.
    pub connect: Duration,
    /// Until an answer begins, and between two pieces of it; a server that loads a model first needs a while.
    pub call: Duration,
    pub batch_texts: usize,
    /// Characters of one batch; a longer text goes alone.
    pub batch_chars: usize,
    /// What is longer is cut: every model reads the beginning only.
    pub text_chars: usize,
    pub response_bytes: usize,
    /// How often a request is made that fails for a reason that may pass.
    pub tries: u32,
    /// Before the second try; doubles with each.
    pub first_wait: Duration,
    /// A server that asks for more is given up.
    pub longest_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            call: Duration::from_secs(60),
            batch_texts: 64,
            batch_chars: 48_000,
            text_chars: 24_000,
            response_bytes: 64 << 20,
            tries: 4,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
        }
    }
}
