//! What the privacy policy keeps to itself: files that are blocked are nowhere, a repository loosens nothing, and a slip blocks.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
};

use il_index::Index;
use il_privacy::{Category, Finder, Mask, Rules, Switches, samples};

use crate::world::{Ran, World, reads_everything};

const BLOCKED: &[u8] = b"version = 1\n[privacy.paths]\n\"core/**\" = \"blocked\"\n";

/// A shop with two files that say what nobody else says.
fn shop() -> World {
    let world = World::shop();
    for (path, name) in [
        ("core/recipe.py", "marmalade_core"),
        ("drafts/plan.py", "marmalade_draft"),
    ] {
        let text = format!("def {name}(region):\n    return region.{name}_secret\n");
        world.write(path, text.as_bytes());
    }
    world
}

/// Everything that is known of the repository on the disk.
fn learn(world: &World) {
    world.run(&["index"]).good();
    world.run(&["complete", "shop/orders.py:6:24"]);
}

/// Whether the saved model or the index has this, as it is or packed.
fn is_kept(world: &World, word: &str) -> bool {
    let index = fs::read_dir(world.index()).unwrap();
    let files = index
        .map(|it| it.unwrap().path())
        .chain(world.saved_models());
    let mut bytes = files
        .filter(|it| it.is_file())
        .map(|it| fs::read(it).unwrap());
    let is_plain = bytes.any(|it| it.windows(word.len()).any(|it| it == word.as_bytes()));
    is_plain || indexed(world, None).iter().any(|it| it.contains(word))
}

/// The texts in the index.
fn indexed(world: &World, mask: Option<Mask>) -> Vec<String> {
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(world.index()).unwrap() {
        let file = file.unwrap().path();
        fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    let mask = mask.unwrap_or_else(|| Mask::new(Rules::shipped(), &Switches::default()));
    let options = il_index::Options {
        mask: Some(mask.into()),
        ..il_index::Options::default()
    };
    let root = world.root().canonicalize().unwrap();
    let view = Index::open(Some(copy.path()), &root, None, options)
        .0
        .view();
    let paths = view.paths().into_iter();
    paths.filter_map(|path| view.text(&path)).collect()
}

#[track_caller]
fn refused(ran: &Ran, why: &str) {
    assert_eq!(ran.code, Some(3), "{}", ran.all());
    assert!(ran.stderr.contains(why), "{}", ran.all());
}

#[test]
fn what_is_blocked_is_in_no_index_no_model_and_no_prompt() {
    let world = shop();
    world.write(".interline.toml", BLOCKED);
    world.write(".interlineignore", b"drafts/\n");
    learn(&world);
    assert!(
        is_kept(&world, "query_everything"),
        "the check must be able to fail"
    );
    assert!(!is_kept(&world, "marmalade"));
    let found = world.run(&["search", "marmalade_core", "--json"]);
    assert!(!found.stdout.contains("def marmalade"), "{}", found.all());
    for (path, why) in [
        (
            "core/recipe.py:2:5",
            "`core/**` in the repository's settings",
        ),
        ("drafts/plan.py:2:5", "it is kept out by `.interlineignore`"),
    ] {
        refused(&world.run(&["complete", path]), why);
        refused(&world.run(&["context", path]), why);
        refused(&world.run(&["search", "--at", path]), why);
    }
    let prompt = world
        .run(&["context", "shop/orders.py:6:9", "--prompt"])
        .good();
    assert!(!prompt.contains("marmalade"), "{prompt}");
}

#[test]
fn the_playground_neither_lists_nor_reads_what_is_blocked() {
    let world = shop();
    world.write(".interline.toml", BLOCKED);
    let (mut child, url) = world.playground();
    let rest = url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_at(rest.find('/').unwrap());
    let token = path.split("token=").nth(1).unwrap();
    let ask = |path: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let (files, open, core) = (
        ask("/api/files"),
        ask("/api/file?path=drafts/plan.py"),
        ask("/api/file?path=core/recipe.py"),
    );
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        files.contains("drafts/plan.py") && !files.contains("core/recipe.py"),
        "{files}"
    );
    assert!(open.contains("marmalade_draft"), "{open}");
    assert!(
        core.starts_with("HTTP/1.1 404") && !core.contains("marmalade"),
        "{core}"
    );
}

