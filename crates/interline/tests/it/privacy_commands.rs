//! `interline privacy`: what is in force and what is kept; and that what is erased is gone.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use il_audit::{AuditLog, Event, Sending};
use serde_json::Value;

use crate::world::{Ran, World};

const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn days_ago(days: u32) -> SystemTime {
    SystemTime::now() - DAY * days
}

pub(crate) fn sending(host: &str) -> Event {
    Event::Request(Sending {
        to: format!("https://{host}:443"),
        method: "post".to_owned(),
        purpose: "complete".to_owned(),
        bytes: 2048,
        repository: Some("shop-12345678".to_owned()),
        files: vec!["shop/marmalade.py".to_owned()],
        redacted: [("github-token".to_owned(), 2)].into(),
        ..Sending::default()
    })
}

/// Writes as if at that time.
pub(crate) fn record(world: &World, at: SystemTime, events: &[Event]) {
    let log = AuditLog::new(&world.data().join("audit"), Arc::new(move || at));
    for event in events {
        log.record(event).unwrap();
    }
}

/// Costs of a day.
pub(crate) fn spend(world: &World, at: SystemTime) -> PathBuf {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let text = format!(
        "{{\"is\":\"header\",\"version\":1}}\n{{\"is\":\"answer\",\"time\":{seconds},\"user\":\"marmalade\",\
         \"task\":\"inline\",\"endpoint\":\"work\",\"model\":\"m\",\"prompt\":1000,\"cached\":0,\"answer\":10,\
         \"exact\":true,\"micros\":5,\"currency\":\"USD\"}}\n"
    );
    let directory = world.data().join("costs");
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join(format!("{}.jsonl", il_ledger::Day::of(at)));
    fs::write(&path, text).unwrap();
    path
}

pub(crate) fn settings(world: &World, text: &str) {
    let directory = world
        .root()
        .with_file_name("home")
        .join(".config/interline");
    fs::create_dir_all(&directory).unwrap();
    fs::write(
        directory.join("config.toml"),
        format!("version = 1\n{text}"),
    )
    .unwrap();
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => all.push(path),
        }
    }
    all.sort();
    all
}

pub(crate) fn holding(folder: &Path, word: &str) -> Vec<PathBuf> {
    let holds = |it: &PathBuf| {
        let bytes = fs::read(it).unwrap();
        bytes.windows(word.len()).any(|it| it == word.as_bytes())
    };
    files(folder).into_iter().filter(holds).collect()
}

#[track_caller]
pub(crate) fn good(ran: Ran) -> Ran {
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    ran
}

#[test]
fn retention_deletes_what_is_too_old_and_only_that() {
    let world = World::shop();
    settings(
        &world,
        "[budget]\nkeep_days = 20\n[privacy.keep]\naudit_days = 30\n",
    );
    let (old, young) = (spend(&world, days_ago(21)), spend(&world, days_ago(19)));
    record(&world, days_ago(31), &[sending("old.example")]);
    record(&world, days_ago(29), &[sending("young.example")]);
    let document = good(world.run(&["privacy", "sweep", "--json"])).json();
    assert_eq!(
        (&document["costs"]["days"], &document["audit"]["records"]),
        (&1.into(), &1.into())
    );
    assert!(!old.exists() && young.exists());
    assert_eq!(holding(&world.data(), "old.example"), [] as [PathBuf; 0]);
    assert_eq!(holding(&world.data(), "young.example").len(), 1);
    good(world.run(&["privacy", "log", "--verify"]));
    let ran = good(world.run(&["privacy", "sweep"]));
    assert!(ran.stderr.contains("nothing is older"), "{}", ran.all());
}

#[test]
fn nothing_is_deleted_while_something_is_wrong_with_the_settings() {
    let world = World::shop();
    settings(
        &world,
        "[privacy.keep]\naudit_days = 3650\n[budgit]\nkeep_days = 3000\n",
    );
    let old = spend(&world, days_ago(900));
    record(&world, days_ago(900), &[sending("old.example")]);
    let ran = world.run(&["privacy", "sweep"]);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    assert!(old.exists());
    assert_eq!(holding(&world.data(), "old.example").len(), 1);
}

