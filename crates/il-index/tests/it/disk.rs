//! Disks that are full or may not be written: the index lives in memory, and one message says so.

use std::{fs, path::Path};

use il_index::{Problem, Saved};

use crate::{
    child::{command, step},
    world::{World, dump, open, say, update, write},
};

/// Does `work` with the store on a small disk, in a mount namespace of its own, so that nothing is left
/// mounted whatever happens.
#[cfg(target_os = "linux")]
#[track_caller]
fn on_a_disk(options: &str, work: &str) {
    let world = World::with(9);
    fs::create_dir(&world.store).unwrap();
    let inner = command(work, &world.tree, &world.store, 0);
    let script = format!(
        "mount -t tmpfs -o {options} tmpfs '{}' || exit 99\nexec \"$@\"",
        world.store.display()
    );
    let mut outer = std::process::Command::new("unshare");
    outer.args([
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        &script,
        "sh",
    ]);
    outer.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        outer.env(name, value.unwrap());
    }
    let output = match outer.output() {
        Ok(output) => output,
        Err(error) => {
            return say(&format!(
                "not checked: a {options} disk: no `unshare`: {error}"
            ));
        }
    };
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(99) || complaint.starts_with("unshare:") {
        return say(&format!("not checked: a {options} disk: {complaint}"));
    }
    assert!(output.status.success(), "{shown}{complaint}");
    assert!(shown.contains("step:done"), "{shown}{complaint}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    on_a_disk("size=96k", "full disk");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_may_not_be_written() {
    on_a_disk("ro", "read-only disk");
}

/// In the child: the disk has room for a few files.
pub(crate) fn fill(tree: &Path, store: &Path) {
    let (index, problems) = open(store, tree, il_index::Options::default());
    assert_eq!(problems, []);
    update(&index, tree);
    assert!(matches!(index.save(), Ok(Saved::Written { .. })));
    let saved = dump(&index);

    let large = tree.join("large.rs");
    fs::write(&large, noise(200_000)).unwrap();
    update(&index, tree);
    let Err(problem) = index.save() else {
        panic!("there is no room for it")
    };
    let message = problem.to_string();
    assert!(
        message.starts_with("cannot save the index to `"),
        "{message}"
    );
    assert!(message.contains("No space left on device"), "{message}");
    for _ in 0..4 {
        assert_eq!(index.save(), Ok(Saved::InMemory), "it is said once");
    }
    assert!(index.view().text("large.rs").is_some(), "it is in memory");
    let left = fs::read_dir(store)
        .unwrap()
        .map(|it| it.unwrap().file_name());
    assert_eq!(
        left.filter(|it| it.to_string_lossy().contains(".new"))
            .count(),
        0
    );
    drop(index);
    let (index, problems) = open(store, tree, il_index::Options::default());
    assert_eq!(problems, []);
    assert!(dump(&index) == saved, "what was saved before is there");

    fs::remove_file(large).unwrap();
    write(tree, 3, 5);
    update(&index, tree);
    let is_saved = (0..64).any(|_| matches!(index.save(), Ok(Saved::Written { .. })));
    assert!(is_saved, "there is room again");
    step("done");
}

/// Code that does not pack.
fn noise(bytes: usize) -> String {
    let mut random = test_support::random::Random::new(7);
    let mut text = String::new();
    while text.len() < bytes {
        let name = format!("n{:x}", random.below(usize::MAX));
        text.push_str(&format!(
            "fn {name}() {{\n    {:x}\n}}\n",
            random.below(usize::MAX)
        ));
    }
    text
}

/// In the child: nothing can be written.
pub(crate) fn read_only(tree: &Path, store: &Path) {
    let (index, problems) = open(store, tree, il_index::Options::default());
    let [Problem::Unwritable { .. }] = &problems[..] else {
        panic!("one message: {problems:?}")
    };
    let message = problems[0].to_string();
    assert!(message.contains("Read-only file system"), "{message}");
    update(&index, tree);
    for _ in 0..3 {
        assert_eq!(
            index.save(),
            Ok(Saved::InMemory),
            "it was said when it was opened"
        );
    }
    assert!(index.view().paths().len() >= 8);
    step("done");
}

#[test]
fn a_file_in_the_place_of_the_directory() {
    let world = World::with(5);
    fs::write(&world.store, "in the way").unwrap();
    let (index, problems) = world.open();
    assert!(
        matches!(problems[..], [Problem::Unwritable { .. }]),
        "{problems:?}"
    );
    update(&index, &world.tree);
    assert_eq!(index.save(), Ok(Saved::InMemory));
    assert!(dump(&index) == world.fresh());
    assert_eq!(fs::read_to_string(&world.store).unwrap(), "in the way");
}

#[cfg(unix)]
#[test]
fn a_directory_that_may_not_be_written_is_still_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::with(5);
    let (index, _) = world.open();
    update(&index, &world.tree);
    index.save().unwrap();
    drop(index);
    fs::remove_file(world.store.join("lock")).unwrap();
    fs::set_permissions(&world.store, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(world.store.join("probe"), "").is_ok() {
        fs::remove_file(world.store.join("probe")).unwrap();
        return say("not checked: a read-only directory: this user (root?) writes everywhere");
    }
    let (index, problems) = world.open();
    assert!(
        matches!(problems[..], [Problem::Unwritable { .. }]),
        "{problems:?}"
    );
    assert!(dump(&index) == world.fresh());
    assert_eq!(update(&index, &world.tree).files, 0);
    fs::set_permissions(&world.store, fs::Permissions::from_mode(0o755)).unwrap();
}
