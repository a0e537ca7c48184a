//! Gets archives from the registries with their own clients, and checks them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use super::suite::{Archive, Registry};
use crate::tools;

/// The checked archive, from `eval/data/archives` or from its registry.
pub(super) fn archive(archive: &Archive, suite: &Path, data: &Path) -> anyhow::Result<PathBuf> {
    let kept = data.join("archives").join(&archive.sha256);
    if kept.is_file() {
        check(archive, &kept, suite)?;
        return Ok(kept);
    }
    let aside = data.join("archives/.partial");
    super::remove(&aside)?;
    fs::create_dir_all(&aside)
        .with_context(|| format!("could not make the folder `{}`", aside.display()))?;
    let fetched = match archive.registry {
        Registry::Pypi => pypi(archive, &aside),
        Registry::Crates => crates(archive, &aside, data),
        Registry::Npm => npm(archive, &aside),
        Registry::Deb => deb(archive, &aside, data),
        Registry::DebSrc => deb_src(archive, &aside, data),
    };
    let fetched = fetched.with_context(|| {
        format!(
            "could not fetch `{}` {} from {}; this needs the network and the registry's client",
            archive.name,
            archive.version,
            archive.registry.name()
        )
    })?;
    check(archive, &fetched, suite)?;
    fs::rename(&fetched, &kept).with_context(|| format!("could not keep `{}`", kept.display()))?;
    super::remove(&aside)?;
    Ok(kept)
}

/// An error unless the archive is the one that the suite pins.
pub(super) fn check(archive: &Archive, path: &Path, suite: &Path) -> anyhow::Result<()> {
    let bytes = fs::read(path).with_context(|| format!("could not read `{}`", path.display()))?;
    let got: String = Sha256::digest(&bytes)
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    if got != archive.sha256 {
        bail!(
            "`{}` {} from {} is not what `{}` pins\n  expected SHA-256 {}\n  got SHA-256      {got}\n\
             delete `{}` and run this again; if it stays so, the registry serves something else under this version: \
             find out why before you change the suite",
            archive.name,
            archive.version,
            archive.registry.name(),
            suite.display(),
            archive.sha256,
            path.display(),
        );
    }
    Ok(())
}

fn pypi(archive: &Archive, into: &Path) -> anyhow::Result<PathBuf> {
    let python = tools::find_any(&["python3", "python"])
        .context("`python3` is missing: install Python 3 with pip")?;
    // Any platform: what is pinned must be the same everywhere.
    let mut command = Command::new(python);
    command
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ])
        .args(["--only-binary=:all:", "--platform", "any", "--dest"])
        .arg(into)
        .arg(format!("{}=={}", archive.name, archive.version));
    client(&mut command)?;
    only_file(into, |name| name.ends_with(".whl"))
}

fn npm(archive: &Archive, into: &Path) -> anyhow::Result<PathBuf> {
    let npm = tools::find("npm").context("`npm` is missing: install Node.js 20 or later")?;
    let mut command = Command::new(npm);
    command
        .args(["pack", "--silent", "--pack-destination"])
        .arg(into)
        .arg(format!("{}@{}", archive.name, archive.version));
    client(&mut command)?;
    only_file(into, |name| name.ends_with(".tgz"))
}

/// `cargo info` downloads one crate and nothing that it depends on; into a cache of our own, where it
/// is easy to find.
fn crates(archive: &Archive, into: &Path, data: &Path) -> anyhow::Result<PathBuf> {
    let home = data.join(".cargo");
    let mut command = tools::cargo();
    // Elsewhere than in a workspace, whose own version of the crate it would prefer.
    command
        .current_dir(std::env::temp_dir())
        .env("CARGO_HOME", &home)
        .args(["info", "--quiet", "--color", "never"])
        .arg(format!("{}@{}", archive.name, archive.version));
    if let Some(config) = cargo_config() {
        command.arg("--config").arg(config);
    }
    client(&mut command)?;
    let name = format!("{}-{}.crate", archive.name, archive.version);
    let registries = fs::read_dir(home.join("registry/cache")).context("cargo kept nothing")?;
    let mut kept = registries.flatten().map(|it| it.path().join(&name));
    let kept = kept
        .find(|it| it.is_file())
        .context("cargo kept no archive of it")?;
    let archive = into.join(&name);
    fs::copy(&kept, &archive).with_context(|| format!("could not copy `{}`", kept.display()))?;
    Ok(archive)
}

