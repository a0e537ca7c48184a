//! What a status means: ask again, ask for less, or say what somebody has to change.
//!
//! The one idea: every failure becomes one sentence with the server's URL, what happened and what to do, and none of the
//! server's own prose: servers like to repeat what they were sent. Only its error *code*, a word, is passed on.
//!
//! Deliberately absent: doing any of it.

use std::time::Duration;

use il_egress::Trouble;
use il_retrieval::EmbedError;
use serde_json::Value;

use crate::asking::Reply;

/// Why one request gave nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Cancelled,
    /// May pass: ask again, after the time that the server asked for.
    Passing(String, Option<Duration>),
    /// May pass, but asking again at once is no use.
    Unavailable(String),
    /// Somebody has to change something.
    Refused(String),
    /// Too much at once: fewer texts would do.
    TooMany(String),
    /// A text is longer than the model reads.
    TooLong(String),
    /// Nothing at this path.
    NoPath(String),
    /// The server does not have the model.
    NoModel,
}

impl Failure {
    /// For those who ask no more. `pull` says how to get the model.
    pub(crate) fn into_error(self, no_model: impl FnOnce() -> String) -> EmbedError {
        match self {
            Self::Cancelled => EmbedError::Cancelled,
            Self::Passing(text, _) | Self::Unavailable(text) => EmbedError::Unavailable(text),
            Self::Refused(text)
            | Self::TooMany(text)
            | Self::TooLong(text)
            | Self::NoPath(text) => EmbedError::Refused(text),
            Self::NoModel => EmbedError::Refused(no_model()),
        }
    }
}

/// The sentence for a connection that gave no answer.
pub(crate) fn of_trouble(trouble: Trouble, url: &str) -> Failure {
    match trouble {
        Trouble::Cancelled => Failure::Cancelled,
        Trouble::Forbidden(_) => Failure::Refused(format!(
            "`{url}` is not asked: {trouble}; `static` embeds on this machine"
        )),
        Trouble::NothingListens(_) => Failure::Unavailable(format!(
            "nothing listens at `{url}`: start the server or name another"
        )),
        Trouble::Unreachable(_) => Failure::Unavailable(format!(
            "the host of `{url}` is not found or not reachable: check the name and the network"
        )),
        Trouble::TooSlow { .. } => Failure::Unavailable(format!(
            "`{url}` took too long: it may be loading the model; it is asked again later"
        )),
        Trouble::BrokeOff(_) => Failure::Passing(
            format!("`{url}` broke off in the middle of an answer: look into the server's log"),
            None,
        ),
        Trouble::Endless { .. } => Failure::Refused(format!(
            "`{url}` answers with more than any embedding has: is it an embedding server?"
        )),
        Trouble::Tls { why, .. } => Failure::Refused(format!(
            "no trusted connection to `{url}`: {why}; check the certificate, or `http://` if it has none"
        )),
        Trouble::Other(_, why) => Failure::Refused(format!(
            "`{url}` cannot be asked: {why}; is it an embedding server?"
        )),
    }
}

/// The JSON of a good answer, or what a bad one means.
pub(crate) fn of_reply(reply: &Reply, url: &str, keyed: bool) -> Result<Value, Failure> {
    let json: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let status = reply.status;
    if (200..300).contains(&status) {
        return json.ok_or_else(|| {
            Failure::Refused(format!(
                "`{url}` answers, but not with JSON: is it an embedding server?"
            ))
        });
    }
    let hint = Hint::of(json.as_ref());
    let said = hint.code.as_ref().map_or_else(
        || format!("({status})"),
        |code| format!("({status}, `{code}`)"),
    );
    Err(match status {
        300..400 => Failure::Refused(format!(
            "`{url}` sends us elsewhere {said}: name the URL that it leads to"
        )),
        413 => Failure::TooMany(format!(
            "`{url}` takes not even one text {said}: raise the server's limit on requests"
        )),
        400 | 422 | 500 if hint.too_long => Failure::TooLong(format!(
            "`{url}` finds every text too long {said}: raise the server's batch or context size"
        )),
        400 | 404 | 422 if hint.no_model => Failure::NoModel,
        404 | 405 | 501 => Failure::NoPath(format!(
            "there is nothing at `{url}` {said}: check the URL and what the server speaks"
        )),
        401 | 403 if keyed => Failure::Refused(format!(
            "`{url}` does not accept the key {said}: check that it is valid for this server and model"
        )),
        401 | 403 => Failure::Refused(format!(
            "`{url}` wants a key {said}: give the server's API key"
        )),
        429 if hint.no_quota => Failure::Refused(format!(
            "the account at `{url}` has nothing left {said}: check its plan"
        )),
        429 => Failure::Passing(
            format!("`{url}` has too many requests {said}: it is asked again later"),
            reply.retry_after,
        ),
        503 => Failure::Passing(
            format!("`{url}` is not ready {said}: it is asked again later"),
            reply.retry_after,
        ),
        408 | 425 | 500.. => Failure::Passing(
            format!("`{url}` fails {said}: look into the server's log"),
            None,
        ),
        _ => Failure::Refused(format!(
            "`{url}` does not accept the request {said}: is the model an embedding model?"
        )),
    })
}

