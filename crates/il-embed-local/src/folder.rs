//! A model's folder, as sentence-transformers and model2vec write it.
//!
//! The one idea: the small files are read first and say whether the large one is worth reading.
//!
//! Deliberately absent: weights in several files, and modules after pooling.

use std::{fs, path::Path};

use candle_core::DType;
use il_retrieval::Instruction;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    bert::{Activation, Bert, Pooling, Size},
    embedder::{Model, Network},
    load_error::LoadError,
    lookup::Lookup,
    tokens::Tokens,
    weights::Safetensors,
};

/// Tokens of a text that a static model looks at, as in its original.
const STATIC_TOKENS: usize = 512;
/// Names of a static model's one table.
const TABLES: &[&str] = &["embeddings", "embedding.weight"];

pub(crate) fn read(folder: &Path) -> Result<Model, LoadError> {
    let mut reader = Reader {
        folder,
        hash: Sha256::new(),
    };
    let config = reader.json("config.json")?;
    let kind = config.as_ref().map(|it| text(it, "model_type"));
    match kind {
        None => read_static(reader),
        // Its makers once wrote a description without the kind.
        Some("model2vec" | "") => read_static(reader),
        Some("bert") => read_bert(reader, &config.unwrap_or_default()),
        Some(found) => Err(LoadError::Architecture {
            path: folder.to_owned(),
            found: found.to_owned(),
        }),
    }
}

/// Reads files of a folder and remembers what it read.
struct Reader<'a> {
    folder: &'a Path,
    hash: Sha256,
}

impl Reader<'_> {
    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        let path = self.folder.join(name);
        let bytes = fs::read(&path).map_err(|error| LoadError::io(&path, &error))?;
        self.hash.update(&bytes);
        Ok(bytes)
    }

    /// Nothing if there is no such file.
    fn json(&mut self, name: &str) -> Result<Option<Value>, LoadError> {
        let path = self.folder.join(name);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = self.bytes(name)?;
        let json = serde_json::from_slice(&bytes);
        json.map(Some)
            .map_err(|error| LoadError::damaged(&path, &error))
    }
}

fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(json: &Value, key: &str) -> Option<usize> {
    json.get(key)?.as_u64()?.try_into().ok()
}

fn read_static(mut reader: Reader<'_>) -> Result<Model, LoadError> {
    let folder = reader.folder.to_owned();
    let path = folder.join("model.safetensors");
    let bytes = reader.bytes("model.safetensors")?;
    let file = Safetensors::new(&path, &bytes)?;
    let table = TABLES
        .iter()
        .find_map(|name| Some((*name, file.tensors.get(name).ok()?)));
    let Some((name, view)) = table else {
        return Err(LoadError::NoTensor {
            path,
            name: TABLES[0].to_owned(),
        });
    };
    let shape = view.shape().to_vec();
    let [_, dimension @ 1..=16384] = shape[..] else {
        return Err(LoadError::Shape {
            path,
            name: name.to_owned(),
            found: shape,
            wanted: vec![0, 0],
        });
    };
    let damaged = |error: candle_core::Error| LoadError::damaged(&path, &error);
    let numbers = |name: &str, shape: &[usize]| -> Result<Vec<f32>, LoadError> {
        let tensor = file
            .named(name, shape)?
            .ok_or_else(|| LoadError::NoTensor {
                path: path.clone(),
                name: name.to_owned(),
            })?;
        tensor
            .flatten_all()
            .and_then(|it| it.to_vec1())
            .map_err(damaged)
    };
    // Where several tokens share a row, a second table says which; a third says how much each counts.
    let length = |name: &str| Some(file.tensors.get(name).ok()?.shape().to_vec());
    let row_of = match length("mapping") {
        Some(_) => Some(mapping(&file, &path)?),
        None => None,
    };
    let weight_of = match length("weights") {
        Some(shape) => Some(numbers("weights", &shape)?),
        None => None,
    };
    let json = reader.bytes("tokenizer.json")?;
    let tokenizer = folder.join("tokenizer.json");
    let tokens = Tokens::new(&tokenizer, &json, STATIC_TOKENS, false)?;
    let lookup = Lookup {
        dimension,
        rows: numbers(name, &shape)?,
        row_of,
        weight_of,
        unknown: unknown_token(&json, &tokens),
        most: STATIC_TOKENS,
    };
    too_few(&tokens, lookup.tokens(), &tokenizer)?;
    Ok(Model {
        instruction: None,
        tokens,
        network: Network::Lookup(lookup),
        hash: reader.hash,
    })
}

fn mapping(file: &Safetensors<'_>, path: &Path) -> Result<Vec<u32>, LoadError> {
    let tensor = file
        .tensors
        .load("mapping", &candle_core::Device::Cpu)
        .and_then(|it| it.to_dtype(DType::U32)?.flatten_all()?.to_vec1());
    tensor.map_err(|error| LoadError::damaged(path, &error))
}

/// The token for what the vocabulary lacks: a static model leaves it out.
fn unknown_token(json: &[u8], tokens: &Tokens) -> Option<u32> {
    let json: Value = serde_json::from_slice(json).ok()?;
    let model = json.get("model")?;
    match model.get("unk_token").and_then(Value::as_str) {
        Some(token) => tokens.id(token),
        None => model.get("unk_id")?.as_u64()?.try_into().ok(),
    }
}

