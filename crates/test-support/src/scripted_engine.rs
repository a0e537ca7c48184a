//! A scripted engine: speaks the real protocol, says what the test wrote down, counts what it was asked.
//!
//! The one idea: a reply belongs to what the prefix ends with, and is made of pieces with cumulative
//! probabilities, exactly as a real engine pushes them. It can be held back and let go piece by piece,
//! so a test decides what happens in the middle of an answer.
//!
//! It learns nothing and draws nothing at random.

use std::{
    collections::BTreeMap,
    fmt,
    ops::ControlFlow,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use il_engine::{
    CancelToken, Capabilities, Chunk, Engine, EngineError, Finish, Length, Origin, Outcome,
    Priority, Request, Sink,
};

/// Of an engine that waits, at most: a test that hangs must fail.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(1);

/// What the engine says when it is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    alternatives: Vec<Alternative>,
    failure: Option<Failure>,
}

#[derive(Clone, Debug, PartialEq)]
struct Alternative {
    pieces: Vec<(String, f32)>,
    origin: Option<Origin>,
    finish: Finish,
}

#[derive(Clone, Debug, PartialEq)]
enum Failure {
    NotReady(String),
    Failed(String),
    Panic(String),
}

impl Reply {
    /// An answer that says nothing.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// One alternative in one piece, with probability 0.9.
    pub fn text(text: &str) -> Self {
        Self::pieces(&[(text, 0.9)])
    }

    /// One alternative; each probability is that of everything up to and including its piece.
    pub fn pieces(pieces: &[(&str, f32)]) -> Self {
        let pieces = pieces
            .iter()
            .map(|&(text, p)| (text.to_owned(), p))
            .collect();
        Self {
            alternatives: vec![Alternative {
                pieces,
                origin: None,
                finish: Finish::Complete,
            }],
            failure: None,
        }
    }

    /// The alternatives of both, those of `other` last.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.alternatives.extend(other.alternatives);
        self
    }

    /// Says where its last alternative was drawn from.
    #[must_use]
    pub fn drawn_from(mut self, path: &str, line: u32) -> Self {
        if let Some(last) = self.alternatives.last_mut() {
            last.origin = Some(Origin {
                path: path.into(),
                line,
            });
        }
        self
    }

    /// Says how its last alternative ends.
    #[must_use]
    pub fn finishing(mut self, finish: Finish) -> Self {
        if let Some(last) = self.alternatives.last_mut() {
            last.finish = finish;
        }
        self
    }

    /// [`EngineError::NotReady`], after whatever it says.
    pub fn not_ready(why: &str) -> Self {
        Self::failing(Failure::NotReady(why.to_owned()))
    }

    /// [`EngineError::Failed`], after whatever it says.
    pub fn failed(why: &str) -> Self {
        Self::failing(Failure::Failed(why.to_owned()))
    }

    /// Panics, as an engine with a bug does.
    pub fn panics(why: &str) -> Self {
        Self::failing(Failure::Panic(why.to_owned()))
    }

    fn failing(failure: Failure) -> Self {
        Self {
            alternatives: Vec::new(),
            failure: Some(failure),
        }
    }

    fn chunks(&self, alternatives: usize) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        for (alternative, said) in self
            .alternatives
            .iter()
            .take(alternatives.max(1))
            .enumerate()
        {
            if let Some(origin) = &said.origin {
                chunks.push(Chunk::Origin {
                    alternative,
                    origin: origin.clone(),
                });
            }
            chunks.extend(said.pieces.iter().map(|(text, probability)| Chunk::Piece {
                alternative,
                text: text.clone(),
                probability: *probability,
            }));
            chunks.push(Chunk::End {
                alternative,
                finish: said.finish,
            });
        }
        chunks
    }
}

/// What the test wrote down, and what was asked. Clones are the same engine.
#[derive(Clone)]
pub struct ScriptedEngine(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    capabilities: Capabilities,
    replies: BTreeMap<String, Reply>,
    otherwise: Reply,
    known: Vec<(String, f32)>,
    requests: Vec<Request>,
    cancels: usize,
    ends: usize,
    files: Vec<(String, Option<String>)>,
    /// Chunks that may still be said; `None` when nothing is held back.
    permits: Option<usize>,
}

impl Default for ScriptedEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ScriptedEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("ScriptedEngine")
            .field("calls", &state.requests.len())
            .field("cancels", &state.cancels)
            .finish_non_exhaustive()
    }
}

impl ScriptedEngine {
    /// Local, calibrated and instant; says nothing until told to.
    pub fn new() -> Self {
        Self::with_capabilities(Capabilities {
            name: "scripted",
            remote: false,
            metered: false,
            calibrated: true,
            instant: true,
        })
    }

    /// The same, slow: the wait counts.
    pub fn slow() -> Self {
        let engine = Self::new();
        engine.state().capabilities.instant = false;
        engine
    }

