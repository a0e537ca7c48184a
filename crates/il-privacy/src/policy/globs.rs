//! Patterns over paths, as `.gitignore` has them: a name anywhere, a folder and all below it, a path from the root.
//!
//! The one idea: patterns and paths are made alike before they meet, so neither case, nor which slash, nor `./` is a way round.
//!
//! Deliberately absent: negation. Who means more says a higher level.

use std::borrow::Cow;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::Unreadable;

/// Compiled patterns, each with its place in the list that it came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Globs {
    set: GlobSet,
    /// Which pattern each glob of the set came from.
    of: Vec<usize>,
}

impl Globs {
    /// People's patterns: what names a folder covers what is in it.
    pub(super) fn covering<'a>(
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Unreadable> {
        Self::made(patterns, true)
    }

    /// Patterns of which only those that end in `/` are about folders.
    pub(super) fn of_files<'a>(
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Unreadable> {
        Self::made(patterns, false)
    }

    fn made<'a>(
        patterns: impl IntoIterator<Item = &'a str>,
        covers: bool,
    ) -> Result<Self, Unreadable> {
        let mut builder = GlobSetBuilder::new();
        let mut of = Vec::new();
        let wrong = |pattern: &str, why: &str| {
            Unreadable(format!("`{}` is no pattern: {why}", pattern.escape_debug()))
        };
        for (place, pattern) in patterns.into_iter().enumerate() {
            let globs = expand(pattern, covers).map_err(|why| wrong(pattern, why))?;
            for glob in globs {
                let built = GlobBuilder::new(&glob)
                    .literal_separator(true)
                    .backslash_escape(true)
                    .empty_alternates(true)
                    .build();
                let built = built.map_err(|error| wrong(pattern, &error.kind().to_string()))?;
                builder.add(built);
                of.push(place);
            }
        }
        let set = builder
            .build()
            .map_err(|error| Unreadable(format!("the patterns are too many: {error}")))?;
        Ok(Self { set, of })
    }

    /// The places of the patterns that match, in their order. `path` is a [`plain`] one in small letters.
    pub(super) fn matching(&self, path: &str) -> impl Iterator<Item = usize> {
        self.set.matches(path).into_iter().map(|it| self.of[it])
    }

    pub(super) fn is_match(&self, path: &str) -> bool {
        self.set.is_match(path)
    }
}

/// What a pattern means, in globs.
fn expand(pattern: &str, covers: bool) -> Result<Vec<String>, &'static str> {
    let glob = pattern.trim().to_lowercase();
    if glob.starts_with('!') {
        return Err("nothing is negated here, say a higher level instead");
    }
    let is_folder = glob.ends_with('/');
    let name = glob.trim_end_matches('/');
    let is_anchored = name.contains('/');
    let name = name.trim_start_matches('/');
    let name = name.strip_prefix("./").unwrap_or(name);
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.split('/').any(|part| matches!(part, "." | ".." | "")) {
        return Err("it has `.`, `..` or nothing between slashes");
    }
    // A rule of ours with a slash is about the end of a path, one of a person about all of it.
    let glob = match is_anchored && covers {
        true => name.to_owned(),
        false => format!("**/{name}"),
    };
    let mut globs = Vec::new();
    if covers || is_folder {
        globs.push(format!("{glob}/**"));
    }
    if !is_folder {
        globs.push(glob);
    }
    Ok(globs)
}

/// A path with `/` between its parts and none of them `.`, `..` or empty, as far as it stays inside.
pub(super) fn plain(path: &str) -> Cow<'_, str> {
    let is_plain = !path.contains('\\')
        && path
            .split('/')
            .enumerate()
            .all(|(n, part)| !matches!(part, "." | "..") && (n == 0 || !part.is_empty()));
    if is_plain {
        return Cow::Borrowed(path);
    }
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let from_root = if path.starts_with('/') { "/" } else { "" };
    Cow::Owned(format!("{from_root}{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, hits: &[&str], misses: &[&str]) {
        let globs = Globs::covering([pattern]).expect("it is a pattern");
        for (paths, wanted) in [(hits, true), (misses, false)] {
            for path in paths {
                let is_match = globs.is_match(&plain(path).to_lowercase());
                assert_eq!(is_match, wanted, "`{pattern}` on `{path}`");
            }
        }
    }

    #[test]
    fn a_name_is_meant_anywhere_and_a_path_from_the_root() {
        check("*.pem", &["a.pem", "x/y/A.PEM", "x\\b.pem"], &["a.pem.txt"]);
        check("notes", &["notes", "a/notes/b/c.md"], &["a/notes.md"]);
        check(
            "infra/**",
            &["infra/a/b", "./infra/a", "x/../infra/a"],
            &["a/infra/b", "infra"],
        );
        check("/infra", &["infra", "infra/a"], &["a/infra"]);
        check("src/*.rs", &["src/a.rs"], &["src/a/b.rs", "x/src/a.rs"]);
        check("gen/", &["gen/a", "x/gen/a/b"], &["gen"]);
        check("a{b,c}.x", &["ab.x", "d/ac.X"], &["a.x"]);
        check("*", &["a", "a/b"], &[]);
        check("Größe/**", &["größe/a", "GRÖSSE/../GRÖßE/a"], &["grösse/a"]);
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        for pattern in ["", " ", "/", "!a", "a[", "{a", "../a", "a//b"] {
            let why = Globs::covering([pattern]).expect_err(pattern);
            assert!(why.0.starts_with('`'), "{why}");
        }
    }

    #[test]
    fn a_path_out_of_the_tree_stays_out() {
        assert_eq!(plain("../a/./b"), "../a/b");
        assert_eq!(plain("/usr//lib"), "/usr/lib");
        assert_eq!(plain("a/b.rs"), "a/b.rs");
    }
}
