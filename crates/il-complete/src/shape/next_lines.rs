//! Duplicates of what follows: a suggestion stops before it says the next lines again.

use super::{Draft, Reason, Scene, Verdict, similarity::similar};

pub(super) const NAME: &str = "next-lines";

/// Lines below the cursor that are compared.
const REACH: usize = 8;
/// Letters and digits that make a line worth comparing by itself.
const TELLING: usize = 4;

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let below: Vec<&str> = scene
        .lines_below()
        .filter(|line| !line.trim().is_empty())
        .take(REACH)
        .collect();
    if below.is_empty() {
        return Verdict::Kept;
    }
    let begun = !scene.head().trim().is_empty() || is_sure(draft, scene);
    let Some(line) = first_repeat(&lines(draft.text(), scene.head()), &below, begun) else {
        return Verdict::Kept;
    };
    draft.truncate(line);
    draft.truncate_to_visible();
    if line == 0 || draft.text().is_empty() {
        return Verdict::Dropped(Reason::Filtered {
            filter: NAME,
            why: "it repeats the next line",
        });
    }
    Verdict::changed("it stops before the lines that follow")
}

/// A visible line of the suggestion: where it starts, and all of it.
struct Line {
    start: usize,
    text: String,
}

fn lines(text: &str, head: &str) -> Vec<Line> {
    let mut at = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let said = line.trim_end();
        if said.trim().is_empty() {
            continue;
        }
        let text = if start == 0 {
            format!("{head}{said}")
        } else {
            said.to_owned()
        };
        lines.push(Line { start, text });
    }
    lines
}

/// Where the first line starts that is below the cursor already, alone or with all after it. A line that
/// is `begun` is meant: who starts to write the next line again wants it twice.
fn first_repeat(lines: &[Line], below: &[&str], begun: bool) -> Option<usize> {
    let repeats = |n: &usize| {
        let rest = &lines[*n..];
        let meant = begun && *n == 0;
        let first = !meant && is_telling(&rest[0].text) && similar(&rest[0].text, below[0]);
        // Short lines (`end`, `}`) repeat what follows only where they stand exactly like it.
        let exactly = |(line, below): (&Line, &&str)| line.text == below.trim_end();
        let all = *n > 0 && rest.len() <= below.len() && rest.iter().zip(below).all(exactly);
        first || all
    };
    (0..lines.len()).find(repeats).map(|n| lines[n].start)
}

/// Surer than this, a calibrated engine knows the next line and means it.
const SURE: f32 = 0.9;

fn is_sure(draft: &Draft, scene: &Scene<'_>) -> bool {
    let line = super::first_line(draft.text()).len();
    scene.calibrated
        && draft
            .pieces(line)
            .last()
            .is_some_and(|piece| piece.probability >= SURE)
}

fn is_telling(line: &str) -> bool {
    line.chars().filter(|c| c.is_alphanumeric()).count() >= TELLING
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::{check, check_sure};

    #[test]
    fn stops_before_the_next_line() {
        check(
            "python",
            "def f():\n    $0\n    return total\n",
            "total = 1\n    return total",
            expect![[r#"
                python
                def f():
                    ⟦total = 1⟧
                    return total
                -- next-lines: it stops before the lines that follow
            "#]],
        );
        check(
            "python",
            "def f():\n    $0\n    return total\n",
            "return total",
            expect![[r#"
                python
                def f():
                    $0
                    return total
                nothing: filtered by next-lines: it repeats the next line
                -- next-lines: nothing is left to show
            "#]],
        );
        check(
            "python",
            "def f():\n    $0\n\n    return total_of(prices)\n",
            "return total_of(price)",
            expect![[r#"
                python
                def f():
                    $0

                    return total_of(prices)
                nothing: filtered by next-lines: it repeats the next line
                -- next-lines: nothing is left to show
            "#]],
        );
        check(
            "ruby",
            "def f\n  $0\nend\n",
            "a\nend",
            expect![[r#"
                ruby
                def f
                  $0
                end
                nothing: filtered by too-short: it is too short to be worth a glance
                -- scope: it stops where the block ends
                -- too-short: nothing is left to show
            "#]],
        );
    }

    #[test]
    fn who_begins_the_next_line_again_wants_it_twice() {
        check(
            "rust",
            "    #[in$0\n\n    #[inline]\n",
            "line]",
            expect![[r#"
                rust
                    #[in⟦line]⟧

                    #[inline]
            "#]],
        );
        check_sure(
            "rust",
            "    $0\n\n    #[inline]\n",
            "#[inline]",
            expect![[r#"
                rust
                    ⟦#[inline]⟧

                    #[inline]
            "#]],
        );
    }

    #[test]
    fn alike_is_not_the_same() {
        check(
            "python",
            "    $0\n    a = 1\n",
            "b = 1",
            expect![[r#"
                python
                    ⟦b = 1⟧
                    a = 1
            "#]],
        );
        check(
            "python",
            "    x$0\n    self.total = 1\n",
            " = 0",
            expect![[r#"
                python
                    x⟦ = 0⟧
                    self.total = 1
            "#]],
        );
    }
}
