//! The forward pass of BERT: from token numbers to one vector a text.
//!
//! The one idea: texts of a batch are padded to the longest and the padding is masked, so that a text has the same vector
//! in any company. Query, key and value are one multiplication, since a small model waits for memory, not for arithmetic.
//!
//! Deliberately absent: token types (a text to embed is one segment), heads for other tasks, gradients.

use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};

use crate::{load_error::LoadError, weights::Weights};

/// How large a model is, from its own description.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Size {
    pub(crate) vocabulary: usize,
    pub(crate) positions: usize,
    pub(crate) layers: usize,
    pub(crate) hidden: usize,
    pub(crate) heads: usize,
    pub(crate) inner: usize,
    pub(crate) types: usize,
    pub(crate) epsilon: f32,
    pub(crate) activation: Activation,
}

impl Size {
    /// Whether these are numbers of a model and not of a damaged file.
    pub(crate) fn is_sound(&self) -> bool {
        let within = |number: usize, most: usize| (1..=most).contains(&number);
        within(self.vocabulary, 1 << 20)
            && within(self.positions, 1 << 16)
            && within(self.layers, 256)
            && within(self.hidden, 1 << 14)
            && within(self.inner, 1 << 16)
            && within(self.types, 16)
            && within(self.heads, self.hidden)
            && self.hidden.is_multiple_of(self.heads)
            && self.epsilon > 0.0
            && self.epsilon < 1.0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    Gelu,
    GeluTanh,
    Relu,
}

/// How the vectors of a text's tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pooling {
    Mean,
    /// The first token's.
    First,
}

