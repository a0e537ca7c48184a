//! Completions and chat from a model behind HTTP: OpenAI-compatible, Mistral, DeepSeek, Ollama, llama.cpp, Anthropic, Gemini.
//!
//! The one idea: a provider is two pure functions, from a context to a request and from its stream to news. All else is
//! the same for everybody: waiting for a turn, asking again before the first byte and never after, leaving a failing
//! server alone, ending an answer where it has to end and closing the stream there, and telling what it cost.
//!
//! **No connection is opened here**: an [`Endpoint`] is given the one door through which all leaves. Messages hold models,
//! hosts, statuses and the server's error codes, never a prompt, a server's prose or a key.
//!
//! Deliberately absent: which model serves what, prices, and redirects (they could lead to somebody else).

mod answer;
mod bill;
mod breaker;
mod chat;
mod choice;
mod clock;
mod dialect;
mod endpoint;
mod engine;
mod failure;
mod fault;
mod follow;
mod hedge;
mod key;
mod live;
mod ndjson;
mod permits;
mod retry;
mod settings;
mod sse;
mod stream;
mod window;

pub use chat::RemoteChat;
pub use choice::{Dialect, EndpointChoice, EndpointError};
pub use clock::{Clock, SystemClock};
pub use endpoint::{Endpoint, SetupError};
pub use engine::RemoteEngine;
pub use key::{KeyError, KeySource};
pub use settings::{Limits, Settings};
