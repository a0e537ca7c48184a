//! Texts with made-up parts: from a template and a seed, with where each part stands.
//!
//! The one idea: a template is cut into its parts before any is made, so whoever measures knows to the byte which part of
//! a text is the secret. What a part looks like is `il_privacy::samples`' business.
//!
//! Deliberately absent: what the texts are for.

use std::ops::Range;

use il_privacy::samples::expand;

use crate::sampling::Random;

/// The words before the colon that make something up.
const GENERATORS: &[&str] = &[
    "hex",
    "HEX",
    "alnum",
    "lower",
    "upper",
    "digits",
    "base64",
    "base64url",
    "base32",
    "uuid",
    "jwt",
    "pem",
    "luhn",
    "iban",
    "word",
    "name",
    "of",
];

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    /// With its braces.
    MadeUp(&'a str),
}

impl Piece<'_> {
    /// Whether it is made up and nobody could guess it: more than a word or a name.
    pub(crate) fn is_random(self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::MadeUp(spec) => !matches!(generator(spec), "word" | "name"),
        }
    }

    /// Whether what it makes up gives itself away.
    pub(crate) fn is_telling(self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::MadeUp(spec) => matches!(generator(spec), "jwt" | "pem" | "luhn" | "iban"),
        }
    }
}

fn generator(spec: &str) -> &str {
    let inner = spec.trim_start_matches('{').trim_end_matches('}');
    inner.split(':').next().unwrap_or_default()
}

/// How a brace that is only a brace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Braces {
    /// Twice, as in the rules.
    Doubled,
    /// As they are: in code there are many.
    Plain,
}

/// Cuts a template into texts and what is made up.
pub(crate) fn pieces(template: &str, braces: Braces) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(open) = template[at..].find('{').map(|it| at + it) {
        if braces == Braces::Doubled && template[open..].starts_with("{{") {
            // The first of the two is the brace.
            push_text(&mut pieces, &template[from..=open]);
            (from, at) = (open + 2, open + 2);
            continue;
        }
        let close = template[open..].find('}').map(|it| open + it + 1);
        match close {
            Some(close) if GENERATORS.contains(&generator(&template[open..close])) => {
                push_text(&mut pieces, &template[from..open]);
                pieces.push(Piece::MadeUp(&template[open..close]));
                (from, at) = (close, close);
            }
            _ => at = open + 1,
        }
    }
    push_text(&mut pieces, &template[from..]);
    pieces
}

fn push_text<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
}

/// A text and where in it something was made up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) text: String,
    /// The longest part that nobody could guess; all of it where there is none.
    pub(crate) core: Range<usize>,
}

/// Makes up what is to be made up. The same seed makes the same text.
pub(crate) fn make(pieces: &[Piece<'_>], seed: u64) -> Made {
    let mut made = Made::default();
    let mut random = Random::new(seed);
    for piece in pieces {
        let from = made.text.len();
        match piece {
            Piece::Text(text) => made.text.push_str(text),
            Piece::MadeUp(spec) => made.text.push_str(&one(spec, &mut random)),
        }
        let to = made.text.len();
        if piece.is_random() && to - from > made.core.len() {
            made.core = from..to;
        }
    }
    if made.core.is_empty() {
        made.core = 0..made.text.len();
    }
    made
}

fn one(spec: &str, random: &mut Random) -> String {
    match spec
        .strip_prefix("{of:")
        .and_then(|it| it.strip_suffix('}'))
    {
        Some(rest) => of_signs(rest, random),
        None => expand(spec, random.next()),
    }
}

/// `SIGNS:N`.
fn of_signs(rest: &str, random: &mut Random) -> String {
    let (signs, count) = rest.rsplit_once(':').unwrap_or((rest, "1"));
    let count = count.parse().unwrap_or(1);
    let signs: Vec<char> = signs.chars().collect();
    (0..count)
        .map(|_| signs[random.below(signs.len())])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_made_up_is() {
        let plain = pieces("if x { f({alnum:3}) }", Braces::Plain);
        let wanted = [
            Piece::Text("if x { f("),
            Piece::MadeUp("{alnum:3}"),
            Piece::Text(") }"),
        ];
        assert_eq!(plain, wanted);
        let doubled = pieces("{{\"a\": {hex:4}", Braces::Doubled);
        let wanted = [
            Piece::Text("{"),
            Piece::Text("\"a\": "),
            Piece::MadeUp("{hex:4}"),
        ];
        assert_eq!(doubled, wanted);
    }

    #[test]
    fn the_core_is_the_longest_part_that_nobody_guesses() {
        let parts = pieces("x-{of:AB:2}:{of:CD:5}@host", Braces::Plain);
        let made = make(&parts, 7);
        assert_eq!(made.core, 5..10);
        assert!(
            made.text[made.core.clone()]
                .chars()
                .all(|it| "CD".contains(it))
        );
        assert_eq!(make(&parts, 7), made);
        assert_ne!(make(&parts, 8), made);
        assert_eq!(make(&pieces("nothing", Braces::Plain), 1).core, 0..7);
    }
}
