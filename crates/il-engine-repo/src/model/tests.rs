//! Training, updates and what is never learnt.

use std::ops::ControlFlow;
use std::sync::Mutex;

use il_engine::{Chunk, Engine as _, Length, Priority, Request};

use super::*;

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.into(),
        language: il_lang::registry().detect(path, None).id.into(),
        text: text.into(),
    }
}

fn trained(files: &[(&str, &str)]) -> RepoModel {
    let model = RepoModel::new(Options::default());
    model.train(
        files.iter().map(|&(p, t)| file(p, t)).collect(),
        &|_| (),
        &CancelToken::new(),
    );
    model
}

fn answer(model: &RepoModel, path: &str, text: &str) -> String {
    let request = Request {
        path: path.into(),
        language: il_lang::registry().detect(path, None).id.into(),
        text: text.into(),
        cursor: text.len(),
        length: Length::Line,
        alternatives: 1,
        priority: Priority::Interactive,
        context: None,
        workspace: Arc::default(),
    };
    let mut said = String::new();
    let outcome = model.complete(&request, &CancelToken::new(), &mut |chunk| {
        if let Chunk::Piece {
            text, probability, ..
        } = chunk
        {
            said.push_str(&format!("{text}<{probability:.2}>"));
        }
        ControlFlow::Continue(())
    });
    assert!(outcome.is_ok());
    said
}

const QUESTIONS: &[(&str, &str)] = &[
    ("new.py", "import os\n\ndef run(config):\n    "),
    ("new.py", "result = loa"),
    ("new.py", "def save(path):\n    with open("),
    ("a.py", "def load(path):\n    "),
    ("new.ts", "export function "),
    ("new.ts", "const server = create"),
];

const A: &str =
    "def load(path):\n    with open(path) as file:\n        return parse(file.read())\n";
const B: &str = "def run(config):\n    result = load(config.path)\n    return result\n";
const C: &str = "export function createServer(port: number) {\n  return new Server(port);\n}\n";

#[track_caller]
fn check_same(updated: &RepoModel, fresh: &RepoModel) {
    for (path, text) in QUESTIONS {
        assert_eq!(
            answer(updated, path, text),
            answer(fresh, path, text),
            "{path}: {text:?}"
        );
    }
    let (a, b) = (updated.stats(), fresh.stats());
    assert_eq!((a.files, a.lines, a.tokens), (b.files, b.lines, b.tokens));
}

#[test]
fn an_updated_model_answers_like_one_trained_on_the_changed_tree() {
    let model = trained(&[("a.py", A), ("b.py", B), ("c.ts", C)]);
    let changed = A.replace("parse", "decode");
    model.update("a.py", "python", Some(&changed));
    model.update(
        "d.py",
        "python",
        Some("def store(path, data):\n    write(path, data)\n"),
    );
    model.update("c.ts", "typescript", None);
    let fresh = trained(&[
        ("a.py", &changed),
        ("b.py", B),
        ("d.py", "def store(path, data):\n    write(path, data)\n"),
    ]);
    check_same(&model, &fresh);
    // And back again.
    model.update("a.py", "python", Some(A));
    model.update("d.py", "python", None);
    model.update("c.ts", "typescript", Some(C));
    check_same(&model, &trained(&[("a.py", A), ("b.py", B), ("c.ts", C)]));
}

#[test]
fn many_updates_are_merged_and_answer_the_same() {
    let options = Options {
        overlay_tokens: 40,
        ..Options::default()
    };
    let model = RepoModel::new(options);
    model.train(vec![file("b.py", "x = 1\n")], &|_| (), &CancelToken::new());
    for _ in 0..3 {
        model.update("a.py", "python", Some("y = 2\n"));
        model.update("b.py", "python", Some(B));
        model.update("a.py", "python", Some(A));
    }
    check_same(&model, &trained(&[("a.py", A), ("b.py", B)]));
    let snapshot = model.snapshot();
    assert!(
        snapshot.families["python"].overlay.segment.tokens.len() < 60,
        "the overlay was merged"
    );
}

#[test]
fn an_unchanged_file_changes_nothing() {
    let model = trained(&[("a.py", A)]);
    let before = model.snapshot().generation;
    model.update("a.py", "python", Some(A));
    model.update("never.py", "python", None);
    assert_eq!(model.snapshot().generation, before);
}

