//! What a person sees of hits: where, what, why, and the lines that fit best.
//!
//! The one idea: a hit is a few lines, so that many of them fit on a screen: those around the line that fits best, and the
//! first one of a definition, which says what it is.
//!
//! Deliberately absent: colours of syntax. What was looked for is marked, and nothing else.

use std::{fmt::Write as _, ops::Range};

use il_retrieval::Hit;

use super::{Found, highlight::Wanted};
use crate::terminal::{FAINT, FOUND, PLACE, STRONG, styled, visible};

/// Lines of a hit at most, one less where some are left out.
const LINES: usize = 6;
/// Longer lines are cut.
const WIDEST: usize = 160;

pub(super) fn hits(query: &str, found: &[Found<'_>]) -> String {
    let wanted = Wanted::of(query);
    let shown = found.iter().map(|Found { root, hit }| {
        let place = format!("{}:{}", root.show(&hit.path), hit.line + 1);
        format!("{}{}", heading(&place, hit), body(hit, &wanted))
    });
    let shown: Vec<String> = shown.collect();
    shown.join("\n")
}

fn heading(place: &str, hit: &Hit) -> String {
    let mut out = styled(PLACE, &visible(place));
    if !hit.symbol.is_empty() {
        let _ = write!(out, "  {}", styled(STRONG, &visible(&hit.symbol)));
    }
    let ranks = hit.ranks.iter();
    let ranks: Vec<String> = ranks
        .map(|(mode, rank)| format!("{} {rank}", mode.name()))
        .collect();
    let _ = writeln!(out, "  {}", styled(FAINT, &ranks.join(", ")));
    out
}

fn body(hit: &Hit, wanted: &Wanted) -> String {
    let lines: Vec<&str> = hit.text.lines().collect();
    let best =
        (hit.line.saturating_sub(hit.lines.start) as usize).min(lines.len().saturating_sub(1));
    let mut out = String::new();
    let mut last = None;
    let has_head = hit.kind == "definition";
    for n in chosen(&lines, best, has_head) {
        if last.is_some_and(|last| last + 1 < n) {
            let _ = writeln!(out, "{}", styled(FAINT, "      ⋮"));
        }
        last = Some(n);
        let number = hit.lines.start as usize + n + 1;
        out += &line(number, lines[n], &wanted.ranges(lines[n]));
    }
    out
}

/// One line with its number and what is marked in it.
pub(super) fn line(number: usize, text: &str, marked: &[Range<usize>]) -> String {
    let gutter = styled(FAINT, &format!("{number:>5} │ "));
    let text = text.trim_end();
    let end = text
        .char_indices()
        .nth(WIDEST)
        .map_or(text.len(), |it| it.0);
    let mut out = String::new();
    let mut at = 0;
    for range in marked.iter().filter(|it| it.end <= end) {
        out += &visible(&text[at..range.start]);
        out += &styled(FOUND, &visible(&text[range.clone()]));
        at = range.end;
    }
    out += &visible(&text[at..end]);
    let cut = if end < text.len() { "…" } else { "" };
    format!("{gutter}{out}{cut}\n")
}

/// Which lines are shown: those around the best one, and the first one if that is the head of it all. No empty ones at
/// the ends.
fn chosen(lines: &[&str], best: usize, has_head: bool) -> Vec<usize> {
    let is_empty = |n: &usize| lines[*n].trim().is_empty();
    let Some(first) = (0..lines.len()).find(|n| !is_empty(n)) else {
        return Vec::new();
    };
    let last = (first..lines.len())
        .rfind(|n| !is_empty(n))
        .unwrap_or(first);
    if last - first < LINES {
        return (first..=last).collect();
    }
    let best = best.clamp(first, last);
    let window = |room: usize| {
        let start = best.saturating_sub(1).clamp(first, last + 1 - room);
        start..start + room
    };
    if !has_head || best < first + LINES - 1 {
        let start = if has_head {
            first..first + LINES
        } else {
            window(LINES)
        };
        return trimmed(start, is_empty);
    }
    // The first line, a gap, and what there is room for.
    let mut shown = vec![first];
    shown.extend(trimmed(window(LINES - 2), is_empty));
    shown
}

fn trimmed(range: Range<usize>, is_empty: impl Fn(&usize) -> bool) -> Vec<usize> {
    let lines: Vec<usize> = range.skip_while(|n| is_empty(n)).collect();
    let kept = lines
        .iter()
        .rposition(|n| !is_empty(n))
        .map_or(0, |it| it + 1);
    lines[..kept].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, best: usize, has_head: bool, expected: &[usize]) {
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(chosen(&lines, best, has_head), expected);
    }

    #[test]
    fn a_short_hit_is_shown_whole() {
        check("a\nb\n\nc\n", 1, true, &[0, 1, 2, 3]);
        check("\n\na\n", 2, false, &[2]);
        check("\n", 0, false, &[]);
    }

    #[test]
    fn a_long_definition_is_its_first_line_and_those_around_the_best() {
        let text = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9";
        check(text, 2, true, &[0, 1, 2, 3, 4, 5]);
        check(text, 6, true, &[0, 5, 6, 7, 8]);
        check(text, 9, true, &[0, 6, 7, 8, 9]);
    }

    #[test]
    fn of_anything_else_those_around_the_best_are_shown() {
        let text = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9";
        check(text, 0, false, &[0, 1, 2, 3, 4, 5]);
        check(text, 3, false, &[2, 3, 4, 5, 6, 7]);
        check(text, 9, false, &[4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn gaps_have_no_empty_lines_at_their_ends() {
        check("0\n1\n2\n3\n4\n\n6\n\n8\n9", 6, true, &[0, 6, 7, 8]);
    }

    #[test]
    fn control_sequences_do_not_reach_the_terminal_and_long_lines_are_cut() {
        let shown = line(7, &format!("\u{1b}[2J{}", "x".repeat(400)), &[]);
        let shown = anstream::adapter::strip_str(&shown).to_string();
        assert!(shown.starts_with("    7 │ \u{fffd}[2Jxx"), "{shown}");
        assert_eq!(shown.trim_end().chars().count(), 8 + WIDEST + 1);
        assert!(shown.ends_with("…\n"));
    }
}
