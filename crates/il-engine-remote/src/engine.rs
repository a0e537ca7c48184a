//! Completions from an endpoint.
//!
//! The one idea: whatever a provider sends, an answer ends where it was to end: at a stop text, at the end of the line
//! or block, or because nobody wants more. Then the stream is closed.
//!
//! Models that only talk are asked for the missing text in words; what they say around it is taken off.
//!
//! Deliberately absent: choosing what the model is shown; without a context the text around the cursor is.

use std::{ops::ControlFlow, sync::Arc};

use il_context::hole_filling::{self, Extractor};
use il_engine::{
    CancelToken, Capabilities, Chunk, Context, Engine, EngineError, Finish, Length, Outcome,
    Request, Sink, Window,
    fim::{Template, neutralise},
};
use il_privacy::{Guard, Manifest, Purpose, Restorer};

use crate::{
    Dialect, Endpoint, SetupError,
    answer::{Answer, Out},
    chat::capabilities,
    dialect::{self, Ask, Exchange, Why},
    endpoint::Asking,
    failure::{ENGINE, Failure},
    follow::{Hearing, finish, follow},
    permits::Urgency,
    window,
};

/// No line of code has more tokens than this that anybody waits for.
const LINE_TOKENS: usize = 96;

/// A model behind HTTP that completes code.
#[derive(Debug)]
pub struct RemoteEngine {
    endpoint: Arc<Endpoint>,
    guard: Guard,
    window: Window,
    /// The model's family, where it is known: its markers end an answer whoever lets them through.
    family: Option<Arc<Template>>,
}

impl RemoteEngine {
    /// Refuses an endpoint that could never fill a hole; the server is not asked yet.
    pub fn new(endpoint: Arc<Endpoint>, guard: Guard) -> Result<Self, SetupError> {
        let settings = &endpoint.settings;
        let dialect = settings.choice.dialect;
        let family = match dialect.is_raw() {
            true => Some(window::family(settings)?),
            false => window::family(settings).ok(),
        };
        let template = match &family {
            Some(family) if dialect.is_raw() => Arc::clone(family),
            family => Arc::new(window::apart(family.as_ref())?),
        };
        let words = match dialect.is_chat_only() {
            true => hole_filling::OVERHEAD,
            false => 0,
        };
        let window = window::window(settings, &template, words)?;
        Ok(Self {
            endpoint,
            guard,
            window,
            family,
        })
    }

    /// What ends an answer, the most important first, and how many of these the server is told.
    fn stops(&self, length: Length) -> (Vec<Arc<str>>, usize) {
        let mut stops: Vec<Arc<str>> = Vec::new();
        if length == Length::Line {
            stops.push("\n".into());
        }
        if let Some(family) = &self.family {
            if self.endpoint.settings.choice.dialect.is_raw() {
                stops.extend(family.stops.iter().cloned());
            }
            let told = stops.len();
            stops.extend(family.stops.iter().cloned());
            stops.extend(family.markers.iter().cloned());
            return (stops, told);
        }
        let told = stops.len();
        (stops, told)
    }

    /// A copy whose user code holds no markers, for servers that would take them for their own.
    fn shown(&self, context: &Context) -> Context {
        if self.endpoint.settings.choice.dialect == Dialect::LlamaServer {
            return context.clone();
        }
        without_markers(context, &self.window.template)
    }

    /// The question, and for those that are asked in words who reads the answer.
    fn exchange(
        &self,
        context: &Context,
        length: Length,
        alternatives: usize,
    ) -> (Exchange, Option<Extractor>) {
        let settings = &self.endpoint.settings;
        let (stops, told) = self.stops(length);
        let max_tokens = match length {
            Length::Line => settings.max_answer_tokens.min(LINE_TOKENS),
            Length::Block { .. } => settings.max_answer_tokens,
        };
        let ask = Ask {
            context,
            template: &self.window.template,
            stops: &stops[..told],
            max_tokens,
            alternatives,
        };
        if let Some(exchange) = dialect::completion(settings, &ask) {
            return (exchange, None);
        }
        // Whatever the length: there are tags around the answer, and some think first.
        let (mut question, extractor) = hole_filling::ask(context, settings.max_answer_tokens);
        question.temperature = settings.temperature;
        (dialect::chat(settings, &question), Some(extractor))
    }

