//! What the pipeline itself costs on a key: typing through what is shown, and a whole round with an
//! engine that answers at once. Engines are left out; the window is what the façade hands in.

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use il_complete::{
    Action, Ask, Config, DocId, Event, IndentStyle, Pipeline, RequestId, SyntaxFacts, Trigger,
    Typed,
};
use il_engine::{Capabilities, Chunk, Finish, Outcome};

const LINE: &str = "let total = prices.iter().map(|price| price.net()).sum();";
const WINDOW: usize = 64 << 10;

struct Editor {
    pipeline: Pipeline,
    before: String,
    after: String,
    now: Duration,
    requests: u64,
    answered: usize,
}

impl Editor {
    fn new() -> Self {
        let filler = "    fn net(&self) -> Money {\n        self.gross(self.rate) - self.discount\n    }\n\n";
        let half = filler.repeat(WINDOW / 2 / filler.len());
        Self {
            pipeline: Pipeline::new(Config::default()),
            before: format!("{half}    fn total(&self) -> Money {{\n        "),
            after: format!("\n    }}\n\n{half}"),
            now: Duration::ZERO,
            requests: 0,
            answered: 0,
        }
    }

    fn key(&mut self, typed: &str) {
        self.now += Duration::from_millis(100);
        self.requests += 1;
        let c = typed.chars().next_back().unwrap_or(' ');
        self.tell(Event::Edited {
            doc: DocId(1),
            typed: Typed::Char(c),
            version: self.requests as i64,
        });
        let text: Arc<str> = [self.before.as_str(), typed, &self.after].concat().into();
        self.tell(Event::Requested(Ask {
            id: RequestId(self.requests),
            doc: DocId(1),
            path: "src/a.rs".into(),
            language: "rust".into(),
            version: self.requests as i64,
            cursor: self.before.len() + typed.len(),
            text,
            window_start: 0,
            trigger: Trigger::Automatic,
            selected: None,
            facts: SyntaxFacts::default(),
            indent: IndentStyle::default(),
            alternatives: 1,
            screen: std::sync::Arc::new(il_screen::NoScreen),
            engine: Some(Capabilities {
                name: "bench",
                remote: false,
                metered: false,
                calibrated: true,
                instant: true,
            }),
        }));
    }

    fn tell(&mut self, event: Event) {
        for action in self.pipeline.handle(self.now, event) {
            match action {
                Action::Start { job, request } => {
                    let rest = &LINE[LINE.len().min(request.cursor - self.before.len())..];
                    for (n, word) in rest
                        .split_inclusive(|c: char| !c.is_alphanumeric())
                        .enumerate()
                    {
                        let chunk = Chunk::Piece {
                            alternative: 0,
                            text: word.to_owned(),
                            probability: 0.98_f32.powi(n as i32),
                        };
                        self.tell(Event::Chunk { job, chunk });
                    }
                    let chunk = Chunk::End {
                        alternative: 0,
                        finish: Finish::Complete,
                    };
                    self.tell(Event::Chunk { job, chunk });
                    self.tell(Event::Ended {
                        job,
                        result: Ok(Outcome::Done),
                    });
                }
                Action::Answer { answer, .. } => self.answered += answer.suggestions.len(),
                Action::Cancel(_) | Action::WakeAt(_) => {}
            }
        }
    }
}

fn keystroke(c: &mut Criterion) {
    c.bench_function("type-through", |b| {
        let mut editor = Editor::new();
        editor.key("");
        let mut typed = 0;
        b.iter(|| {
            typed = typed % (LINE.len() - 2) + 1;
            editor.key(black_box(&LINE[..typed]));
        });
        assert_eq!(editor.answered as u64, editor.requests);
    });
    c.bench_function("whole round", |b| {
        let mut editor = Editor::new();
        b.iter(|| {
            editor.tell(Event::EngineChanged(None));
            editor.key(black_box("let"));
        });
        assert_eq!(editor.answered as u64, editor.requests);
    });
    // What the two above spend on making the window, which the façade does.
    c.bench_function("window alone", |b| {
        let editor = Editor::new();
        b.iter(|| -> Arc<str> {
            [editor.before.as_str(), black_box("let"), &editor.after]
                .concat()
                .into()
        });
    });
}

criterion_group!(benches, keystroke);
criterion_main!(benches);
