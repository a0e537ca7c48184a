//! What a person sees: the suggestion in its place, and why it is what it is.

use std::fmt::Write as _;

use il_assist::Suggestion;
use il_text::{Encoding, LineCol, Text};

use super::{Answered, subject::Subject};
use crate::terminal::{FAINT, GHOST, STRONG, styled, visible};

/// The lines that the suggestion makes, with line numbers, what is suggested highlighted.
pub(super) fn in_place(subject: &Subject, suggestion: &Suggestion) -> String {
    lines(&subject.text, subject.line, suggestion)
}

/// `number` is that of the suggestion's first line.
fn lines(text: &Text, number: usize, suggestion: &Suggestion) -> String {
    let place = |at: il_assist::Position| {
        let at = LineCol {
            line: at.line as usize,
            col: at.character as usize,
        };
        text.offset(at, Encoding::Utf32).unwrap_or(text.len())
    };
    let (start, end) = (place(suggestion.range.start), place(suggestion.range.end));
    let before = text.slice(text.line_start(start)..start);
    let after = text.slice(end..text.line_end(end));
    let mut out = String::new();
    let count = suggestion.text.split('\n').count();
    for (n, line) in suggestion.text.split('\n').enumerate() {
        let gutter = format!("{:>5} │ ", number + n);
        let before = if n == 0 {
            visible(&before)
        } else {
            String::new()
        };
        let after = if n + 1 == count {
            visible(&after)
        } else {
            String::new()
        };
        let ghost = styled(GHOST, &visible(line));
        let _ = writeln!(out, "{}{before}{ghost}{after}", styled(FAINT, &gutter));
    }
    out
}

/// Where it came from, how sure, how long, and every decision on the way.
pub(super) fn explanation(subject: &Subject, answered: &Answered) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(out, "{} {value}", styled(STRONG, &format!("{name:<11}")));
    };
    if let Some(suggestion) = answered.answer.suggestions.first() {
        fact("sure", &format!("{:.0} %", suggestion.probability * 100.0));
        fact("way", suggestion.source);
        if let Some(origin) = &suggestion.origin {
            fact("like", &format!("{}:{}", origin.path, origin.line));
        }
        for remark in &suggestion.remarks {
            fact(remark.kind, &remark.text);
        }
    }
    if let Some(hidden) = &subject.hidden {
        fact("in the file", &visible(hidden));
    }
    let opening = answered.opening.as_secs_f64() * 1e3;
    let elapsed = answered.answer.elapsed.as_secs_f64() * 1e3;
    fact(
        "time",
        &format!("{elapsed:.1} ms to answer, {opening:.0} ms to open the repository"),
    );
    fact("repository", &subject.root.to_string_lossy());
    if let Some(facts) = &answered.facts {
        fact("knows", &facts.to_string());
    }
    if let Some(explanation) = &answered.explanation {
        for (n, step) in explanation.steps.iter().enumerate() {
            let at = format!("{:.2} ms", step.at.as_secs_f64() * 1e3);
            let name = if n == 0 { "steps" } else { "" };
            fact(
                name,
                &format!("{at:>10}  {:<10} {}", step.stage, step.detail),
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[…]` in `fixture` is what the suggestion replaces.
    fn check(fixture: &str, suggested: &str, expected: &str) {
        let start = fixture.find('[').unwrap();
        let end = fixture.find(']').unwrap() - 1;
        let text = Text::from(fixture.replace(['[', ']'], "").as_str());
        let place = |offset| {
            let at = text.line_col(offset, Encoding::Utf32);
            il_assist::Position {
                line: at.line as u32,
                character: at.col as u32,
            }
        };
        let suggestion = Suggestion {
            id: "s1".into(),
            text: suggested.into(),
            range: il_assist::Range {
                start: place(start),
                end: place(end),
            },
            probability: 0.5,
            source: "engine",
            origin: None,
            remarks: Vec::new(),
        };
        let shown = lines(&text, 7, &suggestion);
        assert_eq!(anstream::adapter::strip_str(&shown).to_string(), expected);
    }

    #[test]
    fn a_line_is_shown_with_its_number_and_what_stays() {
        check("fn é(x) { x[]) }", ".len(", "    7 │ fn é(x) { x.len() }\n");
    }

    #[test]
    fn what_is_replaced_is_not_shown_twice() {
        check("call(a[)]", ", b)", "    7 │ call(a, b)\n");
    }

    #[test]
    fn blocks_have_a_number_a_line() {
        check(
            "first\nif x {[]\nlast",
            "\n    y();\n}",
            "    7 │ if x {\n    8 │     y();\n    9 │ }\n",
        );
    }

    #[test]
    fn control_sequences_do_not_reach_the_terminal() {
        check("a = []", "\u{1b}[2J", "    7 │ a = \u{fffd}[2J\n");
    }
}
