//! Which server and model somebody means, in one word that fits a flag or a settings file.
//!
//! The one idea: a choice is plain data that reads and prints the same, so that a command line, a settings page and a log
//! mean the same thing by `ollama:qwen2.5-coder:1.5b@http://127.0.0.1:11434`. A choice opens nothing.
//!
//! Deliberately absent: keys (they never stand in a choice, so a choice may be logged), and which machine a URL means:
//! that is decided in one place for all that leaves, by the choice of an embedding.

use std::{fmt, str::FromStr};

use il_retrieval::{ChoiceError, EmbeddingChoice, ServerChoice};

/// A server, what it speaks and which of its models is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointChoice {
    pub dialect: Dialect,
    /// Empty for a llama.cpp server, which has one model.
    pub model: String,
    /// Scheme, host, port and perhaps a path; no final slash.
    pub url: String,
}

/// What a server speaks, and how a hole is shown to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `POST /v1/completions` with `suffix`: the server applies the model's template.
    OpenAi,
    /// `POST /v1/completions` with the model's markers in the prompt.
    OpenAiFim,
    /// `POST /v1/chat/completions`: a hole is described in words.
    OpenAiChat,
    /// `POST /v1/fim/completions`.
    Mistral,
    /// `POST /beta/completions`.
    DeepSeek,
    /// `POST /api/generate` with `suffix`: the server applies the model's template.
    Ollama,
    /// `POST /api/generate`, raw, with the model's markers in the prompt.
    OllamaFim,
    /// `POST /infill`: the server reads the markers from the model's file.
    LlamaServer,
    /// `POST /completion` with the model's markers in the prompt.
    LlamaServerFim,
    /// `POST /v1/messages`: a hole is described in words.
    Anthropic,
    /// `POST …:streamGenerateContent`: a hole is described in words.
    Gemini,
}

impl Dialect {
    /// All of them, in the order in which people are told.
    pub const ALL: [Self; 11] = [
        Self::OpenAi,
        Self::OpenAiFim,
        Self::OpenAiChat,
        Self::Mistral,
        Self::DeepSeek,
        Self::Ollama,
        Self::OllamaFim,
        Self::LlamaServer,
        Self::LlamaServerFim,
        Self::Anthropic,
        Self::Gemini,
    ];

    /// The word before the colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::OpenAiFim => "openai-fim",
            Self::OpenAiChat => "openai-chat",
            Self::Mistral => "mistral",
            Self::DeepSeek => "deepseek",
            Self::Ollama => "ollama",
            Self::OllamaFim => "ollama-fim",
            Self::LlamaServer => "llama-server",
            Self::LlamaServerFim => "llama-server-fim",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
        }
    }

    /// The prompt holds the model's markers, so that a template is needed.
    pub fn is_raw(self) -> bool {
        matches!(
            self,
            Self::OpenAiFim | Self::OllamaFim | Self::LlamaServerFim
        )
    }

    /// There is no request with a hole: it is described in words to a chat model.
    pub fn is_chat_only(self) -> bool {
        matches!(self, Self::OpenAiChat | Self::Anthropic | Self::Gemini)
    }

    /// The server has one model, which need not be named.
    pub fn is_llama_server(self) -> bool {
        matches!(self, Self::LlamaServer | Self::LlamaServerFim)
    }

    fn default_url(self) -> &'static str {
        match self {
            Self::OpenAi | Self::OpenAiFim | Self::OpenAiChat => "https://api.openai.com",
            Self::Mistral => "https://api.mistral.ai",
            Self::DeepSeek => "https://api.deepseek.com",
            Self::Ollama | Self::OllamaFim => "http://127.0.0.1:11434",
            Self::LlamaServer | Self::LlamaServerFim => "http://127.0.0.1:8080",
            Self::Anthropic => "https://api.anthropic.com",
            Self::Gemini => "https://generativelanguage.googleapis.com",
        }
    }
}

/// Why a word is no choice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("no remote model is called `{0}`: say {list} and `:MODEL[@URL]`, or `llama-server[:URL]`", list = words())]
    Unknown(String),
    #[error("`{0}:` names no model: say `{0}:MODEL` or `{0}:MODEL@URL`")]
    NoModel(&'static str),
    #[error(transparent)]
    Url(#[from] ChoiceError),
}

fn words() -> String {
    let named = Dialect::ALL.iter().filter(|it| !it.is_llama_server());
    let words: Vec<String> = named.map(|it| format!("`{}`", it.word())).collect();
    words.join(", ")
}

impl EndpointChoice {
    /// Whether nothing that is asked leaves this machine.
    ///
    /// A name that merely resolves to this machine counts as foreign; `localhost` does not.
    pub fn is_loopback(&self) -> bool {
        server(&self.url).is_ok_and(|it| it.is_loopback())
    }

    /// Code and key go to another machine unencrypted.
    pub fn is_in_the_clear(&self) -> bool {
        self.url.starts_with("http://") && !self.is_loopback()
    }

    /// Host and port, as people are told.
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or("", |it| it.1);
        rest.split('/').next().unwrap_or_default()
    }

    /// `model` at `host`, or the host alone when it has one model.
    pub(crate) fn model_at_host(&self) -> String {
        let host = self.host();
        match self.model.as_str() {
            "" => format!("`{host}`"),
            model => format!("`{model}` at `{host}`"),
        }
    }
}

/// The one rule of what a server's URL may be and which machine it means is the embedding choice's.
fn server(url: &str) -> Result<ServerChoice, ChoiceError> {
    match format!("openai:m@{url}").parse()? {
        EmbeddingChoice::Server(it) => Ok(it),
        EmbeddingChoice::Static | EmbeddingChoice::None | EmbeddingChoice::File(_) => {
            Err(ChoiceError::BadUrl(url.to_owned()))
        }
    }
}

