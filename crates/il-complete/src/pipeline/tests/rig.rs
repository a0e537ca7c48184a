//! A typist, an editor and an engine around a pipeline, in a time of their own.
//!
//! Scripts: `type TEXT` (a request after every key, `\\n` a line break), `backspace N`, `autoclose ()`, `tab`, `word`, `line`,
//! `esc`, `request`, `ask` (invoked), `list`, `select BACK TEXT`, `cancel`, `wait 20ms`, `engine`, `close`.

use std::{collections::BTreeMap, fmt::Write as _, ops::Range, time::Duration};

use expect_test::Expect;
use il_engine::{Capabilities, Chunk, Engine as _, EngineError, Outcome};
use test_support::{
    fixture::parse_duration,
    scripted_engine::{self, ScriptedEngine},
};

use crate::{
    Action, Answer, Ask, Config, DocId, Event, Extent, IndentStyle, Pipeline, RequestId, Selected,
    Suggestion, SyntaxFacts, Trigger, Typed, event::JobId, extent,
};

const DOC: DocId = DocId(1);

#[expect(
    clippy::needless_pass_by_value,
    reason = "inline snapshots read best by value"
)]
#[track_caller]
pub(super) fn check(mut rig: Rig, script: &str, expected: Expect) {
    rig.run(script);
    expected.assert_eq(&rig.log);
}

/// An engine that cannot tell how sure it is, and is not instant.
pub(super) fn llm() -> Capabilities {
    Capabilities {
        name: "llm",
        remote: false,
        metered: false,
        calibrated: false,
        instant: false,
    }
}

pub(super) struct Rig {
    pipeline: Pipeline,
    engine: ScriptedEngine,
    has_engine: bool,
    report_shown: bool,
    facts: SyntaxFacts,
    latency: Duration,
    every: Duration,
    now: Duration,
    text: String,
    cursor: usize,
    version: i64,
    last_request: u64,
    calls: BTreeMap<JobId, Call>,
    wake: Option<Duration>,
    ghosts: Vec<Suggestion>,
    said: String,
    cancels: usize,
    log: String,
    pub(super) actions: Vec<String>,
}

struct Call {
    /// What is still to be said, and when.
    script: Vec<(Duration, Word)>,
}

enum Word {
    Chunk(Chunk),
    End(Result<Outcome, EngineError>),
}

impl Rig {
    pub(super) fn new(engine: ScriptedEngine, buffer: &str) -> Self {
        let (before, after) = buffer.split_once("$0").expect("a buffer has a `$0`");
        Self {
            pipeline: Pipeline::new(Config::default()),
            engine,
            has_engine: true,
            report_shown: false,
            facts: SyntaxFacts::default(),
            latency: Duration::ZERO,
            every: Duration::from_millis(100),
            now: Duration::from_secs(1),
            text: [before, after].concat(),
            cursor: before.len(),
            version: 1,
            last_request: 0,
            calls: BTreeMap::new(),
            wake: None,
            ghosts: Vec::new(),
            said: String::new(),
            cancels: 0,
            log: String::new(),
            actions: Vec::new(),
        }
    }

    /// The editor says what it shows, so the pipeline may ask ahead.
    pub(super) fn ahead(mut self) -> Self {
        self.report_shown = true;
        self
    }

    pub(super) fn with_opener(mut self) -> Self {
        self.facts.after_block_opener = true;
        self
    }

    pub(super) fn without_engine(mut self) -> Self {
        self.has_engine = false;
        self
    }

    pub(super) fn latency(mut self, ms: u64) -> Self {
        self.latency = Duration::from_millis(ms);
        self
    }

    pub(super) fn every(mut self, ms: u64) -> Self {
        self.every = Duration::from_millis(ms);
        self
    }

    pub(super) fn run(&mut self, script: &str) {
        for step in script.lines() {
            let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
            self.step(word, rest);
            self.advance(self.now);
            let screen = self.screen();
            writeln!(
                self.log,
                "{:<22} {screen}",
                format!("{step:?}").trim_matches('"')
            )
            .expect("a string");
        }
        writeln!(
            self.log,
            "calls {} ({} ahead), cancelled {}",
            self.engine.calls(),
            self.engine.calls() - self.engine.interactive_calls(),
            self.cancels
        )
        .expect("a string");
    }

