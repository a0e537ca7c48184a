//! `interline eval overhead`: how long it takes from a key to the bytes of a request, everything but the model.
//!
//! The one idea: the whole road is walked as in an editor, the façade, the index, the packer and a remote engine, and the door at
//! its end notes the time instead of sending. The first key of a line, for which things are looked up, is told apart from the
//! others, which go on with the prompt of the first.
//!
//! Deliberately absent: the wait for a pause in typing, which is chosen and not needed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, mpsc},
    time::{Duration, Instant},
};

use il_assist::{
    Ask, CancelToken, Change, Encoding, Engine, Host, Notice, OpenError, Opened, Position,
    Progress, Range, Repositories, Settings, Surface, SystemClock,
};
use il_context::{Bounds, ContextEngine};
use il_egress::{Body, Request, Response, Transport, Trouble};
use il_engine_remote::{Endpoint, RemoteEngine, Settings as Asking};
use il_eval::lines::{self, Latency};
use il_privacy::{Guard, Reach};
use il_text::Text;
use serde_json::json;

use crate::{
    cli::EvalOverhead,
    engines,
    failure::{Exit, unavailable, usage},
    interrupt,
    progress::Steps,
    repository::{index, lock, retriever::IndexRetriever, tree},
    terminal::{self, ProgressBar, STRONG, count, styled},
};

/// A server whose answers nobody waits for; it is never asked.
const ENDPOINT: &str = "openai-fim:Qwen/Qwen2.5-Coder-7B@http://127.0.0.1:9";
/// One that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(20);
/// What it says.
const ANSWER: &[u8] = b"data: {\"choices\":[{\"index\":0,\"text\":\"\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

pub(crate) fn run(args: &EvalOverhead) -> anyhow::Result<Exit> {
    let root = tree::real_directory(&args.dir)?;
    index::check_root(&root)?;
    let door = Arc::new(Door::default());
    let (engine, paths) = engine(&root, args, Arc::clone(&door) as _)?;
    let places = places(&root, &paths, args);
    if places.is_empty() {
        return Err(usage(format!(
            "there is no code in `{}` to type",
            args.dir.display()
        )));
    }
    let bench = Bench::open(&root, engine, door)?;
    let bar = ProgressBar::steps("typing", places.len() as u64);
    let (mut first, mut others) = (Vec::new(), Vec::new());
    let mut sent = Vec::new();
    for (n, place) in places.iter().enumerate() {
        bar.at(n as u64, &place.path.display().to_string());
        for (key, keystroke) in bench
            .type_at(place, usize::from(args.keys))
            .into_iter()
            .enumerate()
        {
            let times = if key == 0 { &mut first } else { &mut others };
            times.push(keystroke.took);
            sent.push(keystroke.bytes);
        }
    }
    drop(bar);
    let typed = places.len();
    let all = latency(&[&first[..], &others[..]].concat());
    let (first, others) = (latency(&first), latency(&others));
    let bytes = sent.iter().sum::<usize>() / sent.len().max(1);
    if args.json {
        let one = |it: &Latency| json!({"keys": it.suggestions, "p50_us": it.p50_us, "p95_us": it.p95_us, "p99_us": it.p99_us});
        terminal::print_json(&json!({
            "files": paths.len(),
            "lines": typed,
            "bytes_of_a_request": bytes,
            "first_key_of_a_line": one(&first),
            "other_keys": one(&others),
            "all_keys": one(&all),
        }))?;
    } else {
        terminal::print(&render(paths.len(), typed, bytes, [&first, &others, &all]))?;
    }
    Ok(Exit::Done)
}

