//! What drafts save, by how good they are.
//!
//! The one idea: the draft is what the model is known to say, spoilt from time to time; so speed is measured with real costs
//! whatever the weights are, and the text must stay the same.
//!
//! Random weights say what is no text, which nobody can draft: this section needs a trained model.
//!
//! Deliberately absent: the repo model; how good its drafts are is measured where both can be linked.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex},
    time::Instant,
};

use il_engine::{
    CancelToken, Capabilities, Chunk, Context, Engine, EngineError, Length, Outcome, Priority,
    Request, Sink,
};
use il_engine_llama::{LlamaEngine, Speculation, Stats};

use crate::{Options, text};

/// Knows the answer; spoils each draft after so many characters.
#[derive(Default)]
struct Oracle {
    truth: Mutex<String>,
    begins: Mutex<usize>,
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
        let said = &request.prefix()[*self.begins.lock().expect("fine")..];
        let truth = self.truth.lock().expect("fine");
        let rest = truth.strip_prefix(said).unwrap_or_default();
        let mut text: String = rest.chars().take(self.right).collect();
        if text.len() < rest.len() {
            text.push_str("zebra zebra zebra");
        }
        let _ = sink(Chunk::Piece {
            alternative: 0,
            text,
            probability: 1.0,
        });
        Ok(Outcome::Done)
    }
}

pub(crate) fn run(options: &Options) {
    let engine = |speculation, right| {
        let mut settings = options.settings("interline-tiny");
        settings.speculation = speculation;
        settings.answer = 64;
        let oracle = Arc::new(Oracle {
            right,
            ..Oracle::default()
        });
        let draft = Arc::clone(&oracle) as Arc<dyn Engine>;
        let model = options.open(&settings);
        (LlamaEngine::new(model).with_draft(draft), oracle)
    };
    let (plain, _) = engine(Speculation::Off, 0);
    let requests: Vec<Request> = (0..4).map(|it| request(plain.model(), it)).collect();
    for it in &requests {
        say(&plain, it);
    }
    // With the prompt known, as it is below: to read one token or many is summed up in another order.
    let said: Vec<_> = requests.iter().map(|it| say(&plain, it)).collect();
    let alone: Vec<f64> = said.iter().map(|it| it.1).collect();
    let steps: u32 = said.iter().map(|it| it.2.steps).sum();
    println!(
        "alone: {:.0} ms a step",
        alone.iter().sum::<f64>() / f64::from(steps) * 1e3
    );
    for (what, right) in [
        ("always right", usize::MAX),
        ("right for 24 letters", 24),
        ("right for 8 letters", 8),
        ("never right", 0),
    ] {
        let (drafted, oracle) = engine(Speculation::Adaptive, right);
        let (mut time, mut all, mut others) = (0.0, Stats::default(), 0);
        for (request, (text, ..)) in requests.iter().zip(&said) {
            oracle.truth.lock().expect("fine").clone_from(text);
            *oracle.begins.lock().expect("fine") = request.cursor;
            say(&drafted, request);
            let (again, took, stats) = say(&drafted, request);
            // Sums of several rows are rounded otherwise than those of one; a tie may fall the other way.
            others += usize::from(again != *text);
            time += took;
            all.steps += stats.steps;
            all.drafted += stats.drafted;
            all.accepted += stats.accepted;
        }
        println!(
            "{what}: {:.2} times as fast; {} steps instead of {steps}, {} of {} drafted tokens right; {others} texts differ",
            alone.iter().sum::<f64>() / time,
            all.steps,
            all.accepted,
            all.drafted
        );
    }
}

/// Text, seconds (of a prompt that is known, they are the steps'), and counts.
fn say(engine: &LlamaEngine, request: &Request) -> (String, f64, Stats) {
    let (mut text, started) = (String::new(), Instant::now());
    let mut sink = |chunk| {
        if let Chunk::Piece { text: it, .. } = chunk {
            text.push_str(&it);
        }
        ControlFlow::Continue(())
    };
    engine
        .complete(request, &CancelToken::new(), &mut sink)
        .unwrap_or_else(|why| panic!("{why}"));
    (text, started.elapsed().as_secs_f64(), engine.last())
}

fn request(model: &il_engine_llama::LlamaModel, round: usize) -> Request {
    let before = text::of_tokens(model, 400, round + 70);
    let context = Context {
        prefix: before.as_str().into(),
        ..Context::default()
    };
    Request {
        path: format!("{round}.rs").into(),
        language: "rust".into(),
        cursor: before.len(),
        text: before.into(),
        length: Length::Block { max_lines: 99 },
        alternatives: 1,
        priority: Priority::Interactive,
        context: Some(Arc::new(context)),
        workspace: Arc::default(),
    }
}
