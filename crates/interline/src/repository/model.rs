//! The embedded engine, as this binary uses it: learn, save, load, measure.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread,
};

use il_assist::{CancelToken, OpenError, Progress, Stage};
use il_engine_repo::{Options, RepoModel, SourceFile, StoreError, TrainingReport};
use il_watch::File;

use super::{cache::Unusable, policy::Protection, tree};

/// The engine.
pub(crate) type Model = RepoModel;

/// A model that answers from the file being edited alone.
pub(crate) fn blank() -> Model {
    RepoModel::new(Options::default())
}

/// A model for a repository in which this holds.
pub(crate) fn guarded_by(protection: &Protection) -> Model {
    RepoModel::new(options(protection))
}

fn options(protection: &Protection) -> Options {
    Options {
        policy: Arc::clone(&protection.policy),
        mask: Some(Arc::clone(&protection.mask)),
        ..Options::default()
    }
}

/// Learns the admitted `files` of the tree at `root`, and forgets all else.
pub(crate) fn learn(
    model: &Model,
    root: &Path,
    files: &[File],
    progress: &dyn Fn(Progress),
    cancel: &CancelToken,
) -> Result<TrainingReport, OpenError> {
    let sources = read(root, files, progress, cancel)?;
    let report = train(model, sources, progress, cancel);
    if report.cancelled {
        Err(OpenError::Cancelled)
    } else {
        Ok(report)
    }
}

fn read(
    root: &Path,
    files: &[File],
    progress: &dyn Fn(Progress),
    cancel: &CancelToken,
) -> Result<Vec<SourceFile>, OpenError> {
    let total = files.len() as u64;
    let mut sources = Vec::with_capacity(files.len());
    for (n, file) in files.iter().enumerate() {
        if cancel.is_cancelled() {
            return Err(OpenError::Cancelled);
        }
        progress(Progress {
            stage: Stage::Scan,
            done: n as u64,
            total,
        });
        if let Some(text) = tree::read(root, &file.path) {
            sources.push(SourceFile {
                path: file.path.as_str().into(),
                language: tree::language(&file.path, &text).into(),
                text: text.into(),
            });
        }
    }
    Ok(sources)
}

/// Trains on a thread of its own and says how far it is on this one: `progress` may not be shared.
fn train(
    model: &Model,
    sources: Vec<SourceFile>,
    progress: &dyn Fn(Progress),
    cancel: &CancelToken,
) -> TrainingReport {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let training = scope.spawn(move || {
            let report = |it: il_engine_repo::Progress| {
                // The receiver outlives the training.
                let _ = sender.send(it);
            };
            model.train(sources, &report, cancel)
        });
        for il_engine_repo::Progress { done, total } in receiver {
            progress(Progress {
                stage: Stage::Train,
                done: done as u64,
                total: total as u64,
            });
        }
        training
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What was learnt, to be saved.
pub(crate) fn to_bytes(model: &Model) -> Vec<u8> {
    model.to_bytes()
}

/// A model from what was saved.
pub(crate) fn from_bytes(bytes: &[u8], protection: &Protection) -> Result<Model, Unusable> {
    RepoModel::from_bytes(bytes, options(protection)).map_err(|error| match error {
        StoreError::Foreign => Unusable::Foreign,
        StoreError::Damaged(what) => Unusable::Damaged(what.into()),
        StoreError::Io(error) => Unusable::Unreadable(error),
    })
}
