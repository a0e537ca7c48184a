//! Adapters: loaded, mixed and switched while the worker runs; what was computed with one is never used with another.

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use il_engine_llama::{Adapter, AdapterSet, Ask, LlamaEngine, LlamaModel};
use tempfile::TempDir;

use crate::{
    asking::{Answer, answer, code, completed, open, request},
    lora,
};

struct Adapters {
    model: Arc<LlamaModel>,
    folder: TempDir,
}

impl Adapters {
    fn new() -> Self {
        Self {
            model: open(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn path(&self, seed: u64) -> PathBuf {
        let path = self.folder.path().join(format!("{seed}.gguf"));
        lora::write(&path, self.model.info().width, seed);
        path
    }

    fn load(&self, seed: u64) -> Adapter {
        self.model.load_adapter(&self.path(seed)).expect("it loads")
    }

    fn ask(&self, adapters: &[(&Adapter, f32)]) -> Answer {
        let set = adapters.iter().map(|it| (it.0.clone(), it.1)).collect();
        let ask = Ask {
            adapters: AdapterSet(set),
            ..Ask::text(&code(4), 20)
        };
        answer(&self.model, &ask)
    }
}

#[test]
fn switching_changes_what_is_said_and_back_again() {
    let it = Adapters::new();
    let plain = it.ask(&[]);
    let (one, two) = (it.load(1), it.load(2));
    let (with_one, with_two) = (it.ask(&[(&one, 1.0)]), it.ask(&[(&two, 1.0)]));
    assert_ne!(with_one.text, plain.text);
    assert_ne!(with_two.text, plain.text);
    assert_ne!(with_one.text, with_two.text);
    for _ in 0..2 {
        assert_eq!(it.ask(&[]).text, plain.text);
        assert_eq!(it.ask(&[(&one, 1.0)]).text, with_one.text);
        assert_eq!(it.ask(&[(&two, 1.0)]).text, with_two.text);
    }
}

#[test]
fn what_was_read_with_one_set_is_never_used_with_another() {
    let it = Adapters::new();
    let one = it.load(1);
    let fresh = it.ask(&[(&one, 1.0)]);
    assert_eq!(fresh.stats.reused, 0);
    // The same prompt under other adapters, under another weight, and under none.
    assert_eq!(it.ask(&[]).stats.reused, 0);
    assert_eq!(it.ask(&[(&one, 0.5)]).stats.reused, 0);
    // Each in its own sequence, so none has to be read again.
    for adapters in [&[(&one, 1.0)][..], &[], &[(&one, 0.5)]] {
        assert_eq!(it.ask(adapters).stats.evaluated, 1);
    }
    assert_eq!(it.ask(&[(&one, 1.0)]).text, fresh.text);
}

#[test]
fn trained_adapters_each_write_in_their_own_way() {
    let it = Adapters::new();
    let load = |name: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        it.model.load_adapter(&folder.join(name)).expect("it loads")
    };
    let engine = LlamaEngine::new(Arc::clone(&it.model));
    let asked = request("def read(path):\n    return ", "", "\n\nprint(read(1))\n");
    let (plain, _) = completed(&engine, &asked);
    for (file, name) in [
        ("alpha.lora.gguf", "alpha_"),
        ("beta.lora.gguf", "beta_"),
        ("alpha.lora.gguf", "alpha_"),
    ] {
        engine.set_adapters(AdapterSet(vec![(load(file), 1.0)]));
        let (said, _) = completed(&engine, &asked);
        assert!(said.starts_with(name) && !plain.starts_with(name), "{said}");
    }
    engine.set_adapters(AdapterSet::default());
    assert_eq!(completed(&engine, &asked).0, plain);
}

#[test]
fn a_mixture_is_neither_of_its_parts() {
    let it = Adapters::new();
    let (one, two) = (it.load(1), it.load(2));
    let mixed = it.ask(&[(&one, 0.5), (&two, 0.5)]).text;
    assert_ne!(mixed, it.ask(&[(&one, 1.0)]).text);
    assert_ne!(mixed, it.ask(&[(&two, 1.0)]).text);
    assert_eq!(it.ask(&[(&one, 0.0), (&two, 0.0)]).text, it.ask(&[]).text);
}

#[test]
fn each_repository_has_its_own_on_one_worker() {
    let it = Adapters::new();
    let one = LlamaEngine::new(Arc::clone(&it.model));
    let two = LlamaEngine::new(Arc::clone(&it.model));
    let asked = request(&code(4), "", "}\n");
    let plain = completed(&one, &asked);
    two.set_adapters(AdapterSet(vec![(it.load(1), 1.0)]));
    let adapted = completed(&two, &asked);
    assert_ne!(adapted, plain);
    assert_eq!(completed(&one, &asked), plain);
    assert_eq!(completed(&two, &asked), adapted);
    two.set_adapters(AdapterSet::default());
    assert_eq!(completed(&two, &asked), plain);
}

#[test]
fn a_worker_that_comes_back_has_its_adapters() {
    let it = Adapters::new();
    let one = it.load(1);
    let before = it.ask(&[(&one, 1.0)]).text;
    let process = it.model.process().expect("it runs").to_string();
    let killed = Command::new("kill").args(["-KILL", &process]).status();
    assert!(killed.expect("kill").success());
    while it
        .model
        .process()
        .is_some_and(|it| it.to_string() == process)
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(it.model.wait_ready(Duration::from_secs(30)));
    assert_eq!(it.ask(&[(&one, 1.0)]).text, before);
}

#[test]
fn an_adapter_that_is_none_or_of_another_model_is_an_error() {
    let it = Adapters::new();
    let path = it.folder.path().join("wide.gguf");
    lora::write(&path, it.model.info().width * 2, 1);
    let error = it
        .model
        .load_adapter(&path)
        .expect_err("too wide")
        .to_string();
    assert!(
        error.starts_with("llama.cpp cannot load the adapter `"),
        "{error}"
    );
    std::fs::write(&path, "no adapter").expect("writes");
    it.model.load_adapter(&path).expect_err("no adapter");
    it.model
        .load_adapter(&it.folder.path().join("none.gguf"))
        .expect_err("no file");
    it.ask(&[]);
}