fn render(files: usize, lines: usize, bytes: usize, rows: [&Latency; 3]) -> String {
    let [first, others, all] = rows;
    let row = |name: &str, it: &Latency| {
        let ms = |us: u64| us as f64 / 1000.0;
        format!(
            "  {name:<22}{:>8}{:>9.2}{:>9.2}{:>9.2}\n",
            it.suggestions,
            ms(it.p50_us),
            ms(it.p95_us),
            ms(it.p99_us)
        )
    };
    let head = format!(
        "  {:<22}{:>8}{:>9}{:>9}{:>9}",
        "from key to request", "keys", "p50 ms", "p95 ms", "p99 ms"
    );
    format!(
        "{}, {} typed, {} a request\n\n{}\n{}{}{}",
        count(files as u64, "file"),
        count(lines as u64, "line"),
        terminal::bytes(bytes as u64),
        styled(STRONG, &head),
        row("first of a line", first),
        row("the others", others),
        row("all", all)
    )
}

fn latency(times: &[Duration]) -> Latency {
    lines::latency(times.iter().map(|it| it.as_micros() as u64).collect())
}

/// A remote engine on an index of the tree that is up to date, and the paths in it.
fn engine(
    root: &Path,
    args: &EvalOverhead,
    door: Arc<dyn Transport>,
) -> anyhow::Result<(Arc<dyn Engine>, Vec<String>)> {
    let steps = Steps::new();
    let scan = tree::scan_all(root);
    let show = |it| steps.show(it);
    let opened = index::open_fresh(root, &scan.files, &show, &interrupt::token())?;
    drop(steps);
    let paths = opened.index.view().paths();
    let mut asking = Asking::new(ENDPOINT.parse().map_err(usage)?);
    asking.context_tokens = args.tokens as usize + asking.max_answer_tokens;
    let endpoint = Endpoint::new(asking, door).map_err(usage)?;
    let remote =
        RemoteEngine::new(Arc::new(endpoint), Guard::usual(Reach::Anywhere)).map_err(usage)?;
    let index = Arc::new(OnceLock::from(opened.index));
    let retriever = Arc::new(IndexRetriever::when_open(root, &opened.protection, index));
    let engine = ContextEngine::new(
        Arc::new(remote),
        Some(retriever),
        engines::name_of(root),
        il_context::Settings::default(),
        Bounds {
            policy: opened.protection.policy,
            reach: Reach::Anywhere,
        },
    );
    Ok((Arc::new(engine), paths))
}

/// A line to be typed.
struct Place {
    path: PathBuf,
    /// The file without the line's code.
    text: String,
    /// Where the code begins.
    at: Position,
    code: String,
}

/// Lines in the middle of files all over the tree.
fn places(root: &Path, paths: &[String], args: &EvalOverhead) -> Vec<Place> {
    let wanted = usize::from(args.lines);
    let step = (paths.len() / wanted.max(1)).max(1);
    let files = paths.iter().step_by(step);
    files
        .filter_map(|path| place(root, path, usize::from(args.keys)))
        .take(wanted)
        .collect()
}