impl FromStr for EndpointChoice {
    type Err = EndpointError;

    fn from_str(word: &str) -> Result<Self, EndpointError> {
        let word = word.trim();
        let (kind, rest) = word.split_once(':').unwrap_or((word, ""));
        let Some(dialect) = Dialect::ALL.into_iter().find(|it| it.word() == kind) else {
            // A typing error in front of a URL may have a password behind it.
            let shown = match word.contains('@') || word.contains("://") {
                true => format!("{kind}:…"),
                false => word.to_owned(),
            };
            return Err(EndpointError::Unknown(shown));
        };
        let (model, url) = if dialect.is_llama_server() {
            ("", Some(rest).filter(|it| !it.is_empty()))
        } else {
            split_model(rest)
        };
        if !dialect.is_llama_server() && (model.is_empty() || model.contains("://")) {
            return Err(EndpointError::NoModel(dialect.word()));
        }
        let url = server(url.unwrap_or(dialect.default_url()))?.url;
        Ok(Self {
            dialect,
            model: model.to_owned(),
            url,
        })
    }
}

/// Models have colons in their names (`qwen2.5-coder:1.5b`) and some an at sign (`@cf/qwen/…`, `claude@20240620`), so
/// the URL begins where a scheme stands behind one.
fn split_model(rest: &str) -> (&str, Option<&str>) {
    let starts = ["@http://", "@https://"].map(|it| rest.find(it));
    match starts.into_iter().flatten().min() {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    }
}

impl fmt::Display for EndpointChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.dialect.word();
        match self.dialect.is_llama_server() {
            true => write!(f, "{word}:{}", self.url),
            false => write!(f, "{word}:{}@{}", self.model, self.url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(word: &str, expected: &str) {
        let choice: EndpointChoice = word.parse().expect("a choice");
        let here = match choice.is_loopback() {
            true => "here",
            false => "leaves",
        };
        assert_eq!(format!("{choice} {here}"), expected);
        assert_eq!(choice.to_string().parse(), Ok(choice));
    }

    #[test]
    fn a_choice_reads_and_prints_the_same() {
        reads(
            "openai:gpt-3.5-turbo-instruct",
            "openai:gpt-3.5-turbo-instruct@https://api.openai.com leaves",
        );
        reads(
            "openai-fim:Qwen/Qwen2.5-Coder-7B@http://127.0.0.1:8000/v1/",
            "openai-fim:Qwen/Qwen2.5-Coder-7B@http://127.0.0.1:8000/v1 here",
        );
        reads(
            "openai-chat:@cf/qwen/coder@https://ai.example/v1",
            "openai-chat:@cf/qwen/coder@https://ai.example/v1 leaves",
        );
        reads(
            "mistral:codestral-latest@https://codestral.mistral.ai",
            "mistral:codestral-latest@https://codestral.mistral.ai leaves",
        );
        reads(
            "deepseek:deepseek-chat",
            "deepseek:deepseek-chat@https://api.deepseek.com leaves",
        );
        reads(
            "ollama:qwen2.5-coder:1.5b",
            "ollama:qwen2.5-coder:1.5b@http://127.0.0.1:11434 here",
        );
        reads(
            "ollama-fim:m@http://gpu.lan:11434",
            "ollama-fim:m@http://gpu.lan:11434 leaves",
        );
        reads("llama-server", "llama-server:http://127.0.0.1:8080 here");
        reads(
            "llama-server:http://localhost:8012",
            "llama-server:http://localhost:8012 here",
        );
        reads(
            "llama-server-fim:http://10.0.0.2:8012",
            "llama-server-fim:http://10.0.0.2:8012 leaves",
        );
        reads(
            "anthropic:claude-haiku-4-5",
            "anthropic:claude-haiku-4-5@https://api.anthropic.com leaves",
        );
        reads(
            "gemini:gemini-2.5-flash",
            "gemini:gemini-2.5-flash@https://generativelanguage.googleapis.com leaves",
        );
    }

    #[test]
    fn what_goes_over_a_network_unencrypted_is_known() {
        let clear = |word: &str| {
            let choice: EndpointChoice = word.parse().expect("a choice");
            choice.is_in_the_clear()
        };
        assert!(clear("ollama:m@http://gpu.lan:11434"));
        assert!(!clear("ollama:m") && !clear("openai:m@https://gpu.lan"));
    }

    #[track_caller]
    fn refuses(word: &str, expected: &str) {
        let error = word.parse::<EndpointChoice>().expect_err("no choice");
        let error = error.to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_wrong_word_is_told_what_would_be_right() {
        refuses(
            "opnai:x",
            "no remote model is called `opnai:x`: say `openai`, `openai-fim`",
        );
        refuses("", "no remote model is called ``");
        refuses("openai", "`openai:` names no model: say `openai:MODEL`");
        refuses("ollama:http://127.0.0.1:11434", "`ollama:` names no model");
        refuses("ollama:@http://127.0.0.1", "`ollama:` names no model");
        refuses("ollama:m@http://h:99999", "`http://h:99999` is no URL");
        refuses("llama-server:127.0.0.1:8080", "`127.0.0.1:8080` is no URL");
        refuses("openai:m@https://h/v1?key=1", "has a `?` or `#`");
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        for word in [
            "openai:m@https://me:hunter2@host",    // interline:allow
            "opnai:m@https://me:hunter2@host",     // interline:allow
            "llama-server:http://me:hunter2@host", // interline:allow
            "llama-sever:http://me:hunter2@host",  // interline:allow
        ] {
            let error = word.parse::<EndpointChoice>().expect_err("no choice");
            let printed = format!("{error} {error:?}");
            assert!(!printed.contains("hunter2"), "{printed}");
        }
    }
}
