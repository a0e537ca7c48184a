//! National ids: lengths, forbidden ranges and check digits, as each country publishes them.
//!
//! Deliberately absent: whom they belong to.

use super::digits;

/// United States: no area 000, 666 or 900 and above, no group 00, no serial 0000, none that was published.
pub(super) fn ssn(text: &str) -> bool {
    let it = digits(text);
    if it.len() != 9 {
        return false;
    }
    let number = |part: &[u32]| part.iter().fold(0, |sum, it| sum * 10 + it);
    let (area, group, serial) = (number(&it[..3]), number(&it[3..5]), number(&it[5..]));
    !matches!(area, 0 | 666 | 900..)
        && group != 0
        && serial != 0
        && !matches!((area, group), (78, 5) | (123, 45) | (219, 9))
}

/// United Kingdom: letters that are not given out.
pub(super) fn nino(text: &str) -> bool {
    let it: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|it| it.to_ascii_uppercase())
        .collect();
    it.len() == 9
        && !b"DFIQUV".contains(&it[0])
        && !b"DFIQUVO".contains(&it[1])
        && ![*b"BG", *b"GB", *b"KN", *b"NK", *b"NT", *b"TN", *b"ZZ"].contains(&[it[0], it[1]])
        && it[2..8].iter().all(u8::is_ascii_digit)
        && matches!(it[8], b'A'..=b'D')
}

/// Germany's tax id: one digit of the first ten stands twice or thrice, and ISO 7064 MOD 11,10.
pub(super) fn steuer_id(text: &str) -> bool {
    let it = digits(text);
    if it.len() != 11 || it[0] == 0 {
        return false;
    }
    let mut counts = [0; 10];
    for digit in &it[..10] {
        counts[*digit as usize] += 1;
    }
    let repeated = counts.iter().filter(|it| **it > 1).count();
    let most = counts.iter().max();
    repeated == 1 && most.is_some_and(|it| *it <= 3) && steuer_digit(&it[..10]) == it[10]
}

pub(crate) fn steuer_digit(digits: &[u32]) -> u32 {
    let product = digits.iter().fold(10, |product, digit| {
        let sum = match (digit + product) % 10 {
            0 => 10,
            it => it,
        };
        sum * 2 % 11
    });
    (11 - product) % 10
}

/// France's social security number: 97 less the remainder of 97; Corsica's departments are 19 and 18.
pub(super) fn nir(text: &str) -> bool {
    let it: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if it.len() != 15 || !matches!(it.as_bytes()[0], b'1' | b'2') {
        return false;
    }
    let it = it
        .to_ascii_uppercase()
        .replace("2A", "19")
        .replace("2B", "18");
    let (Ok(number), Ok(sum)) = (it[..13].parse::<u64>(), it[13..].parse::<u64>()) else {
        return false;
    };
    let month = number / 100_000_000 % 100;
    matches!(month, 1..=12 | 20..=42 | 50..=99) && 97 - number % 97 == sum
}

/// Spain's DNI and foreigners' NIE: a letter for the remainder of 23.
pub(super) fn dni(text: &str) -> bool {
    let it: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let it = it.to_ascii_uppercase();
    let Some((body, letter)) = it
        .len()
        .checked_sub(1)
        .and_then(|at| it.split_at_checked(at))
    else {
        return false;
    };
    let body = match body.as_bytes().first() {
        Some(first @ b'X'..=b'Z') => format!("{}{}", first - b'X', &body[1..]),
        _ => body.to_owned(),
    };
    let number = body.parse::<u32>().ok().filter(|_| body.len() == 8);
    number.is_some_and(|it| it > 1000 && letter.chars().eq([dni_letter(it)]))
}

pub(crate) fn dni_letter(number: u32) -> char {
    char::from(b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize])
}

/// The Netherlands' citizen service number: the sum of 9, 8, … 2 and −1 times its digits is divided by 11.
pub(super) fn bsn(text: &str) -> bool {
    let it = digits(text);
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    let sum: i32 = it
        .iter()
        .zip(weights)
        .map(|(it, weight)| *it as i32 * weight)
        .sum();
    it.len() == 9 && sum != 0 && sum % 11 == 0
}

