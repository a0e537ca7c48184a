//! Which embedding somebody asked for, in one word that fits a flag or a settings file.
//!
//! The one idea: a choice is plain data that reads and prints the same, so that a command line, a settings page and a
//! saved index mean the same thing by `ollama:nomic-embed-text@http://127.0.0.1:11434`. A choice opens nothing.
//!
//! Deliberately absent: keys (they never stand in a choice, so a choice may be logged), and whether the server answers.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where Ollama listens when nobody says otherwise.
const OLLAMA_URL: &str = "http://127.0.0.1:11434";
/// OpenAI's own server.
const OPENAI_URL: &str = "https://api.openai.com";

/// Where vectors come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbeddingChoice {
    /// The small model that ships in the binary.
    Static,
    /// No vectors: search by words alone.
    None,
    /// A server. Unless [`EmbeddingChoice::is_loopback`], **code leaves this machine**: every chunk of the repository is
    /// sent there.
    Server(ServerChoice),
    /// A model on disk.
    File(PathBuf),
}

/// A server, what it speaks and which of its models is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerChoice {
    pub dialect: Dialect,
    pub model: String,
    /// Scheme, host, port and perhaps a path; no final slash.
    pub url: String,
}

/// What a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `POST /v1/embeddings`, as OpenAI, llama.cpp, vLLM, LM Studio and many others have it.
    OpenAi,
    /// `POST /api/embed`.
    Ollama,
}

impl Dialect {
    /// The word before the colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Ollama => "ollama",
        }
    }

    fn default_url(self) -> &'static str {
        match self {
            Self::OpenAi => OPENAI_URL,
            Self::Ollama => OLLAMA_URL,
        }
    }
}

/// Why a word is no choice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    #[error(
        "no embedding is called `{0}`: say `static`, `none`, `ollama:MODEL[@URL]`, `openai:MODEL[@URL]` or `file:PATH`"
    )]
    Unknown(String),
    #[error("`{0}:` names no model: say `{0}:MODEL` or `{0}:MODEL@URL`")]
    NoModel(&'static str),
    #[error("`file:` names no file: say `file:PATH` with a model's folder or `.gguf` file")]
    NoPath,
    #[error("`{0}` is no URL of a server: it begins with `http://` or `https://` and a host")]
    BadUrl(String),
    /// The URL is not quoted: it has a password in it.
    #[error("the URL has a user or password in it: leave them out, keys are given apart")]
    Credentials,
    #[error("the URL `{0}` has a `?` or `#` in it: leave out what follows the path")]
    Query(String),
}

impl EmbeddingChoice {
    /// Whether nothing that is embedded leaves this machine: there is no server, or it is on loopback.
    ///
    /// A name that merely resolves to this machine counts as foreign; `localhost` does not.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Static | Self::None | Self::File(_) => true,
            Self::Server(server) => server.is_loopback(),
        }
    }
}

impl ServerChoice {
    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        let Some(host) = host(&self.url) else {
            return false;
        };
        let address = host.trim_start_matches('[').trim_end_matches(']');
        match address.parse::<core::net::IpAddr>() {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        }
    }
}

/// The host of a URL that [`server_url`] let through.
fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split('/').next()?;
    match authority.find(']') {
        Some(end) => authority.get(..=end),
        None => authority.split(':').next(),
    }
}

impl FromStr for EmbeddingChoice {
    type Err = ChoiceError;

    fn from_str(word: &str) -> Result<Self, ChoiceError> {
        let word = word.trim();
        match word {
            "static" => return Ok(Self::Static),
            "none" => return Ok(Self::None),
            _ => {}
        }
        let unknown = || ChoiceError::Unknown(word.to_owned());
        let (kind, rest) = word.split_once(':').ok_or_else(unknown)?;
        let dialect = match kind {
            "file" if rest.is_empty() => return Err(ChoiceError::NoPath),
            "file" => return Ok(Self::File(PathBuf::from(rest))),
            "openai" => Dialect::OpenAi,
            "ollama" => Dialect::Ollama,
            // A typing error in front of a URL may have a password behind it.
            _ if rest.contains("://") => return Err(ChoiceError::Unknown(format!("{kind}:…"))),
            _ => return Err(unknown()),
        };
        // Models have colons in their names (`nomic-embed-text:v1.5`) and none has an at sign.
        let (model, url) = match rest.split_once('@') {
            Some((model, url)) => (model, server_url(url)?),
            None => (rest, dialect.default_url().to_owned()),
        };
        if model.is_empty() || model.contains("://") {
            return Err(ChoiceError::NoModel(dialect.word()));
        }
        Ok(Self::Server(ServerChoice {
            dialect,
            model: model.to_owned(),
            url,
        }))
    }
}

