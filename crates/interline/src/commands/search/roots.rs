//! The repositories that are searched, and how their paths are shown: so that they can be opened from here.

use std::path::{Path, PathBuf};

use crate::{
    cli::Search,
    repository::{index, root, tree},
};

/// A repository.
#[derive(Debug)]
pub(super) struct Root {
    /// Absolute, without links.
    pub(super) path: PathBuf,
    shown: Shown,
}

/// How its paths are shown.
#[derive(Debug)]
enum Shown {
    /// Behind the root, as it was typed.
    Behind(PathBuf),
    /// As seen from a folder in it.
    From(Vec<String>),
}

/// The repositories that were named, or the one around the current directory.
pub(super) fn all(args: &Search) -> anyhow::Result<Vec<Root>> {
    let mut roots = Vec::new();
    for dir in &args.repo {
        let root = Root::named(dir)?;
        if roots.iter().all(|it: &Root| it.path != root.path) {
            roots.push(root);
        }
    }
    if roots.is_empty() {
        let here = tree::real_directory(Path::new("."))?;
        roots.push(Root::around(&here)?);
    }
    Ok(roots)
}

impl Root {
    /// The one that was typed as `dir`.
    pub(super) fn named(dir: &Path) -> anyhow::Result<Self> {
        let path = tree::real_directory(dir)?;
        index::check_root(&path)?;
        let is_here = tree::real_directory(Path::new(".")).is_ok_and(|here| here == path);
        let shown = if is_here {
            Shown::From(Vec::new())
        } else {
            Shown::Behind(dir.to_path_buf())
        };
        Ok(Self { path, shown })
    }

    /// The one that holds `dir`, an absolute path without links.
    pub(super) fn around(dir: &Path) -> anyhow::Result<Self> {
        let path = root::find(dir);
        index::check_root(&path)?;
        let here = tree::real_directory(Path::new("."))?;
        let shown = match here.strip_prefix(&path) {
            Ok(inside) => {
                let parts = inside.iter().map(|it| it.to_string_lossy().into_owned());
                Shown::From(parts.collect())
            }
            Err(_) => Shown::Behind(path.clone()),
        };
        Ok(Self { path, shown })
    }

    /// A path in it, as one would type it here.
    pub(super) fn show(&self, path: &str) -> String {
        match &self.shown {
            Shown::Behind(root) => root.join(path).to_string_lossy().into_owned(),
            Shown::From(here) => {
                let parts: Vec<&str> = path.split('/').collect();
                let same = here.iter().zip(&parts).take_while(|(a, b)| a == b).count();
                let up = "../".repeat(here.len() - same);
                format!("{up}{}", parts[same..].join("/"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(here: &[&str], path: &str, expected: &str) {
        let root = Root {
            path: PathBuf::from("/app"),
            shown: Shown::From(here.iter().map(|&it| it.to_owned()).collect()),
        };
        assert_eq!(root.show(path), expected);
    }

    #[test]
    fn paths_are_as_seen_from_here() {
        check(&[], "src/a.rs", "src/a.rs");
        check(&["src"], "src/a.rs", "a.rs");
        check(&["src", "deep"], "src/a.rs", "../a.rs");
        check(&["docs"], "src/a.rs", "../src/a.rs");
        check(&["src"], "src/src/a.rs", "src/a.rs");
    }

    #[test]
    fn a_root_that_was_typed_stays_in_front() {
        let root = Root {
            path: PathBuf::from("/home/me/lib"),
            shown: Shown::Behind(PathBuf::from("../lib")),
        };
        assert_eq!(root.show("src/a.rs"), "../lib/src/a.rs");
    }
}
