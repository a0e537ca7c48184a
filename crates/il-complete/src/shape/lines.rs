//! How many lines are shown: the rest of the cursor's line, or a block; the lines after it wait.

use il_engine::Length;

use super::{Draft, Scene, Verdict};
use crate::extent::next_line;

pub(super) const NAME: &str = "lines";

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let text = draft.text();
    let lines = match scene.length {
        Length::Line => 1,
        Length::Block { max_lines } => max_lines,
    };
    let mut len = 0;
    for _ in 0..lines {
        len += next_line(&text[len..]);
    }
    let len = len.max(scene.floor);
    let whole = text.trim_end().len();
    draft.show(len);
    if len >= whole {
        Verdict::Kept
    } else {
        Verdict::changed("later lines wait for an accept")
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::{check, check_llm};

    #[test]
    fn one_line_or_a_block() {
        check_llm(
            "rust",
            "    let x = $0\n",
            "1;\n    let y = 2;\n    let z = 3;",
            expect![[r#"
                rust
                    let x = ⟦1;⟧
                -- lines: later lines wait for an accept
            "#]],
        );
        check(
            "rust",
            "    let x = $0\n",
            "1;\n    let y = 2;\n    let z = 3;",
            expect![[r#"
                rust
                    let x = ⟦1;
                    let y = 2;
                    let z = 3;⟧
            "#]],
        );
    }
}