    fn prompt_tokens(&self, context: &Context) -> u64 {
        let mut texts: Vec<&str> = vec![&context.prefix, &context.begun, &context.suffix];
        texts.extend(context.blocks.iter().map(|it| it.text.as_ref()));
        let counts = self.window.tokenizer.count(&texts);
        counts.iter().sum::<usize>() as u64
    }

    /// Whether the text at this cursor may leave at all.
    fn may_leave(&self, context: &Context) -> Result<(), EngineError> {
        let before = [&*context.prefix, &*context.begun].concat();
        let allowed = self.guard.allows(&context.path);
        let allowed = allowed.and_then(|()| self.guard.allows_cursor(&before, &context.suffix));
        allowed.map_err(|why| EngineError::Refused {
            engine: ENGINE,
            why: why.to_string(),
        })
    }
}

impl Engine for RemoteEngine {
    fn capabilities(&self) -> Capabilities {
        capabilities(&self.endpoint)
    }

    fn complete(
        &self,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        if cancel.is_cancelled() {
            return Ok(Outcome::Cancelled);
        }
        let context = match &request.context {
            Some(context) => self.shown(context),
            None => self.shown(&window::own_text(request, &self.window)),
        };
        self.may_leave(&context)?;
        let alternatives = match self.endpoint.settings.choice.dialect {
            Dialect::OpenAi | Dialect::OpenAiFim => request.alternatives.max(1),
            _ => 1,
        };
        let (exchange, hole) = self.exchange(&context, request.length, alternatives);
        let words = hole.as_ref().map_or(0, |_| hole_filling::OVERHEAD as u64);
        let prompt_tokens = self.prompt_tokens(&context) + words;
        let mut bill = self.endpoint.bill(prompt_tokens)?;
        let asking = Asking {
            guard: &self.guard,
            manifest: Manifest {
                purpose: Purpose::Complete,
                files: context.files(),
                ..Manifest::default()
            },
            urgency: Urgency::from(request.priority),
            cancel,
        };
        let (stops, _) = self.stops(request.length);
        // The line's end is where it is, not a stop text.
        let stops: Vec<Arc<str>> = stops.into_iter().filter(|it| **it != *"\n").collect();
        let answer = || {
            let template = self.family.as_ref().unwrap_or(&self.window.template);
            Answer::new(stops.clone())
                .within(request.length)
                .mending(template)
        };
        let mut saying = Saying {
            answers: (0..alternatives).map(|_| answer()).collect(),
            certainty: vec![0.0; alternatives],
            restorers: (0..alternatives).map(|_| self.guard.restorer()).collect(),
            hole,
            cut: false,
            sink,
        };
        let live = self.endpoint.ask(&exchange, &asking, &mut bill);
        let most = self.endpoint.settings.max_answer_tokens;
        let outcome = live.and_then(|it| follow(it, &mut saying, most, &mut bill, cancel));
        outcome.or_else(Failure::into_outcome)
    }

    fn window(&self) -> Option<Window> {
        Some(self.window.clone())
    }
}

/// Answers on their way to who asked.
struct Saying<'a> {
    answers: Vec<Answer>,
    /// Logarithms of how likely the pieces so far are.
    certainty: Vec<f32>,
    /// Put back what was taken out of the question.
    restorers: Vec<Restorer>,
    /// Takes the text for the hole out of what a chat model says around it.
    hole: Option<Extractor>,
    /// Some answer ended here and not at the server.
    cut: bool,
    sink: Sink<'a>,
}

impl Saying<'_> {
    fn say(&mut self, alternative: usize, text: &str) -> ControlFlow<()> {
        let restored = self.restorers[alternative].push(text);
        self.tell(alternative, restored)
    }

    fn tell(&mut self, alternative: usize, text: String) -> ControlFlow<()> {
        if text.is_empty() {
            return ControlFlow::Continue(());
        }
        (self.sink)(Chunk::Piece {
            alternative,
            text,
            probability: self.certainty[alternative].exp().min(1.0),
        })
    }

    /// What came out, and the end if the answer has to end there.
    fn pass_on(&mut self, alternative: usize, out: &Out) -> ControlFlow<()> {
        self.say(alternative, &out.text)?;
        if out.ended {
            self.cut = true;
            self.close(alternative, Finish::Complete)?;
        }
        ControlFlow::Continue(())
    }

    /// What was held back, and the end.
    fn finish(&mut self, alternative: usize, finish: Finish) -> ControlFlow<()> {
        let rest = self.answers[alternative].flush().text;
        self.say(alternative, &rest)?;
        self.close(alternative, finish)
    }

    fn close(&mut self, alternative: usize, finish: Finish) -> ControlFlow<()> {
        let rest = self.restorers[alternative].finish();
        self.tell(alternative, rest)?;
        (self.sink)(Chunk::End {
            alternative,
            finish,
        })
    }
}

