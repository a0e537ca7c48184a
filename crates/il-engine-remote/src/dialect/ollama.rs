//! Ollama's `POST /api/generate`, with `suffix` or raw, and `POST /api/chat`. Answers are one JSON value a line.
//!
//! `num_ctx` is always sent: Ollama's own is a few thousand tokens, and what is longer loses its beginning without a
//! word. It is the same in all requests of an endpoint, since another one loads the model anew.
//!
//! Deliberately absent: `context`, which is an older way to keep a conversation, and pulling models.

use il_engine::chat::ChatRequest;
use serde_json::{Map, Value};

use super::{
    Ask, Exchange, News, Tally, Why, bearer, count, head, object, openai::messages, post, stops,
    temperature, under, written,
};
use crate::{Settings, fault::Fault, stream::Framing};

/// How long the model stays loaded after an answer; the server's five minutes are over after one meeting.
const KEEP_ALIVE: &str = "30m";

/// The server applies the model's template; only those that have a hole in it can.
pub(super) fn completion(settings: &Settings, ask: &Ask<'_>) -> Exchange {
    let suffix = ask.context.suffix.as_ref();
    let suffix = (!suffix.is_empty()).then_some(suffix);
    // Without a suffix the server would wrap the prompt in the template of a conversation.
    let raw = suffix.is_none().then_some(true);
    generate(settings, ask, head(ask), suffix.into(), raw)
}

/// The prompt holds the model's markers and goes to the model as it is.
pub(super) fn raw(settings: &Settings, ask: &Ask<'_>) -> Exchange {
    let prompt = written(ask.template, ask.context);
    generate(settings, ask, prompt, Value::Null, Some(true))
}

fn generate(
    settings: &Settings,
    ask: &Ask<'_>,
    prompt: String,
    suffix: Value,
    raw: Option<bool>,
) -> Exchange {
    let options = object([
        ("num_ctx", settings.context_tokens.into()),
        ("num_predict", ask.max_tokens.into()),
        ("temperature", temperature(settings.temperature)),
        ("stop", stops(ask.stops, usize::MAX)),
    ]);
    let json = object([
        ("model", settings.choice.model.as_str().into()),
        ("prompt", prompt.into()),
        ("suffix", suffix),
        ("raw", raw.into()),
        ("options", options.into()),
        ("keep_alive", KEEP_ALIVE.into()),
        ("stream", true.into()),
    ]);
    exchange(settings, "api/generate", json)
}

pub(super) fn chat(settings: &Settings, request: &ChatRequest) -> Exchange {
    let options = object([
        ("num_ctx", settings.context_tokens.into()),
        ("num_predict", request.max_tokens.into()),
        ("temperature", temperature(request.temperature)),
        ("stop", stops(&request.stops, usize::MAX)),
    ]);
    let json = object([
        ("model", settings.choice.model.as_str().into()),
        ("messages", messages(request)),
        ("options", options.into()),
        ("keep_alive", KEEP_ALIVE.into()),
        ("stream", true.into()),
    ]);
    exchange(settings, "api/chat", json)
}

fn exchange(settings: &Settings, path: &str, json: Map<String, Value>) -> Exchange {
    let url = under(settings, "", path);
    let framing = Framing::Ndjson;
    Exchange {
        draft: post(settings, url, bearer(settings), framing, json),
        framing,
        read,
    }
}

fn read(_: &str, value: &Value, news: &mut Vec<News>) {
    if let Some(fault) = Fault::of(value) {
        news.push(News::Fault(fault));
        return;
    }
    let places = ["/response", "/message/content"];
    let text = places.iter().find_map(|it| value.pointer(it)?.as_str());
    if let Some(text) = text.filter(|it| !it.is_empty()) {
        news.push(News::Text {
            alternative: 0,
            text: text.to_owned(),
            logprob: None,
        });
    }
    if value["done"] == true {
        news.push(News::Tally(Tally {
            prompt: count(value, "/prompt_eval_count"),
            cached: None,
            answer: count(value, "/eval_count"),
        }));
        let why = match value["done_reason"].as_str() {
            Some("length") => Why::Length,
            _ => Why::Stop,
        };
        news.push(News::End {
            alternative: 0,
            why,
        });
        news.push(News::Over);
    }
}
