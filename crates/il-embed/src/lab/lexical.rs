//! BM25, twice: the anchor that published figures use, and ours with terms, stems and fields.
//!
//! The one idea: the fields of a function (its code, name, path, what it is in) are one bag in which each
//! field counts as often as its weight says; the length that BM25 divides by is the code's alone.
//!
//! Deliberately absent: an index that lasts; that is another crate's.

use std::collections::{BTreeMap, HashMap};

use il_retrieval::terms;

use super::measure::Function;

type Map<V> = HashMap<String, V>;

/// How BM25 saturates and divides.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    pub k1: f32,
    pub b: f32,
}

/// How often a field counts.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    pub k1: f32,
    pub b: f32,
    /// As `b`, for the name, the path and the scope; their length is compared with three terms.
    pub b_short: f32,
    pub name: f32,
    pub path: f32,
    pub scope: f32,
    pub signature: f32,
    /// What the score of a function in a test file is multiplied with.
    pub tests: f32,
    /// Terms that are whole identifiers, beside their parts.
    pub wholes: f32,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            k1: 8.0,
            b: 0.9,
            b_short: 1.0,
            name: 12.0,
            path: 0.0,
            scope: 3.0,
            signature: 4.0,
            tests: 0.6,
            wholes: 0.3,
        }
    }
}

/// An index over the functions of one repository.
pub struct Lexical {
    functions: usize,
    /// By term: the functions it is in, and its saturated weight there.
    postings: Map<Vec<(u32, f32)>>,
}

impl std::fmt::Debug for Lexical {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lexical({} functions)", self.functions)
    }
}

type Counts = BTreeMap<String, f32>;

impl Lexical {
    /// The anchor's: sub-words of the code without stems and fields.
    pub fn anchor(functions: &[Function], anchor: Anchor) -> Self {
        let mut bags: Vec<Counts> = functions
            .iter()
            .map(|function| {
                let mut bag = Counts::new();
                anchor_words(&function.code, |w| *bag.entry(w).or_default() += 1.0);
                bag
            })
            .collect();
        let length = |bag: &Counts| bag.values().sum::<f32>();
        let mean = bags.iter().map(length).sum::<f32>() / bags.len().max(1) as f32;
        for bag in &mut bags {
            let over = 1.0 - anchor.b + anchor.b * length(bag) / mean;
            bag.values_mut().for_each(|n| *n /= over);
        }
        Self::of(bags, anchor.k1)
    }

    /// Ours: BM25F, where the code's counts alone are divided by its length.
    pub fn fields(functions: &[Function], fields: &Fields) -> Self {
        let code: Vec<Counts> = functions
            .iter()
            .map(|function| {
                let mut bag = Counts::new();
                add_terms(&function.code, 1.0, fields.wholes, &mut bag);
                bag
            })
            .collect();
        let length = |bag: &Counts| bag.values().sum::<f32>();
        let mean = code.iter().map(length).sum::<f32>() / code.len().max(1) as f32;
        let bags = code.into_iter().zip(functions).map(|(mut bag, function)| {
            let over = 1.0 - fields.b + fields.b * length(&bag) / mean;
            bag.values_mut().for_each(|n| *n /= over);
            let others = [
                (function.name.as_str(), fields.name),
                (&function.path, fields.path),
                (&function.scope, fields.scope),
                (signature(&function.code), fields.signature),
            ];
            for (text, weight) in others {
                if weight > 0.0 {
                    let mut own = Counts::new();
                    add_terms(text, 1.0, fields.wholes, &mut own);
                    let over = 1.0 - fields.b_short + fields.b_short * length(&own) / 3.0;
                    for (term, n) in own {
                        *bag.entry(term).or_default() += weight * n / over;
                    }
                }
            }
            bag
        });
        let mut index = Self::of(bags.collect(), fields.k1);
        for (function, weight) in index.postings.values_mut().flatten() {
            if functions[*function as usize].is_test {
                *weight *= fields.tests;
            }
        }
        index
    }

