//! What a person sees of what helps at a place: where it is, why it is here, and its lines.

use std::fmt::Write as _;

use il_retrieval::Snippet;

use super::{Answer, Subject, line, place_of};
use crate::terminal::{FAINT, PLACE, STRONG, styled, visible};

/// Lines of one snippet at most.
const LINES: usize = 8;

pub(super) fn snippets(subject: &Subject, answer: &Answer) -> String {
    let mut out = String::new();
    let mut was_long = false;
    for (n, it) in answer.snippets.iter().enumerate() {
        // What is one line each stands close together.
        let is_long = it.text.lines().nth(1).is_some();
        if n > 0 && (is_long || was_long) {
            out.push('\n');
        }
        was_long = is_long;
        out += &snippet(subject, it);
    }
    out
}

fn snippet(subject: &Subject, snippet: &Snippet) -> String {
    let number = snippet.lines.first().map_or(1, |line| line + 1);
    let place = format!("{}:{number}", place_of(subject, snippet).display());
    let why = format!("{:>5.2}  {:<10}", snippet.score, snippet.source.name());
    let place = styled(PLACE, &visible(&place));
    let symbol = styled(STRONG, &visible(&snippet.symbol));
    let mut out = format!("{}  {place}  {symbol}", styled(FAINT, &why))
        .trim_end()
        .to_owned();
    out.push('\n');
    let mut last: Option<u32> = None;
    // A signature over several lines has one number.
    let texts = snippet.text.lines().enumerate().take(LINES);
    for (n, text) in texts {
        let number = match snippet.lines.get(n) {
            Some(&number) => number,
            None => last.map_or(0, |it| it + 1),
        };
        if last.is_some_and(|last| last + 1 < number) {
            let _ = writeln!(out, "{}", styled(FAINT, "      ⋮"));
        }
        last = Some(number);
        out += &line(number as usize + 1, text, &[]);
    }
    out
}
