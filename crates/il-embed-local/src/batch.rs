//! Which texts go through the model together.
//!
//! The one idea: texts of similar length, since every shorter one is padded to the longest.
//!
//! Deliberately absent: running them.

/// Tokens of one batch, padding included: enough to keep the processor busy, few enough to stay in its cache.
const TOKENS: usize = 2048;
const TEXTS: usize = 32;
/// Below this length padding costs less than another batch.
const SHORT: usize = 8;

/// Places of texts by their lengths, batch after batch, the longest texts last.
pub(crate) fn by_length(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&it| lengths[it]);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for place in order {
        match batches.last_mut() {
            // In order: this text would be the longest of its batch, and the first is the shortest.
            Some(batch)
                if batch.len() < TEXTS
                    && (batch.len() + 1) * lengths[place] <= TOKENS
                    && lengths[place] <= lengths[batch[0]].max(SHORT) * 3 / 2 =>
            {
                batch.push(place);
            }
            _ => batches.push(vec![place]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_lengths_stand_together_and_nothing_is_lost() {
        let lengths = [500, 3, 500, 4, 500, 3, 500, 500, 9999];
        let batches = by_length(&lengths);
        assert_eq!(batches, [vec![1, 5, 3], vec![0, 2, 4, 6], vec![7], vec![8]]);
        let many = by_length(&[1; 70]);
        let sizes: Vec<usize> = many.iter().map(Vec::len).collect();
        assert_eq!(sizes, [32, 32, 6]);
    }
}
