//! Tiny models for tests, with weights drawn by lot, written in each of the formats.
//!
//! Deliberately absent: a meaning.

use std::{collections::HashMap, fs, path::Path};

use candle_core::{
    DType, Device, Tensor,
    quantized::{GgmlDType, QTensor, gguf_file},
    safetensors,
};
use serde_json::{Value, json};
use test_support::random::Random;

use crate::{
    bert::{Activation, Size},
    tokens::WordPiece,
    weights::long_name,
};

/// The vocabulary of every tiny model; `[UNK]` is 1.
pub(crate) const TOKENS: &[&str] = &[
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "fn", "main", "let", "un", "##do", "do", "(",
    ")", "{", "}", "é", "gru", "##ße", "中", "=", "x", "##1",
];

/// A BERT of a few thousand weights.
pub(crate) struct Tiny {
    pub(crate) size: Size,
    /// By GGUF's names.
    pub(crate) tensors: HashMap<String, Tensor>,
}

impl Tiny {
    pub(crate) fn new(hidden: usize, inner: usize) -> Self {
        let size = Size {
            vocabulary: TOKENS.len(),
            positions: 12,
            layers: 2,
            hidden,
            heads: 4,
            inner,
            types: 2,
            epsilon: 1e-6,
            activation: Activation::Gelu,
        };
        let mut random = Random::new(7);
        let mut tensors = HashMap::new();
        let mut add = |name: &str, shape: &[usize], middle: f32, spread: f32| {
            let count: usize = shape.iter().product();
            let numbers: Vec<f32> = (0..count)
                .map(|_| middle + spread * (random.below(2001) as f32 / 1000.0 - 1.0))
                .collect();
            let tensor = Tensor::from_vec(numbers, shape, &Device::Cpu).expect("a tensor");
            tensors.insert(name.to_owned(), tensor);
        };
        add("token_embd.weight", &[size.vocabulary, hidden], 0.0, 1.0);
        add("position_embd.weight", &[size.positions, hidden], 0.0, 0.5);
        add("token_types.weight", &[size.types, hidden], 0.0, 0.5);
        let norm = |add: &mut dyn FnMut(&str, &[usize], f32, f32), name: &str| {
            add(&format!("{name}.weight"), &[hidden], 1.0, 0.3);
            add(&format!("{name}.bias"), &[hidden], 0.0, 0.3);
        };
        norm(&mut add, "token_embd_norm");
        for idx in 0..size.layers {
            for (part, output, input) in [
                ("attn_q", hidden, hidden),
                ("attn_k", hidden, hidden),
                ("attn_v", hidden, hidden),
                ("attn_output", hidden, hidden),
                ("ffn_up", inner, hidden),
                ("ffn_down", hidden, inner),
            ] {
                let spread = 2.0 / (input as f32).sqrt();
                add(
                    &format!("blk.{idx}.{part}.weight"),
                    &[output, input],
                    0.0,
                    spread,
                );
                add(&format!("blk.{idx}.{part}.bias"), &[output], 0.0, 0.2);
            }
            norm(&mut add, &format!("blk.{idx}.attn_output_norm"));
            norm(&mut add, &format!("blk.{idx}.layer_output_norm"));
        }
        Self { size, tensors }
    }

    /// `config.json`.
    pub(crate) fn config(&self) -> Value {
        let size = &self.size;
        json!({
            "model_type": "bert", "hidden_act": "gelu", "layer_norm_eps": 1e-6,
            "vocab_size": size.vocabulary, "max_position_embeddings": size.positions,
            "num_hidden_layers": size.layers, "hidden_size": size.hidden,
            "num_attention_heads": size.heads, "intermediate_size": size.inner, "type_vocab_size": size.types,
        })
    }

    /// A folder as sentence-transformers writes it, every name after `prefix`.
    pub(crate) fn write_folder(&self, folder: &Path, dtype: DType, prefix: &str) {
        fs::create_dir_all(folder).expect("a folder");
        let tensors: HashMap<String, Tensor> = self
            .tensors
            .iter()
            .map(|(name, it)| {
                let name = format!("{prefix}{}", long_name(name));
                (name, it.to_dtype(dtype).expect("a type"))
            })
            .collect();
        safetensors::save(&tensors, folder.join("model.safetensors")).expect("saved");
        write(folder, "config.json", &self.config().to_string());
        write(folder, "tokenizer.json", &tokenizer().to_string());
    }

