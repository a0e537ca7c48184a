//! Any events in any order: one answer per request, no call forgotten, nothing grows, nothing panics.

use std::{collections::BTreeSet, time::Duration};

use il_engine::{Capabilities, Chunk, EngineError, Finish, Outcome};
use proptest::prelude::*;

use crate::{
    Action, Ask, Config, DocId, Event, Extent, IndentStyle, Pipeline, RequestId, Selected,
    SuggestionId, SyntaxFacts, Trigger, Typed, event::JobId,
};

#[derive(Clone, Debug)]
enum Op {
    Type {
        doc: u64,
        text: String,
    },
    Delete {
        doc: u64,
    },
    Ask {
        doc: u64,
        invoked: bool,
        back: usize,
        select: bool,
        stale: bool,
        engine: u8,
    },
    AskTwice,
    Cancel(u64),
    Piece {
        job: u64,
        alternative: usize,
        text: String,
        p: f32,
    },
    End {
        job: u64,
        alternative: usize,
    },
    Ended {
        job: u64,
        how: u8,
    },
    Shown(u64),
    Accepted {
        id: u64,
        part: Option<usize>,
    },
    Dismissed(u64),
    Close(u64),
    Engine(Option<u64>),
    Time(u64),
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}",
        Just("foo(".to_owned()),
        Just(")".to_owned()),
        Just("\n    ".to_owned()),
        Just("é😀".to_owned()),
        Just("\r\n".to_owned()),
        Just("{".to_owned()),
        Just("\"".to_owned()),
        Just("<|fim_pad|>".to_owned()),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let doc = 0..3_u64;
    let recent = 0..6_u64;
    prop_oneof![
        6 => (doc.clone(), words()).prop_map(|(doc, text)| Op::Type { doc, text }),
        1 => doc.clone().prop_map(|doc| Op::Delete { doc }),
        8 => (doc.clone(), any::<bool>(), 0..4_usize, prop::bool::weighted(0.1), prop::bool::weighted(0.1), 0..6_u8)
            .prop_map(|(doc, invoked, back, select, stale, engine)| Op::Ask { doc, invoked, back, select, stale, engine }),
        1 => Just(Op::AskTwice),
        2 => recent.clone().prop_map(Op::Cancel),
        8 => (recent.clone(), 0..3_usize, words(), prop_oneof![0.0f32..1.0, Just(f32::NAN), Just(1.0)])
            .prop_map(|(job, alternative, text, p)| Op::Piece { job, alternative, text, p }),
        3 => (recent.clone(), 0..3_usize).prop_map(|(job, alternative)| Op::End { job, alternative }),
        4 => (recent.clone(), 0..4_u8).prop_map(|(job, how)| Op::Ended { job, how }),
        2 => recent.clone().prop_map(Op::Shown),
        2 => (recent.clone(), prop::option::of(0..9_usize)).prop_map(|(id, part)| Op::Accepted { id, part }),
        1 => recent.prop_map(Op::Dismissed),
        1 => doc.clone().prop_map(Op::Close),
        1 => prop::option::of(doc).prop_map(Op::Engine),
        4 => (0..400_u64).prop_map(Op::Time),
    ]
}

const CACHE: usize = 4096;

struct World {
    pipeline: Pipeline,
    now: Duration,
    texts: [String; 3],
    version: i64,
    last_request: u64,
    last_suggestion: u64,
    open: BTreeSet<RequestId>,
    jobs: BTreeSet<JobId>,
    last_job: u64,
    log: Vec<String>,
}

impl World {
    fn new() -> Self {
        let config = Config {
            cache_bytes: CACHE,
            ..Config::default()
        };
        Self {
            pipeline: Pipeline::new(config),
            now: Duration::ZERO,
            texts: Default::default(),
            version: 0,
            last_request: 0,
            last_suggestion: 0,
            open: BTreeSet::new(),
            jobs: BTreeSet::new(),
            last_job: 0,
            log: Vec::new(),
        }
    }

    fn perform(&mut self, op: Op) {
        let job = |back: u64| JobId(self.last_job.saturating_sub(back));
        let suggestion = |back: u64| SuggestionId(self.last_suggestion.saturating_sub(back));
        let event = match op {
            Op::Type { doc, text } => {
                self.texts[doc as usize].push_str(&text);
                self.version += 1;
                let typed = text.chars().next().map_or(Typed::Other, Typed::Char);
                Event::Edited {
                    doc: DocId(doc),
                    typed,
                    version: self.version,
                }
            }
            Op::Delete { doc } => {
                self.texts[doc as usize].pop();
                self.version += 1;
                Event::Edited {
                    doc: DocId(doc),
                    typed: Typed::Delete,
                    version: self.version,
                }
            }
            Op::Ask {
                doc,
                invoked,
                back,
                select,
                stale,
                engine,
            } => return self.ask(doc, invoked, back, select, stale, engine),
            Op::AskTwice => {
                self.last_request = self.last_request.saturating_sub(1);
                return self.ask(0, false, 0, false, false, 0);
            }
            Op::Cancel(back) => Event::Cancelled(RequestId(self.last_request.saturating_sub(back))),
            Op::Piece {
                job: back,
                alternative,
                text,
                p,
            } => Event::Chunk {
                job: job(back),
                chunk: Chunk::Piece {
                    alternative,
                    text,
                    probability: p,
                },
            },
            Op::End {
                job: back,
                alternative,
            } => Event::Chunk {
                job: job(back),
                chunk: Chunk::End {
                    alternative,
                    finish: Finish::Complete,
                },
            },
            Op::Ended { job: back, how } => {
                let (engine, why) = ("random", "no reason".to_owned());
                let result = match how {
                    0 | 1 => Ok(Outcome::Done),
                    2 => Ok(Outcome::Cancelled),
                    _ => Err(EngineError::Failed { engine, why }),
                };
                let job = job(back);
                self.jobs.remove(&job);
                Event::Ended { job, result }
            }
            Op::Shown(back) => Event::Shown(suggestion(back)),
            Op::Accepted { id, part } => Event::Accepted {
                id: suggestion(id),
                extent: part.map_or(Extent::Whole, Extent::Part),
            },
            Op::Dismissed(back) => Event::Dismissed(suggestion(back)),
            Op::Close(doc) => Event::DocClosed(DocId(doc)),
            Op::Engine(doc) => Event::EngineChanged(doc.map(DocId)),
            Op::Time(ms) => {
                self.now += Duration::from_millis(ms);
                Event::Woke
            }
        };
        self.handle(event);
    }