    pub(super) fn log(&self) -> &str {
        &self.log
    }

    fn step(&mut self, word: &str, rest: &str) {
        match word {
            "type" => self.type_text(&rest.replace("\\r", "\r").replace("\\n", "\n")),
            "backspace" => {
                let n: usize = rest.parse().expect("a number");
                for _ in 0..n {
                    let c = self.text[..self.cursor]
                        .chars()
                        .next_back()
                        .expect("something to delete");
                    self.replace(self.cursor - c.len_utf8()..self.cursor, "", Typed::Delete);
                    self.request(Trigger::Automatic, None);
                }
            }
            "autoclose" => {
                self.replace(self.cursor..self.cursor, rest, Typed::Insert);
                self.cursor -= rest.len() - 1;
                self.request(Trigger::Automatic, None);
            }
            "tab" => self.accept(|text| text.len(), Extent::Whole),
            "word" => self.accept_part(extent::next_word),
            "line" => self.accept_part(extent::next_line),
            "esc" => {
                if let Some(ghost) = self.ghosts.pop() {
                    self.handle(Event::Dismissed(ghost.id));
                }
                self.ghosts.clear();
            }
            "request" => self.request(Trigger::Automatic, None),
            "ask" => self.request(Trigger::Invoked, None),
            "list" => {
                self.said = self
                    .ghosts
                    .iter()
                    .map(|it| format!("{:?} {:.2}", it.text, it.probability))
                    .collect::<Vec<_>>()
                    .join(", ");
            }
            "select" => {
                let (back, text) = rest.split_once(' ').expect("select BACK TEXT");
                let back: usize = back.parse().expect("a number");
                let selected = Selected {
                    range: self.cursor - back..self.cursor,
                    text: text.to_owned(),
                };
                self.request(Trigger::Automatic, Some(selected));
            }
            "cancel" => self.handle(Event::Cancelled(RequestId(self.last_request))),
            "wait" => self.advance(self.now + parse_duration(rest).expect("a time")),
            "engine" => {
                self.ghosts.clear();
                self.handle(Event::EngineChanged(None));
            }
            "close" => self.handle(Event::DocClosed(DOC)),
            other => panic!("no step is called `{other}`"),
        }
    }

    fn type_text(&mut self, text: &str) {
        let mut keys = text.chars().peekable();
        while let Some(c) = keys.next() {
            let key = if c == '\r' && keys.next_if_eq(&'\n').is_some() {
                "\r\n".to_owned()
            } else {
                c.to_string()
            };
            self.advance(self.now + self.every);
            self.replace(self.cursor..self.cursor, &key, Typed::Char(c));
            self.request(Trigger::Automatic, None);
        }
    }

    fn accept_part(&mut self, step: fn(&str) -> usize) {
        let bytes = self.ghosts.first().map_or(0, |ghost| step(&ghost.text));
        self.accept(step, Extent::Part(bytes));
    }

    fn accept(&mut self, step: fn(&str) -> usize, extent: Extent) {
        let Some(ghost) = self.ghosts.first().cloned() else {
            return self.said.push_str("nothing to accept");
        };
        let taken = &ghost.text[..step(&ghost.text)];
        let range = if taken.len() == ghost.text.len() {
            ghost.range.clone()
        } else {
            ghost.range.start..self.cursor
        };
        self.replace(range, taken, Typed::Insert);
        self.handle(Event::Accepted {
            id: ghost.id,
            extent,
        });
        self.request(Trigger::Automatic, None);
    }

    fn replace(&mut self, range: Range<usize>, with: &str, typed: Typed) {
        self.cursor = range.start + with.len();
        self.text.replace_range(range, with);
        self.version += 1;
        self.ghosts.clear();
        self.handle(Event::Edited {
            doc: DOC,
            typed,
            version: self.version,
        });
    }

    fn request(&mut self, trigger: Trigger, selected: Option<Selected>) {
        self.last_request += 1;
        self.ghosts.clear();
        self.said.clear();
        let ask = Ask {
            id: RequestId(self.last_request),
            doc: DOC,
            path: "src/a.rs".into(),
            language: "rust".into(),
            version: self.version,
            text: self.text.as_str().into(),
            window_start: 0,
            cursor: self.cursor,
            trigger,
            selected,
            facts: self.facts,
            indent: IndentStyle::default(),
            alternatives: 1,
            screen: std::sync::Arc::new(il_screen::NoScreen),
            engine: self.has_engine.then(|| self.engine.capabilities()),
        };
        self.handle(Event::Requested(ask));
    }