pub(crate) struct Bert {
    pub(crate) size: Size,
    words: Tensor,
    /// Token type zero is added already.
    positions: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    query_key_value: Linear,
    attention: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    fn read(from: &mut dyn Weights, name: &str, input: usize, output: usize) -> Loaded<Self> {
        Ok(Self {
            weight: from.get(&format!("{name}.weight"), &[output, input])?,
            bias: from.get(&format!("{name}.bias"), &[output])?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)
    }
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl Norm {
    fn read(from: &mut dyn Weights, name: &str, size: &Size) -> Loaded<Self> {
        Ok(Self {
            weight: from.get(&format!("{name}.weight"), &[size.hidden])?,
            bias: from.get(&format!("{name}.bias"), &[size.hidden])?,
            epsilon: size.epsilon,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        layer_norm(x, &self.weight, &self.bias, self.epsilon)
    }
}

type Loaded<T> = std::result::Result<T, LoadError>;

impl Bert {
    pub(crate) fn read(from: &mut dyn Weights, size: Size) -> Loaded<Self> {
        let hidden = size.hidden;
        let path = from.path().to_owned();
        let damaged = |error: candle_core::Error| LoadError::damaged(&path, &error);
        let mut positions = from.get("position_embd.weight", &[size.positions, hidden])?;
        if let Some(types) = from.find("token_types.weight", &[size.types, hidden])? {
            let first = types.narrow(0, 0, 1).map_err(damaged)?;
            positions = positions.broadcast_add(&first).map_err(damaged)?;
        }
        let layers = (0..size.layers).map(|idx| Layer::read(from, idx, &size));
        Ok(Self {
            layers: layers.collect::<Loaded<_>>()?,
            words: from.get("token_embd.weight", &[size.vocabulary, hidden])?,
            norm: Norm::read(from, "token_embd_norm", &size)?,
            positions,
            size,
        })
    }

    /// One vector for each text; none is empty, none longer than there are positions.
    pub(crate) fn forward(&self, texts: &[&[u32]], pooling: Pooling) -> Result<Vec<Vec<f32>>> {
        let longest = texts.iter().map(|it| it.len()).max().unwrap_or_default();
        let (count, hidden) = (texts.len(), self.size.hidden);
        let mut tokens = vec![0; count * longest];
        let mut mask = vec![0.0_f32; count * longest];
        for (row, text) in texts.iter().enumerate() {
            let (start, end) = (row * longest, row * longest + text.len());
            tokens[start..end].copy_from_slice(text);
            mask[start..end].fill(1.0);
        }
        let tokens = Tensor::from_vec(tokens, count * longest, &Device::Cpu)?;
        let padded = mask.contains(&0.0);
        let mask = Tensor::from_vec(mask, (count, longest), &Device::Cpu)?;
        // Nothing is added where there is a token, so much where there is none that its share is zero.
        let barrier = match padded {
            true => Some(mask.affine(1e9, -1e9)?.reshape((count, 1, 1, longest))?),
            false => None,
        };

        let words = self.words.index_select(&tokens, 0)?;
        let positions = self.positions.narrow(0, 0, longest)?;
        let mut x = words
            .reshape((count, longest, hidden))?
            .broadcast_add(&positions)?
            .reshape((count * longest, hidden))?;
        x = self.norm.forward(&x)?;
        for layer in &self.layers {
            x = layer.forward(&x, (count, longest), &self.size, barrier.as_ref())?;
        }
        let x = x.reshape((count, longest, hidden))?;
        match pooling {
            Pooling::First => x.narrow(1, 0, 1)?.squeeze(1)?,
            Pooling::Mean => {
                let sum = x.broadcast_mul(&mask.unsqueeze(2)?)?.sum(1)?;
                sum.broadcast_div(&mask.sum_keepdim(1)?)?
            }
        }
        .to_vec2()
    }
}

impl Layer {
    fn read(from: &mut dyn Weights, idx: usize, size: &Size) -> Loaded<Self> {
        let (hidden, inner) = (size.hidden, size.inner);
        let name = |part: &str| format!("blk.{idx}.{part}");
        let query = Linear::read(from, &name("attn_q"), hidden, hidden)?;
        let key = Linear::read(from, &name("attn_k"), hidden, hidden)?;
        let value = Linear::read(from, &name("attn_v"), hidden, hidden)?;
        let join = |parts: [&Tensor; 3]| {
            Tensor::cat(&parts, 0).map_err(|error| LoadError::damaged(from.path(), &error))
        };
        let query_key_value = Linear {
            weight: join([&query.weight, &key.weight, &value.weight])?,
            bias: join([&query.bias, &key.bias, &value.bias])?,
        };
        Ok(Self {
            query_key_value,
            attention: Linear::read(from, &name("attn_output"), hidden, hidden)?,
            attention_norm: Norm::read(from, &name("attn_output_norm"), size)?,
            up: Linear::read(from, &name("ffn_up"), hidden, inner)?,
            down: Linear::read(from, &name("ffn_down"), inner, hidden)?,
            norm: Norm::read(from, &name("layer_output_norm"), size)?,
        })
    }

    fn forward(
        &self,
        x: &Tensor,
        (count, longest): (usize, usize),
        size: &Size,
        barrier: Option<&Tensor>,
    ) -> Result<Tensor> {
        let head = size.hidden / size.heads;
        let all = self
            .query_key_value
            .forward(x)?
            .reshape((count, longest, 3, size.heads, head))?;
        // Texts, heads, tokens, numbers.
        let part = |idx: usize| {
            all.narrow(2, idx, 1)?
                .squeeze(2)?
                .transpose(1, 2)?
                .contiguous()
        };
        let (query, key, value) = (part(0)?, part(1)?, part(2)?);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a head has at most 16384 numbers"
        )]
        let scale = 1.0 / (head as f64).sqrt();
        let mut scores = query
            .affine(scale, 0.0)?
            .matmul(&key.transpose(D::Minus2, D::Minus1)?)?;
        if let Some(barrier) = barrier {
            scores = scores.broadcast_add(barrier)?;
        }
        let seen = softmax_last_dim(&scores)?.matmul(&value)?;
        let seen = seen
            .transpose(1, 2)?
            .reshape((count * longest, size.hidden))?;
        let x = (x + self.attention.forward(&seen)?)?;
        let x = self.attention_norm.forward(&x)?;

        let up = self.up.forward(&x)?;
        let up = match size.activation {
            Activation::Gelu => up.gelu_erf()?,
            Activation::GeluTanh => up.gelu()?,
            Activation::Relu => up.relu()?,
        };
        let x = (&x + self.down.forward(&up)?)?;
        self.norm.forward(&x)
    }
}
