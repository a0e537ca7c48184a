//! Which repository a file belongs to.
//!
//! The nearest directory above it that a version control system marks; without one, the nearest that holds
//! a package's manifest; without that, the file's own folder. The home directory and the root of the disk
//! are never taken for a repository by themselves: learning them would be a surprise.

use std::path::{Path, PathBuf};

const VERSION_CONTROL: [&str; 5] = [".git", ".jj", ".hg", ".svn", ".pijul"];

const MANIFESTS: [&str; 14] = [
    "Cargo.toml",
    "package.json",
    "pyproject.toml",
    "setup.py",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "Gemfile",
    "composer.json",
    "CMakeLists.txt",
    "Package.swift",
    "build.sbt",
    ".interlineignore",
];

/// The repository that holds `dir`, an absolute directory; `dir` itself when nothing marks one.
pub(crate) fn find(dir: &Path) -> PathBuf {
    find_below(dir, etcetera::home_dir().ok().as_deref())
}

/// Whether a directory holds all that someone has, or anything at all, and not one thing that they work on.
pub(crate) fn is_everything(dir: &Path) -> bool {
    dir.parent().is_none()
        || etcetera::home_dir().is_ok_and(|home| home == dir)
        || dir == std::env::temp_dir()
}

fn find_below(dir: &Path, home: Option<&Path>) -> PathBuf {
    let marked = |names: &[&str]| {
        dir.ancestors()
            .filter(|above| Some(*above) != home && above.parent().is_some())
            .find(|above| names.iter().any(|name| above.join(name).exists()))
            .map(Path::to_path_buf)
    };
    marked(&VERSION_CONTROL)
        .or_else(|| marked(&MANIFESTS))
        .unwrap_or_else(|| dir.to_path_buf())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[track_caller]
    fn check(tree: &[&str], from: &str, expected: &str) {
        let temp = tempfile::TempDir::new().unwrap();
        // Everything happens below `base`, so that what lies around the temporary directory is no matter.
        let base = temp.path().join("base");
        for path in tree {
            let path = base.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::create_dir_all(base.join(from)).unwrap();
        let found = find_below(&base.join(from), Some(&base));
        assert_eq!(found.strip_prefix(&base).unwrap(), Path::new(expected));
    }

    #[test]
    fn the_version_control_root_wins_over_a_nearer_manifest() {
        check(
            &["app/.git/HEAD", "app/crates/x/Cargo.toml"],
            "app/crates/x/src",
            "app",
        );
    }

    #[test]
    fn a_worktree_marks_its_root_with_a_file() {
        check(&["app/.git"], "app/src", "app");
    }

    #[test]
    fn without_version_control_the_nearest_manifest_counts() {
        check(
            &["axum/Cargo.toml", "Cargo.toml"],
            "axum/src/routing",
            "axum",
        );
    }

    #[test]
    fn without_anything_the_folder_itself_counts() {
        check(&[], "notes/today", "notes/today");
    }

    #[test]
    fn a_home_directory_under_version_control_is_not_one_repository() {
        check(&[".git/HEAD"], "notes", "notes");
    }
}
