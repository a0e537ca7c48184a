//! The vectors of a segment's chunks, as bytes, with the name of the model that made them.
//!
//! The one idea: every row is scaled so that its largest number is 127, and carries its scale; the dot product
//! of two rows of bytes is then the cosine to within a percent, at a quarter of the memory.
//!
//! Chunks without a vector (an embedder that failed half-way) have a row of zeros: similar to nothing.

use super::Damaged;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Vectors {
    model: String,
    dimensions: usize,
    rows: Vec<i8>,
    scales: Vec<f32>,
}

impl Vectors {
    pub(crate) fn new(model: &str, dimensions: usize) -> Self {
        Self {
            model: model.to_owned(),
            dimensions,
            ..Self::default()
        }
    }

    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Whether there is a vector in a row.
    pub(crate) fn has(&self, row: u32) -> bool {
        self.scales.get(row as usize).is_some_and(|it| *it > 0.0)
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.scales.len()
    }

    /// Appends a row; one of another dimension counts as none.
    pub(crate) fn push(&mut self, vector: &[f32]) {
        let largest = vector.iter().fold(0f32, |most, x| most.max(x.abs()));
        let start = self.rows.len();
        self.rows.resize(start + self.dimensions, 0);
        if vector.len() != self.dimensions || largest <= 0.0 || !largest.is_finite() {
            return self.scales.push(0.0);
        }
        let scale = largest / 127.0;
        for (byte, x) in self.rows[start..].iter_mut().zip(vector) {
            *byte = (x / scale).round().clamp(-127.0, 127.0) as i8;
        }
        self.scales.push(scale);
    }

    /// Appends a row of other vectors of the same model.
    pub(crate) fn push_row(&mut self, other: &Self, row: u32) {
        let start = row as usize * self.dimensions;
        let known = other.rows.get(start..start + self.dimensions);
        match (known, other.scales.get(row as usize)) {
            (Some(known), Some(&scale)) if other.dimensions == self.dimensions => {
                self.rows.extend_from_slice(known);
                self.scales.push(scale);
            }
            _ => self.push(&[]),
        }
    }

    /// The cosine of a row and a query of length one that was packed by [`Vectors::pack`].
    pub(crate) fn cosine(&self, row: u32, query: &Packed) -> f32 {
        let start = row as usize * self.dimensions;
        let Some(row_bytes) = self.rows.get(start..start + self.dimensions) else {
            return 0.0;
        };
        let sum: i32 = row_bytes
            .iter()
            .zip(&query.row)
            .map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b)))
            .sum();
        sum as f32 * self.scales[row as usize] * query.scale
    }

    /// A query in the same form; nothing when it has another dimension.
    pub(crate) fn pack(&self, query: &[f32]) -> Option<Packed> {
        let mut one = Self::new("", self.dimensions);
        one.push(query);
        let scale = one.scales[0];
        (scale > 0.0).then_some(Packed {
            row: one.rows,
            scale,
        })
    }

    pub(crate) fn memory(&self) -> usize {
        self.rows.len() + self.scales.len() * 4
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = super::bytes::Writer::new();
        out.text(&self.model);
        out.slice(&[self.dimensions as u64]);
        out.slice(&self.rows);
        out.slice(&self.scales);
        out.done()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut from = super::bytes::Reader::new(bytes)?;
        let model = from.text()?;
        let [dimensions] = from.array::<u64>()?[..] else {
            return Err(Damaged("a dimension is missing"));
        };
        let read = Self {
            model,
            dimensions: usize::try_from(dimensions).map_err(|_| Damaged("a dimension is wrong"))?,
            rows: from.array()?,
            scales: from.array()?,
        };
        if Some(read.rows.len()) != read.scales.len().checked_mul(read.dimensions) {
            return Err(Damaged("rows and scales do not fit"));
        }
        Ok(read)
    }
}

/// A query as bytes.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    row: Vec<i8>,
    scale: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_survives_the_packing() {
        let mut vectors = Vectors::new("m", 3);
        vectors.push(&[0.6, 0.8, 0.0]);
        vectors.push(&[0.0, 0.0, 1.0]);
        vectors.push(&[1.0]);
        let query = vectors.pack(&[0.8, 0.6, 0.0]).expect("same dimension");
        assert!((vectors.cosine(0, &query) - 0.96).abs() < 0.01);
        assert!(vectors.cosine(1, &query).abs() < 0.01);
        assert_eq!(vectors.cosine(2, &query), 0.0);
        assert!(vectors.pack(&[1.0]).is_none());
        let read = Vectors::from_bytes(&vectors.to_bytes()).expect("what was written");
        assert_eq!(read, vectors);
    }
}
