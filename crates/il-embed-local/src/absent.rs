//! What stands in for local models in a build without them.
//!
//! Deliberately absent: models.

use std::{convert::Infallible, path::Path};

use il_retrieval::{EmbedError, Embedder, Purpose};
use il_text::CancelToken;

/// A model from disk. There is none in this build.
#[derive(Debug)]
pub struct LocalEmbedder(Infallible);

impl LocalEmbedder {
    /// Refuses, and says which build would not.
    pub fn open(_path: &Path) -> Result<Self, EmbedError> {
        Err(EmbedError::Refused(
            "this build has no local embedding models: build with `--features local-embeddings`"
                .to_owned(),
        ))
    }
}

impl Embedder for LocalEmbedder {
    fn model(&self) -> &str {
        match self.0 {}
    }

    fn embed(
        &self,
        _purpose: Purpose,
        _texts: &[&str],
        _cancel: &CancelToken,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        match self.0 {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_models_says_how_to_get_them() {
        let error = LocalEmbedder::open(Path::new("model")).expect_err("no model");
        assert!(error.to_string().contains("`--features local-embeddings`"));
    }
}
