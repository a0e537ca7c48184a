//! The books of this user on this machine.
//!
//! Deliberately absent: what a model costs and when a cap is reached (`il-ledger`).

use std::{
    env,
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant, SystemTime},
};

use etcetera::{AppStrategy as _, AppStrategyArgs};
use il_config::Settings;
use il_ledger::{Amount, Budget, Clock, Ledger, Price, Prices};

use crate::repository::lock;

/// Where things are kept that cannot be made again, instead of the usual place.
const DATA: &str = "INTERLINE_DATA_DIR";

/// Where things are kept that cannot be made again.
pub(crate) fn data_directory() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os(DATA).filter(|it| !it.is_empty()) {
        return Ok(named.into());
    }
    let strategy = etcetera::choose_app_strategy(AppStrategyArgs {
        app_name: "interline".to_owned(),
        ..AppStrategyArgs::default()
    });
    let strategy = strategy.map_err(|why| format!("{why}: set `{DATA}` to a folder"))?;
    Ok(strategy.data_dir())
}

/// Where the books are.
pub(crate) fn directory() -> Result<PathBuf, String> {
    Ok(data_directory()?.join("costs"))
}

/// Who asks, as far as costs are concerned.
pub(crate) fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|it| env::var(it).ok().filter(|name| !name.trim().is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// What everybody and what each user may spend in a day.
pub(crate) fn caps(settings: &Settings) -> (Option<Amount>, Option<Amount>) {
    let (all, each) = (&settings.budget.per_day, &settings.budget.per_user_per_day);
    (
        all.as_ref().map(|it| it.value),
        each.as_ref().map(|it| it.value),
    )
}

/// Whether anything caps what may be spent.
pub(crate) fn is_capped(settings: &Settings) -> bool {
    caps(settings) != (None, None)
}

/// The books of this process, once something was asked for.
static OPEN: Mutex<Option<Arc<Ledger>>> = Mutex::new(None);
/// What an answer cost is said at its end, which comes right behind what is shown.
const SETTLING: Duration = Duration::from_secs(2);

/// Waits until what this process spent is in the books, but not for long. For the end of a command: an answer is shown before
/// its server has said what it cost.
pub(crate) fn settle() {
    let Some(ledger) = lock(&OPEN).clone() else {
        return;
    };
    let begun = Instant::now();
    while !ledger.is_settled() && begun.elapsed() < SETTLING {
        thread::sleep(Duration::from_millis(1));
    }
}

/// The books, opened once. They have no caps of their own: each meter has those of its repository.
pub(crate) fn ledger(settings: &Settings) -> Result<Arc<Ledger>, String> {
    let mut open = lock(&OPEN);
    if let Some(ledger) = &*open {
        return Ok(Arc::clone(ledger));
    }
    let clock: Clock = Arc::new(SystemTime::now);
    let directory = directory()?;
    let made = Ledger::open(&directory, prices(settings), budget(settings), clock);
    let made = made.map_err(|why| why.to_string())?;
    *open = Some(Arc::clone(&made));
    Ok(made)
}

fn budget(settings: &Settings) -> Budget {
    let said = &settings.budget;
    Budget {
        per_day: None,
        per_user_per_day: None,
        currency: said.currency.value.clone(),
        allow_unpriced: said.allow_unpriced.value,
        keep_days: said.keep_days.value,
    }
}

fn prices(settings: &Settings) -> Prices {
    let mut prices = Prices::shipped();
    for (pattern, said) in &settings.prices {
        prices = prices.with(pattern, price(said));
    }
    prices
}

fn price(said: &il_config::Price) -> Price {
    Price {
        input: said.input.value,
        cached: said.cached.as_ref().map(|it| it.value),
        output: said.output.value,
        currency: said.currency.value.clone(),
    }
}
