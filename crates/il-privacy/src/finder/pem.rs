//! The bodies of PEM blocks, however a language or a format encloses them.
//!
//! The one idea: a body is runs of base64 with anything between them that quotes, joins, indents or comments lines; each run
//! is a finding, so what is put in its place keeps lines, quotes and indentation.
//!
//! Deliberately absent: decoding it.

use std::ops::Range;

use memchr::memchr;

/// Bytes of a body, at most: a key of 16 384 bits has 12 600.
const BODY: usize = 32 * 1024;
/// A run of base64 that is part of a body though it is not at its end.
const LINE: usize = 16;
/// Lines without a run, after which a block without an end is over.
const EMPTY_LINES: usize = 4;

/// The runs of base64 behind a line `-----BEGIN … PRIVATE KEY-----`, given where its keyword is. None if it is another line.
pub(super) fn spans(text: &[u8], word: &Range<usize>) -> Vec<Range<usize>> {
    let from = word.start.saturating_sub(48);
    let head = &text[from..word.start];
    let line = head
        .iter()
        .rposition(|it| *it == b'\n')
        .map_or(head, |it| &head[it + 1..]);
    // PuTTY counts lines instead of framing them.
    let putty = text[word.clone()].eq_ignore_ascii_case(b"Private-Lines");
    if !putty && !line.windows(6).any(|it| it == b"-BEGIN" || it == b" BEGIN") {
        return Vec::new();
    }
    let rest = &text[word.end..text.len().min(word.end + BODY)];
    let start = match putty {
        true => memchr(b'\n', rest).map(|it| it + 1),
        // What else the label says: `BLOCK`.
        false => rest.iter().take(16).position(|it| *it == b'-'),
    };
    let Some(start) = start else {
        return Vec::new();
    };
    body(text, word.end + start, word.end + rest.len())
}

fn body(text: &[u8], start: usize, end: usize) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    // A short run is the last line's if the end follows.
    let mut short: Option<Range<usize>> = None;
    let mut empty = 0;
    let mut at = start;
    while at < end && text[at] == b'-' {
        at += 1;
    }
    let mut line = at;
    while at < end {
        let byte = text[at];
        if byte == b'\\' {
            // `\n` and the like are no letters of the body.
            let escape = text[at..end].iter().take_while(|it| **it == b'\\').count();
            let letter = text
                .get(at + escape)
                .is_some_and(|it| matches!(it, b'n' | b'r' | b't'));
            at += escape + usize::from(letter);
            continue;
        }
        if byte == b'\n' {
            let found = spans.last().is_some_and(|it| it.start >= line);
            empty = if found { 0 } else { empty + 1 };
            if empty > EMPTY_LINES {
                return spans;
            }
            at += 1;
            line = at;
            continue;
        }
        if text[at..end].starts_with(b"--") {
            spans.extend(short);
            return spans;
        }
        if !is_base64(byte) {
            at += 1;
            continue;
        }
        // What stands there was taken out already.
        if let Some(b'_' | b':') = text[at..end]
            .strip_prefix(b"REDACTED")
            .and_then(<[u8]>::first)
        {
            let ours = |it: &u8| it.is_ascii_alphanumeric() || b"_:-".contains(it);
            at += text[at..end].iter().take_while(|it| ours(it)).count();
            continue;
        }
        let run = at..at
            + text[at..end]
                .iter()
                .take_while(|it| is_base64(**it))
                .count();
        at = run.end;
        // A placeholder stands for a line that was taken out.
        let (before, behind) = (text[run.start - 1], text.get(run.end));
        if matches!(before, b'_' | b'<')
            || behind == Some(&b'_')
            || before == b'-' && behind == Some(&b'>')
        {
            continue;
        }
        // `Proc-Type: 4,ENCRYPTED`: the rest of its line is none of the body.
        if text[at..end].starts_with(b": ")
            || text[at..end].starts_with(b"-")
                && run.len() < LINE
                && !text[at..end].starts_with(b"--")
        {
            at += text[at..end]
                .iter()
                .take_while(|it| !matches!(it, b'\n' | b'\\'))
                .count();
            continue;
        }
        if run.len() >= LINE {
            short = None;
            spans.push(run);
        } else if run.len() >= 2 && text[run.clone()].iter().any(u8::is_ascii_alphanumeric) {
            short = Some(run);
        }
    }
    spans
}

fn is_base64(it: u8) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'=')
}
