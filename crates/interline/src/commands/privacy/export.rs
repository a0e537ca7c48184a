//! `interline privacy export`: everything that is about the user, as plain files in a new folder.
//!
//! The one idea: copies, not conversions: what is exported can be compared with what is kept, and the record of what left can
//! still be verified.
//!
//! Deliberately absent: what can be made again from the user's own files, and models.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Context as _;
use il_calendar::Moment;
use serde_json::json;

use crate::{
    cli::PrivacyExport,
    failure::{Exit, usage},
    records::{self, What},
    settings,
    terminal::{self, count},
};

const README: &str = "\
# What Interline keeps about you

| here | what it is |
|---|---|
| `costs/` | what answers of paid models cost: one file a day, one JSON document a line |
| `audit/` | what left this machine: one file a day, one JSON document a line, chained by hashes |
| `consent.json` | what you agreed to, and for which repositories; missing if nothing was |
| `settings.json` | your settings as they are in force, and where each comes from; keys are named, never written |
| `manifest.json` | when this was written, and how much there is |

These are copies: nothing was deleted. `INTERLINE_DATA_DIR=. interline privacy log --verify` in this folder checks that nothing
of the record of what left was changed or taken out. Not in here, since it can be made again from your own files: what was
learnt from your repositories. Prompts, answers and how you use Interline are not kept at all.
";

pub(super) fn run(args: &PrivacyExport) -> anyhow::Result<Exit> {
    let directory = &args.dir;
    let shown = directory.display().to_string();
    make(directory, &shown)?;
    let mut files = 0;
    for store in records::stores() {
        let Some(path) = store.path else { continue };
        files += match store.what {
            What::Costs | What::Audit => copy_all(&path, &directory.join(store.what.word()))?,
            What::Consent if path.exists() => {
                let to = directory.join("consent.json");
                fs::copy(&path, &to).with_context(|| format!("cannot write `{}`", to.display()))?;
                1
            }
            What::Consent | What::Cache | What::Settings | What::Models | What::Provenance => 0,
        };
    }
    write(&directory.join("README.md"), README)?;
    write(
        &directory.join("settings.json"),
        &format!("{:#}\n", in_force()),
    )?;
    let manifest = json!({
        "version": 1,
        "written": Moment::of(SystemTime::now()).to_string(),
        "by": env!("INTERLINE_VERSION"),
        "stores": records::stores().iter().map(|it| json!({
            "store": it.what.word(),
            "holds": it.what.holds(),
            "records": it.measured.records,
            "bytes": it.measured.bytes,
            "kept": it.kept,
        })).collect::<Vec<_>>(),
    });
    write(&directory.join("manifest.json"), &format!("{manifest:#}\n"))?;
    terminal::say(&format!(
        "wrote {} to `{}`: its README.md says what is what",
        count(files + 3, "file"),
        terminal::visible(&shown)
    ));
    Ok(Exit::Done)
}

/// Makes the folder; what is in one already is nobody's to mix with.
fn make(directory: &Path, shown: &str) -> anyhow::Result<()> {
    match fs::read_dir(directory) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(usage(format!("`{shown}` is not empty: name a new folder"))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder
                .create(directory)
                .with_context(|| format!("cannot make `{shown}`"))
        }
        Err(error) => Err(usage(format!("`{shown}` cannot be used: {error}"))),
    }
}

/// Copies the files of a folder. The head of a log comes first: what is appended meanwhile is then behind it, and verifies.
fn copy_all(from: &Path, to: &Path) -> anyhow::Result<u64> {
    let mut paths: Vec<PathBuf> = match fs::read_dir(from) {
        Ok(entries) => entries.flatten().map(|it| it.path()).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read `{}`", from.display()));
        }
    };
    paths.retain(|it| it.is_file() && it.metadata().is_ok_and(|it| it.len() > 0));
    paths.sort_by_key(|it| (it.extension().is_none_or(|it| it != "json"), it.clone()));
    fs::create_dir_all(to).with_context(|| format!("cannot make `{}`", to.display()))?;
    for path in &paths {
        let target = to.join(path.file_name().unwrap_or_default());
        match fs::copy(path, &target) {
            // A sweep was quicker.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.exists() => {}
            done => {
                done.with_context(|| format!("cannot write `{}`", target.display()))?;
            }
        }
    }
    Ok(paths.len() as u64)
}

fn in_force() -> serde_json::Value {
    let rows = settings::read(None, None).settings.rows();
    let rows = rows.iter().map(|it| {
        json!({"table": it.table, "key": it.key, "value": it.value, "from": it.origin.to_string()})
    });
    json!({ "settings": rows.collect::<Vec<_>>() })
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
