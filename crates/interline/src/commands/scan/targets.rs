//! What a scan looks at.
//!
//! The one idea: what is named is looked at, whatever it is; of a folder everything is that git does not ignore, hidden files
//! and those that the privacy policy blocks first of all, since that is where secrets are.
//!
//! Deliberately absent: opening files.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::failure::usage;

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    /// As it is shown: below what was typed, with `/`.
    pub(super) shown: String,
    pub(super) source: Source,
    /// It was typed itself, so it is read even if it is no text.
    pub(super) is_named: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Stdin,
    File(PathBuf),
}

/// What there is to look at, and what is left out.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// Sorted, each once.
    pub(super) files: Vec<Target>,
    /// Links in folders; they lead to what is looked at anyway, or out of the folder.
    pub(super) links: usize,
    /// Paths and why they cannot be looked at.
    pub(super) problems: Vec<(String, String)>,
}

/// Everything below what was typed.
pub(super) fn gather(paths: &[PathBuf], no_ignore: bool) -> anyhow::Result<Targets> {
    let mut targets = Targets::default();
    for path in paths {
        if path == Path::new("-") {
            targets.files.push(Target {
                shown: "stdin".to_owned(),
                source: Source::Stdin,
                is_named: true,
            });
            continue;
        }
        let shown = path.display();
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => usage(format!("no such file or folder: `{shown}`")),
            _ => usage(format!("cannot read `{shown}`: {error}")),
        })?;
        if metadata.is_dir() {
            walk(path, no_ignore, &mut targets);
        } else {
            targets.files.push(Target {
                shown: slashes(path),
                source: Source::File(path.clone()),
                is_named: true,
            });
        }
    }
    // What is named and lies in a folder that is named, too, counts as named.
    targets
        .files
        .sort_by(|a, b| a.shown.cmp(&b.shown).then(b.is_named.cmp(&a.is_named)));
    targets
        .files
        .dedup_by(|later, first| later.shown == first.shown);
    targets.problems.sort_unstable();
    Ok(targets)
}

fn walk(root: &Path, no_ignore: bool, targets: &mut Targets) {
    let found = Mutex::new(Targets::default());
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(!no_ignore)
        .hidden(false)
        .require_git(false)
        .follow_links(false)
        // What git keeps for itself is a copy of what is looked at, and packed.
        .filter_entry(|it| it.depth() == 0 || it.file_name() != ".git");
    builder.build_parallel().run(|| {
        Box::new(|entry| {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            match entry {
                Ok(entry) => take(&entry, &mut found),
                Err(error) => found.problems.push((slashes(root), error.to_string())),
            }
            WalkState::Continue
        })
    });
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    targets.files.extend(found.files);
    targets.links += found.links;
    targets.problems.extend(found.problems);
    // The address of a remote often has a token in it.
    let config = root.join(".git/config");
    if config.is_file() {
        targets.files.push(of_folder(&config));
    }
}

fn take(entry: &DirEntry, found: &mut Targets) {
    if let Some(error) = entry.error() {
        let path = slashes(entry.path());
        found.problems.push((path, error.to_string()));
    }
    match entry.file_type() {
        Some(kind) if kind.is_file() => found.files.push(of_folder(entry.path())),
        Some(kind) if kind.is_symlink() => found.links += 1,
        // Pipes and devices would be waited for.
        _ => {}
    }
}

fn of_folder(path: &Path) -> Target {
    Target {
        shown: slashes(path),
        source: Source::File(path.to_owned()),
        is_named: false,
    }
}

/// A path as it is shown: with `/`, and without the `./` that a scan of `.` puts before everything.
fn slashes(path: &Path) -> String {
    let shown = path.to_string_lossy();
    let shown = match std::path::MAIN_SEPARATOR {
        '/' => shown.into_owned(),
        other => shown.replace(other, "/"),
    };
    match shown.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[track_caller]
    fn check(files: &[&str], paths: &[&str], no_ignore: bool, expected: &str) {
        let temp = TempDir::new().unwrap();
        for file in files {
            let path = temp.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = if file.ends_with(".gitignore") {
                "build\n*.log\n"
            } else {
                "x"
            };
            fs::write(path, text).unwrap();
        }
        let paths: Vec<PathBuf> = paths.iter().map(|it| temp.path().join(it)).collect();
        let found = gather(&paths, no_ignore).unwrap();
        let root = slashes(temp.path());
        let shown = found.files.iter().map(|it| {
            let named = if it.is_named { "*" } else { "" };
            format!(
                "{}{named}",
                it.shown
                    .strip_prefix(&root)
                    .unwrap()
                    .trim_start_matches('/')
            )
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn a_folder_is_looked_at_with_hidden_files_and_without_what_git_ignores() {
        let files = [
            ".gitignore",
            ".env",
            "a.py",
            "build/b.py",
            "c.log",
            "id_rsa",
            ".git/config",
            ".git/HEAD",
        ];
        check(
            &files,
            &[""],
            false,
            ".env .git/config .gitignore a.py id_rsa",
        );
        check(
            &files,
            &[""],
            true,
            ".env .git/config .gitignore a.py build/b.py c.log id_rsa",
        );
    }

    #[test]
    fn what_is_named_is_looked_at_once() {
        let files = [".gitignore", "a.py", "c.log"];
        check(
            &files,
            &["", "a.py", "c.log", "c.log"],
            false,
            ".gitignore a.py* c.log*",
        );
    }

    #[test]
    fn nothing_there_is_said() {
        let error = gather(&["no/such".into()], false).unwrap_err();
        assert_eq!(error.to_string(), "no such file or folder: `no/such`");
    }

    #[test]
    fn paths_are_shown_as_they_were_typed() {
        assert_eq!(slashes(Path::new("./src/a.py")), "src/a.py");
        assert_eq!(slashes(Path::new(".")), ".");
        assert_eq!(slashes(Path::new("../x")), "../x");
    }
}
