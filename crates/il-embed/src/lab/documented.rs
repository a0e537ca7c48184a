//! Documentation: where it stands beside a definition, and what it says in one sentence.
//!
//! Light rules by line for any language whose comments begin a line: the comment lines right above a
//! definition (over its decorators), or a docstring below its first line. The first sentence is the
//! question somebody would ask; the rest is a second one.
//!
//! Deliberately absent: documentation formats beyond what ends the first paragraph.

use std::ops::Range;

/// A definition and what is written about it.
pub(crate) struct Documented {
    pub(crate) doc: String,
    /// The definition with its decorators, without a docstring inside.
    pub(crate) code: String,
}

const MARKS: [&str; 8] = ["///", "//!", "//", "/**", "/*", "*/", "*", "#"];

/// Whether a line is a comment, and what it says.
pub(crate) fn comment(line: &str) -> Option<&str> {
    let line = line.trim();
    if line.starts_with("#[") || line.starts_with("#!") || line.starts_with("#include") {
        return None;
    }
    MARKS.iter().find_map(|mark| {
        let said = line.strip_prefix(mark)?;
        Some(said.trim_end_matches("*/").trim())
    })
}

fn decorates(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('@') || line.starts_with("#[")
}

/// The definition at `range` of `text`.
pub(crate) fn documented(text: &str, range: Range<usize>) -> Documented {
    let (mut doc, start) = above(text, range.start);
    let mut code = text.get(start..range.end).unwrap_or_default().to_owned();
    if doc.is_empty() {
        let from = range.start.saturating_sub(start).min(code.len());
        if let Some((inside, cut)) = docstring(&code, from) {
            doc = inside;
            code.replace_range(cut, "");
        }
    }
    Documented { doc, code }
}

/// What the comment lines above `at` say, and where the decorators below them begin.
fn above(text: &str, at: usize) -> (String, usize) {
    let line_start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let mut start = at;
    let mut end = line_start;
    let mut said: Vec<&str> = Vec::new();
    while end > 0 {
        let begin = text[..end - 1].rfind('\n').map_or(0, |i| i + 1);
        let line = &text[begin..end];
        if let Some(comment) = comment(line) {
            said.push(comment);
        } else if said.is_empty() && decorates(line) {
            start = begin;
        } else {
            break;
        }
        end = begin;
    }
    said.reverse();
    (said.join("\n"), start)
}

/// A string that is the first statement of a Python body.
fn docstring(code: &str, from: usize) -> Option<(String, Range<usize>)> {
    for mark in ["\"\"\"", "'''"] {
        let open = from + code.get(from..)?.find(mark)?;
        let before = code[..open].trim_end_matches(['r', 'R', 'u', 'U', 'b', 'B', 'f', 'F']);
        if !before.trim_end().ends_with(':') || !before.ends_with([' ', '\t', '\n']) {
            continue;
        }
        let inside = open + mark.len();
        let close = inside + code[inside..].find(mark)?;
        return Some((
            code[inside..close].to_owned(),
            before.len()..close + mark.len(),
        ));
    }
    None
}

/// Lines that end the prose at the top of a documentation.
const ENDS: [&str; 22] = [
    "@",
    ":param",
    ":return",
    ":raises",
    "Args:",
    "Arguments:",
    "Parameters",
    "Returns:",
    "Raises:",
    "Yields:",
    "Example",
    "Usage",
    "# ",
    "## ",
    "* ",
    "- ",
    "```",
    ">>>",
    ".. ",
    "<p>",
    "<ul>",
    "===",
];

/// The first sentence, and what else the prose says.
pub(crate) fn sentences(doc: &str) -> (String, String) {
    let mut prose = String::new();
    let mut more = String::new();
    let mut first = true;
    for line in doc.lines() {
        let line = line.trim();
        let ends = line.is_empty() || ENDS.iter().any(|e| line.starts_with(e));
        if ends && prose.is_empty() && line.is_empty() {
            continue;
        }
        if ends {
            first = false;
        }
        let into = if first { &mut prose } else { &mut more };
        if !line.starts_with("```") && !line.starts_with(">>>") && into.len() < 400 {
            into.push_str(line);
            into.push(' ');
        }
    }
    let prose = plain(&prose);
    let end = prose
        .char_indices()
        .zip(prose.chars().skip(1))
        .find(|((_, a), b)| matches!(a, '.' | '!' | '?') && b.is_whitespace())
        .map_or(prose.len(), |((i, _), _)| i + 1);
    let (sentence, rest) = prose.split_at(end);
    (
        sentence.trim().to_owned(),
        format!("{} {}", rest.trim(), plain(&more)),
    )
}

/// Without mark-up: `{@link X}`, `<b>`, back-quotes.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut tag = false;
    for (i, c) in text.char_indices() {
        match c {
            '<' if text[i + 1..].starts_with(|c: char| c == '/' || c.is_ascii_alphabetic()) => {
                tag = text[i..].find('>').is_some_and(|n| n < 40);
            }
            '>' if tag => tag = false,
            '`' | '{' | '}' | '[' | ']' => out.push(' '),
            _ if !tag => out.push(c),
            _ => {}
        }
    }
    let out = out.replace("@link", " ").replace("@code", " ");
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    out.replace(" .", ".").replace(" ,", ",")
}

/// How many words a question has.
pub(crate) fn word_count(text: &str) -> usize {
    text.split_whitespace()
        .filter(|w| w.starts_with(|c: char| c.is_ascii_alphabetic()))
        .count()
}

/// Whether a comment asks nothing.
pub(crate) fn says_nothing(text: &str) -> bool {
    let lower = text.trim_start().to_ascii_lowercase();
    [
        "todo",
        "fixme",
        "deprecated",
        "see ",
        "copyright",
        "licensed",
        "noqa",
        "same as",
        "inherit",
        "type:",
        "pylint",
        "eslint",
        "@",
        "nolint",
        "spdx",
    ]
    .iter()
    .any(|start| lower.starts_with(start))
        || !text.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_is_above_or_inside() {
        let text = "/// Adds one.\n/// Always.\n#[inline]\nfn add(x: u8) -> u8 { x + 1 }\n";
        let at = text.find("fn add").expect("it is there");
        let found = documented(text, at..text.len());
        assert_eq!(found.doc, "Adds one.\nAlways.");
        assert_eq!(found.code, "#[inline]\nfn add(x: u8) -> u8 { x + 1 }\n");
        let text = "def f(x):\n    \"\"\"Adds one.\"\"\"\n    return x + 1\n";
        let found = documented(text, 0..text.len());
        assert_eq!(found.doc, "Adds one.");
        assert_eq!(found.code, "def f(x):\n    \n    return x + 1\n");
        let text = "/**\n * Adds {@link One}.\n *\n * @param x\n */\nint f(int x) {}\n";
        let at = text.find("int f").expect("it is there");
        let found = documented(text, at..text.len());
        assert_eq!(sentences(&found.doc).0, "Adds One.");
    }

    #[test]
    fn the_first_sentence_is_the_question() {
        let (one, more) =
            sentences("Opens a `file` for e.g\nreading. It may wait.\n\nArgs:\n  x: what");
        assert_eq!(one, "Opens a file for e.g reading.");
        assert_eq!(more, "It may wait. Args: x: what");
    }
}
