//! What the tests share: settings for a scripted server, a question, and answers as text.
//!
//! Deliberately absent: the questions' answers.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    ops::ControlFlow,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use il_egress::{Secret, Transport};
use il_engine::{
    Block, CancelToken, Chunk, Context, Engine, EngineError, Length, Outcome, Priority, Request,
    chat::{Chat as _, ChatChunk, ChatRequest, Message, Role, Said},
    usage::{Meter, Usage},
};
use il_engine_remote::{Clock, Endpoint, RemoteChat, RemoteEngine, Settings};
use il_privacy::{Guard, Reach};
use serde_json::Value;

use crate::{memory::Memory, server::Server, wire::Wire};

/// Remembers what it was told, and how often it was asked.
#[derive(Default)]
pub(crate) struct Books(Mutex<Vec<String>>, AtomicUsize);

impl Books {
    fn write(&self, line: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }

    /// Waits until so many questions are about to be sent.
    pub(crate) fn wait_for_questions(&self, count: usize) {
        while self.1.load(Ordering::SeqCst) < count {
            thread::yield_now();
        }
    }

    pub(crate) fn read(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Meter for Books {
    fn allow(&self) -> Result<(), EngineError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn used(&self, it: Usage) {
        let exact = if it.exact { "exact" } else { "estimated" };
        self.write(format!(
            "prompt {} cached {} answer {} {exact}",
            it.prompt, it.cached, it.answer
        ));
    }

    fn unused(&self) {
        self.write("unused".to_owned());
    }
}

/// Stands still until somebody sleeps, and remembers how long.
#[derive(Debug, Default)]
pub(crate) struct Still(Mutex<(Duration, Vec<u128>)>);

impl Still {
    pub(crate) fn pass(&self, time: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 += time;
    }

    /// Every sleep in milliseconds.
    pub(crate) fn slept(&self) -> Vec<u128> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1.clone()
    }
}

impl Clock for Still {
    fn now(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Sun, 06 Nov 1994 08:49:37 GMT
    fn today(&self) -> u64 {
        784_111_777
    }

    fn sleep(&self, time: Duration, _: &CancelToken) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 += time;
        state.1.push(time.as_millis());
    }

    fn chance(&self) -> f32 {
        1.0
    }
}

/// A server, an endpoint on it, its clock and its books.
pub(crate) struct World {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) clock: Arc<Still>,
    pub(crate) books: Arc<Books>,
}

/// Settings for `word`, in which `URL` stands for the server.
pub(crate) fn settings(word: &str, url: &str) -> Settings {
    let choice = word.replace("URL", url).parse().expect("a choice");
    let mut settings = Settings::new(choice);
    settings.key = Some(Secret::new("sk-test"));
    settings.key_source = Some("env:TEST_KEY".parse().expect("a place"));
    settings
}

/// Towards anybody, with the rules and the policy of somebody who sets nothing.
pub(crate) fn guard() -> Guard {
    static GUARD: LazyLock<Guard> = LazyLock::new(|| Guard::usual(Reach::Anywhere));
    GUARD.clone()
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        Self::over(settings, Arc::new(Wire))
    }

    pub(crate) fn over(settings: Settings, transport: Arc<dyn Transport>) -> Self {
        let (clock, books) = (Arc::new(Still::default()), Arc::new(Books::default()));
        let endpoint = Endpoint::new(settings, transport).expect("it can work");
        let endpoint = endpoint.with_clock(clock.clone()).with_meter(books.clone());
        Self {
            endpoint: Arc::new(endpoint),
            clock,
            books,
        }
    }

    /// An endpoint on a server, with nothing but the choice said.
    pub(crate) fn on(word: &str, server: &Server) -> Self {
        Self::new(settings(word, &server.url))
    }

    /// An endpoint that answers from memory.
    pub(crate) fn remembering(
        settings: Settings,
        kind: &'static str,
        pieces: Vec<Vec<u8>>,
    ) -> Self {
        let pieces = Mutex::new(pieces);
        Self::over(settings, Arc::new(Memory { kind, pieces }))
    }

    pub(crate) fn engine(&self) -> RemoteEngine {
        RemoteEngine::new(Arc::clone(&self.endpoint), guard()).expect("it can work")
    }

    /// Everything a completion pushes, a line each, and how it ended.
    pub(crate) fn complete(&self, request: &Request) -> String {
        complete(&self.engine(), request, &CancelToken::new())
    }

    /// The same for a conversation.
    pub(crate) fn chat(&self, request: &ChatRequest) -> String {
        let mut said = String::new();
        let chat = RemoteChat::new(Arc::clone(&self.endpoint), guard());
        let outcome = chat.chat(request, &CancelToken::new(), &mut |chunk| {
            match chunk {
                ChatChunk::Text(text) => writeln!(said, "{text:?}").expect("text"),
                ChatChunk::End(finish) => writeln!(said, "{finish:?}").expect("text"),
            }
            ControlFlow::Continue(())
        });
        said + &ended(outcome)
    }
}

pub(crate) fn complete(engine: &dyn Engine, request: &Request, cancel: &CancelToken) -> String {
    let mut said = String::new();
    let outcome = engine.complete(request, cancel, &mut |chunk| {
        let line = match chunk {
            Chunk::Piece {
                alternative,
                text,
                probability,
            } => format!("{alternative} {text:?} {probability:.2}"),
            Chunk::End {
                alternative,
                finish,
            } => format!("{alternative} {finish:?}"),
            Chunk::Note { what, .. } => format!("({what})"),
            Chunk::Origin { .. } => "origin".to_owned(),
        };
        said.push_str(&line);
        said.push('\n');
        ControlFlow::Continue(())
    });
    said + &ended(outcome)
}

