//! Where models are kept, where they come from, and what day it is: what the registry is told from outside.
//!
//! Deliberately absent: the registry itself, which is `il-models`.

use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

use etcetera::BaseStrategy as _;
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
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let days = since.map_or(0, |it| it.as_secs() / 86_400);
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The Gregorian date so many days after 1970-01-01. Years begin in March here, so that the leap day is a year's last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (days, expected) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (20_781, (2026, 11, 24)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date(days), expected, "{days}");
        }
    }
}
