//! The engines that the settings name: a ladder for each repository, down to the repo model.
//!
//! The one idea: a model that cannot be had is a rung that says why. So a slip in the settings, a missing file and a
//! server that is down cost that rung and are seen, and completion goes on with the next.
//!
//! Models are shared: one worker process a model file, one set of limits an endpoint, whatever number of repositories asks.
//!
//! Deliberately absent: reading settings (`settings`), and what each engine does.

mod endpoint;
mod guarded;
mod local;

use std::{
    path::Path,
    sync::{Arc, Once},
};

use il_assist::{CancelToken, Engine};
use il_config::{Rung, Settings, Task};
use il_context::{Bounds, ContextEngine, Scope};
use il_engine::{Capabilities, EngineError, Outcome, Request, Sink, ladder::Ladder};
use il_privacy::{Policy, Reach};
use il_retrieval::cursor::Retriever;

use self::{endpoint::Endpoints, local::Locals};
use crate::{repository::policy, settings, terminal};

pub(crate) use self::{
    guarded::Guarded,
    local::{Patience, WORKER},
};

/// What a command says about models, over what settings say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// A ladder, as `--engine` has it.
    pub(crate) ladder: Option<String>,
    /// What a prompt may show.
    pub(crate) scope: Option<Scope>,
}

impl Wanted {
    /// The repo model and nothing above it.
    pub(crate) fn repo_model() -> Self {
        Self {
            ladder: Some("repo".to_owned()),
            scope: None,
        }
    }
}

/// All engines beside the repo models.
pub(crate) struct Engines {
    wanted: Wanted,
    locals: Locals,
    endpoints: Endpoints,
}

/// What a ladder is made for.
pub(crate) struct Subject<'a> {
    pub(crate) root: &'a Path,
    /// The repo model of it.
    pub(crate) repo: Arc<dyn Engine>,
    pub(crate) retriever: Option<Arc<dyn Retriever>>,
    pub(crate) policy: Arc<Policy>,
}

impl Engines {
    pub(crate) fn new(wanted: Wanted, patience: Patience) -> Self {
        Self {
            wanted,
            locals: Locals::new(patience),
            endpoints: Endpoints::default(),
        }
    }

    /// The settings in force in a repository. What is wrong with them is said once.
    pub(crate) fn settings(&self, root: Option<&Path>) -> Settings {
        static SAID: Once = Once::new();
        let in_force = settings::read(root, self.wanted.ladder.as_deref());
        if !in_force.problems.is_empty() {
            SAID.call_once(|| {
                for problem in &in_force.problems {
                    terminal::warning(&problem.to_string());
                }
            });
        }
        in_force.settings
    }

    /// Whether anything stands above the repo model there.
    pub(crate) fn has_models(&self, root: &Path) -> bool {
        let settings = self.settings(Some(root));
        let inline = settings.task(Task::Inline);
        inline.ladder.iter().any(|it| it.value != Rung::Repo)
    }

    /// The engine of a repository: everything that the settings name, and the repo model below it.
    pub(crate) fn ladder(&self, subject: Subject<'_>) -> Arc<dyn Engine> {
        let settings = self.settings(Some(subject.root));
        let inline = settings.task(Task::Inline);
        let context = il_context::Settings {
            scope: self.wanted.scope.unwrap_or(match inline.context.value {
                il_config::Scope::Full => Scope::Full,
                il_config::Scope::File => Scope::File,
                il_config::Scope::Line => Scope::Line,
            }),
            ..il_context::Settings::default()
        };
        let mut rungs: Vec<Arc<dyn Engine>> = Vec::new();
        for rung in &inline.ladder {
            let engine = match &rung.value {
                Rung::Repo => {
                    rungs.push(Arc::clone(&subject.repo));
                    break; // it always answers
                }
                Rung::Local(name) => {
                    let draft = inline.speculate.value.then(|| Arc::clone(&subject.repo));
                    self.locals.engine(&settings, name, subject.root, draft)
                }
                Rung::Endpoint(_) | Rung::Shorthand(_) => {
                    let theirs = Arc::clone(&subject.policy);
                    self.endpoints
                        .engine(&settings, &rung.value, subject.root, theirs)
                }
            };
            let engine = engine.unwrap_or_else(|why| Arc::new(Absent::new(&rung.value, why)));
            let bounds = Bounds {
                policy: Arc::clone(&subject.policy),
                reach: reach(&settings, &rung.value, engine.capabilities().remote),
            };
            rungs.push(Arc::new(ContextEngine::new(
                engine,
                subject.retriever.clone(),
                name_of(subject.root),
                context,
                bounds,
            )));
        }
        let mut rungs = rungs.into_iter();
        let ladder = match (rungs.next(), rungs.len()) {
            (None, _) => subject.repo,
            (Some(only), 0) => only,
            (Some(top), _) => Arc::new(Ladder::new(top, rungs)),
        };
        Arc::new(Guarded::new(ladder, subject.policy))
    }

