//! What each provider is sent, and how its answer is read.
//!
//! The one idea: a dialect is two pure functions: from settings and a context to one request, and from one JSON value of
//! the stream to news. Everything else (splitting the stream, stopping, asking again) is the same for all.
//!
//! Deliberately absent: sending, statuses.

mod anthropic;
mod deepseek;
mod gemini;
mod llama_server;
mod mistral;
mod ollama;
mod openai;

use std::{fmt, sync::Arc};

use il_egress::{Header, Method, Patience, Request};
use il_engine::{Context, chat::ChatRequest, fim::Template};
use il_privacy::{Guard, Manifest, Withheld};
use serde_json::{Map, Value};

use crate::{Dialect, Settings, fault::Fault, stream::Framing};

/// A hole to be filled.
pub(crate) struct Ask<'a> {
    /// User code in it has no markers any more, where the server would take them for its own.
    pub(crate) context: &'a Context,
    /// What the window was counted with; raw dialects write the prompt with it.
    pub(crate) template: &'a Template,
    /// The most important first: some take only a few.
    pub(crate) stops: &'a [Arc<str>],
    pub(crate) max_tokens: usize,
    pub(crate) alternatives: usize,
}

/// One request, and how its answer is read.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) draft: Draft,
    pub(crate) framing: Framing,
    pub(crate) read: Read,
}

/// Reads one value of the stream; the first argument is the event's name, if it had one.
pub(crate) type Read = fn(&str, &Value, &mut Vec<News>);

/// What one value of a stream says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    Text {
        alternative: usize,
        text: String,
        /// The logarithm of its probability, where it was asked for.
        logprob: Option<f32>,
    },
    /// Nothing more comes for this alternative.
    End { alternative: usize, why: Why },
    /// Tokens so far.
    Tally(Tally),
    /// An error in the middle of an answer.
    Fault(Fault),
    /// Nothing more comes at all.
    Over,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The model was done, or wrote what it was to stop at.
    Stop,
    /// It was out of tokens.
    Length,
    /// The provider does not let it through.
    Filtered,
}

/// Tokens as the provider counts them; a later figure replaces an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) prompt: Option<u64>,
    pub(crate) cached: Option<u64>,
    pub(crate) answer: Option<u64>,
}

impl Tally {
    /// This, with what `later` says in its stead.
    pub(crate) fn then(self, later: Self) -> Self {
        Self {
            prompt: later.prompt.or(self.prompt),
            cached: later.cached.or(self.cached),
            answer: later.answer.or(self.answer),
        }
    }
}

/// A request before it was looked through: nothing can send it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    url: String,
    headers: Vec<(&'static str, Header)>,
    json: Json,
    patience: Patience,
}

/// `Debug` prints no text.
#[derive(Clone)]
struct Json(Map<String, Value>);

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Draft {
    /// The request, if the guard lets it go.
    pub(crate) fn sealed(&self, guard: &Guard, manifest: Manifest) -> Result<Request, Withheld> {
        let json = serde_json::to_vec(&self.json.0).unwrap_or_default();
        Ok(Request {
            method: Method::Post,
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: guard.seal(json, manifest)?,
            patience: self.patience,
        })
    }

    /// A header, where settings say no other.
    fn head_unless_said(&mut self, name: &'static str, value: impl FnOnce() -> Header) {
        if !self.headers.iter().any(|it| it.0 == name) {
            self.headers.push((name, value()));
        }
    }

    /// For a model that takes no temperature but its own.
    pub(crate) fn leave_out_temperature(&mut self) {
        self.json.0.remove("temperature");
        // Ollama and Gemini have it one level down.
        for name in ["options", "generationConfig"] {
            if let Some(Value::Object(members)) = self.json.0.get_mut(name) {
                members.remove("temperature");
            }
        }
    }
}

/// The request that has a hole in it. Nothing for those that have none: they are asked in words.
pub(crate) fn completion(settings: &Settings, ask: &Ask<'_>) -> Option<Exchange> {
    Some(match settings.choice.dialect {
        Dialect::OpenAi => openai::completion(settings, ask),
        Dialect::OpenAiFim => openai::raw(settings, ask),
        Dialect::Mistral => mistral::completion(settings, ask),
        Dialect::DeepSeek => deepseek::completion(settings, ask),
        Dialect::Ollama => ollama::completion(settings, ask),
        Dialect::OllamaFim => ollama::raw(settings, ask),
        Dialect::LlamaServer => llama_server::infill(settings, ask),
        Dialect::LlamaServerFim => llama_server::raw(settings, ask),
        Dialect::OpenAiChat | Dialect::Anthropic | Dialect::Gemini => return None,
    })
}

/// The request that continues a conversation.
pub(crate) fn chat(settings: &Settings, request: &ChatRequest) -> Exchange {
    match settings.choice.dialect {
        Dialect::OpenAi | Dialect::OpenAiFim | Dialect::OpenAiChat => {
            openai::chat(settings, request)
        }
        // A llama.cpp server's chat is OpenAI's.
        Dialect::LlamaServer | Dialect::LlamaServerFim => openai::chat(settings, request),
        Dialect::Mistral => mistral::chat(settings, request),
        Dialect::DeepSeek => deepseek::chat(settings, request),
        Dialect::Ollama | Dialect::OllamaFim => ollama::chat(settings, request),
        Dialect::Anthropic => anthropic::chat(settings, request),
        Dialect::Gemini => gemini::chat(settings, request),
    }
}

