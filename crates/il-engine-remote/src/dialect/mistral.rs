//! Mistral's `POST /v1/fim/completions`, for Codestral, and its chat.
//!
//! The answer is chat-shaped: `choices[].delta.content`. The last chunk has the usage without being asked for it, and
//! a member that Mistral does not know is an error.
//!
//! Deliberately absent: `min_tokens` and a seed.

use il_engine::chat::ChatRequest;
use serde_json::{Map, Value};

use super::{
    Ask, Exchange, bearer, head, object,
    openai::{messages, read},
    post, stops, temperature, under,
};
use crate::{Settings, stream::Framing};

/// Their documentation names no limit; more than these say nothing new.
const STOPS: usize = 8;

pub(super) fn completion(settings: &Settings, ask: &Ask<'_>) -> Exchange {
    let json = object([
        ("model", settings.choice.model.as_str().into()),
        ("prompt", head(ask).into()),
        ("suffix", ask.context.suffix.as_ref().into()),
        ("max_tokens", ask.max_tokens.into()),
        ("temperature", temperature(settings.temperature)),
        ("stop", stops(ask.stops, STOPS)),
        ("stream", true.into()),
    ]);
    exchange(settings, "fim/completions", json)
}

pub(super) fn chat(settings: &Settings, request: &ChatRequest) -> Exchange {
    let json = object([
        ("model", settings.choice.model.as_str().into()),
        ("messages", messages(request)),
        ("max_tokens", request.max_tokens.into()),
        ("temperature", temperature(request.temperature)),
        ("stop", stops(&request.stops, STOPS)),
        ("stream", true.into()),
    ]);
    exchange(settings, "chat/completions", json)
}

fn exchange(settings: &Settings, path: &str, json: Map<String, Value>) -> Exchange {
    let url = under(settings, "v1", path);
    Exchange {
        draft: post(settings, url, bearer(settings), Framing::Sse, json),
        framing: Framing::Sse,
        read,
    }
}
