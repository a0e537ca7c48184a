//! Vectors as servers write them: arrays of numbers, or little-endian floats in base64.
//!
//! The one idea: a vector that is not wholly there is no vector; half of one would be compared like any other.
//!
//! Deliberately absent: how many there should be, and their length.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// One vector, or nothing if it is none: an empty one, a number that is not finite, a `null`.
pub(crate) fn vector(value: &Value) -> Option<Vec<f32>> {
    let vector: Vec<f32> = match value {
        Value::Array(numbers) => numbers.iter().map(number).collect::<Option<_>>()?,
        Value::String(text) => floats(&STANDARD.decode(text).ok()?)?,
        _ => return None,
    };
    let whole = !vector.is_empty() && vector.iter().all(|it| it.is_finite());
    whole.then_some(vector)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "vectors are single precision; what overflows becomes infinite and is refused"
)]
fn number(value: &Value) -> Option<f32> {
    value.as_f64().map(|it| it as f32)
}

fn floats(bytes: &[u8]) -> Option<Vec<f32>> {
    let (words, rest) = bytes.as_chunks::<4>();
    rest.is_empty()
        .then(|| words.iter().map(|it| f32::from_le_bytes(*it)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Option<&[f32]>) {
        let value = serde_json::from_str(json).expect("JSON");
        assert_eq!(vector(&value).as_deref(), expected);
    }

    #[test]
    fn numbers_and_base64_are_the_same_vector() {
        check("[1, -0.5]", Some(&[1.0, -0.5]));
        check("\"AACAPwAAAL8=\"", Some(&[1.0, -0.5]));
    }

    #[test]
    fn what_is_not_whole_is_no_vector() {
        for json in [
            "[]",
            "[1, null]",
            "[1, \"2\"]",
            "[1e39]",
            "null",
            "{}",
            "\"\"",
            "\"AACAPw\"",
            "\"AACA\"",
            "\"!\"",
            // A NaN.
            "\"AADAfw==\"",
        ] {
            check(json, None);
        }
    }
}