fn ended(outcome: Result<Outcome, EngineError>) -> String {
    match outcome {
        Ok(outcome) => format!("{outcome:?}"),
        Err(EngineError::Failed { why, .. }) => format!("failed: {why}"),
        Err(EngineError::NotReady { why, .. }) => format!("not ready: {why}"),
        Err(EngineError::Refused { why, .. }) => format!("refused: {why}"),
    }
}

/// Code whose comment holds a marker, a piece of another file, and a word that was begun.
pub(crate) fn context() -> Context {
    Context {
        repository: "shop".into(),
        path: "src/cart.rs".into(),
        language: "rust".into(),
        comment: "//".into(),
        blocks: vec![Block {
            path: "src/price.rs".into(),
            text: "pub fn price(id: u32) -> u64 {\n    7\n}".into(),
        }],
        prefix: "// <|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().".into(),
        begun: "map(".into(),
        suffix: ".sum()\n}\n".into(),
    }
}

/// A question with that context.
pub(crate) fn question(length: Length) -> Request {
    let context = context();
    let before = format!("{}{}", context.prefix, context.begun);
    Request {
        path: "src/cart.rs".into(),
        language: "rust".into(),
        cursor: before.len(),
        text: format!("{before}{}", context.suffix).into(),
        length,
        alternatives: 1,
        priority: Priority::Interactive,
        context: Some(Arc::new(context)),
        workspace: Arc::default(),
    }
}

/// A conversation with instructions and an earlier turn.
pub(crate) fn conversation() -> ChatRequest {
    let message = |role, text: &str| Message {
        role,
        text: Said(text.into()),
    };
    ChatRequest {
        system: Some(Said("Be brief.".into())),
        messages: vec![
            message(Role::User, "Hi"),
            message(Role::Assistant, "Hello."),
            message(Role::User, "What is 6 × 7?"),
        ],
        max_tokens: 50,
        temperature: Some(0.2),
        stops: vec!["\n\n".into(), "END".into()],
        files: Vec::new(),
    }
}

/// A request as it went over the wire: what matters of its head, and its JSON with sorted members.
pub(crate) fn shown(asked: &(String, String)) -> String {
    let mut lines = asked.0.lines().filter(|it| !it.is_empty());
    let mut shown = lines.next().unwrap_or_default().to_owned() + "\n";
    let boring = ["host", "content-length", "content-type", "accept"];
    for line in lines {
        let name = line.split(':').next().unwrap_or_default();
        if !boring.contains(&name) {
            shown.push_str(line);
            shown.push('\n');
        }
    }
    let json = serde_json::from_str(&asked.1).expect("JSON");
    pretty(&json, 0, &mut shown);
    shown.push('\n');
    shown
}

/// JSON with one member a line, in the order of their names whatever the map's.
fn pretty(value: &Value, depth: usize, out: &mut String) {
    let Value::Object(map) = value else {
        out.push_str(&value.to_string());
        return;
    };
    out.push_str("{\n");
    let sorted: BTreeMap<_, _> = map.iter().collect();
    for (name, value) in sorted {
        out.push_str(&"  ".repeat(depth + 1));
        write!(out, "{name}: ").expect("text");
        pretty(value, depth + 1, out);
        out.push('\n');
    }
    out.push_str(&"  ".repeat(depth));
    out.push('}');
}

/// Of an answer that was closed in the middle it depends on the wire how much had come; what it cost is left out.
fn comparable(said: &str, whole: bool) -> Vec<&str> {
    let is_cost = |it: &str| it.contains(" tokens of prompt") || it.starts_with("prompt ");
    said.lines().filter(|it| whole || !is_cost(it)).collect()
}

/// Runs `ask` on the wire with the stream byte by byte, and from memory with the stream whole and split in two at every
/// place: all say the same. Gives back the request and what was said.
pub(crate) fn everywhere(
    settings_at: &dyn Fn(&str) -> Settings,
    kind: &'static str,
    stream: &str,
    ask: &dyn Fn(&World) -> String,
) -> (String, String) {
    use crate::server::{Reply, byte_by_byte};
    let server = Server::start(vec![Reply::Chunks(kind, byte_by_byte(stream))]);
    let world = World::new(settings_at(&server.url));
    let mut said = ask(&world);
    said.push('\n');
    said.push_str(&world.books.read().join("\n"));
    let said = said.replace(&server.url["http://".len()..], "HOST");
    let bytes = stream.as_bytes();
    for at in 0..bytes.len() {
        let pieces = [&bytes[..at], &bytes[at..]];
        let pieces = pieces.into_iter().filter(|it| !it.is_empty());
        let pieces = pieces.map(<[u8]>::to_vec).collect();
        let world = World::remembering(settings_at("http://HOST"), kind, pieces);
        let mut again = ask(&world);
        again.push('\n');
        again.push_str(&world.books.read().join("\n"));
        let whole = said.ends_with("exact");
        assert_eq!(
            comparable(&again, whole),
            comparable(&said, whole),
            "split at {at}"
        );
    }
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    (shown(&asked[0]), said)
}
