//! What an engine is asked with, and what it is not asked about.

use std::sync::atomic::{AtomicUsize, Ordering};

use il_engine::{
    Length, Workspace,
    context::{Edited as Edit, Estimate},
    fim::registry,
};
use il_privacy::{Level, Pattern, Policy, Reach};
use il_retrieval::Source;

use super::*;

/// Nothing is kept from anybody.
fn open() -> Bounds {
    Bounds {
        policy: Arc::default(),
        reach: Reach::Anywhere,
    }
}

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
    let engine = ContextEngine::new(
        model.clone(),
        Some(retriever),
        "r",
        Settings::default(),
        open(),
    );
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
    let engine = ContextEngine::new(
        model.clone(),
        Some(retriever),
        "r",
        Settings::default(),
        open(),
    );
    type_on(&engine, "tot", Priority::Speculative);
    assert_eq!(shelf.0.load(Ordering::Relaxed), 4);
    assert!(model.0.lock().unwrap().iter().all(|it| it.begun.is_empty()));
}

#[test]
fn an_empty_prompt_is_not_sent() {
    let model = Arc::new(Model::default());
    let engine = ContextEngine::new(model.clone(), None, "r", Settings::default(), open());
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
    let engine = ContextEngine::new(model.clone(), Some(retriever), "r", settings, open());
    type_on(&engine, "t", Priority::Interactive);
    assert_eq!(shelf.0.load(Ordering::Relaxed), 0);
    let asked = model.0.lock().unwrap();
    assert_eq!((&*asked[1].prefix, &*asked[1].suffix), ("    return t", ""));
}

fn bounds(glob: &str, level: Level, reach: Reach) -> Bounds {
    let glob = glob.to_owned();
    let policy = Policy::usual().tightened(&[Pattern { glob, level }]);
    Bounds {
        policy: Arc::new(policy.unwrap()),
        reach,
    }
}

#[test]
fn what_may_not_go_there_is_neither_shown_nor_looked_up_with() {
    let shown = |bounds: Bounds| {
        let model = Arc::new(Model::default());
        let shelf: Arc<dyn Retriever> = Arc::new(Private);
        let engine =
            ContextEngine::new(model.clone(), Some(shelf), "r", Settings::default(), bounds);
        type_on(&engine, "", Priority::Interactive);
        let asked = model.0.lock().unwrap();
        let paths: Vec<String> = asked[0]
            .blocks
            .iter()
            .map(|it| it.path.to_string())
            .collect();
        paths.join(" ")
    };
    assert_eq!(
        shown(bounds("none", Level::Blocked, Reach::Anywhere)),
        "lib/total.py lib/tab.py"
    );
    assert_eq!(
        shown(bounds("lib/tab.py", Level::LocalOnly, Reach::Anywhere)),
        "lib/total.py"
    );
    assert_eq!(
        shown(bounds("lib/total.py", Level::OwnServers, Reach::Anywhere)),
        "lib/tab.py"
    );
    assert_eq!(
        shown(bounds("lib/**", Level::OwnServers, Reach::OwnServers)),
        "lib/total.py lib/tab.py"
    );
    assert_eq!(
        shown(bounds("lib/**", Level::Blocked, Reach::ThisMachine)),
        ""
    );
}

/// Finds the definition whatever is sought, and sees no tab that may not be shown.
struct Private;

impl Retriever for Private {
    fn snippets(&self, sought: &Sought<'_>) -> Vec<Snippet> {
        assert_eq!(sought.tabs.len(), sought.edits.len());
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

#[test]
fn an_engine_is_not_asked_about_a_file_that_may_not_go_there() {
    let asked = |bounds: Bounds| {
        let model = Arc::new(Model::default());
        let engine = ContextEngine::new(model.clone(), None, "r", Settings::default(), bounds);
        let request = request(BEFORE, BEFORE.len(), Priority::Interactive);
        let answer = engine.complete(&request, &CancelToken::new(), &mut |_| {
            ControlFlow::Continue(())
        });
        let packed = engine.pack(&request);
        assert_eq!(packed.is_err(), answer.is_err());
        let asked = model.0.lock().unwrap().len();
        assert_eq!(asked, usize::from(answer.is_ok()));
        answer.map_or_else(|why| why.to_string(), |_| "asked".to_owned())
    };
    assert_eq!(
        asked(bounds("a.py", Level::LocalOnly, Reach::ThisMachine)),
        "asked"
    );
    assert_eq!(
        asked(bounds("a.py", Level::LocalOnly, Reach::Anywhere)),
        "the model engine was not asked: `a.py` is local-only and would go to somebody else's server: \
         `a.py` in the repository's settings"
    );
    assert_eq!(
        asked(bounds("*.py", Level::Blocked, Reach::ThisMachine)),
        "the model engine was not asked: `a.py` is blocked: `*.py` in the repository's settings"
    );
    let policy = Arc::new(Policy::unreadable("a slip"));
    let reach = Reach::ThisMachine;
    assert_eq!(
        asked(Bounds { policy, reach }),
        "the model engine was not asked: `a.py` is blocked: the privacy policy cannot be read: a slip"
    );
}
