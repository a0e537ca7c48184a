//! The model that tests run on, and shorthands for asking it.

use std::{path::PathBuf, sync::Arc};

use il_engine::fim::registry;
use il_engine_llama::{LlamaModel, Program, Settings};

pub(crate) fn program() -> Program {
    Program {
        path: env!("CARGO_BIN_EXE_llama-worker").into(),
        args: Vec::new(),
    }
}

pub(crate) fn settings() -> Settings {
    let path = std::env::var("INTERLINE_TEST_MODEL").expect("model");
    Settings {
        context: 2048,
        threads: Some(1),
        template: Some(registry().by_id("interline-tiny").expect("known")),
        ..Settings::new(PathBuf::from(path))
    }
}

pub(crate) fn open() -> Arc<LlamaModel> {
    LlamaModel::open(program(), &settings()).expect("opens")
}
