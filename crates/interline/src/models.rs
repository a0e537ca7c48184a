//! Where models are kept, where they come from, and what day it is: what the registry is told from outside.
//!
//! Deliberately absent: the registry itself, which is `il-models`.

use std::{env, time::SystemTime};

use etcetera::BaseStrategy as _;
use il_calendar::Day;
use il_egress::Secret;
use il_models::{HUB, Hub, Store};

/// The environment variable with the folder.
pub(crate) const DIRECTORY: &str = "INTERLINE_MODELS_DIR";

/// The folder of models; it need not be there.
pub(crate) fn store() -> anyhow::Result<Store> {
    match env::var_os(DIRECTORY) {
        Some(folder) if !folder.is_empty() => Ok(Store::at(folder)),
        _ => etcetera::choose_base_strategy()
            .map(|strategy| Store::at(strategy.data_dir().join("interline").join("models")))
            .map_err(|error| anyhow::anyhow!("no data directory: {error}; set `{DIRECTORY}`")),
    }
}

/// The hub, and who we are there.
pub(crate) fn hub() -> Hub {
    let said = |name: &str| env::var(name).ok().filter(|it| !it.trim().is_empty());
    let endpoint = said("INTERLINE_HUB").or_else(|| said("HF_ENDPOINT"));
    let token = said("HF_TOKEN").map(Secret::new);
    Hub::at(endpoint.as_deref().unwrap_or(HUB), token)
}

/// Today as `2026-11-24`, in UTC.
pub(crate) fn today() -> String {
    Day::of(SystemTime::now()).to_string()
}