    /// One file as llama.cpp's converter writes it; matrices are stored as `dtype`.
    pub(crate) fn write_gguf(&self, path: &Path, dtype: GgmlDType, pooling: u32) {
        let size = &self.size;
        let number = |it: usize| gguf_file::Value::U32(u32::try_from(it).expect("small"));
        let text = |it: &str| gguf_file::Value::String(it.to_owned());
        // A token that begins a word is marked, one that does not loses its marks.
        let tokens = TOKENS.iter().map(|it| match it.strip_prefix("##") {
            Some(rest) => text(rest),
            None if it.starts_with('[') => text(it),
            None => text(&format!("\u{2581}{it}")),
        });
        let facts = [
            ("general.architecture", text("bert")),
            ("bert.context_length", number(size.positions)),
            ("bert.block_count", number(size.layers)),
            ("bert.embedding_length", number(size.hidden)),
            ("bert.feed_forward_length", number(size.inner)),
            ("bert.attention.head_count", number(size.heads)),
            (
                "bert.attention.layer_norm_epsilon",
                gguf_file::Value::F32(size.epsilon),
            ),
            ("bert.pooling_type", gguf_file::Value::U32(pooling)),
            ("tokenizer.ggml.model", text("bert")),
            (
                "tokenizer.ggml.tokens",
                gguf_file::Value::Array(tokens.collect()),
            ),
            ("tokenizer.ggml.seperator_token_id", number(3)),
        ];
        self.write_gguf_with(path, dtype, &facts);
    }

    pub(crate) fn write_gguf_with(
        &self,
        path: &Path,
        dtype: GgmlDType,
        facts: &[(&str, gguf_file::Value)],
    ) {
        let stored: Vec<(String, QTensor)> = self
            .tensors
            .iter()
            .map(|(name, it)| {
                let matrix = it.rank() == 2 && name.starts_with("blk.");
                let dtype = if matrix { dtype } else { GgmlDType::F32 };
                (
                    name.clone(),
                    QTensor::quantize(it, dtype).expect("quantised"),
                )
            })
            .collect();
        let tensors: Vec<_> = stored.iter().map(|it| (it.0.as_str(), &it.1)).collect();
        let facts: Vec<_> = facts.iter().map(|it| (it.0, &it.1)).collect();
        let mut file = fs::File::create(path).expect("a file");
        gguf_file::write(&mut file, &facts, &tensors).expect("written");
    }
}

/// A static model of three numbers a token.
pub(crate) fn write_static(folder: &Path, more: &[(&str, Tensor)]) {
    fs::create_dir_all(folder).expect("a folder");
    let rows = (0_u8..)
        .take(TOKENS.len() * 3)
        .map(f32::from)
        .collect::<Vec<_>>();
    let rows = Tensor::from_vec(rows, (TOKENS.len(), 3), &Device::Cpu).expect("a tensor");
    let mut tensors = HashMap::from([("embeddings".to_owned(), rows)]);
    tensors.extend(more.iter().map(|it| (it.0.to_owned(), it.1.clone())));
    safetensors::save(&tensors, folder.join("model.safetensors")).expect("saved");
    write(folder, "config.json", r#"{"model_type": "model2vec"}"#);
    write(folder, "tokenizer.json", &tokenizer().to_string());
}

pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("written");
}

/// `tokenizer.json`, with the padding and truncation that some models ship and that must not count.
pub(crate) fn tokenizer() -> Value {
    let words = WordPiece {
        tokens: TOKENS.iter().map(|it| (*it).to_owned()).collect(),
        unknown: None,
        first: None,
        last: None,
    };
    let mut json = words.to_json().expect("special tokens");
    json["truncation"] = json!({
        "direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0,
    });
    json["padding"] = json!({
        "strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]",
    });
    json
}
