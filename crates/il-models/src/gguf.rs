//! What a model's file says about itself: GGUF's header, read without loading anything.
//!
//! The one idea: every number in the file is a claim. It is compared with what is left of the file before a byte is read or
//! kept for it, so that no file, however broken, costs more than its header's size.
//!
//! Deliberately absent: weights, chat templates, and files whose numbers stand the other way round.

mod reader;
mod tensors;
#[cfg(test)]
pub(crate) mod writing;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::File,
    io::{self, BufReader},
    path::Path,
};

use il_engine::fim;
use reader::{Reader, Value};

/// What is known of a model from its file.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts {
    /// Version of the format.
    pub version: u32,
    /// `general.architecture`: `qwen2`.
    pub architecture: String,
    /// `general.name`.
    pub name: Option<String>,
    /// `general.license`.
    pub licence: Option<String>,
    /// What most weights are written as: `Q8_0`.
    pub quantisation: Option<String>,
    /// Tokens that it was trained to read.
    pub context: Option<u64>,
    pub layers: Option<u64>,
    /// Numbers a token.
    pub width: Option<u64>,
    /// How it cuts text into tokens: `gpt2` with `qwen2`.
    pub tokenizer: Option<String>,
    pub pretokenizer: Option<String>,
    pub vocabulary: u64,
    /// Ids of the markers around a hole, as the file has them.
    pub fim: Fim,
    pub tensors: u64,
    pub parameters: u64,
    /// Bytes of the file.
    pub size: u64,
    /// It holds no model but an adapter for one.
    pub is_adapter: bool,
    /// Tokens that look like markers.
    markers: BTreeSet<String>,
}

/// Ids of tokens; not every family has all, and not every file says them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fim {
    pub prefix: Option<u32>,
    pub suffix: Option<u32>,
    pub middle: Option<u32>,
    pub repository: Option<u32>,
    pub separator: Option<u32>,
    pub pad: Option<u32>,
}

/// Why a file is no model that can be used.
#[derive(Debug, thiserror::Error)]
pub enum Strange {
    #[error("it cannot be read: {0}")]
    Disk(#[from] io::Error),
    #[error("it is no GGUF file")]
    NoGguf,
    #[error("its numbers stand the other way round (big-endian): this machine cannot run it")]
    OtherWayRound,
    #[error("it is of GGUF version {0}, and versions 2 and 3 are known")]
    Version(u32),
    #[error("its header ends too early, after {0} bytes: it is only a part of a file")]
    TooShort(u64),
    #[error(
        "its weights should end after {wanted} bytes, and it has {found}: it is only a part of a file"
    )]
    Part { wanted: u64, found: u64 },
    #[error("its header makes no sense: {0}")]
    Nonsense(&'static str),
    #[error("its header does not say what it is (`general.architecture`)")]
    NoArchitecture,
}

impl Facts {
    /// The template for its holes. `file` is its name on disk, which counts where the file itself has none.
    pub fn template(&self, file: &str) -> Result<fim::Found, fim::Unknown> {
        let has_token = |token: &str| self.has_token(token);
        let detect = |name| {
            fim::registry().detect(&fim::Facts {
                name,
                architecture: Some(&self.architecture),
                has_token: Some(&has_token),
            })
        };
        // What people call a file says more than what its maker called a step on the way to it.
        let by_file = detect(file);
        match (&by_file, &self.name) {
            (Err(fim::Unknown::Name { .. }), Some(name)) => detect(name),
            _ => by_file,
        }
    }

    /// Whether its vocabulary has a marker that is written so.
    pub fn has_token(&self, token: &str) -> bool {
        self.markers.contains(token)
    }
}

impl fmt::Debug for Facts {
    /// Without the vocabulary.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("architecture", &self.architecture)
            .field("name", &self.name)
            .field("quantisation", &self.quantisation)
            .field("context", &self.context)
            .field("tokenizer", &self.tokenizer)
            .field("vocabulary", &self.vocabulary)
            .field("fim", &self.fim)
            .field("parameters", &self.parameters)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Reads a file's header, and compares what it promises with the file's size.
pub fn inspect(path: &Path) -> Result<Facts, Strange> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    read(BufReader::with_capacity(1 << 16, file), size)
}

