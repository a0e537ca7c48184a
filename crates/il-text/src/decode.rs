//! From the bytes of a file to text, never failing on what people really have on their disks.
//!
//! UTF-8 is taken as it is, a byte order mark names its encoding and is stripped, bytes that are no
//! UTF-8 become Latin-1 or, where most of the file is plainly UTF-8, replacement characters. Only what
//! is not text at all is refused.
//!
//! Deliberately absent: guessing among the hundred other encodings, and writing back.

use std::fmt;

/// How the bytes of a text were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8 without a byte order mark.
    Utf8,
    /// UTF-8 with one; it is not in the text.
    Utf8Bom,
    /// UTF-16, little end first, with a byte order mark; it is not in the text.
    Utf16Le,
    /// UTF-16, big end first, with a byte order mark; it is not in the text.
    Utf16Be,
    /// Bytes that are no UTF-8, each taken for the character of its number.
    Latin1,
}

/// What the bytes of a file are.
#[derive(Clone, PartialEq, Eq)]
pub enum Decoded {
    /// Text.
    Text {
        text: String,
        charset: Charset,
        /// Some bytes meant nothing and are U+FFFD now.
        lossy: bool,
    },
    /// Not text: it has NUL bytes, or control characters in number, near its start.
    Binary,
}

impl Decoded {
    /// The text, if it is one.
    pub fn into_text(self) -> Option<String> {
        match self {
            Self::Text { text, .. } => Some(text),
            Self::Binary => None,
        }
    }
}

/// Never the contents: source code must not reach a log by accident.
impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text {
                text,
                charset,
                lossy,
            } => f
                .debug_struct("Text")
                .field("text", &format_args!("<{} bytes>", text.len()))
                .field("charset", charset)
                .field("lossy", lossy)
                .finish(),
            Self::Binary => f.write_str("Binary"),
        }
    }
}

/// How far into a file to look for signs that it is not text.
const SNIFF: usize = 8 << 10;

/// Reads the bytes of a file. Takes them by value: UTF-8, the usual case, is not copied.
pub fn decode(bytes: Vec<u8>) -> Decoded {
    match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8_after_mark(rest),
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes, Charset::Utf16Le),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes, Charset::Utf16Be),
        all if has_nul(all) => Decoded::Binary,
        _ => match String::from_utf8(bytes) {
            Ok(text) => read(text, Charset::Utf8, false),
            Err(error) => decode_broken(error.as_bytes()),
        },
    }
}

fn read(text: String, charset: Charset, lossy: bool) -> Decoded {
    Decoded::Text {
        text,
        charset,
        lossy,
    }
}

fn sniffed(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(SNIFF)]
}

fn has_nul(bytes: &[u8]) -> bool {
    memchr::memchr(0, sniffed(bytes)).is_some()
}

fn decode_utf8_after_mark(bytes: &[u8]) -> Decoded {
    if has_nul(bytes) {
        return Decoded::Binary;
    }
    let text = String::from_utf8_lossy(bytes);
    let lossy = text.len() != bytes.len() || text.as_bytes() != bytes;
    read(text.into_owned(), Charset::Utf8Bom, lossy)
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, charset: Charset) -> Decoded {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| unit(pair));
    if units.clone().take(SNIFF).any(|unit| unit == 0) {
        return Decoded::Binary;
    }
    let mut lossy = false;
    let mut text: String = char::decode_utf16(units)
        .map(|c| {
            lossy |= c.is_err();
            c.unwrap_or(char::REPLACEMENT_CHARACTER)
        })
        .collect();
    if !odd.is_empty() {
        lossy = true;
        text.push(char::REPLACEMENT_CHARACTER);
    }
    read(text, charset, lossy)
}

/// Bytes that are no UTF-8: a few bad ones in UTF-8 text, Latin-1, or no text at all.
fn decode_broken(bytes: &[u8]) -> Decoded {
    if is_full_of_controls(bytes) {
        return Decoded::Binary;
    }
    if is_mostly_utf8(bytes) {
        return read(
            String::from_utf8_lossy(bytes).into_owned(),
            Charset::Utf8,
            true,
        );
    }
    read(
        bytes.iter().copied().map(char::from).collect(),
        Charset::Latin1,
        false,
    )
}