/// Italy's tax code: a letter for the sum of values by position.
pub(super) fn codice_fiscale(text: &str) -> bool {
    let it = text.to_ascii_uppercase();
    let shape = |(idx, it): (usize, u8)| match idx {
        0..=5 | 8 | 11 | 15 => it.is_ascii_uppercase(),
        // Where two people would have the same, digits are letters.
        _ => it.is_ascii_digit() || b"LMNPQRSTUV".contains(&it),
    };
    it.len() == 16
        && it.bytes().enumerate().all(shape)
        && b"ABCDEHLMPRST".contains(&it.as_bytes()[8])
        && codice_fiscale_letter(&it[..15]) == it.as_bytes()[15]
}

pub(crate) fn codice_fiscale_letter(body: &str) -> u8 {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let value = |(idx, it): (usize, u8)| {
        let number = if it.is_ascii_digit() {
            it - b'0'
        } else {
            it - b'A'
        };
        match idx % 2 {
            0 => ODD[usize::from(number)],
            _ => u32::from(number),
        }
    };
    let sum: u32 = body.bytes().enumerate().map(value).sum();
    b'A' + (sum % 26) as u8
}

/// Poland's: a date and a sum of 1, 3, 7, 9.
pub(super) fn pesel(text: &str) -> bool {
    let it = digits(text);
    if it.len() != 11 {
        return false;
    }
    let month = it[2] * 10 + it[3];
    let day = it[4] * 10 + it[5];
    matches!(month % 20, 1..=12) && matches!(day, 1..=31) && pesel_digit(&it[..10]) == it[10]
}

pub(crate) fn pesel_digit(digits: &[u32]) -> u32 {
    let sum: u32 = digits
        .iter()
        .zip([1, 3, 7, 9].iter().cycle())
        .map(|(it, weight)| it * weight)
        .sum();
    (10 - sum % 10) % 10
}

/// Brazil's: two check digits, and not one digit eleven times.
pub(super) fn cpf(text: &str) -> bool {
    let it = digits(text);
    it.len() == 11
        && it.iter().any(|digit| *digit != it[0])
        && cpf_digit(&it[..9]) == it[9]
        && cpf_digit(&it[..10]) == it[10]
}

pub(crate) fn cpf_digit(digits: &[u32]) -> u32 {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip(2..)
        .map(|(it, weight)| it * weight)
        .sum();
    match sum % 11 {
        0 | 1 => 0,
        it => 11 - it,
    }
}

/// India's: Verhoeff's check digit, and neither 0 nor 1 first.
pub(super) fn aadhaar(text: &str) -> bool {
    let it = digits(text);
    it.len() == 12 && it[0] > 1 && verhoeff_digit(&it[..11]) == it[11]
}

/// Verhoeff's, by the group of the pentagon's symmetries.
pub(crate) fn verhoeff_digit(digits: &[u32]) -> u32 {
    const SWAP: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let swapped = |digit: u32, times: usize| (0..times % 8).fold(digit, |it, _| SWAP[it as usize]);
    let sum = digits
        .iter()
        .rev()
        .zip(1..)
        .fold(0, |sum, (it, position)| joined(sum, swapped(*it, position)));
    (0..10).find(|it| joined(sum, *it) == 0).unwrap_or(0)
}

/// The product of two symmetries of a pentagon: 0–4 turn it, 5–9 turn it over.
fn joined(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_are_right_and_a_digit_off_is_wrong() {
        let cases: [(fn(&str) -> bool, &str, &str); 8] = [
            (ssn, "536-90-4399", "666-90-4399"),
            (nino, "AA123456C", "QQ123456C"),
            (steuer_id, "86095742719", "86095742718"),
            (dni, "12345678Z", "12345678A"),
            (bsn, "111222333", "111222334"),
            (codice_fiscale, "RSSMRA85T10A562S", "RSSMRA85T10A562T"),
            (pesel, "44051401359", "44051401358"),
            (cpf, "529.982.247-25", "529.982.247-24"),
        ];
        for (check, right, wrong) in cases {
            assert!(check(right), "{right}");
            assert!(!check(wrong), "{wrong}");
        }
        assert!(dni("X1234567L"));
        assert!(nir("2 55 08 14 168 025 38") && !nir("2 55 08 14 168 025 39"));
        // Verhoeff's own example.
        assert_eq!(verhoeff_digit(&[2, 3, 6]), 3);
    }
}
