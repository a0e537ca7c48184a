//! `interline config`.

use std::{fs, path::PathBuf};

use expect_test::expect;

use crate::world::{Ran, World};

const USER: &str = "\
version = 1
[inline]
use = [\"endpoint:work\"]
[endpoint.work]
speaks = \"mistral\"
model = \"codestral-latest\"
key = \"env:INTERLINE_TEST_KEY\"
[budget]
per_day = \"2.00\"
";

/// A world whose user has these settings.
fn world(settings: &str) -> (World, PathBuf) {
    let world = World::shop();
    let path = world.root().with_file_name("settings.toml");
    fs::write(&path, settings).unwrap();
    (world, path)
}

fn run((world, path): &(World, PathBuf), arguments: &[&str]) -> Ran {
    let mut command = world.command(arguments);
    command
        .env("INTERLINE_CONFIG", path)
        .env("INTERLINE_TEST_KEY", "secret-key");
    world.read(command.output().unwrap())
}

#[test]
fn what_is_in_force_is_shown_with_who_said_so() {
    let world = world(USER);
    let repository = "version = 1\n[budget]\nper_day = \"0.50\"\n";
    world.0.write(".interline.toml", repository.as_bytes());
    expect![[r#"
        exit 0
        out: your file: [TEMP]/settings.toml
        out: 
        out: [inline]
        out:   use         endpoint:work           your file, line 3
        out:               repo                    default
        out:   context     full                    default
        out:   speculate   true                    default
        out: 
        out: [endpoint.work]
        out:   speaks      mistral                 your file, line 5
        out:   model       codestral-latest        your file, line 6
        out:   key         env:INTERLINE_TEST_KEY  your file, line 7
        out:   hedge       false                   default
        out:   free        false                   default
        out:   own         false                   default
        out: 
        out: [budget]
        out:   per_day     0.50                    the repository's file, line 3
        out:   currency    USD                     default
        out:   unpriced    refuse                  default
        out:   keep_days   400                     default
        out: 
        out: [privacy]
        out:   air_gap     false                   default
        out:   personal    true                    default
        out:   restore     true                    default
        out:   matches     annotate                default
        out: 
        out: [privacy.keep]
        out:   audit_days  365                     default
    "#]]
    .assert_eq(&run(&world, &["config", "show"]).all());
    let document = run(&world, &["config", "show", "--json"]).json();
    let rows = document["settings"].as_array().unwrap();
    let cap = rows.iter().find(|it| it["key"] == "per_day").unwrap();
    assert_eq!(
        (cap["value"].as_str(), cap["origin"].as_str()),
        (Some("0.50"), Some("repository"))
    );
    assert_eq!(cap["line"], 3);
}

#[test]
fn what_is_wrong_is_pointed_at_and_keys_are_not_repeated() {
    let text = USER
        .replace("env:INTERLINE_TEST_KEY", "sk-123")
        .replace("model", "modle");
    let world = world(&text);
    expect![[r#"
        exit 1
        out: ✗ [TEMP]/settings.toml:4:11: `[endpoint.work]` needs `model`: write `model = "…"`
        out:   4 │ [endpoint.work]
        out:     │           ^^^^
        out: 
        out: ✗ [TEMP]/settings.toml:6:1: unknown key `modle` in `[endpoint.work]`: did you mean `model`?
        out:   6 │ modle = …
        out:     │ ^^^^^
        out:     = allowed: `speaks`, `url`, `model`, `key`, `context_tokens`, `answer_tokens`, `template`, `proxy`, `authorities`, `concurrency`, `retries`, `patience_seconds`, `hedge`, `free`, `own`
        out: 
        out: ✗ [TEMP]/settings.toml:7:7: a key is not written into a settings file: put it into an environment variable and write `key = "env:NAME"`, or into a file that only you can read and write `key = "file:PATH"`, or into the keyring and write `key = "keyring:SERVICE"`
        out:   7 │ key = …
        out:     │       ^
        out: 
    "#]].assert_eq(&run(&world, &["config", "check"]).all());
    let ran = run(&world, &["config", "check", "--json"]);
    assert_eq!(
        (ran.code, ran.json()["good"].as_bool()),
        (Some(1), Some(false))
    );
}

#[test]
fn a_key_that_is_not_where_it_should_be_is_said() {
    let good = run(&world(USER), &["config", "check"]);
    expect![[r#"
        exit 0
        out: ✓ 19 settings, nothing is wrong
    "#]]
    .assert_eq(&good.all());
    let missing = world(&USER.replace("INTERLINE_TEST_KEY", "INTERLINE_TEST_NO_KEY"));
    expect![[r#"
        exit 1
        out: ✗ `[endpoint.work]` (your file, line 7): the environment variable `INTERLINE_TEST_NO_KEY` is not set: set it to the key
        out: 
    "#]].assert_eq(&run(&missing, &["config", "check"]).all());
}

#[test]
fn a_repository_that_wants_too_much_is_refused_and_the_rest_holds() {
    let world = world(USER);
    world.0.write(
        ".interline.toml",
        b"version = 1\n[endpoint.evil]\nurl = \"https://evil\"\n",
    );
    let ran = run(&world, &["config", "show"]);
    assert!(
        ran.stderr
            .contains("a repository may not say what `endpoint` is"),
        "{}",
        ran.all()
    );
    assert!(ran.stdout.contains("endpoint:work"), "{}", ran.all());
}

#[test]
fn the_settings_say_what_makes_vectors() {
    let world = world("version = 1\n[embed]\nuse = [\"none\"]\n");
    let ran = run(&world, &["index", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let index = &document["repositories"][0];
    assert!(index["model"].is_null(), "{}", ran.all());
    assert_eq!(index["vectors"], 0);
}
