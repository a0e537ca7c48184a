//! A map that is a filter: from 64-bit keys to small numbers, in three look-ups.
//!
//! The one idea: every key has three slots, and the three together, xored, give its number beside eight bits that must be
//! those of the key (a binary fuse filter that holds values; Graf and Lemire 2022). A key that was never put in passes
//! once in 256 times, with a number that means nothing; whoever looks up more than one key can tell.
//!
//! Slots are packed to the bit, and the number of a slot is not stored anywhere: 1.13 slots a key.
//!
//! Deliberately absent: adding and removing. Equal keys in equal order give equal bits.

use rustc_hash::FxHashMap;

/// Bits by which a key that is not there is told.
pub(crate) const CHECK_BITS: u32 = 8;
/// A slot is read as part of one 64-bit word.
pub(crate) const MOST_BITS: u32 = 32;
/// Seeds that are tried; each fails about once in a thousand.
const MOST_TRIES: u64 = 64;

/// The shape of a map, apart from its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub seed: u64,
    pub segment: u32,
    /// Slots that a key's first slot is among.
    pub span: u32,
    /// Bits of a slot.
    pub bits: u32,
}

impl Shape {
    /// The three slots of a key, and its check bits.
    fn of(&self, key: u64) -> ([u32; 3], u32) {
        let hash = mix(key.wrapping_add(self.seed));
        let first = ((u128::from(hash) * u128::from(self.span)) >> 64) as u32;
        let mask = self.segment - 1;
        let second = (first + self.segment) ^ ((hash >> 18) as u32 & mask);
        let third = (first + 2 * self.segment) ^ (hash as u32 & mask);
        let check = (mix(hash) & ((1 << CHECK_BITS) - 1)) as u32;
        ([first, second, third], check)
    }

    pub(crate) fn slots(&self) -> usize {
        (self.span + 2 * self.segment) as usize
    }

    /// Bytes that hold all slots, and the word behind them that the last one is read with.
    pub(crate) fn bytes(&self) -> usize {
        (self.slots() * self.bits as usize).div_ceil(8) + 8
    }

    /// Whether the bits of a file can have this shape.
    pub(crate) fn makes_sense(&self) -> bool {
        self.segment.is_power_of_two()
            && (CHECK_BITS + 1..=MOST_BITS).contains(&self.bits)
            && self.span > 0
            && self.span.is_multiple_of(self.segment)
            && self.span.checked_add(2 * self.segment).is_some()
            && self.segment <= 1 << 18
    }

    /// The number of a key, if it may be there.
    pub(crate) fn get(&self, bits: &[u8], key: u64) -> Option<u32> {
        let (slots, check) = self.of(key);
        let word = slots
            .iter()
            .fold(0, |sum, &slot| sum ^ self.read(bits, slot as usize));
        let mask = (1 << CHECK_BITS) - 1;
        (word & mask == check).then_some(word >> CHECK_BITS)
    }

    fn read(&self, bits: &[u8], slot: usize) -> u32 {
        let at = slot * self.bits as usize;
        let bytes = bits.get(at / 8..at / 8 + 8);
        let word = bytes.map_or([0; 8], |it| it.try_into().expect("eight were taken"));
        let word = u64::from_le_bytes(word) >> (at % 8);
        (word & ((1_u64 << self.bits) - 1)) as u32
    }

    fn write(&self, bits: &mut [u8], slot: usize, value: u32) {
        let at = slot * self.bits as usize;
        let place = &mut bits[at / 8..at / 8 + 8];
        let word: [u8; 8] = (&*place).try_into().expect("eight were taken");
        let word = u64::from_le_bytes(word) | u64::from(value) << (at % 8);
        place.copy_from_slice(&word.to_le_bytes());
    }
}

/// Makes a map of distinct keys and numbers below `1 << (bits - 8)`. `None` for more keys than fit in 32 bits.
pub(crate) fn make(entries: &[(u64, u32)], bits: u32) -> Option<(Shape, Vec<u8>)> {
    let count = u32::try_from(entries.len()).ok()?;
    let (segment, span) = size(count)?;
    (0..MOST_TRIES).find_map(|try_| {
        let shape = Shape {
            seed: mix(try_ + 1),
            segment,
            span,
            bits,
        };
        let order = peel(entries, &shape)?;
        Some((shape, fill(entries, &order, &shape)))
    })
}