    /// With other capabilities.
    pub fn with_capabilities(capabilities: Capabilities) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                capabilities,
                replies: BTreeMap::new(),
                otherwise: Reply::nothing(),
                known: Vec::new(),
                requests: Vec::new(),
                cancels: 0,
                ends: 0,
                files: Vec::new(),
                permits: None,
            }),
            changed: Condvar::new(),
        }))
    }

    /// Says `reply` where the prefix ends with `ending`; of several endings the longest decides.
    pub fn on(&self, ending: &str, reply: Reply) -> &Self {
        self.state().replies.insert(ending.to_owned(), reply);
        self
    }

    /// Says `reply` wherever nothing else is written down.
    pub fn otherwise(&self, reply: Reply) -> &Self {
        self.state().otherwise = reply;
        self
    }

    /// Knows a text by heart: wherever the prefix is one of `text`'s, says how it goes on, word by word,
    /// with this probability for every word.
    pub fn knows(&self, text: &str, probability: f32) -> &Self {
        self.state().known.push((text.to_owned(), probability));
        self
    }

    /// Says nothing more until allowed to.
    pub fn hold(&self) {
        self.state().permits = Some(0);
    }

    /// Lets this many more chunks through; the end of a call counts as one.
    pub fn allow(&self, chunks: usize) {
        let mut state = self.state();
        state.permits = state.permits.map(|permits| permits + chunks);
        drop(state);
        self.0.changed.notify_all();
    }

    /// Lets everything through.
    pub fn release(&self) {
        self.state().permits = None;
        self.0.changed.notify_all();
    }

    /// How often it was asked.
    pub fn calls(&self) -> usize {
        self.state().requests.len()
    }

    /// How often it was asked by someone who waits.
    pub fn interactive_calls(&self) -> usize {
        let waits = |request: &&Request| request.priority == Priority::Interactive;
        self.state().requests.iter().filter(waits).count()
    }

    /// How many calls were stopped before they were done.
    pub fn cancels(&self) -> usize {
        self.state().cancels
    }

    /// How many calls are running.
    pub fn running(&self) -> usize {
        let state = self.state();
        state.requests.len() - state.ends
    }

    /// Everything it was asked, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// Every file it was told of, in order.
    pub fn files_changed(&self) -> Vec<(String, Option<String>)> {
        self.state().files.clone()
    }

    /// Waits until it has been asked this often; false when that takes too long.
    pub fn wait_for_calls(&self, calls: usize) -> bool {
        let state = self.state();
        let short = |state: &mut State| state.requests.len() < calls;
        match self.0.changed.wait_timeout_while(state, PATIENCE, short) {
            Ok((_, waited)) => !waited.timed_out(),
            Err(_) => false,
        }
    }

    /// What it would say, without being asked: for tests that drive the chunks themselves.
    pub fn script(&self, request: &Request) -> Vec<Chunk> {
        self.state().reply(request).chunks(request.alternatives)
    }

    /// A panic that was scripted must not hide what the test wants to see afterwards.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a permit to say one more chunk; false when the caller no longer wants it.
    fn may_speak(&self, cancel: &CancelToken) -> bool {
        let mut state = self.state();
        loop {
            if cancel.is_cancelled() {
                return false;
            }
            match &mut state.permits {
                None => return true,
                Some(0) => {}
                Some(permits) => {
                    *permits -= 1;
                    return true;
                }
            }
            state = match self.0.changed.wait_timeout(state, POLL) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn speak(&self, chunks: Vec<Chunk>, cancel: &CancelToken, sink: Sink<'_>) -> Outcome {
        for chunk in chunks {
            if !self.may_speak(cancel) || sink(chunk).is_break() {
                return Outcome::Cancelled;
            }
        }
        if self.may_speak(cancel) {
            Outcome::Done
        } else {
            Outcome::Cancelled
        }
    }
}

impl State {
    fn reply(&self, request: &Request) -> Reply {
        let written = self
            .replies
            .iter()
            .filter(|(ending, _)| request.prefix().ends_with(ending.as_str()))
            .max_by_key(|(ending, _)| ending.len());
        if let Some((_, reply)) = written {
            return reply.clone();
        }
        let known = self
            .known
            .iter()
            .find_map(|(text, p)| text.strip_prefix(request.prefix()).map(|rest| (rest, *p)));
        match known {
            Some((rest, probability)) => by_heart(rest, request.length, probability),
            None => self.otherwise.clone(),
        }
    }
}

fn by_heart(rest: &str, length: Length, probability: f32) -> Reply {
    let lines = match length {
        Length::Line => 1,
        Length::Block { max_lines } => max_lines.max(1),
    };
    let end = rest
        .match_indices('\n')
        .nth(lines - 1)
        .map_or(rest.len(), |(at, _)| at);
    let mut p = 1.0;
    let mut pieces = Vec::new();
    for word in rest[..end].split_inclusive(|c: char| !c.is_alphanumeric() && c != '_') {
        p *= probability;
        pieces.push((word, p));
    }
    if pieces.is_empty() {
        Reply::nothing()
    } else {
        Reply::pieces(&pieces)
    }
}

impl Engine for ScriptedEngine {
    fn capabilities(&self) -> Capabilities {
        self.state().capabilities.clone()
    }

    /// What it was asked can be looked at, all of it.
    fn wants_workspace(&self) -> bool {
        true
    }

    fn complete(
        &self,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        let reply = {
            let mut state = self.state();
            state.requests.push(request.clone());
            state.reply(request)
        };
        self.0.changed.notify_all();
        let outcome = self.speak(reply.chunks(request.alternatives), cancel, sink);
        let mut state = self.state();
        state.ends += 1;
        if outcome == Outcome::Cancelled {
            state.cancels += 1;
            return Ok(outcome);
        }
        let engine = state.capabilities.name;
        drop(state);
        match reply.failure {
            None => Ok(outcome),
            Some(Failure::NotReady(why)) => Err(EngineError::NotReady { engine, why }),
            Some(Failure::Failed(why)) => Err(EngineError::Failed { engine, why }),
            Some(Failure::Panic(why)) => panic!("{why}"),
        }
    }

    fn file_changed(&self, path: &str, text: Option<&str>) {
        let text = text.map(str::to_owned);
        self.state().files.push((path.to_owned(), text));
    }
}

/// Everything an engine says to one request, and how it ends.
pub fn ask(engine: &dyn Engine, request: &Request) -> (Vec<Chunk>, Result<Outcome, EngineError>) {
    let mut chunks = Vec::new();
    let result = engine.complete(request, &CancelToken::new(), &mut |chunk| {
        chunks.push(chunk);
        ControlFlow::Continue(())
    });
    (chunks, result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(prefix: &str, length: Length) -> Request {
        Request {
            path: "src/a.rs".into(),
            language: "rust".into(),
            text: prefix.into(),
            cursor: prefix.len(),
            length,
            alternatives: 1,
            priority: Priority::Interactive,
            context: None,
            workspace: Arc::default(),
        }
    }

    fn said(engine: &ScriptedEngine, prefix: &str, length: Length) -> String {
        let text = |chunk| match chunk {
            Chunk::Piece { text, .. } => Some(text),
            _ => None,
        };
        let (chunks, result) = ask(engine, &request(prefix, length));
        assert_eq!(result.ok(), Some(Outcome::Done));
        chunks
            .into_iter()
            .filter_map(text)
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn the_longest_ending_decides() {
        let engine = ScriptedEngine::new();
        engine
            .on("(", Reply::text("short)"))
            .on("foo(", Reply::text("long)"));
        assert_eq!(said(&engine, "x = foo(", Length::Line), "long)");
        assert_eq!(said(&engine, "x = bar(", Length::Line), "short)");
        assert_eq!(said(&engine, "x = ", Length::Line), "");
        assert_eq!(engine.calls(), 3);
    }

    #[test]
    fn what_is_known_by_heart_goes_on_as_far_as_asked() {
        let engine = ScriptedEngine::new();
        engine.knows("let a = 1;\nlet b = 2;\nlet c = 3;\n", 0.9);
        assert_eq!(said(&engine, "let a", Length::Line), " |=| |1;");
        assert_eq!(
            said(&engine, "let a = 1;", Length::Block { max_lines: 2 }),
            "\n|let |b |=| |2;"
        );
    }

    #[test]
    fn a_held_engine_stops_when_cancelled() {
        let engine = ScriptedEngine::new();
        engine.otherwise(Reply::pieces(&[("a", 0.9), ("b", 0.8)]));
        engine.hold();
        let cancel = CancelToken::new();
        std::thread::scope(|scope| {
            let call = scope.spawn(|| {
                engine.complete(&request("", Length::Line), &cancel, &mut |_| {
                    ControlFlow::Continue(())
                })
            });
            assert!(engine.wait_for_calls(1));
            assert_eq!(engine.running(), 1);
            cancel.cancel();
            assert_eq!(
                call.join().ok().and_then(Result::ok),
                Some(Outcome::Cancelled)
            );
        });
        assert_eq!((engine.cancels(), engine.running()), (1, 0));
    }

    #[test]
    fn failures_come_after_what_was_said() {
        let engine = ScriptedEngine::new();
        engine.otherwise(Reply::not_ready("learning, 40 %"));
        let (chunks, result) = ask(&engine, &request("", Length::Line));
        assert!(chunks.is_empty());
        let why = result.err().map(|e| e.to_string());
        assert_eq!(
            why.as_deref(),
            Some("the scripted engine is not ready: learning, 40 %")
        );
    }
}
