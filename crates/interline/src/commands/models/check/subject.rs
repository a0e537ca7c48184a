//! What is to be checked: a model of the folder, or a file anywhere.

use std::path::{Path, PathBuf};

use il_engine_llama::{LlamaError, LlamaModel, Program, Report, Settings};
use il_models::{Installed, Store};

use super::super::unusable;
use crate::{engines::WORKER, failure::usage};

/// A file with a model.
pub(super) struct Subject {
    pub(super) id: String,
    pub(super) path: PathBuf,
    /// How it came; nothing where it is not in the folder.
    pub(super) installed: Option<Installed>,
}

impl Subject {
    /// Named by an id, or by the path of a `.gguf` file.
    pub(super) fn named(word: &str, store: &Store) -> anyhow::Result<Self> {
        let path = Path::new(word);
        if path.extension().is_none_or(|it| it != "gguf") {
            return Ok(store.find(word).map_err(unusable)?.into());
        }
        if !path.is_file() {
            return Err(usage(format!("there is no file `{word}`")));
        }
        let stem = path.file_stem().unwrap_or_default();
        Ok(Self {
            id: stem.to_string_lossy().into_owned(),
            path: path.to_owned(),
            installed: None,
        })
    }

    /// Opens the model and shows it some holes; `None` in a build without llama.cpp.
    pub(super) fn ask(&self) -> Option<Result<Report, String>> {
        let settings = Settings {
            context: 1024,
            sequences: 1,
            ..Settings::new(&self.path)
        };
        let program = match Program::this([WORKER]) {
            Ok(program) => program,
            Err(why) => return Some(Err(why.to_string())),
        };
        match LlamaModel::open(program, &settings).and_then(|it| it.check()) {
            Err(LlamaError::Missing) => None,
            asked => Some(asked.map_err(|why| why.to_string())),
        }
    }
}

impl From<Installed> for Subject {
    fn from(installed: Installed) -> Self {
        Self {
            id: installed.manifest.id.clone(),
            path: installed.path.clone(),
            installed: Some(installed),
        }
    }
}
