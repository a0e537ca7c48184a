//! Made-up secrets: a template and a seed make one, so that no file of this repository looks like a leaked key.
//!
//! The one idea: what varies in a kind of secret is written as `{…}`, and the same seed gives the same one.
//!
//! `{hex:32}` and the like stand for random signs: `hex` `HEX` `alnum` `lower` `upper` `digits` `letters` `lowernum` `uppernum`
//! `base64` `base64url` `base32`, each with a length or `least-most`. `{uuid}`, `{jwt}`, `{password}`, `{json64}`, `{basic}`,
//! `{pem:RSA PRIVATE KEY}` (a block) and `{pem-escaped:…}` (one line with `\n`), `{pem64:…}` (a block in base64),
//! `{luhn:4:16}` (first digits, length), `{iban:DE}`, `{github:ghp_}` (with its check sum), `{phone:+49}`, `{email}`; national
//! ids `{aadhaar}` `{bsn}` `{codice-fiscale}` `{cpf}` `{dni}` `{nie}` `{nino}` `{nir}` `{pesel}` `{ssn}` `{steuer-id}`.
//! `{word}` and `{name}` stand for what is no secret, `{pick:a|b}` for one of several. `{(}` and `{)}` stand around the
//! secret where it is not just what is random. `{{` is a brace; a `}` alone is one.
//!
//! Deliberately absent: serious randomness.

mod made;
mod random;

use std::ops::Range;

pub use self::random::Random;

/// One made-up text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub text: String,
    /// Bytes that a finding has to cover.
    pub secret: Vec<Range<usize>>,
    /// Whether a finding is exactly that, since the template says so.
    pub exact: bool,
}

/// One text of a template. The same seed gives the same one.
pub fn expand(template: &str, seed: u64) -> String {
    sample(template, seed).text
}

/// The same, with where the secret is.
///
/// # Panics
///
/// Where the template is none: templates are data of this repository, and a test expands them all.
pub fn sample(template: &str, seed: u64) -> Sample {
    let mut random = Random::new(seed ^ template.len() as u64);
    let mut text = String::new();
    let mut parts = Vec::new();
    let mut marked: Option<Vec<Range<usize>>> = None;
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('{') {
            text.push('{');
            rest = behind;
            continue;
        }
        let (slot, behind) = rest
            .split_once('}')
            .unwrap_or_else(|| panic!("`{template}`: a `{{` without its `}}`"));
        rest = behind;
        let start = text.len();
        match slot {
            "(" => marked.get_or_insert_default().push(start..start),
            ")" => match marked.as_mut().and_then(|it| it.last_mut()) {
                Some(it) => it.end = start,
                None => panic!("`{template}`: a `{{)}}` without its `{{(}}`"),
            },
            _ => {
                let made = made::make(slot, &mut random);
                let made =
                    made.unwrap_or_else(|| panic!("`{template}`: `{{{slot}}}` is not a slot"));
                text.push_str(&made.text);
                parts.extend(
                    made.secret
                        .iter()
                        .map(|it| start + it.start..start + it.end),
                );
            }
        }
    }
    text.push_str(rest);
    Sample {
        exact: marked.is_some(),
        secret: marked.unwrap_or(parts),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sample() {
        let template = "{word}_key = '{hex:32}' {{}";
        assert_eq!(sample(template, 7), sample(template, 7));
        assert_ne!(sample(template, 7), sample(template, 8));
        assert!(expand(template, 7).ends_with("' {}"));
    }

    #[test]
    fn what_is_secret_is_known_by_its_place() {
        let it = sample("id={word} key={hex:4}{upper:2}", 1);
        let secret: Vec<&str> = it.secret.iter().map(|at| &it.text[at.clone()]).collect();
        assert_eq!(secret.iter().map(|it| it.len()).collect::<Vec<_>>(), [4, 2]);
        assert!(!it.exact);
        let it = sample("key={(}sk-{hex:4}{)};", 1);
        assert_eq!(it.text[it.secret[0].clone()].len(), 7);
        assert!(it.exact);
    }
}
