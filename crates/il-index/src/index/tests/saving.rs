//! Saving, loading, and taking turns at the directory.

use std::fs;

use super::*;

#[test]
fn one_changed_file_costs_one_small_segment_and_the_manifest() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::default();
    for n in 0..100 {
        tree.write(
            &format!("src/{n}.rs"),
            &format!("fn f{n}() {{}}\n").repeat(50),
        );
    }
    let index = open(&dir);
    update(&index, &tree);
    assert!(matches!(index.save(), Ok(Saved::Written { files: 2, .. })));
    assert_eq!(index.save(), Ok(Saved::Already));
    tree.write("src/7.rs", "fn seven() {}");
    update(&index, &tree);
    let Ok(Saved::Written { files: 2, bytes }) = index.save() else {
        panic!("one segment and the manifest")
    };
    assert!(bytes < 2000, "{bytes}");
    drop(index);
    let index = open(&dir);
    assert_eq!(
        index.view().text("src/7.rs").as_deref(),
        Some("fn seven() {}")
    );
    assert_eq!(index.difference(tree.scan()), Difference::default());
}

#[test]
fn what_was_not_saved_is_indexed_again() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::of(&[("a.rs", "fn a() {}"), ("b.rs", "fn b() {}")]);
    let index = open(&dir);
    update(&index, &tree);
    index.save().unwrap();
    tree.write("a.rs", "fn aa() {}");
    update(&index, &tree);
    drop(index);
    let index = open(&dir);
    assert_eq!(shown(&index.view()), "a.rs: fn a() {}; b.rs: fn b() {}");
    tree.reads();
    update(&index, &tree);
    assert_eq!(tree.reads(), 1);
    assert_eq!(shown(&index.view()), "a.rs: fn aa() {}; b.rs: fn b() {}");
}

#[test]
fn a_merged_segment_replaces_its_sources_on_the_disk() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::default();
    let index = open(&dir);
    for n in 0..9 {
        tree.write(&format!("{n}.rs"), "fn f() {}");
        update(&index, &tree);
        index.save().unwrap();
    }
    let segments = || {
        let entries = fs::read_dir(dir.path()).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.filter(|it| it.ends_with(".seg")).count()
    };
    assert_eq!(segments(), 9);
    index.maintain(&CancelToken::new());
    index.save().unwrap();
    assert_eq!(segments(), 1);
    drop(index);
    assert_eq!(texts(&open(&dir).view()).len(), 9);
}

#[test]
fn two_at_once_do_not_disturb_each_other_and_the_second_takes_over() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::of(&[("a.rs", "fn a() {}")]);
    let first = open(&dir);
    update(&first, &tree);
    first.save().unwrap();
    let (second, problems) =
        Index::open(Some(dir.path()), Path::new(ROOT), None, Options::default());
    assert!(
        matches!(problems[..], [Problem::InUse { .. }]),
        "{problems:?}"
    );
    assert_eq!(
        shown(&second.view()),
        "a.rs: fn a() {}",
        "it reads what is there"
    );

    tree.write("b.rs", "fn b() {}");
    update(&second, &tree);
    assert_eq!(second.save(), Ok(Saved::InMemory));
    tree.write("a.rs", "fn aa() {}");
    for index in [&first, &second] {
        update(index, &tree);
    }
    first.save().unwrap();
    drop(first);

    assert!(matches!(second.save(), Ok(Saved::Written { .. })));
    let after = shown(&second.view());
    drop(second);
    let third = open(&dir);
    assert_eq!(shown(&third.view()), after);
    assert_eq!(third.difference(tree.scan()), Difference::default());
}

#[test]
fn what_cannot_be_saved_is_said_once_and_kept() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::of(&[("a.rs", "fn a() {}")]);
    let index = open(&dir);
    update(&index, &tree);
    let in_the_way = dir.path().join("manifest/inside");
    fs::create_dir_all(&in_the_way).unwrap();
    assert!(matches!(index.save(), Err(Problem::Unwritable { .. })));
    for _ in 0..5 {
        assert_eq!(index.save(), Ok(Saved::InMemory));
    }
    assert_eq!(shown(&index.view()), "a.rs: fn a() {}");
    fs::remove_dir_all(dir.path().join("manifest")).unwrap();
    let saved = (0..64).any(|_| matches!(index.save(), Ok(Saved::Written { .. })));
    assert!(saved, "it tries again");
    drop(index);
    assert_eq!(shown(&open(&dir).view()), "a.rs: fn a() {}");
}

#[test]
fn damaged_vectors_cost_the_vectors_only() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::of(&[("a.rs", "fn a() {}")]);
    let embedder: Arc<dyn Embedder> = Arc::new(super::embedding::Counting::new("m-1", true));
    let open = || {
        let embedder = Some(Arc::clone(&embedder));
        Index::open(
            Some(dir.path()),
            Path::new(ROOT),
            embedder,
            Options::default(),
        )
    };
    let (index, _) = open();
    update(&index, &tree);
    index.save().unwrap();
    drop(index);
    let (index, problems) = open();
    assert_eq!((problems.len(), index.pending()), (0, 0));
    drop(index);
    let entries = fs::read_dir(dir.path())
        .unwrap()
        .map(|it| it.unwrap().path());
    let vectors = entries.filter(|it| it.extension().is_some_and(|it| it == "vec"));
    let vectors: Vec<_> = vectors.collect();
    fs::write(&vectors[0], "torn").unwrap();
    let (index, problems) = open();
    assert!(
        matches!(problems[..], [Problem::Damaged { .. }]),
        "{problems:?}"
    );
    assert_eq!(shown(&index.view()), "a.rs: fn a() {}");
    assert_eq!(index.pending(), 1);
    index.embed_pending(&|_| {}, &CancelToken::new()).unwrap();
    index.save().unwrap();
    drop(index);
    let (index, problems) = open();
    assert_eq!((problems.len(), index.pending()), (0, 0));
}
