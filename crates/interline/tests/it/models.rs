//! `interline models`, with a hub on loopback that misbehaves.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use il_egress::{CancelToken, Patience};
use il_models::{Hub as Address, Origin, Puller, Sleep, Store, Wanted};

use crate::{
    hub::{Does, Hub, model},
    world::{Ran, World},
};

const FILE: &str = "org/repo/qwen2.5-coder-own.gguf";
const NAME: &str = "qwen2.5-coder-own";

fn folder(world: &World) -> PathBuf {
    world.cache().with_file_name("models")
}

fn command(world: &World, hub: &str, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command
        .env("INTERLINE_MODELS_DIR", folder(world))
        .env("INTERLINE_HUB", hub)
        .env("INTERLINE_PROXY", "none")
        .env_remove("INTERLINE_CA_FILE")
        .env_remove("HF_TOKEN");
    command
}

fn run(world: &World, hub: &str, arguments: &[&str]) -> Ran {
    world.read(command(world, hub, arguments).output().unwrap())
}

/// Where nothing listens.
const NOBODY: &str = "http://127.0.0.1:9";

fn names(world: &World) -> Vec<String> {
    let entries = fs::read_dir(folder(world)).unwrap();
    let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|it| !it.ends_with(".lock")).collect();
    names.sort();
    names
}

