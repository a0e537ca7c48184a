//! A model from disk as an embedder.
//!
//! Deliberately absent: reading it, and the arithmetic.

use std::{fmt, path::Path};

use il_retrieval::{EmbedError, Embedder, Instruction, Purpose, normalise};
use il_text::CancelToken;
use sha2::{Digest as _, Sha256};

use crate::{
    batch,
    bert::{Bert, Pooling},
    folder, gguf,
    lookup::Lookup,
    tokens::Tokens,
};

/// A model from disk. Named `file:NAME-HASH`, where the hash is of all that was read.
pub struct LocalEmbedder {
    name: String,
    instruction: Instruction,
    tokens: Tokens,
    network: Network,
}

/// What a format's reader found.
pub(crate) struct Model {
    /// The model's own word before texts, where it has some.
    pub(crate) instruction: Option<Instruction>,
    pub(crate) tokens: Tokens,
    pub(crate) network: Network,
    pub(crate) hash: Sha256,
}

pub(crate) enum Network {
    Bert(Bert, Pooling),
    Lookup(Lookup),
}

impl LocalEmbedder {
    /// Reads a model's folder or `.gguf` file, all of it.
    pub fn open(path: &Path) -> Result<Self, EmbedError> {
        let is_folder = path.is_dir();
        let model = match is_folder {
            true => folder::read(path)?,
            false => gguf::read(path)?,
        };
        let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let name = match is_folder {
            true => full.file_name(),
            false => full.file_stem(),
        };
        let name = name.unwrap_or_default().to_string_lossy();
        let hash = model.hash.finalize();
        let hash: String = hash.iter().take(6).map(|it| format!("{it:02x}")).collect();
        Ok(Self {
            instruction: model
                .instruction
                .unwrap_or_else(|| Instruction::of_model(&name)),
            name: format!("file:{name}-{hash}"),
            tokens: model.tokens,
            network: model.network,
        })
    }

    /// Numbers in a vector.
    pub fn dimension(&self) -> usize {
        match &self.network {
            Network::Bert(bert, _) => bert.size.hidden,
            Network::Lookup(lookup) => lookup.dimension,
        }
    }

    /// The same model with other words before its texts.
    #[must_use]
    pub fn with_instruction(mut self, instruction: Instruction) -> Self {
        self.instruction = instruction;
        self
    }

    fn vectors(
        &self,
        texts: &[Vec<u32>],
        cancel: &CancelToken,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = vec![Vec::new(); texts.len()];
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        for places in batch::by_length(&lengths) {
            if cancel.is_cancelled() {
                return Err(EmbedError::Cancelled);
            }
            let batch: Vec<&[u32]> = places.iter().map(|&it| texts[it].as_slice()).collect();
            let found = match &self.network {
                Network::Lookup(lookup) => batch.iter().map(|it| lookup.mean(it)).collect(),
                // The shortest stands first: if it is not empty, none is.
                Network::Bert(bert, _) if batch[0].is_empty() => {
                    vec![vec![0.0; bert.size.hidden]; batch.len()]
                }
                Network::Bert(bert, pooling) => {
                    bert.forward(&batch, *pooling).map_err(|error| {
                        EmbedError::Refused(format!("the model `{}` fails: {error}", self.name))
                    })?
                }
            };
            for (place, vector) in places.into_iter().zip(found) {
                vectors[place] = vector;
            }
        }
        Ok(vectors)
    }
}

impl Embedder for LocalEmbedder {
    fn model(&self) -> &str {
        &self.name
    }

    fn is_instant(&self) -> bool {
        matches!(self.network, Network::Lookup(_))
    }

    fn embed(
        &self,
        purpose: Purpose,
        texts: &[&str],
        cancel: &CancelToken,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let words = self.instruction.before(purpose);
        let mut tokens = Vec::with_capacity(texts.len());
        for text in texts {
            if cancel.is_cancelled() {
                return Err(EmbedError::Cancelled);
            }
            tokens.push(self.tokens.of(words, text).ok_or_else(|| {
                let name = &self.name;
                EmbedError::Refused(format!(
                    "the tokenizer of `{name}` cannot read a text: use another model"
                ))
            })?);
        }
        let mut vectors = self.vectors(&tokens, cancel)?;
        for vector in &mut vectors {
            if vector.iter().any(|it| !it.is_finite()) {
                let name = &self.name;
                return Err(EmbedError::Refused(format!(
                    "the model `{name}` gives a vector that is not all numbers: its weights are damaged"
                )));
            }
            normalise(vector);
        }
        Ok(vectors)
    }
}

impl fmt::Debug for LocalEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEmbedder")
            .field("name", &self.name)
            .field("dimension", &self.dimension())
            .finish_non_exhaustive()
    }
}
