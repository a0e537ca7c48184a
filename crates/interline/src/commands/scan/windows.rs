//! A file of any size, a piece at a time.
//!
//! The one idea: pieces overlap by more than any secret is long, and a finding belongs to the piece in which it begins, so it is
//! found once and whole however large the file.
//!
//! Deliberately absent: what is looked for.

use std::io::{self, Read};

/// How much is looked at in one go.
pub(super) const PIECE: usize = 16 << 20;
/// How much of a piece is looked at again with the next one: more than a private key has.
pub(super) const OVERLAP: usize = 64 << 10;
/// How much stands before what belongs to a piece, since a keyword may be on the line before.
const LEAD: usize = 4 << 10;

/// A piece of a file.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    /// Findings that begin in here are the piece's own.
    pub(super) own: std::ops::Range<usize>,
    /// Line ends of the file before `text`, and characters of its line before it.
    pub(super) lines_before: usize,
    pub(super) columns_before: usize,
}

impl<'a> Piece<'a> {
    /// A text in one.
    pub(super) fn whole(text: &'a str) -> Self {
        Self {
            text,
            own: 0..text.len() + 1,
            lines_before: 0,
            columns_before: 0,
        }
    }
}

/// Reads everything and shows it piece by piece; tells how many bytes there were.
pub(super) fn each(
    mut file: impl Read,
    piece: usize,
    overlap: usize,
    mut see: impl FnMut(&Piece<'_>),
) -> io::Result<u64> {
    let mut bytes: Vec<u8> = Vec::new();
    let (mut lines_before, mut columns_before, mut own) = (0, 0, 0);
    let mut total = 0;
    loop {
        let missing = (piece + overlap).saturating_sub(bytes.len()).max(1);
        let read = (&mut file).take(missing as u64).read_to_end(&mut bytes)?;
        total += read as u64;
        let is_last = read < missing;
        // What belongs to the next piece; nothing of the last one.
        let next = match is_last {
            true => bytes.len(),
            false => start_of_line(&bytes, bytes.len().saturating_sub(overlap).max(own + 1)),
        };
        // Bytes that are no UTF-8 become replacement characters, so places are counted in the text.
        let text = String::from_utf8_lossy(&bytes);
        let in_text = |at: usize| String::from_utf8_lossy(&bytes[..at]).len();
        see(&Piece {
            text: &text,
            own: in_text(own)..if is_last {
                text.len() + 1
            } else {
                in_text(next)
            },
            lines_before,
            columns_before,
        });
        if is_last {
            return Ok(total);
        }
        let kept = start_of_line(&bytes, next.saturating_sub(LEAD.min(overlap)));
        let gone = String::from_utf8_lossy(&bytes[..kept]);
        match gone.rsplit_once('\n') {
            Some((_, line)) => {
                lines_before += gone.matches('\n').count();
                columns_before = line.chars().count();
            }
            None => columns_before += gone.chars().count(),
        }
        own = next - kept;
        bytes.drain(..kept);
    }
}

/// The beginning of the line at a place or, where that is far before it, of the character.
fn start_of_line(bytes: &[u8], at: usize) -> usize {
    let from = at.saturating_sub(LEAD);
    if let Some(end) = memchr::memrchr(b'\n', &bytes[from..at]) {
        return from + end + 1;
    }
    let is_middle = |it: &usize| bytes.get(*it).is_some_and(|b| b & 0xC0 == 0x80);
    // A character has four bytes at most.
    (at.saturating_sub(3)..=at)
        .rev()
        .find(|it| !is_middle(it))
        .unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `#` with the line and column that it is found at, piece by piece.
    fn found(text: &[u8], piece: usize, overlap: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let total = each(text, piece, overlap, |it| {
            for (at, _) in it
                .text
                .match_indices('#')
                .filter(|(at, _)| it.own.contains(at))
            {
                let before = &it.text[..at];
                let place = match before.rsplit_once('\n') {
                    Some((_, line)) => (before.matches('\n').count(), line.chars().count()),
                    None => (0, it.columns_before + before.chars().count()),
                };
                found.push((place.0 + it.lines_before, place.1));
            }
        });
        assert_eq!(total.unwrap(), text.len() as u64);
        found
    }

    #[test]
    fn every_finding_is_found_once_in_its_place_however_small_the_pieces() {
        let lines: String = (0..40)
            .map(|n| format!("{}é#{}\n", "x".repeat(n), "y".repeat(n % 7)))
            .collect();
        let one_line: String = (0..60)
            .map(|n| format!("é{}#", "z".repeat(n % 5)))
            .collect();
        for text in [
            lines.as_bytes(),
            one_line.as_bytes(),
            b"",
            b"#",
            b"#\n#",
            &[0xff, b'#', 0xe2, b'\n', b'#'],
        ] {
            let whole = found(text, 1 << 20, 1 << 10);
            for (piece, overlap) in [(64, 16), (50, 40), (7, 5), (1, 1)] {
                assert_eq!(found(text, piece, overlap), whole, "{piece} {overlap}");
            }
        }
    }
}