/// Checks a URL as far as it matters to know which machine it means.
fn server_url(url: &str) -> Result<String, ChoiceError> {
    let bad = || ChoiceError::BadUrl(url.to_owned());
    if url.contains('@') {
        return Err(ChoiceError::Credentials);
    }
    if url.contains(['?', '#']) {
        return Err(ChoiceError::Query(url.to_owned()));
    }
    let (scheme, rest) = url.split_once("://").ok_or_else(bad)?;
    if !matches!(scheme, "http" | "https") || rest.contains("://") {
        return Err(bad());
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let (name, port) = match authority.rfind(']') {
        Some(end) => authority.split_at(end + 1),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let named = match name.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(address) => address.parse::<core::net::Ipv6Addr>().is_ok(),
        None => {
            let plain = |it: u8| it.is_ascii_alphanumeric() || b"-._".contains(&it);
            !name.is_empty() && name.bytes().all(plain)
        }
    };
    let ported = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|it| it.parse::<u16>().is_ok_and(|it| it > 0));
    let clean = rest
        .bytes()
        .all(|it| it.is_ascii_graphic() && it != b'\\' && it != b'%');
    if !named || !ported || !clean {
        return Err(bad());
    }
    Ok(url.trim_end_matches('/').to_owned())
}

impl fmt::Display for EmbeddingChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static => f.write_str("static"),
            Self::None => f.write_str("none"),
            Self::Server(it) => write!(f, "{}:{}@{}", it.dialect.word(), it.model, it.url),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(word: &str, expected: &str) {
        let choice: EmbeddingChoice = word.parse().expect("a choice");
        let here = if choice.is_loopback() {
            "here"
        } else {
            "leaves"
        };
        assert_eq!(format!("{choice} {here}"), expected);
        // What is printed reads the same again.
        assert_eq!(choice.to_string().parse(), Ok(choice));
    }

    #[test]
    fn a_choice_reads_and_prints_the_same() {
        reads("static", "static here");
        reads(" none ", "none here");
        reads("file:/models/mini lm", "file:/models/mini lm here");
        reads(
            "ollama:nomic-embed-text:v1.5",
            "ollama:nomic-embed-text:v1.5@http://127.0.0.1:11434 here",
        );
        reads(
            "ollama:nomic-embed-text@http://127.0.0.1:11434/",
            "ollama:nomic-embed-text@http://127.0.0.1:11434 here",
        );
        reads(
            "openai:text-embedding-3-small",
            "openai:text-embedding-3-small@https://api.openai.com leaves",
        );
        reads(
            "openai:BAAI/bge-m3@https://embed.example/v1",
            "openai:BAAI/bge-m3@https://embed.example/v1 leaves",
        );
    }

    #[test]
    fn only_this_machine_is_this_machine() {
        let here = |url: &str| {
            let choice: EmbeddingChoice = format!("openai:m@{url}").parse().expect("a choice");
            choice.is_loopback()
        };
        for url in [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://localhost:1",
            "http://LOCALHOST",
            "https://[::1]:8080/v1",
            "http://[::ffff:127.0.0.1]:80",
        ] {
            assert!(here(url), "{url}");
        }
        for url in [
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://192.168.0.7:8080",
            "http://0.0.0.0:8080",
            "http://[2001:db8::1]",
            "http://evil.example/127.0.0.1",
        ] {
            assert!(!here(url), "{url}");
        }
    }

    #[track_caller]
    fn refuses(word: &str, expected: &str) {
        let error = word
            .parse::<EmbeddingChoice>()
            .expect_err("no choice")
            .to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_wrong_word_is_told_what_would_be_right() {
        refuses("ollma:x", "no embedding is called `ollma:x`: say `static`");
        refuses("", "no embedding is called ``");
        refuses("openai:", "`openai:` names no model: say `openai:MODEL`");
        refuses("ollama:http://127.0.0.1:11434", "`ollama:` names no model");
        refuses("ollama:@http://127.0.0.1", "`ollama:` names no model");
        refuses("file:", "`file:` names no file");
        refuses("ollama:m@127.0.0.1:11434", "`127.0.0.1:11434` is no URL");
        refuses("ollama:m@ftp://host", "`ftp://host` is no URL");
        for url in [
            "http://",
            "http://:80",
            "http://a b",
            "http://h:99999",
            "http://h:0",
            "http://h:x",
            "http://[::1",
            "http://[x]",
            "http://h\\x",
            "http://h%2e",
            "http://h/http://g",
        ] {
            refuses(&format!("ollama:m@{url}"), "is no URL");
        }
        refuses("openai:m@https://h/v1?key=1", "has a `?` or `#`");
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        for word in [
            "openai:m@https://me:hunter2@host", // interline:allow
            "opnai:m@https://me:hunter2@host",  // interline:allow
            "openai:m@http://127.0.0.1:80@hunter2.example",
        ] {
            let error = word.parse::<EmbeddingChoice>().expect_err("no choice");
            let printed = format!("{error} {error:?}");
            assert!(!printed.contains("hunter2"), "{printed}");
        }
    }
}
