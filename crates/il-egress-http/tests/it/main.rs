//! The door, asked over real sockets: what arrives, what goes wrong and how it is said, who is told when it is closed.
//!
//! Deliberately absent: other machines. Everything here listens on loopback.

mod answers;
mod closing;
mod leaving;
mod proxies;
mod secure;
mod server;
mod troubles;