/// Slots of a segment, and slots that first slots are among.
fn size(count: u32) -> Option<(u32, u32)> {
    let n = f64::from(count.max(2));
    let exponent = (n.ln() / 3.33_f64.ln() + 2.25).floor() as u32;
    let segment = 1_u32 << exponent.clamp(2, 18);
    let factor = (0.875 + 0.25 * 1e6_f64.ln() / n.ln()).max(1.125);
    let slots = (n * factor).ceil() as u64 + 8;
    let segments = slots.div_ceil(u64::from(segment)).max(3) - 2;
    let span = u32::try_from(segments * u64::from(segment)).ok()?;
    span.checked_add(2 * segment)?;
    Some((segment, span))
}

/// An order in which every key has a slot that no later one has.
fn peel(entries: &[(u64, u32)], shape: &Shape) -> Option<Vec<(u32, u32)>> {
    let mut counts = vec![0_u32; shape.slots()];
    let mut held = vec![0_u32; shape.slots()];
    for (n, (key, _)) in entries.iter().enumerate() {
        for slot in shape.of(*key).0 {
            counts[slot as usize] += 1;
            held[slot as usize] ^= n as u32;
        }
    }
    let alone = |counts: &[u32], slot: usize| counts[slot] == 1;
    let mut queue: Vec<u32> = (0..shape.slots())
        .filter(|&slot| alone(&counts, slot))
        .map(|slot| slot as u32)
        .collect();
    let mut order = Vec::with_capacity(entries.len());
    while let Some(slot) = queue.pop() {
        if !alone(&counts, slot as usize) {
            continue;
        }
        let n = held[slot as usize];
        order.push((n, slot));
        for other in shape.of(entries[n as usize].0).0 {
            counts[other as usize] -= 1;
            held[other as usize] ^= n;
            if alone(&counts, other as usize) {
                queue.push(other);
            }
        }
    }
    (order.len() == entries.len()).then_some(order)
}

/// Backwards, each key writes the slot that none before it has.
fn fill(entries: &[(u64, u32)], order: &[(u32, u32)], shape: &Shape) -> Vec<u8> {
    let mut bits = vec![0_u8; shape.bytes()];
    for &(n, own) in order.iter().rev() {
        let (key, number) = entries[n as usize];
        let (slots, check) = shape.of(key);
        let others = slots
            .iter()
            .filter(|&&slot| slot != own)
            .fold(0, |sum, &slot| sum ^ shape.read(&bits, slot as usize));
        let value = (number << CHECK_BITS | check) ^ others;
        shape.write(&mut bits, own as usize, value);
    }
    bits
}

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

/// Numbers lists of numbers: equal ones once, in the order in which they first come.
#[derive(Debug, Default)]
pub(crate) struct Interned {
    known: FxHashMap<Vec<u32>, u32>,
    pub lists: Vec<Vec<u32>>,
}

impl Interned {
    pub(crate) fn number(&mut self, list: &[u32]) -> u32 {
        if let Some(&number) = self.known.get(list) {
            return number;
        }
        let number = self.lists.len() as u32;
        self.known.insert(list.to_vec(), number);
        self.lists.push(list.to_vec());
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: u64, bits: u32) -> Vec<(u64, u32)> {
        let most = 1_u64 << (bits - CHECK_BITS);
        (0..count)
            .map(|n| (mix(n ^ 0xabcd), (mix(n + 7) % most) as u32))
            .collect()
    }

    #[test]
    fn every_key_has_its_number() {
        for count in [0, 1, 2, 3, 10, 100, 1000, 50_000] {
            for bits in [9, 21, 32] {
                let entries = entries(count, bits);
                let (shape, map) = make(&entries, bits).expect("it is made");
                assert!(shape.makes_sense(), "{shape:?}");
                for (key, number) in &entries {
                    assert_eq!(shape.get(&map, *key), Some(*number), "{count} {bits}");
                }
            }
        }
    }

    #[test]
    fn of_others_one_in_256_passes() {
        let (shape, map) = make(&entries(50_000, 24), 24).expect("it is made");
        let passed = (0..256_000_u64)
            .filter(|n| shape.get(&map, mix(n ^ 0x9999_0000_0000)).is_some())
            .count();
        assert!((800..1200).contains(&passed), "{passed}");
    }

    #[test]
    fn a_million_keys_take_an_eighth_more_than_their_bits() {
        let (shape, _) = make(&entries(1_000_000, 24), 24).expect("it is made");
        let slots = shape.slots() as f64 / 1e6;
        assert!(slots < 1.14, "{slots}");
    }

    #[test]
    fn lists_have_one_number_each() {
        let mut interned = Interned::default();
        assert_eq!(interned.number(&[1]), 0);
        assert_eq!(interned.number(&[1, 2]), 1);
        assert_eq!(interned.number(&[1]), 0);
        assert_eq!(interned.lists, vec![vec![1], vec![1, 2]]);
    }
}
