//! The retrieval contract: terms, queries, snippets, embedders, and the ranking for a cursor.
//!
//! The one idea: what is asked and what comes back is plain data with exact lines, so that completion, chat,
//! search and evaluation ask the same question and a test is a text. Ranking is pure: the same index and
//! the same query give the same order.
//!
//! Deliberately absent: how an index is kept, where vectors come from, and how many tokens a model has.

pub mod cursor;
mod embed;
mod instruction;
mod search;
mod snippet;
mod spec;
pub mod terms;
pub mod tokens;

pub use embed::{EmbedError, Embedder, Purpose, normalise};
pub use instruction::Instruction;
pub use search::{Hit, Mode, Ranking, SearchQuery, fuse};
pub use snippet::{Snippet, Source};
pub use spec::{ChoiceError, Dialect, EmbeddingChoice, ServerChoice};

/// Whether a path looks like a test's: whoever looks for something looks for its tests less often.
pub fn is_test_path(path: &str) -> bool {
    path.split('/').any(|part| {
        let part = part.to_ascii_lowercase();
        part.starts_with("test")
            || ["_test.", ".test.", ".spec."]
                .iter()
                .any(|it| part.contains(it))
    })
}

#[cfg(test)]
mod tests {
    use super::is_test_path;

    #[test]
    fn tests_are_known_by_their_paths() {
        for path in [
            "tests/a.rs",
            "src/test_a.py",
            "a_test.go",
            "web/a.spec.ts",
            "src/test/A.java",
        ] {
            assert!(is_test_path(path), "{path}");
        }
        for path in ["src/latest.rs", "contest.py", "attest/a.go"] {
            assert!(!is_test_path(path), "{path}");
        }
    }
}
