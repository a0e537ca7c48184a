//! The learned numbers: trusts of the chain, weights of the mixer, the calibration curve.
//!
//! They are one small file in this crate, made by `examples/train_mixer.rs` and read when first needed. The
//! repositories they were learned from (none of them in an evaluation suite): chroma, fasthttp, go-git,
//! goldmark, hcl, viper; commons-collections, commons-io, guava, h2; click, flask, pytest, requests,
//! sqlalchemy, werkzeug; candle, clap, regex, rustls, serde, tokio; chevrotain, effect, mobx, rxjs,
//! tanstack, trpc; 1800 lines of each, 6 epochs.
//!
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

    #[cfg(any(test, feature = "lab"))]
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

#[cfg(any(test, feature = "lab"))]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_weights_are_of_this_version() {
        let weights = Weights::read(include_bytes!("weights.bin"));
        assert!(
            weights.is_some_and(|w| w.mixer.is_some()),
            "run `examples/train_mixer.rs` after changing features"
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let mixer: Vec<f32> = (0..WEIGHTS).map(|i| (i as f32 - 5000.0) / 3000.0).collect();
        let weights = Weights {
            calibration: [0.9, -0.1],
            ..Weights::untrained()
        };
        let bytes = weights.write(&mixer);
        assert!(bytes.len() < 60_000);
        let read = Weights::read(&bytes).expect("it was just written");
        assert_eq!(read.calibration, weights.calibration);
        assert_eq!(read.trust, weights.trust);
        let w1 = read.mixer.expect("it has a mixer").w1;
        assert!(
            w1.iter().zip(&mixer).all(|(a, b)| (a - b).abs() < 2e-3),
            "half precision is close"
        );
        assert!(Weights::read(&bytes[1..]).is_none());
        assert!(Weights::read(&bytes[..bytes.len() - 1]).is_none());
    }

    #[test]
    fn calibration_keeps_order() {
        let weights = Weights::shipped();
        let p: Vec<f32> = (0..100)
            .map(|i| weights.probability(-(i as f32) / 10.0))
            .collect();
        assert!(p.is_sorted_by(|a, b| a >= b) && p.iter().all(|p| (0.0..=1.0).contains(p)));
    }
}
