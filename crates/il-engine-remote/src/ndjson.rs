//! One JSON value a line, byte by byte.
//!
//! The one idea: lines are kept as bytes until they are whole; whoever reads them never sees half a value.
//!
//! Deliberately absent: reading the values.

use crate::sse::{LONGEST_LINE, TooLong};

/// Reads lines from pieces of a body.
#[derive(Debug, Default)]
pub(crate) struct Ndjson {
    line: Vec<u8>,
    begun: bool,
}

impl Ndjson {
    /// Takes the next bytes; pushes the lines that they complete. Blank lines are passed over.
    pub(crate) fn push(&mut self, bytes: &[u8], lines: &mut Vec<String>) -> Result<(), TooLong> {
        for byte in bytes {
            match byte {
                b'\n' => self.finish(lines),
                _ if self.line.len() >= LONGEST_LINE => return Err(TooLong),
                _ => self.line.push(*byte),
            }
        }
        Ok(())
    }

    /// Nothing more comes; the last line may lack its end.
    pub(crate) fn finish(&mut self, lines: &mut Vec<String>) {
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let text = match std::mem::replace(&mut self.begun, true) {
            true => &text[..],
            false => text.trim_start_matches('\u{feff}'),
        };
        let text = text.trim();
        if !text.is_empty() {
            lines.push(text.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let (mut reader, mut lines) = (Ndjson::default(), Vec::new());
        for piece in pieces {
            reader.push(piece, &mut lines).expect("short lines");
        }
        reader.finish(&mut lines);
        lines
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let bytes = text.as_bytes();
        assert_eq!(read(&[bytes]), expected);
        for at in 0..=bytes.len() {
            let found = read(&[&bytes[..at], &bytes[at..]]);
            assert_eq!(found, expected, "split at {at}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read(&single), expected);
    }

    #[test]
    fn lines_are_whole_wherever_they_were_split() {
        check(
            "{\"a\":1}\n{\"b\":\"🦀\"}\n",
            &["{\"a\":1}", "{\"b\":\"🦀\"}"],
        );
        check("{}\r\n\r\n{}", &["{}", "{}"]);
        check("\u{feff}{}\n", &["{}"]);
        check("", &[]);
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let (mut reader, mut lines) = (Ndjson::default(), Vec::new());
        let piece = vec![b'x'; LONGEST_LINE];
        assert_eq!(reader.push(&piece, &mut lines), Ok(()));
        assert_eq!(reader.push(b"x", &mut lines), Err(TooLong));
    }

    proptest! {
        #[test]
        fn where_the_network_splits_makes_no_difference(
            text in "[{}é🦀\r\n ]{0,40}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|it| it.index(bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|it| &bytes[it[0]..it[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[bytes]));
        }
    }
}
