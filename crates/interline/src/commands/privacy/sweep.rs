//! `interline privacy sweep`: what is older than the settings say goes.

use serde_json::json;

use crate::{
    cli::PrivacySweep,
    failure::Exit,
    records,
    terminal::{self, count},
};

pub(super) fn run(args: &PrivacySweep) -> anyhow::Result<Exit> {
    let done = records::sweep();
    if args.json {
        terminal::print_json(&json!({
            "costs": {"days": done.costs},
            "audit": {
                "files": done.audit.files,
                "records": done.audit.records,
                "bytes": done.audit.bytes,
            },
            "problems": done.problems,
        }))?;
    } else if done.costs == 0 && done.audit.files == 0 && done.problems.is_empty() {
        terminal::say("nothing is older than the settings say");
    } else {
        if done.costs > 0 {
            terminal::say(&format!(
                "deleted {} of costs",
                count(done.costs as u64, "day")
            ));
        }
        if done.audit.files > 0 {
            terminal::say(&format!(
                "deleted {} of what left, {}; the rest can still be verified",
                count(done.audit.records, "record"),
                terminal::bytes(done.audit.bytes)
            ));
        }
    }
    for problem in &done.problems {
        terminal::warning(problem);
    }
    Ok(match done.problems.is_empty() {
        true => Exit::Done,
        false => Exit::Nothing,
    })
}
