//! Lines of base64 that belong to no block: the middle of a key, where a snippet was cut.
//!
//! The one idea: a key is written in lines of one length; three of them in a row, of signs that no text and no hash has so
//! evenly, are one, unless the block says otherwise.
//!
//! Deliberately absent: blocks with a first line; `pem` has them.

use std::ops::Range;

use memchr::{memchr_iter, memmem};

use super::look::entropy;
use crate::personal;

/// As keys are wrapped: PEM, OpenSSH, MIME.
const LENGTHS: [usize; 3] = [64, 70, 76];
/// Lines of a key, at least.
const LINES: usize = 3;
/// And at most; longer ones are files.
const MOST: usize = 150;
/// Signs in a line around its base64: indentation, quotes.
const AROUND: usize = 48;
/// Bytes in which the frame of a block stands.
const NEAR: usize = 16 * 1024;
/// Bytes in which the header of an attachment stands.
const HEADER: usize = 400;
/// Bits a byte of random base64 in a line of that length, at least; hexadecimal has 4.
const ENTROPY: f32 = 4.6;

/// The lines, in order.
pub(super) fn spans(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut run: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    let ends = memchr_iter(b'\n', text).chain(std::iter::once(text.len()));
    for end in ends {
        let line = start..end;
        start = end + 1;
        if line.len() < LENGTHS[0] || line.len() > LENGTHS[2] + AROUND {
            if !run.is_empty() {
                close(text, &mut run, line, &mut found);
            }
            continue;
        }
        match base64(text, &line) {
            Some(it) if run.last().is_none_or(|last| last.len() == it.len()) => run.push(it),
            Some(it) => {
                close(text, &mut run, line, &mut found);
                run.push(it);
            }
            None if !run.is_empty() => close(text, &mut run, line, &mut found),
            None => {}
        }
    }
    close(text, &mut run, text.len()..text.len(), &mut found);
    found
}

/// The one run of base64 in a line that is nothing else, if it is as long as a line of a key.
fn base64(text: &[u8], line: &Range<usize>) -> Option<Range<usize>> {
    let bytes = &text[line.clone()];
    let first = bytes.iter().position(|it| is_base64(*it))?;
    let len = bytes[first..]
        .iter()
        .take_while(|it| is_base64(**it))
        .count();
    let fits = LENGTHS.contains(&len);
    let around = || bytes[..first].iter().chain(&bytes[first + len..]);
    let alone = |it: &u8| !it.is_ascii_alphanumeric() || matches!(it, b'n' | b'r');
    let run = line.start + first..line.start + first + len;
    (fits && around().all(alone) && entropy(&text[run.clone()]) >= ENTROPY).then_some(run)
}

/// `next`: the line behind them.
fn close(
    text: &[u8],
    run: &mut Vec<Range<usize>>,
    next: Range<usize>,
    found: &mut Vec<Range<usize>>,
) {
    if (LINES..=MOST).contains(&run.len()) && !is_public(text, run[0].start, &next) {
        let (first, width) = (run[0].start, run[0].len());
        found.extend(line_before(text, first, width));
        found.append(run);
        found.extend(line_behind(text, &next, width));
    }
    run.clear();
}

/// The line above the lines, where something else stands before it: a marker of a prompt, the name of a variable.
fn line_before(text: &[u8], first: usize, width: usize) -> Option<Range<usize>> {
    let line = text[..first].iter().rposition(|it| *it == b'\n')?;
    let run = text[..line].iter().rev().take_while(|it| is_base64(**it));
    (run.count() == width).then(|| line - width..line)
}

/// The line below the lines. The last one of a key is shorter; behind it something else may stand.
fn line_behind(text: &[u8], next: &Range<usize>, width: usize) -> Option<Range<usize>> {
    let line = &text[next.clone()];
    let first = line.iter().position(|it| is_base64(*it))?;
    let run = line[first..].iter().take_while(|it| is_base64(**it));
    let len = run.count();
    let is_last = len >= 16 && first + len + 8 >= line.len();
    (is_last || len == width).then_some(next.start + first..next.start + first + len)
}

/// Whether the lines belong to a block that is no secret: the nearest frame before or behind them says so.
fn is_public(text: &[u8], first: usize, next: &Range<usize>) -> bool {
    let before = &text[first.saturating_sub(NEAR)..first];
    let header = &before[before.len().saturating_sub(HEADER)..];
    if memmem::find(header, b"Content-T").is_some()
        || is_text(&text[first..text.len().min(first + 64)])
    {
        return true;
    }
    let behind = &text[next.start..text.len().min(next.end + NEAR)];
    let is_private = |part: &[u8], at: usize| {
        let label = &part[at..part.len().min(at + 60)];
        memmem::find(label, b"PRIVATE").is_some()
    };
    let open = memmem::rfind(before, b"-BEGIN ");
    if let Some(at) = open
        && memmem::rfind(before, b"-END ").is_none_or(|end| end < at)
    {
        return !is_private(before, at);
    }
    let close = memmem::find(behind, b"-END ");
    let next_open = memmem::find(behind, b"-BEGIN ").unwrap_or(behind.len());
    close.is_some_and(|at| at < next_open && !is_private(behind, at))
}

/// Whether it is base64 of a text: that of a key has bytes of all kinds.
fn is_text(line: &[u8]) -> bool {
    let line = std::str::from_utf8(line).unwrap_or_default();
    let bytes = personal::decode(line).unwrap_or_default();
    let readable = bytes
        .iter()
        .filter(|it| it.is_ascii_graphic() || it.is_ascii_whitespace())
        .count();
    readable * 10 > bytes.len() * 9
}

fn is_base64(it: u8) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'=')
}
