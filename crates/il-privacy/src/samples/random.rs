//! Numbers that look random and are the same for a seed.
//!
//! Deliberately absent: a dependency for it.

use std::ops::Range;

/// Steele, Lea and Flood's SplitMix64.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut it = self.0;
        it = (it ^ it >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        it = (it ^ it >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        it ^ it >> 31
    }

    /// A number of a range that is not empty.
    pub fn of(&mut self, range: Range<usize>) -> usize {
        range.start + (self.bits() % range.len() as u64) as usize
    }

    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.of(0..of.len())]
    }

    pub fn digits(&mut self, count: usize) -> Vec<u32> {
        (0..count).map(|_| self.of(0..10) as u32).collect()
    }

    /// Signs of an alphabet. Where there is room, of more than letters, as real ones are.
    pub fn signs(&mut self, alphabet: &[u8], count: usize) -> String {
        let mixed =
            alphabet.iter().any(u8::is_ascii_digit) && alphabet.iter().any(u8::is_ascii_alphabetic);
        loop {
            let signs: String = (0..count)
                .map(|_| char::from(alphabet[self.of(0..alphabet.len())]))
                .collect();
            let has = |fits: fn(&u8) -> bool| signs.bytes().any(|it| fits(&it));
            let fine =
                count < 6 || !mixed || has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
            // Hyphens and the like do not stand at an end.
            let ends = [signs.bytes().next(), signs.bytes().last()];
            let whole = ends
                .into_iter()
                .flatten()
                .all(|it| it.is_ascii_alphanumeric());
            if fine && whole {
                return signs;
            }
        }
    }
}
