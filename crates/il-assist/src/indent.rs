//! How a buffer is indented, read off its text.
//!
//! The lines of the window vote: a tab at the start is a vote for tabs, a step of two to eight spaces
//! deeper than the line before is a vote for that many. Without votes the language's own custom counts.

use il_complete::IndentStyle;
use il_lang::{Indent, Language};

/// So many lines say enough.
const LINES: usize = 400;

pub(crate) fn style(text: &str, language: &Language) -> IndentStyle {
    let mut tabs = 0_usize;
    let mut steps = [0_usize; 9];
    let mut above = 0;
    for line in text.lines().filter(|it| !it.trim().is_empty()).take(LINES) {
        if line.starts_with('\t') {
            tabs += 1;
            above = 0;
            continue;
        }
        let spaces = line.len() - line.trim_start_matches(' ').len();
        let step = spaces.saturating_sub(above);
        if (2..=8).contains(&step) {
            steps[step] += 1;
        }
        above = spaces;
    }
    let custom = custom(language);
    let most = (2..=8)
        .map(|it| (steps[it], it))
        .max_by_key(|&(votes, it)| (votes, 8 - it));
    let (votes, width) = most.unwrap_or((0, custom.width));
    match (tabs, votes) {
        (0, 0) => custom,
        _ if tabs > votes => IndentStyle {
            tabs: true,
            width: custom.width,
        },
        _ => IndentStyle { tabs: false, width },
    }
}

fn custom(language: &Language) -> IndentStyle {
    match language.indent {
        Indent::Spaces(width) => IndentStyle {
            tabs: false,
            width: usize::from(width),
        },
        Indent::Tabs => IndentStyle {
            tabs: true,
            ..IndentStyle::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(language: &str, text: &str, expected: &str) {
        let language = il_lang::registry().by_id(language).unwrap();
        let IndentStyle { tabs, width } = style(text, language);
        let kind = if tabs { "tabs" } else { "spaces" };
        assert_eq!(format!("{width} {kind}"), expected, "{text:?}");
    }

    #[test]
    fn lines_vote() {
        check("python", "def f():\n  a\n  if b:\n    c\n", "2 spaces");
        check(
            "python",
            "def f():\n    a\n\n    if b:\n        c\n",
            "4 spaces",
        );
        check("rust", "fn f() {\n\ta;\n\tb;\n}\n", "4 tabs");
        check(
            "python",
            "a = [\n    1,\n]\nb = {\n  2,\n}\nc = (\n  3,\n)\n",
            "2 spaces",
        );
    }

    #[test]
    fn without_votes_the_language_decides() {
        check("go", "", "4 tabs");
        check("rust", "fn main() {}\n", "4 spaces");
    }
}
