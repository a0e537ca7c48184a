//! The host with a scripted engine: what an editor does, and what it hears.

use std::time::Instant;

use il_engine::Engine;
use test_support::scripted_engine::ScriptedEngine;
use test_support::{fixture::Fixture, scripted_engine};

use super::*;
use crate::{
    data::{Position, Range, Suggestion, Surface},
    ports::{Stage, SystemClock},
};

/// A test that hangs must fail.
const PATIENCE: Duration = Duration::from_secs(20);

const URI: &str = "file:///repo/a.py";

/// Opens every root with the same engine, once it is let.
struct Shelf {
    engine: ScriptedEngine,
    gate: Option<Receiver<()>>,
    fails: Option<&'static str>,
    fallback: Option<ScriptedEngine>,
    told: Mutex<Vec<PathBuf>>,
    opened: AtomicUsize,
}

impl Repositories for Shelf {
    fn open(
        &self,
        _: &Path,
        progress: &dyn Fn(Progress),
        cancel: &CancelToken,
    ) -> Result<Arc<dyn Engine>, OpenError> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        progress(Progress {
            stage: Stage::Train,
            done: 1,
            total: 4,
        });
        if let Some(gate) = &self.gate {
            while gate.recv_timeout(Duration::from_millis(1)).is_err() {
                if cancel.is_cancelled() {
                    return Err(OpenError::Cancelled);
                }
            }
        }
        match self.fails {
            Some("panic") => panic!("scripted"),
            Some(why) => Err(OpenError::Failed(why.to_owned())),
            None => Ok(Arc::new(self.engine.clone())),
        }
    }

    fn fallback(&self) -> Option<Arc<dyn Engine>> {
        Some(Arc::new(self.fallback.clone()?))
    }

    fn root_of(&self, file: &Path) -> Option<PathBuf> {
        file.parent().map(Path::to_owned)
    }

    fn changed_on_disk(&self, _: &Path, paths: &[PathBuf]) {
        self.told.lock().unwrap().extend_from_slice(paths);
    }
}

/// A host under test.
struct Bench {
    host: Host,
    notices: Receiver<Notice>,
    engine: ScriptedEngine,
    shelf: Arc<Shelf>,
    release: Sender<()>,
    version: i64,
}

impl Bench {
    /// A host with the repository `/repo` open.
    fn new() -> Self {
        let bench = Self::with(ScriptedEngine::new(), false, None);
        bench.host.open_repository("/repo".into());
        bench.until_ready();
        bench
    }

    fn with(engine: ScriptedEngine, gated: bool, fails: Option<&'static str>) -> Self {
        Self::over(engine, gated, fails, None)
    }

    fn over(
        engine: ScriptedEngine,
        gated: bool,
        fails: Option<&'static str>,
        fallback: Option<ScriptedEngine>,
    ) -> Self {
        let (release, gate) = unbounded();
        let shelf = Arc::new(Shelf {
            engine: engine.clone(),
            gate: gated.then_some(gate),
            fails,
            fallback,
            told: Mutex::default(),
            opened: AtomicUsize::new(0),
        });
        let settings = Settings {
            encoding: Encoding::Utf16,
            ..Settings::default()
        };
        let (host, notices) =
            Host::new(shelf.clone(), Arc::new(SystemClock::new()), settings).unwrap();
        Self {
            host,
            notices,
            engine,
            shelf,
            release,
            version: 1,
        }
    }

