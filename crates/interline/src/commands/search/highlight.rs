//! What of a line was looked for.
//!
//! The one idea: a line is cut into words and parts of words as the index does it, so what is marked is what was found:
//! `retries` for `retry`, the `Client` in `HttpClient`.

use std::{collections::HashSet, ops::Range};

use il_retrieval::terms;

/// Shorter words are everywhere, and so are these.
const SHORTEST: usize = 3;
const EVERYWHERE: [&str; 16] = [
    "and", "are", "does", "for", "from", "how", "into", "not", "that", "the", "this", "what",
    "when", "where", "which", "with",
];

/// The terms of a query.
pub(super) struct Wanted(HashSet<String>);

impl Wanted {
    pub(super) fn of(query: &str) -> Self {
        let mut wanted = HashSet::new();
        terms::each_term(query, |term| {
            if term.chars().count() >= SHORTEST && !EVERYWHERE.contains(&term) {
                wanted.insert(term.to_owned());
            }
        });
        Self(wanted)
    }

    /// Where in a line something of it is.
    pub(super) fn ranges(&self, line: &str) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (start, word) in terms::words(line) {
            if self.has(word) {
                ranges.push(start..start + word.len());
                continue;
            }
            let mut at = 0;
            for part in terms::parts(word) {
                let Some(found) = word[at..].find(part) else {
                    break;
                };
                let from = at + found;
                at = from + part.len();
                if self.has(part) {
                    ranges.push(start + from..start + at);
                }
            }
        }
        ranges
    }

    fn has(&self, word: &str) -> bool {
        let mut word = word.to_lowercase();
        if self.0.contains(&word) {
            return true;
        }
        terms::stem(&mut word);
        self.0.contains(&word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, line: &str, expected: &str) {
        let mut shown = line.to_owned();
        for range in Wanted::of(query).ranges(line).into_iter().rev() {
            shown.insert(range.end, ']');
            shown.insert(range.start, '[');
        }
        assert_eq!(shown, expected);
    }

    #[test]
    fn words_and_parts_of_words_are_marked() {
        check(
            "http client",
            "let c = HttpClient::new();",
            "let c = [Http][Client]::new();",
        );
        check(
            "open session",
            "open_session(session)",
            "[open]_[session]([session])",
        );
        check("HttpClient", "HttpClient http", "[HttpClient] [http]");
    }

    #[test]
    fn other_forms_of_a_word_are_marked() {
        check(
            "parse headers",
            "parsing the header",
            "[parsing] the [header]",
        );
    }

    #[test]
    fn short_words_and_those_of_any_sentence_are_not() {
        check("a to do", "a to do", "a to do");
        check("retry with the lock", "with_lock(the)", "with_[lock](the)");
    }
}
