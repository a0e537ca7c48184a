//! OpenAI's completions and chat, as many servers have them: vLLM, LM Studio, llama.cpp, OpenRouter and others.
//!
//! `POST /v1/completions` with `suffix`, or with the model's own markers in the prompt; `POST /v1/chat/completions`.
//! Answers are events whose `data` is a chunk with `choices`, then `[DONE]`.
//!
//! Deliberately absent: tools, and what a model thinks before it answers.

use il_engine::chat::{ChatRequest, Message, Role};
use serde_json::{Map, Value, json};

use super::{
    Ask, Exchange, News, Tally, Why, bearer, count, head, object, post, stops, temperature,
    temperature_for, under, written,
};
use crate::{Settings, fault::Fault, stream::Framing};

/// OpenAI itself takes no more stop texts.
const STOPS: usize = 4;

/// The server applies the model's template.
pub(super) fn completion(settings: &Settings, ask: &Ask<'_>) -> Exchange {
    let mut json = completing(settings, ask, head(ask));
    if !ask.context.suffix.is_empty() {
        json.insert("suffix".to_owned(), ask.context.suffix.as_ref().into());
    }
    exchange(settings, "completions", json)
}

/// The prompt holds the model's markers.
pub(super) fn raw(settings: &Settings, ask: &Ask<'_>) -> Exchange {
    let json = completing(settings, ask, written(ask.template, ask.context));
    exchange(settings, "completions", json)
}

fn completing(settings: &Settings, ask: &Ask<'_>, prompt: String) -> Map<String, Value> {
    let several = (ask.alternatives > 1).then_some(ask.alternatives);
    object([
        ("model", settings.choice.model.as_str().into()),
        ("prompt", prompt.into()),
        ("max_tokens", ask.max_tokens.into()),
        ("temperature", temperature_for(settings, ask.alternatives)),
        ("n", several.into()),
        ("stop", stops(ask.stops, STOPS)),
        ("logprobs", settings.logprobs.then_some(0).into()),
        ("stream", true.into()),
        ("stream_options", json!({"include_usage": true})),
    ])
}

/// A conversation.
pub(super) fn chat(settings: &Settings, request: &ChatRequest) -> Exchange {
    // OpenAI's newer models refuse the old name, and other servers do not know the new one.
    let limit = match settings.choice.host() {
        "api.openai.com" => "max_completion_tokens",
        _ => "max_tokens",
    };
    let json = object([
        ("model", settings.choice.model.as_str().into()),
        ("messages", messages(request)),
        (limit, request.max_tokens.into()),
        ("temperature", temperature(request.temperature)),
        ("stop", stops(&request.stops, STOPS)),
        ("stream", true.into()),
        ("stream_options", json!({"include_usage": true})),
    ]);
    exchange(settings, "chat/completions", json)
}

/// Turns, the instructions first.
pub(super) fn messages(request: &ChatRequest) -> Value {
    let message = |role: &str, text: &str| json!({"role": role, "content": text});
    let system = request.system.iter().map(|it| message("system", &it.0));
    let said = |it: &Message| message(role(it.role), &it.text.0);
    system.chain(request.messages.iter().map(said)).collect()
}

/// Who speaks, as most say it.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn exchange(settings: &Settings, path: &str, json: Map<String, Value>) -> Exchange {
    let url = under(settings, "v1", path);
    Exchange {
        draft: post(settings, url, bearer(settings), Framing::Sse, json),
        framing: Framing::Sse,
        read,
    }
}

/// A chunk, or a whole answer of a server that does not stream.
pub(super) fn read(_: &str, value: &Value, news: &mut Vec<News>) {
    if let Some(fault) = Fault::of(value) {
        news.push(News::Fault(fault));
        return;
    }
    for choice in value["choices"].as_array().into_iter().flatten() {
        read_choice(choice, news);
    }
    let usage = &value["usage"];
    if usage.is_object() {
        // DeepSeek says by another name what was in its cache.
        let cached = count(usage, "/prompt_tokens_details/cached_tokens")
            .or_else(|| count(usage, "/prompt_cache_hit_tokens"));
        news.push(News::Tally(Tally {
            prompt: count(usage, "/prompt_tokens"),
            cached,
            answer: count(usage, "/completion_tokens"),
        }));
    }
}

fn read_choice(choice: &Value, news: &mut Vec<News>) {
    let alternative = count(choice, "/index").unwrap_or(0);
    let alternative = usize::try_from(alternative).unwrap_or(usize::MAX);
    let places = ["/text", "/delta/content", "/message/content"];
    let text = places.iter().find_map(|it| choice.pointer(it)).map(said);
    if let Some(text) = text.filter(|it| !it.is_empty()) {
        news.push(News::Text {
            alternative,
            text,
            logprob: logprob(&choice["logprobs"]),
        });
    }
    if let Some(why) = choice["finish_reason"].as_str() {
        let why = match why {
            "length" | "model_length" => Why::Length,
            "content_filter" => Why::Filtered,
            _ => Why::Stop,
        };
        news.push(News::End { alternative, why });
    }
}

/// A text, or the texts of its parts: Mistral sends both.
fn said(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|it| it["text"].as_str());
            texts.collect()
        }
        _ => String::new(),
    }
}

/// Of all tokens of a chunk together.
fn logprob(logprobs: &Value) -> Option<f32> {
    let sum = |all: &[Value], number: fn(&Value) -> Option<f64>| {
        // The first token of a text has none.
        all.iter().filter_map(number).sum::<f64>()
    };
    let sum = match (&logprobs["token_logprobs"], &logprobs["content"]) {
        (Value::Array(all), _) => sum(all, Value::as_f64),
        (_, Value::Array(all)) => sum(all, |it| it["logprob"].as_f64()),
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a logarithm of a probability"
    )]
    let sum = sum as f32;
    Some(sum)
}