#[test]
fn a_file_that_becomes_a_secret_is_forgotten() {
    let model = trained(&[("a.py", A)]);
    model.update("a.py", "python", Some("x = 1\0"));
    assert_eq!(model.stats().files, 0);
}

#[test]
fn secrets_are_skipped_and_named() {
    let model = RepoModel::new(Options::default());
    let files = vec![
        file(".env", "TOKEN=hunter2\n"),
        file("a.py", A),
        file("keys/id_rsa", "x"),
    ];
    let report = model.train(files, &|_| (), &CancelToken::new());
    assert_eq!(report.files, 1);
    let mut skipped: Vec<_> = report.skipped.iter().map(|(p, r)| (&**p, *r)).collect();
    skipped.sort_by_key(|s| s.0);
    assert_eq!(
        skipped,
        [
            (".env", Refusal::Private),
            ("keys/id_rsa", Refusal::Private)
        ]
    );
    model.update(".env", "shellscript", Some("TOKEN=hunter2\n"));
    assert_eq!(model.stats().files, 1);
    assert!(model.files().iter().all(|f| &*f.path == "a.py"));
}

#[test]
fn training_reports_and_can_be_stopped() {
    let model = trained(&[("a.py", A)]);
    let cancel = CancelToken::new();
    cancel.cancel();
    let report = model.train(vec![file("b.py", B)], &|_| (), &cancel);
    assert!(report.cancelled);
    assert_eq!(model.stats().files, 1);
    let seen = Mutex::new(Vec::new());
    let report = model.train(
        vec![file("a.py", A), file("b.py", B)],
        &|p| lock(&seen).push(p),
        &CancelToken::new(),
    );
    assert_eq!(
        (report.files, report.lines, report.bytes),
        (2, 8, A.len() + B.len())
    );
    assert_eq!(lock(&seen).last(), Some(&Progress { done: 2, total: 2 }));
}

#[test]
fn debug_shows_no_text() {
    let shown = format!(
        "{:?} {:?}",
        file("a.py", "hunter2"),
        trained(&[("a.py", "hunter2 = 1\n")])
    );
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn what_the_policy_blocks_is_not_learnt_and_what_it_blocks_later_is_noticed() {
    let policy = |glob: &str| {
        let pattern = il_privacy::Pattern {
            glob: glob.to_owned(),
            level: Level::Blocked,
        };
        Options {
            policy: Arc::new(Policy::usual().tightened(&[pattern]).unwrap()),
            ..Options::default()
        }
    };
    let model = RepoModel::new(policy("core/**"));
    let files = vec![file("core/a.py", A), file("b.py", B)];
    model.train(files, &|_| (), &CancelToken::new());
    model.update("core/c.py", "python", Some(A));
    assert_eq!(model.stats().files, 1);
    assert!(!model.holds_private());

    let bytes = model.to_bytes();
    let loaded = |options| RepoModel::from_bytes(&bytes, options).unwrap();
    assert!(!loaded(policy("c.py")).holds_private());
    assert!(loaded(policy("b.py")).holds_private());
    // Also when it was forgotten before: its words are still there.
    let later = loaded(policy("b.py"));
    later.update("b.py", "python", None);
    assert_eq!(later.stats().files, 0);
    assert!(later.holds_private());
}

#[test]
fn no_secret_inside_a_file_is_learnt() {
    let secret = ["kV7qZ3", "mP9xT2wL", "8dRf4Y"].concat();
    let text = format!("import os\n\napi_key = \"{secret}\"\n");
    let mask = Mask::new(
        il_privacy::Rules::shipped(),
        &il_privacy::Switches::default(),
    );
    let holds = |mask: Option<Arc<Mask>>| {
        let model = RepoModel::new(Options {
            mask,
            ..Options::default()
        });
        model.train(vec![file("a.py", &text)], &|_| (), &CancelToken::new());
        model.update("b.py", "python", Some(&text));
        assert_eq!(model.stats().files, 2);
        let bytes = model.to_bytes();
        bytes
            .windows(secret.len())
            .any(|it| it == secret.as_bytes())
    };
    assert!(holds(None), "the check must be able to fail");
    assert!(!holds(Some(Arc::new(mask))));
}
