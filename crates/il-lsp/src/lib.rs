//! The language server: LSP 3.18 and the Copilot dialect over the façade.
//!
//! The one idea: this crate translates. It reads JSON-RPC, tells [`il_assist::Host`] what happened, and
//! writes what the host replies; whatever decides anything lies behind the façade. It works over any pair
//! of channels: standard streams ([`stdio`]), a WebSocket bridge, a test.
//!
//! Deliberately absent: engines, files, settings, and every LSP feature that is not completion.

mod client;
mod handlers;
mod progress;
pub mod replay;
mod server;
mod stdio;
mod translate;
mod uri;
pub mod wire;

pub use server::{Ports, serve};
pub use stdio::{StdioThreads, over, stdio};
