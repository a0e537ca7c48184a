//! The state machine itself.

use std::time::Duration;

use crate::{
    config::Config,
    event::{Action, Event},
};

/// All of the pipeline's state.
#[derive(Debug)]
pub struct Pipeline {
    config: Config,
}

impl Pipeline {
    /// Knows nothing yet.
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// Takes one event; says what is to be done, in order. `now` never goes back.
    pub fn handle(&mut self, now: Duration, event: Event) -> Vec<Action> {
        let _ = (now, event, &self.config);
        Vec::new()
    }
}
