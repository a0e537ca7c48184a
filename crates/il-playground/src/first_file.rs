//! Which file the page opens first: one that shows the repository at its most typical.
//!
//! The most common programming language wins; within it, a file of middling size that is neither a test nor
//! vendored. No content is read.

use std::collections::{BTreeMap, BTreeSet};

/// A size that fills some screens and still opens at once.
const TELLING_BYTES: u64 = 8_000;

/// How many files are worth a look at the disk.
const SIZED: usize = 512;

/// Chooses among `paths`; `language` and `size` are asked about single paths.
pub(crate) fn choose(
    paths: &BTreeSet<String>,
    language: impl Fn(&str) -> String,
    size: impl Fn(&str) -> Option<u64>,
) -> Option<String> {
    let programs = most(
        paths
            .iter()
            .map(|path| (language(path), path.as_str()))
            .filter(|(it, _)| is_code(it)),
    );
    let candidates = if programs.is_empty() {
        paths.iter().map(String::as_str).collect()
    } else {
        programs
    };
    // Sources rather than tests, and of those the folder that holds most of them.
    let best = candidates.iter().map(|path| name_rank(path)).min()?;
    let ranked = candidates
        .into_iter()
        .filter(|path| name_rank(path) == best);
    let folder = most(ranked.map(|path| (path.split_once('/').map_or("", |(top, _)| top), path)));
    folder
        .into_iter()
        .take(SIZED)
        .min_by_key(|path| (size_rank(path, size(path)), *path))
        .map(str::to_owned)
}

/// The largest group; of equals, the one whose name comes first.
fn most<'p, K: Ord>(paths: impl Iterator<Item = (K, &'p str)>) -> Vec<&'p str> {
    let mut groups: BTreeMap<K, Vec<&str>> = BTreeMap::new();
    for (key, path) in paths {
        groups.entry(key).or_default().push(path);
    }
    groups
        .into_values()
        .rev()
        .max_by_key(Vec::len)
        .unwrap_or_default()
}

/// Languages that hold data or prose complete less tellingly than programs.
fn is_code(language: &str) -> bool {
    !matches!(
        language,
        "plaintext"
            | "markdown"
            | "latex"
            | "typst"
            | "json"
            | "jsonc"
            | "yaml"
            | "toml"
            | "ini"
            | "dotenv"
            | "ignore"
            | "csv"
            | "dockerfile"
            | "makefile"
            | "just"
            | "cmake"
            | "meson"
            | "nix"
            | "terraform"
            | "protobuf"
            | "thrift"
            | "graphql"
            | "nginx"
            | "diff"
            | "requirements"
            | "gomod"
            | "html"
            | "xml"
            | "css"
            | "scss"
            | "less"
            | "jinja"
            | "pug"
    )
}

/// Smaller is better: what the program is made of, before what only names it or surrounds it.
fn name_rank(path: &str) -> (bool, bool) {
    const ASIDE: &[&str] = &[
        "test",
        "tests",
        "testing",
        "spec",
        "bench",
        "benches",
        "benchmarks",
        "example",
        "examples",
        "vendor",
        "third",
        "generated",
        "fixtures",
        "setup",
        "conftest",
        "build",
        "xtask",
        "scripts",
        "tools",
        "docs",
    ];
    const NAMES_ONLY: &[&str] = &["init", "mod", "version", "index"];
    let lower = path.to_ascii_lowercase();
    let has = |names: &[&str]| {
        lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| names.contains(&word))
    };
    (has(ASIDE), has(NAMES_ONLY))
}

/// Smaller is better: of a telling size, then near the top, then nearest to that size. An empty or unreadable
/// file comes last.
fn size_rank(path: &str, size: Option<u64>) -> (bool, usize, u64) {
    let distance = match size {
        None | Some(0) => u64::MAX,
        Some(size) => size.abs_diff(TELLING_BYTES),
    };
    (
        distance > TELLING_BYTES / 2,
        path.matches('/').count(),
        distance,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, u64)], expected: Option<&str>) {
        let paths = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let language = |path: &str| match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("py") => "python".to_owned(),
            Some("rs") => "rust".to_owned(),
            Some("md") => "markdown".to_owned(),
            _ => "plaintext".to_owned(),
        };
        let size = |path: &str| {
            files
                .iter()
                .find(|(name, _)| *name == path)
                .map(|(_, size)| *size)
        };
        assert_eq!(choose(&paths, language, size).as_deref(), expected);
    }

    #[test]
    fn the_commonest_language_then_a_source_of_middling_size() {
        check(
            &[
                ("README.md", 9_000),
                ("NOTES.md", 9_000),
                ("MORE.md", 9_000),
                ("build.rs", 3_000),
                ("shop/__init__.py", 2_000),
                ("shop/orders.py", 4_000),
                ("shop/tiny.py", 40),
                ("tests/test_orders.py", 5_000),
            ],
            Some("shop/orders.py"),
        );
    }

    #[test]
    fn the_folder_that_holds_most() {
        check(
            &[
                ("xtask/src/main.rs", 8_000),
                ("demo/lone.rs", 8_000),
                ("crates/a/src/lib.rs", 2_000),
                ("crates/b/src/parser.rs", 9_000),
                ("crates/b/tests/parser.rs", 8_000),
            ],
            Some("crates/b/src/parser.rs"),
        );
    }

    #[test]
    fn anything_is_better_than_an_empty_page() {
        check(&[("README.md", 10)], Some("README.md"));
        check(
            &[("empty.py", 0), ("huge.py", 30 << 20), ("small.py", 12)],
            Some("small.py"),
        );
        check(&[], None);
    }
}
