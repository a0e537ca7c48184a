//! GGUF models through llama.cpp, in a worker process that is watched over.
//!
//! The one idea: misuse and native assertions of llama.cpp end a process, so it must never be the editor's or the
//! server's.
//!
//! Deliberately absent: choosing a model, and fetching one.
#[cfg(feature = "llama")]
mod native;
#[cfg(feature = "llama")]
mod serve;
mod wire;
