//! Repetition: a model that has run into a loop is stopped after its first turn.

use super::{Draft, Reason, Scene, Verdict};

pub(super) const NAME: &str = "repetition";

/// The last so many tokens repeat themselves with a period of at most so many.
const LOOPS: &[(usize, usize)] = &[(10, 1), (30, 10), (45, 20), (60, 30)];
/// Equal lines in a row that no one writes by hand.
const EQUAL_LINES: usize = 3;

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    if let Some(end) = first_turn(draft.text()) {
        draft.truncate(end);
        return Verdict::changed("repeated lines were dropped");
    }
    if loops(&scene.dialect.tokens(draft.text())) {
        return Verdict::Dropped(Reason::Filtered {
            filter: NAME,
            why: "it repeats itself",
        });
    }
    Verdict::Kept
}

/// Where the first of several equal groups of lines ends.
fn first_turn(text: &str) -> Option<usize> {
    let mut ends = Vec::new();
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        lines.push(line.trim());
        ends.push(at - (line.len() - line.trim_end_matches(['\r', '\n']).len()));
    }
    // The first line continues the cursor's and is never whole.
    for start in 1..lines.len() {
        for period in 1..=(lines.len() - start) / 2 {
            let group = &lines[start..start + period];
            let turns = lines[start..]
                .chunks_exact(period)
                .take_while(|turn| turn == &group)
                .count();
            let telling = group
                .iter()
                .any(|line| line.contains(char::is_alphanumeric));
            if telling && turns >= if period == 1 { EQUAL_LINES } else { 2 } {
                return ends.get(start + period - 1).copied();
            }
        }
    }
    None
}

fn loops(tokens: &[&str]) -> bool {
    LOOPS.iter().any(|&(last, period)| {
        tokens.len() >= last && {
            let tail = &tokens[tokens.len() - last..];
            tail.len() - border(tail) <= period
                && tail
                    .iter()
                    .any(|token| token.contains(char::is_alphanumeric))
        }
    })
}

/// The longest proper beginning that is also an end (Knuth, Morris, Pratt).
fn border(tokens: &[&str]) -> usize {
    let mut borders = vec![0; tokens.len()];
    for i in 1..tokens.len() {
        let mut k = borders[i - 1];
        while k > 0 && tokens[i] != tokens[k] {
            k = borders[k - 1];
        }
        borders[i] = if tokens[i] == tokens[k] { k + 1 } else { 0 };
    }
    borders.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::check;

    #[test]
    fn stops_after_the_first_turn() {
        check(
            "python",
            "def f():$0\n",
            "\n    a()\n    a()\n    a()\n    a()",
            expect![[r#"
                python
                def f():⟦
                    a()⟧
                -- repetition: repeated lines were dropped
            "#]],
        );
        check(
            "python",
            "def f():$0\n",
            "\n    a()\n    b()\n    a()\n    b()\n    a()",
            expect![[r#"
                python
                def f():⟦
                    a()
                    b()⟧
                -- repetition: repeated lines were dropped
            "#]],
        );
        check(
            "python",
            "x = [$0]\n",
            "\n    0,\n    0,\n    1,",
            expect![[r#"
                python
                x = [⟦
                    0,
                    0,
                    1,⟧]
            "#]],
        );
    }

    #[test]
    fn drops_a_loop_inside_a_line() {
        check(
            "python",
            "x = $0\n",
            "no no no no no no no no no no no",
            expect![[r#"
                python
                x = $0
                nothing: filtered by repetition: it repeats itself
                -- repetition: nothing is left to show
            "#]],
        );
        check(
            "python",
            "x = $0\n",
            "a, b, a, b, a, b, a, b, a, b, a, b, a, b, a, b,",
            expect![[r#"
                python
                x = $0
                nothing: filtered by repetition: it repeats itself
                -- repetition: nothing is left to show
            "#]],
        );
        check(
            "python",
            "x = $0\n",
            "a, b, c, d",
            expect![[r#"
                python
                x = ⟦a, b, c, d⟧
            "#]],
        );
    }
}
