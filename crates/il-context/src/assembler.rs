//! An engine that is given its context: looks up what helps, packs it, and asks the engine behind it.
//!
//! The one idea: whoever asks hands over a text and a cursor; everything that a model needs to be shown is found
//! here, so an editor, a command and a gateway get the same prompt for the same place.
//!
//! While a hole stays open nothing is looked up and nothing is chosen anew: the prompt is the last one and what was typed.
//!
//! Deliberately absent: the index (behind [`Retriever`]) and the model (behind [`Engine`]).

use std::{
    fmt,
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use il_engine::{
    CancelToken, Capabilities, Chunk, Context, Engine, EngineError, Finish, Outcome, Priority,
    Request, Sink, Window,
};
use il_retrieval::{
    Snippet,
    cursor::{Edited, Retriever, Sought},
};

use crate::{
    bounds::Bounds,
    counts::Counts,
    material::{Material, Scope, Settings},
    memory::Memory,
    packing::{Packed, go_on, pack},
};

/// The stage of its notes.
const STAGE: &str = "context";
/// Files whose last prompt is remembered.
const FILES: usize = 16;
/// Simple tokens that are looked up for each hundred tokens of a window. A model has about four tokens for three simple ones,
/// so this fills three quarters of the window: more than the blocks' shares, less than nobody could use.
const LOOK_UP_PERCENT: usize = 55;

/// An engine with a window, given its context.
pub struct ContextEngine {
    inner: Arc<dyn Engine>,
    retriever: Option<Arc<dyn Retriever>>,
    repository: Arc<str>,
    settings: Settings,
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: Counts,
    /// The last prompt of each file, the last used last.
    last: Vec<(Arc<str>, Memory)>,
}

impl fmt::Debug for ContextEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextEngine")
            .field("engine", &self.inner.capabilities().name)
            .field("repository", &self.repository)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl ContextEngine {
    /// `repository` is the name that formats with one show. Without a retriever a prompt has the file alone.
    pub fn new(
        inner: Arc<dyn Engine>,
        retriever: Option<Arc<dyn Retriever>>,
        repository: &str,
        settings: Settings,
        bounds: Bounds,
    ) -> Self {
        Self {
            inner,
            retriever,
            repository: repository.into(),
            settings,
            bounds,
            state: Mutex::default(),
        }
    }

    /// The prompt for a request, as it would be packed; `None` for an engine that reads the text itself. An error where the
    /// engine may not be asked about the file.
    pub fn pack(&self, request: &Request) -> Result<Option<Packed>, EngineError> {
        self.check(request)?;
        let window = self.inner.window();
        Ok(window.map(|it| self.packed(request, &it)))
    }

    fn check(&self, request: &Request) -> Result<(), EngineError> {
        match self.bounds.refusal(&request.path) {
            None => Ok(()),
            Some(why) => Err(EngineError::Refused {
                engine: self.inner.capabilities().name,
                why,
            }),
        }
    }

    fn packed(&self, request: &Request, window: &Window) -> Packed {
        let language = il_lang::registry().by_id(&request.language);
        let material = Material {
            repository: &self.repository,
            path: &request.path,
            language: &request.language,
            comment: language
                .and_then(|it| it.line_comments.first())
                .copied()
                .unwrap_or(""),
            text: &request.text,
            cursor: request.cursor,
            first_line: 0,
            snippets: &[],
            edits: &[],
            tabs: &[],
        };
        let last = self.last(&request.path);
        if let Some(last) = &last {
            let counts = &mut self.state().counts;
            if let Some(packed) = go_on(&material, window, &self.settings, last, counts) {
                return packed;
            }
        }
        let mut snippets = self.look_up(request, window);
        snippets.retain(|it| self.bounds.allows(&it.path));
        let edits = request.workspace.edits.iter();
        let edits: Vec<_> = edits
            .filter(|it| self.bounds.allows(&it.path))
            .cloned()
            .collect();
        let material = Material {
            snippets: &snippets,
            edits: &edits,
            ..material
        };
        let mut state = self.state();
        let packed = pack(
            &material,
            window,
            &self.settings,
            last.as_ref(),
            &mut state.counts,
        );
        // What is worked out ahead may never be written.
        if request.priority == Priority::Interactive {
            state.remember(&request.path, &packed.memory);
        }
        packed
    }

    fn look_up(&self, request: &Request, window: &Window) -> Vec<Snippet> {
        let Some(retriever) = &self.retriever else {
            return Vec::new();
        };
        if self.settings.scope != Scope::Full {
            return Vec::new();
        }
        let workspace = &request.workspace;
        // What may not be shown says nothing about what may help either: a look-up is for this model.
        let tabs = workspace.tabs.iter().filter(|it| self.bounds.allows(it));
        let tabs: Vec<String> = tabs.map(|it| it.to_string()).collect();
        let edits: Vec<Edited> = workspace
            .edits
            .iter()
            .filter(|it| it.path != request.path && self.bounds.allows(&it.path))
            .map(|it| Edited {
                path: it.path.to_string(),
                line: it.line,
                text: it.text.to_string(),
            })
            .collect();
        retriever.snippets(&Sought {
            path: &request.path,
            text: &request.text,
            cursor: request.cursor,
            tabs: &tabs,
            edits: &edits,
            tokens: window.tokens * LOOK_UP_PERCENT / 100,
        })
    }

    fn last(&self, path: &str) -> Option<Memory> {
        let state = self.state();
        let found = state.last.iter().find(|(it, _)| **it == *path);
        found.map(|(_, memory)| memory.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remember(&mut self, path: &Arc<str>, memory: &Memory) {
        self.last.retain(|(it, _)| it != path);
        if self.last.len() == FILES {
            self.last.remove(0);
        }
        self.last.push((path.clone(), memory.clone()));
    }
}

impl Engine for ContextEngine {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn complete(
        &self,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        self.check(request)?;
        let Some(window) = self.inner.window() else {
            return self.inner.complete(request, cancel, sink);
        };
        let packed = self.packed(request, &window);
        if cancel.is_cancelled() || sink(note(&packed)).is_break() {
            return Ok(Outcome::Cancelled);
        }
        if is_empty(&packed.context) {
            // Nothing to go on: whatever a model said now, it would say anywhere.
            let end = Chunk::End {
                alternative: 0,
                finish: Finish::Unsure,
            };
            let heard = sink(end);
            return Ok(match heard {
                ControlFlow::Continue(()) => Outcome::Done,
                ControlFlow::Break(()) => Outcome::Cancelled,
            });
        }
        let request = Request {
            context: Some(packed.context),
            ..request.clone()
        };
        self.inner.complete(&request, cancel, sink)
    }

    fn window(&self) -> Option<Window> {
        self.inner.window()
    }

    fn wants_workspace(&self) -> bool {
        true
    }

    fn file_changed(&self, path: &str, text: Option<&str>) {
        self.inner.file_changed(path, text);
    }
}

fn is_empty(context: &Context) -> bool {
    context.blocks.is_empty()
        && [&context.prefix, &context.begun, &context.suffix]
            .iter()
            .all(|it| it.is_empty())
}

fn note(packed: &Packed) -> Chunk {
    let report = &packed.report;
    let count = packed.context.blocks.len();
    let what = format!(
        "{} of {} tokens{}, {count} {}{}",
        report.tokens,
        report.window,
        if report.exact { "" } else { " (estimated)" },
        if count == 1 { "block" } else { "blocks" },
        if report.held {
            ", the last prompt goes on"
        } else {
            ""
        },
    );
    Chunk::Note { stage: STAGE, what }
}

#[cfg(test)]
mod tests;
