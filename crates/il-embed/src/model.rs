//! The model file: what was learnt, in bytes.
//!
//! Layout, little-endian: `ILEMB`, a version byte, the dimension (u16), how many stems are known (u32), how
//! many rows the others share (u32), a checksum of all that follows (u32); then the hashes of the known
//! stems (u32 each), the weight of each row in a query and in a passage (f32 each), and the vectors (an
//! i8 a number, a row a stem). A row's own scale is in its two weights.
//!
//! Deliberately absent: several versions. A file of another version is made again, not converted.

use std::fmt;

use crate::cut::Slots;

const MAGIC: &[u8; 5] = b"ILEMB";
pub(crate) const VERSION: u8 = 1;
const HEADER: usize = 5 + 1 + 2 + 4 + 4 + 4;

/// No model is larger: what a damaged header asks for is never allocated.
const MAX_ROWS: usize = 1 << 20;

/// Why bytes are not a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("not an embedding model: it does not begin with `ILEMB`")]
    NotAModel,
    #[error(
        "the embedding model has format {found}, this build reads {VERSION}: make it again with `examples/train_embedding.rs`"
    )]
    OtherVersion { found: u8 },
    #[error("the embedding model is damaged: {0}")]
    Damaged(&'static str),
}

/// The learnt table.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) dim: usize,
    pub(crate) slots: Slots,
    hashes: Vec<u32>,
    shared: usize,
    /// By row: what it weighs in a query and in a passage.
    pub(crate) weights: Vec<[f32; 2]>,
    pub(crate) vectors: Vec<i8>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({} x {})", self.slots.rows(), self.dim)
    }
}

impl Model {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let after = bytes.strip_prefix(MAGIC).ok_or(ModelError::NotAModel)?;
        match after.first() {
            Some(&VERSION) => {}
            Some(&found) => return Err(ModelError::OtherVersion { found }),
            None => return Err(ModelError::Damaged("it ends in its header")),
        }
        if bytes.len() < HEADER {
            return Err(ModelError::Damaged("it ends in its header"));
        }
        let (header, body) = bytes.split_at(HEADER);
        let dim = usize::from(u16::from_le_bytes([header[6], header[7]]));
        let number = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let (known, shared) = (number(8) as usize, number(12) as usize);
        if checksum(&header[..16], body) != number(16) {
            return Err(ModelError::Damaged("its checksum does not match"));
        }
        if dim == 0 || shared == 0 || known > MAX_ROWS || shared > MAX_ROWS {
            return Err(ModelError::Damaged("its sizes make no sense"));
        }
        let rows = known + shared;
        if body.len() != known * 4 + rows * 8 + rows * dim {
            return Err(ModelError::Damaged("its length does not match its sizes"));
        }
        let (hashes, body) = body.split_at(known * 4);
        let (weights, vectors) = body.split_at(rows * 8);
        let hashes: Vec<u32> = hashes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| u32::from_le_bytes(*b))
            .collect();
        let weights: Vec<[f32; 2]> = weights
            .as_chunks::<8>()
            .0
            .iter()
            .map(|b| {
                let [a, b, c, d, e, f, g, h] = *b;
                [
                    f32::from_le_bytes([a, b, c, d]),
                    f32::from_le_bytes([e, f, g, h]),
                ]
            })
            .collect();
        if weights.iter().flatten().any(|w| !w.is_finite()) {
            return Err(ModelError::Damaged("a weight is not a number"));
        }
        Ok(Self {
            dim,
            slots: Slots::new(&hashes, shared),
            hashes,
            shared,
            weights,
            vectors: bytemuck::cast_slice(vectors).to_vec(),
        })
    }

    /// The file: see the top of this module.
    #[cfg_attr(
        not(any(test, feature = "lab")),
        expect(dead_code, reason = "only the workshop writes models")
    )]
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut body = Vec::new();
        body.extend(self.hashes.iter().flat_map(|h| h.to_le_bytes()));
        body.extend(self.weights.iter().flatten().flat_map(|w| w.to_le_bytes()));
        body.extend_from_slice(bytemuck::cast_slice(&self.vectors));
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        out.extend((self.dim as u16).to_le_bytes());
        out.extend((self.hashes.len() as u32).to_le_bytes());
        out.extend((self.shared as u32).to_le_bytes());
        out.extend(checksum(&out, &body).to_le_bytes());
        out.extend(body);
        out
    }

    /// Rounds learnt vectors, a row after the other, to bytes. Weights are as they were learnt.
    #[cfg_attr(
        not(any(test, feature = "lab")),
        expect(dead_code, reason = "only the workshop makes models")
    )]
    pub(crate) fn rounded(
        hashes: Vec<u32>,
        shared: usize,
        vectors: &[f32],
        weights: &[[f32; 2]],
    ) -> Self {
        let rows = hashes.len() + shared;
        let dim = vectors.len() / rows;
        let mut bytes = Vec::with_capacity(vectors.len());
        let mut scaled = Vec::with_capacity(rows);
        for (vector, weight) in vectors.chunks_exact(dim).zip(weights) {
            let most = vector.iter().fold(1e-9_f32, |m, x| m.max(x.abs()));
            bytes.extend(vector.iter().map(|x| (x / most * 127.0).round() as i8));
            scaled.push(weight.map(|w| w * most / 127.0));
        }
        Self {
            dim,
            slots: Slots::new(&hashes, shared),
            hashes,
            shared,
            weights: scaled,
            vectors: bytes,
        }
    }
}

