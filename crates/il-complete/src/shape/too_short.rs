//! The last look: nothing blank, nothing shorter than the glance that it costs, no space at the end.

use super::{Draft, Reason, Scene, Verdict};
use crate::{dialect::is_word, gate::keystrokes};

pub(super) const NAME: &str = "too-short";

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    if draft.shown().trim().is_empty() {
        return dropped("it is blank");
    }
    if scene.floor == 0 && keystrokes(draft.shown()) < scene.gate.min_chars {
        return dropped("it is too short to be worth a glance");
    }
    let len = draft.shown().trim_end().len() + gap_before_word(draft, scene);
    if len == draft.shown().len() {
        return Verdict::Kept;
    }
    draft.show(len);
    Verdict::changed("white space at its end was set right")
}

/// White space that parts the suggestion from the word after the cursor is no space at the end.
fn gap_before_word(draft: &Draft, scene: &Scene<'_>) -> usize {
    let rest = &draft.text()[draft.shown().trim_end().len()..];
    let gap = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let parts = draft.covers == 0 && scene.tail().starts_with(is_word);
    if parts { gap } else { 0 }
}

fn dropped(why: &'static str) -> Verdict {
    Verdict::Dropped(Reason::Filtered { filter: NAME, why })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::{check, check_llm};

    #[test]
    fn nothing_blank_and_nothing_tiny() {
        check(
            "rust",
            "    $0\n",
            "  ",
            expect![[r#"
                rust
                    $0
                nothing: filtered by too-short: it is blank
                -- too-short: nothing is left to show
            "#]],
        );
        check(
            "rust",
            "    foo()$0\n",
            " {",
            expect![[r#"
                rust
                    foo()⟦ {⟧
            "#]],
        );
        check(
            "rust",
            "    foo$0\n",
            ";",
            expect![[r#"
                rust
                    foo$0
                nothing: filtered by too-short: it is too short to be worth a glance
                -- too-short: nothing is left to show
            "#]],
        );
        check_llm(
            "rust",
            "    foo$0\n",
            "(a);  \n",
            expect![[r#"
                rust
                    foo⟦(a);⟧
                -- too-short: white space at its end was set right
            "#]],
        );
        check(
            "python",
            "def f():\n    $0\n",
            "\n\n",
            expect![[r#"
                python
                def f():
                    $0
                nothing: filtered by too-short: it is blank
                -- too-short: nothing is left to show
            "#]],
        );
    }
}
