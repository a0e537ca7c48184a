//! The screen: what may not be shown is cut off, what is to be known is remarked.
//!
//! Runs on what the engine said, before other filters mend it: they may take away from it and indent it, and what was
//! remarked moves along. Looking itself is `il-screen`'s.

use std::borrow::Cow;

use il_screen::{Candidate, Outcome};

use super::{Draft, Scene, Verdict};
use crate::answer::Reason;

pub(super) const NAME: &str = "screen";

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let verdict = scene.screen.screen(&Candidate {
        language: scene.language,
        before: scene.prefix,
        text: draft.text(),
        after: scene.suffix,
    });
    let remarked = verdict.remarks.len();
    draft.remark(verdict.remarks);
    match verdict.outcome {
        Outcome::Pass if remarked == 0 => Verdict::Kept,
        Outcome::Pass => Verdict::Changed(Cow::Owned(format!("{remarked} remarked"))),
        Outcome::Cut { at, because } => {
            draft.truncate(at);
            draft.truncate_to_visible();
            if draft.text().is_empty() {
                return refused(because.why, because.to_string());
            }
            Verdict::Changed(Cow::Owned(format!("the rest was cut off: {because}")))
        }
        Outcome::Drop(because) => refused(because.why, because.to_string()),
    }
}

fn refused(why: &'static str, at_length: String) -> Verdict {
    Verdict::Refused(
        Reason::Filtered { filter: NAME, why },
        Cow::Owned(at_length),
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::check_screened;

    #[test]
    fn what_nobody_sees_is_not_shown() {
        check_screened(
            "rust",
            "let x = $0;\n",
            "a.\u{202e}b()",
            expect![[r#"
                rust
                let x = $0;
                nothing: filtered by screen: a character that changes the direction of text
                -- screen: a character that changes the direction of text: U+202E
            "#]],
        );
        check_screened(
            "rust",
            "fn f() {\n    $0\n}\n",
            "a();\n    b();\n    c(\u{200b});",
            expect![[r#"
                rust
                fn f() {
                    ⟦a();
                    b();⟧
                }
                -- screen: the rest was cut off: a character that nobody sees: U+200B
            "#]],
        );
    }

    #[test]
    fn a_weakness_is_remarked_and_the_remark_moves_along() {
        check_screened(
            "python",
            "def f(url):\n    $0\n",
            "a = 1\n\treturn requests.get(url, verify=False)",
            expect![[r#"
                python
                def f(url):
                    ⟦a = 1
                    return requests.get(url, verify=False)⟧
                !! verify=False: the other side's certificate is not looked at (CWE-295): whoever is on the way can read and change everything
                -- screen: 1 remarked
                -- indentation: line starts were written as the buffer writes them
            "#]],
        );
        check_screened(
            "c",
            "char line[8];\n$0\n",
            "gets(line);",
            expect![[r#"
                c
                char line[8];
                $0
                nothing: filtered by screen: it has a known weakness
                -- screen: it has a known weakness: `gets` writes past the end of what it is given (CWE-242)
            "#]],
        );
    }

    #[test]
    fn a_placeholder_is_not_shown() {
        check_screened(
            "python",
            "a = 1\nkey = $0\n",
            "\"<REDACTED:aws-access-key-1>\"",
            expect![[r#"
                python
                a = 1
                key = $0
                nothing: filtered by screen: a placeholder of something that was redacted came back
                -- screen: a placeholder of something that was redacted came back
            "#]],
        );
    }
}
