//! The learned numbers: trusts of the chain, weights of the mixer, the calibration curve.
//!
//! They are one small file in this crate, made by `examples/train_mixer.rs` and read when first needed.
//! Layout, little-endian: `ILMX`, a version byte, then for the trusts an i8 each (sixteenths of a logit),
//! for the mixer an f16 each, for the calibration an f32 each.
//!
//! Deliberately absent: several versions. A file of another version is a build error away from a new one.

use std::sync::{Arc, OnceLock};

use crate::chain::TRUSTS;
use crate::mixer::{Mixer, WEIGHTS};

const MAGIC: &[u8; 5] = b"ILMX\x01";
const TRUST_STEP: f32 = 1.0 / 16.0;
const CALIBRATION: usize = 2;

/// All learned numbers.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    /// Logits.
    pub(crate) trust: Vec<f32>,
    /// Without one the chain's probabilities are used as they are.
    pub(crate) mixer: Option<Mixer>,
    /// Slope and offset on the log-odds of a cumulative probability.
    pub(crate) calibration: [f32; CALIBRATION],
}

impl Weights {
    /// Weights that nothing was learned for.
    pub(crate) fn untrained() -> Self {
        Self {
            trust: vec![-1.0; TRUSTS],
            mixer: None,
            calibration: [1.0, 0.0],
        }
    }

    /// The shipped weights.
    pub(crate) fn shipped() -> Arc<Self> {
        static SHIPPED: OnceLock<Arc<Weights>> = OnceLock::new();
        let read =
            || Arc::new(Self::read(include_bytes!("weights.bin")).unwrap_or_else(Self::untrained));
        SHIPPED.get_or_init(read).clone()
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(MAGIC)?;
        if bytes.len() != TRUSTS + WEIGHTS * 2 + CALIBRATION * 4 {
            return None;
        }
        let (trust, bytes) = bytes.split_at(TRUSTS);
        let (mixer, calibration) = bytes.split_at(WEIGHTS * 2);
        let mixer: Vec<f32> = mixer
            .chunks_exact(2)
            .map(|b| from_half(u16::from_le_bytes([b[0], b[1]])))
            .collect();
        let number = |i: usize| f32::from_le_bytes(std::array::from_fn(|k| calibration[i * 4 + k]));
        Some(Self {
            trust: trust
                .iter()
                .map(|&b| f32::from(b as i8) * TRUST_STEP)
                .collect(),
            mixer: Mixer::from_weights(&mixer),
            calibration: [number(0), number(1)],
        })
    }

    /// The file for these weights, given all of the mixer's in order.
    pub(crate) fn write(&self, mixer: &[f32]) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(
            self.trust
                .iter()
                .map(|t| (t / TRUST_STEP).round().clamp(-127.0, 127.0) as i8 as u8),
        );
        out.extend(mixer.iter().flat_map(|&w| to_half(w).to_le_bytes()));
        out.extend(self.calibration.iter().flat_map(|c| c.to_le_bytes()));
        out
    }

    /// The calibrated probability of a cumulative log-probability.
    pub(crate) fn probability(&self, log_p: f32) -> f32 {
        let p = log_p.exp().clamp(1e-6, 1.0 - 1e-6);
        let [slope, offset] = self.calibration;
        1.0 / (1.0 + (-(slope * (p / (1.0 - p)).ln() + offset)).exp())
    }
}

/// Rounds to a half-precision float; too large becomes the largest, too small becomes 0.
fn to_half(x: f32) -> u16 {
    let bits = x.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let rounded = (bits & 0x7fff_ffff) + 0x1000;
    let exponent = (rounded >> 23) as i32 - 127 + 15;
    match exponent {
        ..=0 => sign,
        31.. => sign | 0x7bff,
        e => sign | ((e as u16) << 10) | ((rounded >> 13) & 0x3ff) as u16,
    }
}

fn from_half(h: u16) -> f32 {
    let sign = u32::from(h & 0x8000) << 16;
    let exponent = u32::from(h >> 10) & 0x1f;
    if exponent == 0 {
        return f32::from_bits(sign);
    }
    f32::from_bits(sign | ((exponent + 127 - 15) << 23) | (u32::from(h & 0x3ff) << 13))
}
