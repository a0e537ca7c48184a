//! Code-aware terms: what a text is found by.
//!
//! The one idea: an identifier is one word to a compiler and several to a reader, so it is found as both:
//! `HttpClientBuilder` by itself and by `http`, `client`, `builder`. Parts are stemmed lightly, so that
//! "builds a client" meets it. Queries and documents are cut by the same functions.
//!
//! Deliberately absent: stop words (rare words decide by their weight) and any language's grammar.

use std::hash::Hasher as _;

/// Words longer than this are data, not names.
const MAX_WORD: usize = 64;

/// A word or a term by its hash. Two different ones meet once in 2⁶⁴ pairs: never, in one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(pub u64);

impl Word {
    pub fn of(text: &str) -> Self {
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write(text.as_bytes());
        hasher.write_u8(0xff);
        Self(hasher.finish())
    }
}

/// Every word of a text: runs of letters, digits and underscores, with where they begin.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !is_word(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, &text[start..at]))
    })
}

/// Whether a word can be a name: it does not begin with a digit.
pub fn is_identifier(word: &str) -> bool {
    word.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

/// Cuts an identifier where a reader would: `parseHTTPHeader2` gives `parse`, `HTTP`, `Header`, `2`.
pub fn parts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches('_');
        let end = part_end(rest)?;
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
}

fn class(c: char) -> Option<Class> {
    if c == '_' {
        None
    } else if c.is_numeric() {
        Some(Class::Digit)
    } else if c.is_uppercase() {
        Some(Class::Upper)
    } else {
        Some(Class::Lower)
    }
}

/// Where the first part ends; nothing when there is none.
fn part_end(word: &str) -> Option<usize> {
    let mut chars = word.char_indices();
    let (_, first) = chars.next()?;
    let mut last = class(first)?;
    let mut last_at = 0;
    let mut uppers = usize::from(last == Class::Upper);
    for (at, c) in chars {
        let Some(class) = class(c) else {
            return Some(at);
        };
        match (last, class) {
            (Class::Lower, Class::Upper) => return Some(at),
            // `HTTPHeader`: the last capital belongs to the next part.
            (Class::Upper, Class::Lower) if uppers > 1 => return Some(last_at),
            (Class::Digit, Class::Lower | Class::Upper)
            | (Class::Lower | Class::Upper, Class::Digit) => return Some(at),
            _ => {}
        }
        uppers = if class == Class::Upper { uppers + 1 } else { 0 };
        last = class;
        last_at = at;
    }
    Some(word.len())
}

/// Gives every term of `text`: each word in lower case, and the stems of its parts where they differ.
pub fn each_term(text: &str, mut take: impl FnMut(&str)) {
    let mut lower = String::new();
    for (_, word) in words(text) {
        each_term_of(word, &mut lower, &mut take);
    }
}

/// Gives every term of one word. `room` is memory to reuse.
pub fn each_term_of(word: &str, room: &mut String, take: &mut impl FnMut(&str)) {
    if word.len() > MAX_WORD {
        return;
    }
    lower_into(word, room);
    take(room);
    let whole = room.len();
    let mut alone = true;
    for part in parts(word) {
        alone &= part.len() == word.len();
        lower_into(part, room);
        stem(room);
        if !alone || room.len() != whole {
            take(room);
        }
    }
}

fn lower_into(word: &str, room: &mut String) {
    room.clear();
    if word.is_ascii() {
        room.push_str(word);
        room.make_ascii_lowercase();
    } else {
        room.extend(word.chars().flat_map(char::to_lowercase));
    }
}

/// Takes the commonest English endings off a word in lower case: `parsing`, `parsed`, `parses` give `pars`.
///
/// Light on purpose: a name cut too far meets strangers.
pub fn stem(word: &mut String) {
    const ENDINGS: [(&str, &str, usize); 14] = [
        ("ization", "iz", 3),
        ("ations", "at", 3),
        ("ation", "at", 3),
        ("ments", "ment", 3),
        ("sses", "ss", 2),
        ("ies", "i", 2),
        ("ings", "", 3),
        ("ing", "", 3),
        ("ers", "er", 3),
        ("ed", "", 3),
        ("ly", "", 4),
        ("es", "", 3),
        ("y", "i", 3),
        ("e", "", 3),
    ];
    if !word.is_ascii() || word.len() < 4 {
        return;
    }
    for (ending, instead, least) in ENDINGS {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= least
            && rest.bytes().any(|b| b"aeiouy".contains(&b))
        {
            let rest = rest.len();
            word.truncate(rest);
            word.push_str(instead);
            return undouble(word);
        }
    }
    if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") {
        word.pop();
        // `caches` and `cache`, `names` and `name` meet.
        if word.len() > 3 && word.ends_with('e') {
            word.pop();
        }
    }
}

/// `running` and `run` meet: a doubled consonant that an ending left is written once.
fn undouble(word: &mut String) {
    let bytes = word.as_bytes();
    if let [.., a, b] = *bytes
        && a == b
        && !b"aeiouylsz".contains(&b)
        && bytes.len() > 3
    {
        word.pop();
    }
}

/// How much a word says that is in `frequency` of `documents` documents: BM25's weight, never negative.
pub fn idf(documents: f32, frequency: f32) -> f32 {
    (1.0 + (documents - frequency + 0.5).max(0.0) / (frequency + 0.5)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_parts(word: &str, expected: &str) {
        assert_eq!(parts(word).collect::<Vec<_>>().join(" "), expected);
    }

    #[track_caller]
    fn check_terms(text: &str, expected: &str) {
        let mut all = Vec::new();
        each_term(text, |term| all.push(term.to_owned()));
        assert_eq!(all.join(" "), expected);
    }

    #[test]
    fn an_identifier_is_cut_where_a_reader_would() {
        check_parts("parseHTTPHeader2", "parse HTTP Header 2");
        check_parts("__init_subclass__", "init subclass");
        check_parts("utf8_to_utf16", "utf 8 to utf 16");
        check_parts("HTMLElement", "HTML Element");
        check_parts("X", "X");
        check_parts("größeMessen", "größe Messen");
        check_parts("___", "");
    }

    #[test]
    fn terms_are_the_whole_word_and_its_stems() {
        check_terms("HttpClients", "httpclients http client");
        check_terms("parse", "parse pars");
        check_terms("run", "run");
        check_terms("a.b(c_d)", "a b c_d c d");
    }

    #[test]
    fn words_that_mean_the_same_meet() {
        for family in [
            "parse parses parsed parsing",
            "cache caches cached caching",
            "run running runs",
            "query queries",
            "name names named naming",
        ] {
            let mut stems: Vec<String> = family.split(' ').map(str::to_owned).collect();
            stems.iter_mut().for_each(stem);
            stems.dedup();
            assert_eq!(stems.len(), 1, "{stems:?}");
        }
        for word in ["class", "status", "this", "bus", "pass", "is", "use"] {
            let mut stemmed = word.to_owned();
            stem(&mut stemmed);
            assert!(stemmed.len() + 1 >= word.len(), "{word} became {stemmed}");
        }
    }
}
