//! The recipe's words and tokens, by the letter: what a Python regular expression finds.
//!
//! Two scorers agree only if they cut alike, so this is neither the product's tokenizer nor the line evaluation's.

/// Python's `str.isspace`.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Python's `\w`.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `[A-Za-z_]\w*|\d[\w.]*|[^\sA-Za-z0-9_]`
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(is_space);
        let first = rest.chars().next()?;
        let len = if first.is_ascii_alphabetic() || first == '_' {
            rest.find(|c| !is_word(c))
        } else if first.is_ascii_digit() {
            rest.find(|c| !is_word(c) && c != '.')
        } else {
            Some(first.len_utf8())
        };
        let (token, after) = rest.split_at(len.unwrap_or(rest.len()));
        rest = after;
        Some(token)
    })
}

/// `\w+`
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c)).filter(|it| !it.is_empty())
}

/// Whether `str.strip` leaves nothing.
pub(crate) fn is_blank(line: &str) -> bool {
    line.chars().all(is_space)
}

/// Python's `str.splitlines`.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    let is_end = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(is_end) {
        lines.push(&rest[..at]);
        let end = if rest[at..].starts_with("\r\n") {
            2
        } else {
            rest[at..].chars().next().map_or(1, char::len_utf8)
        };
        rest = &rest[at + end..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

/// The last `most` characters.
pub(crate) fn tail(text: &str, most: usize) -> &str {
    let at = text.char_indices().rev().nth(most.saturating_sub(1));
    at.map_or(text, |it| &text[it.0..])
}

/// The first `most` characters.
pub(crate) fn head(text: &str, most: usize) -> &str {
    let at = text.char_indices().nth(most);
    at.map_or(text, |it| &text[..it.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_as_the_recipe_does() {
        let cut = |text| tokens(text).collect::<Vec<_>>().join("|");
        assert_eq!(cut("x1 += 3.5e2*_foo(é)"), "x1|+|=|3.5e2|*|_foo|(|é|)");
        // A word begins with an ASCII letter alone and goes on with any.
        assert_eq!(cut("größe über a\u{1f}b"), "größe|ü|ber|a|b");
        assert_eq!(
            words("a.b-über_1 ").collect::<Vec<_>>(),
            ["a", "b", "über_1"]
        );
        assert_eq!(lines("a\r\nb\n\nc\u{c}"), ["a", "b", "", "c"]);
        assert_eq!(
            (tail("aéb", 2), head("aéb", 2), tail("a", 9)),
            ("éb", "aé", "a")
        );
    }
}