    /// The model that is asked first in a repository, without anything around it; `None` where the repo model stands alone.
    pub(crate) fn top(&self, root: &Path) -> Result<Option<Top>, String> {
        let settings = self.settings(Some(root));
        let Some(rung) = settings.task(Task::Inline).ladder.first() else {
            return Ok(None);
        };
        let engine = match &rung.value {
            Rung::Repo => return Ok(None),
            Rung::Local(name) => self.locals.engine(&settings, name, root, None),
            rung => {
                let policy = Arc::new(policy::policy_with(&settings.privacy, root));
                self.endpoints.engine(&settings, rung, root, policy)
            }
        };
        let engine = engine?;
        Ok(Some(Top {
            name: rung.value.to_string(),
            is_server: !matches!(rung.value, Rung::Local(_)),
            reach: reach(&settings, &rung.value, engine.capabilities().remote),
            engine,
        }))
    }

    /// The models above the repo model, and whether each can be had: how, or why not. Servers are not asked.
    pub(crate) fn rungs(&self, root: &Path) -> Vec<(String, Result<String, String>)> {
        let settings = self.settings(Some(root));
        let ladder = settings.task(Task::Inline).ladder.iter();
        let above = ladder.take_while(|it| it.value != Rung::Repo);
        above
            .map(|rung| {
                let state = match &rung.value {
                    Rung::Local(name) => {
                        let engine = self.locals.engine(&settings, name, root, None);
                        engine.and_then(|it| self::local::describe(&*it))
                    }
                    rung => self.endpoints.describe(&settings, rung, root),
                };
                (rung.value.to_string(), state)
            })
            .collect()
    }

    /// Stops what runs beside this process.
    pub(crate) fn stop(&self) {
        self.locals.stop();
    }
}

/// The model that is asked first.
pub(crate) struct Top {
    /// As settings call it.
    pub(crate) name: String,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) reach: Reach,
    /// It is asked through the door, so what it is sent is redacted.
    pub(crate) is_server: bool,
}

/// How far away a rung's model is.
fn reach(settings: &Settings, rung: &Rung, is_remote: bool) -> Reach {
    let said = match rung {
        Rung::Endpoint(name) => settings.endpoints.get(name),
        _ => None,
    };
    match said.is_some_and(|it| it.own.value) {
        _ if !is_remote => Reach::ThisMachine,
        true => Reach::OwnServers,
        false => Reach::Anywhere,
    }
}

/// What a repository is called in a prompt: its folder.
pub(crate) fn name_of(root: &Path) -> &str {
    root.file_name()
        .and_then(|it| it.to_str())
        .unwrap_or("repository")
}

/// A model that cannot be had, in its rung.
struct Absent {
    name: &'static str,
    why: String,
}

impl Absent {
    fn new(rung: &Rung, why: String) -> Self {
        let name = match rung {
            Rung::Local(_) => "llama",
            _ => "remote",
        };
        tracing::warn!("`{rung}` does not answer: {why}");
        Self { name, why }
    }
}

impl Engine for Absent {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: self.name,
            remote: false,
            metered: false,
            calibrated: false,
            instant: true,
        }
    }

    fn complete(&self, _: &Request, _: &CancelToken, _: Sink<'_>) -> Result<Outcome, EngineError> {
        Err(EngineError::NotReady {
            engine: self.name,
            why: self.why.clone(),
        })
    }
}
