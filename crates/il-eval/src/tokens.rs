//! The simple tokenizer of the published recipes: words, numbers, single punctuation characters.
//!
//! It decides only which lines count as trivial and which files as near-duplicates; engines have lexers
//! of their own.

/// The tokens of some text; white space separates and is not kept.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let number = first.is_ascii_digit();
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || (number && c == '.');
        let len = if is_part(first) {
            rest.find(|c| !is_part(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(len);
        rest = after;
        Some(token)
    })
}

/// Lines with fewer tokens (brackets, `else:`, `return x`) are reported separately: they are easy.
pub(crate) const NON_TRIVIAL_TOKENS: usize = 4;

/// Whether a whole line has at least four tokens.
pub(crate) fn is_trivial(line: &str) -> bool {
    tokens(line).nth(NON_TRIVIAL_TOKENS - 1).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_as_the_recipes_do() {
        let cut = |text| tokens(text).collect::<Vec<_>>().join("|");
        assert_eq!(
            cut("  x1 += 3.5e2*foo_bar(é)"),
            "x1|+|=|3.5e2|*|foo_bar|(|é|)"
        );
        assert!(is_trivial("    });") && is_trivial("return x") && !is_trivial("x = 1;"));
    }
}