#[test]
fn what_a_stricter_policy_blocks_is_gone_at_the_next_start() {
    let world = shop();
    learn(&world);
    assert!(is_kept(&world, "marmalade_core") && is_kept(&world, "marmalade_draft"));
    world.write(".interlineignore", b"drafts/\n");
    learn(&world);
    assert!(is_kept(&world, "marmalade_core") && !is_kept(&world, "marmalade_draft"));
    world.write(".interline.toml", BLOCKED);
    learn(&world);
    assert!(!is_kept(&world, "marmalade"));
    fs::remove_file(world.path(".interlineignore")).unwrap();
    learn(&world);
    assert!(
        is_kept(&world, "marmalade_draft"),
        "and back when it is allowed again"
    );
}

/// Runs a command for a user with these settings.
fn as_user(world: &World, settings: &str, arguments: &[&str]) -> Ran {
    let path = world.root().with_file_name("settings.toml");
    fs::write(&path, settings).unwrap();
    let mut command = world.command(arguments);
    world.read(command.env("INTERLINE_CONFIG", path).output().unwrap())
}

#[test]
fn a_repository_loosens_nothing_and_the_user_what_they_name() {
    let world = shop();
    world.write("deploy/test.key", b"one = 1\ntwo = 2\n");
    let ask = ["complete", "deploy/test.key:2:3"];
    let usual = "files of this name usually hold a private key";
    refused(&world.run(&ask), usual);
    let loosened =
        b"version = 1\n[privacy.paths]\n\"*.key\" = \"anywhere\"\n\"**\" = \"anywhere\"\n";
    world.write(".interline.toml", loosened);
    refused(&world.run(&ask), usual);
    let users = "version = 1\n[privacy.paths]\n\"deploy/test.key\" = \"local-only\"\n";
    let ran = as_user(&world, users, &ask);
    assert!(matches!(ran.code, Some(0 | 1)), "{}", ran.all());
    world.write("deploy/prod.key", b"one = 1\n");
    refused(
        &as_user(&world, users, &["complete", "deploy/prod.key:1:3"]),
        usual,
    );
}

#[test]
fn a_file_that_stays_here_is_learnt_and_shown_to_nobody_else() {
    let world = shop();
    let stay = b"version = 1\n[privacy.paths]\n\"core/**\" = \"local-only\"\n";
    world.write(".interline.toml", stay);
    world.write(
        "shop/draft.py",
        b"from core.recipe import marmalade_core\n\nx = marmalade_core(",
    );
    learn(&world);
    assert!(is_kept(&world, "marmalade_core"));
    let far = "openai-fim:qwen2.5-coder@https://models.example.org/v1";
    let at = "shop/draft.py:3:20";
    let here = world.run(&["context", at, "--prompt"]).good();
    assert!(here.contains("def marmalade_core"), "{here}");
    let away = world
        .run(&["context", at, "--prompt", "--engine", far])
        .good();
    assert!(!away.contains("def marmalade_core"), "{away}");
    refused(
        &world.run(&["context", "core/recipe.py:2:5", "--engine", far]),
        "`core/recipe.py` is local-only and would go to somebody else's server: `core/**` in the repository's settings",
    );
    let ours = "version = 1\n[endpoint.ours]\nspeaks = \"openai-fim\"\nmodel = \"qwen2.5-coder\"\n\
                url = \"https://models.example.org/v1\"\nown = true\n[privacy.paths]\n\"lib/**\" = \"own-servers\"\n";
    world.write("lib/part.py", b"def part():\n    return 1\n");
    as_user(
        &world,
        ours,
        &["context", "lib/part.py:2:5", "--engine", "endpoint:ours"],
    )
    .good();
    let theirs = &["context", "lib/part.py:2:5", "--engine", far];
    refused(
        &as_user(&world, ours, theirs),
        "`lib/part.py` is own-servers",
    );
}

