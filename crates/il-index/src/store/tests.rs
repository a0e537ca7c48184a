//! What is on the disk after what, with plain bytes for segments.

use std::{collections::BTreeMap, fs, path::Path};

use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;
use crate::analysis::Stamp;

const ROOT: &str = "/home/me/app";

fn open(directory: &Path) -> Store {
    Store::open(Some(directory), Path::new(ROOT), 0).0
}

/// Saves these contents as one segment each.
fn save(store: &mut Store, contents: &[&str]) -> Result<u64, Problem> {
    let mut manifest = Manifest::default();
    for content in contents {
        let id = store.number();
        let blob = store.write(&manifest::segment_name(id), content.as_bytes())?;
        manifest.segments.push(SegmentRecord {
            id,
            blob,
            dead: vec![0, 7],
            vectors: None,
        });
    }
    let stamp = Stamp {
        size: 3,
        mtime_ns: -4,
    };
    manifest.refused = BTreeMap::from([("a.bin".to_owned(), stamp)]);
    store.commit(manifest)
}

/// What a start finds, and what it says.
fn found(directory: &Path, root: &str) -> String {
    let (mut store, problem) = Store::open(Some(directory), Path::new(root), 0);
    let (mut lines, problems) = store.load(|manifest, store| {
        let mut lines = Vec::new();
        let mut problems = Vec::new();
        for record in &manifest.segments {
            match store.read(&record.name(), record.blob) {
                Ok(bytes) => lines.push(format!(
                    "{} {:?} {}",
                    record.name(),
                    record.dead,
                    String::from_utf8_lossy(&bytes)
                )),
                Err(problem) => problems.push(problem),
            }
        }
        lines.extend(manifest.refused.iter().map(|it| format!("refused {it:?}")));
        (lines, problems)
    });
    lines.extend(problem.iter().chain(&problems).map(ToString::to_string));
    lines
        .join("\n")
        .replace(&directory.display().to_string(), "[DIR]")
}

#[track_caller]
fn check(spoil: impl FnOnce(&Path), expected: &Expect) {
    let dir = TempDir::new().unwrap();
    save(&mut open(dir.path()), &["one", "two"]).unwrap();
    spoil(dir.path());
    expected.assert_eq(&found(dir.path(), ROOT));
}

fn rewrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn names(directory: &Path) -> String {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names.join(" ")
}

