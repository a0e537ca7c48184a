//! The folder: what comes in, what goes out, and what is said of what is broken.

use std::fs;

use il_egress::CancelToken;

use super::*;
use crate::gguf::writing::small;

struct World {
    store: Store,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            store: Store::at(folder.path().join("models")),
            folder,
        }
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("some.gguf");
        fs::write(&path, bytes).expect("written");
        path
    }

    fn add(&self, id: &str) -> Result<Installed, Unusable> {
        let path = self.file(&small());
        self.store
            .add(&path, id, "2026-11-24", &CancelToken::new(), &mut |_| {})
    }

    fn verify(&self, id: &str) -> Verdict {
        let verdict = self.store.verify(id, &CancelToken::new(), &mut |_| {});
        verdict.expect("a verdict")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.store.folder().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.store.folder()).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|it| {
                it.expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .filter(|it| !it.ends_with(".lock"))
            .collect();
        names.sort();
        names
    }
}

#[test]
fn where_there_is_no_folder_there_is_no_model() {
    let world = World::new();
    let (models, problems) = world.store.list().expect("a list");
    assert!(models.is_empty() && problems.is_empty() && world.store.free().is_some());
}

#[test]
fn a_file_of_this_machine_is_taken_in_and_stays_the_same() {
    let world = World::new();
    let added = world.add("mine").expect("added");
    assert_eq!(added.manifest.size, small().len() as u64);
    assert_eq!(world.names(), ["mine.gguf", "mine.json"]);
    assert_eq!(world.store.find("mine").expect("it is here"), added);
    assert_eq!(world.store.list().expect("a list").0, [added]);
    assert_eq!(world.verify("mine"), Verdict::Same);
    assert!(matches!(world.add("mine"), Err(Unusable::Taken(_))));
}

#[test]
fn what_changed_since_is_told() {
    let world = World::new();
    world.add("mine").expect("added");
    let path = world.path("mine.gguf");
    let mut bytes = fs::read(&path).expect("read");
    *bytes.last_mut().expect("a byte") ^= 1;
    fs::write(&path, &bytes).expect("written");
    assert!(matches!(world.verify("mine"), Verdict::Other { .. }));
    fs::write(&path, &bytes[1..]).expect("written");
    let found = bytes.len() as u64 - 1;
    assert_eq!(world.verify("mine"), Verdict::Size { found });
    assert_eq!(world.store.list().expect("a list").1.len(), 1);
    fs::remove_file(&path).expect("removed");
    assert_eq!(world.verify("mine"), Verdict::Missing);
    // What is broken can be removed all the same.
    assert!(world.store.remove("mine").is_ok() && world.names().is_empty());
}

#[test]
fn what_is_removed_is_gone_with_all_its_parts() {
    let world = World::new();
    world.add("mine").expect("added");
    fs::write(world.path("mine.gguf.partial"), "abc").expect("written");
    fs::write(world.path("mine.gguf.partial.json"), "{}").expect("written");
    assert_eq!(world.store.unfinished("mine"), Some(3));
    assert!(world.store.remove("mine").expect("removed") > small().len() as u64);
    assert_eq!(world.names(), [""; 0]);
    assert!(matches!(
        world.store.remove("mine"),
        Err(Unusable::NotHere(_))
    ));
}

#[test]
fn a_manifest_that_is_none_is_said_and_hides_no_other() {
    let world = World::new();
    world.add("good").expect("added");
    fs::write(world.path("bad.json"), "{").expect("written");
    fs::copy(world.path("good.json"), world.path("other.json")).expect("copied");
    let (models, problems) = world.store.list().expect("a list");
    assert_eq!((models.len(), problems.len()), (1, 2));
    assert!(problems[0].contains("it is no JSON"), "{problems:?}");
    assert!(
        problems[1].contains("belongs to another model"),
        "{problems:?}"
    );
}

#[test]
fn what_is_no_model_is_not_taken_in() {
    let world = World::new();
    let path = world.file(b"<html>");
    let add = |id: &str| {
        world
            .store
            .add(&path, id, "", &CancelToken::new(), &mut |_| {})
            .expect_err("refused")
    };
    assert!(matches!(add("mine"), Unusable::NoModel { .. }));
    for id in ["", "../x", ".x", "a/b", "a b"] {
        assert!(matches!(add(id), Unusable::Name(_)), "{id}");
    }
    assert!(!world.store.folder().exists());
}

#[test]
fn two_do_not_change_one_model_at_once() {
    let world = World::new();
    world.add("mine").expect("added");
    let held = world.store.hold("mine").expect("nobody else");
    assert!(matches!(world.store.remove("mine"), Err(Unusable::Busy(_))));
    drop(held);
    assert!(world.store.remove("mine").is_ok());
}

#[test]
fn taking_in_that_is_cancelled_leaves_nothing() {
    let world = World::new();
    let path = world.file(&small());
    let cancel = CancelToken::new();
    cancel.cancel();
    let found = world.store.add(&path, "mine", "", &cancel, &mut |_| {});
    assert!(matches!(found, Err(Unusable::Cancelled)));
    assert_eq!(world.names(), [""; 0]);
}