    fn ask(&mut self, doc: u64, invoked: bool, back: usize, select: bool, stale: bool, engine: u8) {
        self.last_request += 1;
        let text = &self.texts[doc as usize];
        let cursor = text.len().saturating_sub(back);
        let selected = select.then(|| Selected {
            range: cursor.saturating_sub(1)..cursor,
            text: format!("{}zz", &text.chars().last().unwrap_or('a')),
        });
        let capabilities = Capabilities {
            name: "random",
            remote: engine == 4,
            metered: engine == 4,
            calibrated: engine.is_multiple_of(2),
            instant: engine == 1 || engine == 2,
        };
        let ask = Ask {
            id: RequestId(self.last_request),
            doc: DocId(doc),
            path: "a.rs".into(),
            language: "rust".into(),
            version: if stale {
                self.version - 1
            } else {
                self.version
            },
            text: text.as_str().into(),
            window_start: 10,
            cursor,
            trigger: if invoked {
                Trigger::Invoked
            } else {
                Trigger::Automatic
            },
            selected,
            facts: SyntaxFacts::default(),
            indent: IndentStyle::default(),
            alternatives: 1,
            screen: std::sync::Arc::new(il_screen::NoScreen),
            engine: (engine != 5).then_some(capabilities),
        };
        self.handle_with(Event::Requested(ask), Some(RequestId(self.last_request)));
    }

    fn handle(&mut self, event: Event) {
        self.handle_with(event, None);
    }

    fn handle_with(&mut self, event: Event, asks: Option<RequestId>) {
        let mut asked = asks;
        if let Some(id) = asks
            && !self.open.contains(&id)
        {
            self.open.insert(id);
            asked = None;
        }
        for action in self.pipeline.handle(self.now, event) {
            self.log.push(format!("{action:?}"));
            match action {
                Action::Answer { request, answer } => {
                    assert!(self.open.remove(&request), "{request:?} was answered twice");
                    if asked.take() == Some(request) {
                        self.open.insert(request);
                    }
                    assert_eq!(answer.suggestions.is_empty(), answer.reason.is_some());
                    for suggestion in &answer.suggestions {
                        self.last_suggestion = self.last_suggestion.max(suggestion.id.0);
                        assert!(!suggestion.text.trim().is_empty());
                        assert!(
                            suggestion.range.start >= 10
                                && suggestion.range.start <= suggestion.range.end
                        );
                    }
                }
                Action::Start { job, request } => {
                    assert!(request.text.is_char_boundary(request.cursor));
                    assert!(self.jobs.insert(job), "{job:?} was started twice");
                    self.last_job = job.0;
                }
                Action::Cancel(job) => {
                    // A call that has said everything may be over for the pipeline before its end.
                    assert!(
                        self.jobs.remove(&job),
                        "{job:?} was cancelled and did not run"
                    );
                }
                Action::WakeAt(at) => assert!(at >= self.now),
            }
        }
        assert_eq!(self.pipeline.waiting(), self.open.len());
        assert!(self.pipeline.running() <= self.jobs.len());
        assert!(
            self.pipeline.cache.bytes() <= CACHE + 40_000,
            "the cache is bounded"
        );
    }

    /// However it went, time answers everyone and stops everything.
    fn wait_for_the_end(&mut self) {
        for _ in 0..4 {
            self.now += Duration::from_secs(11);
            self.handle(Event::Woke);
        }
        assert!(self.open.is_empty(), "every request has its answer");
        assert_eq!(
            self.pipeline.running(),
            0,
            "every call has ended or was cancelled"
        );
    }
}

fn run(ops: &[Op]) -> Vec<String> {
    let mut world = World::new();
    for op in ops {
        world.perform(op.clone());
    }
    world.wait_for_the_end();
    world.log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn one_answer_per_request_and_no_call_forgotten(ops in prop::collection::vec(op(), 0..80)) {
        let log = run(&ops);
        prop_assert_eq!(log, run(&ops), "the same events give the same actions");
    }
}
