//! `interline privacy show`: what is in force in a repository, who is sent code, and everything that is kept.
//!
//! The one idea: it answers the four questions that somebody has before letting a tool near their code: what is taken out, who
//! gets the rest, what stays on this machine and for how long, and what did I agree to.
//!
//! Deliberately absent: what left already (`log`).

mod recipients;
mod render;

use std::{collections::BTreeMap, path::Path};

use il_audit::{Given, Kind};
use il_config::{Origin, Privacy, Settings};
use il_privacy::{Category, Rules};
use serde_json::{Map, Value, json};

use self::recipients::Recipient;
use crate::{
    cli::PrivacyShow,
    egress,
    failure::Exit,
    privacy,
    records::{self, Store},
    repository::tree,
    settings, terminal,
};

pub(super) fn run(args: &PrivacyShow) -> anyhow::Result<Exit> {
    let root = tree::repository(args.dir.as_deref())?;
    let found = settings::read(Some(&root), None);
    let settings = &found.settings;
    let consent = records::consent().map_err(anyhow::Error::msg);
    let given = consent.and_then(|it| Ok(it.given(&root)?));
    let shown = Shown {
        root: &root,
        settings,
        closed: egress::closed(&settings.privacy),
        kinds: kinds(&settings.privacy),
        recipients: recipients::all(settings),
        stores: records::stores(),
        given: given.as_ref().ok().and_then(Option::as_ref),
    };
    match args.json {
        true => terminal::print_json(&shown.document())?,
        false => terminal::print(&render::text(&shown))?,
    }
    if !found.problems.is_empty() {
        terminal::warning("something is wrong with the settings: see `interline config check`");
    }
    if let Err(why) = given {
        terminal::warning(&format!("{why:#}"));
    }
    Ok(Exit::Done)
}

/// Everything that is shown.
struct Shown<'a> {
    root: &'a Path,
    settings: &'a Settings,
    /// Why nothing may leave, where nothing may.
    closed: Option<String>,
    kinds: Result<Kinds, String>,
    recipients: Vec<Recipient>,
    stores: Vec<Store>,
    given: Option<&'a Given>,
}

/// How many kinds of secrets are looked for.
struct Kinds {
    on: BTreeMap<Category, u64>,
    off: u64,
}

fn kinds(privacy: &Privacy) -> Result<Kinds, String> {
    let finder = privacy::finder(privacy)?;
    let mut on = BTreeMap::new();
    for (_, rule) in finder.rules() {
        *on.entry(rule.category).or_default() += 1;
    }
    let is_on = |id: &str| finder.rules().any(|it| &*it.1.id == id);
    let off = Rules::shipped().iter().filter(|it| !is_on(&it.id)).count() as u64;
    Ok(Kinds { on, off })
}

impl Shown<'_> {
    fn document(&self) -> Value {
        let privacy = &self.settings.privacy;
        let flag =
            |value: bool, origin: Origin| json!({"value": value, "from": origin.to_string()});
        let kinds = match &self.kinds {
            Ok(kinds) => json!({
                "by_category": kinds.on.iter().map(|(it, number)| (it.word().to_owned(), json!(number)))
                    .collect::<Map<_, _>>(),
                "off": kinds.off,
            }),
            Err(why) => json!({ "unusable": why }),
        };
        let patterns = privacy.paths.iter().chain(&privacy.repository_paths).map(|it| {
            json!({"glob": it.value.glob, "level": it.value.level.word(), "from": it.origin.to_string()})
        });
        let stores = self.stores.iter().map(|it| {
            json!({
                "store": it.what.word(),
                "holds": it.what.holds(),
                "of_source": it.what.is_of_source(),
                "personal": it.what.is_personal(),
                "path": it.path.as_ref().map(|it| it.to_string_lossy()),
                "records": it.measured.records,
                "bytes": it.measured.bytes,
                "oldest": it.measured.oldest.map(|it| il_calendar::Moment::of(it).to_string()),
                "kept": it.kept,
                "read_by": it.what.read_by(),
            })
        });
        let consent = Kind::ALL.map(|kind| {
            let since = self.given.and_then(|it| it.since(kind));
            (
                kind.word().to_owned(),
                json!({"given": since.is_some(), "since": since}),
            )
        });
        json!({
            "repository": self.root.to_string_lossy(),
            "nothing_leaves": self.closed,
            "air_gap": flag(*privacy.air_gap, privacy.air_gap.origin),
            "personal": flag(*privacy.personal, privacy.personal.origin),
            "restore": flag(*privacy.restore, privacy.restore.origin),
            "matches": {"value": privacy.matches.to_string(), "from": privacy.matches.origin.to_string()},
            "unreadable": privacy.unreadable,
            "rules": kinds,
            "paths": patterns.collect::<Vec<_>>(),
            "recipients": self.recipients.iter().map(Recipient::document).collect::<Vec<_>>(),
            "stores": stores.collect::<Vec<_>>(),
            "consent": consent.into_iter().collect::<Map<_, _>>(),
        })
    }
}
