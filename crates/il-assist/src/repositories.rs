//! The repositories of a host, and which engine answers for which file.
//!
//! A file belongs to the deepest repository that holds it. While that is being opened, or could not be,
//! the fall-back engine answers for it; where there is none, an engine that says why there is no answer
//! yet, so that "nothing" always has a reason.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use il_engine::{CancelToken, Capabilities, Engine, EngineError, Outcome, Request, Sink};

use crate::data::{RepositoryState, RepositoryStatus};

/// Everything known about repositories. Kept behind a lock that is held for one call.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    roots: Vec<Root>,
    opened: u64,
}

/// Names one opening of a repository: closing and opening it again is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenId(u64);

struct Root {
    id: OpenId,
    path: PathBuf,
    state: RepositoryState,
    engine: Option<Arc<dyn Engine>>,
    cancel: CancelToken,
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root")
            .field("path", &self.path)
            .field("state", &self.state)
            .finish()
    }
}

/// Who answers for a file.
pub(crate) enum Answerer {
    Engine(Arc<dyn Engine>),
    /// The repository is not open (yet, or any more): the text says why.
    NotReady(String),
    /// The file is in no repository.
    Nobody,
}

impl Roots {
    /// Enters a repository; `None` when it is there already.
    pub(crate) fn enter(&mut self, path: PathBuf) -> Option<(OpenId, CancelToken)> {
        if self.roots.iter().any(|it| it.path == path) {
            return None;
        }
        self.opened += 1;
        let (id, cancel) = (OpenId(self.opened), CancelToken::new());
        let state = RepositoryState::Opening(None);
        self.roots.push(Root {
            id,
            path,
            state,
            engine: None,
            cancel: cancel.clone(),
        });
        Some((id, cancel))
    }

    /// Takes a repository out; its opening is cancelled. Whether it was there.
    pub(crate) fn leave(&mut self, path: &Path) -> bool {
        let Some(at) = self.roots.iter().position(|it| it.path == path) else {
            return false;
        };
        self.roots.remove(at).cancel.cancel();
        true
    }

    /// Cancels all that is being opened.
    pub(crate) fn cancel_all(&self) {
        for root in &self.roots {
            root.cancel.cancel();
        }
    }

    /// Notes the state of one opening; whether it still counts.
    pub(crate) fn note(
        &mut self,
        id: OpenId,
        state: RepositoryState,
        engine: Option<Arc<dyn Engine>>,
    ) -> bool {
        let Some(root) = self.roots.iter_mut().find(|it| it.id == id) else {
            return false;
        };
        root.state = state;
        root.engine = engine;
        true
    }

    /// Where `file` is: the root of its repository, and its path inside, `/`-separated.
    pub(crate) fn place<'a>(&self, file: &'a Path) -> Option<(PathBuf, &'a Path)> {
        let root = self.root_of(file)?;
        Some((root.path.clone(), file.strip_prefix(&root.path).ok()?))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Who answers for `file`. A file without a place is answered for by the first repository.
    pub(crate) fn answerer(&self, file: Option<&Path>) -> Answerer {
        let own = file.and_then(|file| self.root_of(file));
        match own.or_else(|| self.roots.first()) {
            None => Answerer::Nobody,
            Some(Root {
                engine: Some(engine),
                ..
            }) => Answerer::Engine(engine.clone()),
            Some(Root {
                state: RepositoryState::Failed(why),
                ..
            }) => Answerer::NotReady(why.clone()),
            Some(Root {
                state: RepositoryState::Opening(Some(progress)),
                ..
            }) => {
                let (done, total) = (progress.done, progress.total);
                Answerer::NotReady(format!("{} {done} of {total}", progress.stage.label()))
            }
            Some(_) => Answerer::NotReady("the repository is being opened".to_owned()),
        }
    }

    fn root_of(&self, file: &Path) -> Option<&Root> {
        let holding = self.roots.iter().filter(|it| file.starts_with(&it.path));
        holding.max_by_key(|it| it.path.components().count())
    }

    pub(crate) fn status(&self) -> Vec<RepositoryStatus> {
        let status = |it: &Root| RepositoryStatus {
            root: it.path.clone(),
            state: it.state.clone(),
            engine: it.engine.as_ref().map(|it| it.capabilities().name),
            trouble: it.engine.as_ref().and_then(|it| it.trouble()),
        };
        self.roots.iter().map(status).collect()
    }
}