/// The first line behind the middle of a file that has enough code on it.
fn place(root: &Path, path: &str, keys: usize) -> Option<Place> {
    let text = tree::read(root, path)?;
    let language = il_lang::registry().detect(path, text.lines().next());
    if language.id == "plaintext" || language.id == "markdown" {
        return None;
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let number = (lines.len() / 2..lines.len()).find(|&it| lines[it].trim().len() > keys)?;
    let line = lines[number];
    let indent = line.len() - line.trim_start().len();
    let code = line.trim();
    let start: usize = lines[..number].iter().map(|it| it.len()).sum::<usize>() + indent;
    let rest = [&text[..start], &text[start + code.len()..]].concat();
    let at = Text::from(rest.as_str()).line_col(start, Encoding::Utf32);
    Some(Place {
        path: root.join(path),
        at: Position {
            line: at.line as u32,
            character: at.col as u32,
        },
        text: rest,
        code: code.to_owned(),
    })
}

/// One key.
struct Keystroke {
    took: Duration,
    /// Of the request.
    bytes: usize,
}

/// A façade on one engine.
struct Bench {
    host: Host,
    door: Arc<Door>,
}

impl Bench {
    fn open(root: &Path, engine: Arc<dyn Engine>, door: Arc<Door>) -> anyhow::Result<Self> {
        let settings = Settings {
            encoding: Encoding::Utf32,
            ..Settings::default()
        };
        let clock = Arc::new(SystemClock::new());
        let (host, notices) = Host::new(Arc::new(One(engine)), clock, settings)?;
        host.open_repository(root.to_path_buf());
        for notice in notices {
            match notice {
                Notice::Progress { .. } => {}
                Notice::Ready { .. } => return Ok(Self { host, door }),
                Notice::Failed { why, .. } => return Err(unavailable(why)),
                Notice::Closed { .. } => break,
            }
        }
        Err(unavailable("the façade ended before it was ready"))
    }

    /// Types the beginning of a line and asks after each key.
    fn type_at(&self, place: &Place, keys: usize) -> Vec<Keystroke> {
        let uri: Arc<str> = place.path.to_string_lossy().into();
        self.host.did_open(&Opened {
            uri: Arc::clone(&uri),
            path: Some(place.path.clone()),
            language: String::new(),
            version: 1,
            text: place.text.clone(),
        });
        // A file that somebody types in has been open for a while.
        self.ask(&uri, Position::default());
        let typed = place.code.chars().take(keys).zip(0..);
        let strokes = typed.filter_map(|(key, n)| self.press(&uri, place.at, n, key));
        let strokes = strokes.collect();
        self.host.did_close(&uri);
        strokes
    }

    fn press(&self, uri: &Arc<str>, at: Position, n: u32, key: char) -> Option<Keystroke> {
        lock(&self.door.0).clear();
        let column = |more: u32| Position {
            line: at.line,
            character: at.character + n + more,
        };
        let change = Change {
            range: Some(Range {
                start: column(0),
                end: column(0),
            }),
            text: key.to_string(),
        };
        let pressed = Instant::now();
        self.host.did_change(uri, None, vec![change]).ok()?;
        self.ask(uri, column(1))?;
        let sent = lock(&self.door.0);
        let &(when, bytes) = sent.first()?;
        Some(Keystroke {
            took: when.saturating_duration_since(pressed),
            bytes,
        })
    }

    /// Asks there and waits for the reply.
    fn ask(&self, uri: &Arc<str>, position: Position) -> Option<()> {
        let (reply, replies) = mpsc::channel();
        let ask = Ask {
            uri: Arc::clone(uri),
            version: None,
            position,
            invoked: true, // no wait
            selected: None,
            formatting: None,
            alternatives: 1,
            surface: Surface::GhostText,
        };
        self.host.complete(ask, move |_| {
            // Nobody waits any more only when it took too long.
            let _ = reply.send(());
        });
        replies.recv_timeout(PATIENCE).ok()
    }
}

/// Every repository has the same engine.
struct One(Arc<dyn Engine>);

impl Repositories for One {
    fn open(
        &self,
        _: &Path,
        _: &dyn Fn(Progress),
        _: &CancelToken,
    ) -> Result<Arc<dyn Engine>, OpenError> {
        Ok(Arc::clone(&self.0))
    }
}

/// Notes when a request is ready to be written, and how long it is; answers with nothing.
#[derive(Default)]
struct Door(Mutex<Vec<(Instant, usize)>>);

impl Transport for Door {
    fn send(&self, request: Request, _: &CancelToken) -> Result<Response, Trouble> {
        lock(&self.0).push((Instant::now(), request.body.bytes().len()));
        Ok(Response {
            status: 200,
            headers: vec![("content-type".into(), "text/event-stream".into())],
            body: Box::new(Said(Some(ANSWER.to_vec()))),
        })
    }
}

struct Said(Option<Vec<u8>>);

impl Body for Said {
    fn next(&mut self, _: &CancelToken) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(self.0.take())
    }
}
