//! Opening an index to ask it: brought up to date first, unless it is to be asked as it is.

use il_index::Problem;
use il_retrieval::EmbedError;

use super::roots::Root;
use crate::{
    cli::Search,
    failure::{Exit, unavailable},
    interrupt,
    progress::Steps,
    repository::index::{self, Opened},
    terminal,
};

/// An index to ask.
pub(super) struct Ready {
    pub(super) opened: Opened,
    /// The embedder was asked and cannot be reached: no need to ask it again.
    pub(super) unreachable: Option<EmbedError>,
}

/// The index of a root; nothing when it was told to stop.
pub(super) fn open(root: &Root, args: &Search) -> anyhow::Result<Option<Ready>> {
    if args.no_update && !index::is_there(&root.path) {
        let shown = root.path.display();
        return Err(unavailable(format!(
            "there is no index of `{shown}` yet: leave out `--no-update`"
        )));
    }
    let opened = index::open(&root.path, args.embeddings.as_ref())?;
    for problem in &opened.problems {
        terminal::warning(problem);
    }
    if args.no_update {
        return Ok(Some(Ready {
            opened,
            unreachable: None,
        }));
    }
    let cancel = interrupt::token();
    let steps = Steps::new();
    let caught_up = opened.bring_up_to_date(&|step| steps.show(step), &cancel)?;
    drop(steps);
    if cancel.is_cancelled() {
        return Ok(None);
    }
    let unreachable = match caught_up.embedded {
        Ok(_) | Err(EmbedError::Cancelled) => None,
        Err(why @ EmbedError::Unavailable(_)) => Some(why),
        Err(why) => {
            terminal::warning(&format!("not everything is found by meaning: {why}"));
            None
        }
    };
    if let Err(problem) = &caught_up.saved
        && !already_said(&opened, problem)
    {
        terminal::warning(&problem.to_string());
    }
    Ok(Some(Ready {
        opened,
        unreachable,
    }))
}

fn already_said(opened: &Opened, problem: &Problem) -> bool {
    opened.problems.contains(&problem.to_string())
}

/// What is said when it was told to stop.
pub(super) fn stopped() -> Exit {
    terminal::say("stopped: what was indexed is kept, the next search goes on from there");
    Exit::Nothing
}
