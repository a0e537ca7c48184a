//! Card numbers and bank accounts.
//!
//! Deliberately absent: whether a bank has such an account.

use super::digits;

/// Luhn's sum, a length and first digits that an issuer has.
pub(super) fn card(text: &str) -> bool {
    let digits = digits(text);
    issuer(&digits) && luhn(&digits)
}

fn luhn(digits: &[u32]) -> bool {
    let Some((last, rest)) = digits.split_last() else {
        return false;
    };
    luhn_digit(rest) == *last
}

/// The digit that makes Luhn's sum right.
pub(crate) fn luhn_digit(digits: &[u32]) -> u32 {
    let doubled = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(idx, digit)| match idx % 2 {
            0 => digit * 2 / 10 + digit * 2 % 10,
            _ => *digit,
        });
    (10 - doubled.sum::<u32>() % 10) % 10
}

/// Ranges of issuers, by first digits and length, as ISO/IEC 7812 and the networks publish them.
fn issuer(digits: &[u32]) -> bool {
    if digits.len() < 13 {
        return false;
    }
    let first = |len: usize| digits[..len].iter().fold(0, |sum, it| sum * 10 + it);
    match digits.len() {
        13 => first(1) == 4,
        14 => matches!(first(3), 300..=305) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        16 => {
            first(1) == 4
                || matches!(first(2), 51..=55 | 62 | 65 | 81)
                || matches!(first(4), 2221..=2720 | 3528..=3589 | 6011 | 2200..=2204 | 9792)
                || matches!(first(3), 644..=649)
        }
        19 => first(2) == 62,
        _ => false,
    }
}

/// Lengths of account numbers by country, of the IBAN registry.
pub(crate) const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

/// ISO 13616: the country's length, and 1 as the remainder of 97.
pub(super) fn iban(text: &str) -> bool {
    let account: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let account = account.to_ascii_uppercase();
    let length = |it: &&(&str, usize)| account.starts_with(it.0);
    let known = IBAN_LENGTHS.iter().find(length);
    if known.is_none_or(|it| it.1 != account.len()) || !account.is_ascii() {
        return false;
    }
    let (head, body) = account.split_at(4);
    remainder_97(&format!("{body}{head}")) == 1
}

/// The two digits behind the country's letters.
#[cfg(any(test, feature = "samples"))]
pub(crate) fn iban_digits(country: &str, body: &str) -> u32 {
    98 - remainder_97(&format!("{body}{country}00"))
}

fn remainder_97(text: &str) -> u32 {
    text.chars()
        .filter_map(|it| it.to_digit(36))
        .fold(0, |rest, digit| match digit {
            0..10 => (rest * 10 + digit) % 97,
            _ => (rest * 100 + digit) % 97,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_has_an_issuer_and_a_sum() {
        // The networks' published test numbers, in parts.
        for it in [
            ["4111", "1111 1111 1111"],
            ["5555", "5555-5555-4444"],
            ["3782", "822463 10005"],
        ] {
            assert!(card(&it.concat()), "{it:?}");
        }
        assert!(!card("4111 1111 1111 1112"));
        assert!(!card("0000 0000 0000 0000"));
        assert!(!card("1234567812345670"), "no issuer has it");
    }

    #[test]
    fn an_iban_has_its_countrys_length_and_sum() {
        // The registry's own examples, in parts.
        for it in [
            ["DE89", "370400440532013000"],
            ["GB29", " NWBK 6016 1331 9268 19"],
            ["NO93", "86011117947"],
        ] {
            assert!(iban(&it.concat()), "{it:?}");
        }
        assert!(!iban("DE88370400440532013000"));
        assert!(!iban("DE8937040044053201300"));
        assert!(!iban("ZZ89370400440532013000"));
    }
}
