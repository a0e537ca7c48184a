//! `interline context`: the prompt for a place, piece by piece.
//!
//! The one idea: it is packed by the same code, for the same model and from the same index as the prompt of an answer,
//! so what is printed here is what is sent.
//!
//! Deliberately absent: open tabs and edits, which a command line has none of, and asking the model.

mod render;

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant},
};

use il_assist::{CancelToken, Engine};
use il_context::{Bounds, ContextEngine, Packed, Scope};
use il_engine::{
    Capabilities, Context, EngineError, Length, Outcome, Priority, Request, Sink, Window,
    context::Estimate,
    fim::{self, Part, Template},
};
use il_privacy::Reach;
use il_retrieval::cursor::Retriever;
use serde_json::{Value, json};

use super::complete::subject::Subject;
use crate::{
    cli::ShowContext,
    engines::{self, Engines, Patience, Top, Wanted},
    failure::{Exit, refused, unavailable, usage},
    interrupt, privacy,
    progress::Steps,
    repository::{index, policy, retriever::IndexRetriever, tree},
    settings, terminal,
};

/// Tokens of a prompt where neither a model nor anybody else says.
const BUDGET: usize = 2048;
/// The markers of no family: other files stand as comments above the text.
const PLAIN: &str = "plain";

pub(crate) fn run(args: &ShowContext) -> anyhow::Result<Exit> {
    let subject = Subject::read(&args.place, args.repo.as_deref(), args.hide)?;
    let model = model(args, &subject)?;
    let shown = pack(args, &subject, &model)?;
    if args.json {
        terminal::print_json(&document(&subject, &model, &shown))?;
    } else if args.prompt {
        terminal::print(&render::prompt(&model.window.template, &shown.packed))?;
    } else {
        terminal::print(&render::pieces(&subject, &model, &shown))?;
    }
    Ok(Exit::Done)
}

/// For whom a prompt is packed.
struct Model {
    /// As the settings call it; nothing where there is none.
    name: Option<String>,
    window: Window,
    reach: Reach,
    is_server: bool,
}

fn model(args: &ShowContext, subject: &Subject) -> anyhow::Result<Model> {
    let wanted = Wanted {
        ladder: args.engine.clone(),
        scope: None,
    };
    let engines = Engines::new(wanted, Patience::Wait);
    let found = match &args.template {
        Some(_) => None,
        None => engines.top(&subject.root).map_err(unavailable)?,
    };
    let (name, mut window, reach, is_server) = match found {
        Some(Top {
            name,
            engine,
            reach,
            is_server,
        }) => {
            let window = engine.window().ok_or_else(|| {
                unavailable(format!("`{name}` takes no prompt: nothing is sent to it"))
            })?;
            (Some(name), window, reach, is_server)
        }
        None => {
            let window = estimated(args.template.as_deref())?;
            (None, window, Reach::ThisMachine, false)
        }
    };
    if let Some(budget) = args.budget {
        window.tokens = budget as usize;
    }
    Ok(Model {
        name,
        window,
        reach,
        is_server,
    })
}

fn estimated(template: Option<&str>) -> anyhow::Result<Window> {
    Ok(Window {
        tokens: BUDGET,
        tokenizer: Arc::new(Estimate::default()),
        template: fim::registry()
            .by_id(template.unwrap_or(PLAIN))
            .map_err(usage)?,
    })
}

/// A packed prompt and how long it took.
struct Shown {
    packed: Packed,
    took: Duration,
}

fn pack(args: &ShowContext, subject: &Subject, model: &Model) -> anyhow::Result<Shown> {
    let scope = Scope::from(args.context);
    let retriever = match scope {
        Scope::Full => Some(retriever(subject)?),
        Scope::File | Scope::Line => None,
    };
    let text = subject.text.contents();
    let language = il_lang::registry().detect(&subject.inside, text.lines().next());
    let request = Request {
        path: subject.inside.as_str().into(),
        language: language.id.into(),
        cursor: subject.offset,
        text: text.into(),
        length: Length::Line,
        alternatives: 1,
        priority: Priority::Interactive,
        context: None,
        workspace: Arc::default(),
    };
    let settings = il_context::Settings {
        scope,
        ..il_context::Settings::default()
    };
    let name = engines::name_of(&subject.root);
    let inner = Arc::new(Windowed(model.window.clone()));
    let bounds = Bounds {
        policy: policy::of(&subject.root).policy,
        reach: model.reach,
    };
    let engine = ContextEngine::new(inner, retriever, name, settings, bounds);
    let started = Instant::now();
    let packed = engine.pack(&request).map_err(|error| match error {
        EngineError::Refused { why, .. } => refused(format!("nothing is packed: {why}")),
        other => unavailable(other),
    })?;
    let mut packed = packed.ok_or_else(|| unavailable("nothing is packed without a window"))?;
    let took = started.elapsed();
    if model.is_server {
        redact(Arc::make_mut(&mut packed.context), subject, model.reach)?;
    }
    Ok(Shown { packed, took })
}

