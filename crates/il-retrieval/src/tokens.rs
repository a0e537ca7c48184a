//! A measure of length that needs no model: words, numbers and single symbols.
//!
//! A code model's own tokens are about as many, so a budget in these is a fair first guess for any of them.

/// How many simple tokens a text has: a word, a number or one other character that is not white space each.
pub fn count(text: &str) -> usize {
    let mut count = 0;
    let mut inside = Inside::Nothing;
    for c in text.chars() {
        let next = match c {
            c if c.is_alphabetic() || c == '_' => match inside {
                Inside::Number => Inside::Number,
                _ => Inside::Word,
            },
            c if c.is_numeric() => match inside {
                Inside::Word => Inside::Word,
                _ => Inside::Number,
            },
            '.' if inside == Inside::Number => Inside::Number,
            _ => Inside::Nothing,
        };
        let goes_on = next != Inside::Nothing && next == inside;
        count += usize::from(!goes_on && !c.is_whitespace());
        inside = next;
    }
    count
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Word,
    Number,
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn words_numbers_and_symbols_count_one_each() {
        for (text, tokens) in [
            ("", 0),
            ("let x_1 = foo(2.5, \"a b\");", 13),
            ("0x1f 1e5", 2),
            ("a->b", 4),
            ("größe", 1),
        ] {
            assert_eq!(count(text), tokens, "{text}");
        }
    }
}