    fn handle(&mut self, event: Event) {
        for action in self.pipeline.handle(self.now, event) {
            self.actions.push(format!("{:?} {action:?}", self.now));
            match action {
                Action::Answer { request, answer } => self.answered(request, answer),
                Action::Start { job, request } => self.call(job, &request),
                Action::Cancel(job) => {
                    self.cancels += 1;
                    self.calls
                        .remove(&job)
                        .expect("only what runs is cancelled");
                }
                Action::WakeAt(at) => self.wake = Some(at),
            }
        }
    }

    fn call(&mut self, job: JobId, request: &il_engine::Request) {
        let (chunks, result) = scripted_engine::ask(&self.engine, request);
        let words = chunks
            .into_iter()
            .map(Word::Chunk)
            .chain([Word::End(result)]);
        let words: Vec<Word> = words.collect();
        let n = words.len() as u32;
        let script = words
            .into_iter()
            .zip(1..)
            .map(|(word, i)| (self.now + self.latency * i / n, word))
            .collect();
        self.calls.insert(job, Call { script });
    }

    fn answered(&mut self, request: RequestId, answer: Answer) {
        if request.0 != self.last_request {
            return;
        }
        assert_eq!(answer.suggestions.is_empty(), answer.reason.is_some());
        self.said = match &answer.reason {
            Some(reason) => format!("[{}] {reason}", reason.code()),
            None => String::new(),
        };
        self.ghosts = answer.suggestions;
        if self.report_shown
            && let Some(ghost) = self.ghosts.first()
        {
            let id = ghost.id;
            self.handle(Event::Shown(id));
        }
    }

    /// Lets time go by, and everything happen that is due.
    fn advance(&mut self, to: Duration) {
        loop {
            let call = self
                .calls
                .iter()
                .filter_map(|(&job, call)| Some((call.script.first()?.0, job)))
                .min();
            match (call, self.wake) {
                (Some((at, job)), wake) if at <= to && wake.is_none_or(|wake| at <= wake) => {
                    self.now = self.now.max(at);
                    self.say(job);
                }
                (_, Some(wake)) if wake <= to => {
                    self.now = self.now.max(wake);
                    self.wake = None;
                    self.handle(Event::Woke);
                }
                _ => break,
            }
        }
        self.now = to;
    }

    fn say(&mut self, job: JobId) {
        let Some(call) = self.calls.get_mut(&job) else {
            return;
        };
        match call.script.remove(0).1 {
            Word::Chunk(chunk) => self.handle(Event::Chunk { job, chunk }),
            Word::End(result) => {
                self.calls.remove(&job);
                self.handle(Event::Ended { job, result });
            }
        }
    }

    /// The cursor's line, what is shown at it, or why nothing is.
    fn screen(&self) -> String {
        let start = self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[self.cursor..]
            .find('\n')
            .map_or(self.text.len(), |at| self.cursor + at);
        let line = match self.ghosts.first() {
            None => format!(
                "{}|{}",
                &self.text[start..self.cursor],
                &self.text[self.cursor..end]
            ),
            Some(ghost) => {
                let covered = &self.text[ghost.range.clone()];
                let covered = if covered.is_empty() {
                    String::new()
                } else {
                    format!("⟨{covered}⟩")
                };
                let (before, after) = (
                    &self.text[start..ghost.range.start],
                    &self.text[ghost.range.end..end],
                );
                format!(
                    "{before}⟦{}⟧{covered}{after}  ({})",
                    ghost.text,
                    ghost.source.code()
                )
            }
        };
        let line = line.replace('\r', "␍").replace('\n', "⏎");
        let note = match (self.said.as_str(), self.pipeline.waiting()) {
            ("", 0) => String::new(),
            ("", waiting) => format!("  … {waiting} waiting, {} running", self.pipeline.running()),
            (said, _) => format!("  {said}"),
        };
        format!("{line}{note}")
    }
}
