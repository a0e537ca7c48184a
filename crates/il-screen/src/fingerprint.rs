//! Winnowed fingerprints: a few numbers of a text that a copy of any part of it shares.
//!
//! The one idea: of all runs of `k` lexemes the one with the least hash in every window of `w` is taken (winnowing), so of
//! any `k + w - 1` lexemes that two texts share both take the same run. The choice looks at kinds alone. The *key* of a
//! run is stricter: a name counts as how far back it stood last within the run, so a copy with other names has the same
//! key, and code that is alike in its signs alone has not.
//!
//! Runs that say nothing (tables, long lists) are never taken, on both sides alike.

use rustc_hash::FxHashMap;

use crate::lexeme::{Lexeme, mix};

/// How runs are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grain {
    /// Lexemes of a run.
    pub run: usize,
    /// Runs of a window, of which one is taken.
    pub window: usize,
    /// Kinds of lexemes that a run has at least.
    pub kinds: usize,
}

impl Grain {
    /// What ships: any 33 lexemes that are shared have a run in common, any 65 four or more. Measured by `interline eval
    /// verbatim`: larger windows make the file smaller and the ends of a copy less certain, longer runs let fewer short
    /// copies through and fewer that were mended here and there.
    pub const SHIPPED: Self = Self {
        run: 25,
        window: 9,
        kinds: 8,
    };

    /// So many lexemes in common are always noticed.
    pub fn guarantee(self) -> usize {
        self.run + self.window - 1
    }

    /// Of so many lexemes in common, runs that are noticed reach at least so far, first to last.
    pub fn least_reach(self, shared: usize) -> usize {
        shared.saturating_sub(2 * (self.window - 1)).max(self.run)
    }
}

/// A run of lexemes that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// The same in a copy with other names.
    pub key: u64,
    /// The first lexeme of the run.
    pub at: usize,
}

/// Odd, so that every power of it has an inverse.
const BASE: u64 = 0x2545_f491_4f6c_dd1d;

/// The fingerprints of a sequence, in order.
pub fn of(lexemes: &[Lexeme], grain: Grain) -> Vec<Fingerprint> {
    let hashes = hashes(lexemes, grain);
    let mut out = Vec::with_capacity(hashes.len() * 2 / (grain.window + 1) + 2);
    for at in winnow(&hashes, grain.window) {
        out.push(Fingerprint {
            key: key(&lexemes[at..at + grain.run]),
            at,
        });
    }
    out
}

/// Of a run that says nothing: never the least.
const NOTHING: u64 = u64::MAX;

/// A hash of the kinds of every run.
fn hashes(lexemes: &[Lexeme], grain: Grain) -> Vec<u64> {
    let k = grain.run;
    if lexemes.len() < k {
        return Vec::new();
    }
    let mut counts: FxHashMap<u64, u32> = FxHashMap::default();
    let (mut sum, mut first_power) = (0_u64, 1_u64);
    for lexeme in &lexemes[..k] {
        sum = sum.wrapping_mul(BASE).wrapping_add(lexeme.kind);
        *counts.entry(lexeme.kind).or_insert(0) += 1;
    }
    for _ in 1..k {
        first_power = first_power.wrapping_mul(BASE);
    }
    let mut out = Vec::with_capacity(lexemes.len() - k + 1);
    for start in 0..=lexemes.len() - k {
        out.push(if counts.len() < grain.kinds {
            NOTHING
        } else {
            mix(sum).min(NOTHING - 1)
        });
        let Some(next) = lexemes.get(start + k) else {
            break;
        };
        let gone = lexemes[start].kind;
        sum = sum
            .wrapping_sub(gone.wrapping_mul(first_power))
            .wrapping_mul(BASE)
            .wrapping_add(next.kind);
        if let Some(count) = counts.get_mut(&gone) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&gone);
            }
        }
        *counts.entry(next.kind).or_insert(0) += 1;
    }
    out
}

/// The places of the least hash of every window, each once; of equal ones the last.
fn winnow(hashes: &[u64], window: usize) -> Vec<usize> {
    let mut taken: Vec<usize> = Vec::new();
    let mut least = 0;
    for end in window..=hashes.len() {
        let start = end - window;
        if end == window || least < start {
            least = start;
            for at in start..end {
                if hashes[at] <= hashes[least] {
                    least = at;
                }
            }
        } else if hashes[end - 1] <= hashes[least] {
            least = end - 1;
        }
        if hashes[least] != NOTHING && taken.last() != Some(&least) {
            taken.push(least);
        }
    }
    taken
}

/// A run in which a name is how far back it stood last.
fn key(run: &[Lexeme]) -> u64 {
    let mut sum = 0x51_7cc1_b727_220a_u64;
    for (at, lexeme) in run.iter().enumerate() {
        let said = match lexeme.name {
            0 => lexeme.kind,
            name => {
                let before = run[..at].iter().rposition(|it| it.name == name);
                mix(before.map_or(0, |before| at - before) as u64 + 0x100)
            }
        };
        sum = mix(sum.wrapping_mul(BASE) ^ said);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexeme::of_language;

    fn keys(text: &str) -> Vec<u64> {
        let found = of(&of_language("rust").read(text), Grain::SHIPPED);
        found.iter().map(|it| it.key).collect()
    }

    fn code(seed: u64, count: usize) -> String {
        let words = [
            "if", "let", "(", ")", "{", "}", "=", ";", ".", "+", "a", "b", "c", "d", "1", "&",
            "::", "return",
        ];
        let mut state = seed;
        let mut out = String::new();
        for _ in 0..count {
            state = mix(state.wrapping_add(0x9e37_79b9));
            out.push_str(words[(state % words.len() as u64) as usize]);
            out.push(' ');
        }
        out
    }

    #[test]
    fn whatever_is_around_it_a_shared_part_is_noticed() {
        let guarantee = Grain::SHIPPED.guarantee();
        for seed in 0..200 {
            let shared = code(seed, guarantee);
            let one = keys(&format!(
                "{} {shared} {}",
                code(seed + 1000, 60),
                code(seed + 2000, 60)
            ));
            let other = keys(&format!(
                "{} {shared} {}",
                code(seed + 3000, 33),
                code(seed + 4000, 90)
            ));
            assert!(one.iter().any(|key| other.contains(key)), "seed {seed}");
        }
    }

    #[test]
    fn other_names_have_the_same_key_and_other_places_of_names_have_not() {
        let one = code(5, 80);
        let swapped = one
            .replace("a ", "left ")
            .replace("b ", "a ")
            .replace("c ", "b ");
        assert_eq!(keys(&one), keys(&swapped));
        // Two names that become one are other code.
        assert_ne!(keys(&one), keys(&one.replace("d ", "c ")));
    }

    #[test]
    fn tables_say_nothing() {
        assert_eq!(keys(&"1, 2, 3, \"x\", ".repeat(40)), []);
        assert_eq!(keys(&"A::B => C::D, ".repeat(40)), []);
    }

    #[test]
    fn few_are_taken() {
        let taken = keys(&code(9, 10_000)).len();
        let expected = 2.0 / (Grain::SHIPPED.window as f64 + 1.0) * 10_000.0;
        assert!((taken as f64) < expected * 1.1, "{taken}");
    }

    #[test]
    fn too_little_has_none() {
        assert_eq!(keys("fn main() {}"), []);
        assert_eq!(keys(""), []);
    }
}