fn read(source: impl io::BufRead, size: u64) -> Result<Facts, Strange> {
    let mut reader = Reader::new(source, size);
    if reader.bytes::<4>().map_err(|_| Strange::NoGguf)? != *b"GGUF" {
        return Err(Strange::NoGguf);
    }
    let version = reader.u32()?;
    match version {
        2 | 3 => {}
        _ if matches!(version.swap_bytes(), 1..=3) => return Err(Strange::OtherWayRound),
        _ => return Err(Strange::Version(version)),
    }
    let (tensors, pairs) = (reader.u64()?, reader.u64()?);
    if pairs > 65_536 || tensors > 1 << 20 {
        return Err(Strange::Nonsense(
            "it counts more entries than any model has",
        ));
    }
    let mut said = BTreeMap::new();
    for _ in 0..pairs {
        let key = reader.text(1 << 16)?;
        let kind = reader.u32()?;
        let value = reader.value(kind, is_vocabulary(&key))?;
        said.insert(key, value);
    }
    let alignment = match number(&said, "general.alignment") {
        None => 32,
        Some(it) if it.is_power_of_two() && it <= 1 << 20 => it,
        Some(_) => return Err(Strange::Nonsense("its alignment is none")),
    };
    let weights = tensors::read(&mut reader, tensors, alignment)?;
    if weights.end > size {
        return Err(Strange::Part {
            wanted: weights.end,
            found: size,
        });
    }
    facts(said, version, tensors, weights.parameters, size)
}

fn is_vocabulary(key: &str) -> bool {
    key == "tokenizer.ggml.tokens"
}

fn facts(
    mut said: BTreeMap<String, Value>,
    version: u32,
    tensors: u64,
    parameters: u64,
    size: u64,
) -> Result<Facts, Strange> {
    let (vocabulary, markers) = match said.remove("tokenizer.ggml.tokens") {
        Some(Value::Tokens { count, markers }) => (count, markers),
        _ => (0, BTreeSet::new()),
    };
    let text = |key: &str| match said.get(key) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let architecture = text("general.architecture").ok_or(Strange::NoArchitecture)?;
    let of_model = |key: &str| number(&said, &format!("{architecture}.{key}"));
    // The older names of the same keys stand second.
    let token = |names: [&str; 2]| {
        let found = names
            .into_iter()
            .find_map(|it| number(&said, &format!("tokenizer.ggml.{it}_token_id")));
        found.and_then(|it| u32::try_from(it).ok())
    };
    Ok(Facts {
        version,
        name: text("general.name"),
        licence: text("general.license"),
        quantisation: number(&said, "general.file_type").and_then(quantisation),
        context: of_model("context_length"),
        layers: of_model("block_count"),
        width: of_model("embedding_length"),
        tokenizer: text("tokenizer.ggml.model"),
        pretokenizer: text("tokenizer.ggml.pre"),
        vocabulary,
        fim: Fim {
            prefix: token(["fim_pre", "prefix"]),
            suffix: token(["fim_suf", "suffix"]),
            middle: token(["fim_mid", "middle"]),
            repository: token(["fim_rep", "fim_rep"]),
            separator: token(["fim_sep", "fim_sep"]),
            pad: token(["fim_pad", "fim_pad"]),
        },
        tensors,
        parameters,
        size,
        is_adapter: text("general.type").as_deref() == Some("adapter"),
        markers,
        architecture,
    })
}

fn number(said: &BTreeMap<String, Value>, key: &str) -> Option<u64> {
    match said.get(key) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

/// llama.cpp's names of `general.file_type`.
fn quantisation(kind: u64) -> Option<String> {
    let name = match kind {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        7 => "Q8_0",
        8 => "Q5_0",
        9 => "Q5_1",
        10 => "Q2_K",
        11 => "Q3_K_S",
        12 => "Q3_K_M",
        13 => "Q3_K_L",
        14 => "Q4_K_S",
        15 => "Q4_K_M",
        16 => "Q5_K_S",
        17 => "Q5_K_M",
        18 => "Q6_K",
        19 => "IQ2_XXS",
        20 => "IQ2_XS",
        21 => "Q2_K_S",
        22 => "IQ3_XS",
        23 => "IQ3_XXS",
        24 => "IQ1_S",
        25 => "IQ4_NL",
        26 => "IQ3_S",
        27 => "IQ3_M",
        28 => "IQ2_S",
        29 => "IQ2_M",
        30 => "IQ4_XS",
        31 => "IQ1_M",
        32 => "BF16",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests;
