//! The recipe's own retriever: BM25 over the parts of words (`parseHeader` is `parse` and `header`), ported by the letter.

use rustc_hash::FxHashMap;

use super::{Ask, Asked, Found, Function};

/// Opens it on a repository's functions.
pub fn open_bm25(functions: &[Function]) -> anyhow::Result<Box<Ask>> {
    let index = Bm25::new(functions);
    Ok(Box::new(move |asked| {
        Ok(vec![Found::Place(index.place(asked))])
    }))
}

struct Bm25 {
    /// For each word the functions with it, and how often.
    postings: FxHashMap<String, Vec<(usize, u32)>>,
    lens: Vec<u32>,
    mean: f64,
}

impl Bm25 {
    fn new(functions: &[Function]) -> Self {
        let mut postings: FxHashMap<String, Vec<(usize, u32)>> = FxHashMap::default();
        let mut lens = Vec::new();
        for (number, function) in functions.iter().enumerate() {
            let counts = counts(&function.code);
            lens.push(counts.iter().map(|it| it.1).sum());
            for (word, count) in counts {
                postings.entry(word).or_default().push((number, count));
            }
        }
        let all: u64 = lens.iter().map(|&it| u64::from(it)).sum();
        Self {
            mean: all as f64 / lens.len().max(1) as f64,
            postings,
            lens,
        }
    }

    /// Where the right function stands; among those that score alike, in their middle.
    fn place(&self, asked: &Asked<'_>) -> f64 {
        let mut scores = vec![0.0; self.lens.len()];
        for (word, asked) in counts(asked.text) {
            let Some(postings) = self.postings.get(&word) else {
                continue;
            };
            let (all, with) = (scores.len() as f64, postings.len() as f64);
            let weight = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
            for &(function, count) in postings {
                let (count, len) = (f64::from(count), f64::from(self.lens[function]));
                let long = 1.2 * (0.25 + 0.75 * len / self.mean);
                scores[function] += f64::from(asked) * weight * count * 2.2 / (count + long);
            }
        }
        let score = scores[asked.target];
        if score <= 0.0 {
            return scores.len() as f64;
        }
        let above = scores.iter().filter(|it| **it > score).count();
        let equal = scores.iter().filter(|it| **it == score).count();
        1.0 + above as f64 + (equal - 1) as f64 / 2.0
    }
}

const STOP: [&str; 25] = [
    "the", "a", "an", "of", "to", "in", "for", "and", "or", "is", "are", "be", "by", "with", "on",
    "from", "this", "that", "it", "as", "at", "if", "not", "into", "its",
];

/// Each part of a word with how often it is there, in the order of first places.
fn counts(text: &str) -> Vec<(String, u32)> {
    let mut at: FxHashMap<String, usize> = FxHashMap::default();
    let mut counts: Vec<(String, u32)> = Vec::new();
    for part in parts(text) {
        let part = part.to_lowercase();
        if STOP.contains(&&*part) {
            continue;
        }
        let at = *at.entry(part.clone()).or_insert(counts.len());
        if at == counts.len() {
            counts.push((part, 0));
        }
        counts[at].1 += 1;
    }
    counts
}

/// `[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+`
fn parts(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let run =
        |from: usize, is: fn(&u8) -> bool| bytes[from..].iter().take_while(|it| is(it)).count();
    let mut parts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let upper = run(at, u8::is_ascii_uppercase);
        let lower = run(at + upper, u8::is_ascii_lowercase);
        let len = match (upper, lower) {
            (0, 0) => run(at, u8::is_ascii_digit),
            (0 | 1, 1..) => upper + lower,
            (_, 0) => upper,
            // The last capital begins the next word.
            _ => upper - 1,
        };
        if len > 0 {
            parts.push(&text[at..at + len]);
        }
        at += len.max(1);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fall_into_parts_as_in_the_recipe() {
        let cut = |text| parts(text).join("|");
        assert_eq!(cut("parseHTTPHeader2_x"), "parse|HTTP|Header|2|x");
        assert_eq!(cut("ABC aB Über42é"), "ABC|a|B|ber|42");
        assert_eq!(counts("The parse of ParseIt"), [("parse".into(), 2)]);
    }
}
