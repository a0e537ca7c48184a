//! A model in one GGUF file, as llama.cpp's converter writes it.
//!
//! The one idea: everything is in the file, so the kind is looked at before anything large is made of it.
//!
//! Deliberately absent: files in several parts, and vocabularies other than WordPiece.

use std::{fs, io::Cursor, path::Path};

use candle_core::quantized::gguf_file::{Content, Value};
use sha2::{Digest as _, Sha256};

use crate::{
    bert::{Activation, Bert, Pooling, Size},
    embedder::{Model, Network},
    load_error::LoadError,
    tokens::{Tokens, WordPiece},
    weights::Gguf,
};

pub(crate) fn read(path: &Path) -> Result<Model, LoadError> {
    let bytes = fs::read(path).map_err(|error| LoadError::io(path, &error))?;
    let mut cursor = Cursor::new(bytes.as_slice());
    let content = Content::read(&mut cursor).map_err(|error| LoadError::damaged(path, &error))?;
    let facts = Facts {
        path,
        content: &content,
    };
    let architecture = facts.text("general.architecture").unwrap_or_default();
    if architecture != "bert" {
        return Err(LoadError::Architecture {
            path: path.to_owned(),
            found: architecture.to_owned(),
        });
    }
    let size = facts.size()?;
    let pooling = facts.pooling()?;
    let json = facts.vocabulary()?;
    let tokens = Tokens::new(path, json.as_bytes(), size.positions, true)?;
    if tokens.count() > size.vocabulary {
        return Err(LoadError::damaged(path, "it has more tokens than weights"));
    }
    let mut weights = Gguf {
        path,
        content: &content,
        bytes: cursor,
    };
    Ok(Model {
        instruction: None,
        tokens,
        network: Network::Bert(Bert::read(&mut weights, size)?, pooling),
        hash: Sha256::new_with_prefix(&bytes),
    })
}

/// What the file says of itself.
struct Facts<'a> {
    path: &'a Path,
    content: &'a Content,
}

impl Facts<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.content.metadata.get(key)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.to_string().ok().map(String::as_str)
    }

    fn number(&self, key: &str) -> Option<usize> {
        let value = self.get(key)?;
        let signed = || value.to_i32().ok().and_then(|it| u64::try_from(it).ok());
        value.to_u64().ok().or_else(signed)?.try_into().ok()
    }

    fn id(&self, keys: &[&str]) -> Option<u32> {
        let found = keys.iter().find_map(|key| self.number(key));
        found.and_then(|it| it.try_into().ok())
    }

    fn rows(&self, tensor: &str) -> Option<usize> {
        let info = self.content.tensor_infos.get(tensor)?;
        info.shape.dims().first().copied()
    }

    fn size(&self) -> Result<Size, LoadError> {
        let needed = |key: &str| {
            let key = format!("bert.{key}");
            self.number(&key)
                .ok_or_else(|| LoadError::damaged(self.path, &format!("it does not say `{key}`")))
        };
        let epsilon = self.get("bert.attention.layer_norm_epsilon");
        let size = Size {
            vocabulary: self
                .rows("token_embd.weight")
                .ok_or_else(|| LoadError::NoTensor {
                    path: self.path.to_owned(),
                    name: "token_embd.weight".to_owned(),
                })?,
            positions: needed("context_length")?,
            layers: needed("block_count")?,
            hidden: needed("embedding_length")?,
            heads: needed("attention.head_count")?,
            inner: needed("feed_forward_length")?,
            types: self.rows("token_types.weight").unwrap_or(1),
            epsilon: epsilon.and_then(|it| it.to_f32().ok()).unwrap_or(1e-12),
            activation: Activation::Gelu,
        };
        if !size.is_sound() {
            return Err(LoadError::damaged(
                self.path,
                "its sizes are those of no model",
            ));
        }
        Ok(size)
    }

    fn pooling(&self) -> Result<Pooling, LoadError> {
        match self.number("bert.pooling_type") {
            None | Some(0 | 1) => Ok(Pooling::Mean),
            Some(2) => Ok(Pooling::First),
            Some(other) => Err(LoadError::unsupported(
                self.path,
                format!("pooling of type {other}"),
            )),
        }
    }

    /// The vocabulary as `tokenizer.json`.
    fn vocabulary(&self) -> Result<String, LoadError> {
        let kind = self.text("tokenizer.ggml.model").unwrap_or_default();
        if kind != "bert" {
            let what = format!("a vocabulary of the kind `{kind}` (`bert` is understood)");
            return Err(LoadError::unsupported(self.path, what));
        }
        let listed = self
            .get("tokenizer.ggml.tokens")
            .and_then(|it| it.to_vec().ok());
        let tokens = listed
            .into_iter()
            .flatten()
            .map(|it| it.to_string().cloned());
        let vocabulary = WordPiece {
            tokens: tokens
                .collect::<Result<_, _>>()
                .map_err(|error| LoadError::damaged(self.path, &error))?,
            unknown: self.id(&["tokenizer.ggml.unknown_token_id"]),
            first: self.id(&["tokenizer.ggml.cls_token_id", "tokenizer.ggml.bos_token_id"]),
            // Misspelt in the format, and written so by most converters.
            last: self.id(&[
                "tokenizer.ggml.seperator_token_id",
                "tokenizer.ggml.separator_token_id",
                "tokenizer.ggml.eos_token_id",
            ]),
        };
        let json = vocabulary.to_json().map_err(|name| {
            LoadError::damaged(self.path, &format!("its vocabulary has no `{name}`"))
        })?;
        Ok(json.to_string())
    }
}
