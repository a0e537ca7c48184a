//! `interline privacy erase`: what is kept goes, after a question.
//!
//! The one idea: the question says what will be gone, and the answer what is.
//!
//! Deliberately absent: overwriting; on today's disks that promises more than it does.

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, stdin},
};

use crate::{
    cli::PrivacyErase,
    failure::{Exit, usage},
    records::{self, Store, What},
    repository::tree,
    terminal::{self, STRONG, styled},
};

pub(super) fn run(args: &PrivacyErase) -> anyhow::Result<Exit> {
    if args.repo.is_some() {
        return one_repository(args);
    }
    let wanted = |what: What| match what {
        What::Cache => args.cache,
        What::Costs => args.costs,
        What::Audit => args.audit,
        What::Consent => args.consent,
        What::Settings | What::Models | What::Provenance => false,
    };
    let is_erased = |what: What| !matches!(what, What::Settings | What::Models | What::Provenance);
    let stores: Vec<Store> = records::stores()
        .into_iter()
        .filter(|it| wanted(it.what) || args.all && is_erased(it.what))
        .collect();
    if stores.is_empty() {
        return Err(usage(
            "say what to erase: `--costs`, `--audit`, `--cache`, `--consent` or `--all`; `interline privacy show` lists what there is",
        ));
    }
    let mut question = format!("{}\n", styled(STRONG, "This will be deleted:"));
    for store in &stores {
        let _ = writeln!(question, "  {}", line(store));
    }
    if stores.iter().any(|it| it.what == What::Costs) {
        question += "Caps on costs count from 0 again today.\n";
    }
    if !agreed(args.yes, &question)? {
        return Ok(Exit::Nothing);
    }
    let mut exit = Exit::Done;
    for store in &stores {
        match records::erase(store.what) {
            Ok(0) => terminal::say(&format!("{}: there was nothing", store.what.word())),
            Ok(bytes) => terminal::say(&format!(
                "{}: {} deleted{}",
                store.what.word(),
                terminal::bytes(bytes),
                match store.what {
                    What::Audit => "; one record says that it was",
                    _ => "",
                }
            )),
            Err(why) => {
                terminal::say_error(&why);
                exit = Exit::Nothing;
            }
        }
    }
    Ok(exit)
}

fn line(store: &Store) -> String {
    let path = store.path.as_ref().map(|it| it.display().to_string());
    format!(
        "{:<8} {}, {}  {}",
        store.what.word(),
        store.what.counted(store.measured.records),
        terminal::bytes(store.measured.bytes),
        terminal::visible(path.as_deref().unwrap_or("no place")),
    )
}

fn one_repository(args: &PrivacyErase) -> anyhow::Result<Exit> {
    let root = tree::repository(args.repo.as_deref())?;
    let both = args.all || !args.cache && !args.consent;
    let shown = terminal::visible(&root.display().to_string());
    let mut what = Vec::new();
    if both || args.cache {
        what.push("what was learnt from it");
    }
    if both || args.consent {
        what.push("what was agreed to for it");
    }
    let question = format!(
        "{}\n  {}\nRecords of costs and of what left are about all repositories and stay.\n",
        styled(STRONG, &format!("This will be deleted of `{shown}`:")),
        what.join("\n  ")
    );
    if !agreed(args.yes, &question)? {
        return Ok(Exit::Nothing);
    }
    if both || args.cache {
        let bytes = records::erase_cache_of(&root).map_err(anyhow::Error::msg)?;
        terminal::say(&format!("cache: {} deleted", terminal::bytes(bytes)));
    }
    if both || args.consent {
        let consent = records::consent().map_err(anyhow::Error::msg)?;
        let forgotten = consent.forget(Some(&root))?;
        terminal::say(match forgotten {
            0 => "consent: there was none",
            _ => "consent: forgotten",
        });
    }
    Ok(Exit::Done)
}

/// Asks, where somebody is there to be asked.
fn agreed(is_said: bool, question: &str) -> anyhow::Result<bool> {
    if is_said {
        return Ok(true);
    }
    if !stdin().is_terminal() {
        return Err(usage("nobody is there to be asked: say `--yes`"));
    }
    terminal::say(&format!("{question}Delete? Type `yes`:"));
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    let is_yes = answer.trim().eq_ignore_ascii_case("yes");
    if !is_yes {
        terminal::say("nothing was deleted");
    }
    Ok(is_yes)
}
