//! Whether two lines say the same: equal but for white space around them, or within one letter in twenty.

const LETTERS_PER_SLIP: usize = 20;
/// Longer lines are compared for equality alone.
const LONGEST: usize = 400;

/// Whether `a` and `b` differ by at most 5 %.
pub(super) fn similar(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    if a == b {
        return true;
    }
    let longest = a.len().max(b.len());
    let slips = longest / LETTERS_PER_SLIP;
    if slips == 0 || longest > LONGEST || a.len().abs_diff(b.len()) > slips {
        return false;
    }
    distance(a.as_bytes(), b.as_bytes()) <= slips
}

/// Levenshtein's distance.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_in_twenty() {
        assert!(similar(
            "  return total_of(prices)",
            "return total_of(price) "
        ));
        assert!(!similar("return total_of(prices)", "return total_of(pens)"));
        assert!(!similar("a = 1", "b = 1"));
        assert_eq!(distance(b"kitten", b"sitting"), 3);
        assert_eq!(distance(b"", b"ab"), 2);
    }
}