#[test]
fn what_is_saved_is_found() {
    check(
        |_| {},
        &expect![[r#"
            1.seg [0, 7] one
            2.seg [0, 7] two
            refused ("a.bin", Stamp { size: 3, mtime_ns: -4 })"#]],
    );
}

#[test]
fn a_damaged_segment_is_said_and_the_others_are_kept() {
    let without_one = |spoil: fn(&Path), what: &str| {
        let dir = TempDir::new().unwrap();
        save(&mut open(dir.path()), &["one", "two"]).unwrap();
        spoil(&dir.path().join("1.seg"));
        let found = found(dir.path(), ROOT);
        assert!(found.starts_with("2.seg [0, 7] two\n"), "{found}");
        let said = format!(
            "cannot use `[DIR]/1.seg` of the index: it is damaged ({what}); indexing what it held again"
        );
        assert_eq!(found.lines().last(), Some(&*said));
    };
    without_one(|it| rewrite(it, |it| it.truncate(2)), "it ends too early");
    without_one(|it| rewrite(it, |it| it[1] ^= 1), "its check sum is wrong");
    without_one(|it| rewrite(it, |it| it.push(0)), "its check sum is wrong");
    without_one(|it| fs::remove_file(it).unwrap(), "it is missing");
}

#[test]
fn a_damaged_manifest_is_said_and_nothing_is_believed() {
    check(
        |dir| rewrite(&dir.join("manifest"), |it| it[60] ^= 4),
        &expect![
            "cannot use `[DIR]/manifest` of the index: it is damaged (its check sum is wrong); indexing what it held again"
        ],
    );
    check(
        |dir| rewrite(&dir.join("manifest"), |it| it.truncate(5)),
        &expect![
            "cannot use `[DIR]/manifest` of the index: it is damaged (it ends too early); indexing what it held again"
        ],
    );
    check(
        |dir| fs::write(dir.join("manifest"), [0xa5; 500]).unwrap(),
        &expect![
            "cannot use `[DIR]/manifest` of the index: it is damaged (it is not an index); indexing what it held again"
        ],
    );
}

#[test]
fn nothing_another_version_or_another_repository_is_begun_anew_without_a_word() {
    let nothing = expect![""];
    check(
        |dir| rewrite(&dir.join("manifest"), |it| it[8] = 99),
        &nothing,
    );
    check(
        |dir| fs::remove_file(dir.join("manifest")).unwrap(),
        &nothing,
    );
    let dir = TempDir::new().unwrap();
    save(&mut open(dir.path()), &["one"]).unwrap();
    assert_eq!(found(dir.path(), "/home/me/other"), "");
}

#[test]
fn what_no_manifest_names_is_removed_and_what_is_not_ours_is_left() {
    let dir = TempDir::new().unwrap();
    let mut store = open(dir.path());
    save(&mut store, &["one", "two"]).unwrap();
    for left in [
        "9.seg.new",
        "manifest.new",
        "8.2.vec",
        "8.seg",
        "notes.seg",
        "x.1.vec",
    ] {
        fs::write(dir.path().join(left), "").unwrap();
    }
    save(&mut store, &["three"]).unwrap();
    assert_eq!(names(dir.path()), "3.seg lock manifest notes.seg x.1.vec");
}

#[test]
fn one_writes_and_the_other_takes_over_when_it_is_gone() {
    let dir = TempDir::new().unwrap();
    let mut first = open(dir.path());
    let (mut second, problem) = Store::open(Some(dir.path()), Path::new(ROOT), 0);
    assert!(matches!(problem, Some(Problem::InUse { .. })));
    save(&mut first, &["one"]).unwrap();
    assert_eq!(second.turn().0, Turn::No);
    drop(first);
    let (turn, left) = second.turn();
    assert_eq!((turn, left.segments.len()), (Turn::New, 1));
    assert_eq!(second.turn().0, Turn::Ours);
    assert_eq!(second.number(), 2, "the first writer's names are taken");
}

#[test]
fn a_reader_begins_again_when_the_writer_was_quicker() {
    let dir = TempDir::new().unwrap();
    let mut writer = open(dir.path());
    save(&mut writer, &["one"]).unwrap();
    let writer = std::cell::RefCell::new(writer);
    let mut times = 0..3;
    let times = std::cell::RefCell::new(&mut times);
    let (read, problems) = open(dir.path()).load(|manifest, store| {
        if times.borrow_mut().next().is_some() {
            save(&mut writer.borrow_mut(), &["newer"]).unwrap();
        }
        let record = &manifest.segments[0];
        match store.read(&record.name(), record.blob) {
            Ok(bytes) => (bytes, Vec::new()),
            Err(problem) => (Vec::new(), vec![problem]),
        }
    });
    assert_eq!((read.as_slice(), problems), (&b"newer"[..], Vec::new()));
}

#[cfg(unix)]
#[test]
fn nobody_else_looks_into_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    let inside = dir.path().join("index");
    save(&mut open(&inside), &["one"]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inside), 0o700);
    for entry in fs::read_dir(&inside).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn what_cannot_be_written_is_said_and_leaves_nothing_behind() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("file"), "in the way").unwrap();
    let (mut store, problem) = Store::open(Some(&dir.path().join("file")), Path::new(ROOT), 0);
    assert!(
        matches!(problem, Some(Problem::Unwritable { .. })),
        "{problem:?}"
    );
    assert_eq!(store.turn().0, Turn::No);

    let mut store = open(&dir.path().join("index"));
    let manifest = dir.path().join("index/manifest");
    fs::create_dir_all(manifest.join("inside")).unwrap(); // no file can be renamed to it
    save(&mut store, &["one"]).unwrap_err();
    assert_eq!(names(&dir.path().join("index")), "1.seg lock manifest");
}
