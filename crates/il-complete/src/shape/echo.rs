//! Echoes: a suggestion that says again what stands before the cursor.

use super::{Draft, Reason, Scene, Verdict, first_line};
use crate::dialect::is_word;

pub(super) const NAME: &str = "echo";

/// A shorter beginning may well be meant twice.
const TELLING: usize = 3;
/// Surer than this, a calibrated engine means it.
const SURE: f32 = 0.9;

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let restarted = restarted(draft.text(), scene);
    if restarted > 0 {
        draft.replace(0..restarted, "");
        return Verdict::changed_or_empty(
            draft,
            NAME,
            "what stands before the cursor was said again",
        );
    }
    if repeats_line_above(draft, scene) {
        return Verdict::Dropped(Reason::Filtered {
            filter: NAME,
            why: "it repeats the line above",
        });
    }
    Verdict::Kept
}

/// Bytes of the text that repeat the whole line up to the cursor, or the word at it.
fn restarted(text: &str, scene: &Scene<'_>) -> usize {
    let head = scene.head().trim_start();
    let indented = text.len() - text.trim_start_matches([' ', '\t']).len();
    let repeats =
        |said: &str| said.chars().count() >= TELLING && text[indented..].starts_with(said);
    let word = &head[head.trim_end_matches(is_word).len()..];
    if repeats(head) {
        indented + head.len()
    } else if indented == 0 && repeats(word) {
        word.len()
    } else {
        0
    }
}

fn repeats_line_above(draft: &Draft, scene: &Scene<'_>) -> bool {
    let line = first_line(draft.text());
    let whole = format!("{}{line}", scene.head());
    let whole = whole.trim();
    let telling = whole.chars().filter(|c| c.is_alphanumeric()).count() > TELLING;
    let sure = scene.calibrated
        && draft
            .pieces(line.len())
            .last()
            .is_some_and(|piece| piece.probability >= SURE);
    let above = scene
        .lines_above()
        .map(str::trim)
        .find(|line| !line.is_empty());
    telling && !sure && !line.trim().is_empty() && above == Some(whole)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::{check, check_sure};

    #[test]
    fn says_only_what_is_new() {
        check(
            "rust",
            "    let total = $0\n",
            "let total = sum();",
            expect![[r#"
                rust
                    let total = ⟦sum();⟧
                -- echo: what stands before the cursor was said again
            "#]],
        );
        check(
            "rust",
            "    retu$0\n",
            "return x;",
            expect![[r#"
                rust
                    retu⟦rn x;⟧
                -- echo: what stands before the cursor was said again
            "#]],
        );
        check(
            "rust",
            "    a$0\n",
            "a + b",
            expect![[r#"
                rust
                    a⟦a + b⟧
            "#]],
        );
        check(
            "rust",
            "    foo$0\n",
            "foo",
            expect![[r#"
                rust
                    foo$0
                nothing: filtered by echo: what stands before the cursor was said again
                -- echo: nothing is left to show
            "#]],
        );
    }

    #[test]
    fn does_not_repeat_the_line_above() {
        check(
            "rust",
            "    push(row);\n    $0\n",
            "push(row);",
            expect![[r#"
                rust
                    push(row);
                    $0
                nothing: filtered by echo: it repeats the line above
                -- echo: nothing is left to show
            "#]],
        );
        check_sure(
            "rust",
            "    push(row);\n    $0\n",
            "push(row);",
            expect![[r#"
                rust
                    push(row);
                    ⟦push(row);⟧
            "#]],
        );
        check(
            "rust",
            "    }\n    $0\n",
            "}",
            expect![[r#"
                rust
                    }
                    $0
                nothing: filtered by brackets: a bracket that closes nothing was cut off
                -- brackets: nothing is left to show
            "#]],
        );
    }
}
