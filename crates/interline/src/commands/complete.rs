//! `interline complete`: what would be suggested at a place in a file.
//!
//! It opens the file in a façade of its own and asks as an editor would, so what is printed here is what an
//! editor would show.

mod render;
pub(super) mod subject;

use std::time::Duration;

use il_assist::{Answer, Explanation};
use serde_json::{Value, json};

use self::subject::Subject;
use crate::{
    cli::{Complete, Context},
    engines::Wanted,
    failure::Exit,
    repository::{Facts, Learn},
    session::Session,
    terminal::{self, FAINT, styled},
};

pub(crate) fn run(args: &Complete) -> anyhow::Result<Exit> {
    let subject = Subject::read(&args.place, args.repo.as_deref(), args.hide)?;
    let subject = match args.context {
        Context::Line => subject.line_alone(),
        Context::Full | Context::File => subject,
    };
    let mut answered = ask(&subject, args)?;
    if let Some(lines) = args.lines {
        for suggestion in &mut answered.answer.suggestions {
            suggestion.text = first_lines(&suggestion.text, usize::from(lines)).to_owned();
        }
    }
    if args.json {
        terminal::print_json(&document(&subject, &answered, args))?;
    } else {
        print(&subject, &answered, args)?;
    }
    Ok(if answered.answer.suggestions.is_empty() {
        Exit::Nothing
    } else {
        Exit::Done
    })
}

/// An answer with everything that explains it.
struct Answered {
    answer: Answer,
    explanation: Option<Explanation>,
    /// What the engine knows.
    facts: Option<Facts>,
    /// How long it took until the engine could answer.
    opening: Duration,
}

fn ask(subject: &Subject, args: &Complete) -> anyhow::Result<Answered> {
    let learn = match args.context {
        Context::Full => Learn::Repository,
        Context::File | Context::Line => Learn::Nothing,
    };
    let wanted = Wanted {
        ladder: args.engine.clone(),
        scope: Some(args.context.into()),
    };
    let session = Session::open(&subject.root, learn, wanted)?;
    let text = subject.text.contents();
    let number = usize::from(args.number);
    let answer = session.complete(&subject.path, text, subject.position(), number)?;
    Ok(Answered {
        explanation: session.explain(&answer),
        answer,
        facts: session.facts(),
        opening: session.opening,
    })
}

fn first_lines(text: &str, count: usize) -> &str {
    text.match_indices('\n')
        .nth(count - 1)
        .map_or(text, |(at, _)| &text[..at])
}

fn print(subject: &Subject, answered: &Answered, args: &Complete) -> anyhow::Result<()> {
    let suggestions = &answered.answer.suggestions;
    for (n, suggestion) in suggestions.iter().enumerate() {
        if terminal::stdout_is_terminal() {
            if suggestions.len() > 1 {
                let sure = suggestion.probability * 100.0;
                let heading = format!("{} of {}, {sure:.0} % sure", n + 1, suggestions.len());
                terminal::print(&format!("{}\n", styled(FAINT, &heading)))?;
            }
            terminal::print(&render::in_place(subject, suggestion))?;
        } else {
            terminal::print_raw(&format!("{}\n", suggestion.text))?;
        }
    }
    if let Some(reason) = &answered.answer.reason {
        let reason = format!("no suggestion: {} [{}]", reason.sentence, reason.code);
        terminal::say(&reason);
    }
    if args.explain {
        terminal::say(render::explanation(subject, answered).trim_end());
    }
    Ok(())
}

fn document(subject: &Subject, answered: &Answered, args: &Complete) -> Value {
    let answer = &answered.answer;
    let suggestions: Vec<Value> = answer
        .suggestions
        .iter()
        .map(|suggestion| {
            let place = |at: il_assist::Position| json!({"line": at.line + 1, "column": at.character + 1});
            json!({
                "text": suggestion.text,
                "range": {"start": place(suggestion.range.start), "end": place(suggestion.range.end)},
                "probability": round(f64::from(suggestion.probability), 4),
                "source": suggestion.source,
                "origin": suggestion.origin.as_ref().map(|origin| json!({
                    "path": &*origin.path,
                    "line": origin.line,
                })),
                "remarks": suggestion.remarks.iter().map(remark).collect::<Vec<_>>(),
            })
        })
        .collect();
    let mut document = json!({
        "file": subject.shown_path,
        "line": subject.line,
        "column": subject.column,
        "repository": subject.root.to_string_lossy(),
        "text": answer.suggestions.first().map(|suggestion| &suggestion.text),
        "suggestions": suggestions,
        "reason": answer.reason.as_ref().map(|reason| json!({
            "code": &*reason.code,
            "sentence": reason.sentence,
        })),
        "elapsed_ms": milliseconds(answer.elapsed),
        "opening_ms": milliseconds(answered.opening),
    });
    if args.explain {
        document["explain"] = json!({
            "hidden": subject.hidden,
            "model": answered.facts.as_ref().map(|facts| facts.document()),
            "steps": answered.explanation.as_ref().map(|explanation| {
                let steps = explanation.steps.iter().map(|step| json!({
                    "at_ms": milliseconds(step.at),
                    "stage": step.stage,
                    "detail": step.detail,
                }));
                steps.collect::<Vec<_>>()
            }),
        });
    }
    document
}

/// What is to be known of a suggestion; the range is of bytes of its text.
fn remark(it: &il_assist::Remark) -> Value {
    json!({
        "kind": it.kind,
        "text": &*it.text,
        "range": {"start": it.range.start, "end": it.range.end},
        "rule": it.rule.as_deref(),
        "licence": it.licence.as_deref(),
        "origin": it.origin.as_deref(),
    })
}

fn milliseconds(duration: Duration) -> f64 {
    round(duration.as_secs_f64() * 1e3, 3)
}

/// `figure` with that many decimals: what follows is noise in a document for programs.
fn round(figure: f64, decimals: i32) -> f64 {
    let unit = 10f64.powi(decimals);
    (figure * unit).round() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_end_where_a_line_ends() {
        assert_eq!(first_lines("a\nb\nc", 1), "a");
        assert_eq!(first_lines("a\nb\nc", 2), "a\nb");
        assert_eq!(first_lines("a\nb\nc", 9), "a\nb\nc");
        assert_eq!(first_lines("", 1), "");
    }
}
