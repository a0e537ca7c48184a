//! What a slot of a template stands for.
//!
//! Deliberately absent: where in a text it stands.

use std::ops::Range;

use super::Random;
use crate::personal;

const DIGITS: &[u8] = b"0123456789";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LOWERNUM: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const UPPERNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const WORDS: [&str; 20] = [
    "billing", "backup", "search", "worker", "report", "mailer", "import", "export", "gateway",
    "cluster", "metrics", "session", "invoice", "catalog", "payment", "webhook", "monitor",
    "archive", "staging", "release",
];
const NAMES: [&str; 16] = [
    "Ada",
    "Alan",
    "Barbara",
    "Donald",
    "Edsger",
    "Frances",
    "Grace",
    "Hedy",
    "John",
    "Ken",
    "Katherine",
    "Leslie",
    "Margaret",
    "Niklaus",
    "Radia",
    "Tony",
];

/// A piece of a sample.
pub(super) struct Made {
    pub(super) text: String,
    /// Of the text, what is secret.
    pub(super) secret: Vec<Range<usize>>,
}

/// `None` where there is no such slot.
pub(super) fn make(slot: &str, random: &mut Random) -> Option<Made> {
    let (kind, rest) = slot.split_once(':').unwrap_or((slot, ""));
    let open = match kind {
        "word" => Some(random.pick(&WORDS).to_owned()),
        "name" => Some(random.pick(&NAMES).to_owned()),
        "pick" => Some(random.pick(&rest.split('|').collect::<Vec<_>>()).to_owned()),
        _ => None,
    };
    if let Some(text) = open {
        return Some(Made {
            text,
            secret: Vec::new(),
        });
    }
    if let "pem" | "pem-escaped" = kind {
        return Some(pem(rest, if kind == "pem" { "\n" } else { "\\n" }, random));
    }
    let text = match alphabet(kind) {
        Some(alphabet) => signs(alphabet, rest, random)?,
        None => token(kind, rest, random).or_else(|| person(kind, rest, random))?,
    };
    Some(Made {
        secret: std::iter::once(0..text.len()).collect(),
        text,
    })
}

fn alphabet(kind: &str) -> Option<&'static [u8]> {
    Some(match kind {
        "hex" => b"0123456789abcdef",
        "HEX" => b"0123456789ABCDEF",
        "digits" => DIGITS,
        "lower" => LOWER,
        "upper" => UPPER,
        "letters" => LETTERS,
        "lowernum" => LOWERNUM,
        "uppernum" => UPPERNUM,
        "alnum" => ALNUM,
        "base64" => BASE64,
        "base64url" => BASE64URL,
        "base32" => BASE32,
        _ => return None,
    })
}

fn signs(alphabet: &[u8], lengths: &str, random: &mut Random) -> Option<String> {
    let (least, most) = lengths.split_once('-').unwrap_or((lengths, lengths));
    let (least, most): (usize, usize) = (least.parse().ok()?, most.parse().ok()?);
    let count = random.of(least..most + 1);
    Some(random.signs(alphabet, count))
}

fn token(kind: &str, rest: &str, random: &mut Random) -> Option<String> {
    Some(match kind {
        "uuid" => {
            let hex = random.signs(b"0123456789abcdef", 32);
            let variant = random.pick(&["8", "9", "a", "b"]);
            format!(
                "{}-{}-4{}-{variant}{}-{}",
                &hex[..8],
                &hex[8..12],
                &hex[13..16],
                &hex[17..20],
                &hex[20..]
            )
        }
        "jwt" => {
            let algorithm = random.pick(&["HS256", "RS256", "ES384"]);
            let header = base64(
                format!("{{\"alg\":\"{algorithm}\",\"typ\":\"JWT\"}}").as_bytes(),
                false,
            );
            let subject = random.signs(DIGITS, 10);
            let payload = base64(
                format!("{{\"sub\":\"{subject}\",\"iat\":1{}}}", &subject[1..]).as_bytes(),
                false,
            );
            format!("{header}.{payload}.{}", random.signs(BASE64URL, 43))
        }
        "json64" => {
            let (id, secret) = (random.signs(LOWERNUM, 12), random.signs(ALNUM, 32));
            base64(
                format!("{{\"id\":\"{id}\",\"secret\":\"{secret}\"}}").as_bytes(),
                true,
            )
        }
        "password" => {
            let word = random.pick(&WORDS);
            let (head, tail) = word.split_at(random.of(2..word.len() - 1));
            let mark = random.pick(&["!", "#", "%", "&", "*", "+", "=", "?", "^"]);
            format!(
                "{}{}{tail}{mark}{}",
                head.to_ascii_uppercase(),
                random.of(2..100),
                random.signs(ALNUM, 3)
            )
        }
        "basic" => {
            let user = format!("{}:{}", random.pick(&WORDS), random.signs(ALNUM, 14));
            base64(user.as_bytes(), true)
        }
        "pem64" => base64(pem(rest, "\n", random).text.as_bytes(), true),
        "github" => {
            let body = random.signs(ALNUM, 30);
            let sum = personal::base62(personal::crc32(body.as_bytes()));
            format!("{rest}{body}{sum}")
        }
        _ => return None,
    })
}

