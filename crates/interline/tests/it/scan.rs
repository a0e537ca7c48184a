//! `interline scan`.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use il_privacy::{Category, Rules, samples};
use serde_json::Value;

use crate::world::{Ran, World, reads_everything};

/// A made-up token of GitHub, another one for every number.
fn token(seed: u64) -> String {
    format!("ghp{}", samples::expand("_{alnum:36}", seed))
}

/// A token and a line of code with it.
fn line(seed: u64) -> (String, String) {
    let token = token(seed);
    let line = format!("github_token = \"{token}\"\n");
    (token, line)
}

fn scan(world: &World, arguments: &[&str]) -> Ran {
    let mut all = vec!["scan"];
    all.extend(arguments);
    world.run(&all)
}

/// Places and rules of a JSON document.
fn places(document: &Value) -> Vec<String> {
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .map(|it| {
            let text = |key: &str| it[key].as_str().unwrap().to_owned();
            format!("{}:{}:{}", text("path"), it["line"], it["column"])
        })
        .collect()
}

#[test]
fn a_folder_is_scanned_with_hidden_files_and_no_secret_is_printed() {
    let world = World::shop();
    let (first, line_1) = line(1);
    let (second, line_2) = line(2);
    world.write("src/app.py", format!("import os\n\n{line_1}").as_bytes());
    world.write(".env", line_2.as_bytes());
    for format in ["text", "json", "sarif"] {
        let ran = scan(&world, &[".", "--format", format]);
        assert_eq!(ran.code, Some(1), "{}", ran.all());
        assert!(
            !ran.all().contains(&first) && !ran.all().contains(&second),
            "{}",
            ran.all()
        );
        assert!(ran.all().contains("src/app.py"), "{}", ran.all());
    }
    let text = scan(&world, &["."]);
    assert!(text.stdout.contains("src/app.py:3:17  "), "{}", text.all());
    assert!(
        text.stdout
            .contains(&format!("github_token = \"{}…", &first[..4])),
        "{}",
        text.all()
    );
    assert!(text.stderr.contains("2 keys in 2 files"), "{}", text.all());
    let document = scan(&world, &[".", "--json"]).json();
    assert_eq!(places(&document), [".env:1:17", "src/app.py:3:17"]);
    assert_eq!(document["findings"][0]["category"], "key");
    assert_eq!(document["findings"][0]["end_column"], 17 + 40);
}

