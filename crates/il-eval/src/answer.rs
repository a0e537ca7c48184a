//! Asks an engine once and keeps what it pushed: the pieces of its first alternative, and how long it took.

use std::{ops::ControlFlow, sync::Arc, time::Instant};

use il_complete::gate::{self, Cut, GateConfig};
use il_engine::{CancelToken, Chunk, Engine, EngineError, Finish, Length, Priority, Request};

/// How long an answer took, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Took {
    /// By the wall clock: what a user would wait.
    pub(crate) wall: u64,
    /// That the asking thread ran, where the system tells: what other work on the machine does not change.
    pub(crate) cpu: Option<u64>,
}

/// Nanoseconds that this thread has run.
#[cfg(unix)]
fn thread_nanos() -> Option<u64> {
    let ran = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(i128::from(ran.tv_sec) * 1_000_000_000 + i128::from(ran.tv_nsec)).ok()
}

#[cfg(not(unix))]
fn thread_nanos() -> Option<u64> {
    None
}

/// What an engine said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: String,
    /// End of each piece in `text`, and the probability of everything up to there.
    pieces: Vec<(usize, f32)>,
    /// Whether the engine gave up before the end of the line or block.
    stopped_early: bool,
    pub(crate) took: Took,
}

impl Answer {
    /// How sure the engine is that this is all: nothing when it stopped before the end.
    pub(crate) fn confidence(&self) -> f32 {
        match self.pieces.last() {
            Some(piece) if !self.stopped_early => piece.1,
            _ => 0.0,
        }
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
        context: None,
        workspace: Arc::default(),
    };
    let mut answer = Answer::default();
    let ran = thread_nanos();
    let started = Instant::now();
    engine.complete(&request, &CancelToken::new(), &mut |chunk| {
        match chunk {
            Chunk::Piece {
                alternative: 0,
                text,
                probability,
            } => {
                answer.text.push_str(&text);
                answer.pieces.push((answer.text.len(), probability));
            }
            Chunk::End {
                alternative: 0,
                finish,
            } => answer.stopped_early = finish != Finish::Complete,
            Chunk::Piece { .. } | Chunk::End { .. } | Chunk::Origin { .. } | Chunk::Note { .. } => {
            }
        }
        ControlFlow::Continue(())
    })?;
    answer.took = Took {
        wall: started.elapsed().as_micros() as u64,
        cpu: ran.and_then(|before| Some(thread_nanos()?.saturating_sub(before) / 1000)),
    };
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_stops_early_is_not_sure_to_be_all() {
        let mut answer = Answer {
            text: "foo(bar".into(),
            pieces: vec![(3, 0.9), (7, 0.8)],
            ..Answer::default()
        };
        assert!((answer.confidence() - 0.8).abs() < 1e-6);
        answer.stopped_early = true;
        assert_eq!(answer.confidence(), 0.0);
        // What the gate lets through of it is shown all the same.
        let (text, cut) = answer.gated(&GateConfig::default()).unwrap();
        assert_eq!((text, cut.len), ("foo(bar", 7));
        assert!(Answer::default().gated(&GateConfig::default()).is_none());
    }
}
