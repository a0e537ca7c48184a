//! Tensors by name, from either format, with the shape that the model needs or an error that says which is there.
//!
//! The one idea: models ask by GGUF's names, since they are the shorter; safetensors know theirs. All become F32: a
//! processor multiplies nothing else as fast, and one forward pass serves every format.
//!
//! Deliberately absent: keeping weights quantised in memory.

use std::{io::Cursor, path::Path};

use candle_core::{DType, Device, Tensor, quantized::gguf_file, safetensors::SliceSafetensors};

use crate::load_error::LoadError;

/// Where tensors come from.
pub(crate) trait Weights {
    /// The tensor, or nothing if there is none of that name.
    fn find(&mut self, name: &str, shape: &[usize]) -> Result<Option<Tensor>, LoadError>;

    fn path(&self) -> &Path;

    fn get(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, LoadError> {
        let found = self.find(name, shape)?;
        found.ok_or_else(|| LoadError::NoTensor {
            path: self.path().to_owned(),
            name: name.to_owned(),
        })
    }
}

fn expect_shape(
    path: &Path,
    name: &str,
    found: &[usize],
    wanted: &[usize],
) -> Result<(), LoadError> {
    if found == wanted {
        return Ok(());
    }
    Err(LoadError::Shape {
        path: path.to_owned(),
        name: name.to_owned(),
        found: found.to_vec(),
        wanted: wanted.to_vec(),
    })
}

/// A `.gguf` file.
pub(crate) struct Gguf<'a> {
    pub(crate) path: &'a Path,
    pub(crate) content: &'a gguf_file::Content,
    pub(crate) bytes: Cursor<&'a [u8]>,
}

impl Weights for Gguf<'_> {
    fn find(&mut self, name: &str, shape: &[usize]) -> Result<Option<Tensor>, LoadError> {
        let Some(info) = self.content.tensor_infos.get(name) else {
            return Ok(None);
        };
        // Before it is read: a damaged shape could ask for any amount of memory.
        expect_shape(self.path, name, info.shape.dims(), shape)?;
        let read = self.content.tensor(&mut self.bytes, name, &Device::Cpu);
        let tensor = read.and_then(|it| it.dequantize(&Device::Cpu));
        tensor
            .map(Some)
            .map_err(|error| LoadError::damaged(self.path, &error))
    }

    fn path(&self) -> &Path {
        self.path
    }
}

/// A `.safetensors` file of a BERT.
pub(crate) struct Safetensors<'a> {
    pub(crate) path: &'a Path,
    pub(crate) tensors: SliceSafetensors<'a>,
}

impl<'a> Safetensors<'a> {
    pub(crate) fn new(path: &'a Path, bytes: &'a [u8]) -> Result<Self, LoadError> {
        let tensors =
            SliceSafetensors::new(bytes).map_err(|error| LoadError::damaged(path, &error))?;
        Ok(Self { path, tensors })
    }

    /// A tensor by the name that it has in the file.
    pub(crate) fn named(&self, name: &str, shape: &[usize]) -> Result<Option<Tensor>, LoadError> {
        let Ok(view) = self.tensors.get(name) else {
            return Ok(None);
        };
        expect_shape(self.path, name, view.shape(), shape)?;
        let read = self.tensors.load(name, &Device::Cpu);
        read.and_then(|it| it.to_dtype(DType::F32))
            .map(Some)
            .map_err(|error| LoadError::damaged(self.path, &error))
    }
}

impl Weights for Safetensors<'_> {
    fn find(&mut self, name: &str, shape: &[usize]) -> Result<Option<Tensor>, LoadError> {
        let name = long_name(name);
        for prefix in ["", "bert."] {
            if let Some(tensor) = self.named(&format!("{prefix}{name}"), shape)? {
                return Ok(Some(tensor));
            }
        }
        Ok(None)
    }

    fn path(&self) -> &Path {
        self.path
    }
}

/// GGUF's words and those of the original.
const LONG: &[(&str, &str)] = &[
    ("token_embd_norm", "embeddings.LayerNorm"),
    ("token_embd", "embeddings.word_embeddings"),
    ("position_embd", "embeddings.position_embeddings"),
    ("token_types", "embeddings.token_type_embeddings"),
    ("blk.", "encoder.layer."),
    ("attn_q", "attention.self.query"),
    ("attn_k", "attention.self.key"),
    ("attn_v", "attention.self.value"),
    ("attn_output_norm", "attention.output.LayerNorm"),
    ("attn_output", "attention.output.dense"),
    ("ffn_up", "intermediate.dense"),
    ("ffn_down", "output.dense"),
    ("layer_output_norm", "output.LayerNorm"),
];

pub(crate) fn long_name(name: &str) -> String {
    let mut long = name.to_owned();
    for (short, original) in LONG {
        // Whole words only: an original name has some of the short ones inside.
        let word = |it: &str| it == *short || short.strip_suffix('.') == Some(it);
        if long.split('.').any(word) {
            long = long.replacen(short, original, 1);
        }
    }
    long
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_either_format() {
        for (short, long) in [
            ("token_embd.weight", "embeddings.word_embeddings.weight"),
            ("token_embd_norm.bias", "embeddings.LayerNorm.bias"),
            (
                "token_types.weight",
                "embeddings.token_type_embeddings.weight",
            ),
            (
                "blk.11.attn_q.weight",
                "encoder.layer.11.attention.self.query.weight",
            ),
            (
                "blk.0.attn_output.bias",
                "encoder.layer.0.attention.output.dense.bias",
            ),
            (
                "blk.0.attn_output_norm.weight",
                "encoder.layer.0.attention.output.LayerNorm.weight",
            ),
            (
                "blk.3.ffn_up.weight",
                "encoder.layer.3.intermediate.dense.weight",
            ),
            (
                "blk.3.ffn_down.weight",
                "encoder.layer.3.output.dense.weight",
            ),
            (
                "blk.3.layer_output_norm.bias",
                "encoder.layer.3.output.LayerNorm.bias",
            ),
        ] {
            assert_eq!(long_name(short), long);
        }
    }
}
