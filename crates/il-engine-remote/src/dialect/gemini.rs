//! Gemini's `POST /v1beta/models/MODEL:streamGenerateContent?alt=sse`. Each event is a piece of the answer with the
//! tokens so far; there is no last one but the one with a reason to finish.
//!
//! Deliberately absent: tools, safety settings, and what a model thinks (parts marked `thought` are passed over; they are
//! charged and counted all the same).

use il_engine::chat::{ChatRequest, Message, Role};
use serde_json::{Value, json};

use super::{Exchange, News, Tally, Why, bare_key, count, object, post, stops, temperature, under};
use crate::{Settings, fault::Fault, stream::Framing};

/// It takes no more.
const STOPS: usize = 5;

pub(super) fn chat(settings: &Settings, request: &ChatRequest) -> Exchange {
    let said = |it: &Message| {
        let role = match it.role {
            Role::User => "user",
            Role::Assistant => "model",
        };
        json!({"role": role, "parts": [{"text": it.text.0.as_ref()}]})
    };
    let system = request.system.as_ref();
    let system = system.map(|it| json!({"parts": [{"text": it.0.as_ref()}]}));
    let generation = object([
        ("maxOutputTokens", request.max_tokens.into()),
        ("temperature", temperature(request.temperature)),
        ("stopSequences", stops(&request.stops, STOPS)),
    ]);
    let json = object([
        ("systemInstruction", system.into()),
        ("contents", request.messages.iter().map(said).collect()),
        ("generationConfig", generation.into()),
    ]);
    let model = &settings.choice.model;
    // Tuned models and those of other publishers name their collection themselves.
    let model = match model.contains('/') {
        true => model.clone(),
        false => format!("models/{model}"),
    };
    let path = format!("{model}:streamGenerateContent?alt=sse");
    let url = under(settings, "v1beta", &path);
    let keyed = bare_key(settings, "x-goog-api-key");
    Exchange {
        draft: post(settings, url, keyed, Framing::Sse, json),
        framing: Framing::Sse,
        read,
    }
}

fn read(_: &str, value: &Value, news: &mut Vec<News>) {
    if let Some(fault) = Fault::of(value) {
        news.push(News::Fault(fault));
        return;
    }
    let candidate = &value["candidates"][0];
    let parts = candidate
        .pointer("/content/parts")
        .and_then(Value::as_array);
    let said = parts
        .into_iter()
        .flatten()
        .filter(|it| it["thought"] != true);
    let text: String = said.filter_map(|it| it["text"].as_str()).collect();
    if !text.is_empty() {
        news.push(News::Text {
            alternative: 0,
            text,
            logprob: None,
        });
    }
    let usage = &value["usageMetadata"];
    if usage.is_object() {
        let answer = count(usage, "/candidatesTokenCount");
        let thoughts = count(usage, "/thoughtsTokenCount");
        news.push(News::Tally(Tally {
            prompt: count(usage, "/promptTokenCount"),
            cached: count(usage, "/cachedContentTokenCount"),
            answer: answer
                .or(thoughts)
                .map(|_| answer.unwrap_or(0) + thoughts.unwrap_or(0)),
        }));
    }
    let blocked = value.pointer("/promptFeedback/blockReason").is_some();
    let finished = candidate["finishReason"].as_str();
    if blocked || finished.is_some() {
        let why = match finished {
            Some("STOP") => Why::Stop,
            Some("MAX_TOKENS") => Why::Length,
            _ => Why::Filtered,
        };
        news.push(News::End {
            alternative: 0,
            why,
        });
    }
}
