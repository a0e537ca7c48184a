//! `interline privacy log`: what left, and whether somebody tampered with the record of it.

use std::{fs, path::PathBuf, time::SystemTime};

use crate::{
    privacy_commands::{days_ago, good, holding, record, sending, settings},
    world::{Ran, World},
};

#[test]
fn what_left_is_listed_by_time_and_host() {
    let world = World::shop();
    record(&world, days_ago(40), &[sending("old.example")]);
    record(
        &world,
        days_ago(1),
        &[sending("api.example"), sending("other.example")],
    );
    let ran = good(world.run(&["privacy", "log"]));
    assert!(
        ran.stdout.contains("api.example") && !ran.stdout.contains("old.example"),
        "{}",
        ran.all()
    );
    assert!(
        ran.stdout.contains("shop/marmalade.py") && ran.stdout.contains("2 × github-token"),
        "{}",
        ran.all()
    );
    assert!(
        ran.stderr
            .contains("2 requests, 4.00 KiB, to 2 hosts; 4 secrets taken out first"),
        "{}",
        ran.all()
    );
    let hosts = |arguments: &[&str]| -> Vec<String> {
        let mut all = vec!["privacy", "log", "--json"];
        all.extend(arguments);
        let document = world.run(&all).json();
        let records = document["records"].as_array().unwrap().iter();
        records
            .map(|it| it["to"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(hosts(&["--since", "60d"]).len(), 3);
    assert_eq!(
        hosts(&["--since", "36h", "--host", "other.example"]),
        ["https://other.example:443"]
    );
    assert_eq!(
        world
            .run(&["privacy", "log", "--host", "none.example"])
            .code,
        Some(1)
    );
    for nonsense in ["7", "d", "7y", "-7d", "2026-13-01"] {
        assert_eq!(
            world.run(&["privacy", "log", "--since", nonsense]).code,
            Some(2),
            "{nonsense}"
        );
    }
}

/// Completes with a model behind HTTP.
fn complete_remotely(world: &World, url: &str) -> Ran {
    settings(
        world,
        &format!(
            "[inline]\nuse = \"endpoint:mine\"\n[endpoint.mine]\nspeaks = \"openai\"\nmodel = \"m\"\nurl = \"{url}\"\n\
             retries = 0\n"
        ),
    );
    good(world.run(&[
        "complete",
        "shop/orders.py:7:16",
        "--hide",
        "rest-of-line",
        "--json",
        "--explain",
    ]))
}

#[test]
fn a_request_is_on_record_with_its_files_and_without_its_text() {
    let world = World::shop();
    let url = crate::cost::server();
    let ran = complete_remotely(&world, &url);
    assert_eq!(ran.json()["text"], "paid(rows)", "{}", ran.all());
    let document = good(world.run(&["privacy", "log", "--json"])).json();
    let record = &document["records"][0];
    assert_eq!(record["to"], url.trim_end_matches("/v1"));
    assert_eq!(
        (&record["purpose"], &record["left"]),
        (&"complete".into(), &true.into())
    );
    assert_eq!(record["endpoint"], "endpoint:mine");
    let files = record["files"].as_array().unwrap();
    assert!(files.contains(&"shop/orders.py".into()), "{record}");
    assert!(record["bytes"].as_u64().unwrap() > 100);
    for word in ["query_everything", "open_session", "/v1"] {
        assert_eq!(
            holding(&world.data().join("audit"), word),
            [] as [PathBuf; 0],
            "{word}"
        );
    }
    good(world.run(&["privacy", "log", "--verify"]));
}

#[test]
fn what_cannot_be_recorded_goes_to_this_machine_with_a_warning_and_nowhere_else() {
    let world = World::shop();
    fs::create_dir_all(world.data()).unwrap();
    fs::write(world.data().join("audit"), "in the way").unwrap();
    let ran = complete_remotely(&world, &crate::cost::server());
    assert_eq!(ran.json()["text"], "paid(rows)", "{}", ran.all());
    assert!(ran.stderr.contains("sent unrecorded"), "{}", ran.all());
    // An address that nobody has: had it been asked, it would have been waited for.
    let ran = complete_remotely(&world, "http://192.0.2.1:9/v1");
    assert_ne!(ran.json()["text"], "paid(rows)", "{}", ran.all());
    assert!(
        ran.all().contains("what leaves must be recorded"),
        "{}",
        ran.all()
    );
}

#[test]
fn nothing_recorded_is_a_sentence_and_an_exit_code() {
    let ran = World::shop().run(&["privacy", "log"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(
        ran.stderr.contains("nothing was ever recorded"),
        "{}",
        ran.all()
    );
}

#[test]
fn tampering_is_told() {
    let world = World::shop();
    record(
        &world,
        SystemTime::now(),
        &[
            sending("a.example"),
            sending("b.example"),
            sending("c.example"),
        ],
    );
    let verify = || world.run(&["privacy", "log", "--verify"]);
    let ran = good(verify());
    assert!(
        ran.stdout
            .contains("3 records, numbers 1 to 3: nothing was changed"),
        "{}",
        ran.all()
    );
    let head = good(world.run(&["privacy", "log", "--head"])).stdout;
    let segment = holding(&world.data(), "b.example").remove(0);
    let whole = fs::read_to_string(&segment).unwrap();

    fs::write(&segment, whole.replace("b.example", "x.example")).unwrap();
    let ran = verify();
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("record 2 was changed"), "{}", ran.all());

    let without: Vec<&str> = whole
        .lines()
        .filter(|it| !it.contains("b.example"))
        .collect();
    fs::write(&segment, without.join("\n") + "\n").unwrap();
    assert!(
        verify().stdout.contains("record 2 is missing"),
        "{}",
        verify().all()
    );

    // Written anew from the beginning, which only a head that was kept elsewhere tells.
    fs::remove_dir_all(world.data().join("audit")).unwrap();
    record(
        &world,
        SystemTime::now(),
        &[
            sending("a.example"),
            sending("y.example"),
            sending("c.example"),
        ],
    );
    good(verify());
    let ran = world.run(&["privacy", "log", "--verify", "--against", head.trim()]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout
            .contains("record 3 is not the one whose head you kept"),
        "{}",
        ran.all()
    );
}

#[test]
fn a_record_can_be_checked_without_interline() {
    let world = World::shop();
    record(
        &world,
        SystemTime::now(),
        &[sending("a.example"), sending("b.example")],
    );
    let program = "import hashlib, json, sys\n\
                   prev = '0' * 64\n\
                   for line in open(sys.argv[1]):\n    \
                       body, tail = line.rstrip('\\n').rsplit(',\"hash\":\"', 1)\n    \
                       assert json.loads(line)['prev'] == prev\n    \
                       prev = hashlib.sha256(body.encode()).hexdigest()\n    \
                       assert tail == prev + '\"}', line\n";
    let segment = holding(&world.data(), "a.example").remove(0);
    let done = std::process::Command::new("python3")
        .args(["-c", program])
        .arg(segment)
        .status();
    assert!(done.unwrap().success());
}

#[test]
fn processes_at_the_same_time_write_one_chain() {
    let world = World::shop();
    let mut children = Vec::new();
    for n in 0..12 {
        let root = world.path(&format!("repo-{n}"));
        fs::create_dir_all(root.join(".git")).unwrap();
        let mut command = world.command(&["privacy", "consent", "training", "on"]);
        children.push(
            command
                .current_dir(root)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap(),
        );
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let document = good(world.run(&["privacy", "log", "--verify", "--json"])).json();
    assert_eq!(
        (&document["good"], &document["records"]),
        (&true.into(), &12.into()),
        "{document}"
    );
}
