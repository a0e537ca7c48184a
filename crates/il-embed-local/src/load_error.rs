//! Why a model cannot be used: which file, what is wrong with it, what would do.
//!
//! Deliberately absent: recovering; a model that is half understood gives vectors that are wholly wrong.

use std::{
    io,
    path::{Path, PathBuf},
};

use il_retrieval::EmbedError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(
        "`{0}` is not there: a model is a `.gguf` file, or a folder with `config.json`, `model.safetensors` and `tokenizer.json`"
    )]
    Missing(PathBuf),
    #[error("`{0}` cannot be read: {1}")]
    Unreadable(PathBuf, io::ErrorKind),
    #[error("`{path}` is damaged: {why}; get it again")]
    Damaged { path: PathBuf, why: String },
    #[error(
        "`{path}` is a model of the kind `{found}`: encoders of the kind `bert` and static embeddings can be used"
    )]
    Architecture { path: PathBuf, found: String },
    #[error("`{path}` lacks the tensor `{name}`: it is no model that can be used here")]
    NoTensor { path: PathBuf, name: String },
    #[error("the tensor `{name}` of `{path}` has the shape {found:?} where {wanted:?} is needed")]
    Shape {
        path: PathBuf,
        name: String,
        found: Vec<usize>,
        wanted: Vec<usize>,
    },
    #[error("`{path}` asks for {what}, which is not supported: use another model")]
    Unsupported { path: PathBuf, what: String },
}

impl LoadError {
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing(path.to_owned()),
            kind => Self::Unreadable(path.to_owned(), kind),
        }
    }

    pub(crate) fn damaged(path: &Path, why: &(impl ToString + ?Sized)) -> Self {
        // Backtraces and file positions of libraries are of no use to whoever reads this.
        let why = why.to_string();
        let line = why.lines().next().unwrap_or_default();
        Self::Damaged {
            path: path.to_owned(),
            why: line.to_owned(),
        }
    }

    pub(crate) fn unsupported(path: &Path, what: impl Into<String>) -> Self {
        Self::Unsupported {
            path: path.to_owned(),
            what: what.into(),
        }
    }
}

impl From<LoadError> for EmbedError {
    fn from(error: LoadError) -> Self {
        Self::Refused(error.to_string())
    }
}
