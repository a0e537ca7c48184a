//! DeepSeek's `POST /beta/completions` with `suffix`, and its chat.
//!
//! Deliberately absent: `echo`, and what a reasoning model thinks.

use il_engine::chat::ChatRequest;
use serde_json::{Map, Value, json};

use super::{
    Ask, Exchange, bearer, head, object,
    openai::{messages, read},
    post, stops, temperature,
};
use crate::{Settings, stream::Framing};

/// So their documentation says.
const STOPS: usize = 16;

pub(super) fn completion(settings: &Settings, ask: &Ask<'_>) -> Exchange {
    let suffix = ask.context.suffix.as_ref();
    let suffix = (!suffix.is_empty()).then_some(suffix);
    let json = object([
        ("model", settings.choice.model.as_str().into()),
        ("prompt", head(ask).into()),
        ("suffix", suffix.into()),
        ("max_tokens", ask.max_tokens.into()),
        ("temperature", temperature(settings.temperature)),
        ("stop", stops(ask.stops, STOPS)),
        ("stream", true.into()),
        ("stream_options", json!({"include_usage": true})),
    ]);
    exchange(settings, "beta/completions", json)
}

pub(super) fn chat(settings: &Settings, request: &ChatRequest) -> Exchange {
    let json = object([
        ("model", settings.choice.model.as_str().into()),
        ("messages", messages(request)),
        ("max_tokens", request.max_tokens.into()),
        ("temperature", temperature(request.temperature)),
        ("stop", stops(&request.stops, STOPS)),
        ("stream", true.into()),
        ("stream_options", json!({"include_usage": true})),
    ]);
    exchange(settings, "chat/completions", json)
}

fn exchange(settings: &Settings, path: &str, json: Map<String, Value>) -> Exchange {
    let url = &settings.choice.url;
    // Their own pages name both as the base.
    let url = url
        .strip_suffix("/beta")
        .or(url.strip_suffix("/v1"))
        .unwrap_or(url);
    let url = format!("{url}/{path}");
    Exchange {
        draft: post(settings, url, bearer(settings), Framing::Sse, json),
        framing: Framing::Sse,
        read,
    }
}
