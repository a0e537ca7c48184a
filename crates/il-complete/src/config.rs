//! What can be tuned, with the defaults that the product ships.

use std::time::Duration;

use crate::gate::GateConfig;

/// Everything the pipeline can be told once.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// How sure one has to be, when nobody asked.
    pub gate: GateConfig,
    /// How sure one has to be when the user pressed the key.
    pub invoked_gate: GateConfig,
    /// How many alternatives an invoked request asks for at least.
    pub invoked_alternatives: usize,
    /// How many alternatives of an instant engine are compared for the one that is shown.
    pub compared_alternatives: usize,
    /// How long to wait for the typist.
    pub debounce: Debounce,
    /// How long an engine call that nobody waits for may go on: the next key usually comes within it,
    /// and what it types usually still matches.
    pub linger: Duration,
    /// How long an engine may take before the request is answered without it.
    pub patience: Duration,
    /// Bytes of answers that are kept for later.
    pub cache_bytes: usize,
    /// Lines of a block at most, counting the current one.
    pub max_block_lines: usize,
    /// Whether to ask ahead once a suggestion is shown; never where an answer leaves the machine and
    /// costs money.
    pub speculate: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            gate: GateConfig::default(),
            invoked_gate: GateConfig::invoked(),
            invoked_alternatives: 3,
            compared_alternatives: 3,
            debounce: Debounce::default(),
            linger: Duration::from_millis(150),
            patience: Duration::from_secs(10),
            cache_bytes: 1 << 20,
            max_block_lines: 12,
            speculate: true,
        }
    }
}

/// How long to wait after a key before an engine is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debounce {
    /// Before anything is known about the typist.
    pub base: Duration,
    /// Never shorter than this, unless it is zero.
    pub min: Duration,
    /// Never longer than this.
    pub max: Duration,
    /// Under continuous typing, one request is let through this often.
    pub promote: Duration,
    /// Characters after which there is nothing to wait for.
    pub trigger_characters: &'static str,
}

impl Default for Debounce {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(75),
            min: Duration::from_millis(25),
            max: Duration::from_millis(300),
            promote: Duration::from_millis(250),
            trigger_characters: ".:>({[,=\"'`/@",
        }
    }
}
