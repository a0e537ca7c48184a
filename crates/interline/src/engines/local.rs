//! Models on this machine: opened once a file, in the background, and shared by all repositories.
//!
//! The one idea: opening takes seconds, so until a model is open its rung says so and the next one answers.
//!
//! Deliberately absent: the worker process, which looks after itself.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
    thread,
};

use globset::Glob;
use il_assist::{CancelToken, Engine};
use il_config::{Local, Settings};
use il_engine::{Capabilities, EngineError, Length, Outcome, Priority, Request, Sink, Window, fim};
use il_engine_llama::{AdapterSet, LlamaEngine, LlamaModel, Program, Settings as Opening};

use crate::{models, repository::lock};

/// The hidden command that makes this program the worker.
pub(crate) const WORKER: &str = "llama-worker";

/// Whether one waits for a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Asked once: an answer without the model would be another answer.
    Wait,
    /// An editor: something else answers meanwhile.
    GoOn,
}

/// Models by file.
pub(crate) struct Locals {
    patience: Patience,
    open: Mutex<HashMap<PathBuf, Arc<Shared>>>,
}

/// One model; empty until it is open.
#[derive(Default)]
struct Shared(OnceLock<Result<Arc<LlamaModel>, String>>);

impl Locals {
    pub(crate) fn new(patience: Patience) -> Self {
        Self {
            patience,
            open: Mutex::default(),
        }
    }

    /// The engine of a repository on the model that settings call `name`.
    pub(crate) fn engine(
        &self,
        settings: &Settings,
        name: &str,
        root: &Path,
        draft: Option<Arc<dyn Engine>>,
    ) -> Result<Arc<dyn Engine>, String> {
        let said = settings.locals.get(name);
        let file = file_of(name, said)?;
        let opening = opening(&file, said)?;
        let adapters = adapters_for(root, said)?;
        let shared = Arc::clone(lock(&self.open).entry(file).or_default());
        let engine = Arc::new(LocalEngine::default());
        let work = {
            let (shared, engine) = (Arc::clone(&shared), Arc::clone(&engine));
            move || {
                let model = shared.0.get_or_init(|| {
                    let program = Program::this([WORKER]).map_err(|why| why.to_string())?;
                    LlamaModel::open(program, &opening).map_err(|why| why.to_string())
                });
                engine.open(model, &adapters, draft);
            }
        };
        match self.patience {
            Patience::Wait => work(),
            Patience::GoOn => {
                let thread = thread::Builder::new().name("model".into());
                thread.spawn(work).map_err(|why| why.to_string())?;
            }
        }
        Ok(engine)
    }

    /// Lets go of all models; their workers end with them.
    pub(crate) fn stop(&self) {
        lock(&self.open).clear();
    }
}

/// The file of a model: what the settings say, a path, or an id of the registry that has been pulled.
pub(crate) fn file_of(name: &str, said: Option<&Local>) -> Result<PathBuf, String> {
    if let Some(file) = said.and_then(|it| it.file.as_ref()) {
        return Ok(PathBuf::from(&file.value));
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|it| it == "gguf") {
        return std::path::absolute(path).map_err(|why| why.to_string());
    }
    let store = models::store().map_err(|why| format!("{why:#}"))?;
    let found = store.find(name).map_err(|why| why.to_string())?;
    Ok(found.path)
}

fn opening(file: &Path, said: Option<&Local>) -> Result<Opening, String> {
    let mut opening = Opening::new(file);
    let Some(said) = said else { return Ok(opening) };
    if let Some(it) = &said.context_tokens {
        opening.context = it.value;
    }
    if let Some(it) = &said.answer_tokens {
        opening.answer = it.value;
    }
    opening.threads = said.threads.as_ref().map(|it| it.value);
    if let Some(it) = &said.gpu_layers {
        opening.gpu_layers = it.value;
    }
    if let Some(it) = &said.template {
        let template = fim::registry().by_id(&it.value);
        opening.template = Some(template.map_err(|why| why.to_string())?);
    }
    Ok(opening)
}

/// Files and weights of the adapters that are for the repository at `root`.
fn adapters_for(root: &Path, said: Option<&Local>) -> Result<Vec<(PathBuf, f32)>, String> {
    let name = super::name_of(root);
    let mut found = Vec::new();
    for it in said.iter().flat_map(|it| &it.adapters) {
        let adapter = &it.value;
        let pattern = Glob::new(&adapter.repository).map_err(|why| why.to_string())?;
        if pattern.compile_matcher().is_match(name) {
            found.push((PathBuf::from(&adapter.file), adapter.weight()));
        }
    }
    Ok(found)
}

/// How an open model is; why it is not open.
pub(crate) fn describe(engine: &dyn Engine) -> Result<String, String> {
    match engine.window() {
        Some(window) => Ok(format!(
            "open, {} tokens of prompt, template {}",
            window.tokens, window.template.id
        )),
        None => {
            // Asked for nothing, it says why it cannot.
            let nothing = Request {
                path: "".into(),
                language: "".into(),
                text: "".into(),
                cursor: 0,
                length: Length::Line,
                alternatives: 1,
                priority: Priority::Interactive,
                context: None,
                workspace: Arc::default(),
            };
            let asked = engine.complete(&nothing, &CancelToken::new(), &mut |_| {
                ControlFlow::Continue(())
            });
            Err(asked.map_or_else(|why| why.to_string(), |_| "it has no window".to_owned()))
        }
    }
}

/// An engine on a model that may not be open yet.
#[derive(Default)]
struct LocalEngine(OnceLock<Result<LlamaEngine, String>>);

impl LocalEngine {
    fn open(
        &self,
        model: &Result<Arc<LlamaModel>, String>,
        adapters: &[(PathBuf, f32)],
        draft: Option<Arc<dyn Engine>>,
    ) {
        let made = model.clone().and_then(|model| {
            let mut set = AdapterSet::default();
            for (file, weight) in adapters {
                let adapter = model.load_adapter(file).map_err(|why| why.to_string())?;
                set.0.push((adapter, *weight));
            }
            let engine = LlamaEngine::new(model);
            engine.set_adapters(set);
            Ok(match draft {
                Some(draft) => engine.with_draft(draft),
                None => engine,
            })
        });
        if let Err(why) = &made {
            tracing::warn!("a model does not answer: {why}");
        }
        let _ = self.0.set(made); // it is opened once
    }

    fn ready(&self) -> Result<&LlamaEngine, EngineError> {
        let not_ready = |why: &str| EngineError::NotReady {
            engine: "llama",
            why: why.to_owned(),
        };
        match self.0.get() {
            None => Err(not_ready("the model is being opened")),
            Some(Err(why)) => Err(not_ready(why)),
            Some(Ok(engine)) => Ok(engine),
        }
    }
}

impl Engine for LocalEngine {
    fn capabilities(&self) -> Capabilities {
        match self.ready() {
            Ok(engine) => engine.capabilities(),
            Err(_) => Capabilities {
                name: "llama",
                remote: false,
                metered: false,
                calibrated: false,
                instant: true,
            },
        }
    }

    fn complete(
        &self,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        self.ready()?.complete(request, cancel, sink)
    }

    fn window(&self) -> Option<Window> {
        self.ready().ok()?.window()
    }
}
