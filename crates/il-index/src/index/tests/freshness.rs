//! Updates and overlays: what is seen when, and what is read for it.

use super::*;

#[test]
fn a_first_start_reads_everything_and_a_second_one_what_changed() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::of(&[
        ("a.rs", "fn a() {}"),
        ("b.rs", "fn b() {}"),
        ("c.rs", "fn c() {}"),
    ]);
    let index = open(&dir);
    let report = update(&index, &tree);
    assert_eq!((report.files, report.symbols, tree.reads()), (3, 3, 3));
    index.save().unwrap();
    drop(index);

    tree.write("b.rs", "fn bb() {}");
    tree.write("d.rs", "fn d() {}");
    tree.remove("c.rs");
    let index = open(&dir);
    assert_eq!(
        shown(&index.view()),
        "a.rs: fn a() {}; b.rs: fn b() {}; c.rs: fn c() {}"
    );
    let report = update(&index, &tree);
    assert_eq!((report.files, report.removed, tree.reads()), (2, 1, 2));
    assert_eq!(
        shown(&index.view()),
        "a.rs: fn a() {}; b.rs: fn bb() {}; d.rs: fn d() {}"
    );
    assert_eq!(update(&index, &tree), Report::default());
}

/// A tree that looks at the index while it is read.
struct Looking<'a> {
    tree: &'a Tree,
    index: &'a Index,
    seen: Mutex<Vec<String>>,
}

impl Source for Looking<'_> {
    fn stamp(&self, path: &str) -> Option<Stamp> {
        self.tree.stamp(path)
    }

    fn text(&self, path: &str) -> io::Result<Option<String>> {
        let view = self.index.view();
        let with_buffer = self.index.with_overlays(&[("buffer.rs", "fn buffer() {}")]);
        assert_eq!(with_buffer.paths().len(), view.paths().len() + 1);
        assert_eq!(self.index.known().len(), view.paths().len());
        self.index.save().unwrap();
        self.index.maintain(&CancelToken::new());
        lock(&self.seen).push(shown(&view));
        self.tree.text(path)
    }
}

#[test]
fn whoever_asks_saves_or_merges_during_an_update_waits_for_nothing() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::of(&[("old.rs", "fn a() {}")]);
    let index = open(&dir);
    update(&index, &tree);
    tree.remove("old.rs");
    tree.write("new.rs", "fn a() {}");
    let looking = Looking {
        tree: &tree,
        index: &index,
        seen: Mutex::default(),
    };
    let Difference { changed, removed } = index.difference(tree.scan());
    index.update(&changed, &removed, &looking, &|_| {}, &CancelToken::new());
    assert_eq!(
        *lock(&looking.seen),
        ["old.rs: fn a() {}"],
        "a rename is one step"
    );
    assert_eq!(shown(&index.view()), "new.rs: fn a() {}");
}

#[test]
fn a_view_stays_as_it_was_taken() {
    let tree = Tree::of(&[("a.rs", "fn a() {}")]);
    let index = in_memory();
    update(&index, &tree);
    let before = index.view();
    tree.write("a.rs", "fn b() {}");
    update(&index, &tree);
    tree.remove("a.rs");
    update(&index, &tree);
    assert_eq!(shown(&before), "a.rs: fn a() {}");
    assert_eq!(shown(&index.view()), "");
    assert_eq!(index.stats().segments, 0, "a dead segment is dropped");
}

#[test]
fn slices_are_seen_one_after_another_and_a_cancelled_update_keeps_them() {
    let tree = Tree::default();
    for n in 0..5 {
        tree.write(&format!("{n}.rs"), "fn f() {}");
    }
    let options = Options {
        slice_bytes: 18,
        ..Options::default()
    };
    let index = Index::open(None, Path::new(ROOT), None, options).0;
    let cancel = CancelToken::new();
    let changed = tree.scan();
    let seen = Mutex::new(Vec::new());
    let progress = |at: Progress| {
        lock(&seen).push((at.files, index.view().paths().len()));
        if at.files == 5 {
            cancel.cancel();
        }
    };
    let report = index.update(&changed, &[], &tree, &progress, &cancel);
    assert!(report.is_cancelled);
    assert_eq!(*lock(&seen), [(1, 0), (2, 1), (4, 2), (5, 4)]);
    assert_eq!(index.view().paths(), ["0.rs", "1.rs", "2.rs", "3.rs"]);
    assert_eq!(update(&index, &tree).files, 1);
}

