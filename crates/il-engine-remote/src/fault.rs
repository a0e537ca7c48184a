//! What the JSON of an error gives away, without its prose.
//!
//! The one idea: servers like to repeat what they were sent, so of an error's text only what it is *about* is kept; the
//! words that are shown are its code or type, if that is one short word.
//!
//! Deliberately absent: what to do about it.

use serde_json::Value;

/// An error as a server told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Its code or type: one short word or number.
    pub(crate) code: Option<String>,
    pub(crate) about: Option<About>,
}

/// What an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The prompt is longer than the model reads.
    TooLong,
    /// The server does not have the model.
    NoModel,
    /// The account has nothing left.
    NoQuota,
    /// The model, or the server, has no hole in its template.
    NoInsert,
    /// The model is being loaded.
    Loading,
    /// The server has too much to do.
    Overloaded,
    /// The key.
    Key,
    /// The model takes no other temperature than its own.
    Temperature,
}

impl Fault {
    /// The error in a value, if it is one: `{"error": {…}}`, `{"error": "…"}`, `{"object": "error", …}`,
    /// `{"type": "error", …}`.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let error = &value["error"];
        if !error.is_null() {
            return Some(Self::read(error));
        }
        let flat = value["object"] == "error" || value["type"] == "error";
        flat.then(|| Self::read(value))
    }

    /// The error in the body of a bad status, whatever its shape.
    pub(crate) fn of_body(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            // Gemini wraps its errors in an array when it does not stream.
            Ok(Value::Array(all)) => all.first().and_then(Self::of).unwrap_or_default(),
            Ok(value) => Self::of(&value).unwrap_or_else(|| Self::read(&value)),
            Err(_) => Self::default(),
        }
    }

    fn read(error: &Value) -> Self {
        let code = ["code", "status", "type"]
            .iter()
            .find_map(|it| word(&error[*it]));
        // A number says no more than the status does; a word next to it says more.
        let named = ["type", "status", "code"]
            .iter()
            .filter_map(|it| word(&error[*it]))
            .find(|it| !it.bytes().all(|it| it.is_ascii_digit()) && it != "error");
        let string = |it: &str| error[it].as_str();
        let prose = string("message").or(string("detail")).or(error.as_str());
        let prose = prose.unwrap_or_default().to_ascii_lowercase();
        let codes = ["code", "status", "type"].map(|it| string(it).unwrap_or_default());
        Self {
            about: about(&codes, &prose),
            code: match codes.iter().any(|it| specific(it)) {
                true => word(&error["code"]).or(named).or(code),
                false => named.or(code),
            },
        }
    }

    /// The status that an error in the middle of a stream stands for.
    pub(crate) fn status(&self) -> Option<u16> {
        let number = self.code.as_ref()?.parse().ok()?;
        (400..600).contains(&number).then_some(number)
    }
}

/// Codes that say more than the type next to them.
fn specific(code: &str) -> bool {
    matches!(
        code,
        "context_length_exceeded"
            | "model_not_found"
            | "insufficient_quota"
            | "invalid_api_key"
            | "rate_limit_exceeded"
    )
}

/// A code that can be shown: a short word or number and no prose.
fn word(value: &Value) -> Option<String> {
    if let Some(number) = value.as_u64() {
        return Some(number.to_string());
    }
    let word = value.as_str()?;
    let plain = |it: u8| it.is_ascii_alphanumeric() || it == b'_';
    let is_code = !word.is_empty() && word.len() <= 40 && word.bytes().all(plain);
    is_code.then(|| word.to_owned())
}

/// What an error is about, by its codes or else by words that servers are known to use.
fn about(codes: &[&str], prose: &str) -> Option<About> {
    let has = |all: &[&str]| codes.iter().any(|it| all.contains(it));
    let says = |all: &[&str]| all.iter().any(|it| prose.contains(it));
    if has(&["context_length_exceeded", "exceed_context_size_error"])
        || says(&[
            "context length",
            "context size",
            "context window",
            "prompt is too long",
            "input is too long",
            "input token count",
            "too many tokens",
            "too large for model with",
        ])
    {
        Some(About::TooLong)
    } else if says(&[
        "does not support insert",
        "suffix is not",
        "infill is not supported",
        "suffix not supported",
    ]) {
        Some(About::NoInsert)
    } else if has(&["model_not_found", "invalid_model"])
        || (says(&["model"])
            && says(&[
                "not found",
                "does not exist",
                "no such model",
                "invalid model",
            ]))
    {
        Some(About::NoModel)
    } else if has(&["insufficient_quota", "billing_error"])
        || says(&["insufficient balance", "credit balance"])
    {
        Some(About::NoQuota)
    } else if has(&["invalid_api_key", "authentication_error"])
        || says(&["api key not valid", "api_key_invalid"])
    {
        Some(About::Key)
    } else if says(&["loading model"]) {
        Some(About::Loading)
    } else if has(&["overloaded_error", "UNAVAILABLE", "RESOURCE_EXHAUSTED"]) {
        Some(About::Overloaded)
    } else if says(&["temperature"]) && says(&["unsupported", "does not support", "deprecated"]) {
        Some(About::Temperature)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, code: Option<&str>, about: Option<About>) {
        let fault = Fault::of_body(body.as_bytes());
        assert_eq!((fault.code.as_deref(), fault.about), (code, about));
    }

    #[test]
    fn each_provider_has_its_own_way_to_say_no() {
        check(
            r#"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            Some("model_not_found"),
            Some(About::NoModel),
        );
        check(
            r#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#,
            Some("rate_limit_exceeded"),
            None,
        );
        check(
            r#"{"error":"registry.ollama.ai/library/llama3:latest does not support insert"}"#,
            None,
            Some(About::NoInsert),
        );
        check(
            r#"{"error":"model 'x' not found"}"#,
            None,
            Some(About::NoModel),
        );
        check(
            r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            Some("unavailable_error"),
            Some(About::Loading),
        );
        check(
            r#"{"error":{"code":400,"message":"request (9000 tokens) exceeds the available context size","type":"exceed_context_size_error"}}"#,
            Some("exceed_context_size_error"),
            Some(About::TooLong),
        );
        check(
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
            Some("overloaded_error"),
            Some(About::Overloaded),
        );
        check(
            r#"{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}"#,
            Some("invalid_model"),
            Some(About::NoModel),
        );
        check(
            r#"[{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}]"#,
            Some("RESOURCE_EXHAUSTED"),
            Some(About::Overloaded),
        );
        check(
            r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}"#,
            Some("INVALID_ARGUMENT"),
            Some(About::Key),
        );
        check(
            r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#,
            Some("unknown_error"),
            Some(About::NoQuota),
        );
        check(r#"{"detail":"Not Found"}"#, None, None);
        check("<html>", None, None);
    }

    #[test]
    fn what_reads_like_a_text_is_no_code() {
        check(
            r#"{"error":{"code":"fn main() { secret }","type":"a.b: secret","message":"cannot read: secret"}}"#,
            None,
            None,
        );
        check(r#"{"error":"secret"}"#, None, None);
    }

    #[test]
    fn what_is_no_error_is_none() {
        let chunk = serde_json::json!({"choices": [], "error": null});
        assert_eq!(Fault::of(&chunk), None);
    }
}
