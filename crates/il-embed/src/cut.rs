//! Text to slots: which rows of the table a text sums up, and how often each.
//!
//! The one idea: learning and answering cut a text by the same function, and the same one as the index
//! does, so a stem means one thing everywhere. A stem the model knows has a row of its own; all others
//! share a few thousand rows by their hash, which is enough to tell that two texts share a rare word.
//!
//! Deliberately absent: weights that were learnt, and vectors.

use il_retrieval::{Purpose, terms};

/// What parts the path from the names in a passage's heading line.
pub(crate) const HEADING: &str = " › ";

/// How often a term of the heading counts: in the path, in what the passage is in, in its name.
const PATH: f32 = 0.5;
const AROUND: f32 = 2.0;
const NAME: f32 = 16.0;
/// On the first line of the code.
const SIGNATURE: f32 = 2.0;

/// A passage of so many bytes is one for which the above is exact; in a longer one it is more.
const USUAL_BYTES: f32 = 1000.0;
const LEAST_SHARE: f32 = 0.05;

/// Words longer than this are data.
const MAX_WORD: usize = 64;

/// Of a text without end this much is read.
pub(crate) const MAX_BYTES: usize = 1 << 16;

/// A hash of a term that is the same on every machine and in every version: FNV-1a, mixed once more.
pub(crate) fn hash(term: &str) -> u32 {
    let h = term.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    let h = (h ^ (h >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (h >> 32) as u32
}

/// Gives every stem of a text with how much it counts there.
pub(crate) fn each_stem(purpose: Purpose, text: &str, mut take: impl FnMut(&str, f32)) {
    let text = head(text);
    let mut room = String::new();
    if purpose == Purpose::Query {
        return stems(text, &mut room, |stem| take(stem, 1.0));
    }
    // In a long passage the name would drown: it grows as the length of a sum of so many vectors does.
    let long = (text.len() as f32 / USUAL_BYTES).max(LEAST_SHARE).sqrt();
    let mut counted = |text: &str, counts: f32| {
        stems(text, &mut room, |stem| take(stem, counts));
    };
    let (mut first, mut rest) = line(text);
    if let Some((path, symbols)) = first.split_once(HEADING) {
        let symbols = symbols.trim_end();
        let (around, name) = symbols
            .rsplit_once(['.', ' ', ':'])
            .unwrap_or(("", symbols));
        counted(path, PATH * long);
        counted(around, AROUND * long);
        counted(name, NAME * long);
        (first, rest) = line(rest);
    }
    counted(first, SIGNATURE * long);
    counted(rest, 1.0);
}

/// The first line and what is below it.
fn line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

fn stems(text: &str, room: &mut String, mut take: impl FnMut(&str)) {
    for (_, word) in terms::words(text) {
        if word.len() > MAX_WORD {
            continue;
        }
        for part in terms::parts(word) {
            if part.len() < 2 {
                continue;
            }
            room.clear();
            if part.is_ascii() {
                room.push_str(part);
                room.make_ascii_lowercase();
            } else if !part.contains(char::is_alphanumeric) {
                // Arrows and boxes: to `words` every character beyond ASCII is a letter.
                continue;
            } else {
                room.extend(part.chars().flat_map(char::to_lowercase));
            }
            terms::stem(room);
            take(room);
        }
    }
}

/// The beginning of a text that is read.
fn head(text: &str) -> &str {
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Which row of the table a stem has.
#[derive(Clone)]
pub(crate) struct Slots {
    /// Open addressing: hash and row, row + 1 so that 0 is empty.
    table: Vec<(u32, u32)>,
    known: usize,
    shared: usize,
}

impl Slots {
    /// Slots for the stems with these hashes, in the order of their rows, and for `shared` rows after them.
    pub(crate) fn new(hashes: &[u32], shared: usize) -> Self {
        let size = (hashes.len() * 4).next_power_of_two().max(16);
        let mut table = vec![(0, 0); size];
        for (row, &hash) in hashes.iter().enumerate() {
            let mut at = hash as usize & (size - 1);
            while table[at].1 != 0 {
                at = (at + 1) & (size - 1);
            }
            table[at] = (hash, row as u32 + 1);
        }
        Self {
            table,
            known: hashes.len(),
            shared,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.known + self.shared
    }

    pub(crate) fn row(&self, stem: &str) -> u32 {
        let hash = hash(stem);
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.table[at] {
                (_, 0) => break,
                (h, row) if h == hash => return row - 1,
                _ => at = (at + 1) & mask,
            }
        }
        // The high bits: the low ones chose the place in the table.
        let shared = (u64::from(hash) * self.shared as u64) >> 32;
        (self.known as u64 + shared) as u32
    }

    /// The rows a text sums up, each once, with the root of how much it counts.
    pub(crate) fn bag(&self, purpose: Purpose, text: &str) -> Vec<(u32, f32)> {
        let mut bag = Vec::with_capacity(text.len() / 8 + 4);
        each_stem(purpose, text, |stem, counts| {
            bag.push((self.row(stem), counts));
        });
        bag.sort_unstable_by_key(|&(row, _)| row);
        bag.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        for (_, counts) in &mut bag {
            *counts = counts.sqrt();
        }
        bag
    }
}