/// Members of a JSON object; those that are `null` are left out.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    let said = members.into_iter().filter(|it| !it.1.is_null());
    said.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A request with this JSON; what the settings add replaces ours.
pub(crate) fn post(
    settings: &Settings,
    url: String,
    keyed: Option<(&'static str, Header)>,
    framing: Framing,
    mut json: Map<String, Value>,
) -> Draft {
    json.extend(settings.body.clone());
    let plain = |text: &str| Header::Plain(text.to_owned());
    let mut headers = vec![
        ("content-type", plain("application/json")),
        ("accept", plain(framing.media_type())),
    ];
    headers.extend(keyed);
    for (name, value) in &settings.headers {
        headers.retain(|it| it.0 != *name);
        headers.push((name, value.clone()));
    }
    Draft {
        url,
        headers,
        json: Json(json),
        patience: settings.patience,
    }
}

/// The key as most want it.
pub(crate) fn bearer(settings: &Settings) -> Option<(&'static str, Header)> {
    let key = settings.key.as_ref()?.bearer()?;
    Some(("authorization", Header::Secret(key)))
}

/// The key by itself in a header of its own.
pub(crate) fn bare_key(settings: &Settings, name: &'static str) -> Option<(&'static str, Header)> {
    let key = settings.key.clone()?;
    Some((name, Header::Secret(key)))
}

/// A path under a server's URL. A URL that names a version (`…/v1`, `…/v1beta/openai`) is taken as it is.
pub(crate) fn under(settings: &Settings, version: &str, path: &str) -> String {
    let url = &settings.choice.url;
    let is_version = |it: &str| {
        let rest = it.strip_prefix('v').unwrap_or_default();
        rest.starts_with(|it: char| it.is_ascii_digit())
            && rest.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    let authority = url.find("://").map_or(0, |it| it + 3);
    let versioned = url[authority..].split('/').skip(1).any(is_version);
    match versioned || version.is_empty() {
        true => format!("{url}/{path}"),
        false => format!("{url}/{version}/{path}"),
    }
}

/// Blocks, prefix and what was begun as one text, for servers that are given the suffix apart.
pub(crate) fn head(ask: &Ask<'_>) -> String {
    let mut context = ask.context.clone();
    context.suffix = Arc::default();
    written(ask.template, &context)
}

/// A prompt as one string, markers and all.
pub(crate) fn written(template: &Template, context: &Context) -> String {
    let parts = template.render(context);
    let parts = parts.iter().map(|it| match it {
        il_engine::fim::Part::Marker(text) => text,
        il_engine::fim::Part::Text(text) => text.as_ref(),
    });
    parts.collect()
}

/// Stop texts as JSON, `most` at most; nothing when there are none.
pub(crate) fn stops(stops: &[Arc<str>], most: usize) -> Value {
    let stops = stops.iter().filter(|it| !it.is_empty());
    let stops: Vec<Value> = stops.take(most).map(|it| it.as_ref().into()).collect();
    match stops.is_empty() {
        true => Value::Null,
        false => stops.into(),
    }
}

/// A temperature as JSON, without the noise of single precision: `0.2`, not `0.20000000298`.
pub(crate) fn temperature(value: Option<f32>) -> Value {
    let value = value.filter(|it| it.is_finite());
    value.map_or(Value::Null, |it| {
        ((f64::from(it) * 1000.0).round() / 1000.0).into()
    })
}

/// For several answers to be different there must be some chance in them.
pub(crate) fn temperature_for(settings: &Settings, alternatives: usize) -> Value {
    match settings.temperature {
        Some(it) if alternatives > 1 => temperature(Some(it.max(0.8))),
        it => temperature(it),
    }
}

/// A number at this place, if there is one.
pub(crate) fn count(value: &Value, path: &str) -> Option<u64> {
    value.pointer(path)?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        let choice = format!("openai:m@{url}").parse().expect("a choice");
        let found = under(&Settings::new(choice), "v1", "completions");
        assert_eq!(found, expected);
    }

    #[test]
    fn a_url_that_names_a_version_is_taken_as_it_is() {
        check("http://h:1", "http://h:1/v1/completions");
        check("http://h/api", "http://h/api/v1/completions");
        check("http://h/v1", "http://h/v1/completions");
        check("http://v1", "http://v1/v1/completions");
        check("http://h/vllm", "http://h/vllm/v1/completions");
        check(
            "https://h/v1beta/openai",
            "https://h/v1beta/openai/completions",
        );
        check("https://h/api/paas/v4", "https://h/api/paas/v4/completions");
    }

    #[test]
    fn a_temperature_has_no_noise() {
        assert_eq!(temperature(Some(0.2)).to_string(), "0.2");
        assert_eq!(temperature(Some(f32::NAN)), Value::Null);
    }
}