    fn until_ready(&self) {
        loop {
            match self.notices.recv_timeout(PATIENCE).unwrap() {
                Notice::Progress { .. } => {}
                Notice::Ready { .. } => return,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Opens a fixture's text at [`URI`]; the cursor.
    fn open(&self, fixture: &str) -> Position {
        let fixture = Fixture::parse(fixture);
        let (file, cursor) = fixture.cursor();
        self.host.did_open(&Opened {
            uri: URI.into(),
            path: Some("/repo/a.py".into()),
            language: "python".into(),
            version: 1,
            text: file.text.clone(),
        });
        let at = Text::from(file.text.as_str()).line_col(cursor, Encoding::Utf16);
        Position {
            line: at.line as u32,
            character: at.col as u32,
        }
    }

    fn type_at(&mut self, at: Position, text: &str) {
        self.version += 1;
        let change = Change {
            range: Some(Range { start: at, end: at }),
            text: text.into(),
        };
        self.host
            .did_change(URI, Some(self.version), vec![change])
            .unwrap();
    }

    fn ask_at(&self, position: Position) -> (AskId, Receiver<Reply>) {
        self.ask(Ask { position, ..ask() })
    }

    fn ask(&self, ask: Ask) -> (AskId, Receiver<Reply>) {
        let (told, hear) = unbounded();
        let id = self
            .host
            .complete(ask, move |reply| told.send(reply).unwrap());
        (id, hear)
    }

    fn answer(&self, ask: Ask) -> Answer {
        match self.ask(ask).1.recv_timeout(PATIENCE).unwrap() {
            Reply::Answered(answer) => answer,
            other => panic!("{other:?}"),
        }
    }
}

fn ask() -> Ask {
    Ask {
        uri: URI.into(),
        version: None,
        position: Position::default(),
        invoked: false,
        selected: None,
        formatting: None,
        alternatives: 1,
        surface: Surface::GhostText,
    }
}

/// Reads a status until it is as wanted; for what threads do when they get to it.
#[track_caller]
fn eventually(what: &str, mut wanted: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !wanted() {
        assert!(Instant::now() < until, "never: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn text(it: &Suggestion) -> String {
    let Range { start, end } = it.range;
    format!(
        "{}:{}..{}:{} {:?} ({})",
        start.line, start.character, end.line, end.character, it.text, it.source
    )
}

#[test]
fn suggests_from_the_repository_s_engine() {
    let bench = Bench::new();
    bench.engine.on(
        "ret",
        scripted_engine::Reply::text("urn total").drawn_from("b.py", 7),
    );
    let position = bench.open("//- /a.py\ndef f():\n    x = '😀'; ret$0\n");
    let answer = bench.answer(Ask { position, ..ask() });
    assert_eq!(
        text(&answer.suggestions[0]),
        r#"1:17..1:17 "urn total" (engine)"#
    );
    assert_eq!(answer.suggestions[0].origin.as_ref().unwrap().line, 7);
    assert_eq!(
        (answer.word.text.as_str(), answer.word.start.character),
        ("ret", 14)
    );
    assert_eq!(answer.reason, None);
    let request = &bench.engine.requests()[0];
    assert_eq!((&*request.path, &*request.language), ("a.py", "python"));

    let status = bench.host.status();
    assert_eq!(status.counters.asks, 1);
    assert_eq!(status.counters.answered, 1);
    assert_eq!(status.counters.engine_calls, 1);
    assert_eq!(status.repositories[0].engine, Some("scripted"));
    assert_eq!(status.documents[0].lines, 3);

    let explained = bench.host.explain(Some(&answer.suggestions[0].id)).unwrap();
    assert_eq!(explained.ask, answer.ask);
    assert_eq!(bench.host.explain(None).unwrap(), explained);
    assert!(
        explained.to_string().contains("suggested: s"),
        "{explained}"
    );
}

#[test]
fn nothing_has_a_reason() {
    let bench = Bench::new();
    let position = bench.open("//- /a.py\nx = $0\n");
    let answer = bench.answer(Ask { position, ..ask() });
    assert!(answer.suggestions.is_empty());
    let reason = answer.reason.unwrap();
    assert_eq!(&*reason.code, "nothing-learnt");
    let explained = bench.host.explain(Some(&answer.ask.to_string())).unwrap();
    assert_eq!(explained.reason, Some(reason));
}

#[test]
fn typing_through_asks_the_engine_no_more() {
    let mut bench = Bench::new();
    bench
        .engine
        .on("ret", scripted_engine::Reply::text("urn total"));
    let mut position = bench.open("//- /a.py\nret$0\n");
    bench.answer(Ask { position, ..ask() });
    eventually("speculation has ended", || {
        bench.host.status().engine_jobs == 0
    });
    let calls = bench.engine.interactive_calls();
    for key in "urn".chars() {
        bench.type_at(position, &key.to_string());
        position.character += 1;
    }
    let answer = bench.answer(Ask { position, ..ask() });
    assert_eq!(
        text(&answer.suggestions[0]),
        r#"0:6..0:6 " total" (type-through)"#
    );
    assert_eq!(bench.engine.interactive_calls(), calls);
    assert_eq!(bench.host.status().counters.type_through_hits, 1);
}

#[test]
fn an_edit_never_waits_for_a_request() {
    let mut bench = Bench::new();
    bench.engine.hold();
    bench.engine.otherwise(scripted_engine::Reply::text("x"));
    let position = bench.open("//- /a.py\nval = $0\n");
    let (_, reply) = bench.ask_at(position);
    assert!(bench.engine.wait_for_calls(1));
    for _ in 0..100 {
        bench.type_at(position, "y");
    }
    assert!(
        bench
            .host
            .text(URI)
            .unwrap()
            .ends_with(&format!("{}\n", "y".repeat(100)))
    );
    let (_, second) = bench.ask_at(Position {
        character: 106,
        ..position
    });
    assert!(matches!(
        reply.recv_timeout(PATIENCE),
        Ok(Reply::Superseded)
    ));
    bench.engine.release();
    assert!(matches!(
        second.recv_timeout(PATIENCE),
        Ok(Reply::Answered(_))
    ));
    eventually("no call is left", || bench.engine.running() == 0);
}

#[test]
fn a_cancelled_ask_is_replied_to_once() {
    let bench = Bench::new();
    bench.engine.hold();
    bench.engine.otherwise(scripted_engine::Reply::text("x"));
    let position = bench.open("//- /a.py\nval = $0\n");
    let (id, reply) = bench.ask_at(position);
    assert!(bench.engine.wait_for_calls(1));
    bench.host.cancel(id);
    bench.host.cancel(id);
    assert!(matches!(reply.recv_timeout(PATIENCE), Ok(Reply::Cancelled)));
    // The engine is still held back: only the cancel can end the call.
    eventually("no call is left", || bench.engine.running() == 0);
    assert!(reply.try_recv().is_err());
    assert_eq!(bench.host.status().counters.cancelled, 1);
    assert_eq!(bench.host.status().waiting, 0);
}

#[test]
fn surfaces_do_not_replace_each_other() {
    let bench = Bench::new();
    bench.engine.hold();
    bench
        .engine
        .otherwise(scripted_engine::Reply::text("total"));
    let position = bench.open("//- /a.py\nval = $0\n");
    let (_, ghost) = bench.ask_at(position);
    let (_, list) = bench.ask(Ask {
        position,
        surface: Surface::List,
        ..ask()
    });
    let (_, newer) = bench.ask(Ask {
        position,
        surface: Surface::List,
        ..ask()
    });
    assert!(matches!(list.recv_timeout(PATIENCE), Ok(Reply::Superseded)));
    bench.engine.release();
    assert!(matches!(
        ghost.recv_timeout(PATIENCE),
        Ok(Reply::Answered(_))
    ));
    assert!(matches!(
        newer.recv_timeout(PATIENCE),
        Ok(Reply::Answered(_))
    ));
}

#[test]
fn versions_tell_whether_an_ask_makes_sense() {
    let mut bench = Bench::new();
    bench
        .engine
        .otherwise(scripted_engine::Reply::text("total"));
    let mut position = bench.open("//- /a.py\nval = $0\n");
    bench.type_at(position, "y");
    position.character += 1;
    let (_, old) = bench.ask(Ask {
        version: Some(1),
        position,
        ..ask()
    });
    assert!(matches!(old.recv_timeout(PATIENCE), Ok(Reply::Superseded)));
    let answer = bench.answer(Ask {
        version: Some(9),
        position,
        ..ask()
    });
    assert_eq!(&*answer.reason.unwrap().code, "unknown-version");
    let answer = bench.answer(Ask {
        version: Some(2),
        position,
        ..ask()
    });
    assert_eq!(answer.suggestions.len(), 1);
}

#[test]
fn an_ask_about_an_unknown_document_is_refused() {
    let bench = Bench::new();
    let (_, reply) = bench.ask(ask());
    match reply.recv_timeout(PATIENCE).unwrap() {
        Reply::Refused(why) => {
            assert_eq!(
                why.to_string(),
                "unknown document: `file:///repo/a.py` is not open"
            );
        }
        other => panic!("{other:?}"),
    }
    let change = Change {
        range: None,
        text: String::new(),
    };
    assert!(bench.host.did_change(URI, Some(1), vec![change]).is_err());
    bench.host.did_close(URI);
    bench.host.did_save(URI);
    bench.host.did_focus(Some(URI));
    bench.host.accepted("s1");
    bench.host.shown("nonsense");
    assert_eq!(bench.host.explain(Some("nonsense")), None);
}

#[test]
fn a_panicking_engine_is_an_answer_with_a_reason() {
    let bench = Bench::new();
    bench
        .engine
        .on("x = ", scripted_engine::Reply::panics("scripted"));
    bench
        .engine
        .on("y = ", scripted_engine::Reply::text("total"));
    let position = bench.open("//- /a.py\nx = $0\ny = \n");
    let answer = bench.answer(Ask { position, ..ask() });
    assert_eq!(&*answer.reason.unwrap().code, "engine-failed");
    let answer = bench.answer(Ask {
        position: Position {
            line: 1,
            ..position
        },
        ..ask()
    });
    assert_eq!(answer.suggestions.len(), 1);
    assert_eq!(bench.host.status().counters.panics, 1);
}

#[test]
fn a_repository_that_is_being_opened_says_so_and_then_answers() {
    let bench = Bench::with(ScriptedEngine::new(), true, None);
    bench
        .engine
        .otherwise(scripted_engine::Reply::text("total"));
    bench.host.open_repository("/repo".into());
    bench.host.open_repository("/repo".into());
    assert!(matches!(
        bench.notices.recv_timeout(PATIENCE),
        Ok(Notice::Progress { .. })
    ));
    let position = bench.open("//- /a.py\nval = $0\n");
    let reason = bench.answer(Ask { position, ..ask() }).reason.unwrap();
    assert_eq!(&*reason.code, "engine-not-ready");
    assert!(
        reason.sentence.contains("learning 1 of 4"),
        "{}",
        reason.sentence
    );
    bench.release.send(()).unwrap();
    bench.until_ready();
    let answer = bench.answer(Ask { position, ..ask() });
    assert_eq!(answer.suggestions.len(), 1);
    assert_eq!(bench.shelf.opened.load(Ordering::SeqCst), 1);
}

#[test]
fn a_repository_can_be_closed_while_it_is_being_opened() {
    let bench = Bench::with(ScriptedEngine::new(), true, None);
    bench.host.open_repository("/repo".into());
    assert!(matches!(
        bench.notices.recv_timeout(PATIENCE),
        Ok(Notice::Progress { .. })
    ));
    bench.host.close_repository("/repo".as_ref());
    assert!(matches!(
        bench.notices.recv_timeout(PATIENCE),
        Ok(Notice::Closed { .. })
    ));
    assert!(bench.host.status().repositories.is_empty());
}

#[test]
fn a_repository_that_cannot_be_opened_says_why() {
    for (fails, expected) in [("no space left", "no space left"), ("panic", "panicked")] {
        let bench = Bench::with(ScriptedEngine::new(), false, Some(fails));
        bench.host.open_repository("/repo".into());
        let why = loop {
            match bench.notices.recv_timeout(PATIENCE).unwrap() {
                Notice::Progress { .. } => {}
                Notice::Failed { why, .. } => break why,
                other => panic!("{other:?}"),
            }
        };
        assert!(why.contains(expected), "{why}");
        let position = bench.open("//- /a.py\nval = $0\n");
        let reason = bench.answer(Ask { position, ..ask() }).reason.unwrap();
        assert!(reason.sentence.contains(expected), "{}", reason.sentence);
    }
}

#[test]
fn without_a_folder_the_first_file_finds_its_repository() {
    let bench = Bench::with(ScriptedEngine::new(), false, None);
    bench.open("//- /a.py\n$0\n");
    bench.until_ready();
    assert_eq!(bench.host.status().repositories[0].root, Path::new("/repo"));
}

#[test]
fn saves_and_watched_files_reach_the_repository() {
    let bench = Bench::new();
    bench.open("//- /a.py\n$0\n");
    bench.host.did_save(URI);
    bench
        .host
        .did_change_watched_files(vec!["/repo/b.py".into(), "/elsewhere/c.py".into()]);
    eventually("both are told", || {
        bench.shelf.told.lock().unwrap().len() == 2
    });
    let told = bench.shelf.told.lock().unwrap().clone();
    assert_eq!(
        told,
        [PathBuf::from("/repo/a.py"), PathBuf::from("/repo/b.py")]
    );
}

#[test]
fn dropping_the_host_replies_to_everything() {
    let bench = Bench::new();
    bench.engine.hold();
    bench.engine.otherwise(scripted_engine::Reply::text("x"));
    let position = bench.open("//- /a.py\nval = $0\n");
    let (_, reply) = bench.ask_at(position);
    assert!(bench.engine.wait_for_calls(1));
    let Bench { host, engine, .. } = bench;
    drop(host);
    assert!(matches!(reply.recv_timeout(PATIENCE), Ok(Reply::Cancelled)));
    eventually("the call has been cancelled", || engine.running() == 0);
}

#[test]
fn odd_edits_are_followed() {
    let mut bench = Bench::new();
    let at = |line, character| Position { line, character };
    bench.open("//- /a.py\nab\ncd$0\n");
    bench.type_at(at(99, 99), "end");
    assert_eq!(bench.host.text(URI).unwrap(), "ab\ncd\nend");
    // The wrong way round, with a version that does not grow.
    let change = Change {
        range: Some(Range {
            start: at(1, 1),
            end: at(0, 1),
        }),
        text: "-".into(),
    };
    bench.host.did_change(URI, Some(1), vec![change]).unwrap();
    assert_eq!(bench.host.text(URI).unwrap(), "a-d\nend");
    let all = Change {
        range: None,
        text: "😀".into(),
    };
    let inside = Change {
        range: Some(Range {
            start: at(0, 1),
            end: at(0, 1),
        }),
        text: "x".into(),
    };
    bench.host.did_change(URI, None, vec![all, inside]).unwrap();
    assert_eq!(bench.host.text(URI).unwrap(), "x😀");
}

#[test]
fn partial_acceptance_reaches_the_pipeline() {
    let bench = Bench::new();
    bench
        .engine
        .on("ret", scripted_engine::Reply::text("urn total"));
    let position = bench.open("//- /a.py\nret$0\n");
    let answer = bench.answer(Ask { position, ..ask() });
    let id = answer.suggestions[0].id.clone();
    bench.host.shown(&id);
    bench.host.shown(&id);
    bench.host.partially_accepted(&id, 3);
    bench.host.accepted(&id);
    eventually("all three are counted", || {
        bench.host.status().counters.accepted == 1
    });
    let counters = bench.host.status().counters;
    assert_eq!((counters.shown, counters.partially_accepted), (1, 1));
}

#[test]
fn the_fall_back_engine_answers_while_a_repository_is_being_opened() {
    let fallback = ScriptedEngine::new();
    fallback.otherwise(scripted_engine::Reply::text("alone"));
    let bench = Bench::over(ScriptedEngine::new(), true, None, Some(fallback));
    bench
        .engine
        .otherwise(scripted_engine::Reply::text("together"));
    bench.host.open_repository("/repo".into());
    let position = bench.open("//- /a.py\nval = $0\n");
    let answer = bench.answer(Ask { position, ..ask() });
    assert_eq!(answer.suggestions[0].text, "alone");
    bench.release.send(()).unwrap();
    bench.until_ready();
    // What the fall-back said is forgotten once the repository is there.
    let answer = bench.answer(Ask { position, ..ask() });
    assert_eq!(answer.suggestions[0].text, "together");
}

/// How far the engine is asked to go at the cursor, and what the façade says about the place.
#[track_caller]
fn check_syntax(fixture: &str, length: &str, place: &str) {
    let bench = Bench::new();
    let position = bench.open(fixture);
    let answer = bench.answer(Ask { position, ..ask() });
    let asked = bench.engine.requests()[0].length;
    assert!(format!("{asked:?}").starts_with(length), "{asked:?}");
    let explained = bench.host.explain(Some(&answer.ask.to_string())).unwrap();
    let syntax = &explained.steps[0];
    assert_eq!(syntax.stage, "syntax");
    assert!(syntax.detail.starts_with(place), "{}", syntax.detail);
}

#[test]
fn the_syntax_decides_how_far_to_go() {
    check_syntax(
        "//- /a.py\ndef f():\n    $0\n\n\ndef g():\n    pass\n",
        "Block",
        "in an empty block, says ",
    );
    check_syntax("//- /a.py\nx = $0\n", "Line", "in code, says ");
    check_syntax(
        "//- /a.py\nx = 1  # see $0\n",
        "Line",
        "in a comment, says ",
    );
    check_syntax("//- /a.py\nx = 'see $0'\n", "Line", "in a string, says ");
}

#[test]
fn the_syntax_follows_edits() {
    let mut bench = Bench::new();
    let mut position = bench.open("//- /a.py\nx = 1  $0\n");
    for key in "# se".chars() {
        bench.type_at(position, &key.to_string());
        position.character += 1;
    }
    let answer = bench.answer(Ask { position, ..ask() });
    let explained = bench.host.explain(Some(&answer.ask.to_string())).unwrap();
    let detail = &explained.steps[0].detail;
    assert!(detail.starts_with("in a comment, says "), "{detail}");
}

#[test]
fn languages_are_known_by_the_editor_s_word_or_by_name() {
    let bench = Bench::new();
    for (language, path, expected) in [
        ("Python", None, "python"),
        ("", Some("/repo/x.rs"), "rust"),
        ("made-up", Some("/repo/Makefile"), "makefile"),
        ("made-up", None, "plaintext"),
    ] {
        bench.host.did_open(&Opened {
            uri: URI.into(),
            path: path.map(PathBuf::from),
            language: language.into(),
            version: 1,
            text: String::new(),
        });
        assert_eq!(&*bench.host.status().documents[0].language, expected);
    }
}

#[test]
fn an_engine_hears_of_the_other_tabs_and_the_latest_edits() {
    let bench = Bench::new();
    for (uri, path) in [
        ("file:///repo/lib/b.py", "/repo/lib/b.py"),
        ("file:///elsewhere/c.py", "/elsewhere/c.py"),
    ] {
        bench.host.did_open(&Opened {
            uri: uri.into(),
            path: Some(path.into()),
            language: "python".into(),
            version: 1,
            text: "one\ntwo\n".into(),
        });
    }
    let at = Position {
        line: 1,
        character: 3,
    };
    let change = Change {
        range: Some(Range { start: at, end: at }),
        text: " more".into(),
    };
    bench
        .host
        .did_change("file:///repo/lib/b.py", Some(2), vec![change])
        .unwrap();
    let position = bench.open("//- /a.py\nx = $0\n");
    bench.answer(Ask { position, ..ask() });
    let request = bench.engine.requests().swap_remove(0);
    assert_eq!(request.workspace.tabs, ["lib/b.py".into()]);
    let edits: Vec<(&str, u32, &str)> = request
        .workspace
        .edits
        .iter()
        .map(|it| (&*it.path, it.line, &*it.text))
        .collect();
    assert_eq!(edits, [("lib/b.py", 1, "two more\n")]);
}
