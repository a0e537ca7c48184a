//! How much of a suggestion one key takes: the next word, the next line.
//!
//! Pure functions over the text of a suggestion, so that every editor takes the same steps.

/// Bytes of the next word: white space before it, then a run of word characters or of one kind of
/// punctuation. The whole text when nothing else is left.
pub fn next_word(text: &str) -> usize {
    let word = text.trim_start();
    let lead = text.len() - word.len();
    let Some(first) = word.chars().next() else {
        return text.len();
    };
    let run = if is_word(first) {
        word.find(|c| !is_word(c))
    } else if is_bracket(first) {
        Some(first.len_utf8())
    } else {
        // An arrow is one operator.
        word.find(|c: char| is_word(c) || is_bracket(c) && c != '>' || c.is_whitespace())
    };
    lead + run.unwrap_or(word.len())
}

/// Bytes of the next line: to the first line break that something visible stands before, that break
/// left out. A suggestion that starts with a break gives the whole line below.
pub fn next_line(text: &str) -> usize {
    let lead = text.len() - text.trim_start().len();
    match text[lead..].find('\n') {
        Some(at) => lead + text[lead..lead + at].trim_end_matches('\r').len(),
        None => text.len(),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_bracket(c: char) -> bool {
    matches!(
        c,
        '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '"' | '\'' | '`'
    )
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "inline snapshots read best by value"
    )]
    fn check(step: fn(&str) -> usize, text: &str, expected: Expect) {
        let mut rest = text;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = rest.split_at(step(rest));
            assert!(!step.is_empty(), "every key takes something");
            steps.push(step);
            rest = after;
        }
        let steps = steps.join("|").replace('\r', "␍").replace('\n', "⏎");
        expected.assert_eq(&steps);
    }

    #[test]
    fn words() {
        check(
            next_word,
            "self.rows.push(row_1);",
            expect!["self|.|rows|.|push|(|row_1|)|;"],
        );
        check(
            next_word,
            " += größe -> Vec<T>",
            expect![" +=| größe| ->| Vec|<|T|>"],
        );
        check(next_word, "a\n    b  ", expect!["a|⏎    b|  "]);
    }

    #[test]
    fn lines() {
        check(next_line, "a(\n    b,\n\n)", expect!["a(|⏎    b,|⏎⏎)"]);
        check(next_line, "\n    a\r\n    b", expect!["⏎    a|␍⏎    b"]);
    }
}
