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

/// Takes over from a writer that left the directory otherwise than this reader knows it.
#[track_caller]
fn takes_over(writer_leaves: &dyn Fn(&TempDir, Index, &Tree)) {
    let dir = TempDir::new().unwrap();
    let tree = Tree::of(&[("a.rs", "fn a() {}"), ("b.rs", "fn b() {}")]);
    let writer = open(&dir);
    update(&writer, &tree);
    writer.save().unwrap();
    let reader = Index::open(Some(dir.path()), Path::new(ROOT), None, Options::default()).0;
    writer_leaves(&dir, writer, &tree);
    update(&reader, &tree);
    assert!(matches!(reader.save(), Ok(Saved::Written { .. })));
    let after = shown(&reader.view());
    drop(reader);
    assert_eq!(shown(&open(&dir).view()), after);
}

#[test]
fn who_takes_over_writes_what_the_last_writer_removed() {
    takes_over(&|_, writer, tree| {
        tree.write("a.rs", "fn aa() {}");
        update(&writer, tree);
        assert_eq!(writer.maintain(&CancelToken::new()), 1);
        writer.save().unwrap();
    });
}

#[test]
fn who_takes_over_knows_other_files_of_the_same_name() {
    takes_over(&|dir, writer, tree| {
        drop(writer);
        fs::remove_file(dir.path().join("manifest")).unwrap();
        let another = open(dir);
        tree.write("c.rs", "fn c() {}");
        update(&another, tree);
        another.save().unwrap();
    });
}

#[test]
fn a_directory_that_is_deleted_is_written_again() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::of(&[("a.rs", "fn a() {}"), ("b.rs", "fn b() {}")]);
    let index = open(&dir);
    update(&index, &tree);
    index.save().unwrap();
    fs::remove_dir_all(dir.path()).unwrap();
    assert!(matches!(index.save(), Ok(Saved::Written { files: 2, .. })));
    fs::remove_dir_all(dir.path()).unwrap();
    let another = open(&dir);
    assert_eq!(
        index.save(),
        Ok(Saved::InMemory),
        "it is the other one's now"
    );
    drop(another);
    assert!(matches!(index.save(), Ok(Saved::Written { .. })));
    drop(index);
    assert_eq!(
        shown(&open(&dir).view()),
        "a.rs: fn a() {}; b.rs: fn b() {}"
    );
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
    let left = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(
        left, 2,
        "the lock and what is in the way: a full disk needs the room"
    );
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

/// Saves, dying at each point in turn; gives how many points there are.
#[track_caller]
fn killed_everywhere(before: &dyn Fn(&Index, &Tree), change: &dyn Fn(&Index, &Tree)) -> usize {
    for point in 0.. {
        let dir = TempDir::new().unwrap();
        let tree = Tree::default();
        let open = || {
            let embedder: Arc<dyn Embedder> = Arc::new(super::embedding::Counting::new("m", true));
            Index::open(
                Some(dir.path()),
                Path::new(ROOT),
                Some(embedder),
                Options::default(),
            )
        };
        let (index, _) = open();
        before(&index, &tree);
        index.save().unwrap();
        let old = texts(&index.view());
        change(&index, &tree);
        let new = texts(&index.view());
        let lived = crate::store::dies_at(point, || drop(index.save()));
        drop(index);

        let (index, problems) = open();
        assert_eq!(problems, [], "killed at {point}");
        let found = texts(&index.view());
        assert!(found == old || found == new, "killed at {point}: {found:?}");
        assert!(!lived || found == new);
        assert_eq!(index.pending(), 0);
        update(&index, &tree);
        assert_eq!(texts(&index.view()), new);
        index.save().unwrap();
        drop(index);
        let (index, problems) = open();
        assert_eq!((problems, texts(&index.view())), (Vec::new(), new));
        let files = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(
            files,
            2 + 2 * index.stats().segments,
            "nothing is left behind"
        );
        if lived {
            return point;
        }
    }
    unreachable!("it comes to an end")
}

fn write_ten(index: &Index, tree: &Tree) {
    for n in 0..10 {
        tree.write(&format!("{n}.rs"), &format!("fn f{n}() {{}}"));
    }
    update(index, tree);
}

#[test]
fn killed_at_any_point_of_saving_it_is_what_it_was_or_what_it_should_be() {
    let indexed = killed_everywhere(&|_, _| {}, &write_ten);
    let updated = killed_everywhere(&write_ten, &|index, tree| {
        tree.write("3.rs", "fn three() {}");
        tree.remove("4.rs");
        update(index, tree);
    });
    let merged = killed_everywhere(&write_ten, &|index, tree| {
        for n in 0..9 {
            tree.write(&format!("{n}.rs"), "fn other() {}");
            update(index, tree);
        }
        index.maintain(&CancelToken::new());
    });
    assert!(
        indexed > 10 && updated > 10 && merged > updated,
        "{indexed} {updated} {merged}"
    );
}
