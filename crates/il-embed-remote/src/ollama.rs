//! Ollama: `POST /api/embed`, and `POST /api/embeddings` for versions before 0.3 that lack it.
//!
//! The one idea: a 404 is either a path or a model that is not there. The first is tried the old way, once and for all;
//! the second is told how to get the model.
//!
//! Deliberately absent: pulling models, and keeping them loaded longer than the server does by itself.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use il_retrieval::{EmbedError, Embedder, Purpose};
use il_text::CancelToken;
use serde_json::{Value, json};

use crate::{
    Settings,
    failure::Failure,
    json,
    remote::{Answer, Remote},
};

/// A server that speaks Ollama's way. Named `ollama:MODEL`.
#[derive(Debug)]
pub struct OllamaEmbedder {
    remote: Remote,
    base: String,
    /// The server lacks `/api/embed`.
    old: AtomicBool,
}

impl OllamaEmbedder {
    /// Refuses a URL, model or key that could never work; the server is not asked yet.
    pub fn new(settings: Settings) -> Result<Self, EmbedError> {
        let remote = Remote::new(settings)?;
        let base = remote.url.strip_suffix("/api").unwrap_or(&remote.url);
        Ok(Self {
            base: base.to_owned(),
            remote,
            old: AtomicBool::new(false),
        })
    }

    fn ask(&self, batch: &[String], cancel: &CancelToken) -> Answer {
        if !self.old.load(Relaxed) {
            match self.ask_for_all(batch, cancel) {
                Err(Failure::NoPath(_)) => self.old.store(true, Relaxed),
                answer => return answer,
            }
        }
        batch
            .iter()
            .map(|text| self.ask_for_one(text, cancel))
            .collect()
    }

    fn ask_for_all(&self, batch: &[String], cancel: &CancelToken) -> Answer {
        let url = format!("{}/api/embed", self.base);
        let request = json!({"model": self.remote.model, "input": batch, "truncate": true});
        let answer = self.remote.post(&url, &request, cancel)?;
        let Some(rows) = answer.get("embeddings").and_then(Value::as_array) else {
            return Err(strange(&url, "answers without `embeddings`"));
        };
        rows.iter().map(|row| whole(row, &url)).collect()
    }

    fn ask_for_one(&self, text: &str, cancel: &CancelToken) -> Result<Vec<f32>, Failure> {
        let url = format!("{}/api/embeddings", self.base);
        let request = json!({"model": self.remote.model, "prompt": text});
        let answer = self.remote.post(&url, &request, cancel)?;
        let Some(row) = answer.get("embedding") else {
            return Err(strange(&url, "answers without `embedding`"));
        };
        whole(row, &url)
    }
}

fn whole(row: &Value, url: &str) -> Result<Vec<f32>, Failure> {
    json::vector(row).ok_or_else(|| strange(url, "gives a vector that is not all numbers"))
}

fn strange(url: &str, why: &str) -> Failure {
    Failure::Refused(format!(
        "`{url}` {why}: is it Ollama, and an embedding model?"
    ))
}

impl Embedder for OllamaEmbedder {
    fn model(&self) -> &str {
        self.remote.name()
    }

    fn embed(
        &self,
        purpose: Purpose,
        texts: &[&str],
        cancel: &CancelToken,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let no_model = || {
            let (base, model) = (&self.base, &self.remote.model);
            format!(
                "Ollama at `{base}` does not have the model `{model}`: run `ollama pull {model}`"
            )
        };
        self.remote
            .embed(purpose, texts, cancel, &no_model, &|batch| {
                self.ask(batch, cancel)
            })
    }
}

#[cfg(test)]
mod tests;
