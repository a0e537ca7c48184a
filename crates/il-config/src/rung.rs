//! A rung of the ladder: one model that may answer.
//!
//! Deliberately absent: which dialects there are; the binary hands over their names.

use std::fmt;

/// One model that may answer, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rung {
    /// The repo model.
    Repo,
    /// A model on this machine: the name of a `[local]` table, an id of the registry, or a path.
    Local(String),
    /// The name of an `[endpoint]` table.
    Endpoint(String),
    /// A model and where it is in one word, `ollama:MODEL@URL`; the binary reads it. Also the words `static` and
    /// `none`, for embeddings.
    Shorthand(String),
}

impl Rung {
    /// Reads one; the error says what is allowed.
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        let (kind, rest) = match word.split_once(':') {
            Some((kind, rest)) => (kind, rest.trim()),
            None => (word, ""),
        };
        match kind {
            "repo" if !word.contains(':') => Ok(Self::Repo),
            "static" | "none" if !word.contains(':') => Ok(Self::Shorthand(word.to_owned())),
            "local" | "endpoint" if rest.is_empty() => {
                Err(format!("`{kind}:` is followed by a name"))
            }
            "local" => Ok(Self::Local(rest.to_owned())),
            "endpoint" => Ok(Self::Endpoint(rest.to_owned())),
            _ if !rest.is_empty() && !kind.is_empty() => Ok(Self::Shorthand(word.to_owned())),
            _ => Err(format!("`{word}` names no model")),
        }
    }

    /// What is before the colon of a shorthand.
    pub(crate) fn dialect(&self) -> Option<&str> {
        match self {
            Self::Shorthand(word) => word.split_once(':').map(|(kind, _)| kind),
            _ => None,
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repo => f.write_str("repo"),
            Self::Local(name) => write!(f, "local:{name}"),
            Self::Endpoint(name) => write!(f, "endpoint:{name}"),
            Self::Shorthand(word) => f.write_str(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rung_is_written_as_it_is_read() {
        for word in [
            "repo",
            "local:qwen2.5-coder-1.5b",
            "local:/models/a b.gguf",
            "endpoint:work",
            "ollama:qwen2.5-coder:1.5b@http://127.0.0.1:11434",
            "static",
        ] {
            assert_eq!(Rung::parse(word).expect(word).to_string(), word);
        }
        for word in [
            "",
            "repos",
            "local",
            "local:",
            "endpoint: ",
            ":x",
            "repo:x:",
        ] {
            let read = Rung::parse(word);
            assert!(
                read.is_err() || word.starts_with("repo:"),
                "{word}: {read:?}"
            );
        }
    }
}