/// Every token needs a row.
fn too_few(tokens: &Tokens, rows: usize, path: &Path) -> Result<(), LoadError> {
    if tokens.count() <= rows {
        return Ok(());
    }
    let why = format!(
        "it has {} tokens and the weights have {rows} of them: the two are not of one model",
        tokens.count()
    );
    Err(LoadError::damaged(path, &why))
}

fn read_bert(mut reader: Reader<'_>, config: &Value) -> Result<Model, LoadError> {
    let folder = reader.folder.to_owned();
    let size = bert_size(config, &folder.join("config.json"))?;
    modules(&mut reader)?;
    let pooling = pooling(&mut reader)?;
    let own = reader
        .json("sentence_bert_config.json")?
        .unwrap_or_default();
    let most = number(&own, "max_seq_length").filter(|it| *it > 2);
    let most = most.map_or(size.positions, |it| it.min(size.positions));
    let instruction = reader
        .json("config_sentence_transformers.json")?
        .as_ref()
        .and_then(prompts);

    let tokenizer = folder.join("tokenizer.json");
    let tokens = Tokens::new(&tokenizer, &reader.bytes("tokenizer.json")?, most, true)?;
    too_few(&tokens, size.vocabulary, &tokenizer)?;

    let path = folder.join("model.safetensors");
    let bytes = reader.bytes("model.safetensors")?;
    let bert = Bert::read(&mut Safetensors::new(&path, &bytes)?, size)?;
    Ok(Model {
        instruction,
        tokens,
        network: Network::Bert(bert, pooling),
        hash: reader.hash,
    })
}

fn bert_size(config: &Value, path: &Path) -> Result<Size, LoadError> {
    let needed = |key: &str| {
        number(config, key)
            .ok_or_else(|| LoadError::damaged(path, &format!("it does not say `{key}`")))
    };
    let activation = match text(config, "hidden_act") {
        "gelu" | "" => Activation::Gelu,
        "gelu_new" | "gelu_pytorch_tanh" => Activation::GeluTanh,
        "relu" => Activation::Relu,
        other => {
            let what = format!("the activation `{other}`");
            return Err(LoadError::unsupported(path, what));
        }
    };
    let positions = text(config, "position_embedding_type");
    if !matches!(positions, "" | "absolute") {
        let what = format!("positions of the kind `{positions}`");
        return Err(LoadError::unsupported(path, what));
    }
    #[expect(clippy::cast_possible_truncation, reason = "1e-12 is a float, too")]
    let epsilon = config
        .get("layer_norm_eps")
        .and_then(Value::as_f64)
        .map_or(1e-12, |it| it as f32);
    let size = Size {
        vocabulary: needed("vocab_size")?,
        positions: needed("max_position_embeddings")?,
        layers: needed("num_hidden_layers")?,
        hidden: needed("hidden_size")?,
        heads: needed("num_attention_heads")?,
        inner: needed("intermediate_size")?,
        types: number(config, "type_vocab_size").unwrap_or(2),
        epsilon,
        activation,
    };
    if !size.is_sound() {
        return Err(LoadError::damaged(path, "its sizes are those of no model"));
    }
    Ok(size)
}

/// A module after pooling would change the vectors: better no model than half of one.
fn modules(reader: &mut Reader<'_>) -> Result<(), LoadError> {
    let list = reader.json("modules.json")?.unwrap_or_default();
    for module in list.as_array().into_iter().flatten() {
        let kind = text(module, "type").rsplit('.').next().unwrap_or_default();
        if !matches!(kind, "Transformer" | "Pooling" | "Normalize") {
            let path = reader.folder.join("modules.json");
            return Err(LoadError::unsupported(
                &path,
                format!("the module `{kind}`"),
            ));
        }
    }
    Ok(())
}

fn pooling(reader: &mut Reader<'_>) -> Result<Pooling, LoadError> {
    let Some(config) = reader.json("1_Pooling/config.json")? else {
        return Ok(Pooling::Mean);
    };
    let mut modes: Vec<&str> = config
        .as_object()
        .into_iter()
        .flatten()
        .filter(|it| it.0.starts_with("pooling_mode_") && it.1.as_bool() == Some(true))
        .map(|it| it.0.as_str())
        .collect();
    modes.extend(Some(text(&config, "pooling_mode")).filter(|it| !it.is_empty()));
    match modes[..] {
        [] | ["pooling_mode_mean_tokens" | "mean"] => Ok(Pooling::Mean),
        ["pooling_mode_cls_token" | "cls"] => Ok(Pooling::First),
        _ => {
            let path = reader.folder.join("1_Pooling/config.json");
            Err(LoadError::unsupported(
                &path,
                format!("`{}`", modes.join("` and `")),
            ))
        }
    }
}

/// The words that the model's makers put before texts.
fn prompts(config: &Value) -> Option<Instruction> {
    let prompts = config.get("prompts")?;
    let word = |keys: [&str; 2]| {
        let found = keys.into_iter().map(|it| text(prompts, it));
        found
            .into_iter()
            .find(|it| !it.is_empty())
            .unwrap_or_default()
    };
    let instruction = Instruction {
        query: word(["query", "query"]).to_owned().into(),
        passage: word(["document", "passage"]).to_owned().into(),
    };
    (instruction != Instruction::default()).then_some(instruction)
}
