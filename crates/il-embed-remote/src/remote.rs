//! What both dialects do alike: batches, patience, and looking at what came back.
//!
//! The one idea: a dialect says how one batch is asked for and read; everything that can go wrong on the way is here.
//!
//! Deliberately absent: opening connections. A cancelled call ends at once, whatever it waits for.

use std::{fmt, sync::OnceLock};

use il_egress::Secret;
use il_retrieval::{EmbedError, EmbeddingChoice, Instruction, Purpose, normalise};
use il_text::CancelToken;
use serde_json::Value;

use crate::{
    Limits, Settings, Waiter,
    asking::Asking,
    batch::Appetite,
    failure::{self, Failure},
    patience,
};

/// A server, one of its models, and what has been learnt about both.
pub(crate) struct Remote {
    name: String,
    pub(crate) model: String,
    pub(crate) url: String,
    instruction: Instruction,
    limits: Limits,
    waiter: Box<dyn Waiter>,
    asking: Asking,
    appetite: Appetite,
    dimension: OnceLock<usize>,
}

/// Vectors of one request, as a dialect read them.
pub(crate) type Answer = Result<Vec<Vec<f32>>, Failure>;

impl Remote {
    pub(crate) fn new(settings: Settings) -> Result<Self, EmbedError> {
        let server = settings.server;
        // Whoever filled the fields in by hand gets the same checks as whoever wrote a word.
        let choice = EmbeddingChoice::Server(server.clone());
        let read: Result<EmbeddingChoice, _> = choice.to_string().parse();
        if let Err(error) = read {
            return Err(EmbedError::Refused(error.to_string()));
        }
        let bearer = match settings.key.as_ref().map(Secret::bearer) {
            None => None,
            Some(Some(bearer)) => Some(bearer),
            Some(None) => {
                return Err(EmbedError::Refused(
                    "the API key is empty or has characters that no key has: give it again"
                        .to_owned(),
                ));
            }
        };
        Ok(Self {
            name: format!("{}:{}", server.dialect.word(), server.model),
            asking: Asking::new(settings.transport, settings.guard, bearer, &settings.limits),
            appetite: Appetite::new(&settings.limits),
            model: server.model,
            url: server.url,
            instruction: settings.instruction,
            limits: settings.limits,
            waiter: settings.waiter,
            dimension: OnceLock::new(),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Asks until there is an answer, a reason to stop, or no patience left.
    pub(crate) fn post(
        &self,
        url: &str,
        request: &Value,
        cancel: &CancelToken,
    ) -> Result<Value, Failure> {
        let body = request.to_string();
        let mut tried = 0;
        loop {
            if cancel.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            tried += 1;
            let found = match self.asking.post(url, &body, cancel) {
                Ok(reply) => failure::of_reply(&reply, url, self.asking.is_keyed()),
                Err(trouble) => Err(failure::of_trouble(trouble, url)),
            };
            let Err(Failure::Passing(text, asked)) = found else {
                return found;
            };
            let Some(pause) = patience::pause(&self.limits, tried, asked) else {
                return Err(Failure::Unavailable(text));
            };
            self.waiter.wait(pause, cancel);
        }
    }

    /// The vectors of `texts`: `ask` gets one batch after another, smaller ones when the server cannot take them.
    pub(crate) fn embed(
        &self,
        purpose: Purpose,
        texts: &[&str],
        cancel: &CancelToken,
        no_model: &dyn Fn() -> String,
        ask: &dyn Fn(&[String]) -> Answer,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        while let Some(rest @ [_, ..]) = texts.get(vectors.len()..) {
            if cancel.is_cancelled() {
                return Err(EmbedError::Cancelled);
            }
            let batch = self.appetite.batch(&self.instruction, purpose, rest);
            match ask(&batch.texts) {
                Ok(found) => {
                    self.look_at(&found, batch.texts.len())?;
                    vectors.extend(found);
                }
                Err(Failure::TooMany(_)) if self.appetite.fewer(&batch) => {}
                Err(Failure::TooMany(_) | Failure::TooLong(_)) if self.appetite.shorter(&batch) => {
                }
                Err(failure) => return Err(failure.into_error(no_model)),
            }
        }
        for vector in &mut vectors {
            normalise(vector);
        }
        Ok(vectors)
    }

    /// As many vectors as texts, all as long as every one before.
    fn look_at(&self, found: &[Vec<f32>], wanted: usize) -> Result<(), EmbedError> {
        let url = &self.url;
        if found.len() != wanted {
            return Err(EmbedError::Refused(format!(
                "`{url}` gives {} vectors for {wanted} texts: is it an embedding server?",
                found.len()
            )));
        }
        for vector in found {
            let dimension = *self.dimension.get_or_init(|| vector.len());
            if vector.len() != dimension {
                return Err(EmbedError::Refused(format!(
                    "`{url}` gives vectors of {dimension} and of {} numbers for one model: \
                     has `{}` been changed meanwhile? then start again",
                    vector.len(),
                    self.model
                )));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("name", &self.name)
            .field("url", &self.url)
            .field("asking", &self.asking)
            .field("appetite", &self.appetite)
            .field("dimension", &self.dimension.get())
            .finish_non_exhaustive()
    }
}