    fn of(bags: Vec<Counts>, k1: f32) -> Self {
        let functions = bags.len();
        let mut postings: Map<Vec<(u32, f32)>> = Map::default();
        for (i, bag) in bags.into_iter().enumerate() {
            for (term, n) in bag {
                let weight = n * (k1 + 1.0) / (n + k1);
                postings.entry(term).or_default().push((i as u32, weight));
            }
        }
        Self {
            functions,
            postings,
        }
    }

    /// The score of every function for a question in the anchor's words.
    pub fn scores_of_anchor(&self, query: &str) -> Vec<f32> {
        let mut asked = Counts::new();
        anchor_words(query, |w| *asked.entry(w).or_default() += 1.0);
        self.scores(&asked)
    }

    /// The score of every function for a question in our terms.
    pub fn scores_of(&self, query: &str, fields: &Fields) -> Vec<f32> {
        let mut asked = Counts::new();
        add_terms(query, 1.0, fields.wholes, &mut asked);
        self.scores(&asked)
    }

    fn scores(&self, asked: &Counts) -> Vec<f32> {
        let mut scores = vec![0.0; self.functions];
        for (term, times) in asked {
            let Some(postings) = self.postings.get(term) else {
                continue;
            };
            let (n, all) = (postings.len() as f32, self.functions as f32);
            let idf = (1.0 + (all - n + 0.5) / (n + 0.5)).ln();
            for &(function, weight) in postings {
                scores[function as usize] += times * idf * weight;
            }
        }
        scores
    }
}

/// The first line that is not a decorator.
fn signature(code: &str) -> &str {
    code.lines()
        .find(|l| !l.trim_start().starts_with(['@', '#']))
        .unwrap_or_default()
}

/// Parts stemmed, and whole words that have several parts.
fn add_terms(text: &str, weight: f32, wholes: f32, bag: &mut Counts) {
    let mut room = String::new();
    for (_, word) in terms::words(text) {
        if word.len() > 64 {
            continue;
        }
        let mut parts = 0;
        for part in terms::parts(word) {
            parts += 1;
            room.clear();
            room.extend(part.chars().flat_map(char::to_lowercase));
            terms::stem(&mut room);
            *bag.entry(room.clone()).or_default() += weight;
        }
        if parts > 1 && wholes > 0.0 {
            *bag.entry(word.to_lowercase()).or_default() += weight * wholes;
        }
    }
}

const STOP: &str =
    "the a an of to in for and or is are be by with on from this that it as at if not into its";

/// The anchor's words: runs of one case or of digits, in lower case, without stop words.
fn anchor_words(text: &str, mut take: impl FnMut(String)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let run = |from: usize, is: fn(&u8) -> bool| {
            bytes[from..]
                .iter()
                .position(|b| !is(b))
                .map_or(bytes.len(), |n| from + n)
        };
        let start = at;
        at = match bytes[at] {
            b'0'..=b'9' => run(at, u8::is_ascii_digit),
            b'a'..=b'z' => run(at, u8::is_ascii_lowercase),
            b'A'..=b'Z' => {
                let end = run(at, u8::is_ascii_uppercase);
                let lower = run(end, u8::is_ascii_lowercase);
                match end - start {
                    _ if lower == end => end,
                    1 => lower,
                    _ => end - 1,
                }
            }
            _ => {
                at += 1;
                continue;
            }
        };
        let word = text[start..at].to_ascii_lowercase();
        if !STOP.split(' ').any(|s| s == word) {
            take(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchor_words_are_as_the_published_recipe_cuts_them() {
        let mut words = Vec::new();
        anchor_words("parse_HTTPHeader2 of TheURL(x1B)", |w| words.push(w));
        assert_eq!(words.join(" "), "parse http header 2 url x 1 b");
    }
}
