//! Which file the page opens first: one that shows the repository at its most typical.
//!
//! The most common programming language wins; within it, a file of middling size that is neither a test nor
//! vendored. No content is read.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Sizes that fill a screen and still open at once.
const TELLING_BYTES: std::ops::RangeInclusive<u64> = 1_500..=40_000;

/// How many of the best names are worth a look at the disk.
const SIZED: usize = 64;

/// Chooses among `paths`; `language` and `size` are asked about single paths.
pub(crate) fn choose(
    paths: &BTreeSet<String>,
    language: impl Fn(&str) -> String,
    size: impl Fn(&str) -> Option<u64>,
) -> Option<String> {
    let mut by_language: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for path in paths {
        by_language.entry(language(path)).or_default().push(path);
    }
    let code = by_language
        .iter()
        .filter(|(language, _)| is_code(language))
        .max_by_key(|(language, paths)| (paths.len(), Reverse(language.as_str())));
    let mut candidates = match code {
        Some((_, paths)) => paths.clone(),
        None => paths.iter().map(String::as_str).collect(),
    };
    candidates.sort_by_key(|path| (name_rank(path), *path));
    candidates.truncate(SIZED);
    candidates
        .into_iter()
        .min_by_key(|path| (size_rank(size(path)), name_rank(path), *path))
        .map(str::to_owned)
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

/// Smaller is better: sources before tests, shallow before deep.
fn name_rank(path: &str) -> (bool, bool, usize) {
    let lower = path.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let aside = [
        "test",
        "tests",
        "spec",
        "bench",
        "benches",
        "example",
        "examples",
        "vendor",
        "third",
        "generated",
        "fixtures",
        "setup",
        "conftest",
        "build",
    ];
    let has = |names: &[&str]| names.iter().any(|name| words.contains(name));
    (
        has(&aside),
        has(&["init", "mod", "version", "index"]),
        path.matches('/').count(),
    )
}

fn size_rank(size: Option<u64>) -> u8 {
    match size {
        Some(size) if TELLING_BYTES.contains(&size) => 0,
        Some(size) if size > 0 && size < 1 << 20 => 1,
        _ => 2,
    }
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
    fn anything_is_better_than_an_empty_page() {
        check(&[("README.md", 10)], Some("README.md"));
        check(
            &[("empty.py", 0), ("huge.py", 30 << 20), ("small.py", 12)],
            Some("small.py"),
        );
        check(&[], None);
    }
}
