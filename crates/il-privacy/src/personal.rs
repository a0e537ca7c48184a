//! Checks that are no pattern: sums of digits, of account numbers and national ids, and what a token holds.
//!
//! The one idea: a rule names its check, and a check is a function of the secret alone.
//!
//! Deliberately absent: where in a text they stand.

mod accounts;
mod contacts;
mod guessing;
mod nations;
mod tokens;

pub(crate) use self::{guessing::is_made_of_words, tokens::decode};

/// A check by its name.
type Check = fn(&str) -> bool;

const CHECKS: &[(&str, Check)] = &[
    ("aadhaar", nations::aadhaar),
    ("bare-password", guessing::bare_password),
    ("base64-json", tokens::base64_json),
    ("base64-private-key", tokens::base64_private_key),
    ("basic-auth", tokens::basic_auth),
    ("bsn", nations::bsn),
    ("codice-fiscale", nations::codice_fiscale),
    ("cpf", nations::cpf),
    ("crc32-base62", tokens::crc32_base62),
    ("dni", nations::dni),
    ("email", contacts::email),
    ("iban", accounts::iban),
    ("jwt", tokens::jwt),
    ("luhn", accounts::card),
    ("nino", nations::nino),
    ("nir", nations::nir),
    ("password", guessing::password),
    ("pesel", nations::pesel),
    ("phone", contacts::phone),
    ("random", guessing::random),
    ("ssn", nations::ssn),
    ("steuer-id", nations::steuer_id),
    ("url-password", guessing::url_password),
    ("uuid", tokens::uuid),
];

/// The check of that name; `None` where there is none.
pub(crate) fn check(name: &str) -> Option<Check> {
    CHECKS.iter().find(|it| it.0 == name).map(|it| it.1)
}

#[cfg(any(test, feature = "samples"))]
pub(crate) use self::{
    accounts::{IBAN_LENGTHS, iban_digits, luhn_digit},
    nations::{
        codice_fiscale_letter, cpf_digit, dni_letter, pesel_digit, steuer_digit, verhoeff_digit,
    },
    tokens::{base62, crc32},
};

/// The digits of a text, as numbers.
fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|it| it.to_digit(10)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_sorted_by_name() {
        assert!(CHECKS.is_sorted_by_key(|it| it.0));
    }
}
