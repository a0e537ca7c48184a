//! Who said yes to what, and for which repository that counts.

use std::time::UNIX_EPOCH;

use tempfile::TempDir;

use super::*;

struct World {
    temp: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self {
            temp: TempDir::new().unwrap(),
        };
        world.clone_of("https://host.example/a.git");
        world
    }

    fn repository(&self) -> PathBuf {
        self.temp.path().join("repo")
    }

    /// Lays a clone there.
    fn clone_of(&self, url: &str) {
        let git = self.repository().join(".git");
        fs::create_dir_all(&git).unwrap();
        let text =
            format!("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = {url}\n\tfetch = x\n");
        fs::write(git.join("config"), text).unwrap();
    }

    fn consent(&self) -> Consent {
        Consent::new(&self.temp.path().join("data"))
    }

    fn set(&self, kind: Kind, is_on: bool) -> bool {
        let now = Moment::of(UNIX_EPOCH);
        self.consent()
            .set(kind, &self.repository(), is_on, now)
            .unwrap()
    }

    fn given(&self) -> [bool; 2] {
        Kind::ALL.map(|it| self.consent().is_given(it, &self.repository()))
    }
}

#[test]
fn nothing_is_given_until_somebody_says_so() {
    let world = World::new();
    assert_eq!(world.given(), [false, false]);
    assert!(!world.set(Kind::Training, false));
    assert!(!world.consent().path().exists());
    assert!(world.set(Kind::Training, true));
    assert!(!world.set(Kind::Training, true));
    assert_eq!(world.given(), [true, false]);
    let given = world.consent().given(&world.repository()).unwrap().unwrap();
    assert_eq!(
        given.since(Kind::Training),
        Some("1970-01-01T00:00:00.000Z")
    );
    assert!(world.set(Kind::Training, false));
    assert_eq!(world.given(), [false, false]);
    assert!(!world.consent().path().exists());
}

#[test]
fn a_yes_is_for_one_repository() {
    let world = World::new();
    world.set(Kind::Training, true);
    let other = world.temp.path().join("other");
    fs::create_dir(&other).unwrap();
    assert!(!world.consent().is_given(Kind::Training, &other));
    assert!(
        !world
            .consent()
            .is_given(Kind::Training, &world.temp.path().join("none"))
    );
    // Another name for the same place.
    let again = world.repository().join("..").join("repo");
    assert!(world.consent().is_given(Kind::Training, &again));
}

#[test]
fn another_repository_in_its_place_has_no_yes() {
    let world = World::new();
    world.set(Kind::Training, true);
    world.clone_of("https://user:token@host.example/a.git");
    assert_eq!(
        world.given(),
        [true, false],
        "a password is no part of where it came from"
    );
    world.clone_of("https://host.example/b.git");
    assert_eq!(world.given(), [false, false]);
    world.set(Kind::Telemetry, true);
    assert_eq!(world.given(), [false, true]);
    world.clone_of("https://host.example/a.git");
    assert_eq!(world.given(), [false, false], "the old yes was replaced");
}

#[test]
fn a_file_that_cannot_be_read_gives_nothing_and_is_not_overwritten() {
    let world = World::new();
    world.set(Kind::Training, true);
    let good = fs::read_to_string(world.consent().path()).unwrap();
    for text in ["", "{", &good.replace("\"version\": 1", "\"version\": 2")] {
        fs::write(world.consent().path(), text).unwrap();
        assert_eq!(world.given(), [false, false]);
        let now = Moment::of(UNIX_EPOCH);
        let set = world
            .consent()
            .set(Kind::Training, &world.repository(), true, now);
        assert!(set.is_err(), "{text}");
        assert_eq!(fs::read_to_string(world.consent().path()).unwrap(), text);
    }
}

#[test]
fn what_is_forgotten_is_gone() {
    let world = World::new();
    assert_eq!(world.consent().forget(None).unwrap(), 0);
    world.set(Kind::Training, true);
    assert_eq!(
        world.consent().forget(Some(&world.repository())).unwrap(),
        1
    );
    assert!(!world.consent().path().exists());
    world.set(Kind::Training, true);
    assert_eq!(world.consent().forget(None).unwrap(), 1);
    assert_eq!(world.given(), [false, false]);
}

#[test]
fn where_a_clone_came_from_is_the_url_of_origin() {
    for (config, expected) in [
        ("", None),
        ("[remote \"fork\"]\nurl = x\n", None),
        ("[remote \"origin\"]\n[branch]\nurl = x\n", None),
        (
            "[remote \"origin\"]\n\turl = git@host:a.git\n",
            Some("git@host:a.git"),
        ),
        (
            "[remote \"origin\"]\nurl=https://me:pass@h.example/a\n",
            Some("https://h.example/a"),
        ),
    ] {
        assert_eq!(remote_of(config).as_deref(), expected, "{config}");
    }
}