fn person(kind: &str, rest: &str, random: &mut Random) -> Option<String> {
    let number = |of: &[u32]| of.iter().map(u32::to_string).collect::<String>();
    let with = |mut of: Vec<u32>, digit: fn(&[u32]) -> u32| {
        of.push(digit(&of));
        of
    };
    Some(match kind {
        "luhn" => {
            let (first, length) = rest.split_once(':')?;
            let length: usize = length.parse().ok()?;
            let mut card: Vec<u32> = first.chars().filter_map(|it| it.to_digit(10)).collect();
            card.extend(random.digits(length.checked_sub(card.len() + 1)?));
            number(&with(card, personal::luhn_digit))
        }
        "iban" => {
            let (_, length) = personal::IBAN_LENGTHS.iter().find(|it| it.0 == rest)?;
            // Banks have letters in these.
            let letters = if matches!(rest, "GB" | "NL" | "IE") {
                4
            } else {
                0
            };
            let body = random.signs(UPPER, letters) + &number(&random.digits(length - 4 - letters));
            format!("{rest}{:02}{body}", personal::iban_digits(rest, &body))
        }
        "phone" => format!(
            "{rest} {} {}{}",
            2 + random.of(0..7),
            random.of(11..98),
            random.of(1_001_001..9_899_899)
        ),
        "email" => {
            let name = random.pick(&NAMES).to_ascii_lowercase();
            let host = random.pick(&[
                "posteo.de",
                "proton.me",
                "gmx.net",
                "initech.io",
                "acme-corp.co.uk",
            ]);
            format!(
                "{name}.{}{}@{host}",
                random.signs(LOWER, 6),
                random.of(1..99)
            )
        }
        "aadhaar" => {
            let mut it = vec![2 + random.of(0..8) as u32];
            it.extend(random.digits(10));
            number(&with(it, personal::verhoeff_digit))
        }
        "cpf" => number(&with(
            with(random.digits(9), personal::cpf_digit),
            personal::cpf_digit,
        )),
        "pesel" => {
            let mut it = random.digits(2);
            let (month, day) = (random.of(1..13) as u32, random.of(1..29) as u32);
            it.extend([month / 10, month % 10, day / 10, day % 10]);
            it.extend(random.digits(4));
            number(&with(it, personal::pesel_digit))
        }
        "steuer-id" => {
            // Nine digits once, one of them again.
            let mut it: Vec<u32> = (1..10).collect();
            for idx in (1..9).rev() {
                it.swap(idx, random.of(0..idx + 1));
            }
            it.insert(random.of(2..9), it[0]);
            number(&with(it, personal::steuer_digit))
        }
        "bsn" => loop {
            let it = random.digits(9);
            let text = number(&it);
            if it[0] != 0 && personal::check("bsn").is_some_and(|check| check(&text)) {
                break text;
            }
        },
        "dni" | "nie" => {
            let body = random.of(1_000_000..9_999_999) as u32;
            match kind {
                "nie" => format!("X{body}{}", personal::dni_letter(body)),
                _ => format!("4{body}{}", personal::dni_letter(40_000_000 + body)),
            }
        }
        "nino" => format!(
            "{}{}{}",
            random.pick(&["AB", "CE", "HJ", "LM", "PR", "SX"]),
            random.of(100_000..999_999),
            random.pick(&["A", "B", "C", "D"]),
        ),
        "nir" => {
            let body: u64 = format!(
                "{}{:02}{:02}{:02}{}",
                1 + random.of(0..2),
                random.of(40..99),
                random.of(1..13),
                random.of(1..95),
                random.of(100_000..999_999),
            )
            .parse()
            .ok()?;
            format!("{body}{:02}", 97 - body % 97)
        }
        "codice-fiscale" => {
            let (name, month) = (
                random.signs(UPPER, 6),
                random.pick(&["A", "B", "C", "D", "E", "H", "M", "S"]),
            );
            let (year, day, place) = (random.of(40..99), random.of(10..29), random.of(100..999));
            let body = format!("{name}{year}{month}{day}F{place}");
            let letter = personal::codice_fiscale_letter(&body);
            format!("{body}{}", char::from(letter))
        }
        "ssn" => format!(
            "{}-{:02}-{}",
            random.of(220..665),
            random.of(10..99),
            random.of(1000..9999)
        ),
        _ => return None,
    })
}

/// A block with a body of the usual length, in lines of 64 signs.
fn pem(label: &str, line_end: &str, random: &mut Random) -> Made {
    let mut text = format!("-----BEGIN {label}-----{line_end}");
    let mut secret = Vec::new();
    let lines = random.of(6..14);
    for idx in 0..=lines {
        let start = text.len();
        match idx {
            _ if idx < lines => text += &random.signs(BASE64, 64),
            _ => text += &format!("{}=", random.signs(BASE64, 31)),
        }
        secret.push(start..text.len());
        text += line_end;
    }
    text += &format!("-----END {label}-----");
    Made { text, secret }
}

fn base64(bytes: &[u8], padded: bool) -> String {
    let mut text = String::new();
    for it in bytes.chunks(3) {
        let bits = it
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0, |sum, it| sum << 8 | usize::from(*it));
        for idx in 0..4 {
            match idx <= it.len() {
                true => text.push(char::from(BASE64[bits >> (18 - 6 * idx) & 63])),
                false if padded => text.push('='),
                false => {}
            }
        }
    }
    text
}