fn hash(world: &World) -> String {
    let path = world.path("whole.gguf");
    fs::write(&path, model()).unwrap();
    let path = path.to_string_lossy();
    let mut adding = world.command(&["models", "add", &path, "--as", "whole"]);
    adding.env("INTERLINE_MODELS_DIR", world.path("elsewhere"));
    world.read(adding.output().unwrap()).good();
    let manifest = fs::read_to_string(world.path("elsewhere/whole.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    manifest["sha256"].as_str().unwrap().to_owned()
}

#[test]
fn a_model_comes_from_where_the_hub_sends_us_and_the_token_goes_to_the_hub_alone() {
    let world = World::empty();
    let hub = Hub::start(Some(hash(&world)), &[Does::Serves]);
    let mut pulling = command(&world, &hub.url(), &["models", "pull", FILE]);
    let ran = world.read(pulling.env("HF_TOKEN", "hf_secret").output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert!(
        ran.stdout.ends_with("qwen2.5-coder-own.gguf\n"),
        "{}",
        ran.all()
    );
    assert!(
        ran.stderr
            .contains("its hash is the one that the hub announced"),
        "{}",
        ran.all()
    );
    let heads = hub.heads();
    assert_eq!(heads.len(), 2);
    let path = format!("get /{}/resolve/main/{NAME}.gguf http/1.1", "org/repo");
    assert!(heads[0].starts_with(&path), "{}", heads[0]);
    assert!(heads[0].contains("authorization: bearer hf_secret"));
    assert!(!heads[1].contains("authorization"), "{}", heads[1]);
    assert_eq!(
        names(&world),
        [format!("{NAME}.gguf"), format!("{NAME}.json")]
    );
    // It is there, it is what it says, and it goes again.
    let list = run(&world, NOBODY, &["models", "list", "--here", "--json"]).json();
    assert_eq!(list["models"][0]["fim"], "qwen2.5-coder");
    let check = run(
        &world,
        NOBODY,
        &["models", "check", "--file-only", "--json"],
    )
    .json();
    assert_eq!(check["models"][0]["good"], true);
    assert_eq!(check["models"][0]["template"], "qwen2.5-coder");
    run(&world, NOBODY, &["models", "rm", NAME]).good();
    assert_eq!(names(&world), [""; 0]);
    assert_eq!(run(&world, NOBODY, &["models", "rm", NAME]).code, Some(1));
}

#[test]
fn what_was_cut_goes_on_without_a_byte_twice() {
    let world = World::empty();
    let hub = Hub::start(
        Some(hash(&world)),
        &[Does::Cuts(60_000), Does::Cuts(150_000)],
    );
    let pulled = run(&world, &hub.url(), &["models", "pull", FILE, "--json"]).json();
    assert_eq!(hub.sent(), hub.file.len());
    assert_eq!(pulled["fetched"], hub.file.len());
    assert_eq!(
        fs::read(folder(&world).join(format!("{NAME}.gguf"))).unwrap(),
        *hub.file
    );
}

#[test]
fn a_server_that_knows_no_ranges_is_read_from_the_beginning() {
    let world = World::empty();
    let hub = Hub::start(Some(hash(&world)), &[Does::Cuts(60_000), Does::ServesAll]);
    run(&world, &hub.url(), &["models", "pull", FILE]).good();
    assert_eq!(hub.sent(), 60_000 + hub.file.len());
}

/// Nobody says a hash here: the tag alone tells.
#[test]
fn a_file_that_changed_meanwhile_is_fetched_anew() {
    let world = World::empty();
    let hub = Hub::start(None, &[Does::Cuts(60_000), Does::Changed, Does::Changed]);
    let ran = run(&world, &hub.url(), &["models", "pull", FILE]);
    assert!(
        ran.stderr.contains("nobody said what its hash"),
        "{}",
        ran.all()
    );
    assert_eq!(ran.code, Some(0));
    // The part of the new version was not put behind the beginning of the old one.
    assert_eq!(hub.sent(), 2 * hub.file.len());
    let last = hub.heads().pop().unwrap();
    assert!(!last.contains("range:"), "{last}");
}

#[test]
fn what_may_pass_is_tried_again() {
    let world = World::empty();
    let script = [Does::Answers(429), Does::Answers(500), Does::Answers(503)];
    let hub = Hub::start(Some(hash(&world)), &script);
    run(&world, &hub.url(), &["models", "pull", FILE]).good();
    assert_eq!(hub.sent(), hub.file.len());
}

#[test]
fn a_wrong_hash_leaves_nothing_behind() {
    let world = World::empty();
    let hub = Hub::start(Some("ab".repeat(32)), &[Does::Serves]);
    let ran = run(&world, &hub.url(), &["models", "pull", FILE]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("is damaged: its hash is"),
        "{}",
        ran.all()
    );
    assert_eq!(names(&world), [""; 0]);
}

#[test]
fn a_length_that_is_a_lie_is_noticed() {
    let size = model().len();
    for said in [size - 1, size + 1] {
        let world = World::empty();
        let hub = Hub::start(None, &[Does::Says(said)]);
        let ran = run(&world, &hub.url(), &["models", "pull", FILE]);
        assert_eq!(ran.code, Some(1), "{}", ran.all());
        let expected = format!("says that the file has {said} bytes, and it should have {size}");
        assert!(ran.stderr.contains(&expected), "{}", ran.all());
        assert_eq!(names(&world), [""; 0]);
    }
}

#[test]
fn each_refusal_has_its_message_and_exit_code() {
    for (status, code, expected) in [
        (401, 1, "set `HF_TOKEN`"),
        (403, 1, "its terms have to be accepted there first"),
        (404, 1, "has no file `org/repo/qwen2.5-coder-own.gguf`"),
        (418, 4, "answers with status 418"),
    ] {
        let world = World::empty();
        let hub = Hub::start(None, &[Does::Answers(status)]);
        let ran = run(&world, &hub.url(), &["models", "pull", FILE]);
        assert_eq!(ran.code, Some(code), "{}", ran.all());
        assert!(ran.stderr.contains(expected), "{}", ran.all());
    }
}

#[test]
fn without_a_hub_it_is_said_what_to_do() {
    let world = World::empty();
    let ran = run(&world, NOBODY, &["models", "pull", "qwen2.5-coder-1.5b"]);
    assert_eq!(ran.code, Some(4));
    let expected = "nothing listens at `127.0.0.1:9`; name a mirror with `INTERLINE_HUB`, or bring the file here \
                    another way and take it in with `interline models add FILE --as qwen2.5-coder-1.5b`";
    assert!(ran.stderr.contains(expected), "{}", ran.all());
}

#[test]
fn a_licence_is_shown_and_one_that_forbids_commercial_use_is_accepted_first() {
    let world = World::empty();
    let ran = run(&world, NOBODY, &["models", "pull", "codestral-22b"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("accept it with `--accept-licence`"),
        "{}",
        ran.all()
    );
    let accepted = ["models", "pull", "codestral-22b", "--accept-licence"];
    let ran = run(&world, NOBODY, &accepted);
    assert_eq!(ran.code, Some(4));
    assert!(
        ran.stderr
            .contains("licence  MNPL-0.1, not for commercial use: https://"),
        "{}",
        ran.all()
    );
}

#[test]
fn a_model_that_nobody_knows_is_a_usage_error_with_a_guess() {
    let world = World::empty();
    let ran = run(&world, NOBODY, &["models", "pull", "qwen-coder-3b"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("did you mean `qwen2.5-coder-3b`"),
        "{}",
        ran.all()
    );
}

#[test]
fn a_file_is_taken_in_without_a_network_and_damage_is_found() {
    let world = World::empty();
    world.write("stick/qwen2.5-coder-own.gguf", &model());
    let path = world.path("stick/qwen2.5-coder-own.gguf");
    let add = ["models", "add", &*path.to_string_lossy()];
    run(&world, NOBODY, &add).good();
    assert_eq!(run(&world, NOBODY, &add).code, Some(2));
    run(&world, NOBODY, &["models", "check", "--file-only"]).good();
    let file = folder(&world).join(format!("{NAME}.gguf"));
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let ran = run(&world, NOBODY, &["models", "check", NAME]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("damaged: its hash is"), "{}", ran.all());
    world.write("stick/page.gguf", b"<html>");
    let path = world.path("stick/page.gguf");
    let ran = run(&world, NOBODY, &["models", "add", &path.to_string_lossy()]);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("it is no GGUF file"),
        "{}",
        ran.all()
    );
}

#[test]
fn the_list_has_a_line_for_each_model_in_straight_columns() {
    let world = World::empty();
    let list = run(&world, NOBODY, &["models", "list", "--task", "embed"]).good();
    expect_test::expect![[r#"
          model                    for         size   memory  context  fim  quantised  licence
          nomic-embed-text-v1.5    embed    139 MiB  291 MiB    2,048  –    Q8_0       Apache-2.0
          jina-embeddings-v2-code  embed  ≈ 165 MiB  320 MiB    8,192  –    Q8_0       Apache-2.0

        ● 0 here, in `[TEMP]/models`
        ≈ about; memory is for a context of 4,096 tokens
    "#]]
    .assert_eq(&list);
}

/// The hub is the proxy here: it hears of the other machine, and its answer leads to where one does not go.
#[test]
fn the_proxy_that_is_named_is_asked_for_other_machines() {
    for variable in ["http_proxy", "INTERLINE_PROXY"] {
        let world = World::empty();
        let proxy = Hub::start(None, &[]);
        let mut pulling = command(&world, "http://far.invalid", &["models", "pull", FILE]);
        for other in [
            "HTTP_PROXY",
            "ALL_PROXY",
            "all_proxy",
            "NO_PROXY",
            "no_proxy",
        ] {
            pulling.env_remove(other);
        }
        pulling
            .env_remove("INTERLINE_PROXY")
            .env(variable, proxy.url());
        let ran = world.read(pulling.output().unwrap());
        assert_eq!(ran.code, Some(1), "{}", ran.all());
        assert!(
            ran.stderr.contains("it leads back to this machine"),
            "{}",
            ran.all()
        );
        let heads = proxy.heads();
        assert!(
            heads[0].starts_with("get http://far.invalid/org/repo/resolve/"),
            "{heads:?}"
        );
        assert_eq!(heads.len(), 1);
    }
}

/// With a door whose patience is short.
#[test]
fn a_hub_that_stalls_is_left_and_asked_for_the_rest() {
    let world = World::empty();
    let hub = Hub::start(Some(hash(&world)), &[Does::Stalls(70_000), Does::Serves]);
    let store = Store::at(folder(&world));
    let door = il_egress_http::Egress::new(il_egress_http::Settings::default()).unwrap();
    let address = Address::at(&hub.url(), None);
    let puller = Puller {
        transport: &door,
        hub: &address,
        store: &store,
        waiter: &Sleep,
        patience: Patience {
            between: Duration::from_millis(100),
            ..Patience::default()
        },
        tries: 3,
        today: "2026-11-24",
        free: None,
    };
    let wanted = Wanted {
        id: "m".to_owned(),
        origin: Origin::Hub {
            repo: "org/repo".to_owned(),
            revision: "main".to_owned(),
            file: "m.gguf".to_owned(),
        },
        size: None,
        sha256: None,
        licence: None,
    };
    let pulled = puller
        .pull(&wanted, &CancelToken::new(), &mut |_| {})
        .unwrap();
    assert_eq!(
        (pulled.fetched as usize, hub.sent()),
        (hub.file.len(), hub.file.len())
    );
    let counts = door.counts();
    assert_eq!(
        counts.iter().map(|it| it.received).sum::<u64>(),
        pulled.fetched
    );
}

/// Killed while the hub stalls; the next run asks for the rest.
#[test]
fn a_killed_download_goes_on() {
    let world = World::empty();
    let hub = Hub::start(Some(hash(&world)), &[Does::Stalls(70_000), Does::Serves]);
    let arguments = ["models", "pull", FILE];
    let mut child = command(&world, &hub.url(), &arguments)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let partial = folder(&world).join(format!("{NAME}.gguf.partial"));
    while fs::metadata(&partial).map_or(0, |it| it.len()) < 70_000 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let pulled = run(&world, &hub.url(), &["models", "pull", FILE, "--json"]).json();
    assert_eq!(pulled["fetched"], hub.file.len() - 70_000);
    assert_eq!(hub.sent(), hub.file.len());
}
