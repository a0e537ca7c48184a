//! What goes over the wire and what comes back, against servers that speak the real bytes.
//!
//! Deliberately absent: the transport that ships. A small one stands in for it here, so that this crate's tests need no
//! TLS and no runtime.

mod calls;
mod cancel;
mod chats;
mod completions;
mod errors;
mod leakage;
mod memory;
mod patience;
mod server;
mod wire;
mod world;