/// Everything here is blocked, and every command says why.
#[track_caller]
fn blocks_everything(world: &World, settings: &str, why: &str) {
    refused(
        &as_user(world, settings, &["complete", "shop/orders.py:6:24"]),
        why,
    );
    refused(
        &as_user(world, settings, &["context", "shop/orders.py:6:24"]),
        why,
    );
    let index = as_user(world, settings, &["index", "--verbose"]);
    assert!(
        index.stdout.contains("the privacy policy cannot be read"),
        "{}",
        index.all()
    );
    let doctor = as_user(world, settings, &["doctor"]);
    assert_eq!(doctor.code, Some(1), "{}", doctor.all());
    let line = doctor.stdout.lines().find(|it| it.starts_with("✗ privacy"));
    assert!(line.is_some_and(|it| it.contains(why)), "{}", doctor.all());
    assert!(!is_kept(world, "query_everything"));
}

#[test]
fn a_policy_that_cannot_be_read_blocks_everything() {
    let world = shop();
    learn(&world);
    let slip = b"version = 1\n[privacy.paths]\n\"core/**\" = \"blokced\"\n";
    world.write(".interline.toml", slip);
    blocks_everything(
        &world,
        "",
        "`core/**` is of no such level: did you mean `blocked`?",
    );

    let world = shop();
    let slip = "version = 1\n[privacy]\nair_gap = true\n[inline\n";
    blocks_everything(&world, slip, "this is no TOML");

    let world = shop();
    world.write(".interlineignore", b"{a\n");
    blocks_everything(&world, "", ".interlineignore: line 1");

    let world = shop();
    world.write(".interlineignore", b"drafts/\n");
    let closed = world.path(".interlineignore");
    close(&closed);
    if !reads_everything(&closed) {
        blocks_everything(&world, "", ".interlineignore: ");
    }
}

#[test]
fn an_error_elsewhere_in_the_settings_blocks_nothing() {
    let world = shop();
    world.write(".interline.toml", b"version = 1\n[budget]\nper_dya = 1\n");
    let ran = world.run(&["complete", "shop/orders.py:6:24", "--hide", "rest-of-line"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
}

fn close(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[test]
fn no_secret_inside_a_file_is_kept_on_the_disk() {
    let world = World::shop();
    let finder = Finder::shipped();
    let rules = Rules::shipped()
        .iter()
        .filter(|it| it.category != Category::Personal);
    let mut secrets = Vec::new();
    for (n, rule) in rules.enumerate() {
        for (k, positive) in rule.positives.iter().take(2).enumerate() {
            // Far apart, since two templates may make the same signs of seeds that are near.
            let text = samples::expand(positive, ((n * 2 + k) as u64) << 16);
            let found = finder.find(&text);
            // A rule that is off finds nothing, and what is found is what is masked.
            let spans = found.iter().map(|it| text[it.span.clone()].to_owned());
            let telling = spans.filter(|it| it.len() >= 8 && !it.contains('\n'));
            secrets.extend(telling.map(|it| (&rule.id, it)));
            world.write(
                &format!("planted/{n}_{k}.py"),
                format!("{text}\n").as_bytes(),
            );
        }
    }
    assert!(secrets.len() >= 20, "{}", secrets.len());
    learn(&world);
    let mut kept = String::new();
    for path in world.saved_models() {
        kept += &String::from_utf8_lossy(&fs::read(path).unwrap());
    }
    for file in fs::read_dir(world.index()).unwrap() {
        kept += &String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap());
    }
    let texts = indexed(&world, None);
    assert!(
        texts.len() > 20,
        "the check must be able to fail: {}",
        texts.len()
    );
    kept += &texts.concat();
    let leaked: Vec<_> = secrets
        .iter()
        .filter(|it| kept.contains(&it.1))
        .map(|it| (it.0, &it.1))
        .collect();
    assert!(
        leaked.is_empty(),
        "{} of {}: {leaked:?}",
        leaked.len(),
        secrets.len()
    );
}
