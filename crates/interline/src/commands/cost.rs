//! `interline cost`: what answers of paid models cost.
//!
//! The one idea: a sum says what is not in it. Requests whose cost nobody knows, tokens that were estimated and lines
//! that could not be read stand beneath the table, never silently inside it.
//!
//! Deliberately absent: how costs come about; `il-ledger` has the books.

mod render;

use std::time::SystemTime;

use il_config::Settings;
use il_ledger::{Amount, By, Day, Totals};
use serde_json::{Value, json};

use crate::{cli::Cost, costs, failure::Exit, repository::tree, settings, terminal};

pub(crate) fn run(args: &Cost) -> anyhow::Result<Exit> {
    let directory = costs::directory().map_err(anyhow::Error::msg)?;
    let now = SystemTime::now();
    let today = Day::of(now);
    let from = today.before(args.days - 1);
    let totals = Totals::read(&directory, from, today, args.by.into())?;
    let spent = Totals::read(&directory, today, today, By::User)?;
    let caps = caps(&settings_here(), &spent);
    if args.json {
        terminal::print_json(&document(args, (from, today), &totals, &caps))?;
    } else if totals.all.requests > 0 {
        terminal::print(&render::table(
            args.by.word(),
            (from, today),
            &totals,
            &caps,
            now,
        ))?;
    }
    said_beside(&totals);
    if totals.all.requests > 0 {
        return Ok(Exit::Done);
    }
    if !args.json {
        terminal::say(&format!(
            "nothing was spent {}: only answers of models that cost money are recorded, and the repo model is free",
            period(args.days)
        ));
    }
    Ok(Exit::Nothing)
}

fn period(days: u32) -> String {
    match days {
        1 => "today".to_owned(),
        days => format!("in the last {days} days"),
    }
}

/// A spent sum needs no settings, so what is wrong with them only takes the caps away.
fn settings_here() -> Settings {
    let root = tree::repository(None).ok();
    let found = settings::read(root.as_deref(), None);
    if !found.problems.is_empty() {
        terminal::warning("something is wrong with the settings: see `interline config check`");
    }
    found.settings
}

/// A cap and what of it is spent today.
struct Cap {
    /// `None` for everybody's.
    user: Option<String>,
    spent: Amount,
    cap: Amount,
    currency: String,
}

fn caps(settings: &Settings, today: &Totals) -> Vec<Cap> {
    let budget = &settings.budget;
    let currency = &budget.currency.value;
    let mut caps = Vec::new();
    if let Some(cap) = &budget.per_day {
        caps.push(Cap {
            user: None,
            spent: today.all.cost.get(currency).copied().unwrap_or_default(),
            cap: cap.value,
            currency: currency.clone(),
        });
    }
    if let Some(cap) = &budget.per_user_per_day {
        let user = costs::user();
        let row = today.rows.iter().find(|it| it.key == user);
        let spent = row.and_then(|it| it.sum.cost.get(currency).copied());
        caps.push(Cap {
            user: Some(user),
            spent: spent.unwrap_or_default(),
            cap: cap.value,
            currency: currency.clone(),
        });
    }
    caps
}

/// What the sums do not hold.
fn said_beside(totals: &Totals) {
    if totals.damaged > 0 {
        let lines = terminal::count(totals.damaged as u64, "line");
        terminal::warning(&format!(
            "{lines} could not be read and may be missing from the sums"
        ));
    }
    for path in &totals.later {
        terminal::warning(&format!(
            "`{}` is of a later version and missing from the sums: update Interline",
            path.display()
        ));
    }
}

/// For programs: amounts exact, as texts.
fn document(args: &Cost, (from, to): (Day, Day), totals: &Totals, caps: &[Cap]) -> Value {
    let sum = |it: &il_ledger::Sum| {
        json!({
            "requests": it.requests,
            "estimated_requests": it.estimated,
            "unpriced_requests": it.unpriced,
            "prompt_tokens": it.prompt,
            "cached_tokens": it.cached,
            "answer_tokens": it.answer,
            "cost": it.cost.iter().map(|(currency, it)| (currency.clone(), json!(it.to_string())))
                .collect::<serde_json::Map<_, _>>(),
        })
    };
    let rows = totals.rows.iter().map(|row| {
        let mut document = sum(&row.sum);
        document[args.by.word()] = json!(row.key);
        document
    });
    let caps = caps.iter().map(|it| {
        json!({
            "user": it.user,
            "spent_today": it.spent.to_string(),
            "cap": it.cap.to_string(),
            "currency": it.currency,
        })
    });
    json!({
        "from": from.to_string(),
        "to": to.to_string(),
        "rows": rows.collect::<Vec<_>>(),
        "all": sum(&totals.all),
        "caps": caps.collect::<Vec<_>>(),
        "damaged_lines": totals.damaged,
        "later_files": totals.later.iter().map(|it| it.to_string_lossy()).collect::<Vec<_>>(),
    })
}
