//! llama.cpp's server: `POST /infill`, where it reads the markers from the model's file, and `POST /completion`.
//!
//! `cache_prompt` keeps what it has evaluated, so the parts of other files go in the order in which they stand, the
//! stable ones first. What was begun goes as `prompt`, which the server puts behind the prefix. With `/infill` user code
//! needs no care: the server reads it with special tokens switched off.
//!
//! Deliberately absent: slots, samplers, adapters, and its limits in milliseconds.

use serde_json::{Map, Value, json};

use super::{
    Ask, Exchange, News, Tally, Why, bearer, count, object, post, stops, temperature, under,
    written,
};
use crate::{Settings, fault::Fault, stream::Framing};

pub(super) fn infill(settings: &Settings, ask: &Ask<'_>) -> Exchange {
    let context = ask.context;
    let blocks = context.blocks.iter().map(|it| {
        // The server puts nothing behind a block's text.
        json!({"filename": it.path.as_ref(), "text": format!("{}\n", it.text)})
    });
    let mut json = object([
        ("input_extra", blocks.collect()),
        ("input_prefix", context.prefix.as_ref().into()),
        ("input_suffix", context.suffix.as_ref().into()),
        ("prompt", context.begun.as_ref().into()),
    ]);
    json.extend(generating(settings, ask));
    exchange(settings, "infill", json)
}

pub(super) fn raw(settings: &Settings, ask: &Ask<'_>) -> Exchange {
    let mut json = object([("prompt", written(ask.template, ask.context).into())]);
    json.extend(generating(settings, ask));
    exchange(settings, "completion", json)
}

fn generating(settings: &Settings, ask: &Ask<'_>) -> Map<String, Value> {
    object([
        ("n_predict", ask.max_tokens.into()),
        ("temperature", temperature(settings.temperature)),
        ("stop", stops(ask.stops, usize::MAX)),
        ("n_probs", settings.logprobs.then_some(1).into()),
        ("cache_prompt", true.into()),
        ("stream", true.into()),
    ])
}

fn exchange(settings: &Settings, path: &str, json: Map<String, Value>) -> Exchange {
    // `…/v1` is where the same server is OpenAI's.
    let url = under(settings, "", path).replace("/v1/", "/");
    Exchange {
        draft: post(settings, url, bearer(settings), Framing::Sse, json),
        framing: Framing::Sse,
        read,
    }
}

fn read(name: &str, value: &Value, news: &mut Vec<News>) {
    if let Some(fault) = Fault::of(value).or_else(|| (name == "error").then(Fault::default)) {
        news.push(News::Fault(fault));
        return;
    }
    let text = value["content"].as_str().unwrap_or_default();
    if !text.is_empty() {
        news.push(News::Text {
            alternative: 0,
            text: text.to_owned(),
            logprob: logprob(&value["completion_probabilities"]),
        });
    }
    if value["stop"] == true {
        news.push(News::Tally(Tally {
            prompt: count(value, "/tokens_evaluated"),
            // `tokens_cached` is what is in the cache now, the answer too.
            cached: count(value, "/timings/cache_n"),
            answer: count(value, "/tokens_predicted"),
        }));
        // Older servers have a flag for each reason.
        let length = value["stop_type"] == "limit" || value["stopped_limit"] == true;
        let why = if length { Why::Length } else { Why::Stop };
        news.push(News::End {
            alternative: 0,
            why,
        });
        news.push(News::Over);
    }
}

fn logprob(tokens: &Value) -> Option<f32> {
    let tokens = tokens.as_array()?;
    let sum: f64 = tokens.iter().filter_map(|it| it["logprob"].as_f64()).sum();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a logarithm of a probability"
    )]
    let sum = sum as f32;
    (!tokens.is_empty()).then_some(sum)
}
