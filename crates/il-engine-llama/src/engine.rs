//! Completing at a cursor with a model.
//!
//! The one idea: an engine is a model, a set of adapters and somebody who drafts: three handles, so that every repository
//! has its own and all share one worker.
//!
//! Deliberately absent: choosing what the model is shown; that comes with the request.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use il_engine::{
    CancelToken, Capabilities, Chunk, Context, Engine, EngineError, Finish, Length, Outcome,
    Priority, Request, Sink, Window,
    fim::{Part, Template},
};

use crate::{
    model::{AdapterSet, Ask, LlamaModel},
    settings::{NAME, Speculation},
    wire::{Ending, Extent, Piece, Sampling, Secretive, Stats},
};

/// Tokens of the rest of a line at most.
const LINE: u32 = 96;
/// How long somebody may draft: a fraction of what a step takes.
const DRAFTING: Duration = Duration::from_millis(6);
/// Of a text that came without a context, bytes a token of the window that are shown.
const BYTES: usize = 2;

/// A completion engine on a model.
pub struct LlamaEngine {
    model: Arc<LlamaModel>,
    adapters: RwLock<AdapterSet>,
    draft: Option<Arc<dyn Engine>>,
    last: Mutex<Stats>,
}

impl std::fmt::Debug for LlamaEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LlamaEngine")
            .field("model", &self.model)
            .field("drafts", &self.draft.is_some())
            .finish_non_exhaustive()
    }
}

impl LlamaEngine {
    pub fn new(model: Arc<LlamaModel>) -> Self {
        Self {
            model,
            adapters: RwLock::default(),
            draft: None,
            last: Mutex::default(),
        }
    }

    /// Somebody instant whose guesses are checked several tokens at once. What is said stays the same.
    #[must_use]
    pub fn with_draft(mut self, draft: Arc<dyn Engine>) -> Self {
        self.draft = Some(draft);
        self
    }

    /// What requests from now on are answered with.
    pub fn set_adapters(&self, adapters: AdapterSet) {
        *self
            .adapters
            .write()
            .unwrap_or_else(PoisonError::into_inner) = adapters;
    }

    pub fn model(&self) -> &Arc<LlamaModel> {
        &self.model
    }

    /// What the latest request took.
    pub fn last(&self) -> Stats {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, request: &Request) -> Ask {
        let made;
        let context = if let Some(it) = &request.context {
            it.as_ref()
        } else {
            made = self.context(request);
            &made
        };
        let template = self.model.template();
        let (extent, most) = match request.length {
            Length::Line => (Extent::Line, LINE),
            Length::Block { max_lines } => {
                let max_lines = u32::try_from(max_lines).unwrap_or(u32::MAX);
                let indent = indentation(request.prefix());
                (Extent::Block { max_lines, indent }, u32::MAX)
            }
        };
        let speculation = match self.draft {
            Some(_) => self.model.speculation(),
            None => Speculation::Off,
        };
        let adapters = self.adapters.read().unwrap_or_else(PoisonError::into_inner);
        Ask {
            prompt: pieces(template, context),
            document: number(&request.path),
            adapters: adapters.clone(),
            max_tokens: self.model.answer().min(most),
            extent,
            stops: template.stops.iter().map(ToString::to_string).collect(),
            sampling: Sampling::default(),
            grammar: None,
            interactive: request.priority == Priority::Interactive,
            speculation,
        }
    }

    /// The text around the cursor, for whoever asks without a context.
    fn context(&self, request: &Request) -> Context {
        let room = self
            .model
            .info()
            .context
            .saturating_sub(self.model.answer()) as usize
            * BYTES;
        let (before, after) = (request.prefix(), request.suffix());
        let mut start = before.len().saturating_sub(room * 3 / 4);
        let mut end = after.len().min(room / 4);
        while !before.is_char_boundary(start) {
            start += 1;
        }
        while !after.is_char_boundary(end) {
            end -= 1;
        }
        // Whole lines, where there are some.
        let line = before[start..]
            .find('\n')
            .map_or(start, |it| start + it + 1);
        Context {
            path: Arc::clone(&request.path),
            language: Arc::clone(&request.language),
            prefix: before[if start == 0 { 0 } else { line }..].into(),
            suffix: after[..end].into(),
            ..Context::default()
        }
    }

