//! The line of a settings file that a problem points at, with everything masked that could be a key.
//!
//! The one idea: what is shown is what is known to be harmless. The value of a key that settings do not have, of a
//! line that cannot be read, of anything called key, token, secret or password is three dots, since people do write
//! keys into settings files, and error messages end in bug reports.
//!
//! Deliberately absent: guessing from the look of a value.

use std::ops::Range;

use crate::Place;

/// Stands for what is not shown.
const MASK: &str = "…";
/// Lines longer than this are cut; nobody reads a caret in column 200.
const WIDEST: usize = 120;
/// Values of these are never shown.
const SECRET_WORDS: &[&str] = &["key", "token", "secret", "password", "auth", "credential"];
/// Values of these are. What a word of `SECRET_WORDS` is part of must be named here to be seen.
const HARMLESS: &[&str] = &[
    "version",
    "use",
    "context",
    "speculate",
    "answer_tokens",
    "context_tokens",
    "speaks",
    "url",
    "model",
    "template",
    "proxy",
    "authorities",
    "concurrency",
    "retries",
    "patience_seconds",
    "hedge",
    "free",
    "file",
    "threads",
    "gpu_layers",
    "adapters",
    "weight",
    "repository",
    "input",
    "cached",
    "output",
    "currency",
    "per_day",
    "per_user_per_day",
    "unpriced",
    "keep_days",
    "own",
    "air_gap",
    "personal",
    "restore",
    "rules",
    "rules_on",
    "rules_off",
    "matches",
    "block_licences",
    "audit_days",
];

/// A line and what of it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) line: String,
    /// In characters of `line`.
    marked: Range<usize>,
}

impl Excerpt {
    /// The line at `span` of `text`, and where it is. Where the text is no TOML a line may be made of two: what looks
    /// like more than one value is not shown then.
    pub(crate) fn cut(text: &str, span: &Range<usize>, is_toml: bool) -> (Place, Self) {
        let at = floor(text, span.start.min(text.len()));
        let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
        let end = text[at..].find('\n').map_or(text.len(), |it| at + it);
        let line = text[start..end].trim_end_matches('\r');
        let at = at.min(start + line.len());
        let until = floor(text, span.end.clamp(at, start + line.len()));
        let place = Place {
            line: text[..start].matches('\n').count() + 1,
            column: text[start..at].chars().count() + 1,
        };
        let shown = harmless_part(line, is_toml);
        (place, Self::mask(line, shown, at - start..until - start))
    }

    fn mask(line: &str, shown: usize, marked: Range<usize>) -> Self {
        let count = |until: usize| line[..until.min(shown)].chars().count();
        let marked = count(marked.start)..count(marked.end);
        let mut visible: String = line[..shown].chars().map(printable).collect();
        if shown < line.trim_end().len() {
            visible.push_str(MASK);
        }
        if visible.chars().count() > WIDEST {
            visible = visible.chars().take(WIDEST).collect::<String>() + MASK;
        }
        Self {
            line: visible,
            marked: marked.start.min(WIDEST)..marked.end.min(WIDEST),
        }
    }

    /// What stands under the line.
    pub(crate) fn carets(&self) -> String {
        let before = self.line.chars().take(self.marked.start);
        let before: String = before.map(|c| if c == '\t' { c } else { ' ' }).collect();
        before + &"^".repeat(self.marked.len().max(1))
    }
}

/// Whether some table has this key.
pub(crate) fn is_setting(key: &str) -> bool {
    key == "key" || HARMLESS.contains(&key)
}

/// How much of a line may be shown, in bytes.
fn harmless_part(line: &str, is_toml: bool) -> usize {
    let trimmed = line.trim_start();
    if trimmed.is_empty() {
        return line.len();
    }
    if trimmed.starts_with('[') {
        // A header, up to what somebody wrote behind it.
        return line
            .rfind(']')
            .map_or(line.len() - trimmed.len(), |it| it + 1);
    }
    let Some(equals) = line.find('=') else {
        return line.len() - trimmed.len();
    };
    let name = line[..equals].trim();
    let value = &line[equals + 1..];
    let names_a_user = value.split("://").skip(1).any(|rest| {
        let host = rest.split(['/', '"', '\'', ',']).next().unwrap_or_default();
        host.contains('@')
    });
    let names_a_secret = SECRET_WORDS
        .iter()
        .any(|it| value.to_lowercase().contains(it));
    let is_one = is_toml || !value.contains('=');
    if HARMLESS.contains(&name) && is_one && !names_a_user && !names_a_secret {
        return line.len();
    }
    let gap = value.len() - value.trim_start().len();
    if name_is_plain(name) {
        equals + 1 + gap
    } else {
        line.len() - trimmed.len()
    }
}

/// Whether it can only be a name, and no value that was torn off another line.
fn name_is_plain(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default().trim();
    last.len() <= 20 && last.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// The nearest boundary of a character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|it| text.is_char_boundary(*it))
        .unwrap_or(0)
}

/// Text that a terminal shows as it is.
fn printable(c: char) -> char {
    if c.is_control() && c != '\t' {
        char::REPLACEMENT_CHARACTER
    } else {
        c
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, shown: &str) {
        assert_eq!(Excerpt::cut(line, &(0..0), false).1.line, shown);
    }

    #[test]
    fn what_could_be_a_key_is_masked() {
        check("key = \"sk-123\"", "key = …");
        check("kye = sk-123", "kye = …");
        check("api_key=\"sk-123\"", "api_key=…");
        check("key \"sk-123\"", "…");
        check("sk-123", "…");
        check("  sk-123\"\"\"", "  …");
        check("work = { key = \"sk-123\" }", "work = …");
        check("endpoint.work.key = 'sk-123'", "endpoint.work.key = …");
        check("url = \"https://me:sk-123@host\"", "url = …"); // interline:allow
        check("url = \"https://host\", key = \"sk-123\"", "url = …");
        check("[endpoint.work] sk-123", "[endpoint.work]…");
        check("sk1 = 2", "…");
        check("model = \"code = \"sk-123\"", "model = …");
    }

    #[test]
    fn what_cannot_be_one_is_shown() {
        check("[endpoint.work]", "[endpoint.work]");
        check("use = [\"endpint:work\"]", "use = [\"endpint:work\"]");
        check("url = \"https://host/v1\"", "url = \"https://host/v1\"");
    }

    #[test]
    fn the_caret_stands_under_what_is_meant() {
        let text = "version = 1\n\turl = \"ü\" # x\n";
        let at = text.find('ü').expect("it is there");
        let (place, excerpt) = Excerpt::cut(text, &(at..at + 2), true);
        assert_eq!((place.line, place.column), (2, 9));
        assert_eq!(excerpt.carets(), "\t       ^");
        assert_eq!(excerpt.line, "\turl = \"ü\" # x");
    }
}