/// As it goes to a server; says so where the server would not be asked.
fn redact(context: &mut Context, subject: &Subject, reach: Reach) -> anyhow::Result<()> {
    let settings = settings::read(Some(&subject.root), None).settings;
    let policy = policy::of(&subject.root).policy;
    let guard = privacy::guard(&settings.privacy, policy, reach, Some(&subject.root));
    let guard = guard.map_err(unavailable)?;
    let before = [&*context.prefix, &*context.begun].concat();
    if let Err(why) = guard.allows_cursor(&before, &context.suffix) {
        terminal::warning(&format!("the server is not asked here: {why}"));
    }
    let redacted = |text: &mut Arc<str>| {
        if let Cow::Owned(new) = guard.redactor().redact(text).text {
            *text = new.into();
        }
    };
    for block in &mut context.blocks {
        redacted(&mut block.path);
        redacted(&mut block.text);
    }
    let Context {
        path,
        prefix,
        begun,
        suffix,
        ..
    } = context;
    for text in [path, prefix, begun, suffix] {
        redacted(text);
    }
    Ok(())
}

fn retriever(subject: &Subject) -> anyhow::Result<Arc<dyn Retriever>> {
    let cancel = interrupt::token();
    let steps = Steps::new();
    let scan = tree::scan_all(&subject.root);
    let opened = index::open_fresh(&subject.root, &scan.files, &|it| steps.show(it), &cancel)?;
    drop(steps);
    for problem in &opened.problems {
        terminal::warning(problem);
    }
    Ok(Arc::new(IndexRetriever::new(
        &subject.root,
        &opened.protection,
        &opened.index,
    )))
}

/// A window without a model behind it.
struct Windowed(Window);

impl Engine for Windowed {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "none",
            remote: false,
            metered: false,
            calibrated: false,
            instant: true,
        }
    }

    fn window(&self) -> Option<Window> {
        Some(self.0.clone())
    }

    fn complete(&self, _: &Request, _: &CancelToken, _: Sink<'_>) -> Result<Outcome, EngineError> {
        Ok(Outcome::Done)
    }
}

fn document(subject: &Subject, model: &Model, shown: &Shown) -> Value {
    let Packed {
        context, report, ..
    } = &shown.packed;
    let pieces = report.entries.iter().map(|it| {
        let lines: Vec<u32> = it.lines.iter().map(|line| line + 1).collect();
        let (fate, why) = render::fate(it);
        json!({
            "kind": it.kind.name(),
            "path": &*it.path,
            "lines": lines,
            "symbol": &*it.symbol,
            "expected_names": it.score,
            "tokens": it.tokens,
            "fate": fate,
            "why": why,
        })
    });
    let total = |it: il_context::Total| json!({"given": it.given, "used": it.used});
    let blocks = context
        .blocks
        .iter()
        .map(|it| json!({"path": &*it.path, "text": &*it.text}));
    json!({
        "file": subject.shown_path,
        "line": subject.line,
        "column": subject.column,
        "repository": subject.root.to_string_lossy(),
        "model": model.name,
        "template": &*model.window.template.id,
        "tokens": report.tokens,
        "budget": report.window,
        "exact": report.exact,
        "shares": {
            "prefix": total(report.prefix),
            "stable": total(report.stable),
            "suffix": total(report.suffix),
            "volatile": total(report.volatile),
        },
        "pieces": pieces.collect::<Vec<_>>(),
        "blocks": blocks.collect::<Vec<_>>(),
        "prefix": &*context.prefix,
        "suffix": &*context.suffix,
        "prompt": prompt_text(&model.window.template, &shown.packed),
        "took_ms": (shown.took.as_secs_f64() * 1e6).round() / 1e3,
    })
}

/// The prompt as one text; who tokenises it keeps markers and user code apart.
fn prompt_text(template: &Template, packed: &Packed) -> String {
    let mut text = String::new();
    for part in template.render(&packed.context) {
        match part {
            Part::Marker(it) => text.push_str(it),
            Part::Text(it) => text.push_str(&fim::neutralise(&it, template)),
        }
    }
    text
}
