//! GGUF models through llama.cpp, in a worker process that is watched over.
//!
//! The one idea: misuse and native assertions of llama.cpp end a process, so it must never be the editor's or the
//! server's. The same binary is started again as the worker; the two halves are in this crate, and only the worker's
//! half, behind the feature `llama`, has any C++ in it.
//!
//! Drafts change no answer but at a tie. llama.cpp computes one row with other kernels than several (`llamafile_sgemm`
//! takes two and more), whose sums end in other bits; where the two likeliest tokens are as close as that, checking
//! drafts may say the other one, as any batch may. Row by row the answers are the same to the bit: `serve::job`'s tests.
//!
//! Deliberately absent: choosing a model, and fetching one.

mod check;
mod engine;
mod model;
#[cfg(feature = "llama")]
mod native;
#[cfg(feature = "llama")]
mod serve;
mod settings;
mod wire;
mod worker;

pub use self::{
    check::{Finding, Report},
    engine::LlamaEngine,
    model::{Adapter, AdapterSet, Ask, LlamaModel},
    settings::{LlamaError, Program, Settings, Speculation},
    wire::{Ending, Extent, Info, Piece, Sampling, Secretive, Stats},
};

/// Whether this build can run models.
pub const AVAILABLE: bool = cfg!(feature = "llama");

/// The worker: serves the parent on stdin and stdout until it closes them. To be called by the program that
/// [`Program`] names, with its arguments, before anything else is written to stdout.
pub fn work() -> std::io::Result<()> {
    #[cfg(feature = "llama")]
    return serve::run(std::io::stdin(), std::io::stdout());
    #[cfg(not(feature = "llama"))]
    Err(std::io::Error::other(LlamaError::Missing))
}
