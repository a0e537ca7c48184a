//! Did you mean: the nearest of the words that are allowed.
//!
//! Deliberately absent: any language but spelling.

/// The one of `known` that `word` is most likely a slip of, if any is near enough.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let enough = (word.chars().count() / 3).max(1);
    let distances = known.into_iter().map(|it| (distance(word, it), it));
    let near = distances.filter(|(far, _)| *far <= enough);
    near.min_by_key(|(far, _)| *far).map(|(_, it)| it)
}

/// Letters to insert, drop, change, or swap with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().collect();
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=left.len() {
        for j in 1..=right.len() {
            let changed = usize::from(left[i - 1] != right[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + changed);
            let swapped =
                i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if swapped {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["url", "model", "key", "context_tokens"];
        for (word, expected) in [
            ("ulr", Some("url")),
            ("URL", Some("url")),
            ("modell", Some("model")),
            ("contex_token", Some("context_tokens")),
            ("kye", Some("key")),
            ("password", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
