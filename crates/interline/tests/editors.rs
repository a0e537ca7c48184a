//! `interline lsp` in real editors: a Neovim types, and its buffer, marks and screen are looked at.
//!
//! What is typed and expected is in `editors/nvim/test/drive.lua`; here are the repository, the programs and
//! the verdict. Slow ring only (`RUN_SLOW_TESTS`); the Neovim is `INTERLINE_NVIM` or the one on the path.

#![cfg(unix)]

use std::{
    env,
    ffi::OsString,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

/// Ends the script when Neovim hangs; far more than it takes.
const PATIENCE: Duration = Duration::from_secs(180);

#[test]
fn ghost_text_by_the_plugin() {
    drive("plugin");
}

#[test]
fn ghost_text_by_neovim_itself() {
    drive("native");
}

/// The settings that the page tells people to copy are the ones that are driven here.
#[test]
fn the_page_shows_the_settings_that_are_tested() {
    let page = fs::read_to_string(root().join("docs/editors.md")).unwrap();
    let settings = fs::read_to_string(editors().join("native.lua")).unwrap();
    assert!(
        page.contains(&format!("```lua\n{settings}```")),
        "docs/editors.md does not show editors/nvim/native.lua"
    );
}

fn drive(mode: &str) {
    if env::var_os("RUN_SLOW_TESTS").is_none() {
        return left_out("a real Neovim, without RUN_SLOW_TESTS");
    }
    let neovim = env::var_os("INTERLINE_NVIM").unwrap_or_else(|| OsString::from("nvim"));
    let Some(version) = minor_version(&neovim) else {
        panic!(
            "cannot start {}: install it (Debian: `apt-get install neovim`) or name one in `INTERLINE_NVIM`",
            Path::new(&neovim).display()
        );
    };
    if mode == "native" && version < 12 {
        return left_out(&format!(
            "ghost text by Neovim itself: it came with 0.12, this is 0.{version}"
        ));
    }
    let world = shop();
    let path = env::join_paths(
        [Path::new(env!("CARGO_BIN_EXE_interline"))
            .parent()
            .unwrap()
            .to_path_buf()]
        .into_iter()
        .chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())),
    )
    .unwrap();
    let script = editors().join("test/drive.lua");
    let mut child = Command::new(&neovim)
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-S"])
        .arg(script)
        .current_dir(world.path().join("repo"))
        .env("MODE", mode)
        .env("EDITORS", editors())
        .env("INTERLINE_NVIM", &neovim)
        .env("INTERLINE_CACHE_DIR", world.path().join("cache"))
        .env("HOME", world.path())
        .env("XDG_STATE_HOME", world.path())
        .env("XDG_CACHE_HOME", world.path())
        .env("PATH", path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = child.id();
    let (ended, end) = std::sync::mpsc::channel();
    let output = std::thread::spawn(move || {
        let mut said = String::new();
        let read =
            std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut said).is_ok();
        let status = child.wait().unwrap();
        let _ = ended.send(());
        (read && status.success(), said)
    });
    if end.recv_timeout(PATIENCE).is_err() {
        let _ = Command::new("kill").arg(pid.to_string()).status();
    }
    let (well, said) = output.join().unwrap();
    assert!(well && said.contains("all is well"), "{mode}:\n{said}");
}

/// Six files in which the same things are said again and again.
fn shop() -> TempDir {
    let world = TempDir::with_prefix("interline-editors-").unwrap();
    let shop = world.path().join("repo/shop");
    fs::create_dir_all(&shop).unwrap();
    fs::create_dir(world.path().join("repo/.git")).unwrap();
    for name in [
        "orders",
        "customers",
        "invoices",
        "parcels",
        "returns",
        "vouchers",
    ] {
        let mut text = String::from("from shop.storage import MissingRegion, log, open_session\n");
        for (verb, answer) in [("count", "len"), ("list", "sorted")] {
            text += &format!(
                r#"

def {verb}_{name}(region, since):
    if region is None:
        log.warning("a query without a region")
        raise MissingRegion("a query needs a region")
    with open_session(region) as session:
        rows = session.query_everything(region, since)
        return {answer}(rows)
"#
            );
        }
        fs::write(shop.join(format!("{name}.py")), text).unwrap();
    }
    world
}

/// The second number of what `nvim --version` says; `None` when there is no such program.
fn minor_version(neovim: &OsString) -> Option<u32> {
    let output = Command::new(neovim).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.strip_prefix("NVIM v0.")?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// Says that a check was left out; nothing may be left out silently.
#[expect(clippy::print_stderr, reason = "a check left out must be visible")]
fn left_out(what: &str) {
    eprintln!("not checked: {what}");
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn editors() -> std::path::PathBuf {
    root().join("editors/nvim")
}
