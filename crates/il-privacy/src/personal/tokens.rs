//! What tokens hold: encoded JSON, check sums, fixed bits.
//!
//! Deliberately absent: verifying a signature.

/// Three parts of base64url, of which the first is a header with an algorithm.
pub(super) fn jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let header = parts.next().and_then(decode);
    header.is_some_and(|it| is_json(&it) && (has(&it, b"\"alg\"") || has(&it, b"\"enc\"")))
}

/// Base64 of a JSON object.
pub(super) fn base64_json(text: &str) -> bool {
    decode(text).is_some_and(|it| is_json(&it))
}

/// Base64 of a PEM block with a private key.
pub(super) fn base64_private_key(text: &str) -> bool {
    decode(text).is_some_and(|it| has(&it, b"PRIVATE KEY"))
}

/// Base64 of a user's name and a password.
pub(super) fn basic_auth(text: &str) -> bool {
    let text = decode(text).and_then(|it| String::from_utf8(it).ok());
    text.is_some_and(|it| it.contains(':') && !it.chars().any(char::is_control))
}

/// The last six signs are the CRC-32 of the rest behind the last underscore, in base 62.
pub(super) fn crc32_base62(text: &str) -> bool {
    let body = text.rsplit('_').next().unwrap_or(text);
    let Some((rest, sum)) = body
        .len()
        .checked_sub(6)
        .and_then(|it| body.split_at_checked(it))
    else {
        return false;
    };
    base62(crc32(rest.as_bytes())) == sum
}

/// Six signs of base 62, digits first, then capitals.
pub(crate) fn base62(mut number: u32) -> String {
    const SIGNS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut signs = [b'0'; 6];
    for it in signs.iter_mut().rev() {
        *it = SIGNS[(number % 62) as usize];
        number /= 62;
    }
    signs.iter().map(|it| char::from(*it)).collect()
}

/// As in zip and PNG.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| match sum & 1 {
            0 => sum >> 1,
            _ => sum >> 1 ^ 0xEDB8_8320,
        })
    })
}

/// A random or named one, RFC 9562: a version and its variant; none that is all zeros.
pub(super) fn uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && matches!(bytes[14], b'1'..=b'8')
        && matches!(bytes[19].to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b')
}

/// Base64 or base64url, with or without padding, as far as it is whole.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for it in text.bytes() {
        let value = match it {
            b'A'..=b'Z' => it - b'A',
            b'a'..=b'z' => it - b'a' + 26,
            b'0'..=b'9' => it - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

fn is_json(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii();
    bytes.starts_with(b"{") && has(bytes, b"\"") && std::str::from_utf8(bytes).is_ok()
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(base62(61), "00000z");
    }

    #[test]
    fn a_jwt_has_a_header_with_an_algorithm() {
        // {"alg":"HS256"} and {"foo":"HS256"}
        assert!(jwt(&["eyJhbGciOi", "JIUzI1NiJ9.e30.c2ln"].concat()));
        assert!(!jwt("eyJmb28iOiJIUzI1NiJ9.e30.c2ln"));
        assert!(!jwt("module.function.call"));
    }

    #[test]
    fn a_uuid_has_a_version() {
        assert!(uuid("f81d4fae-7dec-41d0-a765-00a0c91e6bf6"));
        assert!(!uuid("00000000-0000-0000-0000-000000000000"));
    }
}
