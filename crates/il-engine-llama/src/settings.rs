//! What a model is opened with, and what can go wrong.
//!
//! Deliberately absent: reading any of it from files or the environment; that is the binary's.

use std::{ffi::OsString, io, path::PathBuf, sync::Arc};

use il_engine::{EngineError, fim::Template};

pub use crate::wire::Speculation;

/// The program that is the worker: this one, started again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub path: PathBuf,
    pub args: Vec<OsString>,
}

impl Program {
    /// The running program with other arguments.
    pub fn this(args: impl IntoIterator<Item = impl Into<OsString>>) -> io::Result<Self> {
        Ok(Self {
            path: std::env::current_exe()?,
            args: args.into_iter().map(Into::into).collect(),
        })
    }
}

/// How a model is opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The GGUF file.
    pub model: PathBuf,
    /// Tokens that one sequence holds; no more than the model was trained with are used.
    pub context: u32,
    /// Sequences in memory: files between which one can go back and forth without reading anything again.
    pub sequences: u32,
    /// Tokens of the context that are kept for the answer.
    pub answer: u32,
    /// Tokens of a prompt that go to llama.cpp in one call. What a cancellation loses at most.
    pub chunk: u32,
    /// `None`: the machine's physical cores, fewer while others need them.
    pub threads: Option<u32>,
    /// Layers on the graphics card, in builds that can.
    pub gpu_layers: u32,
    /// How the model sees a hole; `None`: found out from the file.
    pub template: Option<Arc<Template>>,
    pub speculation: Speculation,
}

impl Settings {
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            context: 4096,
            sequences: 3,
            answer: 256,
            chunk: 128,
            threads: None,
            gpu_layers: u32::MAX,
            template: None,
            speculation: Speculation::Adaptive,
        }
    }
}

/// Why a model does not answer.
#[derive(Debug, thiserror::Error)]
pub enum LlamaError {
    #[error("this build has no llama.cpp: build it with `--features llama`")]
    Missing,
    #[error("could not start the worker `{}`", .program.display())]
    Start {
        program: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The file, or how it was to be opened, is at fault: trying again helps nobody.
    #[error("{why}")]
    Open { why: String },
    #[error("the worker died: {why}")]
    Died { why: String },
    #[error("{why}")]
    NotReady { why: String },
    #[error("{why}")]
    Failed { why: String },
    #[error(transparent)]
    Template(#[from] il_engine::fim::Unknown),
}

/// Name of the engine in messages.
pub(crate) const NAME: &str = "llama";

impl From<LlamaError> for EngineError {
    fn from(error: LlamaError) -> Self {
        let why = error.to_string();
        match error {
            LlamaError::NotReady { .. } | LlamaError::Missing => {
                Self::NotReady { engine: NAME, why }
            }
            LlamaError::Start { .. }
            | LlamaError::Open { .. }
            | LlamaError::Died { .. }
            | LlamaError::Failed { .. }
            | LlamaError::Template(_) => Self::Failed { engine: NAME, why },
        }
    }
}
