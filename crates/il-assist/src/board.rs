//! What a host can say about itself: counters, and why late asks were answered as they were.
//!
//! Written by the pipeline's thread, read by whoever asks. Its lock is never held while anything else is
//! done, and nothing that an edit needs is behind it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use crate::data::{AskId, Counters, Explanation, Reason, Step};

/// How many asks back can still be explained.
const REMEMBERED: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Board {
    pub(crate) counters: Counters,
    pub(crate) engine_jobs: usize,
    explanations: VecDeque<Explanation>,
}

impl Board {
    /// An ask has come in.
    pub(crate) fn asked(&mut self, ask: AskId, uri: Arc<str>) {
        if self.explanations.len() == REMEMBERED {
            self.explanations.pop_front();
        }
        self.explanations.push_back(Explanation {
            ask,
            uri,
            reason: None,
            suggestions: Vec::new(),
            steps: Vec::new(),
            elapsed: None,
        });
    }

    /// Something happened on its way.
    pub(crate) fn step(&mut self, ask: AskId, step: Step) {
        if let Some(it) = self.of(ask) {
            it.steps.push(step);
        }
    }

    /// Asks are written about soon after they come in: look from the back.
    fn of(&mut self, ask: AskId) -> Option<&mut Explanation> {
        self.explanations.iter_mut().rev().find(|it| it.ask == ask)
    }

    /// It was answered.
    pub(crate) fn answered(
        &mut self,
        ask: AskId,
        reason: Option<Reason>,
        suggestions: Vec<Arc<str>>,
        steps: Vec<Step>,
        elapsed: Duration,
    ) {
        if let Some(it) = self.of(ask) {
            it.reason = reason;
            it.suggestions = suggestions;
            it.steps.extend(steps);
            it.elapsed = Some(elapsed);
        }
    }

    /// By ask (`r7`) or by suggestion, the latest that mentions it; `None` for the latest of all.
    pub(crate) fn explain(&self, id: Option<&str>) -> Option<Explanation> {
        let Some(id) = id else {
            return self.explanations.back().cloned();
        };
        let about = |it: &&Explanation| {
            it.ask.to_string() == id || it.suggestions.iter().any(|it| **it == *id)
        };
        self.explanations.iter().rev().find(about).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_are_found_by_either_name_and_forgotten_in_time() {
        let mut board = Board::default();
        assert_eq!(board.explain(None), None);
        for ask in 1..=300 {
            board.asked(AskId(ask), "file:///a".into());
            let suggestions = vec![format!("s{ask}").into()];
            board.answered(AskId(ask), None, suggestions, Vec::new(), Duration::ZERO);
        }
        assert_eq!(board.explain(None).unwrap().ask, AskId(300));
        assert_eq!(board.explain(Some("r299")).unwrap().ask, AskId(299));
        assert_eq!(board.explain(Some("s298")).unwrap().ask, AskId(298));
        assert_eq!(board.explain(Some("r1")), None);
        assert_eq!(board.explain(Some("")), None);
    }
}
