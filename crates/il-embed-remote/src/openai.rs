//! `POST /v1/embeddings`, as OpenAI, llama.cpp, vLLM, LM Studio, LocalAI and others have it.
//!
//! Deliberately absent: `dimensions` (a shortened vector is another model), `user`, and what it cost.

use il_retrieval::{EmbedError, Embedder, Purpose};
use il_text::CancelToken;
use serde_json::{Value, json};

use crate::{
    Settings,
    failure::Failure,
    json,
    remote::{Answer, Remote},
};

/// A server that speaks OpenAI's way. Named `openai:MODEL`.
#[derive(Debug)]
pub struct OpenAiEmbedder {
    remote: Remote,
    endpoint: String,
}

impl OpenAiEmbedder {
    /// Refuses a URL, model or key that could never work; the server is not asked yet.
    pub fn new(settings: Settings) -> Result<Self, EmbedError> {
        let remote = Remote::new(settings)?;
        let endpoint = endpoint(&remote.url);
        Ok(Self { remote, endpoint })
    }

    fn ask(&self, batch: &[String], cancel: &CancelToken) -> Answer {
        let request = json!({
            "model": self.remote.model,
            "input": batch,
            "encoding_format": "float",
        });
        let answer = self.remote.post(&self.endpoint, &request, cancel)?;
        read(&answer, batch.len()).map_err(|why| {
            let url = &self.endpoint;
            Failure::Refused(format!("`{url}` {why}: is it an embedding server?"))
        })
    }
}

impl Embedder for OpenAiEmbedder {
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
            format!(
                "`{}` does not have the model `{}`: check its name, and that it is loaded",
                self.endpoint, self.remote.model
            )
        };
        self.remote
            .embed(purpose, texts, cancel, &no_model, &|batch| {
                self.ask(batch, cancel)
            })
    }
}

/// A server's base, its version's root and the endpoint itself are all understood.
fn endpoint(url: &str) -> String {
    let last = url.rsplit('/').next().unwrap_or_default();
    let version = last
        .strip_prefix('v')
        .is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()));
    match last {
        "embeddings" => url.to_owned(),
        _ if version => format!("{url}/embeddings"),
        _ => format!("{url}/v1/embeddings"),
    }
}

/// Vectors in the order of the texts; servers may send them in another.
fn read(answer: &Value, wanted: usize) -> Result<Vec<Vec<f32>>, String> {
    let data = answer
        .get("data")
        .and_then(Value::as_array)
        .ok_or("answers without `data`")?;
    if data.len() != wanted {
        return Err(format!("gives {} vectors for {wanted} texts", data.len()));
    }
    let mut vectors = vec![None; wanted];
    for (place, item) in data.iter().enumerate() {
        let index = match item.get("index") {
            None => Some(place),
            Some(index) => index.as_u64().and_then(|it| usize::try_from(it).ok()),
        };
        let slot = index.and_then(|it| vectors.get_mut(it));
        let vector = item.get("embedding").and_then(json::vector);
        match (slot, vector) {
            (Some(slot @ None), Some(vector)) => *slot = Some(vector),
            (_, None) => return Err("gives a vector that is not all numbers".to_owned()),
            _ => return Err("numbers its vectors wrongly".to_owned()),
        }
    }
    // As many as there are places and no place twice: none is left empty.
    Ok(vectors.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests;
