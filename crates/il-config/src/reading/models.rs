//! The tables of models: `[endpoint.NAME]` and `[local.NAME]`.
//!
//! The one idea: a key is said by where it is kept. Whatever else stands there is refused without being repeated.
//!
//! Deliberately absent: whether a server answers or a file exists.

use toml::de::DeValue;

use super::{Found, Reader, section::Section};
use crate::{
    Sourced,
    settings::{Adapter, Endpoint, KeySource, Local},
};

const TOKENS: std::ops::RangeInclusive<u32> = 16..=100_000_000;

impl Reader<'_> {
    pub(super) fn endpoint(&mut self, _name: &str, section: &Section<'_>) -> Option<Endpoint> {
        section.only(
            self,
            &[
                "speaks",
                "url",
                "model",
                "key",
                "context_tokens",
                "answer_tokens",
                "template",
                "proxy",
                "authorities",
                "concurrency",
                "retries",
                "patience_seconds",
                "hedge",
                "free",
                "own",
            ],
        );
        let dialects = self.known.dialects;
        let example = format!("\"{}\"", dialects.first().unwrap_or(&"…"));
        section.needs(self, "speaks", &example);
        let speaks = self.known_word(section, "speaks", dialects);
        let without = speaks
            .as_ref()
            .filter(|it| self.known.without_model.contains(&it.as_str()));
        // The empty name is the server's own model.
        let unnamed = without.map(|it| Sourced {
            value: String::new(),
            origin: it.origin,
        });
        if unnamed.is_none() {
            section.needs(self, "model", "\"…\"");
        }
        let url = self.url(section, "url");
        let key = self.key(section);
        let template = self.known_word(section, "template", self.known.templates);
        let proxy = self.url(section, "proxy");
        let endpoint = Endpoint {
            model: section.text(self, "model").or(unnamed)?,
            speaks: speaks?,
            url,
            key,
            context_tokens: section.number(self, "context_tokens", TOKENS),
            answer_tokens: section.number(self, "answer_tokens", 1..=1_000_000),
            template,
            proxy,
            authorities: section.text(self, "authorities"),
            concurrency: section.number(self, "concurrency", 1..=64),
            retries: section.number(self, "retries", 0..=10),
            patience_seconds: section.number(self, "patience_seconds", 1..=3600),
            hedge: section.flag(self, "hedge").unwrap_or_default(),
            free: section.flag(self, "free").unwrap_or_default(),
            own: section.flag(self, "own").unwrap_or_default(),
        };
        Some(endpoint)
    }

    pub(super) fn local(&mut self, _name: &str, section: &Section<'_>) -> Option<Local> {
        section.only(
            self,
            &[
                "file",
                "context_tokens",
                "answer_tokens",
                "template",
                "threads",
                "gpu_layers",
                "adapters",
            ],
        );
        Some(Local {
            file: section.text(self, "file"),
            context_tokens: section.number(self, "context_tokens", TOKENS),
            answer_tokens: section.number(self, "answer_tokens", 1..=1_000_000),
            template: self.known_word(section, "template", self.known.templates),
            threads: section.number(self, "threads", 1..=1024),
            gpu_layers: section.number(self, "gpu_layers", 0..=10_000),
            adapters: self.adapters(section),
        })
    }

    fn adapters(&mut self, section: &Section<'_>) -> Vec<Sourced<Adapter>> {
        let Some(found) = section.find("adapters") else {
            return Vec::new();
        };
        let what = "`adapters` is a list of tables: write `adapters = [{ file = \"….gguf\" }]`";
        let Some(items) = found.value.as_array() else {
            self.problem(&found.span, what);
            return Vec::new();
        };
        let mut adapters = Vec::new();
        for item in items.iter() {
            let DeValue::Table(table) = item.get_ref() else {
                self.problem(&item.span(), what);
                continue;
            };
            let section = Section {
                title: "an adapter".to_owned(),
                header: item.span(),
                table,
            };
            let adapter = self.adapter(&section);
            adapters.extend(adapter.map(|value| {
                self.sourced(Found {
                    value,
                    span: item.span(),
                })
            }));
        }
        adapters
    }

    fn adapter(&mut self, section: &Section<'_>) -> Option<Adapter> {
        section.only(self, &["file", "weight", "repository"]);
        section.needs(self, "file", "\"….gguf\"");
        // A weight has the digits of an amount: no floating point, so that settings can be compared.
        let weight = section.amount(self, "weight");
        let repository = section.string(self, "repository");
        Some(Adapter {
            file: section.string(self, "file")?.value,
            weight_thousandths: weight
                .map_or(Ok(1000), |it| (it.value.0 / 1000).try_into())
                .ok()?,
            repository: repository.map_or("*".to_owned(), |it| it.value),
        })
    }

    /// A word out of a list that the binary knows; any word where it gave none.
    fn known_word(
        &mut self,
        section: &Section<'_>,
        key: &str,
        known: &[&str],
    ) -> Option<Sourced<String>> {
        let found = section.string(self, key)?;
        if !known.is_empty() && !known.contains(&found.value.as_str()) {
            let message = format!("`{key}` cannot be `{}`", found.value);
            self.unknown(&found.span, &message, &found.value, known);
            return None;
        }
        Some(self.sourced(found))
    }

    fn url(&mut self, section: &Section<'_>, key: &str) -> Option<Sourced<String>> {
        let found = section.string(self, key)?;
        let rest = found
            .value
            .split_once("://")
            .and_then(|(scheme, rest)| matches!(scheme, "http" | "https").then_some(rest));
        let host = rest.map(|it| it.split(['/', '?', '#']).next().unwrap_or_default());
        let wrong = match host {
            None => Some("begins with `https://` or `http://`"),
            Some("") => Some("names a host"),
            Some(host) if host.contains('@') => {
                Some("names no user and no password: say with `key` where the key is kept")
            }
            _ if found.value.contains(char::is_whitespace) => Some("has no spaces"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.problem(&found.span, format!("`{key}` {wrong}"));
            return None;
        }
        Some(self.sourced(found))
    }

    fn key(&mut self, section: &Section<'_>) -> Option<Sourced<KeySource>> {
        let found = section.string(self, "key")?;
        let read = match found.value.split_once(':') {
            Some(("env", name)) if is_variable(name) => Ok(KeySource::Env(name.to_owned())),
            Some(("env", _)) => Err(
                "`env:` is followed by the name of an environment variable: letters, digits and `_`".to_owned(),
            ),
            Some(("file", path)) if !path.is_empty() => Ok(KeySource::File(path.to_owned())),
            Some(("keyring", service)) if !service.is_empty() => {
                Ok(KeySource::Keyring(service.to_owned()))
            }
            _ => Err(
                "a key is not written into a settings file: put it into an environment variable and write \
                 `key = \"env:NAME\"`, or into a file that only you can read and write `key = \"file:PATH\"`, \
                 or into the keyring and write `key = \"keyring:SERVICE\"`"
                    .to_owned(),
            ),
        };
        match read {
            Ok(value) => Some(self.sourced(Found {
                value,
                span: found.span,
            })),
            Err(message) => {
                self.problem(&found.span, message);
                None
            }
        }
    }
}

fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts = bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    starts && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