/// What an error's body gives away.
#[derive(Default)]
struct Hint {
    code: Option<String>,
    too_long: bool,
    no_model: bool,
    no_quota: bool,
}

impl Hint {
    /// Reads `{"error": {"code", "type", "message"}}`, `{"error": "…"}` and `{"message", "type"}`.
    fn of(json: Option<&Value>) -> Self {
        let Some(error) = json.map(|it| it.get("error").unwrap_or(it)) else {
            return Self::default();
        };
        let word = |key: &str| {
            error
                .get(key)
                .and_then(Value::as_str)
                .filter(|it| is_code(it))
        };
        let code = word("code").or_else(|| word("type"));
        let prose = error.get("message").unwrap_or(error).as_str();
        let prose = prose.unwrap_or_default().to_ascii_lowercase();
        let says = |parts: &[&str]| parts.iter().any(|it| prose.contains(it));
        Self {
            code: code.map(str::to_owned),
            too_long: code == Some("context_length_exceeded")
                || says(&[
                    "context length",
                    "context size",
                    "too large to process",
                    "too long",
                    "maximum input length",
                    "must have less than",
                ]),
            no_model: code == Some("model_not_found")
                || (says(&["model"]) && says(&["not found", "does not exist", "no such model"])),
            no_quota: code == Some("insufficient_quota"),
        }
    }
}

/// Whether a word is a code and no prose, so that it can be shown.
fn is_code(word: &str) -> bool {
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    !word.is_empty() && word.len() <= 40 && word.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expected: &str) {
        let reply = Reply {
            status,
            retry_after: None,
            body: body.as_bytes().to_vec(),
        };
        let found = match of_reply(&reply, "U", true) {
            Ok(json) => format!("ok {json}"),
            Err(failure) => format!("{failure:?}"),
        };
        assert!(found.starts_with(expected), "{found}");
    }

    #[test]
    fn a_status_is_one_sentence() {
        check(200, "{}", "ok {}");
        check(200, "<html>", "Refused(\"`U` answers, but not with JSON");
        check(302, "", "Refused(\"`U` sends us elsewhere (302)");
        check(400, "", "Refused(\"`U` does not accept the request (400)");
        check(401, "", "Refused(\"`U` does not accept the key (401)");
        check(
            404,
            "404 page not found",
            "NoPath(\"there is nothing at `U` (404)",
        );
        check(418, "", "Refused(\"`U` does not accept the request (418)");
        check(429, "", "Passing(\"`U` has too many requests (429)");
        check(501, "", "NoPath");
        check(500, "", "Passing(\"`U` fails (500)");
        check(503, "", "Passing(\"`U` is not ready (503)");
    }

    #[test]
    fn an_error_says_what_it_means_by_its_code_or_its_words() {
        let unknown = r#"{"error":"model \"x\" not found, try pulling it first"}"#;
        check(404, unknown, "NoModel");
        let unknown =
            r#"{"error":{"code":"model_not_found","message":"The model `x` does not exist"}}"#;
        check(404, unknown, "NoModel");
        let long = r#"{"error":{"code":500,"message":"input is too large to process. increase the physical batch size","type":"server_error"}}"#;
        check(
            500,
            long,
            "TooLong(\"`U` finds every text too long (500, `server_error`)",
        );
        let long = r#"{"error":{"message":"This model's maximum context length is 8192 tokens"}}"#;
        check(400, long, "TooLong");
        let unknown = r#"{"object":"error","message":"The model `x` does not exist.","code":404}"#;
        check(404, unknown, "NoModel");
        check(404, r#"{"detail":"Not Found"}"#, "NoPath");
        let poor = r#"{"error":{"type":"insufficient_quota"}}"#;
        check(
            429,
            poor,
            "Refused(\"the account at `U` has nothing left (429, `insufficient_quota`)",
        );
    }

    #[test]
    fn what_a_server_repeats_is_not_passed_on() {
        let body = r#"{"error":{"code":"fn main() { secret }","type":"Bad: secret","message":"cannot read: secret"}}"#;
        for status in [302, 400, 401, 404, 413, 418, 429, 500, 503] {
            let reply = Reply {
                status,
                retry_after: None,
                body: body.as_bytes().to_vec(),
            };
            let failure = of_reply(&reply, "U", false).expect_err("a failure");
            let said = format!("{failure:?}");
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