#[test]
fn the_language_server_sweeps_when_it_starts() {
    let world = World::shop();
    let old = spend(&world, days_ago(900));
    record(&world, days_ago(900), &[sending("old.example")]);
    let mut child = world
        .command(&["lsp"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // Nobody speaks to it; it stays until its input ends.
    let is_swept = || !old.exists() && holding(&world.data(), "old.example").is_empty();
    let since = std::time::Instant::now();
    while !is_swept() && since.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(is_swept(), "{:?}", files(&world.data()));
}

#[test]
fn what_is_exported_is_everything_and_what_is_erased_is_gone() {
    let world = World::shop();
    spend(&world, days_ago(3));
    record(&world, days_ago(2), &[sending("api.example")]);
    good(world.run(&["privacy", "consent", "training", "on"]));
    good(world.run(&["complete", "shop/orders.py:6:24", "--hide", "rest-of-line"]));
    good(world.run(&["index"]));
    assert!(
        !files(&world.cache()).is_empty(),
        "the check must be able to fail"
    );
    fs::write(world.cache().join("notes.txt"), "mine").unwrap();

    let export = world.root().with_file_name("export");
    good(world.run(&["privacy", "export", export.to_str().unwrap()]));
    let names: Vec<String> = files(&export)
        .iter()
        .map(|it| {
            it.strip_prefix(&export)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    for name in [
        "README.md",
        "settings.json",
        "manifest.json",
        "consent.json",
        "audit/head.json",
    ] {
        assert!(names.iter().any(|it| it == name), "{name}: {names:?}");
    }
    assert_eq!(holding(&export.join("costs"), "marmalade").len(), 1);
    assert_eq!(holding(&export.join("audit"), "api.example").len(), 1);
    // What was exported can be verified where it is.
    let mut command = world.command(&["privacy", "log", "--verify"]);
    good(world.read(command.env("INTERLINE_DATA_DIR", &export).output().unwrap()));
    // Not over what is there.
    assert_eq!(
        world
            .run(&["privacy", "export", export.to_str().unwrap()])
            .code,
        Some(2)
    );

    // Nobody is there to be asked.
    assert_eq!(world.run(&["privacy", "erase", "--all"]).code, Some(2));
    assert_eq!(world.run(&["privacy", "erase", "--yes"]).code, Some(2));
    assert!(!holding(&world.data(), "marmalade").is_empty());
    let ran = good(world.run(&["privacy", "erase", "--all", "--yes"]));
    assert!(
        ran.stderr.contains("audit: ") && ran.stderr.contains("one record says that it was"),
        "{}",
        ran.all()
    );
    let shop = world.root().canonicalize().unwrap();
    for word in [
        "marmalade",
        "api.example",
        "training",
        shop.to_str().unwrap(),
    ] {
        assert_eq!(holding(&world.data(), word), [] as [PathBuf; 0], "{word}");
    }
    assert_eq!(files(&world.cache()), [world.cache().join("notes.txt")]);
    let document = world.run(&["privacy", "log", "--json"]).json();
    assert_eq!(document["records"].as_array().unwrap().len(), 1);
    assert_eq!(
        (
            &document["records"][0]["is"],
            &document["records"][0]["why"]
        ),
        (&"dropped".into(), &"erased".into())
    );
    good(world.run(&["privacy", "log", "--verify"]));
}

#[test]
fn of_one_repository_only_its_own_is_erased() {
    let world = World::shop();
    good(world.run(&["complete", "shop/orders.py:6:24", "--hide", "rest-of-line"]));
    let other = world.path("other");
    fs::create_dir_all(other.join(".git")).unwrap();
    fs::write(other.join("a.py"), "x = 1\n").unwrap();
    let in_other = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        good(world.read(command.current_dir(&other).output().unwrap()))
    };
    in_other(&["index"]);
    in_other(&["privacy", "consent", "training", "on"]);
    good(world.run(&["privacy", "consent", "training", "on"]));
    let before = files(&world.cache()).len();
    good(world.run(&["privacy", "erase", "--repo", ".", "--yes"]));
    let left = files(&world.cache());
    assert!(!left.is_empty() && left.len() < before, "{left:?}");
    let is_others = |it: &PathBuf| it.to_string_lossy().contains("other-");
    assert!(left.iter().all(is_others), "{left:?}");
    let given = |ran: Ran| ran.json()["consent"]["training"]["given"].clone();
    assert_eq!(
        given(world.run(&["privacy", "consent", "--json"])),
        Value::Bool(false)
    );
    assert_eq!(
        given(in_other(&["privacy", "consent", "--json"])),
        Value::Bool(true)
    );
}

#[test]
fn consent_is_off_until_it_is_given_and_a_repository_cannot_give_it() {
    let world = World::shop();
    let given = |kind: &str| {
        let document = good(world.run(&["privacy", "consent", "--json"])).json();
        document["consent"][kind]["given"].as_bool().unwrap()
    };
    world.write(
        ".interline.toml",
        b"version = 1\n[privacy]\ntraining = true\nconsent = \"on\"\n",
    );
    world.write("consent.json", b"{\"version\":1,\"repositories\":[]}");
    world.write(
        ".interline/consent.json",
        b"{\"version\":1,\"repositories\":[]}",
    );
    assert!(!given("training") && !given("telemetry"));
    good(world.run(&["privacy", "consent", "training", "on"]));
    assert!(given("training") && !given("telemetry"));
    let text = good(world.run(&["privacy", "consent"])).stdout;
    assert!(
        text.contains("training   on   since ") && text.contains("telemetry  off"),
        "{text}"
    );
    good(world.run(&["privacy", "consent", "training", "off"]));
    assert!(!given("training"));
    // Both are in the record.
    let document = world.run(&["privacy", "log", "--json"]).json();
    let states: Vec<&Value> = document["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["given"])
        .collect();
    assert_eq!(states, [&Value::Bool(true), &Value::Bool(false)]);
    assert_eq!(
        world.run(&["privacy", "consent", "everything", "on"]).code,
        Some(2)
    );
}

#[test]
fn what_is_in_force_is_shown_with_where_it_comes_from() {
    let world = World::shop();
    settings(
        &world,
        "[inline]\nuse = [\"endpoint:work\", \"repo\"]\n[endpoint.work]\nspeaks = \"openai\"\nmodel = \"m\"\n\
         url = \"https://api.example.com/v1\"\n[privacy]\nair_gap = true\n",
    );
    spend(&world, days_ago(3));
    let document = good(world.run(&["privacy", "show", "--json"])).json();
    assert_eq!(document["air_gap"]["value"], true, "{document}");
    assert!(
        document["air_gap"]["from"]
            .as_str()
            .unwrap()
            .starts_with("your file")
    );
    let recipient = &document["recipients"][0];
    assert_eq!(recipient["place"], "https://api.example.com:443");
    assert_eq!(recipient["leaves_this_machine"], true);
    let stores = document["stores"].as_array().unwrap();
    let words: Vec<&str> = stores
        .iter()
        .map(|it| it["store"].as_str().unwrap())
        .collect();
    assert_eq!(
        words,
        [
            "cache",
            "costs",
            "audit",
            "consent",
            "settings",
            "models",
            "provenance"
        ]
    );
    assert_eq!(stores[1]["records"], 1);
    assert_eq!(stores[4]["records"], 1);
    let text = good(world.run(&["privacy", "show"])).stdout;
    for words in [
        "air gap",
        "nothing: the way out is closed",
        "no code leaves",
        "not kept: prompts",
    ] {
        assert_eq!(
            text.contains(words),
            words != "no code leaves",
            "{words}: {text}"
        );
    }
}

#[test]
fn whatever_is_written_is_in_the_table_of_what_is_kept() {
    let world = World::shop();
    spend(&world, days_ago(1));
    good(world.run(&["privacy", "consent", "training", "on"]));
    good(world.run(&["complete", "shop/orders.py:6:24", "--hide", "rest-of-line"]));
    good(world.run(&["index"]));
    let document = good(world.run(&["privacy", "show", "--json"])).json();
    let stores = document["stores"].as_array().unwrap();
    let known: Vec<&str> = stores.iter().filter_map(|it| it["path"].as_str()).collect();
    let temp = world.root().parent().unwrap().to_owned();
    for file in files(&world.data()).iter().chain(&files(&world.cache())) {
        let shown = Path::new("[TEMP]").join(file.strip_prefix(&temp).unwrap());
        let is_known = known.iter().any(|it| shown.starts_with(it));
        // A lock has nothing in it.
        assert!(
            is_known || fs::metadata(file).unwrap().len() == 0,
            "{file:?} is in no store: {known:?}"
        );
    }
    assert!(stores[0]["bytes"].as_u64().unwrap() > 0);
}

#[test]
fn kinds_are_listed_with_where_they_are_published() {
    let world = World::shop();
    let document = good(world.run(&["privacy", "rules", "--json"])).json();
    let rules = document["rules"].as_array().unwrap();
    assert!(!rules.is_empty());
    for rule in rules {
        assert!(rule["id"].is_string() && rule["on"].is_boolean(), "{rule}");
        assert!(
            rule["source"].as_str().unwrap().starts_with("http"),
            "{rule}"
        );
    }
    let id = rules.iter().find(|it| it["category"] == "key").unwrap()["id"]
        .as_str()
        .unwrap();
    settings(&world, &format!("[privacy]\nrules_off = [\"{id}\"]\n"));
    let document = good(world.run(&["privacy", "rules", "--json"])).json();
    let it = document["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["id"] == *id)
        .unwrap();
    assert_eq!(it["on"], false);
    let text = good(world.run(&["privacy", "rules"])).stdout;
    let line = text
        .lines()
        .find(|it| it.trim_start().starts_with(id))
        .unwrap();
    assert!(line.ends_with("off"), "{line}");
}
