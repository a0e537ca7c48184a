//! A static model: the mean of the vectors of a text's tokens, and nothing else.
//!
//! Deliberately absent: the tokenizer.

/// One vector for each token.
pub(crate) struct Lookup {
    pub(crate) dimension: usize,
    /// Row after row.
    pub(crate) rows: Vec<f32>,
    /// Which row a token has, where several share one.
    pub(crate) row_of: Option<Vec<u32>>,
    /// How much a token counts.
    pub(crate) weight_of: Option<Vec<f32>>,
    /// A token that says nothing.
    pub(crate) unknown: Option<u32>,
    /// Tokens of a text that count.
    pub(crate) most: usize,
}

impl Lookup {
    /// Tokens that have a vector.
    pub(crate) fn tokens(&self) -> usize {
        let rows = self.rows.len() / self.dimension.max(1);
        self.row_of.as_ref().map_or(rows, Vec::len)
    }

    /// The mean; zeros for a text without a token.
    pub(crate) fn mean(&self, tokens: &[u32]) -> Vec<f32> {
        let mut sum = vec![0.0_f32; self.dimension];
        let known = tokens.iter().filter(|it| Some(**it) != self.unknown);
        let mut count = 0.0_f32;
        for &token in known.take(self.most) {
            let row = match &self.row_of {
                Some(rows) => rows.get(token as usize).copied(),
                None => Some(token),
            };
            let start = row.map(|it| it as usize * self.dimension);
            let Some(row) = start.and_then(|it| self.rows.get(it..it + self.dimension)) else {
                continue;
            };
            let weights = self.weight_of.as_ref();
            let weight = weights.map_or(1.0, |it| it.get(token as usize).copied().unwrap_or(1.0));
            for (sum, x) in sum.iter_mut().zip(row) {
                *sum += weight * x;
            }
            count += 1.0;
        }
        if count > 0.0 {
            for sum in &mut sum {
                *sum /= count;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_of_what_is_known_by_weight_and_row() {
        let mut lookup = Lookup {
            dimension: 2,
            rows: vec![1.0, 0.0, 0.0, 1.0, 9.0, 9.0],
            row_of: None,
            weight_of: None,
            unknown: Some(2),
            most: 3,
        };
        assert_eq!(lookup.mean(&[0, 2, 1]), [0.5, 0.5]);
        assert_eq!(lookup.mean(&[0, 0, 0, 1]), [1.0, 0.0]);
        assert_eq!(lookup.mean(&[2, 7]), [0.0, 0.0]);
        lookup.row_of = Some(vec![1, 1, 2, 0]);
        lookup.weight_of = Some(vec![1.0, 3.0, 1.0, 2.0]);
        assert_eq!(lookup.mean(&[0, 1]), [0.0, 2.0]);
        assert_eq!(lookup.mean(&[3]), [2.0, 0.0]);
        assert_eq!(lookup.tokens(), 4);
    }
}
