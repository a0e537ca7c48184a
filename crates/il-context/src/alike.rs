//! Whether a suffix is nearly the one that was shown last.
//!
//! The one idea: a model hardly cares about a word that changed far behind the cursor, and its cache cares much. What stands
//! right behind the cursor is another matter: there the old text may stay only where the difference is what editors type
//! by themselves, closing brackets and quotes.
//!
//! Deliberately absent: tokens; words and signs do as well, without asking anybody.

/// How many words and signs are compared.
const LENGTH: usize = 50;
/// One of so many may differ.
const ONE_OF: usize = 10;

/// Whether `old` may stand for `new`.
pub(crate) fn alike(old: &str, new: &str) -> bool {
    if new.starts_with(old) && !old.is_empty() {
        return true;
    }
    if old.is_empty() || new.is_empty() || !same_at_the_cursor(old, new) {
        return false;
    }
    let (old, new) = (words(old), words(new));
    distance(&old, &new) * ONE_OF <= old.len().max(new.len())
}

/// The rest of the line, but for what closes, and the next line that is not blank.
fn same_at_the_cursor(old: &str, new: &str) -> bool {
    let rest = |text: &str| {
        let line = text.lines().next().unwrap_or_default();
        let closes =
            |it: char| it.is_whitespace() || matches!(it, ')' | ']' | '}' | '>' | '"' | '\'' | '`');
        line.trim_start_matches(closes).trim_end().to_owned()
    };
    let next = |text: &str| {
        let mut lines = text.lines().skip(1).filter(|it| !it.trim().is_empty());
        lines.next().map(str::to_owned)
    };
    rest(old) == rest(new) && next(old) == next(new)
}

/// The first words and signs; blanks do not count.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if words.len() == LENGTH {
            break;
        }
        let is_word = |it: char| it.is_alphanumeric() || it == '_';
        let end = if is_word(first) {
            rest.find(|it| !is_word(it)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

/// How many words have to be put in, taken out or changed.
fn distance(old: &[&str], new: &[&str]) -> usize {
    let mut row: Vec<usize> = (0..=new.len()).collect();
    for (i, a) in old.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in new.iter().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[new.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "\n    let a = one(two);\n    let b = two(three, four);\n    let c = three(four, five, six);\n    d(a, b, c, 7, 8, 9);\n}\n";

    #[test]
    fn a_bracket_that_an_editor_closed_changes_nothing() {
        assert!(alike(REST, &format!(")){REST}")));
        assert!(alike(&format!("\"){REST}"), REST));
    }

    #[test]
    fn a_word_far_behind_the_cursor_changes_nothing_and_many_do() {
        assert!(alike(REST, &REST.replace("d(a", "e(a")));
        assert!(!alike(
            REST,
            &REST.replace(", ", " + ").replace("four", "five")
        ));
    }

    #[test]
    fn what_stands_right_behind_the_cursor_counts() {
        assert!(!alike(REST, &format!(" + rest{REST}")));
        assert!(!alike(
            REST,
            REST.strip_prefix("\n    let a = one(two);")
                .unwrap_or_default()
        ));
        assert!(!alike(&format!("\n}}{REST}"), REST));
    }

    #[test]
    fn lines_that_came_in_at_the_end_of_a_short_rest_are_no_reason() {
        assert!(alike("\n}\n", "\n}\n\nfn next() {}\n"));
        assert!(!alike("", "\n}\n"));
        assert!(!alike("\n}\n", ""));
    }
}
