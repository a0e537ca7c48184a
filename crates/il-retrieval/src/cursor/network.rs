//! The small network that turns what is known of a name into the probability that it comes next.
//!
//! One hidden layer. Its weights were learnt on other repositories; see `docs/retrieval.md`.

use crate::cursor::FEATURES;

/// Hidden units.
const HIDDEN: usize = 24;

/// Weights: for each hidden unit one for each feature and a bias, then the outputs'.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    pub hidden: Vec<[f32; FEATURES + 1]>,
    pub output: [f32; HIDDEN + 1],
}

impl Network {
    /// What is left of a hidden unit's sum below zero: a unit that is off still learns.
    pub const LEAK: f32 = 0.1;

    /// The weights that come with Interline.
    pub fn shipped() -> Self {
        Self::from_bytes(include_bytes!("../../model/cursor.bin"))
            .expect("the shipped weights are as many as there must be: a test reads them")
    }

    /// All weights zero: every name is as likely as not.
    pub fn zero() -> Self {
        Self {
            hidden: vec![[0.0; FEATURES + 1]; HIDDEN],
            output: [0.0; HIDDEN + 1],
        }
    }

    /// From little-endian floats, as they are shipped. Nothing when there are not as many as there must be.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut floats = bytes
            .chunks_exact(4)
            .map(|it| f32::from_le_bytes(it.try_into().expect("four bytes")));
        let mut network = Self::zero();
        for unit in &mut network.hidden {
            for weight in unit {
                *weight = floats.next()?;
            }
        }
        for weight in &mut network.output {
            *weight = floats.next()?;
        }
        floats.next().is_none().then_some(network)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let hidden = self.hidden.iter().flatten();
        let all = hidden.chain(&self.output);
        all.flat_map(|it| it.to_le_bytes()).collect()
    }

    /// How much likelier it is that a name comes next than that it does not.
    pub fn odds(&self, features: &[f32; FEATURES]) -> f32 {
        let mut sum = self.output[HIDDEN];
        for (unit, out) in self.hidden.iter().zip(&self.output) {
            let inner: f32 = unit.iter().zip(features).map(|(a, b)| a * b).sum();
            let inner = inner + unit[FEATURES];
            sum += out
                * if inner > 0.0 {
                    inner
                } else {
                    Self::LEAK * inner
                };
        }
        sum.exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_weights_prefer_a_name_that_stands_next_to_the_cursor() {
        let network = Network::shipped();
        let nothing = [0.0; FEATURES];
        let mut near = nothing;
        // In the file, often, right before the cursor and behind it, behind a dot.
        for at in [0, 1, 2, 3, 4, 5, 6, 8] {
            near[at] = 0.8;
        }
        let (near, nothing) = (network.odds(&near), network.odds(&nothing));
        assert!(near > 10.0 * nothing, "{near} against {nothing}");
    }

    #[test]
    fn weights_come_back_as_they_went_out() {
        let network = Network::shipped();
        let bytes = network.to_bytes();
        assert_eq!(Network::from_bytes(&bytes), Some(network));
        assert_eq!(Network::from_bytes(&bytes[4..]), None);
        assert_eq!(Network::from_bytes(&[bytes, vec![0; 4]].concat()), None);
    }
}