#[test]
fn a_saved_file_overtakes_a_branch_switch_and_is_not_undone_by_it() {
    let dir = TempDir::new().unwrap();
    let tree = Tree::default();
    for n in 0..20 {
        tree.write(&format!("{n:02}.rs"), "fn old() {}");
    }
    let index = open(&dir);
    update(&index, &tree);
    for n in 0..20 {
        tree.write(&format!("{n:02}.rs"), "fn new() {}");
    }
    tree.remove("03.rs");
    tree.write("07.rs", "// @generated\n");
    let Difference { changed, removed } = index.difference(tree.scan());
    // All is read and nothing is published.
    let progress = |_| {
        for (path, text) in [
            ("02.rs", "fn saved() {}"),
            ("03.rs", "fn back() {}"),
            ("04.rs", "// @generated\n"),
            ("07.rs", "fn saved() {}"),
        ] {
            tree.write(path, text);
        }
        tree.remove("05.rs");
        let one = |path: &str| {
            index.update(
                &[(path.into(), Stamp::default())],
                &[],
                &tree,
                &|_| {},
                &CancelToken::new(),
            )
        };
        for path in ["02.rs", "03.rs", "04.rs", "07.rs"] {
            one(path);
        }
        index.update(&[], &["05.rs".into()], &tree, &|_| {}, &CancelToken::new());
        assert_eq!(index.view().text("02.rs").as_deref(), Some("fn saved() {}"));
        assert_eq!(index.view().text("06.rs").as_deref(), Some("fn old() {}"));
    };
    index.update(&changed, &removed, &tree, &progress, &CancelToken::new());
    assert_eq!(index.difference(tree.scan()), Difference::default());
    let expected = |path: &str| match path {
        "02.rs" | "07.rs" => "fn saved() {}",
        "03.rs" => "fn back() {}",
        _ => "fn new() {}",
    };
    let seen = texts(&index.view());
    assert_eq!(seen.len(), 18);
    assert!(
        seen.iter().all(|(path, text)| text == expected(path)),
        "{seen:?}"
    );
}

#[test]
fn what_is_refused_is_remembered_and_said_once() {
    let dir = TempDir::new().unwrap();
    let large = "fn f() {}\n".repeat(200_000);
    let tree = Tree::of(&[
        ("a.rs", "fn a() {}"),
        ("b.rs", "// @generated\n"),
        ("c.rs", "binary"),
        (".env", "KEY=1"),
        ("large.rs", &large),
    ]);
    let index = open(&dir);
    let report = update(&index, &tree);
    let said: Vec<String> = report
        .skipped
        .iter()
        .map(|it| format!("{} {}", it.path, it.why))
        .collect();
    assert_eq!(
        said,
        [
            ".env is blocked by the privacy policy",
            "b.rs is generated",
            "c.rs is not text",
            "large.rs is too large"
        ]
    );
    assert_eq!(tree.reads(), 3, "secrets and large files are never opened");
    assert_eq!(index.view().paths(), ["a.rs"]);
    index.save().unwrap();
    drop(index);
    let index = open(&dir);
    assert_eq!(update(&index, &tree), Report::default());
    assert_eq!(tree.reads(), 0);
    tree.write("b.rs", "fn b() {}");
    tree.write("a.rs", "// @generated\n");
    tree.remove("c.rs");
    update(&index, &tree);
    assert_eq!(index.view().paths(), ["b.rs"]);
    assert_eq!(
        index.known().into_keys().collect::<Vec<_>>(),
        [".env", "a.rs", "b.rs", "large.rs"]
    );
}

/// A tree whose file is written each time it is read.
struct Restless<'a> {
    tree: &'a Tree,
    writes: AtomicUsize,
}

impl Source for Restless<'_> {
    fn stamp(&self, path: &str) -> Option<Stamp> {
        self.tree.stamp(path)
    }

    fn text(&self, path: &str) -> io::Result<Option<String>> {
        let read = self.tree.text(path);
        let left = self.writes.load(Ordering::Relaxed);
        if left > 0 {
            self.writes.store(left - 1, Ordering::Relaxed);
            self.tree.write(path, &format!("fn later_{left}() {{}}"));
        }
        read
    }
}

#[test]
fn a_file_that_is_written_while_it_is_read_is_read_again() {
    let tree = Tree::of(&[("a.rs", "fn a() {}")]);
    let index = in_memory();
    let restless = |writes: usize| Restless {
        tree: &tree,
        writes: AtomicUsize::new(writes),
    };
    let changed = tree.scan();
    let report = index.update(&changed, &[], &restless(2), &|_| {}, &CancelToken::new());
    assert_eq!((report.skipped, tree.reads()), (Vec::new(), 3));
    assert_eq!(shown(&index.view()), "a.rs: fn later_1() {}");
    assert_eq!(index.difference(tree.scan()), Difference::default());

    let changed = tree.scan();
    let report = index.update(&changed, &[], &restless(9), &|_| {}, &CancelToken::new());
    assert_eq!(report.skipped[0].why, Why::Changing);
    assert_eq!(shown(&index.view()), "a.rs: fn later_8() {}");
    assert_eq!(
        index.difference(tree.scan()).changed.len(),
        1,
        "the next scan finds it changed"
    );
    update(&index, &tree);
    assert_eq!(shown(&index.view()), "a.rs: fn later_7() {}");
}

