//! Anthropic's `POST /v1/messages`. Events have names; text comes in `content_block_delta`, tokens in `message_start`
//! and `message_delta`.
//!
//! Deliberately absent: tools, thinking, marks for its prompt cache, and an answer's beginning as the last message, which
//! newer models refuse.

use std::sync::Arc;

use il_egress::Header;
use il_engine::chat::{ChatRequest, Message};
use serde_json::{Value, json};

use super::{
    Exchange, News, Tally, Why, bare_key, count, object, openai::role, post, stops, temperature,
    under,
};
use crate::{Settings, fault::Fault, stream::Framing};

/// The version of the interface that this is written for.
const VERSION: &str = "2023-06-01";

pub(super) fn chat(settings: &Settings, request: &ChatRequest) -> Exchange {
    let said = |it: &Message| json!({"role": role(it.role), "content": it.text.0.as_ref()});
    let system = request.system.as_ref().map(|it| it.0.as_ref());
    // It refuses texts that are nothing but white space.
    let visible = request.stops.iter().filter(|it| !it.trim().is_empty());
    let visible: Vec<Arc<str>> = visible.cloned().collect();
    let json = object([
        ("model", settings.choice.model.as_str().into()),
        ("system", system.into()),
        ("messages", request.messages.iter().map(said).collect()),
        ("max_tokens", request.max_tokens.into()),
        ("temperature", temperature(request.temperature)),
        ("stop_sequences", stops(&visible, usize::MAX)),
        ("stream", true.into()),
    ]);
    let url = under(settings, "v1", "messages");
    let keyed = bare_key(settings, "x-api-key");
    let mut draft = post(settings, url, keyed, Framing::Sse, json);
    draft.head_unless_said("anthropic-version", || Header::Plain(VERSION.to_owned()));
    Exchange {
        draft,
        framing: Framing::Sse,
        read,
    }
}

fn read(_: &str, value: &Value, news: &mut Vec<News>) {
    match value["type"].as_str().unwrap_or_default() {
        "error" => news.push(News::Fault(Fault::of(value).unwrap_or_default())),
        "message_start" => news.push(News::Tally(tally(&value["message"]["usage"]))),
        "content_block_delta" => {
            let text = value.pointer("/delta/text").and_then(Value::as_str);
            if let Some(text) = text.filter(|it| !it.is_empty()) {
                news.push(News::Text {
                    alternative: 0,
                    text: text.to_owned(),
                    logprob: None,
                });
            }
        }
        "message_delta" => {
            news.push(News::Tally(tally(&value["usage"])));
            if let Some(why) = value.pointer("/delta/stop_reason").and_then(Value::as_str) {
                let why = match why {
                    "max_tokens" | "model_context_window_exceeded" => Why::Length,
                    "refusal" => Why::Filtered,
                    _ => Why::Stop,
                };
                news.push(News::End {
                    alternative: 0,
                    why,
                });
            }
        }
        "message_stop" => news.push(News::Over),
        // Pings, the beginning and end of a block, and whatever comes to be.
        _ => {}
    }
}

/// What went into its cache and came from there is not part of `input_tokens`.
fn tally(usage: &Value) -> Tally {
    let cached = count(usage, "/cache_read_input_tokens");
    let written = count(usage, "/cache_creation_input_tokens");
    let prompt = count(usage, "/input_tokens");
    Tally {
        prompt: prompt.map(|it| it + cached.unwrap_or(0) + written.unwrap_or(0)),
        cached,
        answer: count(usage, "/output_tokens"),
    }
}
