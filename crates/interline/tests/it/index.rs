//! `interline index`: what is in the index afterwards, and everything that can be in its way.

use std::{fs, path::Path, process::Command};

use expect_test::expect;

use crate::world::{Ran, World, left_out, reads_everything};

/// The one repository of a document.
#[track_caller]
fn document(world: &World, arguments: &[&str]) -> serde_json::Value {
    let ran = world.run(&[&["index", "--json"], arguments].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    ran.json()["repositories"][0].clone()
}

/// Figures that differ from machine to machine, as `#`.
fn without_figures(table: &str) -> String {
    let lines = table.lines().map(|line| {
        let what = line.split_whitespace().next().unwrap_or_default();
        match what {
            "memory" => "  memory    #".to_owned(),
            "took" => "  took      #".to_owned(),
            "on" => {
                let place = line.rsplit("  ").next().unwrap_or_default();
                let place = place.split("repo-").next().unwrap_or_default();
                format!("  on disk   #  {place}repo-#.index")
            }
            _ => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn people_get_a_short_table() {
    let world = World::shop();
    world.write("server.pem", b"-----BEGIN");
    world.write("logo.txt", b"\0\x01\x02\0");
    let first = world.run(&["index"]).good();
    expect![[r#"
        [TEMP]/repo
          files              4  1.38 KiB, 52 lines
          chunks             8
          symbols            8
          vectors            8  static-1
          skipped            2  its name says that it holds secrets 1, not text 1
          memory    #
          on disk   #  [TEMP]/cache/repo-#.index
          changed            4  4 new
          took      #
    "#]]
    .assert_eq(&without_figures(&first));
    world.write("shop/new.py", b"def new():\n    pass\n");
    world.write("shop/orders.py", b"def orders():\n    return 1\n");
    fs::remove_file(world.path("shop/parcels.py")).unwrap();
    let second = world.run(&["index", "--verbose"]).good();
    expect![[r#"
        [TEMP]/repo
          files              4  759 B, 30 lines
          chunks             6
          symbols            6
          vectors            6  static-1
          skipped            2  its name says that it holds secrets 1, not text 1
          memory    #
          on disk   #  [TEMP]/cache/repo-#.index
          changed            3  1 new, 1 changed, 1 gone
          took      #

          its name says that it holds secrets
            server.pem

          not text
            logo.txt
    "#]]
    .assert_eq(&without_figures(&second));
}

#[test]
fn programs_get_one_document() {
    let world = World::shop();
    let document = document(&world, &[]);
    let object = document.as_object().unwrap();
    let names: Vec<&str> = object.keys().map(String::as_str).collect();
    expect![[r#"
        bytes_per_second changes chunks complete directory disk_bytes embedding_ms files files_per_second indexing_ms lines loading_ms memory_bytes model root saved saving_ms scanning_ms skipped source_bytes symbols took_ms vectors vectors_missing
    "#]]
    .assert_eq(&format!("{}\n", names.join(" ")));
    assert_eq!(document["files"], 4);
    assert_eq!(document["lines"], 52);
    assert_eq!(document["complete"], true);
    assert_eq!(document["changes"]["new"], 4);
    assert_eq!(document["vectors"], document["chunks"]);
    assert_eq!(document["vectors_missing"], 0);
    assert!(world.index().join("manifest").is_file());
}

#[test]
fn the_second_run_does_what_changed_and_no_more() {
    let world = World::shop();
    document(&world, &[]);
    assert_eq!(changes(&world, &[]), "0 new, 0 changed, 0 removed");
    world.write("shop/a.py", b"def a():\n    pass\n");
    world.write("shop/orders.py", b"def b():\n    pass\n");
    fs::rename(world.path("shop/parcels.py"), world.path("shop/boxes.py")).unwrap();
    assert_eq!(changes(&world, &[]), "2 new, 1 changed, 1 removed");
    assert_eq!(
        changes(&world, &["--rebuild"]),
        "5 new, 0 changed, 0 removed"
    );
    assert_eq!(changes(&world, &[]), "0 new, 0 changed, 0 removed");
}

#[track_caller]
fn changes(world: &World, arguments: &[&str]) -> String {
    let document = document(world, arguments);
    let changes = &document["changes"];
    format!(
        "{} new, {} changed, {} removed",
        changes["new"], changes["changed"], changes["removed"]
    )
}

#[test]
fn several_roots_are_indexed_one_after_another() {
    let world = World::shop();
    world.write("other/a.py", b"x = 1\n");
    let ran = world.run(&["index", "shop", "other", "--json"]);
    let document = ran.json();
    let roots = document["repositories"].as_array().unwrap();
    let files: Vec<_> = roots
        .iter()
        .map(|it| it["files"].as_u64().unwrap())
        .collect();
    assert_eq!(files, [4, 1]);
    assert!(roots[0]["root"].as_str().unwrap().ends_with("/repo/shop"));
}

#[test]
fn without_embeddings_there_are_no_vectors() {
    let world = World::shop();
    let document = document(&world, &["--embeddings", "none"]);
    assert_eq!(
        (&document["vectors"], &document["model"]),
        (&0.into(), &serde_json::Value::Null)
    );
}

#[test]
fn what_an_index_was_made_with_is_remembered() {
    let world = World::shop();
    document(&world, &["--embeddings", "none"]);
    assert_eq!(document(&world, &[])["model"], serde_json::Value::Null);
    assert_eq!(
        document(&world, &["--embeddings", "static"])["vectors_missing"],
        0
    );
    assert!(document(&world, &[])["model"].is_string());
    let mut command = world.command(&["index", "--json"]);
    let ran = world.read(
        command
            .env("INTERLINE_EMBEDDINGS", "none")
            .output()
            .unwrap(),
    );
    assert_eq!(
        ran.json()["repositories"][0]["model"],
        serde_json::Value::Null
    );
}

#[track_caller]
fn refused(world: &World, arguments: &[&str], code: i32, said: &str) {
    let ran = world.run(&[&["index"], arguments].concat());
    assert_eq!(ran.code, Some(code), "{}", ran.all());
    assert!(ran.stderr.contains(said), "{}", ran.all());
    assert_eq!(ran.stdout, "");
}

#[test]
fn what_is_no_repository_is_a_usage_error() {
    let world = World::shop();
    refused(&world, &["no/such"], 2, "no such directory: `no/such`");
    refused(
        &world,
        &["shop/orders.py"],
        2,
        "`shop/orders.py` is not a directory",
    );
    refused(
        &world,
        &["shop", "no/such"],
        2,
        "no such directory: `no/such`",
    );
    refused(&world, &["/"], 3, "`/` is no repository but all there is");
    refused(
        &world,
        &["--embeddings", "ollma:x"],
        2,
        "no embedding is called `ollma:x`",
    );
    let ran = world.run(&["index"]);
    assert_eq!(ran.code, Some(0));
    let mut command = world.command(&["index"]);
    let ran = world.read(
        command
            .env("INTERLINE_EMBEDDINGS", "some")
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("cannot read `INTERLINE_EMBEDDINGS`: no embedding"),
        "{}",
        ran.all()
    );
}

#[test]
fn an_empty_folder_has_an_empty_index() {
    let world = World::empty();
    assert_eq!(document(&world, &[])["files"], 0);
}

#[cfg(unix)]
#[test]
fn a_directory_that_may_not_be_read_is_said() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::shop();
    world.write("closed/a.py", b"x = 1\n");
    let closed = world.path("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if reads_everything(&closed) {
        return left_out("a closed directory: this user (root?) reads everything");
    }
    refused(&world, &["closed"], 2, "cannot open the repository");
    let document = document(&world, &[]);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(document["files"], 4);
    assert_eq!(document["skipped"][0]["reason"], "cannot be looked at");
}

#[test]
fn a_file_in_the_place_of_the_cache_is_said_and_nothing_is_kept() {
    let world = World::shop();
    fs::write(world.cache(), "in the way").unwrap();
    let ran = world.run(&["index", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    let document = &ran.json()["repositories"][0];
    assert_eq!(
        (&document["saved"], &document["files"]),
        (&false.into(), &4.into())
    );
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.all());
    assert!(
        ran.stderr
            .starts_with("warning: cannot save the index to `[TEMP]/cache/"),
        "{}",
        ran.all()
    );
    assert!(world.run(&["index"]).good().contains("not saved"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_cache_is_said_and_nothing_is_kept() {
    let world = World::shop();
    fs::create_dir(world.cache()).unwrap();
    let script = format!(
        "mount -t tmpfs -o ro tmpfs '{cache}' || exit 99\n'{program}' index --json",
        cache = world.cache().display(),
        program = env!("CARGO_BIN_EXE_interline"),
    );
    let mut command = Command::new("unshare");
    world.prepare(&mut command);
    let output = command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .output();
    let ran = match output {
        Ok(output) => world.read(output),
        Err(error) => return left_out(&format!("a read-only cache: no `unshare`: {error}")),
    };
    if ran.code == Some(99) || ran.stderr.starts_with("unshare:") {
        return left_out(&format!(
            "a read-only cache: mounting is not permitted: {}",
            ran.stderr
        ));
    }
    assert_eq!(
        ran.json()["repositories"][0]["saved"],
        false,
        "{}",
        ran.all()
    );
    assert!(
        ran.stderr.contains("Read-only file system"),
        "{}",
        ran.all()
    );
}

/// Damages every file of an index that `wanted` names; gives what is said by the next run.
#[track_caller]
fn after(wanted: impl Fn(&str) -> bool, damage: impl Fn(&Path)) -> Ran {
    let world = World::shop();
    document(&world, &[]);
    let mut damaged = 0;
    for entry in fs::read_dir(world.index()).unwrap() {
        let path = entry.unwrap().path();
        if wanted(&path.file_name().unwrap().to_string_lossy()) {
            damage(&path);
            damaged += 1;
        }
    }
    assert!(damaged > 0);
    let ran = world.run(&["search", "count_orders", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert_eq!(ran.json()["hits"][0]["path"], "shop/orders.py");
    let next = world.run(&["search", "count_orders", "--json"]);
    assert_eq!(
        (next.code, next.stderr.as_str()),
        (Some(0), ""),
        "it must be mended"
    );
    ran
}

#[test]
fn a_damaged_index_is_said_and_made_again() {
    let flip = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        fs::write(path, bytes).unwrap();
    };
    let files = |name: &str| name != "lock" && name != "embeddings";
    for wanted in [|name: &str| name == "manifest", files] {
        let said = after(wanted, flip).stderr;
        assert!(
            said.contains("it is damaged (its check sum is wrong)"),
            "{said}"
        );
        assert!(said.contains("indexing what it held again"), "{said}");
        let said = after(wanted, |path| fs::write(path, b"").unwrap()).stderr;
        assert!(said.contains("it is damaged"), "{said}");
    }
    let gone = after(files, |path| fs::remove_file(path).unwrap());
    assert_eq!(gone.stderr, "");
}

#[test]
fn two_at_once_leave_one_whole_index() {
    let world = World::shop();
    for n in 0..200 {
        let text = format!("def part_{n}(a, b):\n    return a + b + {n}\n");
        world.write(&format!("parts/p{n}.py"), text.as_bytes());
    }
    let start = || {
        let mut command = world.command(&["index", "--json"]);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let runs = [start(), start()].map(|child| world.read(child.wait_with_output().unwrap()));
    for ran in &runs {
        assert_eq!(ran.code, Some(0), "{}", ran.all());
        assert_eq!(ran.json()["repositories"][0]["files"], 204, "{}", ran.all());
    }
    assert_eq!(changes(&world, &[]), "0 new, 0 changed, 0 removed");
}

#[cfg(unix)]
#[test]
fn stopping_keeps_what_is_done_and_the_next_run_goes_on() {
    let world = World::shop();
    for n in 0..3000 {
        let text: String = (0..20)
            .map(|f| format!("def part_{n}_{f}(alpha, beta):\n    return alpha * {n} + beta\n\n"))
            .collect();
        world.write(&format!("parts/d{}/p{n}.py", n % 30), text.as_bytes());
    }
    let child = world.command(&["index"]).spawn().unwrap();
    // It may be done before; then nothing was stopped, and all else holds.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let ran = world.read(child.wait_with_output().unwrap());
    assert!(matches!(ran.code, Some(0 | 1)), "{}", ran.all());
    let document = document(&world, &[]);
    assert_eq!(
        (&document["files"], &document["complete"]),
        (&3004.into(), &true.into())
    );
}

#[test]
fn doctor_says_how_the_index_is() {
    let world = World::shop();
    assert!(
        world
            .run(&["doctor"])
            .good()
            .contains("✓ index        none yet")
    );
    document(&world, &[]);
    let text = world.run(&["doctor"]).good();
    assert!(text.contains("✓ index        4 files, "), "{text}");
    assert!(text.contains(" on disk; up to date"), "{text}");
    assert!(text.contains("static answers as `static-"), "{text}");
    world.write("shop/new.py", b"x = 1\n");
    let text = world.run(&["doctor"]).good();
    assert!(text.contains(" on disk; 1 file changed since"), "{text}");
    fs::write(world.index().join("manifest"), b"nonsense").unwrap();
    let text = world.run(&["doctor"]).good();
    assert!(
        text.contains("! index ") && text.contains("→ `interline index` mends it"),
        "{text}"
    );
}

#[test]
fn a_server_that_is_not_there_is_said_and_words_are_indexed() {
    let world = World::shop();
    let ran = world.run(&[
        "index",
        "--json",
        "--embeddings",
        "ollama:none@http://127.0.0.1:9",
    ]);
    assert_eq!(ran.code, Some(4), "{}", ran.all());
    let document = &ran.json()["repositories"][0];
    assert_eq!(
        (&document["files"], &document["complete"]),
        (&4.into(), &false.into())
    );
    assert!(
        ran.stderr.contains("not everything is embedded"),
        "{}",
        ran.all()
    );
    let ran = world.run(&["search", "count_orders"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert!(
        ran.stderr.contains("searching by words and names alone"),
        "{}",
        ran.all()
    );
}

#[test]
fn that_code_leaves_the_machine_is_said_once_and_the_key_never() {
    let world = World::shop();
    let mut command = world.command(&[
        "search",
        "--no-update",
        "x",
        "--embeddings",
        "openai:m@http://embeddings.invalid",
    ]);
    world.run(&["index"]).good();
    let ran = world.read(
        command
            .env("INTERLINE_EMBEDDINGS_KEY", "hunter2marmalade")
            .env("INTERLINE_LOG", "trace")
            .output()
            .unwrap(),
    );
    let said = "code leaves this machine: every piece of it is sent to `http://embeddings.invalid`";
    assert_eq!(ran.stderr.matches(said).count(), 1, "{}", ran.all());
    assert!(!ran.all().contains("hunter2marmalade"), "{}", ran.all());
}
