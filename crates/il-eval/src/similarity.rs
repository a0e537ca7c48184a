//! How alike an answer and the truth are: exact match, and both published definitions of edit similarity.
//!
//! The official rule for statements: an answer is cut to as many non-blank lines as the truth has, and
//! lines are compared without their outer white space. For the rest of a line the rule is stricter: only
//! white space at the very end is free, since a missing space before the cursor is a wrong insertion.

/// Edit similarity by its two definitions in use, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// `1 − indel / (|a| + |b|)`: insertions and deletions only (CrossCodeEval).
    pub indel: f64,
    /// `1 − levenshtein / max(|a|, |b|)` (RepoCoder).
    pub levenshtein: f64,
}

/// Whether an answer is the truth byte for byte, white space at the end aside.
pub fn exact_match(answer: &str, truth: &str) -> bool {
    answer.trim_end() == truth.trim_end()
}

/// Whether the non-blank lines are the same, outer white space aside; the answer may go on longer.
pub fn same_lines(answer: &str, truth: &str) -> bool {
    let (answer, truth) = official(answer, truth);
    answer == truth
}

/// How alike the official forms of answer and truth are.
pub fn similarity(answer: &str, truth: &str) -> Similarity {
    let (answer, truth) = official(answer, truth);
    let (a, b): (Vec<char>, Vec<char>) = (answer.chars().collect(), truth.chars().collect());
    let share = |distance: usize, of: usize| match of {
        0 => 1.0,
        of => 1.0 - distance as f64 / of as f64,
    };
    Similarity {
        indel: share(edit_distance(&a, &b, 2), a.len() + b.len()),
        levenshtein: share(edit_distance(&a, &b, 1), a.len().max(b.len())),
    }
}

/// Stripped non-blank lines; the answer has at most as many as the truth.
fn official(answer: &str, truth: &str) -> (String, String) {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.split('\n').map(str::trim);
        lines
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let truth = lines(truth);
    let mut answer = lines(answer);
    answer.truncate(truth.len());
    (answer.join("\n"), truth.join("\n"))
}

/// Fewest edits from `a` to `b`, where a substitution costs `substitution`.
fn edit_distance(a: &[char], b: &[char], substitution: usize) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + if x == y { 0 } else { substitution };
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(answer: &str, truth: &str, same: bool, indel: f64, levenshtein: f64) {
        let got = similarity(answer, truth);
        assert_eq!(same_lines(answer, truth), same, "{answer:?} {truth:?}");
        assert!((got.indel - indel).abs() < 1e-9, "{got:?}");
        assert!((got.levenshtein - levenshtein).abs() < 1e-9, "{got:?}");
    }

    #[test]
    fn agrees_with_examples_worked_out_by_hand() {
        check("return x", "return x", true, 1.0, 1.0);
        // kitten → sitting: 3 edits; as insertions and deletions 5 (two substitutions count twice).
        check(
            "kitten",
            "sitting",
            false,
            1.0 - 5.0 / 13.0,
            1.0 - 3.0 / 7.0,
        );
        // One character too few of ten.
        check("abcdefghi", "abcdefghij", false, 1.0 - 1.0 / 19.0, 0.9);
        check("", "abc", false, 0.0, 0.0);
        check("", "", true, 1.0, 1.0);
        // Outer space, blank lines and lines after the truth's last do not count.
        check("  a(\n\n    b)\nmore", "a(\nb)", true, 1.0, 1.0);
        // Characters, not bytes.
        check("é", "e", false, 0.0, 0.0);
    }

    #[test]
    fn the_rest_of_a_line_must_match_to_the_byte() {
        assert!(exact_match("foo()  ", "foo()"));
        assert!(!exact_match(" foo()", "foo()") && same_lines(" foo()", "foo()"));
    }

    /// The definition, without the row.
    fn naive(a: &[char], b: &[char], substitution: usize) -> usize {
        match (a.split_first(), b.split_first()) {
            (None, _) => b.len(),
            (_, None) => a.len(),
            (Some((x, a1)), Some((y, b1))) => {
                let changed = naive(a1, b1, substitution) + if x == y { 0 } else { substitution };
                changed
                    .min(naive(a1, b, substitution) + 1)
                    .min(naive(a, b1, substitution) + 1)
            }
        }
    }

    proptest! {
        #[test]
        fn the_distance_is_the_definition(a in "[ab]{0,6}", b in "[abc]{0,6}", substitution in 1..3usize) {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(edit_distance(&a, &b, substitution), naive(&a, &b, substitution));
        }
    }
}
