//! Asks an engine once and keeps what it pushed: the pieces of its first alternative, and how long it took.

use std::{
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use il_complete::gate::{self, Cut, GateConfig};
use il_engine::{CancelToken, Chunk, Engine, EngineError, Length, Priority, Request};

/// What an engine said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: String,
    /// End of each piece in `text`, and the probability of everything up to there.
    pieces: Vec<(usize, f32)>,
    pub(crate) took: Duration,
}

impl Answer {
    /// How sure the engine is of all it said.
    pub(crate) fn confidence(&self) -> f32 {
        self.pieces.last().map_or(0.0, |piece| piece.1)
    }

    /// What the gate would show of it, and how sure the engine is of that.
    pub(crate) fn gated(&self, config: &GateConfig) -> Option<(&str, Cut)> {
        let mut start = 0;
        let pieces: Vec<gate::Piece<'_>> = self
            .pieces
            .iter()
            .map(|&(end, probability)| {
                let text = &self.text[start..end];
                start = end;
                gate::Piece { text, probability }
            })
            .collect();
        let cut = gate::cut(&pieces, config)?;
        Some((self.text.get(..cut.len)?, cut))
    }

    /// The answer without its second and later lines.
    pub(crate) fn first_line(&self) -> &str {
        self.text.split('\n').next().unwrap_or_default()
    }
}

/// Where one asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) path: &'a str,
    pub(crate) before: &'a str,
    pub(crate) after: &'a str,
    pub(crate) length: Length,
}

/// Asks for one alternative, as an editor does.
pub(crate) fn ask(engine: &dyn Engine, place: Place<'_>) -> Result<Answer, EngineError> {
    let language = il_lang::registry().detect(place.path, place.before.lines().next());
    let request = Request {
        path: place.path.into(),
        language: language.id.into(),
        text: Arc::from([place.before, place.after].concat()),
        cursor: place.before.len(),
        length: place.length,
        alternatives: 1,
        priority: Priority::Interactive,
    };
    let mut answer = Answer::default();
    let started = Instant::now();
    engine.complete(&request, &CancelToken::new(), &mut |chunk| {
        if let Chunk::Piece {
            alternative: 0,
            text,
            probability,
        } = chunk
        {
            answer.text.push_str(&text);
            answer.pieces.push((answer.text.len(), probability));
        }
        ControlFlow::Continue(())
    })?;
    answer.took = started.elapsed();
    Ok(answer)
}
