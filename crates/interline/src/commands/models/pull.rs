//! `interline models pull`: from the hub to the folder.
//!
//! The one idea: before a byte comes it is said what comes, from where and under which licence; a licence that forbids
//! commercial use has to be accepted by whoever asks.
//!
//! Deliberately absent: choosing a quantisation; the table has one for each model, and any other can be named by its file.

use il_egress::Patience;
use il_models::{Checked, Commercial, Hub, Model, Origin, Puller, Sleep, Wanted, find, nearest};
use serde_json::json;

use super::impossible;
use crate::{
    cli::models::Pull,
    egress,
    failure::{Exit, usage},
    interrupt, models,
    progress::Bytes,
    settings, terminal,
};

/// How often it is tried without getting further.
const TRIES: u32 = 5;

pub(crate) fn run(args: &Pull) -> anyhow::Result<Exit> {
    let (store, hub) = (models::store()?, models::hub());
    let (wanted, model) = wanted(args)?;
    if let Some(model) = model {
        licence(model, args.accept_licence)?;
    } else {
        terminal::say("licence  nobody here knows it: look at the model's page");
    }
    if store.find(&wanted.id).is_err() {
        announce(&wanted, model, &hub);
    }
    let door = egress::door(&settings::read(None, None).settings.privacy)?;
    let today = models::today();
    let puller = Puller {
        transport: &*door,
        hub: &hub,
        store: &store,
        waiter: &Sleep,
        patience: Patience::default(),
        tries: TRIES,
        today: &today,
        free: store.free(),
    };
    let bar = Bytes::new("fetching");
    let pulled = puller.pull(&wanted, &interrupt::token(), &mut |it| {
        bar.at(it.done, it.total, it.waits);
    });
    drop(bar);
    let pulled = pulled.map_err(impossible)?;
    let manifest = &pulled.installed.manifest;
    if pulled.was_here {
        terminal::say(&format!("`{}` is here already", manifest.id));
    } else {
        say_checked(manifest.checked);
    }
    let path = pulled.installed.path.to_string_lossy();
    if args.json {
        terminal::print_json(&json!({
            "id": manifest.id,
            "path": path,
            "size": manifest.size,
            "sha256": manifest.sha256,
            "checked": manifest.checked.word(),
            "fetched": pulled.fetched,
            "was_here": pulled.was_here,
        }))?;
    } else {
        terminal::print_raw(&format!("{path}\n"))?;
    }
    Ok(Exit::Done)
}

/// What was asked for: a model of the table, or a file of the hub.
fn wanted(args: &Pull) -> anyhow::Result<(Wanted, Option<&'static Model>)> {
    if let Some(model) = find(&args.id) {
        let mut wanted = Wanted::from(model);
        if let Some(name) = &args.name {
            wanted.id.clone_from(name);
        }
        return Ok((wanted, Some(model)));
    }
    let (path, revision) = args.id.split_once('@').unwrap_or((&args.id, "main"));
    let parts: Vec<&str> = path.splitn(3, '/').collect();
    let [owner, repo, file] = parts[..] else {
        return Err(unknown(&args.id));
    };
    let stem = file.rsplit('/').next().unwrap_or(file);
    let stem = stem.trim_end_matches(".gguf");
    let wanted = Wanted {
        id: args.name.clone().unwrap_or_else(|| stem.to_owned()),
        origin: Origin::Hub {
            repo: format!("{owner}/{repo}"),
            revision: revision.to_owned(),
            file: file.to_owned(),
        },
        size: None,
        sha256: None,
        licence: None,
    };
    Ok((wanted, None))
}

fn unknown(id: &str) -> anyhow::Error {
    let near: Vec<String> = nearest(id).iter().map(|it| format!("`{it}`")).collect();
    let near = match near.is_empty() {
        true => String::new(),
        false => format!("; did you mean {}?", near.join(" or ")),
    };
    usage(format!(
        "no model `{id}` is known{near} `interline models list` shows all; any file of the hub is \
         `OWNER/REPOSITORY/FILE.gguf`"
    ))
}

/// Says the licence, and stops where it has to be accepted and is not.
fn licence(model: &Model, accepted: bool) -> anyhow::Result<()> {
    let licence = &model.licence;
    let terms = licence.terms.as_deref();
    let place = terms.map_or_else(String::new, |it| format!(" ({it})"));
    if licence.commercial == Commercial::No && !accepted {
        return Err(usage(format!(
            "`{}` is under the {}, which allows no commercial use: read it{place}, and accept it with `--accept-licence`",
            model.id, licence.name
        )));
    }
    let terms = terms.map_or_else(String::new, |it| format!(": {it}"));
    terminal::say(&format!("licence  {licence}{terms}"));
    Ok(())
}

fn announce(wanted: &Wanted, model: Option<&Model>, hub: &Hub) {
    let size = model.map(|it| format!(", {}", terminal::bytes(it.size)));
    let what = model.map_or(wanted.id.as_str(), |it| it.name.as_str());
    terminal::say(&format!(
        "fetching {what}{} from {}",
        size.unwrap_or_default(),
        hub.host()
    ));
}

fn say_checked(checked: Checked) {
    match checked {
        Checked::Table => terminal::say("its hash is the one in the table"),
        Checked::Hub => terminal::say("its hash is the one that the hub announced"),
        Checked::Nothing => {
            terminal::warning("nobody said what its hash should be: it is taken as it came");
        }
    }
}
