//! One façade on one repository, asked from the command line as an editor would ask.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use il_assist::{
    Answer, Ask, Encoding, Explanation, Host, Notice, Opened, Position, Reply, Settings, Surface,
    SystemClock,
};

use crate::{
    engines::Wanted,
    failure::unavailable,
    repository::{Facts, Learn, Mode, WorkingTrees},
    terminal::ProgressBar,
};

/// An answer takes milliseconds; one that takes this long does not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open repository that answers.
pub(crate) struct Session {
    host: Host,
    trees: Arc<WorkingTrees>,
    root: PathBuf,
    /// How long it took until it could answer.
    pub(crate) opening: Duration,
}

impl Session {
    /// Opens the repository at `root`, an absolute path without links; shows how far it is on a terminal.
    pub(crate) fn open(root: &Path, learn: Learn, wanted: Wanted) -> anyhow::Result<Self> {
        let trees = Arc::new(WorkingTrees::new(Mode::Once, learn, wanted));
        let settings = Settings {
            encoding: Encoding::Utf32,
            ..Settings::default()
        };
        let (host, notices) = Host::new(
            Arc::clone(&trees) as _,
            Arc::new(SystemClock::new()),
            settings,
        )?;
        let started = Instant::now();
        host.open_repository(root.to_path_buf());
        wait_until_ready(&notices)?;
        Ok(Self {
            host,
            trees,
            root: root.to_path_buf(),
            opening: started.elapsed(),
        })
    }

    /// What the engine knows.
    pub(crate) fn facts(&self) -> Option<Facts> {
        self.trees.facts(&self.root)
    }

    /// What would be suggested at a place of a text that lies at `path`.
    pub(crate) fn complete(
        &self,
        path: &Path,
        text: String,
        position: Position,
        alternatives: usize,
    ) -> anyhow::Result<Answer> {
        let uri: Arc<str> = path.to_string_lossy().into();
        self.host.did_open(&Opened {
            uri: Arc::clone(&uri),
            path: Some(path.to_path_buf()),
            language: String::new(),
            version: 1,
            text,
        });
        let ask = Ask {
            uri: Arc::clone(&uri),
            version: Some(1),
            position,
            invoked: true,
            selected: None,
            formatting: None,
            alternatives,
            surface: Surface::GhostText,
        };
        let (reply, replies) = mpsc::channel();
        self.host.complete(ask, move |it| {
            // Nobody waits for a reply only when we are ending anyway.
            let _ = reply.send(it);
        });
        let reply = replies.recv_timeout(PATIENCE);
        self.host.did_close(&uri);
        match reply {
            Ok(Reply::Answered(mut answer)) => {
                answer.suggestions.truncate(alternatives);
                Ok(answer)
            }
            Ok(Reply::Refused(refusal)) => anyhow::bail!("the question was refused: {refusal}"),
            Ok(Reply::Cancelled | Reply::Superseded) | Err(_) => {
                Err(unavailable("the engine gave no answer"))
            }
        }
    }

    /// What was decided on the way to an answer.
    pub(crate) fn explain(&self, answer: &Answer) -> Option<Explanation> {
        self.host.explain(Some(&answer.ask.to_string()))
    }
}

fn wait_until_ready(notices: &Receiver<Notice>) -> anyhow::Result<()> {
    let mut bar = ProgressBar::hidden();
    for notice in notices {
        match notice {
            Notice::Progress { progress, .. } => bar.show(progress),
            Notice::Ready { .. } => return Ok(()),
            Notice::Failed { why, .. } => return Err(unavailable(why)),
            Notice::Closed { root } => {
                return Err(unavailable(format!("`{}` was closed", root.display())));
            }
        }
    }
    Err(unavailable("the engine ended before it was ready"))
}