/// FNV-1a over 8 bytes at a time: it finds accidents, not forgeries.
fn checksum(header: &[u8], body: &[u8]) -> u32 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64;
    for part in [header, body] {
        let (words, rest) = part.as_chunks::<8>();
        for word in words {
            h = (h ^ u64::from_le_bytes(*word)).wrapping_mul(0x0100_0000_01b3);
            h ^= h >> 31;
        }
        for &byte in rest {
            h = (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    (h ^ (h >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cut;

    fn small() -> Model {
        let hashes = ["open", "file"].map(cut::hash).to_vec();
        let vectors: Vec<f32> = (0..16).map(|i| (i as f32 * 0.7).sin()).collect();
        Model::rounded(hashes, 2, &vectors, &[[1.0, 0.5]; 4])
    }

    fn error(bytes: &[u8]) -> String {
        Model::read(bytes).expect_err("it is damaged").to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let model = small();
        let bytes = model.write();
        let read = Model::read(&bytes).expect("it was just written");
        assert_eq!(
            (read.dim, &read.vectors, &read.weights),
            (4, &model.vectors, &model.weights)
        );
        assert_eq!(read.write(), bytes);
        assert_eq!(read.slots.row("file"), 1);
        assert!(read.slots.row("unheard-of") >= 2);
    }

    #[test]
    fn a_rounded_vector_is_close_to_what_was_learnt() {
        let model = small();
        for (i, &x) in model.vectors.iter().enumerate() {
            let back = f32::from(x) * model.weights[i / 4][0];
            assert!((back - (i as f32 * 0.7).sin()).abs() < 0.005, "{i}: {back}");
        }
    }

    #[test]
    fn another_version_is_said() {
        let mut bytes = small().write();
        bytes[5] = VERSION + 1;
        assert_eq!(
            Model::read(&bytes).expect_err("it is of another version"),
            ModelError::OtherVersion { found: VERSION + 1 }
        );
    }

    #[test]
    fn what_is_no_model_is_said() {
        for bytes in [&b""[..], b"ILEM", b"PK\x03\x04 and more"] {
            assert_eq!(
                Model::read(bytes).expect_err("no model"),
                ModelError::NotAModel
            );
        }
    }

    #[test]
    fn any_damage_is_found() {
        let bytes = small().write();
        for end in 5..bytes.len() {
            error(&bytes[..end]);
        }
        for at in 6..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x10;
            error(&bytes);
        }
        let mut longer = bytes;
        longer.push(0);
        error(&longer);
    }

    #[test]
    fn sizes_that_make_no_sense_are_refused_before_they_are_allocated() {
        let mut bytes = small().write();
        bytes.truncate(HEADER);
        bytes[8..16].fill(0xff);
        let sum = checksum(&bytes[..16], &[]);
        bytes[16..20].copy_from_slice(&sum.to_le_bytes());
        assert_eq!(
            error(&bytes),
            "the embedding model is damaged: its sizes make no sense"
        );
    }

    #[test]
    fn the_hash_of_a_term_never_changes() {
        // The shipped model is an index by these.
        assert_eq!(
            ["open", "file", ""].map(cut::hash),
            [2_481_947_597, 2_781_430_082, 124_194_002]
        );
    }
}