#[test]
fn nothing_found_is_exit_code_0_and_nonsense_2() {
    let world = World::shop();
    let ran = scan(&world, &["."]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(0), ""),
        "{}",
        ran.all()
    );
    assert!(
        ran.stderr.contains("nothing found") && ran.stderr.contains("looked at 4 files"),
        "{}",
        ran.all()
    );
    world.write("broken.json", b"{}");
    for arguments in [
        &["no-such-file"][..],
        &[],
        &[".", "--format", "xml"],
        &[".", "--json", "--format", "sarif"],
        &[".", "--baseline", "no-such-file"],
        &[".", "--baseline", "broken.json"],
        &[".", "--rules", "shop/orders.py"],
    ] {
        let ran = scan(&world, arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.all());
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn what_git_ignores_is_left_out_unless_it_is_named() {
    let world = World::shop();
    world.write(".gitignore", b"build/\n");
    world.write("build/out.py", line(1).1.as_bytes());
    assert_eq!(scan(&world, &["."]).code, Some(0));
    for arguments in [&["build"][..], &["build/out.py"], &[".", "--no-ignore"]] {
        let ran = scan(&world, arguments);
        assert_eq!(ran.code, Some(1), "{arguments:?}: {}", ran.all());
        assert!(ran.stdout.starts_with("build/out.py:1:17"), "{}", ran.all());
    }
}

#[test]
fn the_standard_input_is_scanned() {
    let world = World::empty();
    let mut child = world
        .command(&["scan", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("+{}", line(1).1).as_bytes())
        .unwrap();
    let ran = world.read(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(1));
    assert_eq!(places(&ran.json()), ["stdin:1:18"]);
}

#[test]
fn other_encodings_and_binary_files_are_looked_at_where_they_can_be() {
    let world = World::empty();
    let text = line(1).1;
    let utf16 = |mark: char| -> Vec<u8> {
        format!("{mark}ключ\n{text}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    world.write("wide.txt", &utf16('\u{feff}'));
    world.write("latin.txt", &[b"\xe4 = 1\n", text.as_bytes()].concat());
    world.write(
        "data.bin",
        &[b"\0\0\x01\n", text.as_bytes(), b"\0\0"].concat(),
    );
    let ran = scan(&world, &[".", "--json"]);
    let document = ran.json();
    assert_eq!(places(&document), ["latin.txt:2:17", "wide.txt:2:17"]);
    assert_eq!(document["not_looked_at"][0]["path"], "data.bin");
    assert!(
        ran.stderr.contains("not at 1 file that is no text"),
        "{}",
        ran.all()
    );
    assert_eq!(
        places(&scan(&world, &["data.bin", "--json"]).json()),
        ["data.bin:2:17"]
    );
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_scanned() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::empty();
    world.write("closed.py", b"x = 1\n");
    world.write("open.py", line(1).1.as_bytes());
    let closed = world.path("closed.py");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    std::os::unix::fs::symlink("open.py", world.path("link.py")).unwrap();
    let ran = scan(&world, &["."]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("1 symbolic link"), "{}", ran.all());
    if !reads_everything(&closed) {
        assert!(
            ran.stderr.contains("`closed.py` could not be read"),
            "{}",
            ran.all()
        );
    }
}

#[test]
fn a_file_larger_than_a_piece_is_scanned_to_its_end() {
    let world = World::empty();
    let (_, text) = line(1);
    let filler = "x = 1  # nothing to see here\n".repeat(40 << 20 >> 5);
    world.write("huge.log", format!("{text}{filler}{text}").as_bytes());
    let document = scan(&world, &["huge.log", "--json"]).json();
    let last = filler.lines().count() + 2;
    assert_eq!(
        places(&document),
        ["huge.log:1:17".to_owned(), format!("huge.log:{last}:17")]
    );
    assert_eq!(document["bytes"], filler.len() + 2 * text.len());
}

#[test]
fn a_baseline_hides_what_was_there_and_shows_what_came() {
    let world = World::empty();
    world.write("app.py", line(1).1.as_bytes());
    let known = scan(&world, &[".", "--json"]).stdout;
    assert!(
        !known.contains(&token(1)[..8]),
        "not even a part is in a file that is kept: {known}"
    );
    world.write("known.json", known.as_bytes());
    // Lines move, and another secret comes.
    world.write(
        "app.py",
        format!("import os\n\n{}{}", line(2).1, line(1).1).as_bytes(),
    );
    let ran = scan(&world, &["app.py", "--baseline", "known.json", "--json"]);
    assert_eq!(places(&ran.json()), ["app.py:3:17"]);
    assert!(ran.stderr.contains("1 of the baseline"), "{}", ran.all());
    world.write("app.py", format!("\n{}", line(1).1).as_bytes());
    let ran = scan(&world, &["app.py", "--baseline", "known.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
}

#[test]
fn a_comment_allows_a_line() {
    let world = World::empty();
    let (_, text) = line(1);
    world.write(
        "app.py",
        format!("{}  # interline:allow\n", text.trim_end()).as_bytes(),
    );
    let ran = scan(&world, &["."]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert!(
        ran.stderr.contains("1 that a comment allows"),
        "{}",
        ran.all()
    );
}

#[test]
fn personal_data_is_counted_and_reported_where_somebody_asks() {
    let world = World::empty();
    let rules = Rules::shipped()
        .iter()
        .filter(|it| it.category == Category::Personal);
    let rule = rules
        .into_iter()
        .next()
        .expect("there are rules for personal data");
    let text: String = rule
        .positives
        .iter()
        .map(|it| samples::expand(it, 3) + "\n")
        .collect();
    world.write("people.txt", text.as_bytes());
    let without = scan(&world, &[".", "--json"]);
    assert_eq!(without.code, Some(0), "{}", without.all());
    let left_out = without.json()["not_reported"]["personal"].as_u64().unwrap();
    assert!(left_out > 0, "{}", without.all());
    assert!(
        without.stderr.contains("`--personal` reports them"),
        "{}",
        without.all()
    );
    let with = scan(&world, &[".", "--personal", "--json"]);
    assert_eq!(with.code, Some(1));
    assert_eq!(
        with.json()["findings"].as_array().unwrap().len() as u64,
        left_out
    );
}

#[test]
fn rules_of_ones_own_are_looked_for() {
    let world = World::empty();
    world.write(
        "own.toml",
        b"[[rule]]\nid = \"shop-pass\"\nname = \"Shop pass\"\ncategory = \"key\"\nkeywords = [\"shop-pass-\"]\n\
          pattern = '''\\b(shop-pass-[a-z]{6})\\b'''\npositives = [\"shop-pass-{lower:6}\", \"x shop-pass-{lower:6}\"]\n\
          negatives = [\"shop-pass-\", \"shop-pass-{lower:7}\"]\nsource = \"https://shop.example/passes\"\n",
    );
    world.write("app.py", b"x = 'shop-pass-abcdef'\n");
    assert_eq!(scan(&world, &["app.py"]).code, Some(0));
    let ran = scan(&world, &["app.py", "--rules", "own.toml", "--json"]);
    assert_eq!(places(&ran.json()), ["app.py:1:6"], "{}", ran.all());
    assert_eq!(ran.json()["findings"][0]["rule"], "shop-pass");
}

/// What the schema of SARIF 2.1.0 requires, and what code hosts want besides.
#[test]
fn sarif_has_what_its_schema_requires() {
    let world = World::empty();
    world.write("a b/app.py", (line(1).1 + &line(2).1).as_bytes());
    let ran = scan(&world, &[".", "--format", "sarif"]);
    let document = ran.json();
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "Interline");
    let rules = driver["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len(), "rules are listed once");
    for rule in rules {
        assert!(
            rule["helpUri"].as_str().unwrap().starts_with("https://"),
            "{rule}"
        );
        assert!(rule["shortDescription"]["text"].is_string());
    }
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    let mut fingerprints = BTreeSet::new();
    for (at, result) in results.iter().enumerate() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
        assert_eq!(result["level"], "error");
        assert!(result["message"]["text"].is_string());
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "a%20b/app.py");
        let region = &location["region"];
        assert_eq!(
            (&region["startLine"], &region["startColumn"]),
            (&(at + 1).into(), &17.into())
        );
        assert_eq!(
            (&region["endLine"], &region["endColumn"]),
            (&(at + 1).into(), &57.into())
        );
        fingerprints.insert(
            result["partialFingerprints"]["interline/v1"]
                .as_str()
                .unwrap(),
        );
    }
    assert_eq!(fingerprints.len(), 2);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn the_address_of_a_remote_is_looked_at() {
    let world = World::shop();
    let config = format!(
        "[remote \"origin\"]\n\turl = https://x:{}@host.example/a.git\n",
        token(5)
    );
    world.write(".git/config", config.as_bytes());
    let ran = scan(&world, &["."]);
    assert!(ran.stdout.contains(".git/config:2:"), "{}", ran.all());
}

/// Beside another scanner's word for it: the document of the schema, where its validator is installed.
#[test]
fn sarif_is_valid_by_its_schema_where_a_validator_is_there() {
    let Some(schema) = std::env::var_os("INTERLINE_SARIF_SCHEMA") else {
        return crate::world::left_out("INTERLINE_SARIF_SCHEMA names no copy of the SARIF schema");
    };
    let world = World::empty();
    world.write("app.py", line(1).1.as_bytes());
    let ran = scan(&world, &[".", "--format", "sarif"]);
    world.write("out.sarif", ran.stdout.as_bytes());
    let program = "import json, sys, jsonschema\n\
                   jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))";
    let done = Command::new("python3")
        .args(["-c", program])
        .arg(schema)
        .arg(world.path("out.sarif"))
        .status()
        .unwrap();
    assert!(done.success());
}

#[test]
fn no_file_of_this_repository_looks_like_a_leaked_key() {
    let world = World::empty();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let ran = world.run(&["scan", root]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert!(ran.stderr.contains("nothing found"), "{}", ran.all());
}
