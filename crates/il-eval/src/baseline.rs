//! Baselines: what an engine must beat to be worth anything.
//!
//! They are engines like any other, opened on a repository's folder, and leave the file that is being
//! completed out of what they know, as the contract demands. They learn once and ignore changes.

mod ngram;
mod recent_line;

use std::{ops::ControlFlow, path::Path, sync::Arc};

use il_engine::{Chunk, Engine, Finish, Outcome, Sink};

use crate::tree;

/// The most recent line that begins as the current one does: above, below, then in the same folder.
pub fn recent_line(root: &Path) -> anyhow::Result<Arc<dyn Engine>> {
    Ok(Arc::new(recent_line::RecentLine::new(tree::read(root)?)))
}

/// A Witten-Bell 5-gram over the repository's tokens, without the current file.
pub fn repository_ngram(root: &Path) -> anyhow::Result<Arc<dyn Engine>> {
    Ok(Arc::new(ngram::NGram::new(&tree::read(root)?, false)))
}

/// The same 5-gram, which also counts what stands before and after the cursor in the current file.
pub fn file_ngram(root: &Path) -> anyhow::Result<Arc<dyn Engine>> {
    Ok(Arc::new(ngram::NGram::new(&tree::read(root)?, true)))
}

/// Pushes pieces of text with their cumulative probabilities, and the end.
fn push(sink: Sink<'_>, pieces: impl IntoIterator<Item = (String, f32)>) -> Outcome {
    for (text, probability) in pieces {
        let piece = Chunk::Piece {
            alternative: 0,
            text,
            probability,
        };
        if let ControlFlow::Break(()) = sink(piece) {
            return Outcome::Cancelled;
        }
    }
    let end = Chunk::End {
        alternative: 0,
        finish: Finish::Complete,
    };
    match sink(end) {
        ControlFlow::Break(()) => Outcome::Cancelled,
        ControlFlow::Continue(()) => Outcome::Done,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{
        fs,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use il_engine::{CancelToken, Capabilities, EngineError, Length, Priority, Request};

    use super::*;

    /// Says a text with a probability wherever the prefix ends in a given way.
    pub(crate) struct Scripted {
        script: Vec<(String, String, f32)>,
        calls: AtomicUsize,
    }

    impl Scripted {
        pub(crate) fn new(script: &[(&str, &str, f32)]) -> Self {
            Self {
                script: script
                    .iter()
                    .map(|&(ending, text, p)| (ending.to_owned(), text.to_owned(), p))
                    .collect(),
                calls: AtomicUsize::new(0),
            }
        }

        pub(crate) fn calls(&self) -> usize {
            self.calls.load(Ordering::Relaxed)
        }
    }

    impl Engine for Scripted {
        fn capabilities(&self) -> Capabilities {
            Capabilities {
                name: "scripted",
                remote: false,
                metered: false,
                calibrated: true,
                instant: true,
            }
        }

        fn complete(
            &self,
            request: &Request,
            _: &CancelToken,
            sink: Sink<'_>,
        ) -> Result<Outcome, EngineError> {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let said = self
                .script
                .iter()
                .find(|it| request.prefix().ends_with(&it.0))
                .map(|(_, text, p)| (text.clone(), *p));
            if said.as_ref().is_some_and(|it| it.0 == "FAIL") {
                return Err(EngineError::Failed {
                    engine: "scripted",
                    why: "told to".into(),
                });
            }
            Ok(push(sink, said))
        }
    }

    /// What an engine opened on `files` answers at `$0`.
    pub(crate) fn complete(
        open: fn(&Path) -> anyhow::Result<Arc<dyn Engine>>,
        files: &[(&str, &str)],
        path: &str,
        text: &str,
    ) -> String {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let (before, after) = text.split_once("$0").unwrap();
        let request = Request {
            path: path.into(),
            language: "python".into(),
            text: [before, after].concat().into(),
            cursor: before.len(),
            length: Length::Line,
            alternatives: 1,
            priority: Priority::Interactive,
            context: None,
            workspace: Arc::default(),
        };
        let mut said = String::new();
        open(dir.path())
            .unwrap()
            .complete(&request, &CancelToken::new(), &mut |chunk| {
                if let Chunk::Piece { text, .. } = chunk {
                    said.push_str(&text);
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        said
    }
}