impl Hearing for Saying<'_> {
    fn alternatives(&self) -> usize {
        self.answers.len()
    }

    fn text(&mut self, alternative: usize, text: &str, logprob: Option<f32>) -> ControlFlow<()> {
        let Some(answer) = self.answers.get_mut(alternative) else {
            return ControlFlow::Continue(());
        };
        if answer.is_over() {
            return ControlFlow::Continue(());
        }
        self.certainty[alternative] += logprob.unwrap_or(0.0).min(0.0);
        let Some(hole) = &mut self.hole else {
            let out = answer.push(text);
            return self.pass_on(alternative, &out);
        };
        let out = answer.push(&hole.push(text));
        if hole.is_done() && !out.ended {
            self.pass_on(alternative, &out)?;
            self.cut = true;
            return self.finish(alternative, Finish::Complete);
        }
        self.pass_on(alternative, &out)
    }

    fn end(&mut self, alternative: usize, why: Why) -> ControlFlow<()> {
        let Some(answer) = self.answers.get_mut(alternative) else {
            return ControlFlow::Continue(());
        };
        if answer.is_over() {
            return ControlFlow::Continue(());
        }
        if let Some(hole) = &mut self.hole {
            let out = answer.push(&hole.finish());
            let ended = out.ended;
            self.pass_on(alternative, &out)?;
            if ended {
                return ControlFlow::Continue(());
            }
        }
        self.finish(alternative, finish(why))
    }

    fn note(&mut self, what: String) -> ControlFlow<()> {
        let stage = ENGINE;
        (self.sink)(Chunk::Note { stage, what })
    }

    fn is_satisfied(&self) -> bool {
        self.cut && self.answers.iter().all(Answer::is_over)
    }

    fn over(&mut self, why: Why) -> ControlFlow<()> {
        for alternative in 0..self.answers.len() {
            self.end(alternative, why)?;
        }
        ControlFlow::Continue(())
    }
}

/// A copy in which no text can be read as a marker.
fn without_markers(context: &Context, template: &Template) -> Context {
    let clean = |text: &Arc<str>| match neutralise(text, template) {
        std::borrow::Cow::Borrowed(_) => Arc::clone(text),
        std::borrow::Cow::Owned(text) => text.into(),
    };
    let mut shown = context.clone();
    // A marker that was typed over the edge of the hole: then the hole is at the cursor.
    let joined = [&*shown.prefix, &*shown.begun].concat();
    let apart = [&*clean(&shown.prefix), &*clean(&shown.begun)].concat();
    if *neutralise(&joined, template) != apart {
        shown.prefix = joined.into();
        shown.begun = Arc::default();
    }
    for text in [
        &mut shown.repository,
        &mut shown.path,
        &mut shown.prefix,
        &mut shown.begun,
        &mut shown.suffix,
    ] {
        *text = clean(text);
    }
    for block in &mut shown.blocks {
        block.path = clean(&block.path);
        block.text = clean(&block.text);
    }
    shown
}

#[cfg(test)]
mod tests {
    use il_engine::fim::registry;

    use super::*;

    #[track_caller]
    fn check(prefix: &str, begun: &str, expected: (&str, &str)) {
        let context = Context {
            prefix: prefix.into(),
            begun: begun.into(),
            ..Context::default()
        };
        let template = registry()
            .by_id("qwen2.5-coder")
            .expect("it is in the table");
        let shown = without_markers(&context, &template);
        assert_eq!((&*shown.prefix, &*shown.begun), expected);
    }

    #[test]
    fn a_marker_typed_over_the_edge_of_the_hole_is_broken_too() {
        check("a(", "b", ("a(", "b"));
        check("x <|fim_", "prefix|>", ("x <·|fim_prefix|>", ""));
        check("<|fim_prefix|> ", "b", ("<·|fim_prefix|> ", "b"));
    }
}
