//! The cache: whatever happens to it, the answer is the same and one line says what happened.

use std::{fs, path::Path, process::Command};

use expect_test::expect;

use crate::world::{Ran, World, left_out};

const ASK: [&str; 4] = ["complete", "shop/orders.py:6:24", "--hide", "rest-of-line"];

/// Asks, checks that the answer is there, and gives how the model came to be and what was said.
#[track_caller]
fn ask(world: &World) -> (String, String) {
    let ran = world.run(&[&ASK[..], &["--explain", "--json"]].concat());
    let how = how(&ran);
    (how, ran.stderr)
}

#[track_caller]
fn how(ran: &Ran) -> String {
    let document = ran.json();
    let text = document["text"].as_str().unwrap_or_default();
    assert!(text.starts_with("query_everything"), "{}", ran.all());
    let model = &document["explain"]["model"];
    format!(
        "{} {}+{}-",
        model["how"].as_str().unwrap(),
        model["files_changed"],
        model["files_removed"]
    )
}

#[test]
fn the_second_start_loads_what_the_first_learnt() {
    let world = World::shop();
    assert_eq!(ask(&world), ("learnt 0+0-".into(), String::new()));
    assert_eq!(ask(&world), ("loaded 0+0-".into(), String::new()));
    world.write("shop/new.py", b"import os\n");
    fs::remove_file(world.path("shop/parcels.py")).unwrap();
    world.write("shop/invoices.py", b"import sys\n");
    assert_eq!(ask(&world).0, "loaded 2+1-");
    assert_eq!(ask(&world).0, "loaded 0+0-");
}

#[test]
fn answers_do_not_depend_on_whether_the_model_was_loaded() {
    let world = World::shop();
    let first = world.run(&ASK).good();
    assert_eq!(world.run(&ASK).good(), first);
}

#[test]
fn two_repositories_do_not_share_a_model() {
    let world = World::shop();
    ask(&world);
    let other = world.root().parent().unwrap().join("other");
    fs::create_dir_all(other.join(".git")).unwrap();
    fs::write(other.join("a.py"), "x = 1\n").unwrap();
    world.run(&["complete", &format!("{}:1:1", other.join("a.py").display())]);
    assert_eq!(world.saved_models().len(), 2);
}

/// Damages the saved model; gives what is said afterwards.
#[track_caller]
fn after(damage: impl FnOnce(&Path)) -> String {
    let world = World::shop();
    ask(&world);
    let saved = world.saved_model();
    damage(&saved);
    let (how, said) = ask(&world);
    assert_eq!(how, "learnt 0+0-");
    assert_eq!(
        ask(&world),
        ("loaded 0+0-".into(), String::new()),
        "it must be mended"
    );
    let name = saved.file_name().unwrap().to_string_lossy().into_owned();
    said.replace(&name, "[MODEL]")
}

#[test]
fn a_damaged_cache_is_said_and_learnt_again() {
    let flip = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        fs::write(path, bytes).unwrap();
    };
    expect![[r#"
        warning: cannot use what was saved in `[TEMP]/cache/[MODEL]`: it is damaged (its check sum is wrong); learning again
    "#]]
    .assert_eq(&after(flip));
    let cut = |path: &Path| fs::write(path, &fs::read(path).unwrap()[..10]).unwrap();
    expect![[r#"
        warning: cannot use what was saved in `[TEMP]/cache/[MODEL]`: it is damaged (it ends too early); learning again
    "#]]
    .assert_eq(&after(cut));
    let empty = |path: &Path| fs::write(path, b"").unwrap();
    assert!(after(empty).contains("it ends too early"));
    let garbage = |path: &Path| fs::write(path, vec![0xa5; 5000]).unwrap();
    assert!(after(garbage).contains("it is not a cache"));
}

#[test]
fn a_cache_of_another_version_is_learnt_again_without_a_word() {
    let foreign = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[8] = 200;
        fs::write(path, bytes).unwrap();
    };
    assert_eq!(after(foreign), "");
}

#[test]
fn a_deleted_cache_is_learnt_again_without_a_word() {
    assert_eq!(after(|path| fs::remove_file(path).unwrap()), "");
}

#[test]
fn a_file_in_the_place_of_the_cache_is_one_line() {
    let world = World::shop();
    fs::write(world.cache(), "in the way").unwrap();
    let (how, said) = ask(&world);
    assert_eq!(how, "learnt 0+0-");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.starts_with("warning: cannot save what was learnt to `[TEMP]/cache/"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(world.cache()).unwrap(), "in the way");
}

#[cfg(unix)]
#[test]
fn a_read_only_cache_is_one_line() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::shop();
    fs::create_dir(world.cache()).unwrap();
    fs::set_permissions(world.cache(), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(world.cache().join("probe"), "").is_ok() {
        left_out("a read-only cache: this user (root?) writes everywhere");
        return;
    }
    let (how, said) = ask(&world);
    assert_eq!(
        (how.as_str(), said.lines().count()),
        ("learnt 0+0-", 1),
        "{said}"
    );
    assert!(said.contains("Permission denied"), "{said}");
}

/// On a disk of 16 KiB, or on one that may not be written; each in a mount namespace of its own, so that
/// nothing is left mounted whatever happens.
#[cfg(target_os = "linux")]
#[track_caller]
fn on_a_disk(options: &str, complaint: &str) {
    let world = World::shop();
    fs::create_dir(world.cache()).unwrap();
    let cache = world.cache();
    let script = format!(
        "mount -t tmpfs -o {options} tmpfs '{cache}' || exit 99\n\
         '{program}' {ask} --explain --json\n\
         code=$?\n\
         ls -A '{cache}' >&2\n\
         exit $code",
        cache = cache.display(),
        program = env!("CARGO_BIN_EXE_interline"),
        ask = ASK.join(" "),
    );
    let mut command = Command::new("unshare");
    world.prepare(&mut command);
    let output = command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .output();
    let ran = match output {
        Ok(output) => world.read(output),
        Err(error) => return left_out(&format!("a {options} disk: no `unshare`: {error}")),
    };
    if ran.code == Some(99) || ran.stderr.starts_with("unshare:") {
        return left_out(&format!(
            "a {options} disk: mounting is not permitted here: {}",
            ran.stderr
        ));
    }
    assert_eq!(how(&ran), "learnt 0+0-");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let [warning] = lines[..] else {
        panic!("one line, and nothing left behind: {}", ran.all())
    };
    assert!(
        warning.starts_with("warning: cannot save what was learnt"),
        "{warning}"
    );
    assert!(warning.contains(complaint), "{warning}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_line() {
    on_a_disk("size=4k", "No space left on device");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_may_not_be_written_is_one_line() {
    on_a_disk("ro", "Read-only file system");
}
