//! The language server over an in-memory connection, with a scripted engine behind it.

mod bench;
mod dialect;
mod life_cycle;
mod progress;
mod replay;
mod storm;
mod suggestions;
