//! Takes the source files of one language out of an archive.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

use super::suite::{Archive, Registry};
use crate::tools;

/// Copies what counts into the repository's folder and says how many files that were.
pub(super) fn archive(
    archive: &Archive,
    path: &Path,
    language: &str,
    repository: &Path,
) -> anyhow::Result<usize> {
    let scratch = repository.with_extension("unpacked");
    super::remove(&scratch)?;
    fs::create_dir_all(&scratch)?;
    let mut command = match archive.registry {
        Registry::Pypi => {
            let python = tools::find_any(&["python3", "python"]).context("`python3` is missing")?;
            let mut command = Command::new(python);
            command
                .args(["-m", "zipfile", "-e"])
                .arg(path)
                .arg(&scratch);
            command
        }
        Registry::Deb => {
            let mut command = Command::new("dpkg-deb");
            command.arg("--extract").arg(path).arg(&scratch);
            command
        }
        Registry::Crates | Registry::Npm | Registry::DebSrc => {
            let mut command = Command::new("tar");
            command
                .args([
                    "--extract",
                    "--strip-components=1",
                    "--no-same-owner",
                    "--file",
                ])
                .arg(path)
                .arg("--directory")
                .arg(&scratch);
            command
        }
    };
    let output = command
        .output()
        .with_context(|| format!("could not start `{}`", command.get_program().display()))?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let root = match archive.registry {
        Registry::Deb => only_descendant(scratch.join("usr/share/gocode/src")),
        _ => scratch.clone(),
    };
    let count = copy(archive, &root, language, &repository.join(&archive.into))?;
    super::remove(&scratch)?;
    Ok(count)
}

/// Down through folders that hold one folder and nothing else.
fn only_descendant(mut folder: PathBuf) -> PathBuf {
    while let Ok(entries) = fs::read_dir(&folder) {
        let entries: Vec<_> = entries.flatten().collect();
        match &entries[..] {
            [one] if one.path().is_dir() => folder = one.path(),
            _ => break,
        }
    }
    folder
}

fn copy(archive: &Archive, root: &Path, language: &str, into: &Path) -> anyhow::Result<usize> {
    let mut count = 0;
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("the archive holds no `{}`", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                folders.push(path);
                continue;
            }
            let relative = path.strip_prefix(root)?;
            let parts: Vec<_> = relative.iter().map(OsStr::to_string_lossy).collect();
            if kind.is_file() && is_wanted(archive, language, &parts.join("/"))? {
                let target = into.join(relative);
                fs::create_dir_all(target.parent().unwrap_or(into))?;
                fs::copy(&path, &target)?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// Whether a file counts: of the language, included, not excluded, not somebody else's.
pub(super) fn is_wanted(archive: &Archive, language: &str, path: &str) -> anyhow::Result<bool> {
    let endings: &[&str] = match language {
        "python" => &[".py"],
        "rust" => &[".rs"],
        "typescript" => &[".ts", ".tsx"],
        "go" => &[".go"],
        "java" => &[".java"],
        other => bail!("the language `{other}` of a suite is unknown"),
    };
    let included = archive.include.is_empty()
        || archive
            .include
            .iter()
            .any(|it| path.starts_with(it.as_str()));
    let from_root = format!("/{path}");
    let excluded = ["/vendor/", "/node_modules/"]
        .into_iter()
        .chain(archive.exclude.iter().map(String::as_str))
        .any(|it| from_root.contains(it));
    Ok(included
        && !excluded
        && endings.iter().any(|it| path.ends_with(it))
        && !path.ends_with(".d.ts"))
}
