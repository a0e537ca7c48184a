//! Large trees: very many files, and a very large one.

use std::fs::{self, File};

use il_text::CancelToken;

use crate::world::{World, dump, say, slow, update};

#[test]
fn a_file_of_a_gigabyte_is_refused_without_being_read() {
    let world = World::with(3);
    // Sparse: it takes no room, and reading it would take a gigabyte of memory.
    let large = File::create(world.tree.join("large.rs")).unwrap();
    large.set_len(1 << 30).unwrap();
    let (index, _) = world.open();
    let report = update(&index, &world.tree);
    let said: Vec<String> = report
        .skipped
        .iter()
        .map(|it| format!("{} {}", it.path, it.why))
        .collect();
    assert_eq!(said, ["large.rs is too large"]);
    assert_eq!(index.view().paths().len(), 3);
    world.check(index);
}

#[test]
fn names_and_texts_of_all_kinds() {
    let world = World::empty();
    let files: [(&str, &[u8]); 6] = [
        ("a b.rs", b"fn a() {}\n"),
        ("new\nline.rs", b"fn b() {}\n"),
        ("größe/naïve 😀.py", "def größe(): pass\n".as_bytes()),
        ("latin.py", b"# caf\xe9\nx = 1\n"),
        ("utf16.cs", b"\xff\xfec\0l\0a\0s\0s\0 \0A\0 \0{\0}\0"),
        ("image.png", b"\x89PNG\0\0\0\x01"),
    ];
    for (path, bytes) in files {
        let path = world.tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let (index, _) = world.open();
    update(&index, &world.tree);
    let view = index.view();
    assert_eq!(
        view.paths(),
        [
            "a b.rs",
            "größe/naïve 😀.py",
            "latin.py",
            "new\nline.rs",
            "utf16.cs"
        ]
    );
    assert_eq!(view.text("latin.py").as_deref(), Some("# café\nx = 1\n"));
    assert_eq!(view.text("utf16.cs").as_deref(), Some("class A {}"));
    world.check(index);
}

#[cfg(unix)]
#[test]
fn links_pipes_and_directories_are_no_files() {
    let world = World::with(3);
    std::os::unix::fs::symlink(world.tree.join("part0"), world.tree.join("link.rs")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", world.tree.join("outside.rs")).unwrap();
    fs::create_dir(world.tree.join("directory.rs")).unwrap();
    let pipe = std::process::Command::new("mkfifo")
        .arg(world.tree.join("pipe.rs"))
        .status();
    assert!(pipe.unwrap().success());
    let (index, _) = world.open();
    update(&index, &world.tree);
    let told = [
        "link.rs",
        "outside.rs",
        "directory.rs",
        "pipe.rs",
        "nothing.rs",
    ];
    let told = told.map(|path| (path.to_owned(), il_index::Stamp::default()));
    let source = il_index::Folder {
        root: world.tree.clone(),
    };
    // Reading the pipe would never end.
    let report = index.update(&told, &[], &source, &|_| {}, &CancelToken::new());
    assert_eq!(report, il_index::Report::default());
    assert_eq!(index.view().paths().len(), 3);
}

#[test]
fn a_hundred_thousand_files() {
    if !slow() {
        return say("not checked: 100 000 files: set `RUN_SLOW_TESTS`");
    }
    let world = World::empty();
    for n in 0..100_000 {
        let directory = world.tree.join(format!("d{}", n / 100));
        if n % 100 == 0 {
            fs::create_dir(&directory).unwrap();
        }
        fs::write(
            directory.join(format!("{n}.py")),
            format!("def f{n}(): pass\n"),
        )
        .unwrap();
    }
    let (index, _) = world.open();
    let report = update(&index, &world.tree);
    assert_eq!((report.files, report.symbols), (100_000, 100_000));
    index.save().unwrap();
    let stats = index.stats();
    drop(index);
    let (index, problems) = world.open();
    assert_eq!(problems, []);
    assert_eq!(update(&index, &world.tree), il_index::Report::default());
    for n in 0..2000 {
        let path = world.tree.join(format!("d{}/{n}.py", n / 100));
        fs::write(path, format!("def changed{n}(): pass\n")).unwrap();
    }
    assert_eq!(update(&index, &world.tree).files, 2000);
    index.maintain(&CancelToken::new());
    let saved = index.save();
    say(&format!(
        "100 000 files: {stats:?}; 2 000 changed: {saved:?}"
    ));
    assert_eq!(dump(&index), world.fresh());
}
