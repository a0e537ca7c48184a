//! `interline doctor`: checks that everything is in place, and says what to do if not.
//!
//! Each check looks at one thing and gives one finding. A bad finding is one that keeps Interline from
//! working; what only makes it worse is noted.

mod editors;
mod index;
mod machine;
mod models;
mod privacy;
mod repository;

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::{Value, json};

use crate::{
    cli::Doctor,
    failure::Exit,
    repository::tree,
    terminal::{self, ERROR, FAINT, GOOD, STRONG, WARNING, styled},
};

pub(crate) fn run(args: &Doctor) -> anyhow::Result<Exit> {
    let root = tree::repository(args.dir.as_deref())?;
    let mut findings = machine::check(&root);
    findings.extend(repository::check(&root));
    findings.extend(models::check(&root));
    findings.extend(editors::check());
    if args.json {
        terminal::print_json(&document(&findings))?;
    } else {
        terminal::print(&render(&findings))?;
    }
    let failed = findings.iter().any(|finding| finding.state == State::Bad);
    Ok(if failed { Exit::Nothing } else { Exit::Done })
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Good,
    /// It works, and could be better.
    Note,
    /// It keeps Interline from working.
    Bad,
}

impl State {
    fn sign(self) -> (&'static str, Style) {
        match self {
            Self::Good => ("✓", GOOD),
            Self::Note => ("!", WARNING),
            Self::Bad => ("✗", ERROR),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Bad => "bad",
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
struct Finding {
    state: State,
    what: &'static str,
    found: String,
    /// What to do next.
    next: Option<String>,
    /// Figures, for programs.
    figures: Value,
}

impl Finding {
    fn new(state: State, what: &'static str, found: impl Into<String>) -> Self {
        Self {
            state,
            what,
            found: found.into(),
            next: None,
            figures: Value::Null,
        }
    }

    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self::new(State::Good, what, found)
    }

    fn note(what: &'static str, found: impl Into<String>) -> Self {
        Self::new(State::Note, what, found)
    }

    fn bad(what: &'static str, found: impl Into<String>) -> Self {
        Self::new(State::Bad, what, found)
    }

    fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    fn figures(mut self, figures: Value) -> Self {
        self.figures = figures;
        self
    }
}

fn render(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let (sign, style) = finding.state.sign();
        let what = styled(STRONG, &format!("{:<12}", finding.what));
        let mut lines = finding.found.lines();
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(out, "{} {what} {first}", styled(style, sign));
        for line in lines {
            let _ = writeln!(out, "{:15}{line}", "");
        }
        if let Some(next) = &finding.next {
            for line in next.lines() {
                let _ = writeln!(out, "{:15}{}", "", styled(FAINT, &format!("→ {line}")));
            }
        }
    }
    let _ = writeln!(out, "\n{}", summary(findings));
    out
}

fn summary(findings: &[Finding]) -> String {
    let of = |state| {
        findings
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    };
    match (of(State::Bad), of(State::Note)) {
        (0, 0) => "everything is in place".into(),
        (0, notes) => format!("everything works; {} could be better", things(notes)),
        (bad, _) => format!(
            "{} in the way: see ✗ above",
            if bad == 1 {
                "1 thing is".into()
            } else {
                format!("{bad} things are")
            }
        ),
    }
}

fn things(count: usize) -> String {
    if count == 1 {
        "1 thing".into()
    } else {
        format!("{count} things")
    }
}

fn document(findings: &[Finding]) -> Value {
    let checks = findings.iter().map(|finding| {
        json!({
            "check": finding.what,
            "state": finding.state.name(),
            "found": finding.found,
            "next": finding.next,
            "figures": finding.figures,
        })
    });
    json!({
        "ok": findings.iter().all(|finding| finding.state != State::Bad),
        "checks": checks.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn findings_are_lines_with_what_to_do_next() {
        let findings = [
            Finding::good("version", "1.2.3"),
            Finding::note("watching", "polling\nsecond line").next("raise the limit"),
            Finding::bad("cache", "no room").next("delete something\nor somewhere else"),
        ];
        expect![[r"
            ✓ version      1.2.3
            ! watching     polling
                           second line
                           → raise the limit
            ✗ cache        no room
                           → delete something
                           → or somewhere else

            1 thing is in the way: see ✗ above
        "]]
        .assert_eq(&anstream::adapter::strip_str(&render(&findings)).to_string());
        assert_eq!(
            summary(&findings[..2]),
            "everything works; 1 thing could be better"
        );
        assert_eq!(summary(&findings[..1]), "everything is in place");
    }

    #[test]
    fn programs_get_one_document() {
        let document = document(&[Finding::bad("cache", "no room").figures(json!({"free": 0}))]);
        assert_eq!(document["ok"], false);
        assert_eq!(document["checks"][0]["figures"]["free"], 0);
        assert_eq!(document["checks"][0]["next"], Value::Null);
    }
}
