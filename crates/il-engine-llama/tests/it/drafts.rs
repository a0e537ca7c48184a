//! Drafts: what is said is the same with good ones, bad ones and none; only the steps are fewer.
//!
//! No prompt here ends in a tie that several rows at once decide otherwise than one; `serve::job`'s tests have such.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex},
};

use il_engine::{
    CancelToken, Capabilities, Chunk, Engine, EngineError, Finish, Length, Outcome, Request, Sink,
};
use il_engine_llama::{LlamaEngine, LlamaModel, Settings, Speculation, Stats};

use crate::asking::{completed, open, program, request, settings};

/// Drafts what it was told, spoilt after some characters.
#[derive(Default)]
struct Oracle {
    /// Text of the whole answer, and where it begins.
    truth: Mutex<(String, usize)>,
    /// Right characters of each draft.
    right: usize,
}

impl Engine for Oracle {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "oracle",
            remote: false,
            metered: false,
            calibrated: false,
            instant: true,
        }
    }

    fn complete(
        &self,
        request: &Request,
        _: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        let truth = self.truth.lock().expect("nobody panics");
        let said = &request.prefix()[truth.1..];
        assert!(
            truth.0.starts_with(said.trim_end()),
            "what was said is true"
        );
        // Space that may belong to a line behind the end.
        let rest = truth.0.strip_prefix(said).unwrap_or_default();
        let mut text: String = rest.chars().take(self.right).collect();
        if self.right < usize::MAX {
            text.push_str(" zebra(");
        }
        let piece = Chunk::Piece {
            alternative: 0,
            text,
            probability: 1.0,
        };
        if sink(piece) == ControlFlow::Continue(()) {
            let _ = sink(Chunk::End {
                alternative: 0,
                finish: Finish::Unsure,
            });
        }
        Ok(Outcome::Done)
    }
}

fn prompts() -> Vec<Request> {
    let before = [
        "fn main() {\n    let value = ",
        "def add(a, b):\n    return ",
        "import os\n\nfor name in ",
        "struct Point {\n    x: ",
        "use std::",
        "class Reader:\n    def __init__(self, ",
    ];
    let after = [";\n}\n", "\n\nprint(1)\n", "}\n"];
    let lines = [0, 1, 2];
    let mut prompts = Vec::new();
    for before in before {
        for after in after {
            for line in lines {
                let before = format!("{}{before}", crate::asking::code(line));
                let mut request = request(&before, "", after);
                request.length = Length::Block { max_lines: 6 };
                prompts.push(request);
            }
        }
    }
    prompts
}

fn engine(speculation: Speculation) -> Arc<LlamaModel> {
    let settings = Settings {
        speculation,
        answer: 24,
        ..settings()
    };
    LlamaModel::open(program(), &settings).expect("it opens")
}

/// Says the same as without drafts at every prompt; what it took in all.
fn same(speculation: Speculation, right: usize) -> Stats {
    let plain = LlamaEngine::new(engine(Speculation::Off));
    let oracle = Arc::new(Oracle {
        right,
        ..Oracle::default()
    });
    let draft: Arc<dyn Engine> = Arc::clone(&oracle) as Arc<dyn Engine>;
    let engine = LlamaEngine::new(engine(speculation)).with_draft(draft);
    let prompts = prompts();
    assert!(prompts.len() >= 50);
    let mut all = Stats::default();
    for request in prompts {
        let expected = completed(&plain, &request);
        *oracle.truth.lock().expect("nobody panics") = (expected.0.clone(), request.cursor);
        assert_eq!(completed(&engine, &request), expected);
        let (with, without) = (engine.last(), plain.last());
        assert_eq!(with.answer, without.answer);
        assert_eq!(without.drafted, 0);
        assert!(with.steps <= without.steps, "{with:?} {without:?}");
        assert!(with.accepted <= with.drafted);
        // Every step says one token, and one more for every draft that was right.
        assert!(with.steps + with.accepted >= with.answer.saturating_sub(1));
        all.steps += with.steps;
        all.answer += with.answer;
        all.drafted += with.drafted;
        all.accepted += with.accepted;
    }
    all
}

#[test]
fn good_drafts_change_nothing_but_the_number_of_steps() {
    for width in [2, 4, 8, 16] {
        let stats = same(Speculation::Width(width), usize::MAX);
        assert!(
            stats.accepted > 0 && stats.steps < stats.answer,
            "{stats:?}"
        );
    }
}

#[test]
fn half_good_drafts_change_nothing() {
    let stats = same(Speculation::Width(4), 5);
    assert!(
        0 < stats.accepted && stats.accepted < stats.drafted,
        "{stats:?}"
    );
}

#[test]
fn bad_drafts_change_nothing() {
    let stats = same(Speculation::Width(8), 0);
    assert!(
        stats.drafted > 0 && stats.accepted < stats.drafted / 4,
        "{stats:?}"
    );
}

#[test]
fn the_width_that_pays_changes_nothing() {
    same(Speculation::Adaptive, usize::MAX);
    same(Speculation::Adaptive, 3);
}

#[test]
fn nobody_drafts_and_nothing_is_asked() {
    let engine = LlamaEngine::new(open());
    completed(&engine, &prompts()[0]);
    assert_eq!(engine.last().drafted, 0);
}
