//! Words: a suggestion must not run into the word that follows the cursor.

use super::{Draft, Reason, Scene, Verdict};
use crate::dialect::is_word;

pub(super) const NAME: &str = "word";

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let runs_into =
        draft.covers == 0 && draft.shown().ends_with(is_word) && scene.tail().starts_with(is_word);
    if runs_into {
        return Verdict::Dropped(Reason::Filtered {
            filter: NAME,
            why: "it would run into the word that follows",
        });
    }
    Verdict::Kept
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::check;

    #[test]
    fn does_not_run_into_a_word() {
        check(
            "rust",
            "    foo($0bar)\n",
            "baz",
            expect![[r#"
                rust
                    foo($0bar)
                nothing: filtered by word: it would run into the word that follows
                -- word: nothing is left to show
            "#]],
        );
        check(
            "rust",
            "    foo($0bar)\n",
            "baz, ",
            expect![[r#"
                rust
                    foo(⟦baz, ⟧bar)
                -- too-short: white space at its end was set right
            "#]],
        );
        check(
            "rust",
            "    foo($0.bar)\n",
            "baz",
            expect![[r#"
                rust
                    foo(⟦baz⟧.bar)
            "#]],
        );
    }
}