/// More than one byte in ten is a control character that no text file has.
fn is_full_of_controls(bytes: &[u8]) -> bool {
    let bytes = sniffed(bytes);
    let is_odd = |b: &&u8| matches!(b, 0..=6 | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F);
    bytes.iter().filter(is_odd).count() * 10 > bytes.len()
}

/// Whether more non-ASCII characters are whole than broken. In Latin-1 text hardly any are whole.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > broken
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], expected: &Expect) {
        expected.assert_eq(&match decode(bytes.to_vec()) {
            Decoded::Text {
                text,
                charset,
                lossy,
            } => format!("{text:?} {charset:?}{}", if lossy { " lossy" } else { "" }),
            Decoded::Binary => "binary".to_owned(),
        });
    }

    #[test]
    fn what_people_have_on_their_disks() {
        check(b"", &expect![[r#""" Utf8"#]]);
        check("é\u{301}𝒳".as_bytes(), &expect![[r#""é\u{301}𝒳" Utf8"#]]);
        check(b"\xEF\xBB\xBFa\r\n", &expect![[r#""a\r\n" Utf8Bom"#]]);
        check(b"\xEF\xBB\xBFa\xFF", &expect![[r#""a�" Utf8Bom lossy"#]]);
        check(
            b"\xFF\xFEa\0\x35\xD8\xB3\xDC",
            &expect![[r#""a𝒳" Utf16Le"#]],
        );
        check(
            b"\xFE\xFF\0a\xD8\x35\xDC\xB3",
            &expect![[r#""a𝒳" Utf16Be"#]],
        );
        check(
            b"\xFE\xFF\0a\xD8\x35\0b",
            &expect![[r#""a�b" Utf16Be lossy"#]],
        );
        check(b"\xFE\xFF\0a\0", &expect![[r#""a�" Utf16Be lossy"#]]);
        check(b"\xC3\xA9 \xE9", &expect![[r#""Ã© é" Latin1"#]]);
        check(b"caf\xE9 \xFCber\n", &expect![[r#""café über\n" Latin1"#]]);
        check(
            "naïve café \u{2026}".as_bytes(),
            &expect![[r#""naïve café …" Utf8"#]],
        );
    }

    #[test]
    fn a_few_bad_bytes_do_not_make_utf8_latin1() {
        let mut bytes = "日本語 日本語".as_bytes().to_vec();
        bytes.push(0xE6);
        check(&bytes, &expect![[r#""日本語 日本語�" Utf8 lossy"#]]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        check(b"\x7FELF\x02\x01\x01\0\0\0", &expect!["binary"]);
        check(b"\xFF\xFE\0\0a\0\0\0", &expect!["binary"]);
        check(b"\xEF\xBB\xBFa\0", &expect!["binary"]);
        check(b"\x01\x02\x03\x80\x81abc", &expect!["binary"]);
    }

    #[test]
    fn debug_shows_sizes_and_no_text() {
        let shown = format!("{:?}", decode(b"secret".to_vec()));
        assert_eq!(
            shown,
            "Text { text: <6 bytes>, charset: Utf8, lossy: false }"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_decode(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Decoded::Text { text, charset: Charset::Latin1, .. } = decode(bytes.clone()) {
                prop_assert!(text.chars().map(|c| c as u32).eq(bytes.iter().map(|&b| u32::from(b))));
            }
        }

        #[test]
        fn utf8_without_mark_or_nul_is_untouched(text in "[^\0\u{FEFF}]{0,40}") {
            let read = decode(text.clone().into_bytes());
            let expected = Decoded::Text { text, charset: Charset::Utf8, lossy: false };
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn utf16_comes_back(text in "[^\0]{0,40}", big: bool) {
            let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
            let bytes = units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
            prop_assert_eq!(decode(bytes).into_text(), Some(text));
        }
    }
}
