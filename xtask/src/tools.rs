//! Outside programs: find them, install them where that can be done, run them.
//!
//! Nothing is downloaded by hand: a missing program comes from the system's package manager or npm, or
//! the error says which package to install.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};

use crate::say;

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn workspace_root() -> PathBuf {
    let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest_dir.parent().unwrap_or(manifest_dir).to_owned()
}

/// The `cargo` that runs us.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command, showing it first; an error names it when it fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    say(&format!("$ {shown}"));
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("could not start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let name = |word: &OsStr| word.to_string_lossy().into_owned();
    let mut words: Vec<String> = words.map(name).collect();
    if let Some(program) = words.first_mut() {
        *program = Path::new(program)
            .file_name()
            .map_or_else(|| program.clone(), name);
    }
    words.join(" ")
}

/// Where a program is, if it is on the `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|it| it.is_file())
}

/// The first of these programs that is there.
pub(crate) fn find_any(programs: &[&str]) -> Option<PathBuf> {
    programs.iter().find_map(|it| find(it))
}

/// A Chromium-like browser for the page tests: named by `INTERLINE_CHROMIUM`, found, or installed.
pub(crate) fn browser() -> anyhow::Result<PathBuf> {
    if let Some(path) = env::var_os("INTERLINE_CHROMIUM") {
        return Ok(path.into());
    }
    const NAMES: &[&str] = &[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    if find_any(NAMES).is_none() {
        install("chromium", &["chromium", "fonts-dejavu-core"])?;
    }
    find_any(NAMES)
        .context("no Chromium found after installing it; set INTERLINE_CHROMIUM to its path")
}

/// Makes sure that there is a Neovim for the editor test, unless `INTERLINE_NVIM` names one.
pub(crate) fn editor() -> anyhow::Result<()> {
    if env::var_os("INTERLINE_NVIM").is_none() && find("nvim").is_none() {
        install("neovim", &["neovim"])?;
    }
    Ok(())
}

/// Makes sure that llama.cpp can be built: CMake, and the libclang that reads its headers.
pub(crate) fn native() -> anyhow::Result<()> {
    if find("cmake").is_none() {
        install("cmake", &["cmake"])?;
    }
    if env::var_os("LIBCLANG_PATH").is_none() && !has_libclang() {
        // Where this cannot be done, `pip install libclang` and `LIBCLANG_PATH` do as well.
        install("libclang", &["libclang-dev"])?;
    }
    Ok(())
}

fn has_libclang() -> bool {
    if find_any(&["llvm-config", "clang"]).is_some() || cfg!(target_os = "macos") {
        return true;
    }
    let folders = ["/usr/lib", "/usr/lib64", "/usr/local/lib"];
    let versions = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let llvm = versions
        .map(|it| it.path())
        .filter(|it| {
            it.file_name()
                .is_some_and(|it| it.to_string_lossy().starts_with("llvm"))
        })
        .map(|it| it.join("lib"));
    let mut all = folders.iter().map(PathBuf::from).chain(llvm);
    all.any(|it| {
        let files = fs::read_dir(it).into_iter().flatten().flatten();
        files
            .map(|it| it.file_name())
            .any(|it| it.to_string_lossy().starts_with("libclang.so"))
    })
}

/// Installs system packages where we may; says what to do where we may not.
fn install(what: &str, packages: &[&str]) -> anyhow::Result<()> {
    let by_hand = format!(
        "{what} is missing: install it (on Debian: `apt-get install {}`) and run this again",
        packages.join(" ")
    );
    let Some(apt) = find("apt-get") else {
        bail!(by_hand)
    };
    let mut prefix = Vec::new();
    if !is_root() {
        if find("sudo").is_none() {
            bail!(by_hand);
        }
        prefix = vec!["sudo", "-n"];
    }
    let apt_get = |args: &[&str]| {
        let mut words: Vec<&OsStr> = prefix.iter().map(OsStr::new).collect();
        words.push(apt.as_os_str());
        words.extend(args.iter().map(OsStr::new));
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .env("DEBIAN_FRONTEND", "noninteractive");
        run(&mut command)
    };
    apt_get(&["update", "-qq"]).context(by_hand.clone())?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(packages);
    apt_get(&args).context(by_hand)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|it| it.stdout.trim_ascii() == b"0")
}

/// Installs the page's packages and builds it, unless what is built is newer than its sources.
pub(crate) fn build_web(root: &Path) -> anyhow::Result<()> {
    let web = root.join("web");
    if find("npm").is_none() {
        bail!("`npm` is missing: install Node.js 20 or later and run this again");
    }
    let installed = web.join("node_modules/.package-lock.json");
    if modified(&installed) < modified(&web.join("package-lock.json")) {
        run(Command::new("npm")
            .current_dir(&web)
            .args(["ci", "--no-audit", "--no-fund"]))?;
    }
    let built = modified(&web.join("dist/index.html"));
    if built.is_none() || built < newest(&web)? {
        run(Command::new("npm")
            .current_dir(&web)
            .args(["run", "--silent", "build"]))?;
    }
    Ok(())
}

fn modified(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path).and_then(|it| it.modified()).ok()
}

/// When the newest of the page's own files was changed.
fn newest(web: &Path) -> anyhow::Result<Option<std::time::SystemTime>> {
    let mut newest = None;
    let mut folders = vec![web.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("could not read `{}`", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            if entry.file_type()?.is_dir() {
                if name != "node_modules" && name != "dist" {
                    folders.push(entry.path());
                }
            } else {
                newest = newest.max(modified(&entry.path()));
            }
        }
    }
    Ok(newest)
}