    /// What somebody instant would write behind what was said.
    fn guess(&self, request: &Request, said: &str, cancel: &CancelToken) -> String {
        let Some(draft) = &self.draft else {
            return String::new();
        };
        let mut ahead = request.clone();
        let (before, after) = (request.prefix(), request.suffix());
        ahead.text = [before, said, after].concat().into();
        ahead.cursor = request.cursor + said.len();
        ahead.alternatives = 1;
        ahead.context = None;
        let (started, mut text) = (Instant::now(), String::new());
        let mut hear = |chunk| {
            match chunk {
                Chunk::Piece {
                    alternative: 0,
                    text: piece,
                    ..
                } => text.push_str(&piece),
                // Most vocabularies write the end of a line into its last token.
                Chunk::End {
                    alternative: 0,
                    finish: Finish::Complete,
                } if request.length == Length::Line => text.push('\n'),
                _ => {}
            }
            if started.elapsed() > DRAFTING {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        match draft.complete(&ahead, cancel, &mut hear) {
            Ok(_) => text,
            Err(_) => String::new(),
        }
    }

    /// Keeps and tells what a request took.
    fn remember(&self, stats: Stats, sink: Sink<'_>) -> ControlFlow<()> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = stats;
        let what = stats.to_string();
        tracing::debug!(stats = what, "llama answered");
        sink(Chunk::Note {
            stage: "model",
            what,
        })
    }

    /// One alternative; whether the caller stopped it.
    fn alternative(
        &self,
        index: usize,
        ask: &Ask,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        let mut hear = |text: &str, probability: f32| {
            sink(Chunk::Piece {
                alternative: index,
                text: text.to_owned(),
                probability,
            })
        };
        let mut draft = |said: &str| self.guess(request, said, cancel);
        let (ending, stats) = self
            .model
            .generate_with(ask, cancel, &mut draft, &mut hear)?;
        let told = self.remember(stats, &mut *sink);
        let finish = match ending {
            Ending::Cancelled => return Ok(Outcome::Cancelled),
            Ending::Complete => Finish::Complete,
            Ending::Length => Finish::Length,
        };
        let end = Chunk::End {
            alternative: index,
            finish,
        };
        if told.is_break() {
            return Ok(Outcome::Cancelled);
        }
        Ok(match sink(end) {
            ControlFlow::Continue(()) => Outcome::Done,
            ControlFlow::Break(()) => Outcome::Cancelled,
        })
    }
}

impl Engine for LlamaEngine {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: NAME,
            remote: false,
            metered: false,
            calibrated: false,
            instant: false,
        }
    }

    fn complete(
        &self,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        let mut ask = self.ask(request);
        for index in 0..request.alternatives.max(1) {
            if index > 0 {
                // The likeliest answer is the first; the others are drawn, each in its own way.
                ask.sampling = Sampling {
                    temperature: 0.8,
                    seed: u32::try_from(index).unwrap_or(u32::MAX),
                    ..Sampling::default()
                };
            }
            let outcome = self.alternative(index, &ask, request, cancel, &mut *sink)?;
            if outcome == Outcome::Cancelled {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Done)
    }

    fn window(&self) -> Option<Window> {
        let info = self.model.info();
        // A token in front of every prompt, and one that is never filled.
        let kept = self.model.answer() + 2;
        Some(Window {
            tokens: info.context.saturating_sub(kept) as usize,
            tokenizer: self.model.tokenizer(),
            template: Arc::clone(self.model.template()),
        })
    }
}

/// A context as this family writes it.
pub(crate) fn pieces(template: &Template, context: &Context) -> Vec<Piece> {
    let piece = |part: Part<'_>| match part {
        Part::Marker(it) => Piece::Marker(it.to_owned()),
        Part::Text(it) => Piece::Text(Secretive(it.into_owned())),
    };
    template.render(context).into_iter().map(piece).collect()
}

/// A path as a number.
fn number(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// Columns by which the line that `prefix` ends in is indented.
fn indentation(prefix: &str) -> u32 {
    let line = prefix.rsplit('\n').next().unwrap_or_default();
    let space = &line[..line.len() - line.trim_start().len()];
    space.chars().map(|it| if it == '\t' { 4 } else { 1 }).sum()
}
