//! `interline doctor`.

use std::fs;

use crate::world::World;

/// The state of each check.
#[track_caller]
fn states(world: &World, arguments: &[&str]) -> (Option<i32>, Vec<(String, String)>) {
    let ran = world.run(&[&["doctor", "--json"], arguments].concat());
    let document = ran.json();
    let checks = document["checks"].as_array().unwrap().iter().map(|check| {
        let word = |name: &str| check[name].as_str().unwrap().to_owned();
        (word("check"), word("state"))
    });
    (ran.code, checks.collect())
}

#[test]
fn a_healthy_repository_has_no_bad_finding() {
    let world = World::shop();
    let (code, states) = states(&world, &[]);
    assert_eq!(code, Some(0));
    let names: Vec<&str> = states.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "version",
            "cache",
            "watching",
            "repository",
            "privacy",
            "files",
            "languages",
            "model",
            "suggestions",
            "index",
            "embeddings",
            "models",
            "on PATH",
            "editors"
        ]
    );
    assert!(states.iter().all(|(_, state)| state != "bad"), "{states:?}");
    for name in [
        "cache",
        "repository",
        "files",
        "model",
        "suggestions",
        "index",
        "embeddings",
    ] {
        assert!(
            states.contains(&(name.into(), "good".into())),
            "{name}: {states:?}"
        );
    }
}

#[test]
fn people_get_a_line_for_each_check_and_a_summary() {
    let text = World::shop().run(&["doctor"]).good();
    assert!(
        text.contains("✓ files        4 files to learn from"),
        "{text}"
    );
    assert!(text.contains("with grammar: Python 4"), "{text}");
    assert!(
        text.lines().last().unwrap().starts_with("everything "),
        "{text}"
    );
}

#[test]
fn an_empty_directory_is_noted_and_says_what_to_do() {
    let world = World::empty();
    let (code, states) = states(&world, &[]);
    assert_eq!(code, Some(0));
    for name in ["repository", "files", "suggestions"] {
        assert!(
            states.contains(&(name.into(), "note".into())),
            "{name}: {states:?}"
        );
    }
}

#[test]
fn what_is_skipped_is_counted_by_reason() {
    let world = World::shop();
    world.write("server.pem", b"-----BEGIN");
    fs::File::create(world.path("app.min.js"))
        .unwrap()
        .set_len(30 << 20)
        .unwrap();
    let text = world.run(&["doctor"]).good();
    assert!(
        text.contains("1 file skipped: its name says that it holds secrets"),
        "{text}"
    );
    assert!(
        text.contains("1 file skipped: larger than 1.00 MiB"),
        "{text}"
    );
}

#[test]
fn a_cache_that_cannot_be_written_is_noted() {
    let world = World::shop();
    fs::write(world.cache(), "in the way").unwrap();
    let (code, states) = states(&world, &[]);
    assert_eq!(code, Some(0));
    assert!(
        states.contains(&("cache".into(), "note".into())),
        "{states:?}"
    );
}
