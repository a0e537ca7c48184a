//! Suites, checksums and what is unpacked, as text in and text out. Nothing here needs the network.

use std::{fs, path::Path};

use super::{fetch, suite::Suite, unpack, *};

const SUITE: &str = r#"{
  "name": "dev", "cases": true,
  "repositories": [
    { "name": "python-one", "language": "python", "archives": [
      { "registry": "pypi", "name": "one", "version": "1.2",
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "include": ["one/"], "exclude": ["/locale/"] }
    ] }
  ]
}"#;

fn parse(text: &str) -> anyhow::Result<Suite> {
    Suite::parse(text, Path::new("dev.json"))
}

#[test]
fn the_suites_that_we_ship_are_sound_and_share_no_archive() {
    let folder = tools::workspace_root().join("eval/suites");
    let suites = read_suites(&folder, &Wanted::default()).unwrap();
    let names: Vec<&str> = suites.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["dev", "train"]);
    let mut seen = std::collections::HashSet::new();
    for suite in &suites {
        for language in ["go", "java", "python", "rust", "typescript"] {
            let count = suite
                .repositories
                .iter()
                .filter(|it| it.language == language)
                .count();
            assert!(count >= 2, "{}: {language}", suite.name);
        }
        for archive in suite.repositories.iter().flat_map(|it| &it.archives) {
            assert!(
                seen.insert(&archive.sha256),
                "{} is there twice",
                archive.name
            );
        }
    }
}

#[test]
fn a_wrong_checksum_says_expected_got_and_what_to_do() {
    let suite = parse(SUITE).unwrap();
    let archive = &suite.repositories[0].archives[0];
    let file = std::env::temp_dir().join(format!("interline-eval-data-{}", std::process::id()));
    fs::write(&file, "abc").unwrap();
    fetch::check(archive, &file, &suite.path).unwrap();
    fs::write(&file, "abd").unwrap();
    let error = fetch::check(archive, &file, &suite.path)
        .unwrap_err()
        .to_string();
    let error = error.replace(&file.display().to_string(), "FILE");
    fs::remove_file(&file).unwrap();
    assert_eq!(
        error,
        "`one` 1.2 from pypi is not what `dev.json` pins\n  \
         expected SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n  \
         got SHA-256      a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9\n\
         delete `FILE` and run this again; if it stays so, the registry serves something else under this version: \
         find out why before you change the suite"
    );
}

#[test]
fn a_suite_that_is_wrong_says_where() {
    let check = |from: &str, to: &str, expected: &str| {
        let error = parse(&SUITE.replacen(from, to, 1)).unwrap_err();
        assert_eq!(format!("{error:#}"), expected);
    };
    check(
        "\"pypi\"",
        "\"cpan\"",
        "repository `python-one`: archive `one`: the registry `cpan` is unknown; known are pypi, crates, npm, deb, deb-src",
    );
    check(
        "ba78",
        "BA78",
        "repository `python-one`: archive `one`: `sha256` must be 64 hexadecimal digits in lower case",
    );
    check(
        "\"version\": \"1.2\",",
        "",
        "repository `python-one`: archive `one`: the key `version` is missing",
    );
    check(
        "\"python-one\"",
        "\"../one\"",
        "the key `name` must be a plain folder name, not `../one`",
    );
}

#[test]
fn arguments_are_checked() {
    let parse = |args: &[&str]| {
        let args: Vec<String> = args.iter().map(|&it| it.to_owned()).collect();
        Wanted::parse(&args).map_err(|it| it.to_string().lines().next().unwrap_or("").to_owned())
    };
    assert_eq!(parse(&["--only", "dev"]).unwrap().unwrap().suites, ["dev"]);
    assert!(parse(&["--help"]).unwrap().is_none());
    assert_eq!(parse(&["--only"]).unwrap_err(), "`--only` needs a value");
    assert_eq!(parse(&["dev"]).unwrap_err(), "unknown argument `dev`");
    let wanted = parse(&["--recipes", "x", "--only", "dev"])
        .unwrap()
        .unwrap();
    assert_eq!(wanted.recipes.as_deref(), Some(Path::new("x")));
    assert_eq!(
        parse(&["--recipes", "x", "--language", "go"]).unwrap_err(),
        "the recipes draw from the whole suite: leave `--language` out"
    );
}

#[test]
fn only_sources_that_are_asked_for_are_unpacked() {
    let suite = parse(SUITE).unwrap();
    let archive = &suite.repositories[0].archives[0];
    let wanted = |path| unpack::is_wanted(archive, "python", path).unwrap();
    assert!(wanted("one/a/b.py"));
    assert!(!wanted("one/a/b.pyc") && !wanted("two/b.py"));
    assert!(!wanted("one/locale/de.py") && !wanted("one/vendor/x.py"));
    assert!(unpack::is_wanted(archive, "cobol", "one/a.py").is_err());
}

#[test]
fn both_formats_of_apt_get_source_packages() {
    let text = "Types: deb\nURIs: x\n\nTypes: deb deb-src\n";
    assert_eq!(
        fetch::with_source_packages(text),
        "Types: deb deb-src\nURIs: x\n\nTypes: deb deb-src\n"
    );
    assert_eq!(
        fetch::with_source_packages("# note\ndeb x y main\n"),
        "# note\ndeb x y main\ndeb-src x y main\n"
    );
}

/// A folder of this test alone, away when it is over.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("interline-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn recipes_name_the_script_that_is_missing() {
    let scratch = Scratch::new("recipes");
    fs::write(scratch.0.join("build_completion.py"), "").unwrap();
    let error = recipes::Recipes::open(&scratch.0, &scratch.0, &scratch.0).unwrap_err();
    let folder = fs::canonicalize(&scratch.0).unwrap().display().to_string();
    assert_eq!(
        error.to_string().replace(&folder, "FOLDER"),
        "could not read `FOLDER/build_retrieval.py`: `--recipes` names the folder that holds \
         build_completion.py, build_retrieval.py, langs.py"
    );
}

#[cfg(unix)]
#[test]
fn the_scripts_see_every_repository_in_the_suites_order() {
    let scratch = Scratch::new("layout");
    let second = SUITE.replace("python-one", "python-another");
    let mut suite = parse(SUITE).unwrap();
    suite
        .repositories
        .extend(parse(&second).unwrap().repositories);
    for it in ["one", "another"] {
        fs::create_dir_all(scratch.0.join(format!("dev/python-{it}"))).unwrap();
    }
    let build = scratch.0.join("build");
    recipes::lay_out(&build, &suite, &scratch.0).unwrap();
    let list: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(build.join("repos.json")).unwrap()).unwrap();
    let names: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["repo"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["python-one", "python-another"]);
    assert!(build.join("repos/python-another").is_dir());
    fs::remove_dir(scratch.0.join("dev/python-one")).unwrap();
    fs::remove_dir_all(&build).unwrap();
    let error = recipes::lay_out(&build, &suite, &scratch.0).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is missing: the recipes draw from the whole suite")
    );
}
