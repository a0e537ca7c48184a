//! What is known of an endpoint before it is asked.
//!
//! Deliberately absent: where settings are written, and proxies and certificates: those are the transport's.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use il_egress::{Header, Patience, Secret};
use il_engine::fim::Template;
use serde_json::{Map, Value};

use crate::{EndpointChoice, KeySource};

/// An endpoint and how it is asked.
#[derive(Clone)]
pub struct Settings {
    /// Dialect, model and URL.
    pub choice: EndpointChoice,
    pub key: Option<Secret>,
    /// Where the key is kept, for the message when the server does not take it.
    pub key_source: Option<KeySource>,
    /// Tokens of prompt and answer together.
    pub context_tokens: usize,
    /// Tokens of a completion at most.
    pub max_answer_tokens: usize,
    /// `None` leaves it to the model; some accept no other.
    pub temperature: Option<f32>,
    /// More headers, made by [`Settings::header`].
    pub headers: Vec<(&'static str, Header)>,
    /// More members of the request's JSON, for what one provider alone has; they replace ours.
    pub body: Map<String, Value>,
    /// The model's markers. Raw dialects need it; elsewhere it says how blocks of other files are written.
    pub template: Option<Arc<Template>>,
    /// Every answer costs money.
    pub metered: bool,
    /// Ask for the probability of each token, where the dialect has it.
    pub logprobs: bool,
    pub patience: Patience,
    pub limits: Limits,
}

impl Settings {
    /// An endpoint with nothing said about it. Metered unless it is on this machine.
    pub fn new(choice: EndpointChoice) -> Self {
        let metered = !choice.is_loopback();
        Self {
            choice,
            key: None,
            key_source: None,
            context_tokens: 4096,
            max_answer_tokens: 256,
            temperature: Some(0.0),
            headers: Vec::new(),
            body: Map::new(),
            template: None,
            metered,
            logprobs: false,
            patience: Patience::default(),
            limits: Limits::default(),
        }
    }

    /// Answers leave the machine.
    pub fn is_remote(&self) -> bool {
        !self.choice.is_loopback()
    }

    /// A header from somebody's settings, or nothing when none may be called so or hold that.
    pub fn header(name: &str, value: Header) -> Option<(&'static str, Header)> {
        let name = name.trim().to_ascii_lowercase();
        let word = |it: u8| it.is_ascii_alphanumeric() || b"-_".contains(&it);
        // Those that the transport writes itself.
        let taken = ["host", "content-length", "transfer-encoding", "connection"];
        if name.is_empty() || !name.bytes().all(word) || taken.contains(&name.as_str()) {
            return None;
        }
        let fits = match &value {
            Header::Plain(text) => text.bytes().all(|it| it == b' ' || it.is_ascii_graphic()),
            Header::Secret(secret) => secret.on_the_wire().is_some(),
        };
        fits.then(|| (kept(name), value))
    }
}

/// Names of headers live as long as the program; there are as many as settings name, each once.
fn kept(name: String) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(name) = names.get(name.as_str()) {
        return name;
    }
    let name: &'static str = name.leak();
    names.insert(name);
    name
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("choice", &format_args!("{}", self.choice))
            .field("key", &self.key)
            .field("context_tokens", &self.context_tokens)
            .field("max_answer_tokens", &self.max_answer_tokens)
            .field("template", &self.template.as_ref().map(|it| &it.id))
            .field("metered", &self.metered)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How much an endpoint is asked, and how often again.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests at the same time.
    pub concurrency: usize,
    /// How often one question is sent at most.
    pub tries: u32,
    /// Before the second try; twice as long before each one after it, give or take a jitter.
    pub first_pause: Duration,
    /// No pause is longer, whatever the server asks for.
    pub longest_pause: Duration,
    /// After this long a question at the cursor is not sent again.
    pub keystroke_deadline: Duration,
    /// Failures in a row after which the endpoint is left alone for a while.
    pub failures: usize,
    /// They must have come within this long.
    pub failure_window: Duration,
    /// How long it is left alone.
    pub rest: Duration,
    /// Send a second request when the first takes longer than nineteen of twenty did. It costs twice.
    pub hedge: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 4,
            tries: 3,
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(20),
            keystroke_deadline: Duration::from_millis(1500),
            failures: 5,
            failure_window: Duration::from_mins(1),
            rest: Duration::from_secs(30),
            hedge: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, value: &str, expected: Option<&str>) {
        let found = Settings::header(name, Header::Plain(value.to_owned()));
        assert_eq!(found.map(|it| it.0), expected);
    }

    #[test]
    fn only_what_a_header_can_be_is_one() {
        check("X-Team ", "search", Some("x-team"));
        check("x-team", "a b", Some("x-team"));
        check("x team", "a", None);
        check("", "a", None);
        check("x-team", "a\r\nhost: evil", None);
        check("Content-Length", "7", None);
        let secret = Header::Secret(Secret::new("hunter2"));
        let found = format!("{:?}", Settings::header("api-key", secret));
        assert_eq!(found, "Some((\"api-key\", Secret(Secret(…))))");
    }

    #[test]
    fn a_key_is_not_printed() {
        let choice = "openai:m".parse().expect("a choice");
        let mut settings = Settings::new(choice);
        settings.key = Some(Secret::new("hunter2"));
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
