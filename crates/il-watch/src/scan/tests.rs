//! The scan on real trees: what is admitted, what is refused and why, what cannot be read.

use std::{fs, path::Path, sync::Arc};

use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;

/// A tree from `path` or `path = content` lines.
fn tree(lines: &str) -> TempDir {
    let dir = TempDir::new().unwrap();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (path, content) = line.split_once(" = ").unwrap_or((line, "text"));
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content.replace("\\n", "\n")).unwrap();
    }
    dir
}

fn render(scan: &Scan) -> String {
    let mut out = String::new();
    for file in &scan.files {
        out += &format!("{}\n", file.path);
    }
    for Skipped { path, reason } in &scan.skipped {
        out += &format!("skipped {path}: {reason}\n");
    }
    for Problem { path, what } in &scan.problems {
        out += &format!("problem {path}: {what}\n");
    }
    out
}

#[track_caller]
fn check(lines: &str, expect: Expect) {
    expect.assert_eq(&render(&scan(tree(lines).path(), &Options::default())));
}

#[test]
fn gitignore_holds_without_a_git_repository() {
    check(
        r"
        .gitignore = target/\n*.log
        src/main.rs
        target/debug/out.rs
        a.log
        src/deep/b.log
        ",
        expect![[r#"
            src/main.rs
        "#]],
    );
}

#[test]
fn nested_rules_and_negation() {
    check(
        r"
        .gitignore = *.gen.rs\n/build
        a.gen.rs
        build/out.rs
        src/build/kept.rs
        src/.gitignore = !kept.gen.rs\nlocal.rs
        src/kept.gen.rs
        src/other.gen.rs
        src/local.rs
        local.rs
        ",
        expect![[r#"
            local.rs
            src/build/kept.rs
            src/kept.gen.rs
        "#]],
    );
}

#[test]
fn own_ignore_file_wins_over_gitignore() {
    check(
        r"
        .gitignore = docs.md
        .ignore = b.rs
        .interlineignore = vendor/\n!docs.md
        vendor/lib.rs
        docs.md
        a.rs
        b.rs
        ",
        expect![[r#"
            a.rs
            docs.md
        "#]],
    );
}

#[test]
fn hidden_files_are_left_out() {
    check(
        "
        .env
        .git/config
        .github/workflows/ci.yml
        a.rs
        ",
        expect![[r#"
            a.rs
        "#]],
    );
}

#[test]
fn a_bad_pattern_is_reported_and_the_rest_holds() {
    check(
        r"
        .gitignore = [z-a]\n*.log
        a.log
        a.rs
        ",
        expect![[r#"
            a.rs
            problem .gitignore: line 1: error parsing glob '[z-a]': invalid range; 'z' > 'a'
        "#]],
    );
}

#[test]
fn an_ignore_file_above_the_root_counts_only_within_one_repository() {
    let dir = tree(
        r"
        .gitignore = *
        project/a.rs
        ",
    );
    let root = dir.path().join("project");
    expect!["a.rs\n"].assert_eq(&render(&scan(&root, &Options::default())));
    fs::create_dir(dir.path().join(".git")).unwrap();
    expect![""].assert_eq(&render(&scan(&root, &Options::default())));
}

#[test]
fn a_large_file_is_skipped_with_the_reason() {
    let dir = tree("src/app.js");
    let big = fs::File::create(dir.path().join("app.min.js")).unwrap();
    big.set_len(30 << 20).unwrap();
    expect![[r#"
        src/app.js
        skipped app.min.js: too large (30.0 MiB)
    "#]]
    .assert_eq(&render(&scan(dir.path(), &Options::default())));
}

#[test]
fn refused_names_are_never_opened() {
    let dir = tree(
        "
        keys/server.pem
        src/main.rs
        ",
    );
    let options = Options {
        never: Arc::new(|path| path.ends_with(".pem").then_some("may hold secrets")),
        ..Options::default()
    };
    expect![[r#"
        src/main.rs
        skipped keys/server.pem: may hold secrets
    "#]]
    .assert_eq(&render(&scan(dir.path(), &options)));
}

#[test]
fn the_budget_keeps_the_newest_files_then_the_first_by_path() {
    let dir = tree("c.rs\na.rs\nb.rs\nd.rs");
    for (path, seconds) in [("a.rs", 5), ("b.rs", 5), ("c.rs", 5), ("d.rs", 9)] {
        let file = fs::File::options()
            .append(true)
            .open(dir.path().join(path))
            .unwrap();
        let time = UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        file.set_modified(time).unwrap();
    }
    let over = |max_files, max_total_bytes| {
        let options = Options {
            max_files,
            max_total_bytes,
            ..Options::default()
        };
        render(&scan(dir.path(), &options))
    };
    let expected = expect![[r#"
        a.rs
        d.rs
        skipped b.rs: over the limit: newer files have taken the room
        skipped c.rs: over the limit: newer files have taken the room
    "#]];
    expected.assert_eq(&over(2, 1000));
    expected.assert_eq(&over(10, 11));
    assert_eq!(over(4, 16), "a.rs\nb.rs\nc.rs\nd.rs\n");
}

#[test]
fn the_order_does_not_depend_on_threads() {
    let lines: String = (0..300).map(|n| format!("d{}/f{n}.rs\n", n % 17)).collect();
    let dir = tree(&lines);
    let first = scan(dir.path(), &Options::default());
    assert_eq!(first.files.len(), 300);
    assert_eq!(first.directories.len(), 18);
    assert_eq!(first.bytes(), 300 * 4);
    assert!(first.files.is_sorted());
    for _ in 0..5 {
        assert_eq!(scan(dir.path(), &Options::default()), first);
    }
}

#[test]
fn a_root_that_is_not_there_is_a_problem() {
    let dir = TempDir::new().unwrap();
    let gone = scan(&dir.path().join("gone"), &Options::default());
    assert_eq!((gone.files.len(), gone.problems.len()), (0, 1));
    assert!(
        gone.problems[0].what.contains("No such file") || cfg!(windows),
        "{gone:?}"
    );
}

#[cfg(unix)]
mod unix {
    use std::os::unix::{ffi::OsStrExt, fs::PermissionsExt, fs::symlink, net::UnixListener};

    use super::*;

    #[test]
    fn links_are_not_followed() {
        let outside = tree("secret.rs");
        let dir = tree("src/a.rs");
        symlink("..", dir.path().join("src/up")).unwrap();
        symlink(dir.path(), dir.path().join("loop")).unwrap();
        symlink(outside.path(), dir.path().join("outside")).unwrap();
        symlink(outside.path().join("secret.rs"), dir.path().join("file.rs")).unwrap();
        symlink("nowhere", dir.path().join("dangling")).unwrap();
        expect![[r#"
            src/a.rs
            skipped dangling: symbolic link
            skipped file.rs: symbolic link
            skipped loop: symbolic link
            skipped outside: symbolic link
            skipped src/up: symbolic link
        "#]]
        .assert_eq(&render(&scan(dir.path(), &Options::default())));
    }

    #[test]
    fn what_is_no_file_and_what_cannot_be_named_is_skipped() {
        let dir = tree("a.rs");
        let _socket = UnixListener::bind(dir.path().join("socket")).unwrap();
        fs::write(
            dir.path().join(std::ffi::OsStr::from_bytes(b"b\xff.rs")),
            "x",
        )
        .unwrap();
        let found = scan(dir.path(), &Options::default());
        let reasons: Vec<Reason> = found.skipped.iter().map(|skipped| skipped.reason).collect();
        assert_eq!(found.files.len(), 1);
        assert!(reasons.contains(&Reason::NotAFile) && reasons.contains(&Reason::NameNotUnicode));
    }

    #[test]
    fn an_unreadable_directory_is_reported_and_walked_around() {
        let dir = tree("a.rs\nlocked/b.rs\nz.rs");
        let locked = dir.path().join("locked");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        if fs::read_dir(&locked).is_err() {
            expect![[r#"
                a.rs
                z.rs
                problem locked: Permission denied (os error 13)
            "#]]
            .assert_eq(&render(&scan(dir.path(), &Options::default())));
        } else {
            #[expect(clippy::print_stderr, reason = "a check left out must be visible")]
            let () = eprintln!("not checked: this user (root?) reads everything");
        }
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn a_narrow_look_sees_exactly_its_places() {
    let dir = tree(
        r"
        .gitignore = *.log
        a.rs
        src/b.rs
        src/c.log
        src/deep/d.rs
        src2/e.rs
        ",
    );
    let look = |places: &[&str]| {
        let places = places.iter().map(|place| dir.path().join(place)).collect();
        render(&look_at(dir.path(), &Options::default(), places))
    };
    assert_eq!(look(&["src/b.rs"]), "src/b.rs\n");
    assert_eq!(look(&["src/c.log"]), "");
    assert_eq!(look(&["src"]), "src/b.rs\nsrc/deep/d.rs\n");
    assert_eq!(
        look(&["src/deep", "a.rs", "gone/x"]),
        "a.rs\nsrc/deep/d.rs\n"
    );
    assert_eq!(look(&[""]), "a.rs\nsrc/b.rs\nsrc/deep/d.rs\nsrc2/e.rs\n");
}

#[test]
fn stamps_tell_edits_apart() {
    let dir = tree("a.rs = one");
    let path = dir.path().join("a.rs");
    let stamp = |path: &Path| Stamp::of(&fs::metadata(path).unwrap());
    let before = stamp(&path);
    assert_eq!(before.size, 3);
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH - std::time::Duration::from_nanos(5))
        .unwrap();
    assert_eq!(stamp(&path).mtime_ns, -5);
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_nanos(7))
        .unwrap();
    assert_eq!(
        stamp(&path),
        Stamp {
            size: 3,
            mtime_ns: 7
        }
    );
}
