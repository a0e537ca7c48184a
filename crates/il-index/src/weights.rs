//! How much each term of a chunk weighs: BM25F, folded into a byte.
//!
//! The one idea: all that a term's weight depends on is known when a chunk is indexed (where the term stands, how long
//! the code is against a usual chunk), so it is worked out then, and a search adds up what it finds.
//!
//! BM25F as in Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), §3.5. The
//! fields' weights were tuned on the docstrings of the training suite; see `docs/retrieval.md`. The length that a
//! chunk's is compared with is fixed, where the book takes the mean of the collection: a weight that depends on
//! the other files would have to be worked out anew with each of them.

use std::sync::LazyLock;

use il_retrieval::{
    is_test_path,
    terms::{self, Word},
};
use rustc_hash::FxHashMap;

/// How slowly more of a term counts less.
const K1: f32 = 8.0;
/// How much a longer code's terms count less.
const B: f32 = 0.9;
/// The length of a usual chunk, in terms.
const USUAL: f32 = 100.0;
/// A shorter chunk counts as one of this length: a line of imports is no better than a function.
const SHORTEST: f32 = 10.0;
/// The length of a usual name.
const USUAL_SHORT: f32 = 3.0;

const NAME: f32 = 12.0;
const AROUND: f32 = 3.0;
const SIGNATURE: f32 = 4.0;
const PATH: f32 = 0.5;
/// A whole identifier beside its parts.
const WHOLE: f32 = 0.3;
/// What is in a test file.
const TEST: f32 = 0.6;

/// The smallest weight that a byte holds, and by how much each next one is more: to within two percent.
const LEAST: f32 = 0.01;
const STEP: f32 = 1.04;

/// What a chunk's terms are taken from.
pub(crate) struct Fields<'a> {
    pub(crate) code: &'a str,
    /// `Class.method`.
    pub(crate) symbol_path: &'a str,
    pub(crate) signature: &'a str,
    pub(crate) path: &'a str,
}

/// The terms of a chunk with their packed weights, sorted.
pub(crate) fn terms(fields: &Fields<'_>) -> Vec<(Word, u8)> {
    let mut sums: FxHashMap<Word, f32> = FxHashMap::default();
    add(fields.code, 1.0, B, USUAL, &mut sums);
    let (around, name) = fields
        .symbol_path
        .rsplit_once('.')
        .unwrap_or(("", fields.symbol_path));
    let path = fields.path.rsplit_once('.').map_or(fields.path, |it| it.0);
    for (text, weight) in [
        (name, NAME),
        (around, AROUND),
        (fields.signature, SIGNATURE),
        (path, PATH),
    ] {
        add(text, weight, 1.0, USUAL_SHORT, &mut sums);
    }
    let share = if is_test_path(fields.path) { TEST } else { 1.0 };
    let mut packed: Vec<(Word, u8)> = sums
        .into_iter()
        .map(|(term, weight)| (term, pack(weight * share)))
        .collect();
    packed.sort_unstable();
    packed
}

/// Adds the terms of a field, each by how much it counts against the field's length.
fn add(text: &str, weight: f32, b: f32, usual: f32, sums: &mut FxHashMap<Word, f32>) {
    let mut own: FxHashMap<Word, f32> = FxHashMap::default();
    let mut length = 0.0;
    each(text, |term, counts| {
        *own.entry(term).or_default() += counts;
        length += counts;
    });
    let least = if usual > SHORTEST { SHORTEST } else { 0.0 };
    let over = 1.0 - b + b * length.max(least) / usual;
    for (term, counts) in own {
        *sums.entry(term).or_default() += weight * counts / over;
    }
}

/// The terms of a query, each with how much it counts, sorted.
pub(crate) fn query(text: &str) -> Vec<(Word, f32)> {
    let mut sums: FxHashMap<Word, f32> = FxHashMap::default();
    each(text, |term, counts| {
        *sums.entry(term).or_default() += counts
    });
    let mut all: Vec<(Word, f32)> = sums.into_iter().collect();
    all.sort_unstable_by_key(|it| it.0);
    all
}

/// Parts count one each, a word that has several parts a little as a whole.
fn each(text: &str, mut take: impl FnMut(Word, f32)) {
    let mut room = String::new();
    for (_, word) in terms::words(text) {
        let parts = terms::parts(word).count();
        let mut is_whole = true;
        terms::each_term_of(word, &mut room, &mut |term| {
            // The first is the word as a whole; a word of one part comes once more where its stem differs.
            let whole = std::mem::take(&mut is_whole);
            match (whole, parts) {
                (true, 0 | 1) => take(Word::of(stemmed(term).as_str()), 1.0),
                (true, _) => take(Word::of(term), WHOLE),
                (false, 0 | 1) => {}
                (false, _) => take(Word::of(term), 1.0),
            }
        });
    }
}

fn stemmed(term: &str) -> String {
    let mut term = term.trim_matches('_').to_owned();
    terms::stem(&mut term);
    term
}

/// A weight as a byte.
fn pack(weight: f32) -> u8 {
    let steps = (weight.max(LEAST) / LEAST).ln() / STEP.ln();
    steps.round().clamp(0.0, 255.0) as u8
}

/// What a packed weight adds to a score, before how rare the term is.
pub(crate) fn saturated(packed: u8) -> f32 {
    static TABLE: LazyLock<[f32; 256]> = LazyLock::new(|| {
        std::array::from_fn(|at| {
            let weight = LEAST * STEP.powi(at as i32);
            weight * (K1 + 1.0) / (weight + K1)
        })
    });
    TABLE[usize::from(packed)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(terms: &[(Word, u8)], term: &str) -> f32 {
        let found = terms.iter().find(|it| it.0 == Word::of(term));
        found.map_or(0.0, |it| LEAST * STEP.powi(i32::from(it.1)))
    }

    fn fields<'a>(code: &'a str, path: &'a str) -> Fields<'a> {
        Fields {
            code,
            symbol_path: "Client.sendRequest",
            signature: "fn sendRequest(url)",
            path,
        }
    }

    #[test]
    fn a_name_weighs_more_than_its_body_and_a_whole_less_than_its_parts() {
        let terms = terms(&fields(
            "fn sendRequest(url) { open(url); retry() }",
            "src/net.rs",
        ));
        let of = |term: &str| weight(&terms, term);
        assert!(
            of("send") > 4.0 * of("retri"),
            "{} {}",
            of("send"),
            of("retri")
        );
        assert!(of("send") > of("sendrequest") && of("sendrequest") > 0.0);
        assert!(of("client") > of("open"));
        assert_eq!(of("nothing"), 0.0);
    }

    #[test]
    fn a_test_weighs_less() {
        let of = |path| weight(&terms(&fields("a", path)), "send");
        assert!(of("src/net_test.go") < 0.7 * of("src/net.go"));
    }

    #[test]
    fn a_byte_holds_a_weight_to_two_percent() {
        for weight in [0.02, 0.3, 1.0, 12.0, 80.0] {
            let back = LEAST * STEP.powi(i32::from(pack(weight)));
            assert!(
                (back / weight - 1.0).abs() < 0.021,
                "{weight} became {back}"
            );
        }
    }

    #[test]
    fn query_and_chunk_meet_in_their_stems() {
        let asked = query("sends requests");
        let terms = terms(&fields("", "a.rs"));
        assert!(
            asked
                .iter()
                .all(|it| terms.iter().any(|known| known.0 == it.0))
        );
    }
}
