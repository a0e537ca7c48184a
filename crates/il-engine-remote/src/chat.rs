//! Conversations with an endpoint's model.
//!
//! Secrets and personal data are taken out on the way, and put back into the answer where the guard lets them.
//!
//! Deliberately absent: tools.

use std::{ops::ControlFlow, sync::Arc};

use il_engine::{
    CancelToken, Capabilities, EngineError, Outcome,
    chat::{Chat, ChatChunk, ChatRequest, ChatSink},
    context::{Estimate, Tokenizer as _},
};
use il_privacy::{Guard, Manifest, Purpose, Restorer};

use crate::{
    Endpoint,
    answer::{Answer, Out},
    dialect::{self, Why},
    endpoint::Asking,
    failure::{ENGINE, Failure},
    follow::{Hearing, finish, follow},
    permits::Urgency,
};

/// A model behind HTTP that talks.
#[derive(Debug)]
pub struct RemoteChat {
    endpoint: Arc<Endpoint>,
    guard: Guard,
}

impl RemoteChat {
    /// The server is not asked yet.
    pub fn new(endpoint: Arc<Endpoint>, guard: Guard) -> Self {
        Self { endpoint, guard }
    }
}

/// Tokens of a conversation, estimated.
pub(crate) fn prompt_tokens(request: &ChatRequest) -> u64 {
    let system = request.system.iter().map(|it| it.0.as_ref());
    let said = request.messages.iter().map(|it| it.text.0.as_ref());
    let texts: Vec<&str> = system.chain(said).collect();
    let counts = Estimate::default().count(&texts);
    counts.iter().sum::<usize>() as u64
}

impl Chat for RemoteChat {
    fn capabilities(&self) -> Capabilities {
        capabilities(&self.endpoint)
    }

    fn chat(
        &self,
        request: &ChatRequest,
        cancel: &CancelToken,
        sink: ChatSink<'_>,
    ) -> Result<Outcome, EngineError> {
        if cancel.is_cancelled() {
            return Ok(Outcome::Cancelled);
        }
        let exchange = dialect::chat(&self.endpoint.settings, request);
        let mut bill = self.endpoint.bill(prompt_tokens(request))?;
        let asking = Asking {
            guard: &self.guard,
            manifest: Manifest {
                purpose: Purpose::Chat,
                files: request.files.clone(),
                ..Manifest::default()
            },
            urgency: Urgency::Conversation,
            cancel,
        };
        let mut saying = Saying {
            answer: Answer::new(request.stops.clone()),
            restorer: self.guard.restorer(),
            cut: false,
            sink,
        };
        let live = self.endpoint.ask(&exchange, &asking, &mut bill);
        let most = request.max_tokens;
        let outcome = live.and_then(|it| follow(it, &mut saying, most, &mut bill, cancel));
        outcome.or_else(Failure::into_outcome)
    }
}

/// What an endpoint's model can do, whoever asks it.
pub(crate) fn capabilities(endpoint: &Endpoint) -> Capabilities {
    Capabilities {
        name: ENGINE,
        remote: endpoint.settings.is_remote(),
        metered: endpoint.settings.metered,
        calibrated: false,
        instant: false,
    }
}

/// One answer on its way to who asked.
struct Saying<'a> {
    answer: Answer,
    restorer: Restorer,
    /// It ended here and not at the server.
    cut: bool,
    sink: ChatSink<'a>,
}

impl Saying<'_> {
    /// What came out, with what was taken out of the question back in it.
    fn say(&mut self, text: &str) -> ControlFlow<()> {
        let restored = self.restorer.push(text);
        self.tell(restored)
    }

    fn tell(&mut self, text: String) -> ControlFlow<()> {
        match text.is_empty() {
            true => ControlFlow::Continue(()),
            false => (self.sink)(ChatChunk::Text(text)),
        }
    }

    fn close(&mut self, why: Why) -> ControlFlow<()> {
        let rest = self.restorer.finish();
        self.tell(rest)?;
        (self.sink)(ChatChunk::End(finish(why)))
    }
}

impl Hearing for Saying<'_> {
    fn alternatives(&self) -> usize {
        1
    }

    fn text(&mut self, alternative: usize, text: &str, _: Option<f32>) -> ControlFlow<()> {
        if alternative != 0 || self.answer.is_over() {
            return ControlFlow::Continue(());
        }
        let Out { text, ended } = self.answer.push(text);
        self.say(&text)?;
        if ended {
            self.cut = true;
            self.close(Why::Stop)?;
        }
        ControlFlow::Continue(())
    }

    fn end(&mut self, alternative: usize, why: Why) -> ControlFlow<()> {
        if alternative != 0 || self.answer.is_over() {
            return ControlFlow::Continue(());
        }
        let rest = self.answer.flush().text;
        self.say(&rest)?;
        self.close(why)
    }

    fn note(&mut self, _: String) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn is_satisfied(&self) -> bool {
        self.cut
    }

    fn over(&mut self, why: Why) -> ControlFlow<()> {
        self.end(0, why)
    }
}
