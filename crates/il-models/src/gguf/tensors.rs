//! The list of weights: how many numbers, and where the last of them ends.
//!
//! The one idea: a file that is shorter than its own list says is a part of a file, whatever its name and size claim.
//!
//! Deliberately absent: the weights, and kinds of numbers that are newer than this table; those are not measured.

use std::io::BufRead;

use super::{Strange, reader::Reader};

pub(super) struct Weights {
    pub(super) parameters: u64,
    /// Where the file must end at the earliest.
    pub(super) end: u64,
}

pub(super) fn read<R: BufRead>(
    reader: &mut Reader<R>,
    count: u64,
    alignment: u64,
) -> Result<Weights, Strange> {
    const TOO_MANY: Strange = Strange::Nonsense("a tensor has more numbers than can be");
    let (mut parameters, mut last) = (0_u64, 0_u64);
    for _ in 0..count {
        reader.text(1 << 10)?;
        let dimensions = reader.u32()?;
        if dimensions > 8 {
            return Err(Strange::Nonsense("a tensor has more than 8 dimensions"));
        }
        let mut numbers = 1_u64;
        for _ in 0..dimensions {
            numbers = numbers.checked_mul(reader.u64()?).ok_or(TOO_MANY)?;
        }
        let kind = reader.u32()?;
        let offset = reader.u64()?;
        parameters = parameters.checked_add(numbers).ok_or(TOO_MANY)?;
        if let Some((block, bytes)) = block(kind) {
            let size = (numbers / block).checked_mul(bytes).ok_or(TOO_MANY)?;
            last = last.max(offset.checked_add(size).ok_or(TOO_MANY)?);
        }
    }
    let begin = reader.at().next_multiple_of(alignment);
    Ok(Weights {
        parameters,
        end: match last {
            0 => reader.at(),
            last => begin.checked_add(last).ok_or(TOO_MANY)?,
        },
    })
}

/// How many numbers of a kind stand together, and in how many bytes.
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 | 26 => (1, 4),
        1 | 25 | 30 => (1, 2),
        24 => (1, 1),
        27 | 28 => (1, 8),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        20 => (32, 18),
        23 => (256, 136),
        _ => return None,
    })
}