#[test]
fn a_file_that_goes_before_it_is_read_is_gone() {
    let tree = Tree::of(&[("a.rs", "fn a() {}"), ("b.rs", "fn b() {}")]);
    let index = in_memory();
    update(&index, &tree);
    let changed = tree.scan();
    tree.remove("a.rs");
    let report = index.update(&changed, &[], &tree, &|_| {}, &CancelToken::new());
    assert_eq!((report.files, report.removed), (1, 1));
    assert_eq!(shown(&index.view()), "b.rs: fn b() {}");
}

#[test]
fn unsaved_buffers_stand_in_for_their_files() {
    let tree = Tree::of(&[("a.rs", "fn a() {}"), ("b.rs", "fn b() {}")]);
    let index = in_memory();
    update(&index, &tree);
    let view = index.with_overlays(&[("b.rs", "fn typed() {}"), ("new.rs", "fn new() {}")]);
    assert_eq!(
        shown(&view),
        "a.rs: fn a() {}; b.rs: fn typed() {}; new.rs: fn new() {}"
    );
    assert_eq!(shown(&index.view()), "a.rs: fn a() {}; b.rs: fn b() {}");
    assert_eq!(index.known().len(), 2);
    let refused = index.with_overlays(&[
        ("a.rs", "// @generated\n"),
        ("b.rs", "fn x() {}"),
        ("b.rs", "fn y() {}"),
    ]);
    assert_eq!(
        shown(&refused),
        "b.rs: fn y() {}",
        "nothing that was deleted comes back"
    );
}

#[test]
fn a_keystroke_costs_one_analysis() {
    let tree = Tree::of(&[("a.rs", "fn a() {}"), ("z.rs", "fn z() {}")]);
    let index = in_memory();
    update(&index, &tree);
    let segments = |view: &View| -> Vec<usize> {
        let parts = view.parts.iter();
        parts.map(|it| Arc::as_ptr(&it.segment) as usize).collect()
    };
    let first = index.with_overlays(&[("a.rs", "fn a() {}"), ("b.rs", "fn b() {}")]);
    let again = index.with_overlays(&[("a.rs", "fn a() {}"), ("b.rs", "fn b() {}")]);
    assert_eq!(segments(&first), segments(&again));
    let typed = index.with_overlays(&[("a.rs", "fn a() {}"), ("b.rs", "fn bc() {}")]);
    let kept = segments(&typed);
    let kept = kept.iter().filter(|it| segments(&first).contains(it));
    assert_eq!(kept.count(), 2, "the index and the other buffer");
    let dead = |view: &View| view.parts[0].dead().as_ptr();
    assert_eq!(dead(&first), dead(&typed), "what lies below is kept");
    tree.write("z.rs", "fn zz() {}");
    update(&index, &tree);
    let saved = index.with_overlays(&[("a.rs", "fn a() {}"), ("b.rs", "fn bc() {}")]);
    assert_eq!(
        shown(&saved),
        "a.rs: fn a() {}; b.rs: fn bc() {}; z.rs: fn zz() {}"
    );
}

#[test]
fn who_looks_while_two_thousand_files_change_sees_each_file_once_as_it_was_or_is() {
    let tree = Tree::default();
    let write_all = |generation: usize| {
        for n in 0..2000 {
            tree.write(&format!("{n}.rs"), &format!("fn g{generation}() {{}}"));
        }
    };
    let options = Options {
        slice_bytes: 2000,
        ..Options::default()
    };
    let index = Index::open(None, Path::new(ROOT), None, options).0;
    write_all(0);
    update(&index, &tree);
    write_all(1);
    let is_done = std::sync::atomic::AtomicBool::new(false);
    let newer = std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut newer = Vec::new();
            loop {
                let last = is_done.load(Ordering::Acquire);
                let seen = texts(&index.view());
                assert_eq!(seen.len(), 2000);
                assert!(
                    seen.values()
                        .all(|it| ["fn g0() {}", "fn g1() {}"].contains(&&**it))
                );
                newer.push(seen.values().filter(|it| *it == "fn g1() {}").count());
                if last {
                    return newer;
                }
            }
        });
        update(&index, &tree);
        index.maintain(&CancelToken::new());
        is_done.store(true, Ordering::Release);
        looking.join().unwrap()
    });
    assert!(newer.is_sorted(), "nothing becomes older again");
    assert_eq!(newer.last(), Some(&2000));
}