/// Stands in for an engine that is not there yet, and says so.
#[derive(Debug)]
pub(crate) struct NotReady(pub(crate) String);

impl Engine for NotReady {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "repo",
            remote: false,
            metered: false,
            calibrated: true,
            instant: true,
        }
    }

    fn complete(&self, _: &Request, _: &CancelToken, _: Sink<'_>) -> Result<Outcome, EngineError> {
        Err(EngineError::NotReady {
            engine: self.capabilities().name,
            why: self.0.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ports::{Progress, Stage};

    fn ready() -> RepositoryState {
        RepositoryState::Ready {
            took: Duration::ZERO,
        }
    }

    fn check(roots: &Roots, file: &str, expected: &str) {
        let answer = match roots.answerer(Some(Path::new(file))) {
            Answerer::Engine(it) => format!(
                "{:?}",
                it.complete(
                    &Request {
                        path: "".into(),
                        language: "".into(),
                        text: "".into(),
                        cursor: 0,
                        length: il_engine::Length::Line,
                        alternatives: 1,
                        priority: il_engine::Priority::Interactive,
                        context: None,
                        workspace: Arc::default(),
                    },
                    &CancelToken::new(),
                    &mut |_| std::ops::ControlFlow::Continue(()),
                )
                .unwrap_err()
                .to_string()
            ),
            Answerer::NotReady(why) => format!("not ready: {why}"),
            Answerer::Nobody => "nobody".to_owned(),
        };
        assert_eq!(answer, expected, "{file}");
    }

    #[test]
    fn the_deepest_repository_answers() {
        let mut roots = Roots::default();
        check(&roots, "/a/x.rs", "nobody");
        let (outer, _) = roots.enter("/a".into()).unwrap();
        let (inner, _) = roots.enter("/a/b".into()).unwrap();
        assert!(roots.enter("/a".into()).is_none());
        check(
            &roots,
            "/a/x.rs",
            "not ready: the repository is being opened",
        );
        let progress = Progress {
            stage: Stage::Train,
            done: 3,
            total: 7,
        };
        roots.note(inner, RepositoryState::Opening(Some(progress)), None);
        check(&roots, "/a/b/x.rs", "not ready: learning 3 of 7");
        roots.note(outer, ready(), Some(Arc::new(NotReady("outer".into()))));
        roots.note(inner, RepositoryState::Failed("no space".into()), None);
        check(&roots, "/a/x.rs", "\"the repo engine is not ready: outer\"");
        check(&roots, "/a/b/x.rs", "not ready: no space");
        check(
            &roots,
            "/elsewhere/x.rs",
            "\"the repo engine is not ready: outer\"",
        );
        check(
            &roots,
            "/ab/x.rs",
            "\"the repo engine is not ready: outer\"",
        );
        let (root, path) = roots.place(Path::new("/a/b/c/x.rs")).unwrap();
        assert_eq!(
            (root.as_path(), path),
            (Path::new("/a/b"), Path::new("c/x.rs"))
        );
    }

    #[test]
    fn an_opening_that_was_left_no_longer_counts() {
        let mut roots = Roots::default();
        let (first, cancel) = roots.enter("/a".into()).unwrap();
        assert!(roots.leave(Path::new("/a")));
        assert!(cancel.is_cancelled());
        assert!(!roots.leave(Path::new("/a")));
        let (second, _) = roots.enter("/a".into()).unwrap();
        assert!(!roots.note(first, ready(), None));
        assert!(roots.note(second, ready(), None));
    }
}
