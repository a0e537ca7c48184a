//! Texts with made-up parts: from a template and a seed, with where each part stands.
//!
//! The one idea: a template is cut into its parts before any is made, so whoever measures knows to the byte which part of
//! a text is the secret. What a part looks like is `il_privacy::samples`' business.
//!
//! Deliberately absent: what the texts are for.

use std::ops::Range;

use il_privacy::samples::sample;

use crate::sampling::Random;

/// What makes something up, in texts where a brace may be just a brace.
const GENERATORS: &[&str] = &[
    "hex",
    "HEX",
    "alnum",
    "lower",
    "upper",
    "digits",
    "letters",
    "lowernum",
    "uppernum",
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
    /// Made up, but no secret: the template marks what is.
    Aside(&'a str),
}

impl Piece<'_> {
    /// Whether it is made up and nobody could guess it: more than a word or a name.
    pub(crate) fn is_random(self) -> bool {
        match self {
            Self::Text(_) | Self::Aside(_) => false,
            Self::MadeUp(spec) => !matches!(generator(spec), "word" | "name" | "pick"),
        }
    }

    /// Whether what it makes up gives itself away.
    pub(crate) fn is_telling(self) -> bool {
        match self {
            Self::Text(_) | Self::Aside(_) => false,
            Self::MadeUp(spec) => {
                let generator = generator(spec);
                matches!(generator, "jwt" | "luhn" | "iban" | "github" | "email")
                    || generator.starts_with("pem")
            }
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
    let says_which = braces == Braces::Doubled && template.contains("{(}");
    let mut is_secret = !says_which;
    let (mut from, mut at) = (0, 0);
    while let Some(open) = template[at..].find('{').map(|it| at + it) {
        if braces == Braces::Doubled && template[open..].starts_with("{{") {
            // The first of the two is the brace.
            push_text(&mut pieces, &template[from..=open]);
            (from, at) = (open + 2, open + 2);
            continue;
        }
        let Some(close) = template[open..].find('}').map(|it| open + it + 1) else {
            break;
        };
        let slot = &template[open..close];
        let is_mark = braces == Braces::Doubled && matches!(slot, "{(}" | "{)}");
        if is_mark || braces == Braces::Doubled || GENERATORS.contains(&generator(slot)) {
            push_text(&mut pieces, &template[from..open]);
            match is_mark {
                true => is_secret = slot == "{(}",
                false if is_secret => pieces.push(Piece::MadeUp(slot)),
                false => pieces.push(Piece::Aside(slot)),
            }
            (from, at) = (close, close);
        } else {
            at = open + 1;
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
    /// What nobody could guess, part by part; all of it where there is nothing.
    pub(crate) core: Vec<Range<usize>>,
}

/// Makes up what is to be made up. The same seed makes the same text.
pub(crate) fn make(pieces: &[Piece<'_>], seed: u64) -> Made {
    let mut made = Made::default();
    let mut random = Random::new(seed);
    for piece in pieces {
        let from = made.text.len();
        match piece {
            Piece::Text(text) => made.text.push_str(text),
            Piece::MadeUp(spec) | Piece::Aside(spec) => {
                let (text, secret) = one(spec, &mut random);
                made.text.push_str(&text);
                let secret = secret.into_iter().filter(|_| piece.is_random());
                made.core
                    .extend(secret.map(|it| from + it.start..from + it.end));
            }
        }
    }
    if made.core.is_empty() {
        made.core.push(0..made.text.len());
    }
    made
}

/// What is made up, and what of it nobody could guess.
fn one(spec: &str, random: &mut Random) -> (String, Vec<Range<usize>>) {
    let signs = spec
        .strip_prefix("{of:")
        .and_then(|it| it.strip_suffix('}'));
    if let Some(rest) = signs {
        let text = of_signs(rest, random);
        let all = 0..text.len();
        return (text, vec![all]);
    }
    let made = sample(spec, random.next());
    (made.text, made.secret)
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
    fn the_core_is_what_nobody_guesses() {
        let parts = pieces("x-{of:AB:2}:{of:CD:5}@{word}", Braces::Plain);
        let made = make(&parts, 7);
        assert_eq!(made.core, [2..4, 5..10]);
        assert!(made.text[5..10].chars().all(|it| "CD".contains(it)));
        assert_eq!(make(&parts, 7), made);
        assert_ne!(make(&parts, 8), made);
        let nothing = make(&pieces("nothing", Braces::Plain), 1);
        assert_eq!(nothing.core.first(), Some(&(0..7)));
        let marked = pieces("{hex:3}{(}b{hex:4}{)};", Braces::Doubled);
        assert_eq!(make(&marked, 1).core.first(), Some(&(4..8)));
    }
}
