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
    ) -> Self {
        Self {
            inner,
            retriever,
            repository: repository.into(),
            settings,
            state: Mutex::default(),
        }
    }

    /// The prompt for a request, as it would be sent; `None` for an engine that reads the text itself.
    pub fn pack(&self, request: &Request) -> Option<Packed> {
        let window = self.inner.window()?;
        Some(self.packed(request, &window))
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
        let snippets = self.look_up(request, window);
        let material = Material {
            snippets: &snippets,
            edits: &request.workspace.edits,
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
        let tabs: Vec<String> = workspace.tabs.iter().map(|it| it.to_string()).collect();
        let edits: Vec<Edited> = workspace
            .edits
            .iter()
            .filter(|it| it.path != request.path)
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
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use il_engine::{
        Length, Workspace,
        context::{Edited as Edit, Estimate},
        fim::registry,
    };
    use il_retrieval::Source;

    use super::*;

    /// Keeps what it is asked with.
    #[derive(Default)]
    struct Model(Mutex<Vec<Arc<Context>>>);

    impl Engine for Model {
        fn capabilities(&self) -> Capabilities {
            Capabilities {
                name: "model",
                remote: false,
                metered: false,
                calibrated: false,
                instant: false,
            }
        }

        fn window(&self) -> Option<Window> {
            Some(Window {
                tokens: 512,
                tokenizer: Arc::new(Estimate::default()),
                template: registry().by_id("qwen2.5-coder").unwrap(),
            })
        }

        fn complete(
            &self,
            request: &Request,
            _: &CancelToken,
            _: Sink<'_>,
        ) -> Result<Outcome, EngineError> {
            let context = request.context.clone().expect("it has a window");
            self.0.lock().unwrap().push(context);
            Ok(Outcome::Done)
        }
    }

    /// Finds one definition, and counts how often it is asked.
    #[derive(Default)]
    struct Shelf(AtomicUsize);

    impl Retriever for Shelf {
        fn snippets(&self, sought: &Sought<'_>) -> Vec<Snippet> {
            self.0.fetch_add(1, Ordering::Relaxed);
            assert_eq!(sought.tabs, ["lib/tab.py"]);
            assert_eq!(sought.edits.len(), 1, "the file itself is left out");
            vec![Snippet {
                path: "lib/total.py".into(),
                lines: vec![3],
                text: "def total(items):".into(),
                source: Source::Definition,
                symbol: "total".into(),
                doc: String::new(),
                score: 1.0,
            }]
        }
    }

    fn request(text: &str, cursor: usize, priority: Priority) -> Request {
        let edit = |path: &str| Edit {
            path: path.into(),
            line: 0,
            text: "x = 1\n".into(),
        };
        Request {
            path: "a.py".into(),
            language: "python".into(),
            text: text.into(),
            cursor,
            length: Length::Line,
            alternatives: 1,
            priority,
            context: None,
            workspace: Arc::new(Workspace {
                tabs: vec!["lib/tab.py".into()],
                edits: vec![edit("lib/tab.py"), edit("a.py")],
            }),
        }
    }

    const BEFORE: &str = "import total\n\ndef f(items):\n    return ";
    const AFTER: &str = "\n\ndef g():\n    pass\n";

    /// Types `typed` key by key and asks after each.
    fn type_on(engine: &ContextEngine, typed: &str, priority: Priority) -> Vec<String> {
        let mut notes = Vec::new();
        for length in 0..=typed.len() {
            let before = [BEFORE, &typed[..length]].concat();
            let text = [&before, AFTER].concat();
            let request = request(&text, before.len(), priority);
            let mut sink = |chunk| {
                if let Chunk::Note { what, .. } = chunk {
                    notes.push(what);
                }
                ControlFlow::Continue(())
            };
            engine
                .complete(&request, &CancelToken::new(), &mut sink)
                .unwrap();
        }
        notes
    }

    #[test]
    fn a_line_is_typed_with_one_look_up_and_one_prompt_that_grows() {
        let (model, shelf) = (Arc::new(Model::default()), Arc::new(Shelf::default()));
        let retriever: Arc<dyn Retriever> = shelf.clone();
        let engine = ContextEngine::new(model.clone(), Some(retriever), "r", Settings::default());
        let notes = type_on(&engine, "total(it", Priority::Interactive);
        assert_eq!(shelf.0.load(Ordering::Relaxed), 1);
        assert!(notes[0].ends_with("2 blocks"), "{}", notes[0]);
        assert!(
            notes[8].ends_with("the last prompt goes on"),
            "{}",
            notes[8]
        );
        let asked = model.0.lock().unwrap();
        let (first, last) = (&asked[0], &asked[8]);
        assert_eq!(first.blocks, last.blocks);
        assert_eq!(&*first.blocks[0].path, "lib/total.py");
        assert_eq!(first.prefix, last.prefix);
        assert_eq!((&*first.begun, &*last.begun), ("", "total(it"));
    }

    #[test]
    fn what_is_worked_out_ahead_leaves_no_trace() {
        let (model, shelf) = (Arc::new(Model::default()), Arc::new(Shelf::default()));
        let retriever: Arc<dyn Retriever> = shelf.clone();
        let engine = ContextEngine::new(model.clone(), Some(retriever), "r", Settings::default());
        type_on(&engine, "tot", Priority::Speculative);
        assert_eq!(shelf.0.load(Ordering::Relaxed), 4);
        assert!(model.0.lock().unwrap().iter().all(|it| it.begun.is_empty()));
    }

    #[test]
    fn an_empty_prompt_is_not_sent() {
        let model = Arc::new(Model::default());
        let engine = ContextEngine::new(model.clone(), None, "r", Settings::default());
        let request = Request {
            workspace: Arc::default(),
            ..request("", 0, Priority::Interactive)
        };
        let outcome = engine.complete(&request, &CancelToken::new(), &mut |_| {
            ControlFlow::Continue(())
        });
        assert_eq!(outcome.unwrap(), Outcome::Done);
        assert!(model.0.lock().unwrap().is_empty());
    }

    #[test]
    fn a_narrow_scope_looks_nothing_up() {
        let (model, shelf) = (Arc::new(Model::default()), Arc::new(Shelf::default()));
        let retriever: Arc<dyn Retriever> = shelf.clone();
        let settings = Settings {
            scope: Scope::Line,
            ..Settings::default()
        };
        let engine = ContextEngine::new(model.clone(), Some(retriever), "r", settings);
        type_on(&engine, "t", Priority::Interactive);
        assert_eq!(shelf.0.load(Ordering::Relaxed), 0);
        let asked = model.0.lock().unwrap();
        assert_eq!((&*asked[1].prefix, &*asked[1].suffix), ("    return t", ""));
    }
}
