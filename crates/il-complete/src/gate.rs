//! The gate: how much of an answer is sure enough to be shown.
//!
//! The one idea: show the part of the line one is sure of, not the whole line or nothing. Of all cuts
//! between two words whose probability reaches the threshold, the one with the largest expected gain in
//! keystrokes wins: `p·(n−1) − (1−p)` for `n` characters, one key to accept, one glance lost when wrong.
//! Later lines are added only while one stays surer than that.
//!
//! A pure function over pieces, used by the pipeline and by the evaluation alike.

/// More text, and the probability of everything up to and including it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece<'a> {
    /// The text.
    pub text: &'a str,
    /// Cumulative: that everything so far is what will be written.
    pub probability: f32,
}

/// How sure one has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GateConfig {
    /// Least probability of what is shown.
    pub threshold: f32,
    /// Least probability of everything up to the end of a second or later line.
    pub block_threshold: f32,
    /// Least number of characters that are worth showing.
    pub min_chars: usize,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            block_threshold: 0.6,
            min_chars: 2,
        }
    }
}

impl GateConfig {
    /// For a user who asked: more is shown, and less sure.
    pub fn invoked() -> Self {
        Self {
            threshold: 0.15,
            block_threshold: 0.3,
            min_chars: 1,
        }
    }
}

/// Where to cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// Bytes of the concatenated pieces to show.
    pub len: usize,
    /// That all of it is right.
    pub probability: f32,
    /// Keystrokes saved, on average.
    pub expected_gain: f32,
}

/// The best cut, or `None` when nothing is sure enough.
pub fn cut(pieces: &[Piece<'_>], config: &GateConfig) -> Option<Cut> {
    let _ = (pieces, config);
    None
}
