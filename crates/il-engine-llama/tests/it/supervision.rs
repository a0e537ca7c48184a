//! Workers that die, files that are no models, and requests at the same time.

use std::{
    fs,
    io::Read as _,
    ops::ControlFlow,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use il_engine::{CancelToken, Engine as _, EngineError};
use il_engine_llama::{Ask, Ending, LlamaEngine, LlamaError, LlamaModel, Settings};

use crate::asking::{answer, continued, open, program, request, settings};

const SOON: Duration = Duration::from_secs(30);

fn signal(name: &str, process: u32) -> bool {
    Command::new("kill")
        .args([name, &process.to_string()])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

fn kill(model: &LlamaModel) {
    if let Some(process) = model.process() {
        signal("-KILL", process);
    }
}

/// Asks, and does something to the model at the first piece; the error that comes of it.
fn disturbed(model: &LlamaModel, disturb: impl Fn()) -> LlamaError {
    for _ in 0..3 {
        let mut hear = |_: &str, _: f32| {
            disturb();
            ControlFlow::Continue(())
        };
        let asked = Ask::text("fn main() {", 400);
        if let Err(error) = model.generate(&asked, &CancelToken::new(), &mut hear) {
            return error;
        }
        // It had said everything already.
        assert!(model.wait_ready(SOON));
    }
    panic!("the worker is always quicker");
}

#[test]
fn a_worker_that_is_killed_fails_its_request_and_the_next_one_works() {
    let model = open();
    let before = continued(&model, "fn main() {", 12);
    let process = model.process();
    let error = disturbed(&model, || kill(&model));
    assert!(
        matches!(&error, LlamaError::Died { why } if why.contains("signal: 9")),
        "{error}"
    );
    assert!(model.wait_ready(SOON));
    assert_ne!(model.process(), process);
    assert_eq!(continued(&model, "fn main() {", 12), before);
}

#[test]
fn a_native_assertion_kills_the_worker_and_not_the_one_who_asks() {
    let model = open();
    let error = disturbed(&model, || model.provoke_assertion());
    let said = error.to_string();
    assert!(
        said.contains("GGML_ASSERT") && said.contains("signal: 6"),
        "{said}"
    );
    assert!(model.wait_ready(SOON));
    assert_eq!(answer(&model, &Ask::text("fn", 3)).ending, Ending::Length);
}

#[test]
fn an_engine_whose_worker_is_away_says_so_and_the_ladder_goes_on() {
    let model = open();
    let engine = LlamaEngine::new(Arc::clone(&model));
    let asked = request("let a = ", "", ";\n");
    let mut nothing = |_| ControlFlow::Continue(());
    kill(&model);
    // It takes a moment until it is known; until it is back, everybody is told.
    let heard = loop {
        let heard = engine.complete(&asked, &CancelToken::new(), &mut nothing);
        if heard.is_err() {
            break heard;
        }
        kill(&model);
    };
    let error = heard.expect_err("it is gone");
    assert!(
        matches!(
            error,
            EngineError::Failed {
                engine: "llama",
                ..
            } | EngineError::NotReady {
                engine: "llama",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_worker_goes_when_its_model_is_dropped_and_when_its_parent_is_gone() {
    let model = open();
    let process = model.process().expect("it runs");
    drop(model);
    while signal("-0", process) {
        thread::sleep(Duration::from_millis(5));
    }

    let mut orphan = Command::new(program().path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(orphan.stdin.take());
    assert!(orphan.wait().expect("it ends").success());
}

#[test]
fn what_is_no_frame_ends_the_worker() {
    let mut worker = Command::new(program().path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    std::io::Write::write_all(
        &mut worker.stdin.take().expect("piped"),
        b"GET / HTTP/1.1\r\n\r\n",
    )
    .expect("it reads");
    let mut said = String::new();
    let mut errors = worker.stderr.take().expect("piped");
    errors.read_to_string(&mut said).expect("text");
    assert!(!worker.wait().expect("it ends").success());
    assert!(said.contains("a frame that cannot be read"), "{said}");
}

#[test]
fn a_file_that_is_cut_or_spoilt_is_a_clear_error() {
    let whole = fs::read(settings().model).expect("the fixture");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spoilt.gguf");
    let open = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("writes");
        let settings = Settings {
            model: path.clone(),
            ..settings()
        };
        LlamaModel::open(program(), &settings)
    };
    let mut other = whole.clone();
    other[..4].copy_from_slice(b"GGML");
    let mut senseless = whole.clone();
    senseless[16..24].fill(0xff);
    let cut = |length: usize| whole[..length].to_vec();
    let spoilt = [
        Vec::new(),
        cut(3),
        cut(100),
        cut(whole.len() / 2),
        cut(whole.len() - 1),
        other,
        senseless,
    ];
    for bytes in spoilt {
        let error = open(&bytes).expect_err("it is no model").to_string();
        assert!(
            error.starts_with("llama.cpp cannot load `") && error.contains("spoilt.gguf"),
            "{} bytes: {error}",
            bytes.len()
        );
    }
    open(&whole).expect("the whole one");
    let missing = Settings {
        model: folder.path().join("none.gguf"),
        ..settings()
    };
    let error = LlamaModel::open(program(), &missing).expect_err("there is none");
    assert!(
        error.to_string().starts_with("there is no file `"),
        "{error}"
    );
}

#[test]
fn a_program_that_cannot_be_started_or_is_no_worker_is_an_error() {
    let mut none = program();
    none.path.push("nowhere");
    let error = LlamaModel::open(none, &settings()).expect_err("there is none");
    assert!(matches!(error, LlamaError::Start { .. }), "{error}");
    let mut other = program();
    other.path = "/bin/true".into();
    let error = LlamaModel::open(other, &settings()).expect_err("it says nothing");
    assert!(matches!(error, LlamaError::Died { .. }), "{error}");
}

#[test]
fn a_model_that_nobody_knows_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("strange.gguf");
    let mut bytes = fs::read(settings().model).expect("the fixture");
    // Another `general.name` of the same length.
    let name = b"interline-";
    let place = bytes.windows(name.len()).position(|it| it == name);
    let place = place.expect("it has a name");
    bytes[place..place + name.len()].copy_from_slice(b"unheard-of");
    fs::write(&path, bytes).expect("writes");
    let settings = Settings {
        model: path,
        template: None,
        ..settings()
    };
    let error = LlamaModel::open(program(), &settings).expect_err("nobody knows it");
    let said = error.to_string();
    assert!(said.contains("--template"), "{said}");
}

#[test]
fn tokens_are_counted_while_it_decodes() {
    let model = open();
    let counter = model.tokenizer();
    let alone = counter.count(&["let a = 1;", "", "fn main() {}\n"]);
    assert!(
        counter.exact() && alone[0] > 0 && alone[1] == 0,
        "{alone:?}"
    );
    let mut times = 0;
    let mut hear = |_: &str, _: f32| {
        times += 1;
        assert_eq!(counter.count(&["let a = 1;", "", "fn main() {}\n"]), alone);
        ControlFlow::Continue(())
    };
    model
        .generate(
            &Ask::text("let a = 1;\n", 16),
            &CancelToken::new(),
            &mut hear,
        )
        .expect("it answers");
    assert!(times > 0);
}

#[test]
fn requests_at_the_same_time_get_what_they_get_alone() {
    let model = open();
    let prompts = [
        "fn main() {",
        "import os\n\nprint(",
        "struct Point {",
        "for x in ",
    ];
    let alone: Vec<String> = prompts.iter().map(|it| continued(&model, it, 30)).collect();
    let together: Vec<String> = thread::scope(|scope| {
        let model = &model;
        let ask = |it| scope.spawn(move || continued(model, it, 30));
        let asked: Vec<_> = prompts.into_iter().map(ask).collect();
        asked
            .into_iter()
            .map(|it| it.join().expect("it answers"))
            .collect()
    });
    assert_eq!(together, alone);
}

/// Whether somebody who is waited for was answered before what was begun ahead of him was over.
fn overtakes(model: &LlamaModel) -> bool {
    let ahead = Ask {
        interactive: false,
        document: 1,
        ..Ask::text("fn main() {", 400)
    };
    let (over, overtaken) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let (mut begun, over, overtaken) = (false, &over, &overtaken);
        let mut hear = |_: &str, _: f32| {
            if !begun {
                begun = true;
                scope.spawn(move || {
                    answer(model, &Ask::text("let a", 5));
                    overtaken.store(!over.load(Ordering::SeqCst), Ordering::SeqCst);
                });
            }
            ControlFlow::Continue(())
        };
        model
            .generate(&ahead, &CancelToken::new(), &mut hear)
            .expect("it answers");
        over.store(true, Ordering::SeqCst);
    });
    overtaken.load(Ordering::SeqCst)
}

#[test]
fn whoever_is_waited_for_goes_first() {
    let model = open();
    // The one who is waited for may come too late on a busy machine.
    assert!((0..10).any(|_| overtakes(&model)));
}

#[test]
fn embeddings_have_length_one_and_tell_texts_apart() {
    let model = open();
    let texts = [
        "fn read(path: &Path)",
        "fn read(path: &Path)",
        "# a list of fruits",
    ];
    let vectors = model
        .embed(&texts, &CancelToken::new())
        .expect("it embeds")
        .expect("nobody cancelled");
    let dot = |a: usize, b: usize| -> f32 {
        let pairs = vectors[a].iter().zip(&vectors[b]);
        pairs.map(|(a, b)| a * b).sum()
    };
    assert_eq!(vectors.len(), 3);
    assert!((dot(0, 0) - 1.0).abs() < 1e-5);
    assert!((dot(0, 1) - 1.0).abs() < 1e-5);
    assert!(dot(0, 2) < 0.999, "{}", dot(0, 2));

    let cancel = CancelToken::new();
    cancel.cancel();
    let many = vec!["let a = 1;"; 500];
    assert_eq!(model.embed(&many, &cancel).expect("no error"), None);
    // What was cancelled is not in the way.
    assert_eq!(answer(&model, &Ask::text("fn", 3)).stats.answer, 3);
}
