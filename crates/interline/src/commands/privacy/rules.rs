//! `interline privacy rules`: which kinds of secrets and personal data are known, and which are looked for.

use std::{collections::HashSet, fmt::Write as _, sync::Arc};

use il_privacy::{Category, Rule, Rules};
use serde_json::{Value, json};

use crate::{
    cli::PrivacyRules,
    failure::{Exit, usage},
    privacy,
    repository::tree,
    settings,
    terminal::{self, FAINT, STRONG, WARNING, count, styled, visible},
};

pub(super) fn run(args: &PrivacyRules) -> anyhow::Result<Exit> {
    let root = tree::repository(args.dir.as_deref())?;
    let settings = settings::read(Some(&root), None).settings;
    let finder = privacy::finder(&settings.privacy).map_err(usage)?;
    let on: HashSet<Arc<str>> = finder.rules().map(|it| Arc::clone(&it.1.id)).collect();
    let shipped: HashSet<&str> = Rules::shipped().iter().map(|it| &*it.id).collect();
    // Rules of one's own are looked for, or they would not be there.
    let own = finder
        .rules()
        .map(|it| it.1)
        .filter(|it| !shipped.contains(&*it.id));
    let mut all: Vec<&Rule> = Rules::shipped().iter().chain(own).collect();
    all.sort_by(|a, b| (a.category, &a.id).cmp(&(b.category, &b.id)));
    if args.json {
        let rows = all.iter().map(|it| row(it, on.contains(&it.id)));
        terminal::print_json(&json!({ "rules": rows.collect::<Vec<_>>() }))?;
    } else {
        terminal::print(&table(&all, &on))?;
        let off = all.len() - on.len();
        let mut line = format!("{} are looked for", count(on.len() as u64, "kind"));
        if off > 0 {
            let _ = write!(
                line,
                ", {off} are not: `[privacy] rules_on` in your settings turns them on"
            );
        }
        terminal::say(&styled(FAINT, &line));
    }
    Ok(Exit::Done)
}

fn row(rule: &Rule, is_on: bool) -> Value {
    json!({
        "id": &*rule.id,
        "name": &*rule.name,
        "category": rule.category.word(),
        "source": &*rule.source,
        "on": is_on,
    })
}

fn table(all: &[&Rule], on: &HashSet<Arc<str>>) -> String {
    let width = all
        .iter()
        .map(|it| it.id.chars().count())
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    for category in Category::ALL {
        let of: Vec<_> = all.iter().filter(|it| it.category == category).collect();
        if of.is_empty() {
            continue;
        }
        let gap = if out.is_empty() { "" } else { "\n" };
        let head = format!("{} ({})", category.word(), of.len());
        let _ = writeln!(out, "{gap}{}", styled(STRONG, &head));
        for rule in of {
            let state = match on.contains(&rule.id) {
                true => String::new(),
                false => format!("  {}", styled(WARNING, "off")),
            };
            let id = visible(&rule.id);
            let _ = writeln!(out, "  {id:<width$}  {}{state}", visible(&rule.name));
        }
    }
    out
}