/// The user's configuration, which says where the registry is reached.
fn cargo_config() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            let home = std::env::var_os("HOME")?;
            Some(Path::new(&home).join(".cargo"))
        })?;
    Some(home.join("config.toml")).filter(|it| it.is_file())
}

fn deb(archive: &Archive, into: &Path, data: &Path) -> anyhow::Result<PathBuf> {
    let mut command = apt_get(data)?;
    command
        .current_dir(into)
        .arg("download")
        .arg(format!("{}={}", archive.name, archive.version));
    client(&mut command)?;
    only_file(into, |name| name.ends_with(".deb"))
}

fn deb_src(archive: &Archive, into: &Path, data: &Path) -> anyhow::Result<PathBuf> {
    let mut command = apt_get(data)?;
    command
        .current_dir(into)
        .args(["source", "--download-only", "--tar-only"])
        .arg(format!("{}={}", archive.name, archive.version));
    client(&mut command)?;
    only_file(into, |name| {
        name.contains(".orig.tar.") && !name.ends_with(".asc")
    })
}

/// `apt-get` on package lists of our own, with the machine's sources and their source packages.
fn apt_get(data: &Path) -> anyhow::Result<Command> {
    let apt = tools::find("apt-get").context(
        "`apt-get` is missing: Go and Java sources come from Debian 12; give `--language` to leave them out",
    )?;
    let state = data.join(".apt");
    let command = || {
        let mut command = Command::new(&apt);
        for (option, folder) in [
            ("Dir::State", "state"),
            ("Dir::State::lists", "lists"),
            ("Dir::Cache", "cache"),
            ("Dir::Etc::sourceparts", "sources"),
        ] {
            let folder = state.join(folder);
            command
                .arg("-o")
                .arg(format!("{option}={}", folder.display()));
        }
        command.args(["-qq", "-o", "Dir::Etc::sourcelist=/dev/null"]);
        command
    };
    if !state.join("ready").is_file() {
        for folder in [
            "state",
            "lists/partial",
            "cache/archives/partial",
            "sources",
        ] {
            let folder = state.join(folder);
            fs::create_dir_all(&folder)
                .with_context(|| format!("could not make the folder `{}`", folder.display()))?;
        }
        copy_sources(Path::new("/etc/apt"), &state.join("sources"))?;
        client(command().arg("update"))?;
        fs::write(state.join("ready"), "")?;
    }
    Ok(command())
}

/// The machine's sources, asked for source packages too.
fn copy_sources(etc: &Path, into: &Path) -> anyhow::Result<()> {
    let mut paths = vec![etc.join("sources.list")];
    if let Ok(entries) = fs::read_dir(etc.join("sources.list.d")) {
        paths.extend(entries.flatten().map(|it| it.path()));
    }
    for path in paths {
        let (Ok(text), Some(name)) = (fs::read_to_string(&path), path.file_name()) else {
            continue;
        };
        let extension = path.extension().unwrap_or_default();
        if extension == "list" || extension == "sources" {
            fs::write(into.join(name), with_source_packages(&text))?;
        }
    }
    Ok(())
}

/// Both of apt's formats: `deb …` lines get a `deb-src …` twin, `Types: deb` gets `deb-src`.
pub(super) fn with_source_packages(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if let Some(types) = line.strip_prefix("Types:") {
            let both = types.split_whitespace().any(|it| it == "deb-src");
            let more = if both { "" } else { " deb-src" };
            out.push_str(&format!("{line}{more}\n"));
            continue;
        }
        out.push_str(&format!("{line}\n"));
        if let Some(rest) = line.strip_prefix("deb ") {
            out.push_str(&format!("deb-src {rest}\n"));
        }
    }
    out
}

/// Runs a registry's client quietly; when it fails, what it said last is the error.
fn client(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not start `{program}`"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    let last = lines[lines.len().saturating_sub(3)..].join("; ");
    bail!("`{program}` ended with {}: {last}", output.status)
}

fn only_file(folder: &Path, is_it: fn(&str) -> bool) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(folder)?.flatten();
    let mut found = entries.filter(|it| is_it(&it.file_name().to_string_lossy()));
    match (found.next(), found.next()) {
        (Some(file), None) => Ok(file.path()),
        (None, _) => bail!("the client fetched nothing that fits"),
        (Some(_), Some(_)) => bail!("the client fetched more than one archive"),
    }
}
